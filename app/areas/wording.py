"""How people write the names of places: abbreviations, missing diacritics, the province after a comma."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.text import clean, fold

# Written before a name, as a word of its own: "P. Tân Sơn", "TX Hương Trà", "Q.1".
ABBREVIATIONS = (
    (r"tp\.?\s*hcm|tphcm|hcmc?|sg", "thành phố hồ chí minh"),
    (r"hn", "hà nội"),
    (r"tp\.?", "thành phố"),
    (r"tx\.?", "thị xã"),
    (r"tt\.", "thị trấn"),
    (r"p\.?|phg\.?", "phường"),
    (r"q\.?", "quận"),
    (r"x\.", "xã"),
    (r"h\.", "huyện"),
    (r"t\.", "tỉnh"),
)
_SHORT = [
    (re.compile(rf"(?<!\w)(?:{short})(?=[\s\d]|\b|$)\s*", re.IGNORECASE), full)
    for short, full in ABBREVIATIONS
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: the words in lower case, folded, and folded words for a unit above."""

    exact: str
    folded: str
    within: str | None = None

    def splits(self) -> Iterator["Asked"]:
        """The same words with the last ones taken as the unit above: "tân thành đồng tháp"."""
        words = self.exact.split()
        for cut in range(len(words) - 1, 0, -1):
            name, above = " ".join(words[:cut]), " ".join(words[cut:])
            if len(above) > 2:
                yield Asked(name, fold(name), fold(above))


def asked(q: str) -> Asked:
    """Read a search as people type it."""
    parts = [written_out(part) for part in clean(q).replace("\n", ",").split(",")]
    parts = [part for part in parts if part]
    if not parts:
        return Asked("", "")
    within = fold(parts[-1]) if len(parts) > 1 else None
    return Asked(parts[0], fold(parts[0]), within)


def written_out(words: str) -> str:
    """Lower case, single spaces, abbreviations of kinds of units spelt out."""
    words = words.lower()
    for pattern, full in _SHORT:
        words = pattern.sub(f"{full} ", words)
    return " ".join(words.split())
