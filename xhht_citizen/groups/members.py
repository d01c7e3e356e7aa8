"""Reads of belonging: whose clans and units, who is in them, who waits for an answer, who speaks until when."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from xhht_citizen.groups.models import (
    Clan,
    ClanBranch,
    ClanMembership,
    JoinRequest,
    Mandate,
    Schooling,
    Unit,
    UnitMembership,
)
from xhht_citizen.groups.rules import Group, Kind, Part
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.vietnamese import fold

Key = tuple[str, uuid.UUID]


@dataclass(frozen=True)
class OrgRow:
    """A clan or unit in a list: how many households or people belong to it, and who heads it."""

    id: uuid.UUID
    name: str
    sort_key: str
    community: str | None
    members: int
    head: str | None
    kind: str | None = None
    managed_by: str | None = None


@dataclass(frozen=True)
class ClanHousehold:
    """A household of a clan; `sort_key` is its head's."""

    id: uuid.UUID
    name: str
    sort_key: str
    side: str
    branch: str | None
    community: str | None
    ward: str
    since: datetime


@dataclass(frozen=True)
class GroupPerson:
    """An adult of a group, and where they live; `part` in a unit only."""

    id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household: str | None
    ward_code: str | None
    community_id: uuid.UUID | None
    part: str | None = None


@dataclass(frozen=True)
class UnitCounts:
    """People of a unit: who works there, who learns there, and how many of these are too young to be named."""

    members: int
    learners: int
    young: int


@dataclass(frozen=True)
class RequestRow:
    """An open invitation or request with the names both sides know each other by; a household was not born."""

    id: uuid.UUID
    kind: str
    direction: str
    group_id: uuid.UUID
    group: str
    joiner_id: uuid.UUID
    joiner: str
    joiner_born: int | None
    side: str | None
    part: str | None
    relation: str | None
    made_at: datetime


def clans(db: Session, household_id: uuid.UUID) -> list[Clan]:
    """The clans a household is of: one a side at most."""
    return [row.clan for row in clan_memberships(db, household_id)]


def clan_memberships(db: Session, household_id: uuid.UUID) -> list[ClanMembership]:
    """The household's place in its clans, father's side first."""
    return list(
        db.scalars(
            select(ClanMembership)
            .where(ClanMembership.household_id == household_id, ClanMembership.revoked_at.is_(None))
            .options(joinedload(ClanMembership.clan), joinedload(ClanMembership.branch))
            .order_by(ClanMembership.side, ClanMembership.granted_at)
        )
    )


def units(db: Session, person_id: uuid.UUID) -> list[Unit]:
    """Where a person works or learns."""
    return [row.unit for row in unit_memberships(db, person_id)]


def unit_memberships(db: Session, person_id: uuid.UUID, *, ended: bool = False) -> list[UnitMembership]:
    """The person's place in units, by name; with `ended` every one there ever was."""
    query = (
        select(UnitMembership)
        .join(UnitMembership.unit)
        .where(UnitMembership.person_id == person_id)
        .options(joinedload(UnitMembership.unit))
        .order_by(Unit.sort_key, UnitMembership.granted_at)
    )
    return list(db.scalars(query if ended else query.where(UnitMembership.revoked_at.is_(None))))


def headed(db: Session, person_id: uuid.UUID, today: date) -> list[Mandate]:
    """What a person speaks for today by a mandate, clans and units one heads among them."""
    return list(
        db.scalars(
            select(Mandate)
            .where(
                Mandate.person_id == person_id,
                Mandate.revoked_at.is_(None),
                or_(Mandate.until.is_(None), Mandate.until >= today),
            )
            .order_by(Mandate.kind, Mandate.granted_at)
        )
    )


def mandates_of(db: Session, person_id: uuid.UUID) -> list[Mandate]:
    """Every mandate a person ever held, the latest first."""
    return list(db.scalars(select(Mandate).where(Mandate.person_id == person_id).order_by(Mandate.granted_at.desc())))


def mandates(db: Session, kind: Kind, group_id: uuid.UUID, today: date) -> list[Mandate]:
    """Who speaks for a group by a mandate today, its head first, with their persons."""
    return list(
        db.scalars(
            select(Mandate)
            .where(
                Mandate.kind == ("unit" if kind is Kind.AGENCY else str(kind)),
                Mandate.group_id == group_id,
                Mandate.revoked_at.is_(None),
                or_(Mandate.until.is_(None), Mandate.until >= today),
            )
            .options(joinedload(Mandate.person))
            .order_by(Mandate.part.desc(), Mandate.until)
        )
    )


