"""Reads of evidence."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.evidence.rules import LASTING


@dataclass(frozen=True)
class YearCount:
    """How many pieces of evidence stand in a year."""

    year: int
    count: int


@dataclass(frozen=True)
class KindTotal:
    """What somebody learned in a year in one way: how many pieces, and the minutes of those that say how long."""

    year: int
    kind: str
    count: int
    minutes: int


def evidence(db: Session, evidence_id: uuid.UUID) -> Evidence | None:
    """One piece of evidence with its indicators and files."""
    return db.scalars(
        select(Evidence)
        .where(Evidence.id == evidence_id)
        .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
    ).one_or_none()


def file(db: Session, file_id: uuid.UUID) -> EvidenceFile | None:
    """One file with the evidence it belongs to."""
    return db.scalars(
        select(EvidenceFile).where(EvidenceFile.id == file_id).options(joinedload(EvidenceFile.evidence))
    ).one_or_none()


def of_person(
    db: Session,
    person_id: uuid.UUID,
    year: int,
    *,
    after: tuple[date, uuid.UUID] | None = None,
    limit: int = 200,
) -> list[Evidence]:
    """The person's evidence of a year with indicators and files, the newest first; withdrawn ones included.

    Pages begin after the last row's day and id.
    """
    query = (
        select(Evidence)
        .where(Evidence.person_id == person_id, Evidence.year == year)
        .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
        .order_by(Evidence.learned_on.desc(), Evidence.id.desc())
        .limit(limit)
    )
    if after is not None:
        day, last = after
        query = query.where((Evidence.learned_on < day) | ((Evidence.learned_on == day) & (Evidence.id < last)))
    return list(db.scalars(query))


def all_of_person(db: Session, person_id: uuid.UUID) -> list[Evidence]:
    """Everything the person ever wrote down, withdrawn or not, with indicators and files, the newest first."""
    return list(
        db.scalars(
            select(Evidence)
            .where(Evidence.person_id == person_id)
            .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
            .order_by(Evidence.learned_on.desc(), Evidence.id.desc())
        )
    )


def over_the_years(
    db: Session, person_id: uuid.UUID, *, after: tuple[date, uuid.UUID] | None = None, limit: int | None = None
) -> list[Evidence]:
    """What the person learned in all years with indicators and files, the newest first, without what was withdrawn.

    Pages begin after the last row's day and id.
    """
    query = (
        select(Evidence)
        .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None))
        .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
        .order_by(Evidence.learned_on.desc(), Evidence.id.desc())
    )
    if limit is not None:
        query = query.limit(limit)
    if after is not None:
        day, last = after
        query = query.where((Evidence.learned_on < day) | ((Evidence.learned_on == day) & (Evidence.id < last)))
    return list(db.scalars(query))


def kind_totals(db: Session, person_id: uuid.UUID) -> list[KindTotal]:
    """What the person learned by year, the latest first, and kind; without what was withdrawn."""
    rows = db.execute(
        select(Evidence.year, Evidence.kind, func.count(), func.sum(Evidence.minutes))
        .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None))
        .group_by(Evidence.year, Evidence.kind)
        .order_by(Evidence.year.desc(), Evidence.kind)
    )
    return [KindTotal(year, kind, count, minutes or 0) for year, kind, count, minutes in rows]


def files_by_year(db: Session, person_id: uuid.UUID) -> dict[int, int]:
    """How many files stand behind what the person learned, by year; without what was withdrawn."""
    rows = db.execute(
        select(Evidence.year, func.count())
        .join(EvidenceFile, EvidenceFile.evidence_id == Evidence.id)
        .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None))
        .group_by(Evidence.year)
    )
    return {year: count for year, count in rows}  # noqa: C416 (rows are no pairs to mypy)


def offered(db: Session, person_id: uuid.UUID, year: int) -> list[Evidence]:
    """What may support the person's case of a year (rules.counts_for), with indicators and files, the newest first."""
    counts = or_(Evidence.year == year, Evidence.kind.in_(LASTING) & (Evidence.year < year))
    return list(
        db.scalars(
            select(Evidence)
            .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None), counts)
            .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
            .order_by(Evidence.learned_on.desc(), Evidence.id.desc())
        )
    )


def years(db: Session, person_id: uuid.UUID) -> list[YearCount]:
    """The years the person has evidence of, the latest first."""
    rows = db.execute(
        select(Evidence.year, func.count())
        .where(Evidence.person_id == person_id, Evidence.withdrawn_at.is_(None))
        .group_by(Evidence.year)
        .order_by(Evidence.year.desc())
    )
    return [YearCount(year, count) for year, count in rows]
