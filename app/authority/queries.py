"""Named reads of cases with private fields, each bound to a jurisdiction; callers record the access."""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, TextClause, bindparam, text

from app.authority.filters import CaseFilter, read_cursor, written_cursor, wrong_cursor
from app.authority.jurisdiction import Jurisdiction
from app.authority.rules import day_end, day_start
from app.core.db import db
from app.core.text import fold

PAGE = 50
BATCH = 250
MOST_COUNTED = 1_000_000

# Urgency as a number: the most urgent first.
RANK = "array_position(ARRAY['life_threatening', 'urgent', 'normal'], c.urgency)"
ORDERS = {
    "newest": (("c.created_at", "DESC", "timestamptz"),),
    "oldest": (("c.created_at", "ASC", "timestamptz"),),
    "changed": (("c.status_at", "DESC", "timestamptz"),),
    "urgent": ((RANK, "ASC", "int"), ("c.created_at", "ASC", "timestamptz")),
}

# Needs with what is wanted, the people who took the case, and when it was handed over.
NEEDS = """
LEFT JOIN LATERAL (
    SELECT string_agg(concat_ws(' ', n.item, trim_scale(n.quantity), nullif(n.unit, '')), '; '
                      ORDER BY n.position) AS needs
    FROM need n WHERE n.case_id = c.id
) wanted ON true
"""
HELPERS = """
LEFT JOIN LATERAL (
    SELECT array_agg(u.name ORDER BY cl.created_at) AS names,
           array_agg(coalesce(u.phone, u.email, '') ORDER BY cl.created_at) AS phones
    FROM claim cl JOIN "user" u ON u.id = cl.volunteer_id
    WHERE cl.case_id = c.id AND cl.status IN ('live', 'delivered', 'confirmed')
) helper ON true
"""
DELIVERED = """
LEFT JOIN LATERAL (
    SELECT max(e.at) AS at FROM case_event e
    WHERE c.status IN ('delivered', 'closed') AND e.case_id = c.id AND e.to_status = 'delivered'
) handed ON true
"""
# The last search for helpers that has ended: while it is tried again, the case stays marked.
SEARCH = """
LEFT JOIN LATERAL (
    SELECT d.status FROM dispatch d WHERE d.case_id = c.id AND c.status = 'open' AND d.status <> 'waiting'
    ORDER BY d.started_at DESC LIMIT 1
) searched ON true
"""
SEARCHED = {
    "nobody_found": """c.status = 'open' AND c.id IN (
        SELECT d.case_id FROM dispatch d WHERE d.status = 'nobody_found' AND NOT EXISTS (
            SELECT FROM dispatch l
            WHERE l.case_id = d.case_id AND l.started_at > d.started_at AND l.status <> 'waiting'))""",
    "waiting": "c.status = 'open' AND c.id IN (SELECT case_id FROM dispatch WHERE status = 'waiting')",
}
PLACES = """
JOIN category k ON k.id = c.category_id
LEFT JOIN area ward ON ward.id = c.commune_id
LEFT JOIN area province ON province.id = c.province_id
"""
# The free text of a medical case is between the requester and the medic.
TEXT = "CASE WHEN k.medic_only THEN '' ELSE c.description END"

# Chosen and ordered first, so that the rest is looked up only for what is shown.
CHOSEN = '(SELECT * FROM "case" c WHERE {where} ORDER BY {order} LIMIT :limit) c'
OLDEST_FIRST = "c.created_at, c.id"

