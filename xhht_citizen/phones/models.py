"""Tables of phones: what arrived from one, and what was typed and not sent yet."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from xhht_citizen.database import Base, UtcDateTime, new_id, now


class Arrival(Base):
    """One thing made on a phone was received: its id is the phone's, and comes again until the phone knows.

    Kept when what it brought is changed or taken back later: a copy that comes late changes nothing any more. A worker
    removes it after more than a year (actions.forget_old).
    """

    __tablename__ = "arrival"
    __table_args__ = (
        Index("ix_arrival_person", "person_id"),
        Index("ix_arrival_at", "at"),
        CheckConstraint("kind IN ('evidence', 'edit', 'file', 'answer')", name="kind"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Draft(Base):
    """What an account typed on one page about one person and did not send yet. Files and secrets are not in it."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("person_id", "account_id", "path"), Index("ix_draft_saved", "saved_at"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    path: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
