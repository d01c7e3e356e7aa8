"""Tables of evidence: what somebody learned, for which indicators, with which papers."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now

BY_HAND = text("activity_id IS NULL")  # written down for one person, not made from an activity's list

WITH_REFERENCE = text("certificate_ref IS NOT NULL")


class Evidence(Base):
    """One thing learned. Locked while a case that used it is with others; withdrawn, not deleted, after that.

    `activity_id`: it came from an activity's list, and whoever led the activity confirmed it.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        Index("ix_evidence_person", "person_id", "year", "learned_on", "id"),
        Index("ix_evidence_activity", "activity_id"),
        Index(
            "ix_evidence_entered",
            *("ward_code", "year", "created_by", "person_id"),
            sqlite_where=BY_HAND,
            postgresql_where=BY_HAND,
        ),
        Index(
            "ix_evidence_reference",
            *("ward_code", "certificate_ref"),
            sqlite_where=WITH_REFERENCE,
            postgresql_where=WITH_REFERENCE,
        ),
        CheckConstraint("minutes IS NULL OR minutes BETWEEN 1 AND 600000", name="minutes"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    provider: Mapped[str | None] = mapped_column(String(200))
    learned_on: Mapped[date] = mapped_column(Date)
    year: Mapped[int] = mapped_column(Integer)
    minutes: Mapped[int | None] = mapped_column(Integer)
    witness: Mapped[str | None] = mapped_column(String(160))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[int] = mapped_column(Integer, default=1)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("activity.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    certificate_ref: Mapped[str | None] = mapped_column(String(300))  # number or address on the paper, as its QR says

    indicators: Mapped[list[EvidenceIndicator]] = relationship(
        lazy="raise_on_sql", order_by="EvidenceIndicator.code", cascade="all, delete-orphan"
    )
    files: Mapped[list[EvidenceFile]] = relationship(
        lazy="raise_on_sql", order_by="EvidenceFile.position", cascade="all, delete-orphan"
    )


class EvidenceIndicator(Base):
    """The evidence supports this indicator."""

    __tablename__ = "evidence_indicator"

    evidence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(10), primary_key=True)


class EvidenceFile(Base):
    """A cleaned file; the store holds its bytes, this row what they are."""

    __tablename__ = "evidence_file"
    __table_args__ = (
        Index("ix_evidence_file_evidence", "evidence_id"),
        Index("ix_evidence_file_same", "ward_code", "sha256"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    evidence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evidence.id"))
    ward_code: Mapped[str | None] = mapped_column(String(5))
    position: Mapped[int] = mapped_column(Integer)
    storage_key: Mapped[str] = mapped_column(String(120), unique=True)
    content_type: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    original_name: Mapped[str] = mapped_column(String(160))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    evidence: Mapped[Evidence] = relationship(lazy="raise_on_sql", back_populates="files")
