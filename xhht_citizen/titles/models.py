"""Tables of the year's book: who registered, who was assessed, which decision gave which title."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.people.models import Person

VALID = text("revoked_at IS NULL")


class Counter(Base):
    """The last number given out, per ward, year and purpose."""

    __tablename__ = "counter"

    ward_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Registration(Base):
    """Somebody registered to learn for the year (đăng ký), once; `assessed_at` while a review's result stands."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "year"),
        Index("ix_registration_year", "year", "kind", "person_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(String(5))
    kind: Mapped[str] = mapped_column(String(12))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int] = mapped_column(Integer)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    registered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    assessed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Decision(Base):
    """A signed decision (quyết định công nhận): number, date, who signed."""

    __tablename__ = "decision"
    __table_args__ = (UniqueConstraint("ward_code", "decided_year", "number_key"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    number: Mapped[str] = mapped_column(String(60))
    number_key: Mapped[str] = mapped_column(String(60))
    decided_on: Mapped[date] = mapped_column(Date)
    decided_year: Mapped[int] = mapped_column(Integer)
    signatory: Mapped[str] = mapped_column(String(120))
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Title(Base):
    """One title of one year. Name, ward and province are kept as they stood when it was granted."""

    __tablename__ = "title"
    __table_args__ = (
        Index("uq_title_valid", "kind", "person_id", "year", unique=True, sqlite_where=VALID, postgresql_where=VALID),
        UniqueConstraint("ward_code", "year", "register_number"),
        Index("ix_title_register", "ward_code", "year", "sort_key", "id"),
        Index("ix_title_province", "province_code", "year", "sort_key", "id"),
        Index("ix_title_country", "year", "sort_key", "id"),
        Index("ix_title_decision", "decision_id", "sort_key", "id"),
        Index("ix_title_application", "application_id"),
        Index("ix_title_person", "person_id", "year"),
        CheckConstraint("kind IN ('citizen')", name="kind"),
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked_with_reason"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    province_code: Mapped[str] = mapped_column(ForeignKey("province.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    household_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("household.id"))
    kind: Mapped[str] = mapped_column(String(12))
    year: Mapped[int] = mapped_column(Integer)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    decision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision.id"))
    register_number: Mapped[int] = mapped_column(Integer)
    public_code: Mapped[str] = mapped_column(String(12), unique=True)
    holder_name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(120))
    points: Mapped[int] = mapped_column(Integer)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoke_reason: Mapped[str | None] = mapped_column(Text)

    decision: Mapped[Decision] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
