"""Tables of slips, helpers and pins."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.people.models import Account, Person

OPEN = text("revoked_at IS NULL")
UNUSED = text("used_at IS NULL AND revoked_at IS NULL")


class Slip(Base):
    """A slip of paper with a one-time code: its bearer claims the record, or chooses a new password for it.

    Only a keyed hash of the code is kept. A new slip for a person takes the place of the one before. `tries` counts
    wrong years of birth: too many, and the slip is locked.
    """

    __tablename__ = "slip"
    __table_args__ = (
        Index("uq_slip_open", "person_id", unique=True, sqlite_where=UNUSED, postgresql_where=UNUSED),
        Index("uq_slip_code_hash", "code_hash", unique=True),
        Index("ix_slip_ward", "ward_code", "made_at"),
        Index("ix_slip_job", "job_id"),
        Index("ix_slip_person", "person_id", "made_at"),
        CheckConstraint("purpose IN ('claim', 'password')", name="purpose"),
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="used_or_revoked"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used_by_somebody"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(String(8))
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    job_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("job.id"))
    tries: Mapped[int] = mapped_column(Integer, default=0)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class SlipPrint(Base):
    """A job that prints slips, and its PDF: the one place where the codes stand in clear, and only for some days."""

    __tablename__ = "slip_print"
    __table_args__ = (
        Index("ix_slip_print_removed", "removed_at", "asked_at"),
        CheckConstraint("fetched_at IS NULL OR file_key IS NOT NULL", name="fetched_a_file"),
    )

    job_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("job.id"), primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    file_key: Mapped[str | None] = mapped_column(String(120))
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Helper(Base):
    """An account acts for a person until a day, in named acts; granted and revoked, never edited.

    `way` says how the person agreed: in the app, or on paper (`paper` says where it is kept and when it was signed).
    `acted_at` is when the helper last began to act: who never did is bound by nothing once the row has ended.
    """

    __tablename__ = "helper"
    __table_args__ = (
        Index("uq_helper_open", "person_id", "account_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_helper_person", "person_id", "granted_at"),
        Index("ix_helper_account", "account_id", "revoked_at"),
        Index("ix_helper_ward", "ward_code", "revoked_at"),
        CheckConstraint("way IN ('app', 'paper')", name="way"),
        CheckConstraint("way <> 'paper' OR paper IS NOT NULL", name="paper"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    acts: Mapped[list[str]] = mapped_column(JSON, default=list)
    until: Mapped[date] = mapped_column(Date)
    way: Mapped[str] = mapped_column(String(5))
    paper: Mapped[str | None] = mapped_column(String(200))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    acted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    account: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[account_id])


class MandateSlip(Base):
    """A code by which whoever a person gives it to becomes their helper, once, for what the slip says.

    Only a keyed hash of the code is kept. `until` is the mandate's last day, `expires_at` the code's end.
    """

    __tablename__ = "mandate_slip"
    __table_args__ = (
        Index("uq_mandate_slip_code_hash", "code_hash", unique=True),
        Index("ix_mandate_slip_person", "person_id", "made_at"),
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="used_or_revoked"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used_by_somebody"),
        CheckConstraint("(used_at IS NULL) = (helper_id IS NULL)", name="used_for_a_helper"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(String(5))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    acts: Mapped[list[str]] = mapped_column(JSON, default=list)
    until: Mapped[date] = mapped_column(Date)
    code_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    made_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    helper_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("helper.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class DevicePin(Base):
    """An account that one phone knows: who has its pin signs in there. Too many wrong pins, and the row is gone."""

    __tablename__ = "device_pin"

    device_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), primary_key=True)
    pin_hash: Mapped[str] = mapped_column(String(255))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
