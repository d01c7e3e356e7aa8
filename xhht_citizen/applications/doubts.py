"""Questions raised by the rows as they stand: of some cases, of a ward's officers, communities and entries."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.applications.doubting import (
    ENOUGH_CASES,
    LATEST_STEPS,
    MANY_PEOPLE,
    Doubt,
    Pace,
    Question,
    pace,
)
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence, SecondLook
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.shared import What, others_of_cases
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Account, Person
from xhht_citizen.places.models import Community

DECIDED = (State.RECOMMENDED, State.GRANTED, State.DECLINED, State.APPEALED)
PASSED = (State.RECOMMENDED, State.GRANTED)
SENDING = ("submit", "resubmit")


@dataclass(frozen=True)
class Busy:
    """An account that wrote down evidence for many people."""

    account_id: uuid.UUID
    name: str
    people: int


@dataclass(frozen=True)
class Passing:
    """A community where every decided case passed."""

    community_id: uuid.UUID
    name: str
    count: int


@dataclass(frozen=True)
class Paced:
    """An officer and the pace of their latest conclusions."""

    account_id: uuid.UUID
    name: str
    pace: Pace


@dataclass(frozen=True)
class OwnEntry:
    """A case that whoever has it on the desk entered for its owner."""

    application_id: uuid.UUID
    receipt: str
    name: str
    officer: str


def of_cases(
    db: Session, case_ids: Collection[uuid.UUID], *, reviewer_id: uuid.UUID | None = None
) -> dict[uuid.UUID, list[Doubt]]:
    """The questions each of these cases raises by itself; who raises none is not in it. Six statements at most.

    `reviewer_id`: who recommends them, or is about to; otherwise each case's own reviewer.
    """
    found: dict[uuid.UUID, list[Doubt]] = {}
    if not case_ids:
        return found
    for question, what in ((Question.SAME_FILE, What.FILE), (Question.SAME_CODE, What.CODE)):
        for key, people in others_of_cases(db, case_ids, what).items():
            found.setdefault(key, []).append(Doubt(question, {"people": people}))
    for key, people in _many_entries(db, case_ids).items():
        found.setdefault(key, []).append(Doubt(Question.MANY_ENTRIES, {"people": people}))
    for key in db.scalars(select(Application.id).where(Application.id.in_(case_ids), entered_by(reviewer_id))):
        found.setdefault(key, []).append(Doubt(Question.OWN_ENTRY))
    for key in _disagreed(db, case_ids):
        found.setdefault(key, []).append(Doubt(Question.AGAIN))
    return found


def entered_by(account_id: uuid.UUID | None) -> ColumnElement[bool]:
    """SQL: this account, or whoever has the case on the desk, entered the case or evidence of it for its owner."""
    who: Any = account_id if account_id is not None else Application.reviewer_id
    sent = exists().where(
        ApplicationEvent.application_id == Application.id,
        ApplicationEvent.name.in_(SENDING),
        ApplicationEvent.account_id == who,
    )
    wrote = exists().where(
        ApplicationEvidence.application_id == Application.id,
        Evidence.id == ApplicationEvidence.evidence_id,
        Evidence.created_by == who,
        Evidence.activity_id.is_(None),
    )
    return or_(and_(Application.channel != "own", sent), wrote)


def _many_entries(db: Session, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Cases with evidence written down by an account that did so for many people that year, and for how many."""
    rows = db.execute(
        select(ApplicationEvidence.application_id, Evidence.ward_code, Evidence.year, Evidence.created_by)
        .join(Evidence, Evidence.id == ApplicationEvidence.evidence_id)
        .outerjoin(Account, Account.id == Evidence.created_by)
        .where(
            ApplicationEvidence.application_id.in_(case_ids),
            Evidence.activity_id.is_(None),
            Evidence.created_by.is_not(None),
            or_(Account.person_id.is_(None), Account.person_id != Evidence.person_id),
        )
        .distinct()
    ).all()
    if not rows:
        return {}
    counted = {
        (ward, year, by): people
        for ward, year, by, people in db.execute(
            select(Evidence.ward_code, Evidence.year, Evidence.created_by, func.count(Evidence.person_id.distinct()))
            .where(
                Evidence.ward_code.in_({row.ward_code for row in rows}),
                Evidence.year.in_({row.year for row in rows}),
                Evidence.created_by.in_({row.created_by for row in rows}),
                Evidence.activity_id.is_(None),
            )
            .group_by(Evidence.ward_code, Evidence.year, Evidence.created_by)
            .having(func.count(Evidence.person_id.distinct()) > MANY_PEOPLE)
        )
    }
    found: dict[uuid.UUID, int] = {}
    for key, ward, year, by in rows:
        if (ward, year, by) in counted:
            found[key] = max(found.get(key, 0), counted[ward, year, by])
    return found


