"""Lots and the looks they ask for: drawn once in a case's life, opened when it is recommended, closed when it moves on.

Everything here runs while the case's row is held, by whoever moves it: a decision and a look never pass each other.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import doubts, looks, sampling
from xhht_citizen.applications.models import Application, Lot, SecondLook
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict


@dataclass(frozen=True)
class InBulk:
    """The bulk recommendation a case is moved by: which of its cases were drawn, which raise questions."""

    id: uuid.UUID
    drawn: frozenset[uuid.UUID] = frozenset()
    doubts: Mapping[uuid.UUID, list[str]] = field(default_factory=dict)


def new_seed() -> str:
    """A seed nobody chose."""
    return secrets.token_hex(sampling.SEED_BYTES)


def draw(
    db: Session, bulk_id: uuid.UUID, *, seed: str, share: int, case_ids: Collection[uuid.UUID]
) -> frozenset[uuid.UUID]:
    """Let the cases that never drew a lot draw one now; returns all of them that are drawn, now or in an earlier bulk.

    The cases' rows must be held.
    """
    known = select(Lot.application_id, Lot.drawn).where(Lot.application_id.in_(case_ids))
    before = {row.application_id: row.drawn for row in db.execute(known)}
    fresh = [key for key in case_ids if key not in before]
    picked = set(sampling.drawn(seed, share, fresh))
    db.add_all(Lot(application_id=key, bulk_id=bulk_id, drawn=key in picked) for key in sorted(fresh))
    db.flush()
    return frozenset(picked | {key for key, was in before.items() if was})


def ask(db: Session, case: Application, *, actor: Actor, bulk: InBulk | None = None) -> None:
    """A case that is being recommended gets an open second look, if its lot was drawn or it raises a question.

    Recommended singly it is asked the same: what was drawn stays drawn, whatever was undone since.
    """
    if bulk is not None:
        drawn, raised = case.id in bulk.drawn, bulk.doubts.get(case.id, [])
    else:
        drawn = bool(db.scalars(select(Lot.drawn).where(Lot.application_id == case.id)).one_or_none())
        found = doubts.of_cases(db, [case.id], reviewer_id=actor.account_id)
        raised = doubts.questions_first(found.get(case.id, []))
    if not drawn and not raised:
        return
    if actor.account_id is None or case.ward_code is None:
        raise Conflict(N_("Hồ sơ này cần người thứ hai xem lại, nên người đề nghị phải có tài khoản."))
    made = insert_new(
        db,
        SecondLook,
        id=new_id(),
        ward_code=case.ward_code,
        application_id=case.id,
        bulk_id=bulk.id if bulk is not None else None,
        why="lot" if drawn else "doubt",
        doubts=raised,
        first_by=actor.account_id,
        made_at=now(),
    )
    if made:
        audit.append(
            db,
            "second_look.ask",
            ward_code=case.ward_code,
            account_id=actor.account_id,
            subject_kind="application",
            subject_id=case.id,
            detail={"why": "lot" if drawn else "doubt", "questions": raised},
        )


def close(db: Session, case: Application) -> None:
    """The case moves on before anybody looked: its open look waits for nobody any more."""
    db.execute(
        update(SecondLook)
        .where(SecondLook.application_id == case.id, SecondLook.looked_at.is_(None), SecondLook.closed_at.is_(None))
        .values(closed_at=now())
    )


def check_looked(db: Session, case: Application, waiting: Collection[uuid.UUID] | None = None) -> None:
    """No decision names a case that waits for its second look: Conflict naming it. `waiting`: those that were asked for
    together already.
    """
    if case.id in (looks.open_of(db, [case.id]) if waiting is None else waiting):
        raise Conflict(
            N_("Hồ sơ của %(name)s còn chờ người thứ hai xem lại, nên chưa công nhận được."), name=name_of(case)
        )


__all__ = ["InBulk", "ask", "check_looked", "close", "draw", "new_seed"]
