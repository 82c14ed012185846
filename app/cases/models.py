"""Cases, needs, claims and the records of what happened to them."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Numeric,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.cases.rules import CLAIM_STATUSES, STATUSES, URGENCIES
from app.core.db import Base, Key, new_id


def _public_point_index(name: str, condition: str, *leading: str) -> Index:
    return Index(
        name,
        *leading,
        "public_p3857",
        postgresql_using="gist",
        postgresql_where=text(condition),
    )


class Case(Base):
    """One household's request for help. `position` is exact and private, `public_position` blurred."""

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(sorted(STATUSES))}", name="status"),
        CheckConstraint(f"urgency IN {URGENCIES}", name="urgency"),
        CheckConstraint("household_size BETWEEN 1 AND 999", name="household_size"),
        Index(
            "uq_case_source_id",
            "source",
            "source_id",
            unique=True,
            postgresql_where=text("source_id IS NOT NULL"),
        ),
        _public_point_index("ix_case_open_near", "status = 'open' AND on_map"),
        _public_point_index("ix_case_open_category_near", "status = 'open'", "category_id"),
        _public_point_index(
            "ix_case_danger_near", "status = 'open' AND on_map AND urgency = 'life_threatening'"
        ),
        _public_point_index("ix_case_taken_near", "status = 'claimed' AND on_map"),
        _public_point_index("ix_case_helped_near", "status IN ('delivered', 'closed') AND on_map"),
        Index(
            "ix_case_open_cell",
            "cell",
            "category_id",
            "urgency",
            postgresql_where=text("status = 'open' AND on_map"),
        ),
        Index(
            "ix_case_shown_cell",
            "cell",
            "status",
            "category_id",
            "urgency",
            postgresql_where=text("on_map"),
        ),
        Index(
            "ix_case_hidden_ward",
            "commune_id",
            "category_id",
            postgresql_where=text("status = 'open' AND NOT on_map"),
        ),
        Index(
            "ix_case_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
        Index("ix_case_commune", "commune_id", "created_at"),
        Index("ix_case_province", "province_id", "created_at"),
        Index("ix_case_created", "created_at", "id"),
        Index(
            "ix_case_waiting",
            "status_at",
            postgresql_where=text("status IN ('open', 'delivered')"),
        ),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    emergency_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("emergency.id"), index=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    status: Mapped[str] = mapped_column(server_default="open", default="open")
    urgency: Mapped[str] = mapped_column(server_default="normal", default="normal")
    on_map: Mapped[bool] = mapped_column(server_default="true", default=True)

    needs_text: Mapped[str] = mapped_column(server_default="")
    """What is needed in one line, masked: anybody may read it."""
    search_text: Mapped[str] = mapped_column(Computed("vi_fold(needs_text || ' ' || code)", persisted=True))
    household_size: Mapped[int] = mapped_column(SmallInteger, server_default="1", default=1)

    description: Mapped[str] = mapped_column(server_default="", default="")
    contact_name: Mapped[str | None]
    contact_phone: Mapped[str | None] = mapped_column(index=True)
    address: Mapped[str | None]
    vulnerabilities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    on_behalf: Mapped[bool] = mapped_column(server_default="false", default=False)
    requester_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("user.id", ondelete="SET NULL"), index=True
    )

    position: Mapped[Any | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    public_position: Mapped[Any] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    public_p3857: Mapped[Any] = mapped_column(
        Geometry("POINT", srid=3857, spatial_index=False),
        Computed("ST_Transform(public_position, 3857)", persisted=True),
    )
    cell: Mapped[int] = mapped_column(BigInteger, Computed("cell_z18(public_position)", persisted=True))
    commune_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))
    province_id: Mapped[int | None] = mapped_column(ForeignKey("area.id"))

    source: Mapped[str] = mapped_column(server_default="web", default="web")
    source_id: Mapped[str | None]
    is_demo: Mapped[bool] = mapped_column(server_default="false", default=False)
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
    request_fingerprint: Mapped[str | None]
    tracking_version: Mapped[int] = mapped_column(SmallInteger, server_default="1", default=1)

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    status_at: Mapped[datetime] = mapped_column(server_default=func.now())
    asked_at: Mapped[datetime | None]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    erased_at: Mapped[datetime | None]

    needs: Mapped[list["Need"]] = relationship(
        back_populates="case", order_by="Need.position", cascade="all, delete-orphan"
    )


class Need(Base):
    """One line of a case: how much is wanted, promised and delivered."""

    __tablename__ = "need"
    __table_args__ = (
        UniqueConstraint("case_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("pledged >= 0 AND pledged <= quantity", name="pledged"),
        CheckConstraint("delivered >= 0 AND delivered <= pledged", name="delivered"),
    )

    id: Mapped[Key]
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    item: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    unit: Mapped[str]
    pledged: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default="0", default=Decimal(0))
    delivered: Mapped[Decimal] = mapped_column(Numeric(10, 2), server_default="0", default=Decimal(0))

    case: Mapped[Case] = relationship(back_populates="needs")

    @property
    def left(self) -> Decimal:
        """How much nobody has promised yet."""
        return self.quantity - self.pledged


class Claim(Base):
    """A volunteer's promise to a case, with a lease that runs out."""

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(f"status IN {tuple(sorted(CLAIM_STATUSES))}", name="status"),
        Index(
            "uq_claim_live",
            "case_id",
            "volunteer_id",
            unique=True,
            postgresql_where=text("status = 'live'"),
        ),
        Index("ix_claim_volunteer", "volunteer_id", "status"),
        Index("ix_claim_lease", "lease_until", postgresql_where=text("status = 'live'")),
    )

    id: Mapped[Key]
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    volunteer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="live", default="live")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lease_until: Mapped[datetime]
    extended_at: Mapped[datetime | None]
    extension_reason: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    wrong_codes: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    """How often a wrong hand-over code was typed for it."""

    case: Mapped[Case] = relationship()
    lines: Mapped[list["ClaimNeed"]] = relationship(cascade="all, delete-orphan")


class ClaimNeed(Base):
    """How much of one need a claim promises."""

    __tablename__ = "claim_need"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    claim_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("claim.id", ondelete="CASCADE"), primary_key=True)
    need_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("need.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    quantity: Mapped[Decimal] = mapped_column(Numeric(10, 2))

    need: Mapped[Need] = relationship()


class CaseEvent(Base):
    """What happened to a case, in order; append-only, partitioned by month."""

    __tablename__ = "case_event"
    __table_args__ = (
        Index("ix_case_event_case", "case_id", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid(), primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.clock_timestamp())
    case_id: Mapped[uuid.UUID]
    actor_id: Mapped[uuid.UUID | None]
    actor_kind: Mapped[str]
    action: Mapped[str]
    from_status: Mapped[str | None]
    to_status: Mapped[str | None]
    why: Mapped[str] = mapped_column(server_default="", default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}", default=dict)


class AccessRecord(Base):
    """Somebody was shown the contact and the exact place of a case; its requester can see this."""

    __tablename__ = "access_record"

    id: Mapped[Key]
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id", ondelete="CASCADE"), index=True)
    viewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    reason: Mapped[str]