def orgs(
    db: Session,
    kind: Kind,
    *,
    ward_code: str,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: Key | None = None,
    limit: int = 50,
) -> list[OrgRow]:
    """Open clans (`Kind.CLAN`) or units (any other) of a ward by name, found without marks; pages by key."""
    of: type[Clan | Unit] = Clan if kind is Kind.CLAN else Unit
    belonging: ColumnElement[bool] = (
        and_(ClanMembership.clan_id == Clan.id, ClanMembership.revoked_at.is_(None))
        if of is Clan
        else and_(UnitMembership.unit_id == Unit.id, UnitMembership.revoked_at.is_(None))
    )
    count = (
        select(func.count())
        .select_from(ClanMembership if of is Clan else UnitMembership)
        .where(belonging)
        .correlate(of)
        .scalar_subquery()
    )
    head = and_(
        Mandate.kind == ("clan" if of is Clan else "unit"),
        Mandate.group_id == of.id,
        Mandate.part == "head",
        Mandate.revoked_at.is_(None),
    )
    more = () if of is Clan else (Unit.kind, Unit.managed_by)
    query = (
        select(of.id, of.name, of.sort_key, Community.name, count, Person.name, *more)
        .outerjoin(Community, Community.id == of.community_id)
        .outerjoin(Mandate, head)
        .outerjoin(Person, Person.id == Mandate.person_id)
        .where(of.ward_code == ward_code, of.closed_at.is_(None))
    )
    if community_id is not None:
        query = query.where(of.community_id == community_id)
    if text.strip():
        query = query.where(of.search_key.contains(fold(text), autoescape=True))
    return [OrgRow(*row) for row in db.execute(_page(query, of.sort_key, of.id, after, limit))]


def clan(db: Session, clan_id: uuid.UUID) -> Clan:
    """A clan whole, with its note; it is there."""
    return db.get_one(Clan, clan_id)


def branches(db: Session, clan_id: uuid.UUID) -> list[ClanBranch]:
    """The clan's branches in their order."""
    return list(
        db.scalars(select(ClanBranch).where(ClanBranch.clan_id == clan_id).order_by(ClanBranch.position, ClanBranch.id))
    )


def clan_households(
    db: Session, clan_id: uuid.UUID, *, after: Key | None = None, limit: int = 50
) -> list[ClanHousehold]:
    """The clan's households by their head's name; pages by key."""
    head = aliased(HouseholdMembership)
    key = func.coalesce(Person.sort_key, "")
    query = (
        select(
            Household.id,
            Household.name,
            key,
            ClanMembership.side,
            ClanBranch.name,
            Community.name,
            Commune.name,
            ClanMembership.granted_at,
        )
        .join(ClanMembership, ClanMembership.household_id == Household.id)
        .join(Commune, Commune.code == Household.ward_code)
        .outerjoin(Community, Community.id == Household.community_id)
        .outerjoin(ClanBranch, ClanBranch.id == ClanMembership.branch_id)
        .outerjoin(head, and_(head.household_id == Household.id, head.revoked_at.is_(None), head.relation == "head"))
        .outerjoin(Person, Person.id == head.person_id)
        .where(ClanMembership.clan_id == clan_id, ClanMembership.revoked_at.is_(None))
    )
    return [ClanHousehold(*row) for row in db.execute(_page(query, key, Household.id, after, limit))]


def adults(
    db: Session, group: Group, year: int, *, text: str = "", after: Key | None = None, limit: int = 50
) -> list[GroupPerson]:
    """Adults who belong to a group, by name, found without marks; pages by key. Children are in no list."""
    in_unit = group.kind in {Kind.UNIT, Kind.AGENCY}
    home = and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None))
    part = (UnitMembership.part,) if in_unit else ()
    query = (
        select(
            Person.id,
            Person.name,
            Person.sort_key,
            Person.birth_year,
            Household.name,
            Household.ward_code,
            Household.community_id,
            *part,
        )
        .outerjoin(HouseholdMembership, home)
        .outerjoin(Household, Household.id == HouseholdMembership.household_id)
        .where(Person.birth_year <= adult_born_by(year))
    )
    if in_unit:
        query = query.join(UnitMembership, UnitMembership.person_id == Person.id).where(
            UnitMembership.unit_id == group.id, UnitMembership.revoked_at.is_(None)
        )
    elif group.kind is Kind.HOUSEHOLD:
        query = query.where(Household.id == group.id)
    elif group.kind is Kind.COMMUNITY:
        query = query.where(Household.community_id == group.id)
    else:
        query = query.where(
            exists().where(
                ClanMembership.clan_id == group.id,
                ClanMembership.household_id == Household.id,
                ClanMembership.revoked_at.is_(None),
            )
        )
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    return [GroupPerson(*row) for row in db.execute(_page(query, Person.sort_key, Person.id, after, limit))]


