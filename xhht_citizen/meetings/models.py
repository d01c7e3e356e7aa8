"""Tables of meetings."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class Meeting(Base):
    """One meeting of a community; `present` of `total` came, and it decided by votes or by consensus."""

    __tablename__ = "meeting"
    __table_args__ = (
        Index("ix_meeting_community", "community_id", "held_on", "id"),
        Index("ix_meeting_ward", "ward_code", "held_on", "id"),
        CheckConstraint("way IN ('votes', 'consensus')", name="way"),
        CheckConstraint("present BETWEEN 1 AND total", name="present"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("community.id"))
    year: Mapped[int] = mapped_column(Integer)
    held_on: Mapped[date] = mapped_column(Date)
    venue: Mapped[str] = mapped_column(String(200))
    chair: Mapped[str] = mapped_column(String(120))
    secretary: Mapped[str] = mapped_column(String(120))
    present: Mapped[int] = mapped_column(Integer)
    total: Mapped[int] = mapped_column(Integer)
    way: Mapped[str] = mapped_column(String(9))
    note: Mapped[str | None] = mapped_column(Text)
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class MeetingResult(Base):
    """What the meeting said of one candidate; `votes` for, where it voted. Name and score as they stood that day."""

    __tablename__ = "meeting_result"
    __table_args__ = (
        Index("ix_meeting_result_application", "application_id"),
        CheckConstraint("outcome IN ('endorsed', 'objected')", name="outcome"),
        CheckConstraint("outcome <> 'objected' OR reason IS NOT NULL", name="objection_has_reason"),
    )

    meeting_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(160))
    sort_key: Mapped[str] = mapped_column(String(400))
    self_total: Mapped[int] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(8))
    votes: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = mapped_column(Text)
