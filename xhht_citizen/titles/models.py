"""Tables of the year's book: who registered, who was assessed, which decision gave which title.

A row is of one subject: `kind` says what it is, `subject_id` which one (a person's, household's, clan's, community's
or unit's id; `places.rules.commune_id` for a commune). `person_id` is filled for a citizen only.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
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

VALID = text("revoked_at IS NULL")
OF_WARD, OF_PROVINCE = text("province_code IS NULL"), text("province_code IS NOT NULL")
KINDS = "kind IN ('citizen', 'household', 'clan', 'community', 'unit', 'agency', 'commune')"
# A citizen is a person; a group is none.
SUBJECT = "(kind = 'citizen') = (person_id IS NOT NULL) AND (person_id IS NULL OR person_id = subject_id)"


class Counter(Base):
    """The last number given out, per ward, year and purpose."""

    __tablename__ = "counter"

    ward_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Registration(Base):
    """A person or group registered to learn for the year (đăng ký), once; `assessed_at` while a result stands."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("subject_id", "kind", "year"),
        Index("ix_registration_year", "year", "kind", "subject_id"),
        Index("ix_registration_person", "person_id"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint(SUBJECT, name="subject"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(String(5))
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int] = mapped_column(Integer)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    registered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    assessed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RegistrationTakenBack(Base):
    """A registration made by mistake, as it stood, and who took it back before anything had come of it.

    It is moved here out of `registration`, so that every row there counts, for whoever counts it.
    """

    __tablename__ = "registration_taken_back"
    __table_args__ = (
        Index("ix_registration_taken_back_subject", "subject_id", "year"),
        Index("ix_registration_taken_back_person", "person_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    ward_code: Mapped[str] = mapped_column(String(5))
    kind: Mapped[str] = mapped_column(String(12))
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int] = mapped_column(Integer)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    registered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    taken_back_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    taken_back_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))


class Decision(Base):
    """A signed decision (quyết định công nhận): number, date, who signed. It may name titles of several kinds.

    A number is unique among the decisions of one body: of a ward, or of the province in `province_code`. A province's
    decision is one row for all wards it names; `ward_code` is that of the first one, whose papers it stands with.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index(
            "uq_decision_ward",
            "ward_code",
            "decided_year",
            "number_key",
            unique=True,
            sqlite_where=OF_WARD,
            postgresql_where=OF_WARD,
        ),
        Index(
            "uq_decision_province",
            "province_code",
            "decided_year",
            "number_key",
            unique=True,
            sqlite_where=OF_PROVINCE,
            postgresql_where=OF_PROVINCE,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    province_code: Mapped[str | None] = mapped_column(ForeignKey("province.code"))
    number: Mapped[str] = mapped_column(String(60))
    number_key: Mapped[str] = mapped_column(String(60))
    decided_on: Mapped[date] = mapped_column(Date)
    decided_year: Mapped[int] = mapped_column(Integer)
    signatory: Mapped[str] = mapped_column(String(120))
    entered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Title(Base):
    """One title of one year. Name, ward and province are kept as they stood when it was granted.

    `facts` are the ratios it rested on at the decision, name -> [numerator, denominator]; `level` and `valid_until`
    are for kinds whose rules have levels and a term. `digital` and `own_record` are of a citizen's case: whether it
    showed digital skills, and whether the person sent it from their own account; NULL where no case tells.
    `revoke_decision_id` is the later decision that took it back.
    """

    __tablename__ = "title"
    __table_args__ = (
        Index("uq_title_valid", "kind", "subject_id", "year", unique=True, sqlite_where=VALID, postgresql_where=VALID),
        UniqueConstraint("ward_code", "year", "register_number"),
        Index("ix_title_register", "ward_code", "year", "sort_key", "id"),
        Index("ix_title_province", "province_code", "year", "sort_key", "id"),
        Index("ix_title_country", "year", "sort_key", "id"),
        Index("ix_title_decision", "decision_id", "sort_key", "id"),
        Index("ix_title_application", "application_id"),
        Index("ix_title_person", "person_id", "year"),
        Index("ix_title_household", "household_id"),
        Index("ix_title_subject", "subject_id", "year"),
        CheckConstraint(KINDS, name="kind"),
        CheckConstraint(SUBJECT, name="subject"),
        CheckConstraint("(revoked_at IS NULL) = (revoke_reason IS NULL)", name="revoked_with_reason"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    province_code: Mapped[str] = mapped_column(ForeignKey("province.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    household_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("household.id"))
    kind: Mapped[str] = mapped_column(String(12))
    year: Mapped[int] = mapped_column(Integer)
    subject_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("person.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    decision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("decision.id"))
    register_number: Mapped[int] = mapped_column(Integer)
    public_code: Mapped[str] = mapped_column(String(12), unique=True)
    holder_name: Mapped[str] = mapped_column(String(160))
    sort_key: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(160))
    points: Mapped[int] = mapped_column(Integer)
    level: Mapped[int | None] = mapped_column(Integer)
    valid_until: Mapped[date | None] = mapped_column(Date)
    facts: Mapped[dict[str, list[int]]] = mapped_column(JSON, default=dict)
    digital: Mapped[bool | None] = mapped_column(Boolean)
    own_record: Mapped[bool | None] = mapped_column(Boolean)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoke_reason: Mapped[str | None] = mapped_column(Text)
    revoke_decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("decision.id"))

    decision: Mapped[Decision] = relationship(lazy="raise_on_sql", foreign_keys=[decision_id])
    revoke_decision: Mapped[Decision | None] = relationship(lazy="raise_on_sql", foreign_keys=[revoke_decision_id])
    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")
