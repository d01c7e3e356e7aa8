"""Second looks as they stand: what waits for one, what was said, how often the two disagreed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, union_all
from sqlalchemy.orm import Session, aliased

from xhht_citizen.applications.doubts import SENDING
from xhht_citizen.applications.models import (
    Application,
    ApplicationEvent,
    ApplicationEvidence,
    ApplicationLine,
    BulkRecommendation,
    SecondLook,
)
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Account, Person
from xhht_citizen.places.models import Community

FIRST, SECOND = aliased(Account), aliased(Account)


@dataclass(frozen=True)
class LookRow:
    """A second look in a list, with its case and who recommended it."""

    id: uuid.UUID
    application_id: uuid.UUID
    person_id: uuid.UUID | None
    household_id: uuid.UUID | None
    subject_id: uuid.UUID
    kind: str
    name: str
    receipt: str
    community: str | None
    self_total: int
    why: str
    doubts: list[str]
    first_by: uuid.UUID
    first_name: str
    made_at: datetime


@dataclass(frozen=True)
class Rate:
    """How one officer's recommendations of a year fared in second looks."""

    account_id: uuid.UUID
    name: str
    looked: int
    disagreed: int
    waiting: int


def open_of(db: Session, application_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these cases wait for a second look: no decision may name them yet. One statement."""
    return set(
        db.scalars(
            select(SecondLook.application_id).where(
                SecondLook.application_id.in_(list(application_ids)),
                SecondLook.looked_at.is_(None),
                SecondLook.closed_at.is_(None),
            )
        )
    )


def enterers(db: Session, application_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whose hands a case came by: the accounts that ever sent it, the owner's too, and that wrote down its evidence.

    An activity's list is no word on one case. Two statements.
    """
    sent = select(ApplicationEvent.account_id).where(
        ApplicationEvent.application_id == application_id, ApplicationEvent.name.in_(SENDING)
    )
    wrote = (
        select(Evidence.created_by)
        .join(ApplicationEvidence, ApplicationEvidence.evidence_id == Evidence.id)
        .where(ApplicationEvidence.application_id == application_id, Evidence.activity_id.is_(None))
    )
    return frozenset({one for rows in (sent, wrote) for one in db.scalars(rows) if one is not None})


def handled(db: Session, application_ids: Collection[uuid.UUID], account_id: uuid.UUID | None) -> set[uuid.UUID]:
    """Which of these cases the account sent, wrote evidence for or judged a line of: others look again. One statement.

    Who recommended a case stands in its look.
    """
    if account_id is None:
        return set()
    ids = list(application_ids)
    sent = select(ApplicationEvent.application_id).where(
        ApplicationEvent.application_id.in_(ids),
        ApplicationEvent.name.in_(SENDING),
        ApplicationEvent.account_id == account_id,
    )
    wrote = (
        select(ApplicationEvidence.application_id)
        .join(Evidence, Evidence.id == ApplicationEvidence.evidence_id)
        .where(
            ApplicationEvidence.application_id.in_(ids),
            Evidence.created_by == account_id,
            Evidence.activity_id.is_(None),
        )
    )
    judged = select(ApplicationLine.application_id).where(
        ApplicationLine.application_id.in_(ids), ApplicationLine.reviewed_by == account_id
    )
    return set(db.scalars(union_all(sent, wrote, judged)))


def look(db: Session, look_id: uuid.UUID) -> SecondLook | None:
    """One second look."""
    return db.get(SecondLook, look_id)


def of_case(db: Session, application_id: uuid.UUID) -> list[tuple[SecondLook, str, str | None]]:
    """The case's second looks with the names of the first and the second officer, the oldest first."""
    rows = db.execute(
        select(SecondLook, FIRST.display_name, SECOND.display_name)
        .join(FIRST, FIRST.id == SecondLook.first_by)
        .outerjoin(SECOND, SECOND.id == SecondLook.looked_by)
        .where(SecondLook.application_id == application_id)
        .order_by(SecondLook.id)
    )
    return [(one, first, second) for one, first, second in rows]


def waiting(db: Session, ward_code: str, *, after: uuid.UUID | None = None, limit: int = 50) -> list[LookRow]:
    """Second looks nobody has given yet, the oldest first; pages begin after an id."""
    query = (
        select(
            SecondLook.id,
            Application.id,
            Application.person_id,
            Application.household_id,
            Application.subject_id,
            Application.kind,
            func.coalesce(Person.name, Application.subject_name),
            Application.receipt,
            Community.name,
            Application.self_total,
            SecondLook.why,
            SecondLook.doubts,
            SecondLook.first_by,
            FIRST.display_name,
            SecondLook.made_at,
        )
        .join(Application, Application.id == SecondLook.application_id)
        .join(FIRST, FIRST.id == SecondLook.first_by)
        .outerjoin(Person, Person.id == Application.person_id)
        .outerjoin(Community, Community.id == Application.community_id)
        .where(SecondLook.ward_code == ward_code, SecondLook.looked_at.is_(None), SecondLook.closed_at.is_(None))
        .order_by(SecondLook.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(SecondLook.id > after)
    rows: Iterable[Sequence[Any]] = db.execute(query)  # columns stand in the order of LookRow's fields
    return [LookRow(*row) for row in rows]


def given(
    db: Session,
    ward_code: str,
    year: int,
    *,
    first_by: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
    limit: int = 50,
) -> list[tuple[SecondLook, Application, str, str, str]]:
    """Looks given on cases of a year: look, case, subject, first and second officer; the latest first, by id."""
    query = (
        select(
            SecondLook,
            Application,
            func.coalesce(Person.name, Application.subject_name),
            FIRST.display_name,
            SECOND.display_name,
        )
        .join(Application, Application.id == SecondLook.application_id)
        .join(FIRST, FIRST.id == SecondLook.first_by)
        .join(SECOND, SECOND.id == SecondLook.looked_by)
        .outerjoin(Person, Person.id == Application.person_id)
        .where(SecondLook.ward_code == ward_code, SecondLook.looked_at.is_not(None), Application.year == year)
        .order_by(SecondLook.id.desc())
        .limit(limit)
    )
    if first_by is not None:
        query = query.where(SecondLook.first_by == first_by)
    if after is not None:
        query = query.where(SecondLook.id < after)
    return [(one, of, name, first, second) for one, of, name, first, second in db.execute(query)]


def rates(db: Session, ward_code: str, year: int) -> list[Rate]:
    """Each officer's looks on cases of the year: given, disagreed, waiting; by name. One statement.

    A look closed because its case moved on was no look, and counts nowhere.
    """

    def number(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0))

    rows = db.execute(
        select(
            SecondLook.first_by,
            FIRST.display_name,
            number(SecondLook.looked_at.is_not(None)),
            number(SecondLook.agrees.is_(False)),
            number(SecondLook.looked_at.is_(None)),
        )
        .join(Application, Application.id == SecondLook.application_id)
        .join(FIRST, FIRST.id == SecondLook.first_by)
        .where(SecondLook.ward_code == ward_code, SecondLook.closed_at.is_(None), Application.year == year)
        .group_by(SecondLook.first_by, FIRST.display_name)
        .order_by(FIRST.display_name, SecondLook.first_by)
    )
    return [Rate(key, name, int(looked), int(disagreed), int(open_)) for key, name, looked, disagreed, open_ in rows]


def years(db: Session, ward_code: str) -> list[int]:
    """The years of which the ward has second looks, the latest first."""
    return list(
        db.scalars(
            select(Application.year)
            .join(SecondLook, SecondLook.application_id == Application.id)
            .where(SecondLook.ward_code == ward_code)
            .distinct()
            .order_by(Application.year.desc())
        )
    )


def bulks(
    db: Session, ward_code: str, *, after: uuid.UUID | None = None, limit: int = 50
) -> list[tuple[BulkRecommendation, str]]:
    """The ward's bulk recommendations with who made them, the latest first; pages begin after an id."""
    query = (
        select(BulkRecommendation, func.coalesce(Account.display_name, ""))
        .outerjoin(Account, Account.id == BulkRecommendation.account_id)
        .where(BulkRecommendation.ward_code == ward_code)
        .order_by(BulkRecommendation.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(BulkRecommendation.id < after)
    return [(bulk, name) for bulk, name in db.execute(query)]
