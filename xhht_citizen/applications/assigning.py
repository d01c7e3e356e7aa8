"""Whose desk a case lies on: given to a colleague, taken over, handed on with a note."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import bench
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.errors import N_, Conflict, Forbidden
from xhht_citizen.notices import actions as notices


def assign(
    db: Session,
    case_ids: Collection[uuid.UUID],
    to: uuid.UUID,
    *,
    ward_code: str,
    actor: Actor,
    today: date,
    note: str | None = None,
) -> list[Application]:
    """Lay these cases on a reviewer's desk, all or none; those that lie there already stay as they are.

    Forbidden when `to` does not review in the ward, Conflict naming the first case that may not be given to them: their
    own or family's, one they declined before, one that was decided or taken back meanwhile.
    """
    who = bench.officer(db, to, ward_code)
    if who is None:
        raise Forbidden(N_("Người này không xét hồ sơ ở phường, xã của ông/bà."))
    kin = bench.kin_of(db, who, today)
    cases = bench.held(db, case_ids)
    if len(cases) != len(set(case_ids)) or any(case.ward_code != ward_code for case in cases):
        raise Forbidden(N_("Trong danh sách có hồ sơ không thuộc nơi này. Chưa giao hồ sơ nào."))
    note = (note or "").strip() or None
    given = []
    for case in cases:
        if case.reviewer_id == to:
            continue
        if State(case.state) not in bench.HELD:
            raise Conflict(
                N_("Hồ sơ của %(name)s vừa sang bước khác, nên chưa giao hồ sơ nào. Xin xem lại danh sách."),
                name=name_of(case),
            )
        if not bench.may_hold(case, who, kin):
            raise Conflict(
                N_(
                    "%(officer)s không xét được hồ sơ của %(name)s (người nhà, người được làm thay, hoặc đã kết luận "
                    "trước đó)."
                ),
                officer=who.name,
                name=name_of(case),
            )
        before, case.reviewer_id = case.reviewer_id, to
        case.version += 1
        note_step(db, case, "assign", actor=actor, reason=note, detail={"to": who.name})
        audit.append(
            db,
            "application.assign",
            ward_code=case.ward_code,
            account_id=actor.account_id,
            subject_kind="application",
            subject_id=case.id,
            detail={"from": str(before) if before else None, "to": str(to)},
        )
        given.append(case)
    if given and to != actor.account_id:
        notices.tell(
            db,
            "desk.given",
            once=f"assign:{given[0].id}:{given[0].version}:{to}",
            account_id=to,
            ward_code=ward_code,
            path="/xet-duyet?nguoi=toi",
            count=len(given),
            officer=actor.name,
        )
    return given


def note_step(
    db: Session, case: Application, name: str, *, actor: Actor, reason: str | None, detail: dict[str, object]
) -> None:
    """Append to the case's history what moved it to no other state."""
    db.add(
        ApplicationEvent(
            application_id=case.id,
            ward_code=case.ward_code,
            account_id=actor.account_id,
            actor_name=actor.name,
            name=name,
            from_state=case.state,
            to_state=case.state,
            reason=reason,
            detail=detail,
        )
    )
    db.flush()
