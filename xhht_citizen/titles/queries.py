"""Reads of the register."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from xhht_citizen.places.models import Commune, Community
from xhht_citizen.titles import rules
from xhht_citizen.titles.models import Decision, Registration, RegistrationTakenBack, Title
from xhht_citizen.titles.rules import read_code
from xhht_citizen.vietnamese import fold


@dataclass(frozen=True)
class PublicTitle:
    """A title as anyone with its code may see it; the caller masks the name."""

    title: Title
    ward: str
    community: str | None


@dataclass(frozen=True)
class Standing:
    """A person or group in the book of a year: registered or not, and the valid title and since when, if any."""

    registered: bool
    title_id: uuid.UUID | None
    granted_at: datetime | None = None


def title(db: Session, title_id: uuid.UUID) -> Title | None:
    """One title with its decision, and the later one that took it back."""
    whole = select(Title).options(joinedload(Title.decision), joinedload(Title.revoke_decision))
    return db.scalars(whole.where(Title.id == title_id)).one_or_none()


def by_ids(db: Session, ids: Collection[uuid.UUID]) -> list[Title]:
    """These titles with their decisions, in no order; ids of none are left out."""
    return list(db.scalars(select(Title).where(Title.id.in_(ids)).options(joinedload(Title.decision))))


def in_force(year: Any, last_day: Any = None) -> ColumnElement[bool]:
    """SQL: the title of the row counts in a year: it was granted for it, or for an earlier one and its term still runs.

    The edge: for the very year it was granted for it counts even where its term ends before the year does; later it
    counts in a year only when it is in force on the year's last day (`last_day`, for a statement with parameters). So
    a count never depends on the day it is made. For one day, see `standing`.
    """
    ends = date(year, 12, 31) if last_day is None else last_day
    return and_(Title.revoked_at.is_(None), or_(Title.year == year, and_(Title.year < year, Title.valid_until >= ends)))


def standing(title: Title, today: date) -> rules.Standing:
    """Whether a title counts today: valid, past its term, or revoked."""
    return rules.standing(revoked=title.revoked_at is not None, valid_until=title.valid_until, today=today)


def terms_of(db: Session, kind: str, subject_id: uuid.UUID, day: date) -> list[Title]:
    """A subject's titles with levels that were decided by a day, also those past their term, the oldest first."""
    return list(
        db.scalars(
            select(Title)
            .join(Title.decision)
            .where(
                Title.kind == kind,
                Title.subject_id == subject_id,
                Title.level.is_not(None),
                Title.revoked_at.is_(None),
                Decision.decided_on <= day,
            )
            .options(contains_eager(Title.decision))
            .order_by(Decision.decided_on, Title.granted_at)
        )
    )


def title_of(db: Session, subject_id: uuid.UUID, year: int, kind: str = "citizen") -> Title | None:
    """The subject's valid title of a year, with its decision."""
    return db.scalars(
        select(Title)
        .where(Title.subject_id == subject_id, Title.kind == kind, Title.year == year, Title.revoked_at.is_(None))
        .options(joinedload(Title.decision))
    ).one_or_none()


def titles_of(db: Session, subject_id: uuid.UUID) -> list[Title]:
    """Every title a person or group ever got, valid or revoked, with its decision; the latest year first."""
    return list(
        db.scalars(
            select(Title)
            .where(Title.subject_id == subject_id)
            .options(joinedload(Title.decision))
            .order_by(Title.year.desc(), Title.granted_at.desc())
        )
    )


def title_of_application(db: Session, application_id: uuid.UUID) -> Title | None:
    """The newest title that came out of a case, valid or revoked, with its decision."""
    return db.scalars(
        select(Title)
        .where(Title.application_id == application_id)
        .order_by(Title.granted_at.desc())
        .options(joinedload(Title.decision))
        .limit(1)
    ).one_or_none()


def by_code(db: Session, text: str) -> PublicTitle | None:
    """The title behind a public code, as typed or scanned; None when there is none."""
    code = read_code(text)
    if code is None:
        return None
    row = db.execute(
        select(Title, Commune.name, Community.name)
        .join(Commune, Commune.code == Title.ward_code)
        .outerjoin(Community, Community.id == Title.community_id)
        .where(Title.public_code == code)
        .options(joinedload(Title.decision), joinedload(Title.revoke_decision))
    ).one_or_none()
    return PublicTitle(*row) if row else None