def unit_counts(db: Session, unit_id: uuid.UUID, year: int) -> UnitCounts:
    """How many work and learn in a unit."""
    young = Person.birth_year > adult_born_by(year)
    members, learners, too_young = db.execute(
        select(
            func.coalesce(func.sum(case((UnitMembership.part == str(Part.MEMBER), 1), else_=0)), 0),
            func.coalesce(func.sum(case((UnitMembership.part == str(Part.LEARNER), 1), else_=0)), 0),
            func.coalesce(func.sum(case((young, 1), else_=0)), 0),
        )
        .select_from(UnitMembership)
        .join(Person, Person.id == UnitMembership.person_id)
        .where(UnitMembership.unit_id == unit_id, UnitMembership.revoked_at.is_(None))
    ).one()
    return UnitCounts(int(members), int(learners), int(too_young))


def open_requests(
    db: Session, *, group_id: uuid.UUID | None = None, joiner_ids: Collection[uuid.UUID] = (), limit: int = 100
) -> list[RequestRow]:
    """What waits for an answer at a group's door, or for these people and households; the oldest first. One query."""
    joiner, group = aliased(Household), aliased(Household)
    query = (
        select(
            JoinRequest.id,
            JoinRequest.kind,
            JoinRequest.direction,
            JoinRequest.group_id,
            func.coalesce(Clan.name, Unit.name, group.name),
            JoinRequest.joiner_id,
            func.coalesce(Person.name, joiner.name),
            Person.birth_year,
            JoinRequest.side,
            JoinRequest.part,
            JoinRequest.relation,
            JoinRequest.made_at,
        )
        .outerjoin(Clan, and_(JoinRequest.kind == "clan", Clan.id == JoinRequest.group_id))
        .outerjoin(Unit, and_(JoinRequest.kind == "unit", Unit.id == JoinRequest.group_id))
        .outerjoin(group, and_(JoinRequest.kind == "household", group.id == JoinRequest.group_id))
        .outerjoin(joiner, and_(JoinRequest.kind == "clan", joiner.id == JoinRequest.joiner_id))
        .outerjoin(Person, and_(JoinRequest.kind != "clan", Person.id == JoinRequest.joiner_id))
        .where(JoinRequest.answered_at.is_(None))
        .order_by(JoinRequest.made_at, JoinRequest.id)
        .limit(limit)
    )
    if group_id is not None:
        query = query.where(JoinRequest.group_id == group_id)
    else:
        query = query.where(JoinRequest.joiner_id.in_(list(joiner_ids)))
    return [RequestRow(*row) for row in db.execute(query)]  # type: ignore[call-arg]


def request(db: Session, request_id: uuid.UUID) -> JoinRequest | None:
    """One invitation or request."""
    return db.get(JoinRequest, request_id)


def requests_of(db: Session, joiner_id: uuid.UUID) -> list[JoinRequest]:
    """Every invitation and request of a person or household, the latest first."""
    return list(
        db.scalars(select(JoinRequest).where(JoinRequest.joiner_id == joiner_id).order_by(JoinRequest.made_at.desc()))
    )


def schooling(db: Session, person_ids: Collection[uuid.UUID], year: int) -> dict[uuid.UUID, bool]:
    """Whether these children go to school in a year; whom nobody has said it of is not in it."""
    rows = db.execute(
        select(Schooling.person_id, Schooling.in_school).where(
            Schooling.person_id.in_(list(person_ids)), Schooling.year == year
        )
    )
    return {key: said for key, said in rows}  # noqa: C416 (a Result is no mapping for the checker)


def schooling_of(db: Session, person_id: uuid.UUID) -> list[Schooling]:
    """What was said of a person's years of school, the latest first."""
    return list(db.scalars(select(Schooling).where(Schooling.person_id == person_id).order_by(Schooling.year.desc())))


def names(db: Session, rows: Collection[tuple[str, uuid.UUID]]) -> dict[uuid.UUID, str]:
    """What these households, clans, communities and units (kind, id) are called. One query a kind."""
    tables: dict[str, Any] = {"household": Household, "clan": Clan, "community": Community, "unit": Unit}
    found: dict[uuid.UUID, str] = {}
    for kind, table in tables.items():
        ids = [key for of, key in rows if of == kind]
        if ids:
            found.update((key, name) for key, name in db.execute(select(table.id, table.name).where(table.id.in_(ids))))
    return found


def _page(query: Any, key: Any, row_id: Any, after: Key | None, limit: int) -> Any:
    if after is not None:
        last_key, last = after
        query = query.where((key > last_key) | ((key == last_key) & (row_id > last)))
    return query.order_by(key, row_id).limit(limit)
