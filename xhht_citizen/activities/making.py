"""Evidence of an activity's list: made for many at once, brought up to date, taken back.

The caller holds the activity's row; evidence is locked here in the order of its ids.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from xhht_citizen.activities.models import Activity, Attendance
from xhht_citizen.activities.rules import evidence_id
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator
from xhht_citizen.people.models import Person

MOST_NAMED = 20  # in a refusal; the rest is a number


@dataclass(frozen=True)
class Followed:
    """How many pieces of evidence a correction reached, and how many it could not: they are in cases that were sent."""

    changed: int
    locked: int


def _facts(row: Activity) -> dict[str, Any]:
    """What evidence says of its activity."""
    return {
        "kind": row.kind,
        "title": row.name,
        "provider": row.provider,
        "learned_on": row.held_on,
        "year": row.held_on.year,
        "minutes": row.minutes,
    }


def make_evidence(db: Session, row: Activity, people: list[uuid.UUID], account_id: uuid.UUID) -> None:
    """One piece of evidence for each, in few statements however many they are; taken back once, it holds again."""
    if not people:
        return
    ids = {evidence_id(row.id, one): one for one in people}
    moment = now()
    again = db.scalars(
        select(Evidence.id).where(Evidence.activity_id == row.id, Evidence.withdrawn_at.is_not(None))
    ).all()
    again = [one for one in again if one in ids]
    fresh = [{"id": key, "person_id": one} for key, one in ids.items() if key not in set(again)]
    facts = _facts(row)
    shared = {
        **facts,
        "ward_code": row.ward_code,
        "activity_id": row.id,
        "created_at": moment,
        "created_by": account_id,
        "confirmed_at": moment,
        "confirmed_by": account_id,
        "version": 1,
    }
    if fresh:
        db.execute(insert(Evidence), [{**shared, **one} for one in fresh])
        tags = [{"evidence_id": one["id"], "code": code} for one in fresh for code in row.indicators]
        db.execute(insert(EvidenceIndicator), tags)
    if again:
        back = {**facts, "withdrawn_at": None, "confirmed_at": moment, "confirmed_by": account_id}
        db.execute(
            update(Evidence).where(Evidence.id.in_(again)).values(**back, version=Evidence.version + 1),
            execution_options={"synchronize_session": False},
        )
    db.execute(
        update(Attendance),
        [{"activity_id": row.id, "person_id": one, "evidence_id": key} for key, one in ids.items()],
    )
    db.expire_all()


def _held(db: Session, row: Activity) -> dict[uuid.UUID, tuple[uuid.UUID, bool, bool]]:
    """Every piece of evidence of the activity that stands, locked to the commit: person, in a sent case, ever used."""
    rows = db.execute(
        select(Evidence.id, Evidence.person_id, Evidence.locked_at, Evidence.used_at)
        .where(Evidence.activity_id == row.id, Evidence.withdrawn_at.is_(None))
        .order_by(Evidence.id)
        .with_for_update()
    )
    return {key: (person, locked is not None, used is not None) for key, person, locked, used in rows}


def follow(db: Session, row: Activity, *, added: frozenset[str], removed: frozenset[str]) -> Followed:
    held = _held(db, row)
    free = [key for key, (_person, locked, _used) in held.items() if not locked]
    if free:
        mine = Evidence.activity_id == row.id, Evidence.withdrawn_at.is_(None), Evidence.locked_at.is_(None)
        db.execute(
            update(Evidence).where(*mine).values(**_facts(row), version=Evidence.version + 1),
            execution_options={"synchronize_session": False},
        )
        those = select(Evidence.id).where(*mine)
        of_mine = EvidenceIndicator.evidence_id.in_(those)
        if removed:
            db.execute(
                delete(EvidenceIndicator).where(of_mine, EvidenceIndicator.code.in_(removed)),
                execution_options={"synchronize_session": False},
            )
        if added:
            tagged = db.execute(
                select(EvidenceIndicator.evidence_id, EvidenceIndicator.code).where(
                    of_mine, EvidenceIndicator.code.in_(added)
                )
            )
            have = {(key, code) for key, code in tagged}
            tags = [{"evidence_id": key, "code": code} for key in free for code in sorted(added)]
            tags = [tag for tag in tags if (tag["evidence_id"], tag["code"]) not in have]
            if tags:
                db.execute(insert(EvidenceIndicator), tags)
        db.expire_all()
    return Followed(len(free), len(held) - len(free))


def take_off(db: Session, row: Activity, people: set[uuid.UUID] | None) -> list[uuid.UUID]:
    """These, or everybody, off the list and without evidence of it; all or nobody. Returns who stood there."""
    standing = db.execute(
        select(Attendance.person_id, Attendance.evidence_id).where(Attendance.activity_id == row.id)
    ).all()
    gone = {person: key for person, key in standing if people is None or person in people}
    if not gone:
        return []
    held = _held(db, row)
    mine = {key: held[key] for key in gone.values() if key is not None and key in held}
    kept = [person for person, locked, _used in mine.values() if locked]
    if kept:
        raise Conflict(
            N_("Việc học này đang nằm trong hồ sơ đã gửi của %(count)s người, nên chưa bỏ ai: %(names)s."),
            count=len(kept),
            names=_names(db, kept),
        )
    db.execute(
        delete(Attendance).where(Attendance.activity_id == row.id, Attendance.person_id.in_(list(gone))),
        execution_options={"synchronize_session": False},
    )
    unused = [key for key, (_person, _locked, used) in mine.items() if not used]
    used = [key for key in mine if key not in set(unused)]
    for table, column in ((EvidenceIndicator, EvidenceIndicator.evidence_id), (Evidence, Evidence.id)):
        if unused:
            db.execute(delete(table).where(column.in_(unused)), execution_options={"synchronize_session": False})
    if used:
        db.execute(
            update(Evidence).where(Evidence.id.in_(used)).values(withdrawn_at=now(), version=Evidence.version + 1),
            execution_options={"synchronize_session": False},
        )
    db.expire_all()
    return sorted(gone)


def _names(db: Session, people: list[uuid.UUID]) -> str:
    some = db.scalars(
        select(Person.name).where(Person.id.in_(people)).order_by(Person.sort_key, Person.id).limit(MOST_NAMED)
    ).all()
    return ", ".join(some) + (f" (+{len(people) - len(some)})" if len(people) > len(some) else "")
