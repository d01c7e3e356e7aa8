"""Tables of the workflow. CHECK constraints tie a case's state to its columns: a wrong state cannot be stored."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
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
from xhht_citizen.people.models import Person
from xhht_citizen.titles.models import KINDS, SUBJECT

UNLOOKED = text("looked_at IS NULL AND closed_at IS NULL")


class Application(Base):
    """The case of one subject, a person or a group, for one year, pinned to its criteria set.

    `subject_name` is a group's name as it stood when the case was begun or sent; a citizen's is the person's own.
    `facts` are the ratios it was last sent with, name -> [numerator, denominator]; `area` what it was last measured by.

    Ward, community and household are those of the day of submission; empty while it is a draft.

    `submitted_at` is what queues are ordered and deadlines counted by: when it was sent, later by as long as it lay
    with its owner again (`returned_at`: since when). `declined_by` may not decide again once it is appealed.
    `reviewer_id` has it on the desk: who took it, or whom it was given to. `channel`: whose hand sent it.
    """

    __tablename__ = "application"
    __table_args__ = (
        UniqueConstraint("subject_id", "kind", "year"),
        Index("ix_application_queue", "ward_code", "state", "submitted_at", "id"),
        Index("ix_application_community_queue", "community_id", "state", "submitted_at", "id"),
        Index("ix_application_year", "year", "kind", "state", "subject_id"),
        Index("ix_application_person", "person_id", "year"),
        Index("ix_application_household", "household_id"),
        Index("ix_application_reviewer", "reviewer_id", "state"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint(SUBJECT, name="subject"),
        CheckConstraint(
            "state IN ('draft', 'submitted', 'endorsed', 'objected', 'under_review', 'returned', 'recommended', "
            "'declined', 'appealed', 'granted', 'withdrawn')",
            name="state",
        ),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR (receipt IS NOT NULL AND submitted_at IS NOT NULL "
            "AND ward_code IS NOT NULL AND self_total IS NOT NULL)",
            name="sent_has_receipt",
        ),
        CheckConstraint("(receipt IS NULL) = (receipt_number IS NULL)", name="receipt_has_number"),
        CheckConstraint("state NOT IN ('recommended', 'granted') OR confirmed_total IS NOT NULL", name="confirmed"),
        CheckConstraint(
            "state NOT IN ('objected', 'returned', 'declined', 'appealed') OR reason IS NOT NULL", name="reason"
        ),
        CheckConstraint("state NOT IN ('granted', 'declined', 'appealed') OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint("state <> 'appealed' OR appealed_at IS NOT NULL", name="appealed"),
        CheckConstraint("state <> 'returned' OR returned_at IS NOT NULL", name="returned"),
        CheckConstraint("channel IN ('own', 'helper', 'paper')", name="channel"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(12), default="citizen")
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    subject_name: Mapped[str] = mapped_column(String(160), default="")
    subject_key: Mapped[str] = mapped_column(String(160), default="")
    year: Mapped[int] = mapped_column(Integer)
    criteria_set: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    version: Mapped[int] = mapped_column(Integer, default=1)
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    household_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("household.id"))
    disadvantaged: Mapped[bool] = mapped_column(Boolean, default=False)
    receipt_number: Mapped[int | None] = mapped_column(Integer)
    receipt: Mapped[str | None] = mapped_column(String(20), unique=True)
    self_total: Mapped[int | None] = mapped_column(Integer)
    confirmed_total: Mapped[int | None] = mapped_column(Integer)
    evidence_gaps: Mapped[int] = mapped_column(Integer, default=0)
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    facts: Mapped[dict[str, list[int]]] = mapped_column(JSON, default=dict)
    area: Mapped[list[str]] = mapped_column(JSON, default=list)
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    appealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str] = mapped_column(String(6), default="own")

    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    lines: Mapped[list[ApplicationLine]] = relationship(lazy="raise_on_sql", order_by="ApplicationLine.code")


class ApplicationLine(Base):
    """One indicator of a case: what the person claims, what the reviewer confirmed; never mixed.

    A line that reads a ratio has the counts it was sent with, and is never judged: it is counted. `returned_as` is how
    the line stood when the case was last sent back with a question about it: {"points", "note", "evidence": {id:
    version}, "question"}; of a line that was not asked about it is NULL.
    """

    __tablename__ = "application_line"
    __table_args__ = (
        UniqueConstraint("application_id", "code"),
        CheckConstraint("verdict IN ('confirm', 'change', 'ask')", name="verdict"),
        CheckConstraint("verdict NOT IN ('change', 'ask') OR review_reason IS NOT NULL", name="change_has_reason"),
        CheckConstraint("verdict <> 'confirm' OR confirmed_points = claimed_points", name="confirm_keeps_points"),
        CheckConstraint("verdict <> 'change' OR confirmed_points IS NOT NULL", name="change_has_points"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    code: Mapped[str] = mapped_column(String(10))
    claimed_points: Mapped[int | None] = mapped_column(Integer)
    numerator: Mapped[int | None] = mapped_column(Integer)
    denominator: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[str | None] = mapped_column(String(8))
    confirmed_points: Mapped[int | None] = mapped_column(Integer)
    review_reason: Mapped[str | None] = mapped_column(Text)
    reviewed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_as: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ApplicationEvidence(Base):
    """The evidence a case rested on when it was sent, per indicator."""

    __tablename__ = "application_evidence"
    __table_args__ = (Index("ix_application_evidence_evidence", "evidence_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    evidence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    evidence_version: Mapped[int] = mapped_column(Integer, default=1)


class ApplicationEvent(Base):
    """One step of a case, readable by its owner and officers."""

    __tablename__ = "application_event"
    __table_args__ = (
        Index("ix_application_event_application", "application_id", "at"),
        Index("ix_application_event_account", "account_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    ward_code: Mapped[str | None] = mapped_column(String(5))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)


class BulkRecommendation(Base):
    """Many clean cases recommended at once: who, when, and the seed by which a share was set aside for a second look.

    `share` in percent. The seed is drawn when it is made and shown from then on; each case draws its lot once only.
    """

    __tablename__ = "bulk_recommendation"
    __table_args__ = (
        Index("ix_bulk_recommendation_ward", "ward_code", "id"),
        CheckConstraint("share BETWEEN 0 AND 100", name="share"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    account_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    seed: Mapped[str] = mapped_column(String(32))
    share: Mapped[int] = mapped_column(Integer)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class Lot(Base):
    """The lot a case drew in the first bulk recommendation that held it; undoing and doing it again draws no other."""

    __tablename__ = "lot"
    __table_args__ = (Index("ix_lot_bulk", "bulk_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)
    bulk_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bulk_recommendation.id"))
    drawn: Mapped[bool] = mapped_column(Boolean)


class BulkCase(Base):
    """A case of a bulk recommendation."""

    __tablename__ = "bulk_case"
    __table_args__ = (Index("ix_bulk_case_application", "application_id"),)

    bulk_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bulk_recommendation.id"), primary_key=True)
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"), primary_key=True)


class SecondLook(Base):
    """A recommended case waits for another person's look: no decision names it before that person agreed.

    `why`: drawn by lot, or picked for the questions in `doubts`. `first_by` recommended it and may not look.
    `closed_at`: the case moved on before anybody looked; recommended anew, it gets a new row.
    """

    __tablename__ = "second_look"
    __table_args__ = (
        Index("ix_second_look_application", "application_id"),
        Index("ix_second_look_ward", "ward_code", "looked_at", "id"),
        Index("uq_second_look_open", "application_id", unique=True, sqlite_where=UNLOOKED, postgresql_where=UNLOOKED),
        CheckConstraint("why IN ('lot', 'doubt')", name="why"),
        CheckConstraint("(looked_at IS NULL) = (agrees IS NULL)", name="looked"),
        CheckConstraint("agrees IS NULL OR agrees OR note IS NOT NULL", name="disagreement_has_reason"),
        CheckConstraint("looked_by IS NULL OR looked_by <> first_by", name="another_person"),
        CheckConstraint("looked_at IS NULL OR closed_at IS NULL", name="looked_or_closed"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    application_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("application.id"))
    bulk_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("bulk_recommendation.id"))
    why: Mapped[str] = mapped_column(String(5))
    doubts: Mapped[list[str]] = mapped_column(JSON, default=list)
    first_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    looked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    looked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agrees: Mapped[bool | None] = mapped_column(Boolean)
    note: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
