"""Reads for the policy: who an account is, and where a thing belongs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Uuid, and_, bindparam, case, exists, select
from sqlalchemy.orm import Session, aliased, joinedload

from xhht_citizen import clock
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor, Grant, Role, Thing
from xhht_citizen.access.standing_in import StandsIn
from xhht_citizen.database import UtcDateTime
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.helping import named as helping
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import read_acts
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Account, AccountSession, Consent, Household, HouseholdMembership, Person
from xhht_citizen.people.rules import PRIVACY_VERSION
from xhht_citizen.places.models import Commune, Community, Province


@dataclass(frozen=True)
class GrantRow:
    """One open role with the names of its place, for the administrator's list."""

    id: uuid.UUID
    account_id: uuid.UUID
    login: str
    name: str
    role: Role
    place: str
    granted_at: datetime
    stands_in: StandsIn | None = None
    ward_code: str | None = None


# Whoever a device acts for while the mandate stands: the person helped, else the account's own.
_TODAY = bindparam("today", type_=Date)
_BOUND = bindparam("bound", type_=UtcDateTime)
_HELPED, _MANDATE = aliased(Person), aliased(Helper)
_ACTS = and_(_MANDATE.revoked_at.is_(None), _MANDATE.until >= _TODAY, _HELPED.died_on.is_(None))
_WHOM = case((_ACTS, _HELPED.id), else_=Account.person_id)
_CONSENTED = exists().where(
    Consent.person_id == _WHOM,
    Consent.text_version == PRIVACY_VERSION,
    Consent.withdrawn_at.is_(None),
)
_HELPS = exists().where(Helper.account_id == Account.id, helping.binds(_TODAY, _BOUND)).correlate(Account)
# Asked on every request: one statement, built once, for columns only; a row for each role, or one row without.
_WHO = (
    select(
        Account.id,
        Account.login,
        Account.display_name,
        Account.must_change_password,
        Person.id.label("person_id"),
        Person.name,
        Household.id.label("household_id"),
        Household.community_id,
        Household.ward_code,
        _CONSENTED.label("consented"),
        RoleGrant.role,
        RoleGrant.province_code.label("role_province"),
        RoleGrant.ward_code.label("role_ward"),
        RoleGrant.community_id.label("role_community"),
        RoleGrant.stands_in,
        AccountSession.acting_for_id,
        _HELPED.id.label("helped_id"),
        _HELPED.name.label("helped_name"),
        _MANDATE.acts,
        _MANDATE.until,
        _ACTS.label("acting"),
        _HELPS.label("helps"),
    )
    .select_from(AccountSession)
    .join(Account, Account.id == AccountSession.account_id)
    .outerjoin(_MANDATE, and_(_MANDATE.id == AccountSession.acting_for_id, _MANDATE.account_id == Account.id))
    .outerjoin(_HELPED, _HELPED.id == _MANDATE.person_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(
        HouseholdMembership,
        and_(HouseholdMembership.person_id == _WHOM, HouseholdMembership.revoked_at.is_(None)),
    )
    .outerjoin(Household, Household.id == HouseholdMembership.household_id)
    .outerjoin(RoleGrant, and_(RoleGrant.account_id == Account.id, RoleGrant.revoked_at.is_(None)))
    .where(
        AccountSession.id == bindparam("session_id", type_=Uuid),
        AccountSession.ended_at.is_(None),
        AccountSession.started_at > bindparam("since", type_=UtcDateTime),
        Account.closed_at.is_(None),
    )
    .order_by(RoleGrant.granted_at, RoleGrant.id)
)


def actor(db: Session, session_id: uuid.UUID, since: datetime) -> Actor | None:
    """Who stands behind a signed-in device, or None when its session has ended or began before `since`.

    A device that acts for somebody is that person as long as the mandate stands, with nothing of its own but the hand.
    """
    today = clock.today()
    given = {"session_id": session_id, "since": since, "today": today, "bound": helping.bound_since()}
    rows = db.execute(_WHO, given).all()
    if not rows:
        return None
    who = rows[0]
    own_name = who.name or who.display_name
    whom = who.helped_id if who.acting else who.person_id
    found = Actor(
        account_id=who.id,
        session_id=session_id,
        name=who.helped_name if who.acting else own_name,
        login=who.login,
        person_id=whom,
        community_id=who.community_id,
        ward_code=who.ward_code,
        consented=whom is None or bool(who.consented),
        must_change_password=who.must_change_password,
    )
    if who.acting:
        return replace(
            found,
            helper_id=who.acting_for_id,
            acts=read_acts(who.acts),
            until=who.until,
            own_person_id=who.person_id,
            own_name=own_name,
        )
    grants = tuple(
        Grant(
            Role(row.role),
            row.role_province,
            row.role_ward,
            row.role_community,
            StandsIn(row.stands_in) if row.stands_in else None,
        )
        for row in rows
        if row.role
    )
    return replace(
        found,
        household_id=who.household_id,
        grants=grants,
        lapsed=who.acting_for_id,
        helps=helping.helped(db, who.id, today) if grants and who.helps else frozenset(),
    )


def thing(
    db: Session,
    *,
    ward_code: str | None = None,
    community_id: uuid.UUID | None = None,
    person_id: uuid.UUID | None = None,
    household_id: uuid.UUID | None = None,
    submitted: bool = False,
) -> Thing:
    """A thing as the policy reads it: the province of its ward, and the household of its person today added."""
    households = {household_id} if household_id else set()
    if person_id is not None:
        home = people.home_of(db, person_id)
        if home is not None:
            households.add(home.household_id)
    province = db.scalars(select(Commune.province_code).where(Commune.code == ward_code)).one_or_none()
    return Thing(person_id, frozenset(households), community_id, ward_code, province, submitted)


def thing_of_account(db: Session, account: Account) -> Thing:
    """An account: where its person lives, and whether it works for others."""
    home = people.home_of(db, account.person_id) if account.person_id else None
    held = select(RoleGrant.id).where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None)).limit(1)
    place = thing(
        db,
        ward_code=home.ward_code if home else None,
        community_id=home.community_id if home else None,
        household_id=home.household_id if home else None,
    )
    return replace(place, person_id=account.person_id, has_role=db.scalars(held).first() is not None)