ROWS = f"""
SELECT c.id, c.code, k.slug AS category, coalesce(wanted.needs, c.needs_text) AS needs, {TEXT} AS description,
       c.status, c.urgency, c.household_size, c.vulnerabilities, c.contact_name, c.contact_phone,
       c.on_behalf, c.address, ward.full_name AS ward, ward.code AS ward_code,
       province.full_name AS province, ST_Y(c.position) AS lat, ST_X(c.position) AS lon, c.created_at,
       c.status_at, helper.names, helper.phones, handed.at AS delivered_at, c.verified_at, c.source,
       c.source_id, c.is_demo
FROM {CHOSEN} {PLACES} {NEEDS} {HELPERS} {DELIVERED}
ORDER BY {{order}}
"""  # noqa: S608
TABLE = f"""
SELECT c.id, c.code, k.name_vi, k.name_en, k.icon, coalesce(wanted.needs, c.needs_text) AS needs,
       {TEXT} AS description, c.status, c.urgency, c.household_size, c.vulnerabilities, c.contact_name,
       c.contact_phone, c.address, ward.full_name AS ward, c.created_at, c.status_at, helper.names,
       helper.phones, c.verified_at, c.erased_at, c.is_demo, {RANK} AS rank,
       coalesce(searched.status = 'nobody_found', false) AS nobody_found
FROM {CHOSEN} {PLACES} {NEEDS} {HELPERS} {SEARCH}
ORDER BY {{order}}
"""  # noqa: S608


def condition(asked: CaseFilter, within: Jurisdiction) -> tuple[str, dict[str, Any]]:
    """The WHERE of a filter inside a jurisdiction, and its values: all that was typed is bound."""
    if asked.area:
        within = within.narrowed(asked.area)
    parts, known = _inside(within)
    if asked.status:
        parts.append("c.status = ANY(:status)")
        known["status"] = list(asked.status)
    if asked.category:
        parts.append("c.category_id IN (SELECT id FROM category WHERE slug = ANY(:category))")
        known["category"] = list(asked.category)
    if asked.urgency:
        parts.append("c.urgency = ANY(:urgency)")
        known["urgency"] = list(asked.urgency)
    if asked.since:
        parts.append("c.created_at >= :since")
        known["since"] = day_start(asked.since)
    if asked.until:
        parts.append("c.created_at < :until")
        known["until"] = day_end(asked.until)
    if asked.verified:
        parts.append(f"c.verified_at IS {'NOT ' if asked.verified == 'yes' else ''}NULL")
    if asked.search:
        parts.append(SEARCHED[asked.search])
    if asked.q:
        words, values = _words(asked.q)
        parts.append(words)
        known |= values
    return " AND ".join(parts), known


def _inside(within: Jurisdiction) -> tuple[list[str], dict[str, Any]]:
    # IN with one value is an equality to PostgreSQL, which can then read the index in order.
    known: dict[str, Any] = {}
    places = []
    if within.province_ids:
        places.append("c.province_id IN :provinces")
        known["provinces"] = within.province_ids
    if within.commune_ids:
        places.append("c.commune_id IN :communes")
        known["communes"] = within.commune_ids
    return ["(" + (" OR ".join(places) or "false") + ")"], known


def _words(q: str) -> tuple[str, dict[str, Any]]:
    """Code, needs, name, address with or without diacritics; digits also in the phone number."""
    pattern = "%" + _like(fold(q)) + "%"
    places = ["c.search_text LIKE :q", "vi_fold(c.contact_name) LIKE :q", "vi_fold(c.address) LIKE :q"]
    known = {"q": pattern}
    digits = "".join(ch for ch in q if ch.isdigit())
    if len(digits) >= 4 and not any(ch.isalpha() for ch in q):
        places.append("c.contact_phone LIKE :digits")
        known["digits"] = f"%{digits.lstrip('0') or digits}%"
    return "(" + " OR ".join(places) + ")", known


