"""Tries at the doors, counted for all processes together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "door_try",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("hits", ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_door_try"),
        prefixes=["UNLOGGED"],
    )
    op.create_index("ix_door_try_until", "door_try", ["until"])