def thing_of_group(
    db: Session, group: Group, *, today: date, person_id: uuid.UUID | None = None, submitted: bool = False
) -> Thing:
    """A group as the policy reads it; `person_id` is who asks, remembered among its members where they belong."""
    place = thing(
        db,
        ward_code=group.ward_code,
        community_id=group.community_id,
        household_id=group.id if group.kind is Kind.HOUSEHOLD else None,
        submitted=submitted,
    )
    belongs = person_id is not None and groups.belongs(db, group.kind, group.id, person_id)
    return replace(
        place,
        kind=str(group.kind),
        speakers=frozenset(groups.speakers(db, group.kind, group.id, today)),
        members=frozenset({person_id} if belongs and person_id else ()),
    )


def thing_of_case(db: Session, row: Any, *, submitted: bool = True) -> Thing:
    """A case or a title as the policy reads it."""
    return thing(
        db,
        ward_code=row.ward_code,
        community_id=row.community_id,
        person_id=row.person_id,
        household_id=row.household_id,
        submitted=submitted,
    )


def heads_of(db: Session, community_id: uuid.UUID) -> list[str]:
    """What the heads of a community's chi hội are called: whoever lives there may know it."""
    return list(
        db.scalars(
            select(Account.display_name)
            .join(RoleGrant, RoleGrant.account_id == Account.id)
            .where(
                RoleGrant.community_id == community_id,
                RoleGrant.role == str(Role.COMMUNITY_HEAD),
                RoleGrant.revoked_at.is_(None),
            )
            .order_by(Account.display_name)
        )
    )


def holders(
    db: Session,
    role: Role,
    *,
    province_code: str | None = None,
    ward_code: str | None = None,
    community_id: uuid.UUID | None = None,
) -> list[Actor]:
    """Open accounts with the role in this place, each as the policy reads them with all their roles. Three queries."""
    held = select(RoleGrant.account_id).where(RoleGrant.role == str(role), RoleGrant.revoked_at.is_(None))
    if province_code is not None:
        held = held.where(RoleGrant.province_code == province_code)
    if ward_code is not None:
        held = held.where(RoleGrant.ward_code == ward_code)
    if community_id is not None:
        held = held.where(RoleGrant.community_id == community_id)
    rows = db.execute(
        select(Account.id, Account.display_name, Account.person_id, HouseholdMembership.household_id)
        .outerjoin(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Account.person_id, HouseholdMembership.revoked_at.is_(None)),
        )
        .where(Account.id.in_(held), Account.closed_at.is_(None))
        .order_by(Account.login)
    ).all()
    grants: dict[uuid.UUID, list[Grant]] = {}
    for row in db.scalars(
        select(RoleGrant).where(RoleGrant.account_id.in_([row.id for row in rows]), RoleGrant.revoked_at.is_(None))
    ):
        grant = Grant(Role(row.role), row.province_code, row.ward_code, row.community_id)
        grants.setdefault(row.account_id, []).append(grant)
    helps = helping.helped_by(db, [row.id for row in rows], clock.today())
    return [
        Actor(
            account_id=row.id,
            name=row.display_name,
            person_id=row.person_id,
            household_id=row.household_id,
            grants=tuple(grants.get(row.id, ())),
            helps=helps.get(row.id, frozenset()),
        )
        for row in rows
    ]


