"""Reads of meetings: who may be spoken of, what was said, and everything a biên bản needs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.applications.models import Application
from xhht_citizen.applications.queues import BY_COMMUNITY
from xhht_citizen.applications.rules import State
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.meetings.models import Meeting, MeetingResult
from xhht_citizen.meetings.rules import Outcome, Way
from xhht_citizen.people.models import Account, Person
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.vietnamese import name_sort_key

SPOKEN_OF = (State.SUBMITTED, State.OBJECTED)  # whose cases a meeting may still speak of


@dataclass(frozen=True)
class Candidate:
    """A case the community may speak of; `name` and `sort_key` are those of its person, or of the household."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    person_id: uuid.UUID | None
    household_id: uuid.UUID | None
    name: str
    sort_key: str
    birth_year: int | None
    receipt: str
    state: State
    self_total: int
    evidence_gaps: int
    version: int
    ward_code: str
    community_id: uuid.UUID
    year: int
    reason: str | None


@dataclass(frozen=True)
class MeetingRow:
    """One meeting in a list."""

    id: uuid.UUID
    community: str
    year: int
    held_on: date
    present: int
    total: int
    endorsed: int
    objected: int


@dataclass(frozen=True)
class Result:
    """What a meeting said of one candidate, and where the case stands today. `birth_year` is None for a household."""

    application_id: uuid.UUID
    person_id: uuid.UUID | None
    kind: str
    name: str
    birth_year: int | None
    receipt: str
    self_total: int
    outcome: Outcome
    votes: int | None
    reason: str | None
    state: State


@dataclass(frozen=True)
class Minutes:
    """Everything the minutes (biên bản) of a meeting say, names as they stood that day, results by name.

    `present` of `total` came; `way` says whether votes were counted (then every result has `votes` for).
    `entered_by` is the name of the account that typed it in, None once unknown.
    """

    id: uuid.UUID
    ward_code: str
    ward: str
    province: str
    community_id: uuid.UUID
    community: str
    year: int
    held_on: date
    venue: str
    chair: str
    secretary: str
    present: int
    total: int
    way: Way
    note: str | None
    entered_at: datetime
    entered_by: str | None
    results: tuple[Result, ...]

    @property
    def endorsed(self) -> tuple[Result, ...]:
        """Whom the meeting endorsed."""
        return tuple(one for one in self.results if one.outcome is Outcome.ENDORSED)

    @property
    def objected(self) -> tuple[Result, ...]:
        """Whom it would not endorse, each with the reason."""
        return tuple(one for one in self.results if one.outcome is Outcome.OBJECTED)


