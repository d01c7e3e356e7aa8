"""Reads of helpers: who may act for whom, and what was done in whose name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import now
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import BOUND_DAYS, Act, in_order, read_acts
from xhht_citizen.people.models import Account, HouseholdMembership, Person
from xhht_citizen.people.models import Household as Home
from xhht_citizen.vietnamese import fold

MOST_LATELY = 20


@dataclass(frozen=True)
class HelperRow:
    """A helper as lists show them. `by` is the account that named them; `open` while they may act."""

    id: uuid.UUID
    person_id: uuid.UUID
    person: str
    birth_year: int
    account_id: uuid.UUID
    helper: str
    acts: tuple[Act, ...]
    until: date
    way: str
    paper: str | None
    granted_at: datetime
    by: uuid.UUID | None
    revoked_at: datetime | None
    acted_at: datetime | None
    open: bool


@dataclass(frozen=True)
class Done:
    """One thing a helper did: the audit's word for it, and when."""

    action: str
    at: datetime


def bound_since() -> datetime:
    """Who began to act after this moment is still bound by it."""
    return now() - timedelta(days=BOUND_DAYS)


def stands(today: date | ColumnElement[date]) -> ColumnElement[bool]:
    """SQL: the row holds on this day."""
    return and_(Helper.revoked_at.is_(None), Helper.until >= today)


def binds(today: date | ColumnElement[date], since: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """SQL: the account judges nothing of the person: it may act for them, or acted since that moment."""
    return or_(stands(today), Helper.acted_at >= since)


def helped(db: Session, account_id: uuid.UUID, today: date) -> frozenset[uuid.UUID]:
    """The people whose cases the account does not judge, as `binds` says it."""
    return helped_by(db, [account_id], today).get(account_id, frozenset())


def helped_by(db: Session, account_ids: Collection[uuid.UUID], today: date) -> dict[uuid.UUID, frozenset[uuid.UUID]]:
    """The same of several accounts; who helps nobody is not in it. One statement."""
    found: dict[uuid.UUID, set[uuid.UUID]] = {}
    rows = select(Helper.account_id, Helper.person_id).where(
        Helper.account_id.in_(list(account_ids)), binds(today, bound_since())
    )
    for account_id, person_id in db.execute(rows):
        found.setdefault(account_id, set()).add(person_id)
    return {account_id: frozenset(people) for account_id, people in found.items()}


def one(db: Session, helper_id: uuid.UUID) -> Helper | None:
    """One row, ended or not."""
    return db.get(Helper, helper_id)


def row(db: Session, helper_id: uuid.UUID, today: date) -> HelperRow | None:
    """One row as lists show it, ended or not."""
    return next(iter(_rows(db, [Helper.id == helper_id], today)), None)


def of_person(db: Session, person_id: uuid.UUID, today: date) -> list[HelperRow]:
    """Who may act for the person, and who could, the latest first."""
    return _rows(db, [Helper.person_id == person_id], today)


def of_account(db: Session, account_id: uuid.UUID, today: date) -> list[HelperRow]:
    """For whom the account may act today, by name; nobody who died."""
    found = _rows(db, [Helper.account_id == account_id, stands(today), Person.died_on.is_(None)], today)
    return sorted(found, key=lambda row: (fold(row.person), row.id))


def held_by(db: Session, account_id: uuid.UUID, today: date) -> list[HelperRow]:
    """For whom the account may act or could, the latest first."""
    return _rows(db, [Helper.account_id == account_id], today)


def _rows(db: Session, where: Iterable[ColumnElement[bool]], today: date) -> list[HelperRow]:
    query = (
        select(Helper)
        .join(Helper.person)
        .where(*where)
        .options(joinedload(Helper.person), joinedload(Helper.account))
        .order_by(Helper.granted_at.desc(), Helper.id.desc())
    )
    return [_row(row, today) for row in db.scalars(query)]


def _row(row: Helper, today: date) -> HelperRow:
    return HelperRow(
        row.id,
        row.person_id,
        row.person.name,
        row.person.birth_year,
        row.account_id,
        row.account.display_name,
        tuple(in_order(read_acts(row.acts))),
        row.until,
        row.way,
        row.paper,
        row.granted_at,
        row.granted_by,
        row.revoked_at,
        row.acted_at,
        open=row.revoked_at is None and row.until >= today and row.person.died_on is None,
    )


def of_place(
    db: Session,
    ward_code: str,
    today: date,
    *,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[tuple[str, HelperRow]]:
    """Who acts for the people of a ward, or of one of its communities: (sort key, row), by the person's name.

    `text` is a part of the person's or the helper's name. Pages begin after the last (sort key, id).
    """
    query = (
        select(Helper)
        .join(Helper.person)
        .join(Account, Account.id == Helper.account_id)
        .where(Person.ward_code == ward_code, Person.died_on.is_(None), stands(today))
        .options(joinedload(Helper.person), joinedload(Helper.account))
        .order_by(Person.sort_key, Helper.id)
        .limit(limit)
    )
    if community_id is not None:
        query = query.join(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        ).join(Home, and_(Home.id == HouseholdMembership.household_id, Home.community_id == community_id))
    if text.strip():
        key = fold(text)
        query = query.where(
            or_(Person.search_key.contains(key, autoescape=True), Account.search_key.contains(key, autoescape=True))
        )
    if after is not None:
        name, last = after
        query = query.where((Person.sort_key > name) | ((Person.sort_key == name) & (Helper.id > last)))
    return [(row.person.sort_key, _row(row, today)) for row in db.scalars(query)]


def hands(db: Session, subject_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[str]]:
    """Which helpers had a hand in these things (evidence, cases, persons): their names, the first hand first."""
    if not subject_ids:
        return {}
    rows = db.execute(
        select(AuditEntry.subject_id, Account.display_name)
        .join(Account, Account.id == AuditEntry.account_id)
        .where(AuditEntry.subject_id.in_(list(subject_ids)), AuditEntry.detail.contains('"helper":'))
        .order_by(AuditEntry.at, AuditEntry.id)
    )
    found: dict[uuid.UUID, list[str]] = {}
    for subject_id, name in rows:
        if subject_id is None:
            continue
        names = found.setdefault(subject_id, [])
        if name not in names:
            names.append(name)
    return found


def lately(db: Session, rows: Collection[HelperRow]) -> dict[uuid.UUID, list[Done]]:
    """What was done under each of these rows, the latest first and the newest only, by the row's id."""
    found: dict[uuid.UUID, list[Done]] = {row.id: [] for row in rows}
    if not rows:
        return found
    said = [AuditEntry.detail.contains(f'"helper":"{row.id}"') for row in rows]
    entries = (
        select(AuditEntry.action, AuditEntry.at, AuditEntry.detail)
        .where(
            AuditEntry.account_id.in_(list({row.account_id for row in rows})),
            AuditEntry.at >= min(row.granted_at for row in rows),
            or_(*said),
        )
        .order_by(AuditEntry.at.desc())
        .limit(MOST_LATELY * len(rows))
    )
    for action, at, detail in db.execute(entries):
        done = found[uuid.UUID(json.loads(detail)["helper"])]
        if len(done) < MOST_LATELY:
            done.append(Done(action, at))
    return found
