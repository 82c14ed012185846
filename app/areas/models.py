"""Administrative units and their shapes."""

from datetime import date
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class Area(Base):
    """An administrative unit during its time in force; `valid_to` is empty while it is."""

    __tablename__ = "area"
    __table_args__ = (
        UniqueConstraint("level", "code", "valid_from", postgresql_nulls_not_distinct=True),
        CheckConstraint("boundary IN ('official', 'approximate')", name="boundary"),
        Index(
            "ix_area_geom",
            "geom",
            postgresql_using="gist",
            postgresql_where=text("valid_to IS NULL"),
        ),
        Index(
            "ix_area_full_folded",
            "full_folded",
            postgresql_using="gin",
            postgresql_ops={"full_folded": "gin_trgm_ops"},
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    code: Mapped[str]
    level: Mapped[str]
    name: Mapped[str]
    full_name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    folded: Mapped[str] = mapped_column(Computed("vi_fold(name)", persisted=True))
    full_folded: Mapped[str] = mapped_column(Computed("vi_fold(full_name)", persisted=True))
    kind: Mapped[str] = mapped_column(server_default="")
    kind_en: Mapped[str] = mapped_column(server_default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("area.id", ondelete="RESTRICT"), index=True)
    geom: Mapped[Any | None] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    label_point: Mapped[Any | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    boundary: Mapped[str | None]
    source: Mapped[str] = mapped_column(server_default="")
    population: Mapped[int | None]


class AreaSuccession(Base):
    """Which unit in force took over (part of) an old one."""

    __tablename__ = "area_succession"

    old_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    new_id: Mapped[int] = mapped_column(
        ForeignKey("area.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class AreaShape(Base):
    """The outline of an area simplified ahead of time for a band of map zooms, in web Mercator for tiles."""

    __tablename__ = "area_shape"
    __table_args__ = (Index("ix_area_shape_geom", "geom", postgresql_using="gist"),)

    area_id: Mapped[int] = mapped_column(ForeignKey("area.id", ondelete="CASCADE"), primary_key=True)
    min_zoom: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    max_zoom: Mapped[int] = mapped_column(SmallInteger)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", srid=3857, spatial_index=False))
