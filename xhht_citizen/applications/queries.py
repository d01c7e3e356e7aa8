"""Reads of cases: one whole, its history, its evidence, a person's score."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationEvidence, ApplicationLine
from xhht_citizen.applications.rules import INNER, UNDECIDED, UNSENT, State
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Facts, Score, score
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.evidence.queries import offered
from xhht_citizen.people.models import Consent, Person
from xhht_citizen.titles.models import Title


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
    """These cases with their persons, people by name, then groups; ids that are no case are left out."""
    return list(
        db.scalars(
            select(Application)
            .outerjoin(Application.person)
            .where(Application.id.in_(list(ids)))
            .options(contains_eager(Application.person))
            .order_by(Person.id.is_(None), Person.sort_key, Application.kind, Application.subject_key, Application.id)
        )
    )


def states_of(db: Session, subjects: Iterable[uuid.UUID], year: int, kind: str = "citizen") -> dict[uuid.UUID, State]:
    """Where the cases of these people or groups of a year stand; who has none is not in it."""
    rows = db.execute(
        select(Application.subject_id, Application.state).where(
            Application.subject_id.in_(list(subjects)), Application.year == year, Application.kind == kind
        )
    )
    return {subject_id: State(state) for subject_id, state in rows}


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


def application_of(db: Session, kind: str, subject_id: uuid.UUID, year: int) -> Application | None:
    """The case of a person or group of a year, whole."""
    return db.scalars(
        select(Application)
        .where(Application.subject_id == subject_id, Application.year == year, Application.kind == str(kind))
        .options(joinedload(Application.person), selectinload(Application.lines))
    ).one_or_none()


def applications_of(db: Session, kind: str, subject_id: uuid.UUID) -> list[Application]:
    """All cases of a group, the latest year first."""
    return list(
        db.scalars(
            select(Application)
            .where(Application.subject_id == subject_id, Application.kind == str(kind))
            .order_by(Application.year.desc())
        )
    )


def decided_by(case: Application) -> str:
    """Who decides on the case, the ward or the province: its criteria set says."""
    return catalogue.get(case.criteria_set).decided_by


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


def events(db: Session, application_id: uuid.UUID, *, inner: bool = False) -> list[ApplicationEvent]:
    """The case's history, the oldest first; with `inner` also what officers did among themselves."""
    query = select(ApplicationEvent).where(ApplicationEvent.application_id == application_id)
    if not inner:
        query = query.where(ApplicationEvent.name.not_in(INNER))
    return list(db.scalars(query.order_by(ApplicationEvent.at, ApplicationEvent.id)))


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


def entered_from_paper(db: Session, case_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The accounts that copied the paper a case was last sent by; cases their owners sent themselves are not in it.

    Who copied a sheet should not be the only one to judge the case.
    """
    rows = db.execute(
        select(ApplicationEvent.application_id, ApplicationEvent.account_id, ApplicationEvent.detail)
        .where(
            ApplicationEvent.application_id.in_(list(case_ids)),
            ApplicationEvent.name.in_(["submit", "resubmit"]),
        )
        .order_by(ApplicationEvent.at, ApplicationEvent.id)
    )
    last = {case_id: account_id if detail.get("channel") == "paper" else None for case_id, account_id, detail in rows}
    return {case_id: account_id for case_id, account_id in last.items() if account_id is not None}


def snapshot(db: Session, application_id: uuid.UUID) -> list[ApplicationEvidence]:
    """Which evidence, in which version, the case was last sent with."""
    return list(db.scalars(select(ApplicationEvidence).where(ApplicationEvidence.application_id == application_id)))


def evidence_versions(db: Session, application_id: uuid.UUID) -> dict[str, dict[uuid.UUID, int]]:
    """The same by indicator: code -> {evidence id: version}."""
    found: dict[str, dict[uuid.UUID, int]] = {}
    for row in snapshot(db, application_id):
        found.setdefault(row.code, {})[row.evidence_id] = row.evidence_version
    return found


def was_appealed(db: Session, application_id: uuid.UUID) -> bool:
    """Whether the case was appealed before, also before it was taken back and sent anew: once a year is enough."""
    return db.scalars(
        select(exists().where(ApplicationEvent.application_id == application_id, ApplicationEvent.name == "appeal"))
    ).one()


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


def behind(db: Session, case: Application) -> dict[str, list[Evidence]]:
    """What stands behind each indicator now: as it was sent, or as it is tagged where its owner may still change it."""
    state = State(case.state)
    if case.person_id is None:
        return {}
    if state in {State.DRAFT, State.WITHDRAWN}:
        return tagged_evidence(db, case.person_id, case.year)
    sent = used_evidence(db, case.id)
    if state is not State.RETURNED:
        return sent
    asked = {row.code for row in case.lines if row.returned_as is not None} or {row.code for row in case.lines}
    tagged = tagged_evidence(db, case.person_id, case.year)
    return {code: found for code, found in sent.items() if code not in asked} | {
        code: found for code, found in tagged.items() if code in asked
    }


def evidence_titles(db: Session, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these pieces of evidence are called; those that are no more are left out."""
    rows = db.execute(select(Evidence.id, Evidence.title).where(Evidence.id.in_(list(ids))))
    return {key: title for key, title in rows}  # noqa: C416 (rows are no pairs to mypy)


def cases_sent_with(db: Session, evidence_id: uuid.UUID) -> list[Application]:
    """The cases a piece of evidence was sent with, the latest year first, without those withdrawn again."""
    return list(
        db.scalars(
            select(Application)
            .where(
                exists().where(
                    ApplicationEvidence.application_id == Application.id,
                    ApplicationEvidence.evidence_id == evidence_id,
                ),
                Application.state.not_in(UNSENT),
            )
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


def _by_code(rows: Iterable[tuple[str, Evidence]]) -> dict[str, list[Evidence]]:
    found: dict[str, list[Evidence]] = {}
    for code, evidence in rows:
        found.setdefault(code, []).append(evidence)
    return found


def line(application: Application, code: str) -> ApplicationLine | None:
    """The case's line of an indicator."""
    return next((row for row in application.lines if row.code == code), None)
