"""Reports from elsewhere become cases: in batches, each once however often the file is imported.

Every row ends in exactly one place: a case, a case that is there already, left out by the mapping's `[only]`,
or the report file with the reason.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError
from tqdm import tqdm

from app.areas.queries import AreaRow
from app.authority.import_file import Row, Sheet, open_sheet
from app.authority.import_mapping import ImportMapping, check_values
from app.authority.import_report import Findings, ImportReport, report_file
from app.authority.import_rows import Draft, Refused, drafts_of
from app.cases.bulk import BulkCase, add_cases, known_source_ids
from app.cases.posting import emergency_for
from app.cases.rules import URGENCIES, VULNERABILITIES
from app.core import audit
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.emergencies.models import Category
from app.emergencies.queries import all_categories
from app.web.i18n import in_language

BATCH = 500

# The same choice as for one point, for a whole batch in one query.
COMMUNES = text(
    """
    SELECT p.number, c.id, c.code, c.level, c.name, c.full_name, c.kind,
           coalesce(c.boundary = 'approximate', false) AS approximate,
           up.id AS province_id, up.code AS province_code, up.full_name AS province
    FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS p(lon, lat, number)
    CROSS JOIN LATERAL (
        SELECT a.* FROM area a
        WHERE a.level = 'commune' AND a.valid_to IS NULL
          AND ST_Covers(a.geom, ST_SetSRID(ST_MakePoint(p.lon, p.lat), 4326))
        ORDER BY a.boundary = 'approximate', a.id LIMIT 1
    ) c
    LEFT JOIN area up ON up.id = c.parent_id
    """
)


@dataclass
class Candidate:
    """A row and its drafts on their way through a batch."""

    row: Row
    drafts: list[Draft]
    cases: list[BulkCase] = field(default_factory=list)


def import_cases(
    path: Path, mapping: ImportMapping, report_path: Path, *, dry_run: bool = False, quiet: bool = False
) -> ImportReport:
    """Import a CSV; with `dry_run` nothing is written but the report file, which says the same.

    Raises Unusable when the file or the mapping cannot be used at all. Commits batch by batch: after an
    interruption the same command goes on where it stopped.
    """
    report = ImportReport()
    with open_sheet(path, mapping) as sheet, in_language("en"):
        categories = _categories()
        check_values(mapping, set(categories), set(URGENCIES), set(VULNERABILITIES))
        with report_file(report_path, sheet.headings, report) as findings:
            run = _Run(mapping, categories, findings, dry_run)
            for batch in _batches(_watched(sheet, path.name, quiet)):
                with transaction():
                    run.take(sheet, batch)
            for row, why in sheet.unreadable:
                report.read += 1
                findings.refuse(row, why)
        if not dry_run:
            with transaction():
                audit.record("cases.import", None, source=mapping.source, file=path.name, **report.details())
    return report


def _categories() -> dict[str, Category]:
    """Every category by slug, cut loose from the session: commits between batches leave them as they are."""
    with transaction():
        found = all_categories()
        for category in found:
            db.session.expunge(category)
    return {category.slug: category for category in found}


def _watched(sheet: Sheet, name: str, quiet: bool) -> Iterator[Row]:
    with tqdm(total=sheet.size, desc=name, unit="B", unit_scale=True, disable=quiet or None) as bar:
        for row in sheet.rows():
            bar.update(sheet.done - bar.n)
            yield row
        bar.update(sheet.size - bar.n)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        yield batch


class _Run:
    """One import under way: what was seen before in this file, and where findings go."""

    def __init__(
        self, mapping: ImportMapping, categories: dict[str, Category], findings: Findings, dry_run: bool
    ) -> None:
        self.mapping = mapping
        self.categories = categories
        self.findings = findings
        self.report = findings.report
        self.dry_run = dry_run
        self.first_lines: dict[str, int] = {}
        self.emergencies: dict[tuple[int, int], uuid.UUID | None] = {}

    def take(self, sheet: Sheet, batch: Sequence[Row]) -> None:
        """Turn the rows of a batch into cases, in the caller's transaction."""
        candidates = [found for row in batch if (found := self._read(sheet, row))]
        candidates = self._unknown(candidates)
        candidates = self._placed(candidates)
        self._add(candidates)

    def _read(self, sheet: Sheet, row: Row) -> Candidate | None:
        self.report.read += 1
        cells = sheet.values(row)
        if any(cells[column] not in wanted for column, wanted in self.mapping.only.items()):
            self.report.left_out += 1
            return None
        try:
            drafts = drafts_of(cells, self.mapping)
        except Refused as why:
            self.findings.refuse(row, str(why))
            return None
        key = drafts[0].request.source_id or ""
        first = self.first_lines.setdefault(key, row.line)
        if first != row.line:
            self.findings.refuse(row, f"the same id as line {first}: {key}")
            return None
        return Candidate(row, drafts)

    def _unknown(self, candidates: list[Candidate]) -> list[Candidate]:
        """Without what earlier imports took; of a row with several cases the missing ones stay."""
        keys = [draft.request.source_id or "" for each in candidates for draft in each.drafts]
        known = known_source_ids("import", keys)
        left = []
        for each in candidates:
            each.drafts = [draft for draft in each.drafts if draft.request.source_id not in known]
            if each.drafts:
                left.append(each)
            else:
                self.report.known += 1
        return left

    def _placed(self, candidates: list[Candidate]) -> list[Candidate]:
        """With commune and emergency; what lies outside every area is refused."""
        points = [each.drafts[0].request.position for each in candidates]
        rows = db.session.execute(
            COMMUNES, {"lons": [p.lon for p in points], "lats": [p.lat for p in points]}
        )
        communes = {row.number: AreaRow(*row[1:]) for row in rows}
        left = []
        for number, each in enumerate(candidates, start=1):
            commune = communes.get(number)
            if commune is None:
                place = points[number - 1]
                self.findings.refuse(each.row, f"outside every loaded area: {place.lat}, {place.lon}")
                continue
            each.cases = [self._case(draft, commune) for draft in each.drafts]
            left.append(each)
        return left

    def _case(self, draft: Draft, commune: AreaRow) -> BulkCase:
        category = self.categories[draft.request.category]
        emergency_id = self._emergency(category, commune)
        if emergency_id is None:
            self.report.without_emergency += 1
        return BulkCase(draft.request, category, commune, emergency_id, draft.created_at)

    def _emergency(self, category: Category, commune: AreaRow) -> uuid.UUID | None:
        """The emergency that is on there; an import may also tell of a place or a time without one."""
        pair = category.id, commune.id
        if pair not in self.emergencies:
            try:
                self.emergencies[pair] = emergency_for(category, commune)
            except Invalid:
                self.emergencies[pair] = None
        return self.emergencies[pair]

    def _add(self, candidates: list[Candidate]) -> None:
        """Insert them at once; if the database refuses the batch, row by row to find which."""
        if not self.dry_run:
            try:
                with db.session.begin_nested():
                    add_cases([case for each in candidates for case in each.cases])
            except (DataError, IntegrityError):
                candidates = [each for each in candidates if self._add_one(each)]
        for each in candidates:
            self.report.taken += 1
            self.report.cases += len(each.cases)
            if notes := [note for draft in each.drafts[:1] for note in draft.notes]:
                self.findings.note(each.row, notes)

    def _add_one(self, each: Candidate) -> bool:
        try:
            with db.session.begin_nested():
                add_cases(each.cases)
        except (DataError, IntegrityError) as error:
            first = str(error.orig).partition("\n")[0]
            self.findings.refuse(each.row, f"the database refused it: {first}")
            return False
        return True