def open_grants(
    db: Session,
    account_id: uuid.UUID | None = None,
    *,
    standing_in: str | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 200,
) -> list[GrantRow]:
    """Open roles with account and place, by login; all or one account's. Pages begin after the last (login, id).

    `standing_in`: only those who stand in for wards of this province.
    """
    query = (
        select(RoleGrant, Province.name, Commune.name, Community.name)
        .join(Account, Account.id == RoleGrant.account_id)
        .outerjoin(Province, Province.code == RoleGrant.province_code)
        .outerjoin(Commune, Commune.code == RoleGrant.ward_code)
        .outerjoin(Community, Community.id == RoleGrant.community_id)
        .where(RoleGrant.revoked_at.is_(None))
        .options(joinedload(RoleGrant.account))
        .order_by(Account.login, RoleGrant.id)
        .limit(limit)
    )
    if after is not None:
        login, last = after
        query = query.where((Account.login > login) | ((Account.login == login) & (RoleGrant.id > last)))
    if account_id is not None:
        query = query.where(RoleGrant.account_id == account_id)
    if standing_in is not None:
        query = query.where(RoleGrant.stands_in.is_not(None), RoleGrant.province_code == standing_in)
    return [
        GrantRow(
            grant.id,
            grant.account_id,
            grant.account.login,
            grant.account.display_name,
            Role(grant.role),
            ", ".join(name for name in (community, ward, province) if name),
            grant.granted_at,
            StandsIn(grant.stands_in) if grant.stands_in else None,
            grant.ward_code,
        )
        for grant, province, ward, community in db.execute(query)
    ]


def stand_ins(db: Session, ward_code: str) -> set[StandsIn]:
    """Whose officers work for the ward today, where it has no association of its own."""
    rows = db.scalars(
        select(RoleGrant.stands_in).where(
            RoleGrant.ward_code == ward_code, RoleGrant.revoked_at.is_(None), RoleGrant.stands_in.is_not(None)
        )
    )
    return {StandsIn(row) for row in rows if row}


def own_officers(db: Session, ward_code: str) -> bool:
    """Whether the ward has a reviewer or signer of its own."""
    own = select(RoleGrant.id).where(
        RoleGrant.ward_code == ward_code,
        RoleGrant.revoked_at.is_(None),
        RoleGrant.stands_in.is_(None),
        RoleGrant.role.in_([str(Role.WARD_REVIEWER), str(Role.WARD_SIGNER)]),
    )
    return db.scalars(own.limit(1)).first() is not None


def grant(db: Session, grant_id: uuid.UUID) -> RoleGrant | None:
    """One role as it was granted, open or taken back."""
    return db.get(RoleGrant, grant_id)


def officer(db: Session, account_id: uuid.UUID | None) -> Actor | None:
    """An account as it stands now, with its roles and home, for work done away from any device; None once closed."""
    account = db.get(Account, account_id, populate_existing=True) if account_id else None
    if account is None or account.closed_at is not None:
        return None
    home = people.home_of(db, account.person_id) if account.person_id else None
    rows = db.scalars(
        select(RoleGrant)
        .where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.granted_at, RoleGrant.id)
    )
    return Actor(
        account_id=account.id,
        name=account.display_name,
        login=account.login,
        person_id=account.person_id,
        household_id=home.household_id if home else None,
        community_id=home.community_id if home else None,
        ward_code=home.ward_code if home else None,
        consented=True,
        grants=tuple(
            Grant(
                Role(row.role),
                row.province_code,
                row.ward_code,
                row.community_id,
                StandsIn(row.stands_in) if row.stands_in else None,
            )
            for row in rows
        ),
        helps=helping.helped(db, account.id, clock.today()),
    )
