"""From what a person typed to areas that they can choose from."""

from app.areas.addresses import resolve_address
from app.areas.queries import FoundArea, areas_with_codes, search_areas


def places_of_address(address: str, limit: int = 8) -> list[FoundArea]:
    """The communes that a free-text address may mean, likeliest first; by name when it cannot be parsed.

    An old ward that was split gives every commune that took a part of it.
    """
    candidates = {candidate.code: candidate for candidate in resolve_address(address)}
    found = [FoundArea(area, candidates[area.code].formerly) for area in areas_with_codes(list(candidates))]
    return (found or _by_name(address, limit))[:limit]


def _by_name(address: str, limit: int) -> list[FoundArea]:
    """Try the pieces between commas as names, the last ones as the unit above: "12 Lê Lợi, Sài Gòn, HCM"."""
    pieces = [piece.strip() for piece in address.replace("\n", ",").split(",") if piece.strip()][-4:]
    for start in range(len(pieces)):
        found = search_areas(", ".join([pieces[start], *pieces[start + 1 :][-1:]]), limit)
        if found:
            return [place for place in found if place.area.level == "commune"]
    return []
