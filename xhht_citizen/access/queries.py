"""Reads for the policy: who an account is, and where a thing belongs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor, Grant, Role, Thing
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import PRIVACY_VERSION
from xhht_citizen.people.models import Account
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


def actor(db: Session, session_id: uuid.UUID, since: datetime) -> Actor | None:
    """Who stands behind a signed-in device, or None when its session has ended. Four queries, whoever it is."""
    session = people.open_session(db, session_id, since)
    if session is None:
        return None
    account = session.account
    grants = db.scalars(
        select(RoleGrant)
        .where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.granted_at, RoleGrant.id)
    ).all()
    home = people.home_of(db, account.person_id) if account.person_id else None
    consented = account.person_id is None or people.consent_of(db, account.person_id, PRIVACY_VERSION) is not None
    return Actor(
        account_id=account.id,
        session_id=session.id,
        name=account.person.name if account.person else account.display_name,
        login=account.login,
        person_id=account.person_id,
        household_id=home.household_id if home else None,
        community_id=home.community_id if home else None,
        ward_code=home.ward_code if home else None,
        consented=consented,
        grants=tuple(
            Grant(Role(grant.role), grant.province_code, grant.ward_code, grant.community_id) for grant in grants
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


def open_grants(db: Session, account_id: uuid.UUID | None = None, limit: int = 200) -> list[GrantRow]:
    """Open roles with account and place, by account; all or one account's."""
    query = (
        select(RoleGrant, Province.name, Commune.name, Community.name)
        .join(Account, Account.id == RoleGrant.account_id)
        .outerjoin(Province, Province.code == RoleGrant.province_code)
        .outerjoin(Commune, Commune.code == RoleGrant.ward_code)
        .outerjoin(Community, Community.id == RoleGrant.community_id)
        .where(RoleGrant.revoked_at.is_(None))
        .options(joinedload(RoleGrant.account))
        .order_by(Account.login, RoleGrant.granted_at)
        .limit(limit)
    )
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
