"""The scratch database: all of Vietnam's areas, one emergency, open cases where people live, and helpers."""

from collections.abc import Iterator
from io import StringIO
from random import Random

from flask_migrate import upgrade
from sqlalchemy import text
from tqdm import tqdm

from app.areas.load import load_default
from app.core.db import db
from app.core.geo import Point
from app.demo.places import Ward, place_in, wards
from app.people.models import User, UserRole
from app.people.tokens import create_token

SEED = 1
OPEN_EMERGENCY = """
WITH opened AS (INSERT INTO emergency (id, name) VALUES (gen_random_uuid(), 'Bench') RETURNING id),
     areas AS (INSERT INTO emergency_area SELECT opened.id, area.id FROM opened, area
               WHERE level = 'province' AND valid_to IS NULL)
INSERT INTO emergency_category SELECT opened.id, category.id FROM opened, category
"""
PLACES = "CREATE TEMP TABLE place (n int, lon float8, lat float8, commune_id int, province_id int)"
MEDICAL_EVERY = 33
ASIDE = "Bench 0"
"""The volunteer who takes nothing over HTTP, and so never holds too much."""
LETTERS = "ACDEFGHJKMNPQRTU"  # of the alphabet of codes, one for each hexadecimal digit
# Of the last 20 hours: younger than what the worker asks about or takes off the map.
CASES = f"""
INSERT INTO "case" (id, code, emergency_id, category_id, on_map, urgency, needs_text, household_size,
                    description, contact_name, contact_phone, address, position, public_position, commune_id,
                    province_id, source, created_at, status_at)
SELECT gen_random_uuid(), 'BEN-' || translate(lpad(to_hex(n), 6, '0'), '0123456789abcdef', '{LETTERS}'),
       e.id, c.id, c.on_map,
       CASE WHEN n % 50 = 0 THEN 'life_threatening' WHEN n % 6 = 0 THEN 'urgent' ELSE 'normal' END,
       (ARRAY['Gạo, Trứng', 'Mì gói, Nước uống', 'Rau củ, Dầu ăn', 'Sữa, Tã em bé'])[1 + n % 4], 1 + n % 7,
       'Nhà đông người, mấy bữa nay chưa đi chợ được.', 'Cô Năm', '+84912345678', '12/3 Nguyễn Trãi',
       ST_SetSRID(ST_MakePoint(lon, lat), 4326), ST_SetSRID(ST_MakePoint(lon + 0.002, lat - 0.001), 4326),
       commune_id, province_id, 'import', at, at
FROM place, (SELECT id FROM emergency) e,
     LATERAL (SELECT now() - n * (interval '20 hours' / :cases) AS at) t,
     LATERAL (SELECT id, on_map FROM category WHERE slug = CASE
         WHEN n % {MEDICAL_EVERY} = 0 THEN 'medical_advice'
         WHEN n % 17 = 0 THEN 'grocery_run' ELSE 'essentials' END) c
"""
NEEDS = """
INSERT INTO need (id, case_id, position, item, quantity, unit)
SELECT gen_random_uuid(), c.id, p - 1, split_part(c.needs_text, ', ', p), 1 + (c.household_size * p) % 5, 'kg'
FROM "case" c, generate_series(1, 2) AS p
"""
EVENTS = """
INSERT INTO case_event (id, at, case_id, actor_kind, action, to_status)
SELECT gen_random_uuid(), created_at, id, 'system', 'posted', 'open' FROM "case"
"""


def fill(cases: int) -> None:
    """Migrate the empty database and put everything into it."""
    upgrade()
    load_default()
    towns = wards("")
    weights = [ward.people for ward in towns]
    with tqdm(total=cases, desc="Cases", unit="case") as bar:
        rows = StringIO("".join(_places(cases, towns, weights, bar)))
        raw = db.session.connection().connection.cursor()
        raw.execute(PLACES)
        raw.copy_expert("COPY place FROM STDIN", rows)
    for statement in (OPEN_EMERGENCY, CASES, NEEDS, EVENTS):
        known = {"cases": cases} if ":cases" in statement else {}
        db.session.execute(text(statement), known)
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))  # what was filled in is on the disk before measuring


def code_of(number: int) -> str:
    """The code of case `number`, as the SQL above makes it."""
    return "BEN-" + "".join(LETTERS[int(digit, 16)] for digit in f"{number:06x}")


def helpers(count: int) -> list[str]:
    """Sign volunteers up; gives a token of each for the API but of the one who stands aside."""
    people = [User(name=f"Bench {n}", phone=f"+84900{n:06}", password_hash="-") for n in range(count + 1)]
    db.session.add_all(people)
    db.session.flush()
    db.session.add_all(UserRole(user_id=user.id, role="volunteer") for user in people)
    tokens = [create_token(user, "bench", ["claims:write"], days=1).text for user in people[1:]]
    db.session.commit()
    return tokens


def points(count: int, seed: int) -> list[Point]:
    """Where people stand who look at the feed: as spread as the cases, rounded as browsers send it."""
    rng = Random(seed)
    towns = wards("")
    weights = [ward.people for ward in towns]
    chosen = (place_in(rng, rng.choices(towns, weights)[0]) for _ in range(count))
    return [Point(round(place.lon, 5), round(place.lat, 5)) for place in chosen]


def _places(cases: int, towns: list[Ward], weights: list[float], bar: "tqdm[None]") -> Iterator[str]:
    rng = Random(SEED)
    for number, ward in enumerate(rng.choices(towns, weights, k=cases)):
        place = place_in(rng, ward)
        if number % 1000 == 0:
            bar.update(min(1000, cases - number))
        yield f"{number}\t{place.lon}\t{place.lat}\t{ward.id}\t{ward.province_id}\n"
