"""Free-text Vietnamese addresses, written the old way (with district) or the new, to communes of today.

The parsing is `vietnamadminunits`'. Two things are done differently from its converter: an old ward that was
split between several communes gives all of them for the person to choose from, and nothing is ever sent to an
online geocoder (its converter would post the address to one).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

from app.areas.vietnam import Unit, crosswalk, old_key, read_units
from app.core.text import clean, fold

LONGEST = 300
_loading = Lock()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A commune that an address may mean. `formerly` is the old ward when the address named one."""

    code: str
    full_name: str
    province_code: str
    province: str
    street: str | None = None
    formerly: str | None = None

    @property
    def label(self) -> str:
        """How it is shown to people."""
        return f"{self.full_name}, {self.province}"


def resolve_address(text: str) -> list[Candidate]:
    """The communes of today that an address may mean, the likeliest first. Never raises."""
    address = clean(text)[:LONGEST].replace("\n", ", ")
    if not address:
        return []
    old, new = _parsed(address, "LEGACY"), _parsed(address, "FROM_2025")
    of_old, of_new = list(_of_old(old)), list(_of_new(address, new))
    ordered = [*of_old, *of_new] if _old_first(address, old, new) else [*of_new, *of_old]
    unique: dict[str, Candidate] = {}
    for candidate in ordered:
        unique.setdefault(candidate.code, candidate)
    return list(unique.values())


def _of_old(found: Any) -> Iterator[Candidate]:
    if found is None or not found.district_key:
        return
    formerly = ", ".join(name for name in (found.ward, found.district, found.province) if name)
    for code in crosswalk().get(old_key(found.province_key, found.district_key, found.ward_key), ()):
        yield _candidate(code, found.street, formerly)


def _of_new(address: str, found: Any) -> Iterator[Candidate]:
    if found is not None and found.ward_code in _communes() and _is_written(address, found):
        yield _candidate(found.ward_code, found.street, None)


def _old_first(address: str, old: Any, new: Any) -> bool:
    """Whether the old reading is the likelier: a ward stands before its district.

    In "xã Bà Điểm, Hóc Môn" the old ward is left of today's commune Hóc Môn, which is there the district.
    """
    if old is None or new is None or not old.ward:
        return False
    words = fold(address)
    return _place(words, old.short_ward) <= _place(words, new.short_ward)


def _is_written(address: str, found: Any) -> bool:
    """Whether the commune's name stands in the address as words of its own.

    The parser looks for letters without diacritics: it finds Phường Láng in "đầu làng". Where no province
    backs it up, the diacritics have to agree, unless the address has none.
    """
    words, name = fold(address), fold(found.short_ward)
    if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", words):
        return False
    plain = words == address.lower()
    return plain or fold(found.short_province) in words or found.short_ward.lower() in address.lower()


def _place(words: str, name: str | None) -> int:
    found = words.find(fold(name)) if name else -1
    return found if found >= 0 else len(words)


def _candidate(code: str, street: str | None, formerly: str | None) -> Candidate:
    commune = _communes()[code]
    province = _provinces()[commune.parent_code or ""]
    return Candidate(code, commune.full_name, province.code, province.full_name, street, formerly)


def _parsed(address: str, mode: str) -> Any:
    try:
        return _parser().parse_address(address, mode=mode, keep_street=True)
    except Exception:  # noqa: BLE001 (whatever a foreign parser makes of it, posting goes on)
        return None


@cache
def _communes() -> dict[str, Unit]:
    return {unit.code: unit for unit in read_units().communes}


@cache
def _provinces() -> dict[str, Unit]:
    return {unit.code: unit for unit in read_units().provinces}


def _parser() -> Any:
    """The package, loaded at first use (it takes half a second), its geocoder cut off."""
    with _loading:
        import vietnamadminunits
        from vietnamadminunits.converter import converter_2025
        from vietnamadminunits.parser import utils

        converter_2025.get_geo_location = utils.get_geo_location = _no_geocoder
    return vietnamadminunits


def _no_geocoder(_address: str) -> None:
    """Stands where the package asks an online geocoder: an address never leaves this machine."""