def register(
    db: Session,
    *,
    year: int | None,
    ward_code: str | None = None,
    province_code: str | None = None,
    community_id: uuid.UUID | None = None,
    decision_id: uuid.UUID | None = None,
    kind: str | None = None,
    text: str = "",
    after: tuple[str, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[Title]:
    """The register of a year, or all, by name; found without marks or by code; pages begin after the last key."""
    query = select(Title).options(joinedload(Title.decision)).order_by(Title.sort_key, Title.id).limit(limit)
    if year is not None:
        query = query.where(Title.year == year)
    if kind is not None:
        query = query.where(Title.kind == kind)
    if decision_id is not None:
        query = query.where(Title.decision_id == decision_id)
    if ward_code is not None:
        query = query.where(Title.ward_code == ward_code)
    if province_code is not None:
        query = query.where(Title.province_code == province_code)
    if community_id is not None:
        query = query.where(Title.community_id == community_id)
    if text.strip():
        found = Title.search_key.contains(fold(text), autoescape=True)
        code = read_code(text)
        query = query.where(or_(found, Title.public_code == code) if code else found)
    if after is not None:
        key, last = after
        query = query.where((Title.sort_key > key) | ((Title.sort_key == key) & (Title.id > last)))
    return list(db.scalars(query))


def decision(db: Session, decision_id: uuid.UUID) -> Decision | None:
    """One decision."""
    return db.get(Decision, decision_id)


def count_valid(db: Session, decision_id: uuid.UUID) -> int:
    """How many titles a decision gave that were not taken back."""
    return db.scalar(select(func.count()).where(Title.decision_id == decision_id, Title.revoked_at.is_(None))) or 0


def revoked_by(db: Session, decision_id: uuid.UUID) -> list[Title]:
    """The titles a decision took back, by name."""
    return list(
        db.scalars(select(Title).where(Title.revoke_decision_id == decision_id).order_by(Title.sort_key, Title.id))
    )


def decisions(
    db: Session,
    ward_code: str,
    *,
    province_code: str | None = None,
    after: tuple[date, uuid.UUID] | None = None,
    limit: int = 50,
) -> list[tuple[Decision, int]]:
    """A ward's or a province's own decisions, the latest first, each with how many titles it gave; pages by key."""
    body = (
        Decision.province_code == province_code
        if province_code
        else and_(Decision.ward_code == ward_code, Decision.province_code.is_(None))
    )
    query = (
        select(Decision, func.count(Title.id))
        .outerjoin(Title, Title.decision_id == Decision.id)
        .where(body)
        .group_by(Decision.id)
        .order_by(Decision.decided_on.desc(), Decision.id.desc())
        .limit(limit)
    )
    if after is not None:
        day, last = after
        query = query.where((Decision.decided_on < day) | ((Decision.decided_on == day) & (Decision.id < last)))
    rows = db.execute(query)
    return [(decision, count) for decision, count in rows]


def registration(db: Session, subject_id: uuid.UUID, year: int, kind: str = "citizen") -> Registration | None:
    """The registration of a person or group for a year."""
    return db.scalars(
        select(Registration).where(
            Registration.subject_id == subject_id, Registration.year == year, Registration.kind == kind
        )
    ).one_or_none()


def registrations(db: Session, person_id: uuid.UUID) -> list[Registration]:
    """Every year the person registered for, the latest first."""
    return list(
        db.scalars(select(Registration).where(Registration.person_id == person_id).order_by(Registration.year.desc()))
    )


def taken_back(db: Session, subject_id: uuid.UUID) -> list[RegistrationTakenBack]:
    """Registrations of a person or group that were mistakes and taken back, the latest first."""
    return list(
        db.scalars(
            select(RegistrationTakenBack)
            .where(RegistrationTakenBack.subject_id == subject_id)
            .order_by(RegistrationTakenBack.taken_back_at.desc())
        )
    )


def standing_of(
    db: Session, subject_ids: Collection[uuid.UUID], year: int, kind: str = "citizen"
) -> dict[uuid.UUID, Standing]:
    """Where each of these people or groups stands in the year's book. Two queries for one or thirty.

    Of several titles in force, of an agency or commune, the one of the highest level and latest year is named.
    """
    registered = set(
        db.scalars(
            select(Registration.subject_id).where(
                Registration.subject_id.in_(subject_ids), Registration.year == year, Registration.kind == kind
            )
        )
    )
    rows = db.execute(
        select(Title.subject_id, Title.id, Title.granted_at)
        .where(Title.subject_id.in_(subject_ids), Title.kind == kind, in_force(year))
        .order_by(func.coalesce(Title.level, 0), Title.year)
    )
    titles = {subject_id: (title_id, at) for subject_id, title_id, at in rows}  # the last one of a subject stays
    return {key: Standing(key in registered, *titles.get(key, (None, None))) for key in subject_ids}
