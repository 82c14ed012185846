"""`flask cases import`: reports from elsewhere become cases."""

from pathlib import Path

import click

from app.areas.mapping import Unusable
from app.authority.import_mapping import read_import_mapping
from app.authority.import_report import ImportReport
from app.authority.imports import import_cases
from app.cases.cli import cases

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

__all__ = ["cases"]


@cases.command("import")
@click.argument("file", type=FILE)
@click.option("--map", "mapping_file", type=FILE, required=True, help="TOML file: which column holds what.")
@click.option("--dry-run", is_flag=True, help="Write nothing but the report; say what would happen.")
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path),
    help="Where the report goes [beside FILE].",
)
def import_(file: Path, mapping_file: Path, dry_run: bool, report_file: Path | None) -> None:
    """Import a CSV of reports with coordinates (docs/import.md). The same file again adds nothing twice."""
    report_path = report_file or file.with_suffix(".report.csv")
    try:
        report = import_cases(file, read_import_mapping(mapping_file), report_path, dry_run=dry_run)
    except Unusable as reason:
        raise click.ClickException(str(reason)) from None
    _tell(report, report_path, dry_run)


def _tell(report: ImportReport, report_path: Path, dry_run: bool) -> None:
    click.echo("Dry run: nothing was written." if dry_run else "Imported.")
    for number, words in (
        (report.read, "rows read"),
        (report.taken, f"taken, as {report.cases:,} cases" + (" (not written)" if dry_run else "")),
        (report.known, "there already from an earlier import"),
        (report.left_out, "left out by [only] of the mapping"),
        (report.refused, "refused"),
    ):
        click.echo(f"{number:>9,}  {words}")
    for why, number in report.reasons.most_common(10):
        click.echo(f"{number:>13,}  {why}")
    if report.without_emergency:
        click.echo(
            f"{report.without_emergency:,} cases lie where no emergency with their category is on now."
        )
    if report.refused or report.noted:
        click.echo(
            f"{report_path}: {report.refused:,} refused rows and {report.noted:,} taken ones with a remark."
        )
