"""Wrong tries of the hand-over code are counted with the claim."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("claim", sa.Column("wrong_codes", sa.SmallInteger(), server_default="0", nullable=False))
