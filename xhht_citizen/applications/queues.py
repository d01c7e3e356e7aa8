"""What waits: a page of a queue, how much of it is overdue, and whether a community speaks first."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from xhht_citizen import clock
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import province_sets
from xhht_citizen.database import UtcDateTime
from xhht_citizen.groups.models import Mandate
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.named import binds, bound_since
from xhht_citizen.people.models import Account, HouseholdMembership, Person
from xhht_citizen.places import queries as places
from xhht_citizen.places.models import Commune, Community
from xhht_citizen.vietnamese import fold

COUNTED = (State.SUBMITTED, State.ENDORSED, State.OBJECTED, State.UNDER_REVIEW, State.RECOMMENDED, State.APPEALED)
BY_COMMUNITY = ("citizen", "household")  # whose cases the community speaks of before the ward does


@dataclass(frozen=True)
class QueueRow:
    """One case in a queue; a group has no person and no year of birth.

    `came_back`: its owner has answered what was asked, and nobody has looked at that yet.
    """

    id: uuid.UUID
    person_id: uuid.UUID | None
    household_id: uuid.UUID | None
    name: str
    birth_year: int | None
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
    kind: str
    subject_id: uuid.UUID
    ward_code: str
    channel: str
    appealed_at: datetime | None
    declined_by: uuid.UUID | None
    came_back: bool


@dataclass(frozen=True)
class Place:
    """Whose queue: a community's, a ward's, or a province's for what provinces decide; None throughout for all."""

    ward_code: str | None = None
    community_id: uuid.UUID | None = None
    province_code: str | None = None

    def cases(self) -> list[ColumnElement[bool]]:
        """SQL: the case of the row is this queue's."""
        if self.province_code is not None:
            wards = select(Commune.code).where(Commune.province_code == self.province_code)
            return [Application.criteria_set.in_(province_sets()), Application.ward_code.in_(wards)]
        found: list[ColumnElement[bool]] = []
        if self.ward_code is not None:
            found += [Application.ward_code == self.ward_code, Application.criteria_set.not_in(province_sets())]
        if self.community_id is not None:
            found += [Application.community_id == self.community_id]
        return found


# Who may endorse a case, as access.rules.not_family says it: a head of its community who lived in another household
# when it was sent and lives in another one today, is not named to act for the household whose case it is, and does not
# act, nor acted this past year, for the person whose case it is.
_OF_HEAD, _OF_OWNER = aliased(HouseholdMembership), aliased(HouseholdMembership)
_OWNERS_HOUSEHOLD = (
    select(_OF_OWNER.household_id)
    .where(_OF_OWNER.person_id == Application.person_id, _OF_OWNER.revoked_at.is_(None))
    .correlate(Application)
)


def _today() -> date:
    return clock.today()


