"""`flask areas default` on an empty database."""

import pytest
from sqlalchemy import text

from app.areas.load import load_default
from app.areas.queries import area_at, search_areas
from app.core.db import db
from app.core.geo import Point


@pytest.fixture
def empty(scratch_database):
    """The application on a migrated database without any area."""
    from app import create_app

    app = create_app(database_url=scratch_database())
    with app.app_context():
        db.session.execute(text("TRUNCATE area CASCADE"))
        db.session.commit()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.slow
def test_the_whole_country_loads_once_and_says_that_it_is_approximate(empty):
    first = empty.test_cli_runner().invoke(args=["areas", "default"])
    assert first.exit_code == 0, first.output
    assert "approximate" in first.output

    counts = db.session.execute(
        text(
            "SELECT level, valid_to IS NULL, count(*), count(geom), count(parent_id) FROM area GROUP BY 1, 2"
        )
    )
    assert sorted(map(tuple, counts)) == [
        ("commune", False, 10035, 0, 10035),
        ("commune", True, 3321, 3321, 3321),
        ("district", False, 696, 0, 696),
        ("province", False, 63, 0, 0),
        ("province", True, 34, 34, 0),
    ]
    ben_thanh = area_at(Point(106.698, 10.772))
    assert ben_thanh.province == "Thành phố Hồ Chí Minh"
    assert ben_thanh.approximate
    assert area_at(Point(107.8, 9.0)) is None
    assert len({found.area.id for found in search_areas("Quận 1", 4)}) == 4
    assert search_areas("Bình Dương")[0].area.level in {"commune", "province"}

    second = empty.test_cli_runner().invoke(args=["areas", "default"])
    assert "nothing to do" in second.output
    again = load_default(again=True, quiet=True)
    assert (again.added, again.updated) == (0, 3355)
