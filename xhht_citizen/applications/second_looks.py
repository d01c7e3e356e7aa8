"""A second person's word on a recommended case: agreed, and a decision may name it; or back with a reason."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications.actions import lock, move
from xhht_citizen.applications.assigning import note_step
from xhht_citizen.applications.looks import enterers, open_of
from xhht_citizen.applications.models import Application, SecondLook
from xhht_citizen.applications.rules import State
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid, NotFound
from xhht_citizen.notices import actions as notices


def first_readers(db: Session, look: SecondLook, case: Application) -> frozenset[uuid.UUID]:
    """Who had a hand in it and may not look again: who recommended it, who judged one of its lines, who entered it.

    Entered: sent it for its owner or from a paper, or wrote down evidence of it.
    """
    judged = {line.reviewed_by for line in case.lines if line.reviewed_by is not None}
    return frozenset({look.first_by} | judged) | enterers(db, case.id)


def give(db: Session, look_id: uuid.UUID, *, agrees: bool, note: str | None, actor: Actor, today: date) -> SecondLook:
    """Say what the second look saw. Agreed, the case may be decided; otherwise it lies with the first officer again.

    Invalid without a reason to disagree, Forbidden for who had a hand in it, Conflict when the case moved on or
    somebody else was faster. The same word sent twice is said once.
    """
    found = db.get(SecondLook, look_id)
    if found is None:
        raise NotFound(N_("Không tìm thấy lần xem lại này."))
    case = lock(db, found.application_id)
    look = db.scalars(
        select(SecondLook).where(SecondLook.id == look_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if look.looked_at is not None and (look.looked_by, look.agrees) == (actor.account_id, agrees):
        return look
    if look.looked_at is not None or look.closed_at is not None or State(case.state) is not State.RECOMMENDED:
        raise Conflict(N_("Hồ sơ này không còn chờ xem lại: có người nhanh hơn, hoặc hồ sơ đã sang bước khác."))
    if actor.account_id is None or actor.account_id in first_readers(db, look, case):
        raise Forbidden(N_("Người đã nhập, đã xét hoặc đề nghị hồ sơ không xem lại lần hai. Xin để người khác."))
    note = (note or "").strip() or None
    if not agrees and note is None:
        raise Invalid(N_("Xin ghi lý do, người xét lần đầu và người nộp sẽ đọc được."), field="note")
    look.looked_by, look.looked_at, look.agrees, look.note = actor.account_id, now(), agrees, note
    db.flush()
    note_step(
        db, case, "look", actor=actor, reason=note if agrees else None, detail={"agrees": agrees, "why": look.why}
    )
    audit.append(
        db,
        "second_look.give",
        ward_code=look.ward_code,
        account_id=actor.account_id,
        subject_kind="application",
        subject_id=case.id,
        detail={"agrees": agrees, "why": look.why},
    )
    if not agrees:
        move(db, case.id, "reopen", actor=actor, today=today, reason=note)
        case.reviewer_id = look.first_by
        db.flush()
        notices.tell(
            db,
            "desk.look_disagreed",
            once=f"look:{look.id}",
            account_id=look.first_by,
            ward_code=look.ward_code,
            path=f"/xet-duyet/{case.id}",
            receipt=case.receipt,
            officer=actor.name,
        )
    return look


__all__ = ["first_readers", "give", "open_of"]
