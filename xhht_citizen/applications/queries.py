"""Reads of cases: one whole, or a page of a queue."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence, ApplicationLine
from xhht_citizen.applications.rules import UNDECIDED, UNSENT, State
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Facts, Score, score
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.evidence.queries import offered
from xhht_citizen.people.models import Account, Consent, HouseholdMembership, Person
from xhht_citizen.places import queries as places
from xhht_citizen.places.models import Community
from xhht_citizen.titles.models import Title
from xhht_citizen.vietnamese import fold


@dataclass(frozen=True)
class QueueRow:
    """One case in a queue."""

    id: uuid.UUID
    person_id: uuid.UUID
    household_id: uuid.UUID | None
    name: str
    birth_year: int
    receipt: str
    state: State
    self_total: int
    confirmed_total: int | None
    evidence_gaps: int
    community: str | None
    submitted_at: datetime
    reviewer_id: uuid.UUID | None
    version: int
    late: bool


def application(db: Session, application_id: uuid.UUID) -> Application | None:
    """One case with its person and lines."""
    return db.scalars(
        select(Application)
        .where(Application.id == application_id)
        .options(joinedload(Application.person), selectinload(Application.lines))
    ).one_or_none()


def wards_with_cases(db: Session, ward_code: str | None = None) -> set[str]:
    """Wards (all, or this one) with steps of cases or titles, each of which left a link in the ward's audit chain."""
    found: set[str] = set()
    for column in (ApplicationEvent.ward_code, Application.ward_code, Title.ward_code):
        asked = select(column).distinct().where(column.is_not(None))
        found.update(db.scalars(asked if ward_code is None else asked.where(column == ward_code)))
    return found


def cases(db: Session, ids: Iterable[uuid.UUID]) -> list[Application]:
    """These cases with their persons, by name; ids that are no case are left out."""
    return list(
        db.scalars(
            select(Application)
            .join(Application.person)
            .where(Application.id.in_(list(ids)))
            .options(contains_eager(Application.person))
            .order_by(Person.sort_key, Application.id)
        )
    )


def states_of(db: Session, person_ids: Iterable[uuid.UUID], year: int, kind: str = "citizen") -> dict[uuid.UUID, State]:
    """Where these people's cases of a year stand; who has none is not in it."""
    rows = db.execute(
        select(Application.person_id, Application.state).where(
            Application.person_id.in_(list(person_ids)), Application.year == year, Application.kind == kind
        )
    )
    return {person_id: State(state) for person_id, state in rows}


def community_step(db: Session, case: Application) -> bool:
    """Whether the case must pass its community first: where the ward says so, and somebody there may say it.

    A head says nothing of the own household: where no other head of the community is left, the ward takes the case.
    """
    if case.ward_code is None or case.community_id is None:
        return False
    if not places.ward_settings(db, case.ward_code).community_step:
        return False
    return db.scalars(select(_HEAD_OUTSIDE).where(Application.id == case.id)).one()


# Who may endorse a case, as access.rules.not_family says it: a head of its community who lived in another household
# when it was sent and lives in another one today.
_OF_HEAD, _OF_OWNER = aliased(HouseholdMembership), aliased(HouseholdMembership)
_OWNERS_HOUSEHOLD = (
    select(_OF_OWNER.household_id)
    .where(_OF_OWNER.person_id == Application.person_id, _OF_OWNER.revoked_at.is_(None))
    .correlate(Application)
)
_HEAD_IS_FAMILY = (
    exists()
    .where(
        _OF_HEAD.person_id == Account.person_id,
        _OF_HEAD.revoked_at.is_(None),
        or_(
            _OF_HEAD.person_id == Application.person_id,
            _OF_HEAD.household_id == Application.household_id,
            _OF_HEAD.household_id.in_(_OWNERS_HOUSEHOLD),
        ),
    )
    .correlate(Account, Application)
)
_HEAD_OUTSIDE = (
    exists()
    .where(
        RoleGrant.community_id == Application.community_id,
        RoleGrant.role == str(Role.COMMUNITY_HEAD),
        RoleGrant.revoked_at.is_(None),
        Account.id == RoleGrant.account_id,
        ~_HEAD_IS_FAMILY,
    )
    .correlate(Application)
)


