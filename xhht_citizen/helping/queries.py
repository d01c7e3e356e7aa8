"""Reads of slips and of the accounts a phone knows."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.database import now
from xhht_citizen.helping.codes import MOST_TRIES, Purpose, Standing, Times, pin_holds, standing
from xhht_citizen.helping.models import DevicePin, MandateSlip, Slip, SlipPrint
from xhht_citizen.jobs.models import Job
from xhht_citizen.people.models import Account, Household, HouseholdMembership, Person
from xhht_citizen.people.rules import adult_born_by
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.vietnamese import fold

NEEDS, HAS = "chua", "con"  # who has no slip that could be used, and who has one


@dataclass(frozen=True)
class Bearers:
    """Whom slips are for: adults at home in a ward or community, who are alive and have no account.

    `slips`: only who has no usable slip (NEEDS), or only who has one (HAS); `ids` and `household_id` narrow it.
    With the purpose `password` it is the other way round: people with an account that is open, of any age.
    """

    ward_code: str
    year: int
    community_id: uuid.UUID | None = None
    purpose: Purpose = Purpose.CLAIM
    slips: str = ""
    text: str = ""
    household_id: uuid.UUID | None = None
    ids: frozenset[uuid.UUID] | None = field(default=None)


@dataclass(frozen=True)
class Bearer:
    """One person a slip is for, as the list shows and the paper prints them; `until`: of a slip that can be used."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    household: str
    community_id: uuid.UUID | None
    community: str | None
    ward: str
    until: datetime | None = None


@dataclass(frozen=True)
class Printed:
    """A print of slips: its job, its file, and how many of its slips may still be used or were."""

    row: SlipPrint
    job: Job
    made: int
    used: int
    open: int


@dataclass(frozen=True)
class Known:
    """An account that a phone knows."""

    account_id: uuid.UUID
    name: str
    used_at: datetime | None