_TODAY = bindparam("today", callable_=_today, type_=Date)  # asked each time a statement runs, not when it was built
_HEAD_SPEAKS = (
    exists()
    .where(
        Application.kind == "household",
        Mandate.kind == "household",
        Mandate.group_id == Application.subject_id,
        Mandate.person_id == Account.person_id,
        Mandate.revoked_at.is_(None),
        or_(Mandate.until.is_(None), Mandate.until >= _TODAY),
    )
    .correlate(Account, Application)
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
_BOUND = bindparam("bound", callable_=bound_since, type_=UtcDateTime)
_HEAD_HELPS = (
    exists()
    .where(Helper.person_id == Application.person_id, Helper.account_id == Account.id, binds(_TODAY, _BOUND))
    .correlate(Account, Application)
)
HEAD_OUTSIDE = (
    exists()
    .where(
        RoleGrant.community_id == Application.community_id,
        RoleGrant.role == str(Role.COMMUNITY_HEAD),
        RoleGrant.revoked_at.is_(None),
        Account.id == RoleGrant.account_id,
        ~_HEAD_IS_FAMILY,
        ~_HEAD_SPEAKS,
        ~_HEAD_HELPS,
    )
    .correlate(Application)
)


# A line that was asked about lost its verdict with its answer, or has the old question still.
CAME_BACK = and_(
    Application.state == State.UNDER_REVIEW,
    exists()
    .where(
        ApplicationLine.application_id == Application.id,
        ApplicationLine.returned_as.is_not(None),
        or_(ApplicationLine.verdict.is_(None), ApplicationLine.verdict == "ask"),
    )
    .correlate(Application),
)


def community_step(db: Session, case: Application) -> bool:
    """Whether the case must pass its community first: where the ward says so, and somebody there may say it.

    A head says nothing of the own household: where no other head of the community is left, the ward takes the case.
    Only people and households pass the community; other groups' cases go to whom decides.
    """
    if case.ward_code is None or case.community_id is None or case.kind not in BY_COMMUNITY:
        return False
    if not places.ward_settings(db, case.ward_code).community_step:
        return False
    return db.scalars(select(HEAD_OUTSIDE).where(Application.id == case.id)).one()


@dataclass(frozen=True)
class Sieve:
    """What a reviewer asked of a queue beside state, kind and text. `flag` is a key of FLAGS; scores are self-given.

    `reviewer_id`: on this account's desk; `unassigned`: on nobody's.
    """

    flag: str = ""
    reviewer_id: uuid.UUID | None = None
    unassigned: bool = False
    at_least: int | None = None
    below: int | None = None

    def cases(self) -> list[ColumnElement[bool]]:
        """SQL: the case of the row is asked for."""
        found: list[ColumnElement[bool]] = [FLAGS[self.flag]] if self.flag in FLAGS else []
        if self.reviewer_id is not None:
            found.append(Application.reviewer_id == self.reviewer_id)
        if self.unassigned:
            found.append(Application.reviewer_id.is_(None))
        if self.at_least is not None:
            found.append(Application.self_total >= self.at_least)
        if self.below is not None:
            found.append(Application.self_total < self.below)
        return found


_RESUBMITTED = (
    exists()
    .where(ApplicationEvent.application_id == Application.id, ApplicationEvent.name == "resubmit")
    .correlate(Application)
)
FLAGS: dict[str, ColumnElement[bool]] = {
    "clean": and_(
        Application.kind == "citizen",
        Application.evidence_gaps == 0,
        Application.state.in_((State.SUBMITTED, State.ENDORSED, State.UNDER_REVIEW)),
        Application.appealed_at.is_(None),
        ~_RESUBMITTED,
    ),
    "late": Application.late.is_(True),
    "gaps": Application.evidence_gaps > 0,
    "objected": Application.state == State.OBJECTED,
    "resubmitted": _RESUBMITTED,
    "came_back": CAME_BACK,
    "appealed": Application.appealed_at.is_not(None),
    "helper": Application.channel == "helper",
    "paper": Application.channel == "paper",
}
ANYTHING = Sieve()
OLDEST = "oldest"
# What a queue may be ordered by, and whether the highest goes first; its page key is that value and the case's id.
ORDERS: dict[str, tuple[Any, bool]] = {
    OLDEST: (Application.submitted_at, False),
    "newest": (Application.submitted_at, True),
    "highest": (Application.self_total, True),
    "lowest": (Application.self_total, False),
}
# Built once: a ward's queue is the page officers open most.
_ROWS = (
    select(
        Application.id,
        Application.person_id,
        Application.household_id,
        func.coalesce(Person.name, Application.subject_name),
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
        Application.kind,
        Application.subject_id,
        Application.ward_code,
        Application.channel,
        Application.appealed_at,
        Application.declined_by,
        CAME_BACK,
    )
    .outerjoin(Person, Person.id == Application.person_id)
    .outerjoin(Community, Community.id == Application.community_id)
)


def queue(
    db: Session,
    place: Place,
    *,
    states: tuple[State, ...],
    year: int | None = None,
    kinds: Collection[str] = (),
    text: str = "",
    sent_before: datetime | None = None,
    headless: bool = False,
    sieve: Sieve = ANYTHING,
    order: str = OLDEST,
    after: tuple[Any, uuid.UUID] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[QueueRow]:
    """Cases waiting, the longest first or by `order`; pages begin after the last key. One query for one row or fifty.

    `headless`: new cases too that no head of their community may endorse. `sent_before`: those overdue by then.
    `backwards`: what stands before the key, the nearest first.
    """
    column, down = ORDERS[order]
    down = down is not backwards
    ends = (column.desc(), Application.id.desc()) if down else (column, Application.id)
    query = _ROWS.where(_waits(states, headless=headless), *place.cases(), *sieve.cases()).order_by(*ends).limit(limit)
    if kinds:
        query = query.where(Application.kind.in_(kinds))
    if sent_before is not None:
        query = query.where(Application.submitted_at < sent_before)
    if year is not None:
        query = query.where(Application.year == year)
    if text.strip():
        query = query.where(
            or_(
                Person.search_key.contains(fold(text), autoescape=True),
                Application.subject_key.contains(fold(text), autoescape=True),
                Application.receipt.contains(text.strip(), autoescape=True),
            )
        )
    if after is not None:
        value, last = after
        if down:
            query = query.where((column < value) | ((column == value) & (Application.id < last)))
        else:
            query = query.where((column > value) | ((column == value) & (Application.id > last)))
    rows: Iterable[Sequence[Any]] = db.execute(query)  # columns stand in the order of QueueRow's fields
    return [QueueRow(*row[:6], State(row[6]), *row[7:]) for row in rows]  # type: ignore[call-arg]


def _waits(states: tuple[State, ...], *, headless: bool) -> ColumnElement[bool]:
    waiting = Application.state.in_(states)
    if not headless:
        return waiting
    straight = or_(Application.kind.not_in(BY_COMMUNITY), ~HEAD_OUTSIDE)
    return or_(waiting, and_(Application.state == State.SUBMITTED, straight))


def standing(
    db: Session,
    place: Place,
    *,
    states: tuple[State, ...],
    sent_before: datetime,
    kinds: Collection[str] = (),
    headless: bool = False,
) -> tuple[dict[State, int], int]:
    """How many cases stand in each open state, and how many of the desk's were sent before a moment. One statement."""
    late = and_(Application.submitted_at < sent_before, _waits(states, headless=headless))
    query = (
        select(Application.state, func.count(), func.sum(case((late, 1), else_=0)))
        .where(Application.state.in_(COUNTED), *place.cases())
        .group_by(Application.state)
    )
    if kinds:
        query = query.where(Application.kind.in_(kinds))
    rows = db.execute(query).all()
    counts = {State(state): count for state, count, _ in rows}
    return {state: counts.get(state, 0) for state in COUNTED}, int(sum(one or 0 for *_, one in rows))


def queue_counts(
    db: Session, place: Place, *, kinds: Collection[str] = (), year: int | None = None
) -> dict[State, int]:
    """How many cases stand in each open state; closed cases are not touched."""
    query = (
        select(Application.state, func.count())
        .where(
            Application.state.in_(COUNTED),
            *place.cases(),
        )
        .group_by(Application.state)
    )
    if kinds:
        query = query.where(Application.kind.in_(kinds))
    if year is not None:
        query = query.where(Application.year == year)
    counts = {State(state): count for state, count in db.execute(query)}
    return {state: counts.get(state, 0) for state in COUNTED}
