"""Extensions, the folding and cell functions, and the job queue's own tables."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0001"
down_revision = None

EXTENSIONS = ("postgis", "unaccent", "pg_trgm", "btree_gist")

# unaccent() is only STABLE because its dictionary could be replaced; naming the dictionary makes it safe to
# call IMMUTABLE, which a stored generated column needs.
VI_FOLD = """
CREATE FUNCTION vi_fold(input text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN public.unaccent(
    'public.unaccent'::regdictionary,
    replace(lower(normalize(input, NFC)), 'đ', 'd')
)
"""

# Bits of x and y at zoom 18 woven together (Morton order), so that every tile is one contiguous range.
SPREAD_BITS = """
CREATE FUNCTION spread_bits(n bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    n := (n | (n << 16)) & x'0000FFFF0000FFFF'::bigint;
    n := (n | (n << 8)) & x'00FF00FF00FF00FF'::bigint;
    n := (n | (n << 4)) & x'0F0F0F0F0F0F0F0F'::bigint;
    n := (n | (n << 2)) & x'3333333333333333'::bigint;
    RETURN (n | (n << 1)) & x'5555555555555555'::bigint;
END
$$
"""

CELL_Z18 = """
CREATE FUNCTION cell_z18(place geometry) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN spread_bits(
        least(262143, greatest(0, floor((ST_X(place) + 180) / 360 * 262144)))::bigint
    ) | (spread_bits(
        least(262143, greatest(0, floor(
            (1 - ln(
                tan(radians(least(85.05, greatest(-85.05, ST_Y(place)))))
                + 1 / cos(radians(least(85.05, greatest(-85.05, ST_Y(place)))))
            ) / pi()) / 2 * 262144
        )))::bigint
    ) << 1)
"""


def upgrade() -> None:
    for name in EXTENSIONS:
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    for function in (VI_FOLD, SPREAD_BITS, CELL_Z18):
        op.execute(function)
    op.get_bind().connection.cursor().execute(SchemaManager.get_schema())