def bearers(db: Session, whom: Bearers, *, after: tuple[str, uuid.UUID] | None = None, limit: int = 50) -> list[Bearer]:
    """Who gets a slip, by name; pages begin after the last key."""
    query = (
        _of(
            whom,
            select(
                Person.id,
                Person.name,
                Person.sort_key,
                Person.birth_year,
                Household.name,
                Household.community_id,
                Community.name,
                Commune.name,
                Slip.expires_at,
            ),
        )
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [Bearer(*row) for row in db.execute(query)]


def count_bearers(db: Session, whom: Bearers) -> int:
    """How many get a slip."""
    count: int = db.scalars(_of(whom, select(func.count(Person.id)))).one()
    return count


def _of(whom: Bearers, query: Any) -> Any:
    usable = and_(
        Slip.person_id == Person.id,
        Slip.used_at.is_(None),
        Slip.revoked_at.is_(None),
        Slip.expires_at > now(),
        Slip.tries < MOST_TRIES,
    )
    account = exists().where(Account.person_id == Person.id)
    query = (
        query.select_from(Person)
        .join(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .join(Household, Household.id == HouseholdMembership.household_id)
        .join(Commune, Commune.code == Household.ward_code)
        .outerjoin(Community, Community.id == Household.community_id)
        .outerjoin(Slip, usable)
        .where(
            Household.ward_code == whom.ward_code,
            Person.died_on.is_(None),
        )
    )
    if whom.purpose is Purpose.CLAIM:
        query = query.where(~account, Person.birth_year <= adult_born_by(whom.year))
    else:
        query = query.where(account.where(Account.closed_at.is_(None)))
    if whom.community_id is not None:
        query = query.where(Household.community_id == whom.community_id)
    if whom.household_id is not None:
        query = query.where(Household.id == whom.household_id)
    if whom.ids is not None:
        query = query.where(Person.id.in_(whom.ids))
    if whom.slips:
        query = query.where(Slip.id.is_(None) if whom.slips == NEEDS else Slip.id.is_not(None))
    if whom.text.strip():
        query = query.where(Person.search_key.contains(fold(whom.text), autoescape=True))
    return query


def slip_of(db: Session, person_id: uuid.UUID) -> Slip | None:
    """The latest slip made for a person."""
    query = select(Slip).where(Slip.person_id == person_id).order_by(Slip.made_at.desc(), Slip.id.desc()).limit(1)
    return db.scalars(query).one_or_none()


def slip_by_hash(db: Session, hashed: str) -> Slip | None:
    """The slip with this code, and whose it is."""
    return db.scalars(select(Slip).where(Slip.code_hash == hashed).options(joinedload(Slip.person))).one_or_none()


def slip(db: Session, slip_id: uuid.UUID) -> Slip | None:
    """One slip, and whose it is."""
    return db.scalars(select(Slip).where(Slip.id == slip_id).options(joinedload(Slip.person))).one_or_none()


def standing_of(row: Slip | MandateSlip, at: datetime | None = None) -> Standing:
    """Where a slip stands now, or at a moment."""
    tries = row.tries if isinstance(row, Slip) else 0
    return standing(Times(row.expires_at, row.used_at, row.revoked_at, tries), at or now())


def printed(db: Session, job_id: uuid.UUID) -> Printed | None:
    """One print of slips, as it stands now."""
    found = db.execute(
        select(SlipPrint, Job).join(Job, Job.id == SlipPrint.job_id).where(SlipPrint.job_id == job_id)
    ).one_or_none()
    return _counted(db, [(found[0], found[1])])[0] if found else None


def prints_of(db: Session, account_id: uuid.UUID, *, ward_code: str, limit: int = 10) -> list[Printed]:
    """What an account had printed for a ward, the latest first."""
    rows = db.execute(
        select(SlipPrint, Job)
        .join(Job, Job.id == SlipPrint.job_id)
        .where(Job.account_id == account_id, Job.ward_code == ward_code)
        .order_by(SlipPrint.job_id.desc())
        .limit(limit)
    )
    return _counted(db, [(row[0], row[1]) for row in rows])


def _counted(db: Session, rows: Collection[tuple[SlipPrint, Job]]) -> list[Printed]:
    usable = and_(Slip.used_at.is_(None), Slip.revoked_at.is_(None), Slip.expires_at > now(), Slip.tries < MOST_TRIES)
    counts = {
        job_id: (made, used, able)
        for job_id, made, used, able in db.execute(
            select(Slip.job_id, func.count(), func.count(Slip.used_at), func.count().filter(usable))
            .where(Slip.job_id.in_([row.job_id for row, _ in rows]))
            .group_by(Slip.job_id)
        )
    }
    return [Printed(row, job, *counts.get(row.job_id, (0, 0, 0))) for row, job in rows]


def known_on(db: Session, device: str) -> list[Known]:
    """The accounts a phone knows and may switch to by pin, by name; `device` is the hash of what it carries."""
    rows = db.scalars(
        select(DevicePin).where(DevicePin.device_hash == device).options(joinedload(DevicePin.account))
    ).all()
    at = now()
    held = [
        row
        for row in rows
        if row.account.closed_at is None and pin_holds(row.made_at, row.account.password_changed_at, at)
    ]
    found = [Known(row.account_id, row.account.display_name, row.used_at) for row in held]
    return sorted(found, key=lambda one: (one.name.split()[-1:], one.name, one.account_id))


def mandate_slip(db: Session, slip_id: uuid.UUID) -> MandateSlip | None:
    """One mandate slip, and whose it is."""
    return db.scalars(
        select(MandateSlip).where(MandateSlip.id == slip_id).options(joinedload(MandateSlip.person))
    ).one_or_none()


def mandate_slip_by_hash(db: Session, hashed: str) -> MandateSlip | None:
    """The mandate slip with this code, and whose it is."""
    return db.scalars(
        select(MandateSlip).where(MandateSlip.code_hash == hashed).options(joinedload(MandateSlip.person))
    ).one_or_none()


def mandate_slips(db: Session, person_id: uuid.UUID, *, usable: bool = False) -> list[MandateSlip]:
    """The mandate slips a person made, or those of them that may still be used; the latest first."""
    query = select(MandateSlip).where(MandateSlip.person_id == person_id)
    if usable:
        query = query.where(
            MandateSlip.used_at.is_(None), MandateSlip.revoked_at.is_(None), MandateSlip.expires_at > now()
        )
    return list(db.scalars(query.order_by(MandateSlip.made_at.desc(), MandateSlip.id.desc())))


def pin_of(db: Session, device: str, account_id: uuid.UUID) -> DevicePin | None:
    """An account's row on one phone, with the account."""
    return db.scalars(
        select(DevicePin)
        .where(DevicePin.device_hash == device, DevicePin.account_id == account_id)
        .options(joinedload(DevicePin.account))
    ).one_or_none()
