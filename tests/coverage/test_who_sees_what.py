"""The figures as list, file, API and console table: public counts for all, helpers only as a coarse word."""

from datetime import timedelta
from typing import Any

import pytest

from app.core.clock import now
from app.core.db import transaction
from app.coverage.alerts import tell_of_wards_behind
from app.coverage.counting import count_wards
from tests import make
from tests.geography import CHO_LON, LONG_HUNG, SAI_GON


@pytest.fixture
def counted(app: Any) -> None:
    """Sài Gòn is left behind, Chợ Lớn keeps up, Long Hưng lies in another province."""
    long_ago = now() - timedelta(hours=40)
    for n in range(6):
        make.make_case(at=SAI_GON.moved(10 * n, 1.0), created_at=long_ago)
    make.make_case(category_slug="medical_advice", created_at=long_ago)
    make.make_case(at=CHO_LON)
    make.make_case(at=LONG_HUNG)
    for n in range(2):
        make.volunteer(f"Người {n}", f"+8490200000{n}", SAI_GON)
    with transaction():
        count_wards()


@pytest.mark.usefixtures("counted")
def test_the_list_names_the_ward_left_behind_first(client: Any) -> None:
    text = client.get("/coverage").text
    assert text.index("Phường Sài Gòn") < text.index("Phường Chợ Lớn")
    assert "Đang bị bỏ lại" in text
    assert "Ít người giúp gần đó" in text
    province = client.get("/coverage?area=75").text
    assert "Phường Long Hưng" in province
    assert "Phường Sài Gòn" not in province
    assert client.get("/coverage?area=nowhere").status_code == 404


@pytest.mark.usefixtures("counted")
def test_the_file_for_the_map_is_short_and_kept(client: Any) -> None:
    answer = client.get("/coverage.json")
    rows = {row[0]: row[1:] for row in answer.json["wards"]}
    assert rows["26740"] == ["behind", 6, 6, 1, 100, "few"]
    assert rows["27301"][0] == "kept_up"
    assert answer.json["measured_at"]
    again = client.get("/coverage.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert {row[0] for row in client.get("/coverage.json?area=75").json["wards"]} == {"26368"}


@pytest.mark.usefixtures("counted")
def test_the_api_says_the_same(client: Any) -> None:
    wards = client.get("/api/v1/coverage?area=79").json["wards"]
    assert [ward["code"] for ward in wards] == ["26740", "27301"]
    assert wards[0] == {
        "code": "26740", "name": "Phường Sài Gòn", "province_code": "79", "province": "Thành phố Hồ Chí Minh",
        "level": "behind", "open": 6, "waiting": 6, "counted_only": 1, "unmet": 1.0, "helpers": "few",
    }  # fmt: skip
    assert client.get("/api/v1/coverage?area=00000").status_code == 404


@pytest.mark.usefixtures("counted")
def test_one_volunteer_more_or_less_shows_nowhere(client: Any) -> None:
    addresses = ("/coverage.json", "/api/v1/coverage?area=26740")
    before = [client.get(address).json["wards"] for address in addresses]
    make.volunteer("Thêm", "+84902000009", CHO_LON, radius_m=1000)
    with transaction():
        count_wards()
    assert [client.get(address).json["wards"] for address in addresses] == before


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize(
    ("who", "sees", "not_sees"),
    [
        ("anh_official_w1", ["Phường Sài Gòn"], ["Phường Chợ Lớn", "Phường Long Hưng"]),
        ("ba_official_w2", ["Phường Chợ Lớn"], ["Phường Sài Gòn", "Phường Long Hưng"]),
        ("chu_province_official", ["Phường Sài Gòn", "Phường Chợ Lớn"], ["Phường Long Hưng"]),
    ],
)
def test_officials_see_the_wards_of_their_own_area(
    client_for: Any, who: str, sees: list[str], not_sees: list[str]
) -> None:
    text = client_for(getattr(make, who)()).get("/authority/coverage/").text
    table = text[text.index("<tbody>") :]
    assert all(name in table for name in sees)
    assert not any(name in table for name in not_sees)


@pytest.mark.usefixtures("counted")
def test_alerts_stand_in_the_console_of_those_concerned(
    client_for: Any, anh_official_w1: Any, ba_official_w2: Any
) -> None:
    noon = now().replace(hour=5)
    for minute in (0, 15):
        with transaction():
            tell_of_wards_behind(noon + timedelta(minutes=minute))
    alert = "6 trong 6 trường hợp chờ quá 24 giờ"
    assert "Đã báo trong hai ngày qua" not in client_for(ba_official_w2).get("/authority/coverage/").text
    text = client_for(anh_official_w1).get("/authority/coverage/").text
    assert text.count(alert) == 1


def test_before_the_first_count_the_page_says_so(client: Any, client_for: Any, anh_official_w1: Any) -> None:
    assert "Chưa có số liệu" in client.get("/coverage").text
    assert "Chưa có số liệu" in client_for(anh_official_w1).get("/authority/coverage/").text
    assert client.get("/coverage.json").json["wards"] == []
