"""`flask areas …`: load administrative units, search among them."""

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy.exc import DBAPIError, OperationalError

from app.areas.load import load_default, load_files
from app.areas.mapping import Unusable, read_mapping
from app.areas.queries import search_areas
from app.areas.rules import LoadReport

areas = AppGroup("areas", help="Administrative units: load, search.")


@areas.command("load")
@click.argument("sources", nargs=-1, required=True, metavar="FILE|URL...")
@click.option(
    "--map", "mapping_file", type=click.Path(path_type=Path), help="TOML file: which property holds what."
)
@click.option(
    "--retire-missing", is_flag=True, help="Units of the loaded levels that are not in the files end today."
)
def load(sources: tuple[str, ...], mapping_file: Path | None, retire_missing: bool) -> None:
    """Load official boundaries from GeoJSON (also .gz, .xz), replacing approximate ones."""
    try:
        report = load_files(sources, read_mapping(mapping_file), retire_missing=retire_missing)
    except Unusable as reason:
        raise click.ClickException(str(reason)) from None
    except OperationalError:
        raise  # the database is away: not the file's fault
    except DBAPIError as error:
        raise click.ClickException(f"the database refused the file: {_first_line(error)}") from None
    _tell(report)


@areas.command("default")
@click.option("--again", is_flag=True, help="Also when areas are loaded already; official outlines stay.")
def default(again: bool) -> None:
    """Load the embedded default: Vietnam since July 2025, with approximate communes."""
    report = load_default(again=again)
    if report is None:
        click.echo("Areas are loaded already; nothing to do (--again loads the default over them).")
        return
    _tell(report)
    click.echo(
        "The boundaries of communes and provinces are approximate: about four of five homes get the right\n"
        "commune, so people confirm theirs. Load official ones with `flask areas load` (docs/areas.md)."
    )


@areas.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True)
def search(words: tuple[str, ...], limit: int) -> None:
    """Find areas by today's or a former name, with or without diacritics."""
    found = search_areas(" ".join(words), limit)
    for area, formerly in found:
        note = f"  (formerly {formerly})" if formerly else ""
        click.echo(f"{area.code:>6}  {area.level:9} {area.label}{note}")
    if not found:
        raise click.ClickException("nothing found")


def _tell(report: LoadReport) -> None:
    for refused in report.refused:
        click.echo(
            f"  refused: feature {refused.number} {refused.code or '(no code)'}: {refused.why}", err=True
        )
    counts = (
        ("units taken", report.read),
        ("new", report.added),
        ("updated", report.updated),
        ("repaired", report.repaired),
        ("given a corrected code", report.recoded),
        ("retired", report.retired),
        ("redrawn from their parts", report.redrawn),
        ("without a province", report.orphans),
        ("refused", len(report.refused)),
        *((f"rows of {table} moved to another area", count) for table, count in report.moved.items()),
    )
    click.echo(", ".join(f"{count} {what}" for what, count in counts if count or what == "units taken") + ".")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0]
