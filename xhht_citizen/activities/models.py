"""Tables of activities and who attended them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.people.models import Person


class Activity(Base):
    """Something learned together in a ward or community; `code` stands in the QR code people scan at the door.

    Once confirmed, everybody on the list has evidence of it; who is added or taken off later follows at once.
    """

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_ward", "ward_code", "held_on", "id"),
        Index("ix_activity_community", "community_id", "held_on", "id"),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600000", name="minutes"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200))
    provider: Mapped[str | None] = mapped_column(String(200))
    held_on: Mapped[date] = mapped_column(Date)
    minutes: Mapped[int | None] = mapped_column(Integer)
    indicators: Mapped[list[str]] = mapped_column(JSON, default=list)
    note: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    open_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Attendance(Base):
    """A person attended; `way` says how that is known. `evidence_id` once the list was confirmed."""

    __tablename__ = "attendance"
    __table_args__ = (
        Index("ix_attendance_person", "person_id"),
        Index("uq_attendance_evidence_id", "evidence_id", unique=True),
        CheckConstraint("way IN ('ticked', 'pasted', 'scanned')", name="way"),
    )

    activity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("activity.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    way: Mapped[str] = mapped_column(String(7))
    marked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    marked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    evidence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("evidence.id"))

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
