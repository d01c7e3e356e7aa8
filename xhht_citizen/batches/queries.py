"""Reads of batches: which there are, who is in one and may be granted, who could be put into one; letterheads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications.bench import kin_of
from xhht_citizen.applications.looks import open_of
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.queues import Place
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import order_of
from xhht_citizen.batches.models import DecisionBatch, DecisionBatchCase
from xhht_citizen.batches.rules import Bar, BatchState, fingerprint
from xhht_citizen.database import parts
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people.models import Consent, Person
from xhht_citizen.places.models import Community
from xhht_citizen.titles.models import Decision, Title
from xhht_citizen.vietnamese import fold

ORDER = {str(kind): place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class Line:
    """A line of a batch's list: a case that is to be granted, or a title that was.

    `order` sorts lists: kind by kind, by name as Vietnamese lists are, then by id. `bar` says why it cannot be granted.
    """

    id: uuid.UUID
    order: tuple[int, str, str]
    kind: str
    subject_id: uuid.UUID
    person_id: uuid.UUID | None
    name: str
    birth_year: int | None
    ward_code: str
    community_id: uuid.UUID | None
    points: int
    year: int
    version: int
    receipt: str = ""
    state: str = ""
    bar: Bar | None = None
    register_number: int | None = None
    public_code: str | None = None
    level: int | None = None

    @property
    def printed(self) -> bool:
        """Whether it stands on the papers: who enters the decision matters to the entering only."""
        return self.bar in {None, Bar.KIN}


@dataclass(frozen=True)
class Candidate:
    """A recommended case that is in no open batch."""

    id: uuid.UUID
    kind: str
    name: str
    key: str
    birth_year: int | None
    community: str | None
    points: int
    year: int
    waits_for_look: bool


def batch(db: Session, batch_id: uuid.UUID) -> DecisionBatch | None:
    """One batch."""
    return db.get(DecisionBatch, batch_id)


def batch_of_decision(db: Session, decision_id: uuid.UUID) -> DecisionBatch | None:
    """The batch a decision was entered for, if there is one."""
    return db.scalars(select(DecisionBatch).where(DecisionBatch.decision_id == decision_id)).one_or_none()


def _of_place(place: Place) -> ColumnElement[bool]:
    if place.province_code is not None:
        return DecisionBatch.province_code == place.province_code
    return DecisionBatch.ward_code == place.ward_code


def batches(
    db: Session, place: Place, *, after: uuid.UUID | None = None, limit: int = 50
) -> list[tuple[DecisionBatch, int, str | None]]:
    """A place's batches that were not dropped, the newest first: how many cases each names, its decision's number."""
    count = (
        select(func.count())
        .select_from(DecisionBatchCase)
        .where(DecisionBatchCase.batch_id == DecisionBatch.id)
        .correlate(DecisionBatch)
        .scalar_subquery()
    )
    query = (
        select(DecisionBatch, count, Decision.number)
        .outerjoin(Decision, Decision.id == DecisionBatch.decision_id)
        .where(_of_place(place), DecisionBatch.state != BatchState.DROPPED)
        .order_by(DecisionBatch.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(DecisionBatch.id < after)
    return [(row, cases, number) for row, cases, number in db.execute(query)]


def open_batches(db: Session, place: Place) -> list[DecisionBatch]:
    """The batches a case can be put into, the newest first."""
    return list(
        db.scalars(
            select(DecisionBatch)
            .where(_of_place(place), DecisionBatch.state == BatchState.OPEN)
            .order_by(DecisionBatch.id.desc())
        )
    )


def decision_of(db: Session, one: DecisionBatch) -> Decision | None:
    """The decision a signed batch became."""
    return db.get(Decision, one.decision_id) if one.decision_id else None


def place_of(one: DecisionBatch) -> Place:
    """Whose cases a batch may name."""
    return Place(province_code=one.province_code) if one.province_code else Place(one.ward_code)


def place_code(one: DecisionBatch) -> str:
    """The ward's or province's code, as its letterhead has it."""
    return one.province_code or one.ward_code or ""


def lines(db: Session, one: DecisionBatch, *, actor: Actor, today: date) -> list[Line]:
    """Everybody in a batch, as the printed list has them; of a signed one the titles its decision gave.

    The number of statements grows by the thousand, not by the line.
    """
    if one.decision_id is not None:
        return decided_lines(db, one.decision_id)
    rows = list(
        db.scalars(
            select(Application)
            .join(DecisionBatchCase, DecisionBatchCase.application_id == Application.id)
            .where(DecisionBatchCase.batch_id == one.id)
            .options(joinedload(Application.person))
        )
    )
    bars = bars_of(db, rows, place_of(one), actor=actor, today=today)
    return sorted((_line(case, bars.get(case.id)) for case in rows), key=lambda line: line.order)


def _line(case: Application, bar: Bar | None) -> Line:
    return Line(
        id=case.id,
        order=(ORDER[case.kind], order_of(case), case.id.hex),
        kind=case.kind,
        subject_id=case.subject_id,
        person_id=case.person_id,
        name=case.person.name if case.person is not None else case.subject_name,
        birth_year=case.person.birth_year if case.person is not None else None,
        ward_code=case.ward_code or "",
        community_id=case.community_id,
        points=case.confirmed_total or 0,
        year=case.year,
        version=case.version,
        receipt=case.receipt or "",
        state=case.state,
        bar=bar,
    )


def decided_lines(db: Session, decision_id: uuid.UUID, *, valid: bool = False) -> list[Line]:
    """The titles a decision gave, as its list has them; `valid`: without those taken back since."""
    query = (
        select(Title, Person.birth_year)
        .outerjoin(Person, Person.id == Title.person_id)
        .where(Title.decision_id == decision_id)
    )
    if valid:
        query = query.where(Title.revoked_at.is_(None))
    found = [
        Line(
            id=title.id,
            order=(ORDER[title.kind], title.sort_key, title.id.hex),
            kind=title.kind,
            subject_id=title.subject_id,
            person_id=title.person_id,
            name=title.holder_name,
            birth_year=birth_year,
            ward_code=title.ward_code,
            community_id=title.community_id,
            points=title.points,
            year=title.year,
            version=0,
            state=State.GRANTED,
            register_number=title.register_number,
            public_code=title.public_code,
            level=title.level,
        )
        for title, birth_year in db.execute(query)
    ]
    return sorted(found, key=lambda line: line.order)


def bars_of(
    db: Session, cases: Sequence[Application], place: Place, *, actor: Actor, today: date
) -> dict[uuid.UUID, Bar]:
    """Why which of these cases cannot be granted by this actor now; who can is not in it."""
    ids = [case.id for case in cases]
    here: set[uuid.UUID] = set()
    looks: set[uuid.UUID] = set()
    consented: set[uuid.UUID] = set()
    held: set[tuple[str, uuid.UUID, int]] = set()
    for some in parts(ids):
        here.update(db.scalars(select(Application.id).where(Application.id.in_(some), *place.cases())))
        looks |= open_of(db, some)
    for some in parts([case.subject_id for case in cases]):
        consented.update(
            db.scalars(select(Consent.person_id).where(Consent.person_id.in_(some), Consent.withdrawn_at.is_(None)))
        )
        rows = db.execute(
            select(Title.kind, Title.subject_id, Title.year).where(
                Title.subject_id.in_(some), Title.revoked_at.is_(None)
            )
        )
        held.update((kind, subject_id, year) for kind, subject_id, year in rows)
    kin = kin_of(db, actor, today)
    found: dict[uuid.UUID, Bar] = {}
    for case in cases:
        if case.state != State.RECOMMENDED or case.id not in here:
            found[case.id] = Bar.LEFT
        elif (case.kind, case.subject_id, case.year) in held:
            found[case.id] = Bar.HELD
        elif case.person_id is not None and case.person_id not in consented:
            found[case.id] = Bar.CONSENT
        elif case.id in looks:
            found[case.id] = Bar.LOOK
        elif kin.has(case):
            found[case.id] = Bar.KIN
    return found


def seen(found: Sequence[Line]) -> str:
    """The fingerprint of what can be granted of a batch, as its page showed it."""
    return fingerprint((line.id, line.version) for line in found if line.bar is None)


def _candidates(place: Place, kind: str | None, community_id: uuid.UUID | None, text: str) -> list[ColumnElement[bool]]:
    taken = (
        select(DecisionBatchCase.application_id)
        .join(DecisionBatch, DecisionBatch.id == DecisionBatchCase.batch_id)
        .where(DecisionBatch.state == BatchState.OPEN, DecisionBatchCase.application_id == Application.id)
        .correlate(Application)
    )
    asked = [Application.state == State.RECOMMENDED, *place.cases(), ~taken.exists()]
    if kind:
        asked.append(Application.kind == kind)
    if community_id is not None:
        asked.append(Application.community_id == community_id)
    if text.strip():
        found = fold(text)
        asked.append(
            or_(
                Person.search_key.contains(found, autoescape=True),
                Application.subject_key.contains(found, autoescape=True),
                Application.receipt.contains(text.strip(), autoescape=True),
            )
        )
    return asked


def candidates(
    db: Session,
    place: Place,
    *,
    kind: str | None = None,
    community_id: uuid.UUID | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[Candidate]:
    """Recommended cases that are in no open batch, by name; pages begin after the last key. Two statements."""
    key = func.coalesce(Person.sort_key, Application.subject_key)
    query = (
        select(
            Application.id,
            Application.kind,
            func.coalesce(Person.name, Application.subject_name),
            key,
            Person.birth_year,
            Community.name,
            Application.confirmed_total,
            Application.year,
        )
        .outerjoin(Person, Person.id == Application.person_id)
        .outerjoin(Community, Community.id == Application.community_id)
        .where(*_candidates(place, kind, community_id, text))
        .order_by(key, Application.id)
        .limit(limit)
    )
    if after is not None:
        last_key, last_id = after
        query = query.where((key > last_key) | ((key == last_key) & (Application.id > last_id)))
    rows: list[Any] = list(db.execute(query))
    looks = open_of(db, [row[0] for row in rows])
    return [
        Candidate(row[0], row[1], row[2], row[3], row[4], row[5], row[6] or 0, row[7], row[0] in looks) for row in rows
    ]


def candidate_ids(
    db: Session,
    place: Place,
    *,
    kind: str | None = None,
    community_id: uuid.UUID | None = None,
    text: str = "",
    limit: int | None = None,
) -> list[uuid.UUID]:
    """The ids of all of them."""
    return list(
        db.scalars(
            select(Application.id)
            .outerjoin(Person, Person.id == Application.person_id)
            .where(*_candidates(place, kind, community_id, text))
            .order_by(Application.id)
            .limit(limit)
        )
    )