def has_consent(db: Session, person_id: uuid.UUID) -> bool:
    """Whether the person's consent, to whichever version of the privacy text, stands."""
    return db.scalars(select(exists().where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None)))).one()


def undecided(db: Session, person_id: uuid.UUID) -> list[Application]:
    """The person's cases that were sent and not decided, of whatever year, the latest first."""
    return [case for case in own_applications(db, person_id) if State(case.state) in UNDECIDED]


def undecided_of(db: Session, subject_ids: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    """Ids of the cases of these people and groups that were sent and not decided, in the order they are locked."""
    return list(
        db.scalars(
            select(Application.id)
            .where(Application.subject_id.in_(list(subject_ids)), Application.state.in_(UNDECIDED))
            .order_by(Application.id)
        )
    )


def own_application(db: Session, person_id: uuid.UUID, year: int, kind: str = "citizen") -> Application | None:
    """The person's case of a year, whole."""
    return db.scalars(
        select(Application)
        .where(Application.person_id == person_id, Application.year == year, Application.kind == kind)
        .options(joinedload(Application.person), selectinload(Application.lines))
    ).one_or_none()


def own_applications(db: Session, person_id: uuid.UUID) -> list[Application]:
    """All the person's cases, the latest year first."""
    return list(
        db.scalars(select(Application).where(Application.person_id == person_id).order_by(Application.year.desc()))
    )


def events(db: Session, application_id: uuid.UUID) -> list[ApplicationEvent]:
    """The case's history, the oldest first."""
    return list(
        db.scalars(
            select(ApplicationEvent)
            .where(ApplicationEvent.application_id == application_id)
            .order_by(ApplicationEvent.at, ApplicationEvent.id)
        )
    )


def tagged_evidence(db: Session, person_id: uuid.UUID, year: int) -> dict[str, list[Evidence]]:
    """What the person's own evidence offers each indicator now: of the year, and certificates of any year."""
    rows = offered(db, person_id, year)
    return _by_code((tag.code, evidence) for evidence in rows for tag in evidence.indicators)


def hold_evidence(db: Session, person_id: uuid.UUID, year: int) -> None:
    """Lock what a case of the year may rest on, in one order, until the commit: nobody withdraws or edits it now."""
    db.scalars(
        select(Evidence)
        .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None), Evidence.year <= year)
        .order_by(Evidence.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def snapshot(db: Session, application_id: uuid.UUID) -> list[ApplicationEvidence]:
    """Which evidence, in which version, the case was last sent with."""
    return list(db.scalars(select(ApplicationEvidence).where(ApplicationEvidence.application_id == application_id)))


def used_evidence(db: Session, application_id: uuid.UUID) -> dict[str, list[Evidence]]:
    """What the case rested on when it was sent, per indicator, with the files."""
    rows = db.execute(
        select(ApplicationEvidence.code, Evidence)
        .join(Evidence, Evidence.id == ApplicationEvidence.evidence_id)
        .where(ApplicationEvidence.application_id == application_id)
        .options(selectinload(Evidence.files), selectinload(Evidence.indicators))
        .order_by(Evidence.learned_on.desc(), Evidence.id)
    )
    return _by_code(rows)


def cases_sent_with(db: Session, evidence_id: uuid.UUID) -> list[Application]:
    """The cases a piece of evidence was sent with, the latest year first, without those withdrawn again."""
    return list(
        db.scalars(
            select(Application)
            .join(ApplicationEvidence, ApplicationEvidence.application_id == Application.id)
            .where(
                ApplicationEvidence.evidence_id == evidence_id,
                Application.state.not_in(UNSENT),
            )
            .distinct()
            .order_by(Application.year.desc(), Application.id)
        )
    )


def claimed_score(application: Application) -> Score:
    """The self-assessment, scored."""
    return _score(application, {line.code: line.claimed_points for line in application.lines})


def standing_score(application: Application) -> Score:
    """Confirmed points where a reviewer has spoken, claimed ones elsewhere."""
    return _score(
        application,
        {
            line.code: line.confirmed_points if line.confirmed_points is not None else line.claimed_points
            for line in application.lines
        },
    )


def confirmed_score(application: Application) -> Score:
    """Only what a reviewer confirmed or changed."""
    return _score(application, {line.code: line.confirmed_points for line in application.lines})


def _score(application: Application, points: dict[str, int | None]) -> Score:
    facts = Facts(
        points={code: value for code, value in points.items() if value is not None},
        area=frozenset({"disadvantaged"}) if application.disadvantaged else frozenset(),
    )
    return score(catalogue.get(application.criteria_set), facts)


def queue(
    db: Session,
    *,
    states: tuple[State, ...],
    ward_code: str | None = None,
    community_id: uuid.UUID | None = None,
    year: int | None = None,
    text: str = "",
    sent_before: datetime | None = None,
    headless: bool = False,
    after: tuple[datetime, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[QueueRow]:
    """Cases waiting, the longest first; pages begin after the last key. One query for one row or fifty.

    `headless`: new cases too that no head of their community may endorse. `sent_before`: those overdue by then.
    """
    query = (
        select(
            Application.id,
            Application.person_id,
            Application.household_id,
            Person.name,
            Person.birth_year,
            Application.receipt,
            Application.state,
            Application.self_total,
            Application.confirmed_total,
            Application.evidence_gaps,
            Community.name,
            Application.submitted_at,
            Application.reviewer_id,
            Application.version,
            Application.late,
        )
        .join(Person, Person.id == Application.person_id)
        .outerjoin(Community, Community.id == Application.community_id)
        .where(_waits(states, headless=headless))
        .order_by(Application.submitted_at, Application.id)
        .limit(limit)
    )
    if sent_before is not None:
        query = query.where(Application.submitted_at < sent_before)
    if ward_code is not None:
        query = query.where(Application.ward_code == ward_code)
    if community_id is not None:
        query = query.where(Application.community_id == community_id)
    if year is not None:
        query = query.where(Application.year == year)
    if text.strip():
        query = query.where(
            or_(
                Person.search_key.contains(fold(text), autoescape=True),
                Application.receipt.contains(text.strip(), autoescape=True),
            )
        )
    if after is not None:
        moment, last = after
        query = query.where(
            (Application.submitted_at > moment) | ((Application.submitted_at == moment) & (Application.id > last))
        )
    rows: Iterable[Sequence[Any]] = db.execute(query)  # columns stand in the order of QueueRow's fields
    return [QueueRow(*row[:6], State(row[6]), *row[7:]) for row in rows]  # type: ignore[call-arg]


def _waits(states: tuple[State, ...], *, headless: bool) -> ColumnElement[bool]:
    waiting = Application.state.in_(states)
    return or_(waiting, and_(Application.state == State.SUBMITTED, ~_HEAD_OUTSIDE)) if headless else waiting


def overdue(
    db: Session,
    *,
    states: tuple[State, ...],
    ward_code: str,
    sent_before: datetime,
    community_id: uuid.UUID | None = None,
    headless: bool = False,
) -> int:
    """How many of a desk's cases were sent before a moment."""
    query = (
        select(func.count())
        .select_from(Application)
        .where(
            _waits(states, headless=headless),
            Application.ward_code == ward_code,
            Application.submitted_at < sent_before,
        )
    )
    if community_id is not None:
        query = query.where(Application.community_id == community_id)
    return db.scalars(query).one()


def queue_counts(
    db: Session, *, ward_code: str | None = None, community_id: uuid.UUID | None = None, year: int | None = None
) -> dict[State, int]:
    """How many cases stand in each open state; reads the queue index only, closed cases are not touched."""
    query = (
        select(Application.state, func.count())
        .where(Application.state.in_([State.SUBMITTED, State.ENDORSED, State.UNDER_REVIEW, State.RECOMMENDED]))
        .group_by(Application.state)
    )
    if ward_code is not None:
        query = query.where(Application.ward_code == ward_code)
    if community_id is not None:
        query = query.where(Application.community_id == community_id)
    if year is not None:
        query = query.where(Application.year == year)
    counts = {State(state): count for state, count in db.execute(query)}
    return {
        state: counts.get(state, 0)
        for state in (State.SUBMITTED, State.ENDORSED, State.UNDER_REVIEW, State.RECOMMENDED)
    }


def _by_code(rows: Iterable[tuple[str, Evidence]]) -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    for code, evidence in rows:
        found.setdefault(code, []).append(evidence)
    return found


def line(application: Application, code: str) -> ApplicationLine | None:
    """The case's line of an indicator."""
    return next((row for row in application.lines if row.code == code), None)
