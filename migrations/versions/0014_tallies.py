"""How many cases each square of the map has, counted ahead for the low zooms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "feed_tally",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("square", sa.Integer(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cells", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("statuses", ARRAY(sa.Text()), nullable=False),
        sa.Column("categories", ARRAY(sa.SmallInteger()), nullable=False),
        sa.Column("urgencies", ARRAY(sa.Text()), nullable=False),
        sa.Column("counts", ARRAY(sa.Integer()), nullable=False),
        sa.Column("xs", ARRAY(sa.Integer()), nullable=False),
        sa.Column("ys", ARRAY(sa.Integer()), nullable=False),
        sa.PrimaryKeyConstraint("level", "square", name="pk_feed_tally"),
    )
    # A case from before there were versions, and not changed since: its square gets one now.
    op.execute(
        'INSERT INTO feed_square (square, version) SELECT DISTINCT (cell >> 16)::int, 1 FROM "case" c'
        " WHERE NOT EXISTS (SELECT FROM feed_square s WHERE s.square = (c.cell >> 16)::int)"
    )
