"""Exports that are made in the background and wait to be fetched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "export_request",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("headings", sa.String(), nullable=False),
        sa.Column("separator", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("filter", JSONB(), nullable=False),
        sa.Column("area_ids", ARRAY(sa.Integer()), nullable=False),
        sa.Column("status", sa.String(), server_default="waiting", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("rows", sa.Integer()),
        sa.Column("filename", sa.String()),
        sa.Column("why", sa.String()),
        sa.CheckConstraint("status IN ('waiting', 'running', 'ready', 'failed')", name="status"),
    )
    op.create_index("ix_export_request_user", "export_request", ["user_id", "created_at"])
