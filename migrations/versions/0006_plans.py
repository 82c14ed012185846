"""Plans of batch assignment and their lines."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("created_by", sa.Uuid(), sa.ForeignKey("user.id", ondelete="SET NULL")),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("status", sa.String(), server_default="draft", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("open_cases", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('draft', 'applying', 'applied', 'discarded')", name="status"),
    )
    op.create_index("ix_plan_area", "plan", ["area_id", "created_at"])
    op.create_table(
        "plan_line",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("plan_id", sa.Uuid(), sa.ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
        sa.Column("case_id", sa.Uuid(), sa.ForeignKey("case.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), sa.ForeignKey("user.id", ondelete="SET NULL")),
        sa.Column("cost_min", sa.Float()),
        sa.Column("metres", sa.Float()),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("why_none", sa.String()),
        sa.Column("outcome", sa.String()),
        sa.Column("outcome_words", sa.String()),
        sa.Column("claim_id", sa.Uuid(), sa.ForeignKey("claim.id", ondelete="SET NULL")),
        sa.UniqueConstraint("plan_id", "case_id"),
    )
    op.create_index("ix_plan_line_case_id", "plan_line", ["case_id"])
    op.create_index("ix_plan_line_volunteer_id", "plan_line", ["volunteer_id"])
