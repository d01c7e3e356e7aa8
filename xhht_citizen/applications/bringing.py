"""An answer that a phone sends late: taken when nobody has changed it since the phone saw it."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions
from xhht_citizen.applications.models import Application
from xhht_citizen.evidence import queries as evidence_of
from xhht_citizen.people.models import Person
from xhht_citizen.phones.rules import Said, changed_meanwhile


def bring_answer(
    db: Session,
    person: Person,
    year: int,
    code: str,
    *,
    points: int,
    note: str,
    evidence: set[uuid.UUID],
    seen: list[Said],
    actor: Actor,
) -> Said | None:
    """Answer one line as `actions.answer`; or leave it and return what it says now, when that is somebody's change."""
    case = actions.lock(db, actions.start(db, person, year, actor=actor).id)
    present = _said(db, case, code)
    mine = Said({"points": str(points), "note": note}, frozenset(map(str, evidence)))
    if mine == present:
        return None
    if changed_meanwhile(mine, seen, present):
        return present
    actions.answer(db, case.id, code, points=points, note=note, evidence=evidence, actor=actor)
    return None


def _said(db: Session, case: Application, code: str) -> Said:
    row = next((line for line in case.lines if line.code == code), None)
    points = "" if row is None or row.claimed_points is None else str(row.claimed_points)
    offered = evidence_of.offered(db, case.person_id, case.year) if case.person_id else []
    ticked = {str(item.id) for item in offered if any(tag.code == code for tag in item.indicators)}
    return Said({"points": points, "note": (row.note or "") if row else ""}, frozenset(ticked))
