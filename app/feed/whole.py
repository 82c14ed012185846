"""The whole page for strangers, kept with blanks where each browser gets something of its own.

These are the nonce of the content policy and the token of forms: a test compares the pages of two browsers.
Words for one person (flashed messages) are never on a kept page.
"""

import re
import secrets
from collections.abc import Callable

from flask import Response, g, make_response, request, session
from flask_wtf.csrf import generate_csrf

from app.feed.answers import ADDRESSED
from app.feed.kept import Answer, accepted, answer_for
from app.web.frame import first_styles
from app.web.gzipped import Part, compressed, gzip_of, stored
from app.web.i18n import locale_name
from app.web.overload import mode
from app.web.security import csp_nonce

NONCE, TOKEN = secrets.token_hex(16).encode(), secrets.token_hex(16).encode()
"""What stands in the blanks: no page can hold it by chance, and nobody who writes into one knows it."""
FLASHES = "_flashes"


def may_be_kept() -> bool:
    """Whether this browser gets the page that others get: nothing waits to be told to it alone."""
    return not request.args.get("q") and FLASHES not in session


def whole_page(make: Callable[[], tuple[str, Answer]], *, first_visit: bool, at_least_s: float) -> Response:
    """The page that `make` renders around a list, or the kept one, filled in for this browser."""

    def with_blanks() -> Answer:
        g.csp_nonce, g.csrf_token = NONCE.decode(), TOKEN.decode()
        try:
            text, inner = make()
        finally:
            del g.csp_nonce, g.csrf_token
        return Answer(b"", inner.squares, "text/html", made_at=inner.made_at, parts=_cut(text.encode()))

    key = (
        "page",
        request.query_string,
        locale_name(),
        first_visit,
        first_styles() is None,
        mode().level,
        *map(request.environ.get, ADDRESSED),
    )
    answer = answer_for(key, with_blanks, at_least_s=at_least_s)
    own = {NONCE: stored(csp_nonce().encode()), TOKEN: stored(generate_csrf().encode())}
    parts = [own.get(part.plain, part) for part in answer.parts]
    if not accepted(("gzip",)):
        return make_response(b"".join(part.plain for part in parts))
    response = make_response(gzip_of(parts))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _cut(text: bytes) -> list[Part]:
    """What is the same for everybody, compressed for once and all, and the blanks in between."""
    pieces = re.split(b"(%b|%b)" % (NONCE, TOKEN), text)
    return [Part(piece, b"") if piece in (NONCE, TOKEN) else compressed(piece) for piece in pieces]