def _like(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def statement(sql: str, known: dict[str, Any]) -> TextClause:
    """The text with its lists of ids made expandable."""
    ids = [name for name in ("provinces", "communes") if name in known]
    lists: list[Any] = [bindparam(name, expanding=True) for name in ids]
    return text(sql).bindparams(*lists)


def count_cases(asked: CaseFilter, within: Jurisdiction) -> int:
    """How many cases the filter finds, at most MOST_COUNTED + 1."""
    where, known = condition(asked, within)
    sql = f'SELECT count(*) FROM (SELECT FROM "case" c WHERE {where} LIMIT {MOST_COUNTED + 1}) AS found'  # noqa: S608
    return int(db.session.execute(statement(sql, known), known).scalar_one())


def counts_by_status(within: Jurisdiction) -> dict[str, int]:
    """How many cases of each status the jurisdiction has."""
    where, known = condition(CaseFilter(), within)
    sql = f'SELECT c.status, count(*) AS cases FROM "case" c WHERE {where} GROUP BY c.status'  # noqa: S608
    return {row.status: row.cases for row in db.session.execute(statement(sql, known), known)}


def cases_page(
    asked: CaseFilter, within: Jurisdiction, cursor: str = "", limit: int = PAGE
) -> tuple[Sequence[Row[Any]], str]:
    """One page of the table with private fields, and the cursor of the next page ("" on the last)."""
    where, known = condition(asked, within)
    order = ORDERS[asked.sort]
    direction = order[-1][1]
    keys = [*((name, type_) for name, _way, type_ in order), ("c.id", "uuid")]
    where += keys_after(cursor, asked.sort, keys, direction, known)
    ordered = ", ".join(f"{name} {way}" for name, way, _type in order) + f", c.id {direction}"
    sql = TABLE.format(where=where, order=ordered)
    rows = db.session.execute(statement(sql, known), known | {"limit": limit + 1}).all()
    if len(rows) <= limit:
        return rows, ""
    last = rows[limit - 1]
    values = {"changed": (last.status_at,), "urgent": (last.rank, last.created_at)}
    return rows[:limit], written_cursor(asked.sort, *values.get(asked.sort, (last.created_at,)), last.id)


def keys_after(
    cursor: str, sort: str, keys: Sequence[tuple[str, str]], direction: str, known: dict[str, Any]
) -> str:
    """The condition for rows after a cursor ("" at the beginning); adds its values to `known`.

    `keys` are the expressions of the order and their types. Every order runs one way, so one row comparison
    says it.
    """
    after = read_cursor(cursor, sort)
    if after is None:
        return ""
    if len(after) != len(keys):
        raise wrong_cursor()
    for number, (value, (_name, type_)) in enumerate(zip(after, keys, strict=True)):
        known[f"key{number}"] = _key(value, type_)
    names = ", ".join(name for name, _type in keys)
    bound = ", ".join(f"CAST(:key{n} AS {type_})" for n, (_name, type_) in enumerate(keys))
    return f" AND ({names}) {'<' if direction == 'DESC' else '>'} ({bound})"


def _key(value: str, type_: str) -> str:
    readers: dict[str, Any] = {"uuid": uuid.UUID, "int": int, "timestamptz": datetime.fromisoformat}
    try:
        readers[type_](value)
    except ValueError:
        raise wrong_cursor() from None
    return value


def table_row(code: str, within: Jurisdiction) -> Row[Any] | None:
    """One case of the jurisdiction as the table shows it."""
    where, known = condition(CaseFilter(), within)
    sql = TABLE.format(where=f"c.code = :code AND {where}", order=OLDEST_FIRST)
    return db.session.execute(statement(sql, known), known | {"code": code, "limit": 1}).one_or_none()


@contextmanager
def open_rows(
    engine: Engine, asked: CaseFilter, within: Jurisdiction, limit: int
) -> Iterator[Iterator[Sequence[Row[Any]]]]:
    """All rows of a filter in batches, oldest first, through a server-side cursor: memory holds one batch."""
    where, known = condition(asked, within)
    sql = ROWS.format(where=where, order=OLDEST_FIRST)
    with engine.connect() as connection:
        # A cursor on the server needs a transaction, which this engine otherwise does without.
        reading = connection.execution_options(
            isolation_level="REPEATABLE READ", stream_results=True, yield_per=BATCH
        )
        with reading.begin():
            result = reading.execute(statement(sql, known), known | {"limit": limit})
            yield result.partitions(BATCH)
