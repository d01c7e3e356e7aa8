"""Reads of imports."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.people.models import Person
from xhht_citizen.roster.models import RosterImport, RosterRow


def listed(db: Session, import_id: uuid.UUID) -> RosterImport | None:
    """One import, as it stands now."""
    query = select(RosterImport).where(RosterImport.id == import_id)
    return db.scalars(query.execution_options(populate_existing=True)).one_or_none()


def of_ward(db: Session, ward_code: str, *, after: uuid.UUID | None = None, limit: int = 50) -> list[RosterImport]:
    """A ward's imports, the newest first; pages begin after the last id."""
    query = select(RosterImport).where(RosterImport.ward_code == ward_code).order_by(RosterImport.id.desc())
    return list(db.scalars((query.where(RosterImport.id < after) if after else query).limit(limit)))


def same_file(db: Session, ward_code: str, sha256: str, but: uuid.UUID) -> RosterImport | None:
    """The latest import of the very same file in the ward, taken over and not undone."""
    return db.scalars(
        select(RosterImport)
        .where(
            RosterImport.ward_code == ward_code,
            RosterImport.file_sha256 == sha256,
            RosterImport.id != but,
            RosterImport.state == "imported",
        )
        .order_by(RosterImport.id.desc())
        .limit(1)
    ).one_or_none()


def rows(
    db: Session, import_id: uuid.UUID, *, outcome: str | None = None, after: int = 0, limit: int = 50
) -> list[RosterRow]:
    """Lines of an import by number: of one outcome, "warned" for those with a word beside them, or all."""
    query = select(RosterRow).where(RosterRow.import_id == import_id, RosterRow.number > after)
    if outcome == "warned":
        query = query.where(RosterRow.warned, RosterRow.outcome != "bad")
    elif outcome is not None:
        query = query.where(RosterRow.outcome == outcome)
    return list(db.scalars(query.order_by(RosterRow.number).limit(limit)))


def faulty(db: Session, import_id: uuid.UUID) -> dict[int, list[list[object]]]:
    """What is wrong with each bad line, by its number."""
    found = db.execute(
        select(RosterRow.number, RosterRow.faults)
        .where(RosterRow.import_id == import_id, RosterRow.outcome == "bad")
        .order_by(RosterRow.number)
    )
    return {number: value for number, value in found}  # noqa: C416 (a Result is no mapping for the checker)


def count(db: Session, import_id: uuid.UUID) -> dict[str, int]:
    """How many lines came to what; "warned" of those that are not bad, "rows" all of them, "done" taken over."""
    found = db.execute(
        select(RosterRow.outcome, func.count()).where(RosterRow.import_id == import_id).group_by(RosterRow.outcome)
    )
    counts = dict.fromkeys(("new", "changed", "same", "bad"), 0)
    for outcome, many in found:
        counts[outcome] = many
    warned = select(func.count()).where(RosterRow.import_id == import_id, RosterRow.warned, RosterRow.outcome != "bad")
    counts["rows"] = sum(counts.values())
    return counts | {"warned": db.scalars(warned).one(), "done": done(db, import_id)}


def done(db: Session, import_id: uuid.UUID) -> int:
    """How many lines the import has gone through."""
    query = select(func.count()).where(RosterRow.import_id == import_id, RosterRow.done_at.is_not(None))
    return db.scalars(query).one()


def bad_done(db: Session, import_id: uuid.UUID) -> int:
    """How many lines the import has gone through and found bad."""
    query = select(func.count()).where(
        RosterRow.import_id == import_id, RosterRow.outcome == "bad", RosterRow.done_at.is_not(None)
    )
    return db.scalars(query).one()


def done_rows(db: Session, import_id: uuid.UUID) -> dict[int, uuid.UUID | None]:
    """The lines that were taken over, and who each of them is."""
    found = db.execute(
        select(RosterRow.number, RosterRow.person_id).where(
            RosterRow.import_id == import_id, RosterRow.done_at.is_not(None)
        )
    )
    return {number: value for number, value in found}  # noqa: C416 (a Result is no mapping for the checker)


def with_old_files(db: Session, before: datetime) -> list[RosterImport]:
    """Imports that still have a file and were uploaded before that moment; none that a job is at work on."""
    return list(
        db.scalars(
            select(RosterImport)
            .where(
                or_(RosterImport.file_key.is_not(None), RosterImport.faults_key.is_not(None)),
                RosterImport.made_at < before,
                RosterImport.state.not_in(["importing", "undoing"]),
            )
            .limit(100)
        )
    )


def lists_in_use(db: Session, keys: Collection[str]) -> set[str]:
    """Those of the keys that an import names as its list."""
    return {key for key in db.scalars(select(RosterImport.file_key).where(RosterImport.file_key.in_(keys))) if key}


def names(db: Session, person_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What these people are called."""
    found = db.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {key: name for key, name in found}  # noqa: C416 (a Result is no mapping for the checker)


def made_by_import(db: Session, person_id: uuid.UUID) -> RosterImport | None:
    """The import that wrote this person down, where one did."""
    return db.scalars(
        select(RosterImport)
        .join(RosterRow, RosterRow.import_id == RosterImport.id)
        .where(RosterRow.person_id == person_id, RosterRow.outcome == "new", RosterRow.done_at.is_not(None))
        .limit(1)
    ).one_or_none()
