"""A case full of markers, and everything that leads to it: for those who walk through every door."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from io import BytesIO
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from zipfile import ZipFile

from werkzeug.routing import Rule

from app.areas.queries import area_by_id
from app.cases.models import Case
from app.core.db import db
from app.core.geo import Point
from app.core.text import fold
from tests import make

HOME = Point(106.7008391, 10.7769137)
NAME = "Đỗ Thị Dấu Riêng"
PHONE = "0987 654 321"
ADDRESS = "77/7 Hẻm Bí Mật"
NOTE = "Ghi chú chỉ để người giúp đọc"
ITEM = "Sữa, gọi 0987654321 nhà 77/7 Hẻm Bí Mật"
MOST_PAGES = 400

MARKERS = (
    *(text for said in (NAME, ADDRESS, NOTE) for text in (said, fold(said), quote(said))),
    "987654321", "987 654 321", "987.654.321",
    "10.77691", "106.70083",
)  # fmt: skip


def marked_case(client: Any, category: str) -> Case:
    """Somebody has asked for help, without an account."""
    make.emergency()
    said = {
        "category": category,
        "needs": [{"item": ITEM, "quantity": 2, "unit": "hộp"}],
        "description": NOTE,
        "lat": HOME.lat,
        "lon": HOME.lon,
        "address": ADDRESS,
        "contact_name": NAME,
        "contact_phone": PHONE,
        "vulnerabilities": ["sick"],
    }
    answer = client.post("/api/v1/cases", json=said)
    assert answer.status_code == 201, answer.text
    return db.session.query(Case).filter_by(code=answer.json["code"]).one()


class Links(HTMLParser):
    """The addresses that a page leads to."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.found = base, set[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in ("href", "src", "hx-get", "data-url") or (name, tag) == ("action", "form")):
                parts = urlsplit(urljoin(self.base, value))
                if parts.scheme in ("", "http") and parts.netloc in ("", "localhost"):
                    self.found.add(parts.path + (f"?{parts.query}" if parts.query else ""))


def doors(app: Any, case: Case, known: Mapping[str, str] | None = None) -> Iterator[str]:
    """Every GET route, with the values that would show most about this case."""
    area = area_by_id(case.commune_id)
    near = f"near={HOME.lat:.3f},{HOME.lon:.3f}&radius_m=5000"
    yield from (
        f"/api/v1/cases?{near}&limit=50",
        "/api/v1/cases?bbox=106,10,107,11",
        f"/api/v1/cases?area={area.code}",
        "/api/v1/cases?q=sua",
        f"/?at={HOME.lat:.3f},{HOME.lon:.3f},16",
        f"/?{near}",
        f"/areas/at?lat={HOME.lat:.3f}&lon={HOME.lon:.3f}",
        "/areas/search?q=sai+gon",
        f"/t/{case.code}/{'0' * 32}",
    )
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "static" and (path := filled(rule, case, known or {})):
            yield path


def filled(rule: Rule, case: Case, known: Mapping[str, str]) -> str | None:
    """A rule's address with this case's code in it, and `known` keys; tiles are asked for elsewhere."""
    values = {
        "code": case.code,
        "secret": "0" * 32,
        "digest": "x",
        "extension": "csv",
        "format": "csv",
        **known,
    }
    path = rule.rule
    for argument in re.findall(r"<[^>]+>", rule.rule):
        name = argument.strip("<>").split(":")[-1]
        if name in ("z", "x", "y"):
            return None
        path = path.replace(argument, values.get(name, str(case.id)))
    return path


def holds_nothing(text: str, where: str) -> None:
    for marker in MARKERS:
        assert marker.lower() not in text.lower(), f"{where} holds {marker!r}"


def text_of(answer: Any) -> str:
    """What can be read in an answer, in the parts of a spreadsheet too."""
    body = answer.data
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as parts:
            body = b" ".join(parts.read(name) for name in parts.namelist())
    return str(body.decode(errors="replace"))


def walk(client: Any, addresses: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """Go through these doors, and through those that their pages lead to: (address, answer)."""
    waiting, seen = list(dict.fromkeys(addresses)), set[str]()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop()
        if address in seen or address.startswith("/static/"):
            continue
        seen.add(address)
        answer = client.get(address)
        assert answer.status_code < 500 or address.startswith("/readyz"), address
        if answer.mimetype == "text/html":
            links = Links(f"http://localhost{address}")
            links.feed(answer.text)
            waiting.extend(sorted(links.found - seen))
        yield address, answer
    assert len(seen) > 30
