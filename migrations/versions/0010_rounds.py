"""Rounds: several deliveries in one order."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0010"
down_revision = "0009"


def moment(name: str, **more: object) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), **more)


def upgrade() -> None:
    op.create_table(
        "round",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("volunteer_id", sa.Uuid(), sa.ForeignKey("user.id", ondelete="CASCADE"), nullable=False),
        moment("created_at", server_default=sa.func.now(), nullable=False),
        sa.Column("status", sa.String(), server_default="active", nullable=False),
        sa.Column("vehicle", sa.String(), nullable=False),
        sa.Column("load_limit", sa.Integer(), nullable=False),
        sa.Column("start", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        moment("starts_at", nullable=False),
        moment("ends_at", nullable=False),
        sa.Column("has_end", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("returns", sa.Boolean(), server_default="false", nullable=False),
        moment("back_at"),
        sa.Column("metric", sa.String(), server_default="line", nullable=False),
        sa.CheckConstraint("status IN ('active', 'ended')", name="status"),
        sa.CheckConstraint("vehicle IN ('on_foot', 'bicycle', 'motorbike', 'car')", name="vehicle"),
        sa.CheckConstraint("metric IN ('line', 'road', 'road_away')", name="metric"),
        sa.CheckConstraint("load_limit BETWEEN 1 AND 1000", name="load_limit"),
        sa.CheckConstraint("starts_at < ends_at", name="window"),
    )
    op.create_index("ix_round_volunteer", "round", ["volunteer_id", "created_at"])
    op.create_index(
        "uq_round_active",
        "round",
        ["volunteer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_round_created", "round", ["created_at"])
    op.create_table(
        "round_stop",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("round_id", sa.Uuid(), sa.ForeignKey("round.id", ondelete="CASCADE"), nullable=False),
        sa.Column("claim_id", sa.Uuid(), sa.ForeignKey("claim.id", ondelete="CASCADE"), nullable=False),
        sa.Column("supply_point_id", sa.Uuid(), sa.ForeignKey("supply_point.id", ondelete="SET NULL")),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.SmallInteger()),
        sa.Column("load", sa.SmallInteger(), nullable=False),
        moment("planned_at"),
        moment("done_at"),
        sa.Column("outcome", sa.String()),
        sa.Column("left_out", sa.String()),
        sa.CheckConstraint("kind IN ('pickup', 'dropoff')", name="kind"),
        sa.CheckConstraint("left_out IN ('too_big', 'no_room', 'too_far', 'no_time')", name="left_out"),
        sa.CheckConstraint("outcome IN ('done', 'late')", name="outcome"),
        sa.CheckConstraint("(position IS NULL) = (left_out IS NOT NULL)", name="placed"),
        sa.CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done"),
        sa.CheckConstraint("load >= 0", name="load"),
    )
    op.create_index("uq_round_stop_claim", "round_stop", ["round_id", "claim_id", "kind"], unique=True)
    op.create_index("ix_round_stop_claim_id", "round_stop", ["claim_id"])
    op.create_index("ix_round_stop_supply_point_id", "round_stop", ["supply_point_id"])
