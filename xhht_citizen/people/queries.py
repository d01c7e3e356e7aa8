"""Reads of accounts, persons and homes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from xhht_citizen.database import now
from xhht_citizen.people.models import (
    Account,
    AccountSession,
    Attempt,
    Consent,
    Household,
    HouseholdMembership,
    KeptForm,
    Person,
)
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.vietnamese import fold

KEPT_DAYS = 1  # what was typed when a session had ended


@dataclass(frozen=True)
class Home:
    """Where a person lives now, and since when."""

    household_id: uuid.UUID
    household: str
    community_id: uuid.UUID | None
    community: str | None
    ward_code: str
    ward: str
    province_code: str
    relation: str
    since: datetime


@dataclass(frozen=True)
class ResidentRow:
    """One resident in an officer's list; without a household, who lives nobody knows where, or died."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household_id: uuid.UUID | None = None
    household: str | None = None
    community: str | None = None


@dataclass(frozen=True)
class HouseholdRow:
    """One household in an officer's list; `sort_key` is its head's."""

    id: uuid.UUID
    name: str
    sort_key: str
    address: str | None
    community: str | None
    members: int


def account(db: Session, account_id: uuid.UUID) -> Account | None:
    """One account."""
    return db.get(Account, account_id)


def account_by_login(db: Session, login: str) -> Account | None:
    """The account with this login in its normal form."""
    return db.scalars(select(Account).where(Account.login == login)).one_or_none()


def open_sessions(db: Session, account_id: uuid.UUID, since: datetime) -> list[AccountSession]:
    """The account's signed-in devices, the latest first; a session that began before `since` has run out."""
    return list(
        db.scalars(
            select(AccountSession)
            .where(
                AccountSession.account_id == account_id,
                AccountSession.ended_at.is_(None),
                AccountSession.started_at > since,
            )
            .order_by(AccountSession.started_at.desc())
        )
    )


def attempts(db: Session, kind: str, key: str, minutes: int) -> int:
    """How often something was tried in the last minutes."""
    return db.scalars(
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.kind == kind, Attempt.key == key, Attempt.at > now() - timedelta(minutes=minutes))
    ).one()


def person(db: Session, person_id: uuid.UUID) -> Person | None:
    """One person."""
    return db.get(Person, person_id)


def consent_of(db: Session, person_id: uuid.UUID, text_version: str) -> Consent | None:
    """The person's standing consent to this version of the privacy text."""
    return db.scalars(
        select(Consent)
        .where(Consent.person_id == person_id, Consent.text_version == text_version, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at.desc())
        .limit(1)
    ).one_or_none()


def consents(db: Session, person_id: uuid.UUID) -> list[Consent]:
    """Every consent the person gave, the latest first."""
    return list(db.scalars(select(Consent).where(Consent.person_id == person_id).order_by(Consent.given_at.desc())))


def home_of(db: Session, person_id: uuid.UUID) -> Home | None:
    """Where the person lives now: household, community, ward. None when nothing is written down yet.

    A row that ended because the household got another head is the same stay.
    """
    stay = aliased(HouseholdMembership)
    since = (
        select(func.min(stay.granted_at))
        .where(
            stay.person_id == HouseholdMembership.person_id,
            stay.household_id == HouseholdMembership.household_id,
            or_(stay.revoked_at.is_(None), stay.end_reason == "changed"),
        )
        .scalar_subquery()
    )
    row = db.execute(
        select(
            Household.id,
            Household.name,
            Household.community_id,
            Community.name,
            Household.ward_code,
            Commune.name,
            Commune.province_code,
            HouseholdMembership.relation,
            since,
        )
        .join(Household, Household.id == HouseholdMembership.household_id)
        .join(Commune, Commune.code == Household.ward_code)
        .outerjoin(Community, Community.id == Household.community_id)
        .where(HouseholdMembership.person_id == person_id, HouseholdMembership.revoked_at.is_(None))
    ).one_or_none()
    return Home(*row) if row else None


def household(db: Session, household_id: uuid.UUID) -> Household | None:
    """One household."""
    return db.get(Household, household_id)


def household_by_code(db: Session, code: str) -> Household | None:
    """The household whose join code this is, typed with or without spaces and hyphens."""
    plain = "".join(char for char in code.upper() if char.isalnum())
    return db.scalars(select(Household).where(Household.join_code == plain)).one_or_none()


def members(db: Session, household_id: uuid.UUID) -> list[HouseholdMembership]:
    """The household's members today with their persons, the head first, then by age."""
    rows = db.scalars(
        select(HouseholdMembership)
        .join(Person, Person.id == HouseholdMembership.person_id)
        .where(HouseholdMembership.household_id == household_id, HouseholdMembership.revoked_at.is_(None))
        .options(joinedload(HouseholdMembership.person))
        .order_by(Person.birth_year, Person.sort_key)
    ).all()
    return sorted(rows, key=lambda row: row.relation != "head")


