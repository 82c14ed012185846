"""Filling the table of areas: Vietnam by default, or anybody's official boundaries from a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import text
from tqdm import tqdm

from app.areas import cells, geofile, vietnam
from app.areas.incoming import merge, repair, stage, succeed
from app.areas.mapping import Mapping, Unusable
from app.areas.membership import members, pending, refresh_membership
from app.areas.rules import Incoming, LoadReport, Refused
from app.areas.shapes import rebuild_shapes, redraw_parents
from app.areas.vietnam import REFORM, SOURCE, Unit, Units
from app.core.db import db, transaction

PROVINCES_FILE = Path(__file__).resolve().parents[2] / "seed" / "areas" / "provinces.geojson.gz"
UNION = "union of its parts"
MOST_TOLD = 20
"""Reasons that are told when nothing of a file can be used."""


def load_default(*, again: bool = False, quiet: bool = False) -> LoadReport | None:
    """Load the embedded default: Vietnam after the reform of 2025, with approximate communes.

    None when it is there already and `again` is not asked for. Official boundaries are never replaced.
    Commits: the areas as a whole, then the rows that follow them in chunks.
    """
    if not again and default_is_loaded():
        return None
    units = vietnam.read_units()
    report = LoadReport()
    with transaction(), tqdm(total=5, desc="Areas of Vietnam", unit="step", disable=_off(quiet)) as bar:
        old = [*units.old_provinces, *units.old_districts, *units.old_wards]
        for batch in ([_old(unit) for unit in old], [*_provinces(units)], [*_communes(units)]):
            _take(batch, report)
            bar.update()
        report.redrawn = len(redraw_parents(report.changed))
        _successions(units)
        bar.update()
        for _ in rebuild_shapes():
            pass
        bar.update()
    _settle(report, quiet=quiet)
    return report


def load_files(
    sources: Sequence[str], mapping: Mapping, *, retire_missing: bool = False, quiet: bool = False
) -> LoadReport:
    """Load official boundaries from GeoJSON files or addresses, in order: all of them, or on failure none.

    Units in force with the same level and code get the new outline; approximate ones that now lie under an
    official one of another code are retired, as is, with `retire_missing`, every unit of the loaded levels
    that is not in the files. Raises Unusable for a file that cannot be read at all.
    """
    report = LoadReport()
    with transaction():
        for source in sources:
            units = list(_accepted(geofile.read_units(source, mapping), report, quiet))
            _take(units, report, srid=mapping.srid, quiet=quiet)
        if not report.changed and not report.read:
            raise Unusable(_nothing_taken(report))
        if retire_missing:
            report.retired += _retire_missing(report.changed)
        report.redrawn = len(redraw_parents(report.changed))
        bands = tqdm(rebuild_shapes(), desc="shapes for the map", unit="band", disable=_off(quiet))
        for band in bands:
            bands.set_postfix_str(band)
    _settle(report, quiet=quiet)
    return report


def default_is_loaded() -> bool:
    """Whether Vietnam's units, or anybody's communes in force, are in the table."""
    query = (
        "SELECT EXISTS (SELECT FROM area WHERE level = 'commune' AND valid_to IS NULL AND geom IS NOT NULL)"
    )
    return bool(db.session.execute(text(query)).scalar())


def _accepted(features: Iterator[Incoming | Refused], report: LoadReport, quiet: bool) -> Iterator[Incoming]:
    for feature in tqdm(features, desc="reading", unit="unit", disable=_off(quiet)):
        if isinstance(feature, Refused):
            report.refused.append(feature)
        else:
            yield feature


def _take(units: list[Incoming], report: LoadReport, *, srid: int = 4326, quiet: bool = True) -> None:
    """Stage, repair and merge one batch."""
    count = stage(units)
    report.read += count
    with tqdm(total=count, desc="checking", unit="unit", disable=_off(quiet)) as bar:
        for done in repair(count, srid):
            bar.update(done)
    merge(report)


def _settle(report: LoadReport, *, quiet: bool) -> None:
    """Move what remembers its areas, chunk by chunk, each in its own transaction; then refresh statistics."""
    with transaction():
        for table in ("area", "area_shape", "area_succession"):
            db.session.execute(text(f"ANALYZE {table}"))
    for member in members():
        moved = 0
        steps = refresh_membership(member, report.changed)
        with tqdm(total=pending(member) or None, desc=member.table, unit="row", disable=_off(quiet)) as bar:
            more = True
            while more:
                with transaction():
                    step = next(steps, None)
                more = step is not None
                if step is not None:
                    moved += step.moved
                    bar.update(step.seen)
        report.moved[member.table] = moved


def _retire_missing(kept: list[int]) -> int:
    statement = """
        UPDATE area SET valid_to = current_date
        WHERE valid_to IS NULL AND id <> ALL(:kept)
          AND level IN (SELECT DISTINCT level FROM area WHERE id = ANY(:kept))
        RETURNING id
    """
    return len(db.session.execute(text(statement), {"kept": kept}).all())


def _old(unit: Unit) -> Incoming:
    return Incoming(
        level=unit.level,
        code=unit.code,
        name=unit.name,
        full_name=unit.full_name,
        parent_code=unit.parent_code,
        name_en=unit.name_en,
        kind=unit.kind,
        kind_en=unit.kind_en,
        source=SOURCE,
        valid_to=REFORM,
    )


def _provinces(units: Units) -> Iterator[Incoming]:
    for unit in units.provinces:
        yield Incoming(
            level="province",
            code=unit.code,
            name=unit.name,
            full_name=unit.full_name,
            name_en=unit.name_en,
            kind=unit.kind,
            kind_en=unit.kind_en,
            boundary="approximate",
            source=UNION,
            valid_from=REFORM,
        )


def _communes(units: Units) -> Iterator[Incoming]:
    shapes = cells.default_cells(units, PROVINCES_FILE)
    for unit in units.communes:
        yield Incoming(
            level="commune",
            code=unit.code,
            name=unit.name,
            full_name=unit.full_name,
            parent_code=unit.parent_code,
            name_en=unit.name_en,
            kind=unit.kind,
            kind_en=unit.kind_en,
            shape=cells.in_degrees(shapes[unit.code]),
            boundary="approximate",
            source=SOURCE,
            valid_from=REFORM,
        )


def _successions(units: Units) -> None:
    olds = [*units.old_provinces, *units.old_districts, *units.old_wards]
    pairs = [
        (old.level, old.code, "province" if old.level == "province" else "commune", new)
        for old in olds
        for new in old.successors
    ]
    succeed(pairs)


def _off(quiet: bool) -> bool | None:
    return True if quiet else None


def _nothing_taken(report: LoadReport) -> str:
    if not report.refused:
        return "there is no feature in it"
    why = (
        f"  feature {each.number}, code {each.code or 'missing'}: {each.why}"
        for each in report.refused[:MOST_TOLD]
    )
    return "\n".join(("no unit could be taken:", *why))
