"""What a person says when asking for a role: whoever verifies a medic needs the licence's number."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("user_role", sa.Column("note", sa.String(), server_default="", nullable=False))