def households(
    db: Session,
    *,
    ward_code: str,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[HouseholdRow]:
    """Households somebody lives in, by their head's name, searched without marks; pages begin after the last key."""
    head, member = aliased(HouseholdMembership), aliased(HouseholdMembership)
    key = func.coalesce(Person.sort_key, "")
    count = (
        select(func.count())
        .where(member.household_id == Household.id, member.revoked_at.is_(None))
        .correlate(Household)
        .scalar_subquery()
    )
    query = (
        select(Household.id, Household.name, key, Household.address, Community.name, count)
        .outerjoin(head, and_(head.household_id == Household.id, head.revoked_at.is_(None), head.relation == "head"))
        .outerjoin(Person, Person.id == head.person_id)
        .outerjoin(Community, Community.id == Household.community_id)
        .where(
            Household.ward_code == ward_code,
            exists().where(member.household_id == Household.id, member.revoked_at.is_(None)),
        )
        .order_by(key, Household.id)
        .limit(limit)
    )
    if community_id is not None:
        query = query.where(Household.community_id == community_id)
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if after is not None:
        last_key, last = after
        query = query.where((key > last_key) | ((key == last_key) & (Household.id > last)))
    return [HouseholdRow(*row) for row in db.execute(query)]


def head_key() -> ColumnElement[str]:
    """SQL: the sort key of the head of the household of the row; empty where there is none."""
    head, person = aliased(HouseholdMembership), aliased(Person)
    key = select(func.min(person.sort_key)).where(
        head.household_id == Household.id,
        head.revoked_at.is_(None),
        head.relation == "head",
        person.id == head.person_id,
    )
    return func.coalesce(key.correlate(Household).scalar_subquery(), literal(""))


def key_of_household(db: Session, household_id: uuid.UUID) -> tuple[str, uuid.UUID] | None:
    """Where a household stands in lists by the head's name; None when there is none of this id."""
    row = db.execute(select(head_key(), Household.id).where(Household.id == household_id)).one_or_none()
    return (row[0], row[1]) if row else None


def with_account(db: Session, person_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these people sign in by an account of their own."""
    return {
        key
        for key in db.scalars(
            select(Account.person_id).where(Account.person_id.in_(list(person_ids)), Account.closed_at.is_(None))
        )
        if key is not None
    }


def arrivals(db: Session, household_id: uuid.UUID) -> dict[uuid.UUID, datetime]:
    """Since when each member lives in the household; a row that ended for another head is the same stay."""
    rows = db.execute(
        select(HouseholdMembership.person_id, func.min(HouseholdMembership.granted_at))
        .where(
            HouseholdMembership.household_id == household_id,
            or_(HouseholdMembership.revoked_at.is_(None), HouseholdMembership.end_reason == "changed"),
        )
        .group_by(HouseholdMembership.person_id)
    )
    return {person_id: since for person_id, since in rows}  # noqa: C416 (a Result is no mapping for the checker)


def residents(
    db: Session,
    *,
    ward_code: str | None = None,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[ResidentRow]:
    """People on the roster by name, searched without marks; pages begin after the last key."""
    query = (
        select(Person.id, Person.name, Person.sort_key, Person.birth_year, Household.id, Household.name, Community.name)
        .join(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .join(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(Community, Community.id == Household.community_id)
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if ward_code is not None:
        query = query.where(Person.ward_code == ward_code)
    if community_id is not None:
        query = query.where(Household.community_id == community_id)
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [ResidentRow(*row) for row in db.execute(query)]


def without_home(
    db: Session,
    *,
    ward_code: str,
    died: bool = False,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[ResidentRow]:
    """People last known in the ward who live in no household now: nobody knows where, or they died."""
    open_row = exists().where(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None))
    query = (
        select(Person.id, Person.name, Person.sort_key, Person.birth_year)
        .where(Person.ward_code == ward_code, ~open_row)
        .where(Person.died_on.is_not(None) if died else Person.died_on.is_(None))
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [ResidentRow(*row) for row in db.execute(query)]


def account_names(db: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these accounts are called on screens."""
    return {row.id: row.display_name for row in db.scalars(select(Account).where(Account.id.in_(list(ids))))}


def kept_form(db: Session, kept_id: uuid.UUID, account_id: uuid.UUID) -> KeptForm | None:
    """What this account typed before signing in, for a day."""
    return db.scalars(
        select(KeptForm).where(
            KeptForm.id == kept_id,
            KeptForm.account_id == account_id,
            KeptForm.kept_at > now() - timedelta(days=KEPT_DAYS),
        )
    ).one_or_none()


def account_of(db: Session, person_id: uuid.UUID) -> Account | None:
    """The account a person signs in with."""
    return db.scalars(select(Account).where(Account.person_id == person_id)).one_or_none()


def memberships(db: Session, person_id: uuid.UUID) -> list[HouseholdMembership]:
    """Every household the person lived in, with it, the latest first."""
    return list(
        db.scalars(
            select(HouseholdMembership)
            .where(HouseholdMembership.person_id == person_id)
            .options(joinedload(HouseholdMembership.household))
            .order_by(HouseholdMembership.granted_at.desc())
        )
    )


def accounts(db: Session, text: str = "", limit: int = 50) -> list[Account]:
    """Accounts by login or name, for the administrator."""
    query = select(Account).order_by(Account.login).limit(limit)
    if text.strip():
        query = query.outerjoin(Person, Person.id == Account.person_id).where(
            Account.login.contains(fold(text).replace(" ", ""), autoescape=True)
            | Account.search_key.contains(fold(text), autoescape=True)
            | Person.search_key.contains(fold(text), autoescape=True)
        )
    return list(db.scalars(query))


def email_of(db: Session, account_id: uuid.UUID) -> str | None:
    """Where an account's notices go by e-mail."""
    return db.scalars(select(Account.email).where(Account.id == account_id)).one_or_none()
