"""Tables of clans, units, belonging, mandates and requests to join."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from xhht_citizen.database import Base, UtcDateTime, new_id, now
from xhht_citizen.people.models import OPEN, Household, Person

UNANSWERED = text("answered_at IS NULL")
OPEN_HEAD = text("revoked_at IS NULL AND part = 'head'")


class Clan(Base):
    """A clan (dòng họ), reached by its one home ward, and there by its home community where it has one."""

    __tablename__ = "clan"
    __table_args__ = (
        Index("ix_clan_ward", "ward_code", "sort_key", "id"),
        Index("ix_clan_community", "community_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(160))
    sort_key: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(160))
    note: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClanBranch(Base):
    """A branch (chi, phái) of a clan."""

    __tablename__ = "clan_branch"
    __table_args__ = (Index("ix_clan_branch_clan", "clan_id", "position"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    clan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clan.id"))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(Integer)


class ClanMembership(Base):
    """A household in a clan from one day to another: at most one on the father's side and one on the mother's.

    `ward_code` is the clan's home ward; the household may live in another one.
    """

    __tablename__ = "clan_membership"
    __table_args__ = (
        Index(
            "uq_clan_membership_open", "clan_id", "household_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        ),
        Index("ix_clan_membership_household", "household_id"),
        Index("uq_clan_membership_side", "household_id", "side", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        CheckConstraint("side IN ('father', 'mother')", name="side"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    clan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("clan.id"))
    household_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("household.id"))
    branch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("clan_branch.id"))
    side: Mapped[str] = mapped_column(String(6))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))

    clan: Mapped[Clan] = relationship(lazy="raise_on_sql")
    household: Mapped[Household] = relationship(lazy="raise_on_sql")
    branch: Mapped[ClanBranch | None] = relationship(lazy="raise_on_sql")


class Unit(Base):
    """A school, office, enterprise or co-operative; `managed_by` says whose title it can get.

    Under the commune: Đơn vị học tập of the association. Above it: Đơn vị học tập of circular 24/2023.
    """

    __tablename__ = "unit"
    __table_args__ = (
        Index("ix_unit_ward", "ward_code", "sort_key", "id"),
        Index("ix_unit_community", "community_id"),
        CheckConstraint("kind IN ('school', 'office', 'enterprise', 'cooperative', 'other')", name="kind"),
        CheckConstraint("managed_by IN ('commune', 'province')", name="managed_by"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    community_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str] = mapped_column(String(160))
    sort_key: Mapped[str] = mapped_column(String(400))
    search_key: Mapped[str] = mapped_column(String(160))
    kind: Mapped[str] = mapped_column(String(12))
    managed_by: Mapped[str] = mapped_column(String(8), default="commune")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UnitMembership(Base):
    """A person working or learning in a unit from one day to another."""

    __tablename__ = "unit_membership"
    __table_args__ = (
        Index("uq_unit_membership_open", "unit_id", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_unit_membership_person", "person_id", "revoked_at"),
        CheckConstraint("part IN ('member', 'learner')", name="part"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    part: Mapped[str] = mapped_column(String(8), default="member")
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))

    unit: Mapped[Unit] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class Mandate(Base):
    """Who speaks for a group: the head of a clan or unit, or somebody a head named to act, until a day.

    A household's head is its membership of that relation, a community's the head of its chi hội (a role): neither
    has a row here, those whom they name do.
    """

    __tablename__ = "mandate"
    __table_args__ = (
        Index(
            "uq_mandate_open",
            "kind",
            "group_id",
            "person_id",
            unique=True,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
        Index("uq_mandate_head", "kind", "group_id", unique=True, sqlite_where=OPEN_HEAD, postgresql_where=OPEN_HEAD),
        Index("ix_mandate_person", "person_id", "revoked_at"),
        CheckConstraint("kind IN ('household', 'clan', 'community', 'unit')", name="kind"),
        CheckConstraint("part IN ('head', 'deputy')", name="part"),
        CheckConstraint("part = 'deputy' OR kind IN ('clan', 'unit')", name="head_of"),
        CheckConstraint("part = 'head' OR until IS NOT NULL", name="deputy_until"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    kind: Mapped[str] = mapped_column(String(12))
    group_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"))
    part: Mapped[str] = mapped_column(String(6))
    until: Mapped[date | None] = mapped_column(Date)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    granted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


class JoinRequest(Base):
    """Somebody invited a person or household into a group, or asked to be let in; the other side or an officer answers.

    `joiner_id` is the person, or for a clan the household. `relation` is for a household, `side` and `branch_id` for a
    clan, `part` for a unit.
    """

    __tablename__ = "join_request"
    __table_args__ = (
        Index(
            "uq_join_request_open",
            "kind",
            "group_id",
            "joiner_id",
            unique=True,
            sqlite_where=UNANSWERED,
            postgresql_where=UNANSWERED,
        ),
        Index("ix_join_request_joiner", "joiner_id", "answered_at"),
        CheckConstraint("kind IN ('household', 'clan', 'unit')", name="kind"),
        CheckConstraint("direction IN ('invite', 'ask')", name="direction"),
        CheckConstraint("answer IN ('accepted', 'declined', 'withdrawn')", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
        CheckConstraint("side IN ('father', 'mother')", name="side"),
        CheckConstraint("part IN ('member', 'learner')", name="part"),
        CheckConstraint("relation IN ('spouse', 'child', 'parent', 'other')", name="relation"),
        CheckConstraint("reason IN ('moved', 'married')", name="reason"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    kind: Mapped[str] = mapped_column(String(12))
    group_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    joiner_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    direction: Mapped[str] = mapped_column(String(6))
    relation: Mapped[str | None] = mapped_column(String(10))
    side: Mapped[str | None] = mapped_column(String(6))
    branch_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("clan_branch.id"))
    part: Mapped[str | None] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    answer: Mapped[str | None] = mapped_column(String(10))


class Schooling(Base):
    """Whether a child of school age goes to school in a year: yes or no, never a mark."""

    __tablename__ = "schooling"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    ward_code: Mapped[str] = mapped_column(ForeignKey("commune.code"))
    in_school: Mapped[bool] = mapped_column(Boolean)
    said_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    said_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
