"""The map counts cases by cell without touching the table: urgency and category stand in the indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# The inverse of spread_bits: every second bit of a cell number, pushed together.
SQUEEZE_BITS = """
CREATE FUNCTION squeeze_bits(n bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
    n := n & x'5555555555555555'::bigint;
    n := (n | (n >> 1)) & x'3333333333333333'::bigint;
    n := (n | (n >> 2)) & x'0F0F0F0F0F0F0F0F'::bigint;
    n := (n | (n >> 4)) & x'00FF00FF00FF00FF'::bigint;
    n := (n | (n >> 8)) & x'0000FFFF0000FFFF'::bigint;
    RETURN (n | (n >> 16)) & x'00000000FFFFFFFF'::bigint;
END
$$
"""

SHOWN = "on_map"
OPEN = "status = 'open' AND on_map"
HIDDEN = "status = 'open' AND NOT on_map"
INDEXES = (
    ("ix_case_open_cell", ["cell", "category_id", "urgency"], OPEN),
    ("ix_case_shown_cell", ["cell", "status", "category_id", "urgency"], SHOWN),
    ("ix_case_hidden_ward", ["commune_id", "category_id"], HIDDEN),
)


def upgrade() -> None:
    op.execute(SQUEEZE_BITS)
    with op.get_context().autocommit_block():
        for name, columns, where in INDEXES:
            op.drop_index(name, "case", if_exists=True, postgresql_concurrently=True)
            op.create_index(
                name, "case", columns, postgresql_where=sa.text(where), postgresql_concurrently=True
            )
