"""Tables of batches, letterheads and corrections."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class DecisionBatch(Base):
    """Cases that one decision shall name. Of a ward, or of the province in `province_code`.

    Open while it is composed and printed; signed once its decision is entered, or dropped.
    """

    __tablename__ = "decision_batch"
    __table_args__ = (
        Index("ix_decision_batch_ward", "ward_code", "id"),
        Index("ix_decision_batch_province", "province_code", "id"),
        Index("uq_decision_batch_decision_id", "decision_id", unique=True),
        CheckConstraint("state IN ('open', 'signed', 'dropped')", name="state"),
        CheckConstraint("(state = 'signed') = (decision_id IS NOT NULL)", name="signed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    year: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(160))
    state: Mapped[str] = mapped_column(String(7), default="open")
    version: Mapped[int] = mapped_column(Integer, default=1)
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("decision.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DecisionBatchCase(Base):
    """A case in a batch: in one at a time, since one decision grants it. Rows of dropped batches are removed."""

    __tablename__ = "decision_batch_case"
    __table_args__ = (Index("ix_decision_batch_case_batch", "batch_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision_batch.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    added_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class Letterhead(Base):
    """What stands on the papers of a ward (five digits) or a province (two); empty words have stated defaults.

    `number_format` has {number} and {year}, such as "{number}/QĐ-UBND".
    """

    __tablename__ = "letterhead"

    place_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    superior_body: Mapped[str] = mapped_column(String(160), default="")
    issuing_body: Mapped[str] = mapped_column(String(160), default="")
    association: Mapped[str] = mapped_column(String(160), default="")
    venue: Mapped[str] = mapped_column(String(80), default="")
    number_format: Mapped[str] = mapped_column(String(40), default="")
    submission_format: Mapped[str] = mapped_column(String(40), default="")
    signs_for: Mapped[str] = mapped_column(String(80), default="")
    signatory_post: Mapped[str] = mapped_column(String(80), default="")
    signatory: Mapped[str] = mapped_column(String(120), default="")
    association_head: Mapped[str] = mapped_column(String(120), default="")
    recipients: Mapped[str] = mapped_column(Text, default="")
    grounds: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    saved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class TitleCorrection(Base):
    """A holder's name was misspelt on a certificate: what it was, what it is, who mended it and why."""

    __tablename__ = "title_correction"
    __table_args__ = (Index("ix_title_correction_title", "title_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(String(5))
    title_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("title.id"))
    old_name: Mapped[str] = mapped_column(String(160))
    new_name: Mapped[str] = mapped_column(String(160))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
