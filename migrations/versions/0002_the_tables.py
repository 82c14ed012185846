"""the tables."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_geospatial_table(
        "area",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), server_default="", nullable=False),
        sa.Column(
            "folded",
            sa.String(),
            sa.Computed("vi_fold(name)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "full_folded",
            sa.String(),
            sa.Computed("vi_fold(full_name)", persisted=True),
            nullable=False,
        ),
        sa.Column("kind", sa.String(), server_default="", nullable=False),
        sa.Column("kind_en", sa.String(), server_default="", nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "label_point",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("boundary", sa.String(), nullable=True),
        sa.Column("source", sa.String(), server_default="", nullable=False),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.CheckConstraint("boundary IN ('official', 'approximate')", name=op.f("ck_area_boundary")),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["area.id"],
            name=op.f("fk_area_parent_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint(
            "level",
            "code",
            "valid_from",
            name=op.f("uq_area_level_code_valid_from"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_area_full_folded",
        "area",
        ["full_folded"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"full_folded": "gin_trgm_ops"},
    )
    op.create_geospatial_index(
        "ix_area_geom",
        "area",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("valid_to IS NULL"),
        postgresql_ops={},
    )
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_table(
        "case_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column("to_status", sa.String(), nullable=True),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_case_event")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index("ix_case_event_case", "case_event", ["case_id", "at"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name_vi", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("icon", sa.String(), server_default="leaf", nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("medic_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("on_map", sa.Boolean(), server_default="true", nullable=False),
        sa.Column(
            "chips",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("slug", name=op.f("uq_category_slug")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("session_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("locale", sa.String(), server_default="vi", nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phone IS NOT NULL OR email IS NOT NULL", name=op.f("ck_user_reachable")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_user_phone")),
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_api_token_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_geospatial_table(
        "area_shape",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("min_zoom", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("max_zoom", sa.SmallInteger(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
            name=op.f("fk_area_shape_area_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("area_id", "min_zoom", name=op.f("pk_area_shape")),
    )
    op.create_geospatial_index(
        "ix_area_shape_geom",
        "area_shape",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "area_succession",
        sa.Column("old_id", sa.Integer(), nullable=False),
        sa.Column("new_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["new_id"],
            ["area.id"],
            name=op.f("fk_area_succession_new_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["old_id"],
            ["area.id"],
            name=op.f("fk_area_succession_old_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("old_id", "new_id", name=op.f("pk_area_succession")),
    )
    op.create_index(op.f("ix_area_succession_new_id"), "area_succession", ["new_id"], unique=False)
    op.create_table(
        "audit_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"],
            ["user.id"],
            name=op.f("fk_audit_record_actor_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
            name=op.f("fk_audit_record_area_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_record")),
    )
    op.create_index(op.f("ix_audit_record_actor_id"), "audit_record", ["actor_id"], unique=False)
    op.create_index(op.f("ix_audit_record_at"), "audit_record", ["at"], unique=False)
    op.create_table(
        "emergency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), server_default="", nullable=False),
        sa.Column(
            "starts_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["user.id"],
            name=op.f("fk_emergency_created_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("to_user_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["to_user_id"],
            ["user.id"],
            name=op.f("fk_message_to_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_created_at"), "message", ["created_at"], unique=False)
    op.create_index(op.f("ix_message_to_user_id"), "message", ["to_user_id"], unique=False)
    op.create_table(
        "one_time_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_one_time_code_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_code")),
    )
    op.create_index(op.f("ix_one_time_code_user_id"), "one_time_code", ["user_id"], unique=False)
    op.create_geospatial_table(
        "supply_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("goods", sa.String(), nullable=False),
        sa.Column("hours", sa.String(), server_default="", nullable=False),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("phone_public", sa.String(), nullable=True),
        sa.Column(
            "position",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "p3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(position, 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("radius_m", sa.Integer(), server_default="0", nullable=False),
        sa.Column("commune_id", sa.Integer(), nullable=True),
        sa.Column("province_id", sa.Integer(), nullable=True),
        sa.Column(
            "category_ids",
            sa.ARRAY(sa.SmallInteger()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind IN ('shop', 'market', 'charity_kitchen', 'school', 'rice_atm', 'pharmacy', 'other')",
            name=op.f("ck_supply_point_kind"),
        ),
        sa.CheckConstraint("radius_m BETWEEN 0 AND 200000", name=op.f("ck_supply_point_radius")),
        sa.ForeignKeyConstraint(["commune_id"], ["area.id"], name=op.f("fk_supply_point_commune_id")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["user.id"],
            name=op.f("fk_supply_point_owner_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["province_id"], ["area.id"], name=op.f("fk_supply_point_province_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_point")),
    )
    op.create_index(op.f("ix_supply_point_commune_id"), "supply_point", ["commune_id"], unique=False)
    op.create_index(op.f("ix_supply_point_owner_id"), "supply_point", ["owner_id"], unique=False)
    op.create_geospatial_index(
        "ix_supply_point_p3857",
        "supply_point",
        ["p3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("active"),
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_supply_point_province_id"),
        "supply_point",
        ["province_id"],
        unique=False,
    )
    op.create_table(
        "user_role",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "(role = 'official') = (area_id IS NOT NULL)",
            name=op.f("ck_user_role_official_has_area"),
        ),
        sa.CheckConstraint(
            "role IN ('volunteer', 'medic', 'supplier', 'official', 'administrator')",
            name=op.f("ck_user_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
            name=op.f("fk_user_role_area_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_user_role_user_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"],
            ["user.id"],
            name=op.f("fk_user_role_verified_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_role")),
        sa.UniqueConstraint(
            "user_id",
            "role",
            "area_id",
            name=op.f("uq_user_role_user_id_role_area_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_user_role_area_id"), "user_role", ["area_id"], unique=False)
    op.create_index(op.f("ix_user_role_user_id"), "user_role", ["user_id"], unique=False)
    op.create_geospatial_table(
        "volunteer",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "base",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("radius_m", sa.Integer(), server_default="3000", nullable=False),
        sa.Column(
            "category_ids",
            sa.ARRAY(sa.SmallInteger()),
            server_default="{}",
            nullable=False,
        ),
        sa.Column("capacity", sa.SmallInteger(), server_default="3", nullable=False),
        sa.Column("available", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("capacity BETWEEN 1 AND 100", name=op.f("ck_volunteer_capacity")),
        sa.CheckConstraint("radius_m BETWEEN 100 AND 200000", name=op.f("ck_volunteer_radius")),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user.id"],
            name=op.f("fk_volunteer_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_volunteer")),
    )
    op.create_geospatial_index(
        "ix_volunteer_base",
        "volunteer",
        ["base"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("emergency_id", sa.Uuid(), nullable=True),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.String(), server_default="open", nullable=False),
        sa.Column("urgency", sa.String(), server_default="normal", nullable=False),
        sa.Column("on_map", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("needs_text", sa.String(), server_default="", nullable=False),
        sa.Column(
            "search_text",
            sa.String(),
            sa.Computed("vi_fold(needs_text || ' ' || code)", persisted=True),
            nullable=False,
        ),
        sa.Column("household_size", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("contact_phone", sa.String(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("vulnerabilities", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("on_behalf", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("requester_id", sa.Uuid(), nullable=True),
        sa.Column(
            "position",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "public_position",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "public_p3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(public_position, 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "cell",
            sa.BigInteger(),
            sa.Computed("cell_z18(public_position)", persisted=True),
            nullable=False,
        ),
        sa.Column("commune_id", sa.Integer(), nullable=True),
        sa.Column("province_id", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(), server_default="web", nullable=False),
        sa.Column("source_id", sa.String(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("idempotency_key", sa.String(), nullable=True),
        sa.Column("request_fingerprint", sa.String(), nullable=True),
        sa.Column("tracking_version", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "status_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.Uuid(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('cancelled', 'claimed', 'closed', 'delivered', 'expired', 'merged', 'open',"
            " 'rejected')",
            name=op.f("ck_case_status"),
        ),
        sa.CheckConstraint(
            "urgency IN ('normal', 'urgent', 'life_threatening')",
            name=op.f("ck_case_urgency"),
        ),
        sa.CheckConstraint("household_size BETWEEN 1 AND 999", name=op.f("ck_case_household_size")),
        sa.ForeignKeyConstraint(["category_id"], ["category.id"], name=op.f("fk_case_category_id")),
        sa.ForeignKeyConstraint(["commune_id"], ["area.id"], name=op.f("fk_case_commune_id")),
        sa.ForeignKeyConstraint(["emergency_id"], ["emergency.id"], name=op.f("fk_case_emergency_id")),
        sa.ForeignKeyConstraint(["province_id"], ["area.id"], name=op.f("fk_case_province_id")),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["user.id"],
            name=op.f("fk_case_requester_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["verified_by"],
            ["user.id"],
            name=op.f("fk_case_verified_by"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("code", name=op.f("uq_case_code")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_case_idempotency_key")),
    )
    op.create_index("ix_case_commune", "case", ["commune_id", "created_at"], unique=False)
    op.create_index(op.f("ix_case_contact_phone"), "case", ["contact_phone"], unique=False)
    op.create_index("ix_case_created", "case", ["created_at", "id"], unique=False)
    op.create_index(op.f("ix_case_emergency_id"), "case", ["emergency_id"], unique=False)
    op.create_geospatial_index(
        "ix_case_helped_near",
        "case",
        ["public_p3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status IN ('delivered', 'closed') AND on_map"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_case_open_category_near",
        "case",
        ["category_id", "public_p3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_index(
        "ix_case_open_cell",
        "case",
        ["cell", "category_id"],
        unique=False,
        postgresql_where=sa.text("status = 'open' AND on_map"),
    )
    op.create_geospatial_index(
        "ix_case_open_near",
        "case",
        ["public_p3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'open' AND on_map"),
        postgresql_ops={},
    )
    op.create_index("ix_case_province", "case", ["province_id", "created_at"], unique=False)
    op.create_index(op.f("ix_case_requester_id"), "case", ["requester_id"], unique=False)
    op.create_index(
        "ix_case_search",
        "case",
        ["search_text"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search_text": "gin_trgm_ops"},
    )
    op.create_index(
        "ix_case_shown_cell",
        "case",
        ["cell", "status"],
        unique=False,
        postgresql_where=sa.text("on_map"),
    )
    op.create_geospatial_index(
        "ix_case_taken_near",
        "case",
        ["public_p3857"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("status = 'claimed' AND on_map"),
        postgresql_ops={},
    )
    op.create_index(
        "ix_case_waiting",
        "case",
        ["status_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('open', 'delivered')"),
    )
    op.create_index(
        "uq_case_source_id",
        "case",
        ["source", "source_id"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_table(
        "emergency_area",
        sa.Column("emergency_id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["area.id"],
            name=op.f("fk_emergency_area_area_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["emergency_id"],
            ["emergency.id"],
            name=op.f("fk_emergency_area_emergency_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("emergency_id", "area_id", name=op.f("pk_emergency_area")),
    )
    op.create_index(op.f("ix_emergency_area_area_id"), "emergency_area", ["area_id"], unique=False)
    op.create_table(
        "emergency_category",
        sa.Column("emergency_id", sa.Uuid(), nullable=False),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["category.id"],
            name=op.f("fk_emergency_category_category_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["emergency_id"],
            ["emergency.id"],
            name=op.f("fk_emergency_category_emergency_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("emergency_id", "category_id", name=op.f("pk_emergency_category")),
    )
    op.create_index(
        op.f("ix_emergency_category_category_id"),
        "emergency_category",
        ["category_id"],
        unique=False,
    )
    op.create_table(
        "access_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_id", sa.Uuid(), nullable=True),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["case.id"],
            name=op.f("fk_access_record_case_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["viewer_id"],
            ["user.id"],
            name=op.f("fk_access_record_viewer_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_record")),
    )
    op.create_index(op.f("ix_access_record_case_id"), "access_record", ["case_id"], unique=False)
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("volunteer_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), server_default="live", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension_reason", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "status IN ('confirmed', 'delivered', 'expired', 'failed', 'live', 'released')",
            name=op.f("ck_claim_status"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_claim_case_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["volunteer_id"],
            ["user.id"],
            name=op.f("fk_claim_volunteer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_case_id"), "claim", ["case_id"], unique=False)
    op.create_index(
        "ix_claim_lease",
        "claim",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_index("ix_claim_volunteer", "claim", ["volunteer_id", "status"], unique=False)
    op.create_index(
        "uq_claim_live",
        "claim",
        ["case_id", "volunteer_id"],
        unique=True,
        postgresql_where=sa.text("status = 'live'"),
    )
    op.create_table(
        "need",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column(
            "pledged",
            sa.Numeric(precision=10, scale=2),
            server_default="0",
            nullable=False,
        ),
        sa.Column(
            "delivered",
            sa.Numeric(precision=10, scale=2),
            server_default="0",
            nullable=False,
        ),
        sa.CheckConstraint("delivered >= 0 AND delivered <= pledged", name=op.f("ck_need_delivered")),
        sa.CheckConstraint("pledged >= 0 AND pledged <= quantity", name=op.f("ck_need_pledged")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_need_quantity")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_need_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_need_case_id_position")),
    )
    op.create_table(
        "claim_need",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("need_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_claim_need_quantity")),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["claim.id"],
            name=op.f("fk_claim_need_claim_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["need_id"],
            ["need.id"],
            name=op.f("fk_claim_need_need_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("claim_id", "need_id", name=op.f("pk_claim_need")),
    )
    op.create_index(op.f("ix_claim_need_need_id"), "claim_need", ["need_id"], unique=False)
