"""Tables of places. `valid_to` is the first day a thing no longer holds; NULL while it does."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.places.rules import (
    APPEAL_DAYS,
    REVIEW_DAYS,
    SECOND_LOOK_SHARE,
    CommuneKind,
    CommunityKind,
    Extent,
    Level,
    ProvinceKind,
)


def _one_of(column: str, values: type[CommuneKind | CommunityKind | Extent | Level | ProvinceKind]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value.value) for value in values)})", name=column)


def _dated() -> CheckConstraint:
    return CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates")


class Province(Base):
    """A province or a city of that rank, under its official two-digit code."""

    __tablename__ = "province"
    __table_args__ = (CheckConstraint("length(code) = 2", name="code"), _one_of("kind", ProvinceKind), _dated())

    code: Mapped[str] = mapped_column(String(2), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    search_key: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    act: Mapped[str] = mapped_column(Text)


class Commune(Base):
    """A xã, phường or đặc khu ("ward" in code), under its official five-digit code; leading zeros belong to it."""

    __tablename__ = "commune"
    __table_args__ = (CheckConstraint("length(code) = 5", name="code"), _one_of("kind", CommuneKind), _dated())

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    province_code: Mapped[str] = mapped_column(ForeignKey(Province.code), index=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    search_key: Mapped[str] = mapped_column(Text)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    area_km2: Mapped[float | None] = mapped_column(Float)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    act: Mapped[str] = mapped_column(Text)

    province: Mapped[Province] = relationship(lazy="raise_on_sql")


class PlaceList(Base):
    """An official list that was loaded: what stands in the tables is as of the newest."""

    __tablename__ = "place_list"
    __table_args__ = (UniqueConstraint("valid_on", "act"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    valid_on: Mapped[date] = mapped_column(Date)
    act: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    complete: Mapped[bool] = mapped_column(Boolean)
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class PlaceChange(Base):
    """What a place was called, and under which province, before a change: the past, never edited."""

    __tablename__ = "place_change"
    __table_args__ = (_one_of("level", Level), _dated(), Index(None, "code", "valid_from"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    level: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(36))
    ward_code: Mapped[str | None] = mapped_column(String(5))
    province_code: Mapped[str | None] = mapped_column(String(2))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date] = mapped_column(Date)
    act: Mapped[str] = mapped_column(Text)


class FormerCommune(Base):
    """A commune as it was before the merger of 1/7/2025, with the district and province it lay in."""

    __tablename__ = "former_commune"

    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    district_name: Mapped[str] = mapped_column(Text)
    province_code: Mapped[str] = mapped_column(String(2))
    province_name: Mapped[str] = mapped_column(Text)
    search_key: Mapped[str] = mapped_column(Text)


class Succession(Base):
    """A former commune went to a commune, whole or in part."""

    __tablename__ = "succession"
    __table_args__ = (_one_of("extent", Extent),)

    former_code: Mapped[str] = mapped_column(ForeignKey(FormerCommune.code), primary_key=True)
    commune_code: Mapped[str] = mapped_column(ForeignKey(Commune.code), primary_key=True, index=True)
    extent: Mapped[str] = mapped_column(String(8))


class Community(Base):
    """A thôn, ấp, bản, tổ dân phố...: where people know each other, and where review begins."""

    __tablename__ = "community"
    __table_args__ = (
        _one_of("kind", CommunityKind),
        _dated(),
        Index(
            "uq_community_open",
            "ward_code",
            "search_key",
            unique=True,
            sqlite_where=text("valid_to IS NULL"),
            postgresql_where=text("valid_to IS NULL"),
        ),
        Index(None, "ward_code", "position"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey(Commune.code))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    search_key: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    act: Mapped[str] = mapped_column(Text, default="")


class WardSettings(Base):
    """How a ward runs its year; a ward without a row has the defaults of `rules.WardPolicy`."""

    __tablename__ = "ward_settings"
    __table_args__ = (
        CheckConstraint("review_days BETWEEN 1 AND 365", name="review_days"),
        CheckConstraint("appeal_days BETWEEN 1 AND 365", name="appeal_days"),
        CheckConstraint("second_look_share BETWEEN 1 AND 100", name="second_look_share"),
    )

    ward_code: Mapped[str] = mapped_column(ForeignKey(Commune.code), primary_key=True)
    community_step: Mapped[bool] = mapped_column(Boolean, default=True)
    disadvantaged: Mapped[bool] = mapped_column(Boolean, default=False)
    submit_by: Mapped[date | None] = mapped_column(Date)
    review_days: Mapped[int] = mapped_column(Integer, default=REVIEW_DAYS)
    issuing_body: Mapped[str] = mapped_column(Text, default="")
    appeal_days: Mapped[int] = mapped_column(Integer, default=APPEAL_DAYS)
    second_look_share: Mapped[int] = mapped_column(Integer, default=SECOND_LOOK_SHARE)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)
