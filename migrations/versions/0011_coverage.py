"""Vehicles and wards of volunteers, deliveries of supply points, plans for the worker, coverage of wards."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# Where volunteers are who have told it before: from now on their ward is kept as they save it.
WARDS_OF_VOLUNTEERS = """
UPDATE volunteer v SET commune_id = a.id, province_id = a.parent_id
FROM area a
WHERE a.level = 'commune' AND a.valid_to IS NULL AND ST_Covers(a.geom, v.base)
"""


def upgrade() -> None:
    op.add_column("volunteer", sa.Column("vehicle", sa.String(), server_default="motorbike", nullable=False))
    op.create_check_constraint(
        "vehicle", "volunteer", "vehicle IN ('on_foot', 'bicycle', 'motorbike', 'car')"
    )
    op.add_column("volunteer", sa.Column("commune_id", sa.Integer(), sa.ForeignKey("area.id")))
    op.add_column("volunteer", sa.Column("province_id", sa.Integer(), sa.ForeignKey("area.id")))
    op.create_index("ix_volunteer_commune_id", "volunteer", ["commune_id"])
    op.execute(WARDS_OF_VOLUNTEERS)
    op.add_column(
        "supply_point", sa.Column("deliveries", sa.SmallInteger(), server_default="3", nullable=False)
    )
    op.create_check_constraint("deliveries", "supply_point", "deliveries BETWEEN 1 AND 100")
    _plans()
    _coverage()


def _plans() -> None:
    op.add_column("plan", sa.Column("waited_h", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("plan_line", sa.Column("portions", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column(
        "plan_line",
        sa.Column("supply_point_id", sa.Uuid(), sa.ForeignKey("supply_point.id", ondelete="SET NULL")),
    )
    op.create_index("ix_plan_line_supply_point_id", "plan_line", ["supply_point_id"])


def _coverage() -> None:
    op.create_table(
        "area_coverage",
        sa.Column(
            "area_id",
            sa.Integer(),
            sa.ForeignKey("area.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("province_id", sa.Integer(), sa.ForeignKey("area.id", ondelete="CASCADE")),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("counted_only", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("unmet", sa.Float(), nullable=False),
        sa.Column("helpers", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.CheckConstraint("level IN ('none', 'kept_up', 'slow', 'behind')", name="level"),
    )
    op.create_index("ix_area_coverage_province_id", "area_coverage", ["province_id"])
    op.create_table(
        "coverage_alert",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("area_id", sa.Integer(), sa.ForeignKey("area.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("unmet", sa.Float(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
    )
    op.create_index("ix_coverage_alert_area_id_at", "coverage_alert", ["area_id", "at"])
