"""The supply points of the demo city: shops, kitchens, rice dispensers, pharmacies."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from app.demo.people import Person, demo_phone
from app.demo.places import HOME_WARD, Ward, place_in
from app.demo.words import book, shop_address

SUPPLY_POINTS = 250
OF_KNOWN_SUPPLIER = 2


def supply_rows(
    rng: Random,
    wards: Sequence[Ward],
    owners: Sequence[Person],
    category_ids: Mapping[str, int],
    make_id: Callable[[], uuid.UUID],
) -> list[dict[str, Any]]:
    """Rows of `supply_point`; the first two belong to `owners[0]` and lie in the home ward."""
    home = next(ward for ward in wards if ward.code == HOME_WARD)
    kinds = book("supplies")["kind"]
    rows = []
    for number in range(SUPPLY_POINTS):
        own = number < OF_KNOWN_SUPPLIER
        ward = home if own else rng.choices(wards, [ward.people for ward in wards])[0]
        owner = owners[0] if own else rng.choice(owners)
        kind = kinds[number] if own else rng.choices(kinds, [kind["every"] for kind in kinds])[0]
        who = owner.name.rsplit(" ", 1)[-1]
        rows.append(
            {
                "id": make_id(),
                "owner_id": owner.id,
                "name": rng.choice(kind["names"]).format(who=who, ward=ward.name),
                "kind": kind["kind"],
                "goods": rng.choice(kind["goods"]),
                "hours": rng.choice(kind["hours"]),
                "address": shop_address(rng, ward.full_name),
                "phone_public": demo_phone(4500 + number),
                "position": place_in(rng, ward).ewkt,
                "radius_m": rng.choice(kind["radius_m"]),
                "commune_id": ward.id,
                "province_id": ward.province_id,
                "category_ids": [category_ids[slug] for slug in kind["categories"]],
                "active": own or rng.random() < 0.94,
                "is_demo": True,
                "created_at": owner.created_at,
            }
        )
    return rows