def _disagreed(db: Session, case_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Cases whose latest second look disagreed."""
    later = aliased(SecondLook)
    return list(
        db.scalars(
            select(SecondLook.application_id).where(
                SecondLook.application_id.in_(case_ids),
                SecondLook.agrees.is_(False),
                ~exists().where(
                    later.application_id == SecondLook.application_id,
                    later.looked_at > SecondLook.looked_at,
                ),
            )
        )
    )


def around(db: Session, of: Application) -> list[Doubt]:
    """What is asked of the case's community and of whoever has it on the desk; three statements at most."""
    found = []
    if of.community_id is not None and of.ward_code is not None:
        for one in all_passing(db, of.ward_code, of.year, community_id=of.community_id):
            found.append(Doubt(Question.EVERYBODY, {"place": one.name, "count": one.count}))
    if of.reviewer_id is not None and of.ward_code is not None:
        for pace_ in _paces(db, of.ward_code, [of.reviewer_id]).values():
            if pace_.questionable:
                found.append(Doubt(Question.FAST, {"seconds": pace_.seconds, "count": pace_.count}))
    return found


def all_passing(db: Session, ward_code: str, year: int, *, community_id: uuid.UUID | None = None) -> list[Passing]:
    """Communities where each of many decided citizens' cases of the year passed, by name."""
    query = (
        select(Community.id, Community.name, func.count())
        .join(Application, Application.community_id == Community.id)
        .where(
            Application.ward_code == ward_code,
            Application.state.in_(DECIDED),
            Application.year == year,
            Application.kind == "citizen",
        )
        .group_by(Community.id, Community.name)
        .having(func.count() >= ENOUGH_CASES, func.sum(case((Application.state.in_(PASSED), 0), else_=1)) == 0)
        .order_by(Community.name, Community.id)
    )
    if community_id is not None:
        query = query.where(Application.community_id == community_id)
    return [Passing(*row) for row in db.execute(query)]


def paces(db: Session, ward_code: str) -> list[Paced]:
    """The pace of everybody who reviews in the ward today, by name; two statements."""
    officers = db.execute(
        select(Account.id, Account.display_name)
        .join(RoleGrant, RoleGrant.account_id == Account.id)
        .where(
            RoleGrant.ward_code == ward_code,
            RoleGrant.role == str(Role.WARD_REVIEWER),
            RoleGrant.revoked_at.is_(None),
        )
        .distinct()
        .order_by(Account.display_name, Account.id)
    ).all()
    seen = _paces(db, ward_code, [key for key, _ in officers])
    return [Paced(key, name, seen[key]) for key, name in officers if key in seen]


def _paces(db: Session, ward_code: str, account_ids: list[uuid.UUID]) -> dict[uuid.UUID, Pace]:
    """The pace of each, of their latest steps in the ward; who took none is not in it. One statement."""
    if not account_ids:
        return {}
    parts = []
    for account_id in account_ids:
        latest = (
            select(ApplicationEvent.account_id, ApplicationEvent.name, ApplicationEvent.at, ApplicationEvent.detail)
            .where(ApplicationEvent.account_id == account_id, ApplicationEvent.ward_code == ward_code)
            .order_by(ApplicationEvent.at.desc(), ApplicationEvent.id.desc())
            .limit(LATEST_STEPS)
            .subquery()
        )
        parts.append(select(latest))
    steps: dict[uuid.UUID, list[tuple[str, Any, bool]]] = {}
    for account_id, name, at, detail in db.execute(union_all(*parts)):
        steps.setdefault(account_id, []).append((name, at, bool((detail or {}).get("bulk"))))
    return {key: pace(sorted(one, key=lambda step: step[1])) for key, one in steps.items()}


def busy(db: Session, ward_code: str, year: int) -> list[Busy]:
    """Accounts that wrote down evidence for many people of the ward in the year, most people first."""
    people = func.count(Evidence.person_id.distinct())
    rows = db.execute(
        select(Account.id, Account.display_name, people)
        .join(Evidence, Evidence.created_by == Account.id)
        .where(Evidence.ward_code == ward_code, Evidence.year == year, Evidence.activity_id.is_(None))
        .group_by(Account.id, Account.display_name)
        .having(people > MANY_PEOPLE)
        .order_by(people.desc(), Account.id)
    )
    return [Busy(*row) for row in rows]


def entries_of(
    db: Session,
    ward_code: str,
    year: int,
    account_id: uuid.UUID,
    *,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[tuple[Person, int]]:
    """For whom the account wrote down evidence, by name, and how many pieces; pages begin after (sort key, id)."""
    query = (
        select(Person, func.count())
        .join(Evidence, Evidence.person_id == Person.id)
        .where(
            Evidence.ward_code == ward_code,
            Evidence.year == year,
            Evidence.created_by == account_id,
            Evidence.activity_id.is_(None),
        )
        .group_by(*Person.__table__.columns)
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [(person, count) for person, count in db.execute(query)]


def own_entries(
    db: Session, ward_code: str, year: int, *, after: uuid.UUID | None = None, limit: int = 50
) -> list[OwnEntry]:
    """Cases under review or recommended by who entered them, by id; pages begin after an id."""
    query = (
        select(
            Application.id,
            Application.receipt,
            func.coalesce(Person.name, Application.subject_name),
            Account.display_name,
        )
        .join(Account, Account.id == Application.reviewer_id)
        .outerjoin(Person, Person.id == Application.person_id)
        .where(
            Application.ward_code == ward_code,
            Application.state.in_((State.UNDER_REVIEW, State.RECOMMENDED)),
            Application.year == year,
            entered_by(None),
        )
        .order_by(Application.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Application.id > after)
    return [OwnEntry(key, receipt or "", name, who) for key, receipt, name, who in db.execute(query)]


def own_entry_count(db: Session, ward_code: str, year: int) -> int:
    """How many cases stand in `own_entries`."""
    return db.scalars(
        select(func.count())
        .select_from(Application)
        .where(
            Application.ward_code == ward_code,
            Application.state.in_((State.UNDER_REVIEW, State.RECOMMENDED)),
            Application.year == year,
            entered_by(None),
        )
    ).one()


def questions_first(doubts: Iterable[Doubt]) -> list[str]:
    """The names of the questions that pick a case for a second look, as they are kept with it."""
    return [str(doubt.question) for doubt in doubts if doubt.asked.picks]
