"""Reads for the policy: who an account is, and where a thing belongs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Uuid, and_, bindparam, exists, select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor, Grant, Role, Thing
from xhht_citizen.database import UtcDateTime
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group, Kind
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


_CONSENTED = exists().where(
    Consent.person_id == Account.person_id,
    Consent.text_version == PRIVACY_VERSION,
    Consent.withdrawn_at.is_(None),
)
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
    )
    .select_from(AccountSession)
    .join(Account, Account.id == AccountSession.account_id)
    .outerjoin(Person, Person.id == Account.person_id)
    .outerjoin(
        HouseholdMembership,
        and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
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
    """Who stands behind a signed-in device, or None when its session has ended or began before `since`."""
    rows = db.execute(_WHO, {"session_id": session_id, "since": since}).all()
    if not rows:
        return None
    who = rows[0]
    return Actor(
        account_id=who.id,
        session_id=session_id,
        name=who.name or who.display_name,
        login=who.login,
        person_id=who.person_id,
        household_id=who.household_id,
        community_id=who.community_id,
        ward_code=who.ward_code,
        consented=who.person_id is None or bool(who.consented),
        must_change_password=who.must_change_password,
        grants=tuple(
            Grant(Role(row.role), row.role_province, row.role_ward, row.role_community) for row in rows if row.role
        ),
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


def open_grants(
    db: Session,
    account_id: uuid.UUID | None = None,
    *,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 200,
) -> list[GrantRow]:
    """Open roles with account and place, by login; all or one account's. Pages begin after the last (login, id)."""
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
    return [
        GrantRow(
            grant.id,
            grant.account_id,
            grant.account.login,
            grant.account.display_name,
            Role(grant.role),
            ", ".join(name for name in (community, ward, province) if name),
            grant.granted_at,
        )
        for grant, province, ward, community in db.execute(query)
    ]


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
        grants=tuple(Grant(Role(row.role), row.province_code, row.ward_code, row.community_id) for row in rows),
    )
