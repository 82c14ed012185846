"""Dispatch waves: who was asked to help with which case, and what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("case.id", ondelete="CASCADE"), nullable=False),
        sa.Column("status", sa.String(), server_default="waiting", nullable=False),
        sa.Column("wave", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ring", sa.Float(), server_default="0", nullable=False),
        sa.Column("next_at", moment, nullable=False),
        sa.Column("started_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("ended_at", moment),
        sa.Column("told_at", moment),
        sa.CheckConstraint("status IN ('waiting', 'enough', 'nobody_found', 'stopped')", name="status"),
    )
    running = sa.text("status = 'waiting'")
    op.create_index("uq_dispatch_running", "dispatch", ["case_id"], unique=True, postgresql_where=running)
    op.create_index("ix_dispatch_due", "dispatch", ["next_at"], postgresql_where=running)
    op.create_index("ix_dispatch_case", "dispatch", ["case_id", "started_at"])
    nobody = sa.text("status = 'nobody_found'")
    op.create_index("ix_dispatch_nobody", "dispatch", ["ended_at"], postgresql_where=nobody)
    op.create_table(
        "ask",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("dispatch_id", sa.Uuid(), sa.ForeignKey("dispatch.id", ondelete="CASCADE"), nullable=False),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("case.id", ondelete="CASCADE"), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("wave", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(), server_default="sent", nullable=False),
        sa.Column("sent_at", moment, server_default=sa.func.now(), nullable=False),
        sa.Column("deadline", moment, nullable=False),
        sa.Column("answered_at", moment),
        sa.Column("told_at", moment),
        sa.Column("why", sa.String()),
        sa.CheckConstraint(
            "status IN ('sent', 'accepted', 'declined', 'expired', 'withdrawn')", name="status"
        ),
        sa.UniqueConstraint("dispatch_id", "volunteer_id"),
    )
    op.create_index("ix_ask_volunteer", "ask", ["volunteer_id", "sent_at"])
    op.create_index("ix_ask_case", "ask", ["case_id", "volunteer_id"])
    op.create_index("ix_ask_deadline", "ask", ["deadline"], postgresql_where=sa.text("status = 'sent'"))
    op.create_index("ix_ask_untold", "ask", ["sent_at"], postgresql_where=sa.text("told_at IS NULL"))
