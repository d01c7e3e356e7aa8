"""Tables of accounts, persons and households."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import JSON, Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now

OPEN = text("revoked_at IS NULL")


class Person(Base):
    """One human being, on the roster of one ward at a time."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("birth_year BETWEEN 1900 AND 2100", name="birth_year"),
        CheckConstraint("sex IN ('male', 'female')", name="sex"),
        CheckConstraint("learner_group IN ('residents', 'workers', 'officials', 'students')", name="learner_group"),
        Index("ix_person_ward_name", "ward_code", "sort_key", "id"),
        Index("ix_person_ward_search", "ward_code", "search_key"),
        Index("uq_person_citizen_id_hash", "citizen_id_hash", unique=True),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str | None] = mapped_column(ForeignKey("commune.code"))
    name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(120))
    birth_year: Mapped[int] = mapped_column(Integer)
    birth_date: Mapped[date | None] = mapped_column(Date)
    sex: Mapped[str | None] = mapped_column(String(6))
    phone: Mapped[str | None] = mapped_column(String(15))
    learner_group: Mapped[str] = mapped_column(String(12), default="residents")
    citizen_id_hash: Mapped[str | None] = mapped_column(String(64))
    citizen_id_last4: Mapped[str | None] = mapped_column(String(4))
    died_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    version: Mapped[int] = mapped_column(Integer, default=1)


class Account(Base):
    """How somebody signs in. A phone is shared by a family, so the login is unique and the phone is not."""

    __tablename__ = "account"

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(String(40), unique=True)
    display_name: Mapped[str] = mapped_column(String(120))
    search_key: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(255))
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    password_changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    must_change_password: Mapped[bool] = mapped_column(Boolean, default=False)
    email: Mapped[str | None] = mapped_column(String(254))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")


class AccountSession(Base):
    """One signed-in device; ending the row signs that device out. `acting_for_id`: the helper's row it acts under."""

    __tablename__ = "account_session"
    __table_args__ = (
        Index("ix_account_session_account", "account_id", "ended_at"),
        Index("ix_account_session_started", "started_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    device: Mapped[str] = mapped_column(String(120), default="")
    acting_for_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("helper.id"))

    account: Mapped[Account] = relationship(lazy="raise_on_sql")


class Attempt(Base):
    """A try at something that is counted (a failed sign-in, a sign-up); the key is a keyed hash, not the login."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_key", "kind", "key", "at"), Index("ix_attempt_at", "at"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class KeptForm(Base):
    """What an account typed when its session had ended; given back to that account, for a day."""

    __tablename__ = "kept_form"
    __table_args__ = (Index("ix_kept_form_kept", "kept_at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    path: Mapped[str] = mapped_column(String(200))
    fields: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Consent(Base):
    """Agreement to one version of the privacy text: who, when, by which channel; withdrawn, never erased.

    `paper` says where a signed paper is kept, `given_at` then is the day it was signed; `withdrawn_paper` where the
    paper is kept by which it was withdrawn.
    """

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("channel IN ('web', 'paper', 'assisted')", name="channel"),
        Index("ix_consent_person", "person_id", "given_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    text_version: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(10))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    given_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    paper: Mapped[str | None] = mapped_column(String(200))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_paper: Mapped[str | None] = mapped_column(String(200))


class Household(Base):
    """People who live together in one community. Who knows the code may join."""

    __tablename__ = "household"
    __table_args__ = (Index("ix_household_community", "community_id"), Index("ix_household_ward", "ward_code"))

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(160))
    address: Mapped[str | None] = mapped_column(String(200))
    join_code: Mapped[str] = mapped_column(String(12), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class HouseholdMembership(Base):
    """A person in a household from one day to another; one open row a person.

    A child's guardian is an adult of the household; `end_reason` says why a closed row ended.
    """

    __tablename__ = "household_membership"
    __table_args__ = (
        Index("uq_household_membership_open", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_household_membership_household", "household_id", "revoked_at"),
        Index("ix_household_membership_person", "person_id", "granted_at"),
        Index("ix_household_membership_guardian", "guardian_id"),
        CheckConstraint("relation IN ('head', 'spouse', 'child', 'parent', 'other')", name="relation"),
        CheckConstraint("end_reason IN ('moved', 'married', 'died', 'left', 'changed')", name="end_reason"),
        CheckConstraint("end_reason IS NULL OR revoked_at IS NOT NULL", name="ended_with_reason"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    household_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("household.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    relation: Mapped[str] = mapped_column(String(10))
    guardian_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    end_reason: Mapped[str | None] = mapped_column(String(10))

    person: Mapped[Person] = relationship(lazy="raise_on_sql", foreign_keys=[person_id])
    household: Mapped[Household] = relationship(lazy="raise_on_sql")