def minutes(db: Session, meeting_id: uuid.UUID) -> Minutes:
    """One meeting whole. Two queries however many were spoken of. NotFound."""
    found = db.execute(
        select(Meeting, Commune.name, Province.name, Community.name, Account.display_name)
        .join(Commune, Commune.code == Meeting.ward_code)
        .join(Province, Province.code == Commune.province_code)
        .join(Community, Community.id == Meeting.community_id)
        .outerjoin(Account, Account.id == Meeting.entered_by)
        .where(Meeting.id == meeting_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("Không tìm thấy cuộc họp này."))
    row, ward, province, community, entered_by = found
    return Minutes(
        id=row.id,
        ward_code=row.ward_code,
        ward=ward,
        province=province,
        community_id=row.community_id,
        community=community,
        year=row.year,
        held_on=row.held_on,
        venue=row.venue,
        chair=row.chair,
        secretary=row.secretary,
        present=row.present,
        total=row.total,
        way=Way(row.way),
        note=row.note,
        entered_at=row.entered_at,
        entered_by=entered_by,
        results=_results(db, row.id),
    )


def _results(db: Session, meeting_id: uuid.UUID) -> tuple[Result, ...]:
    rows = db.execute(
        select(
            MeetingResult,
            Application.person_id,
            Application.kind,
            Application.receipt,
            Application.state,
            Person.birth_year,
        )
        .join(Application, Application.id == MeetingResult.application_id)
        .outerjoin(Person, Person.id == Application.person_id)
        .where(MeetingResult.meeting_id == meeting_id)
        .order_by(MeetingResult.sort_key, MeetingResult.application_id)
    )
    return tuple(
        Result(
            row.application_id,
            person_id,
            kind,
            row.name,
            birth_year,
            receipt or "",
            row.self_total,
            Outcome(row.outcome),
            row.votes,
            row.reason,
            State(state),
        )
        for row, person_id, kind, receipt, state, birth_year in rows
    )


def meeting(db: Session, meeting_id: uuid.UUID) -> Meeting | None:
    """The row of a meeting."""
    return db.get(Meeting, meeting_id)


def meetings(
    db: Session,
    ward_code: str,
    community_id: uuid.UUID | None = None,
    *,
    after: tuple[date, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[MeetingRow]:
    """Meetings of a ward's communities, or of one, the latest first; pages begin after the last day and id."""
    said = [
        func.coalesce(func.sum(sql_case((MeetingResult.outcome == str(one), 1), else_=0)), 0)
        for one in (Outcome.ENDORSED, Outcome.OBJECTED)
    ]
    counts = (
        select(MeetingResult.meeting_id, said[0].label("endorsed"), said[1].label("objected"))
        .group_by(MeetingResult.meeting_id)
        .subquery()
    )
    query = (
        select(
            Meeting.id,
            Community.name,
            Meeting.year,
            Meeting.held_on,
            Meeting.present,
            Meeting.total,
            func.coalesce(counts.c.endorsed, 0),
            func.coalesce(counts.c.objected, 0),
        )
        .join(Community, Community.id == Meeting.community_id)
        .outerjoin(counts, counts.c.meeting_id == Meeting.id)
        .where(Meeting.ward_code == ward_code)
        .order_by(Meeting.held_on.desc(), Meeting.id.desc())
        .limit(limit)
    )
    if community_id is not None:
        query = query.where(Meeting.community_id == community_id)
    if after is not None:
        day, last = after
        query = query.where((Meeting.held_on < day) | ((Meeting.held_on == day) & (Meeting.id < last)))
    return [MeetingRow(*row) for row in db.execute(query)]


def candidates(db: Session, community_id: uuid.UUID, year: int, *, limit: int = 200) -> list[Candidate]:
    """Cases of the community and year a meeting may speak of, people and households, by name. One query."""
    rows = db.execute(
        select(
            Application.id,
            Application.kind,
            Application.subject_id,
            Application.person_id,
            Application.household_id,
            func.coalesce(Person.name, Application.subject_name),
            func.coalesce(Person.sort_key, Application.subject_key).label("sort_key"),
            Person.birth_year,
            Application.receipt,
            Application.state,
            Application.self_total,
            Application.evidence_gaps,
            Application.version,
            Application.ward_code,
            Application.community_id,
            Application.year,
            Application.reason,
        )
        .outerjoin(Person, Person.id == Application.person_id)
        .where(
            Application.community_id == community_id,
            Application.state.in_(SPOKEN_OF),
            Application.year == year,
            Application.kind.in_(BY_COMMUNITY),
        )
        .order_by("sort_key", Application.kind, Application.id)
        .limit(limit)
    )
    columns: Iterable[Sequence[Any]] = rows  # in the order of Candidate's fields
    found = [Candidate(*row[:9], State(row[9]), *row[10:]) for row in columns]  # type: ignore[call-arg]
    # A household is called after its head, and has no key of its own to sort by.
    named = [one if one.person_id else replace(one, sort_key=name_sort_key(one.name)) for one in found]
    return sorted(named, key=lambda one: (one.sort_key, one.kind, str(one.id)))


def years(db: Session, community_id: uuid.UUID) -> dict[int, int]:
    """Year -> how many cases of the community wait to be spoken of, the latest year first."""
    rows = db.execute(
        select(Application.year, func.count())
        .where(
            Application.community_id == community_id,
            Application.state.in_(SPOKEN_OF),
            Application.kind.in_(BY_COMMUNITY),
        )
        .group_by(Application.year)
        .order_by(Application.year.desc())
    )
    return {year: count for year, count in rows}  # noqa: C416 (rows are no pairs to mypy)


def last_of(db: Session, community_id: uuid.UUID) -> Meeting | None:
    """The community's latest meeting: its venue, chair and secretary are offered for the next one."""
    return db.scalars(
        select(Meeting)
        .where(Meeting.community_id == community_id)
        .order_by(Meeting.held_on.desc(), Meeting.id.desc())
        .limit(1)
    ).one_or_none()


def names_of(db: Session, ids: Collection[uuid.UUID], community_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """Whose cases of the community these are, by name; ids of other places are left out."""
    rows = db.execute(
        select(Application.id, func.coalesce(Person.name, Application.subject_name))
        .outerjoin(Person, Person.id == Application.person_id)
        .where(Application.id.in_(list(ids)), Application.community_id == community_id)
        .order_by(Person.sort_key, Application.id)
    )
    return {key: name for key, name in rows}  # noqa: C416 (rows are no pairs to mypy)
