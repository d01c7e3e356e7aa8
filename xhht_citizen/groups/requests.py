"""Invitations and requests to join: made by one side, answered by the other or an officer, or taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.groups.models import JoinRequest

ANSWERED = N_("Lời mời hoặc yêu cầu này đã được trả lời trước đó.")


@dataclass(frozen=True)
class NewRequest:
    """Who would join what, and who says so: `direction` is "invite" (the group's side) or "ask" (the joiner's).

    `joiner_id` is a person, or for a clan a household; `ward_code` is the group's.
    """

    kind: str
    group_id: uuid.UUID
    joiner_id: uuid.UUID
    direction: str
    ward_code: str
    relation: str | None = None
    side: str | None = None
    branch_id: uuid.UUID | None = None
    part: str | None = None
    reason: str | None = None
    id: uuid.UUID | None = None


def make(db: Session, details: NewRequest, *, account_id: uuid.UUID | None) -> JoinRequest:
    """Keep the invitation or request; sent twice is once. Conflict when the other side has spoken first."""
    known = db.get(JoinRequest, details.id) if details.id else None
    if known is not None and (known.group_id, known.joiner_id) == (details.group_id, details.joiner_id):
        return known
    request_id = details.id if details.id and known is None else new_id()
    made = insert_new(
        db,
        JoinRequest,
        id=request_id,
        ward_code=details.ward_code,
        kind=details.kind,
        group_id=details.group_id,
        joiner_id=details.joiner_id,
        direction=details.direction,
        relation=details.relation,
        side=details.side,
        branch_id=details.branch_id,
        part=details.part,
        reason=details.reason,
        made_at=now(),
        made_by=account_id,
    )
    row = db.scalars(
        select(JoinRequest).where(
            JoinRequest.kind == details.kind,
            JoinRequest.group_id == details.group_id,
            JoinRequest.joiner_id == details.joiner_id,
            JoinRequest.answered_at.is_(None),
        )
    ).one_or_none()
    if row is None:  # two forms with one id: the other one was answered meanwhile
        raise Conflict(ANSWERED)
    if row.direction != details.direction:
        raise Conflict(N_("Bên kia đã mời hoặc đã xin từ trước. Xin trả lời ở mục chờ trả lời."))
    if made:
        _say(db, f"join.{details.direction}", row, account_id)
    return row


def hold(db: Session, request_id: uuid.UUID) -> JoinRequest:
    """The request as it stands now, held until the commit. NotFound."""
    row = db.scalars(
        select(JoinRequest)
        .where(JoinRequest.id == request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("Không tìm thấy lời mời hoặc yêu cầu này."))
    return row


def answer(db: Session, request: JoinRequest, word: str, *, account_id: uuid.UUID | None) -> bool:
    """Answer a request that is held: "accepted", "declined" or "withdrawn". False when that was said before.

    Conflict when something else was said before.
    """
    if request.answered_at is not None:
        if request.answer == word:
            return False
        raise Conflict(ANSWERED)
    request.answered_at, request.answered_by, request.answer = now(), account_id, word
    db.flush()
    _say(db, f"join.{word}", request, account_id)
    return True


def settle_open(
    db: Session, kind: str, group_id: uuid.UUID, joiner_id: uuid.UUID, *, account_id: uuid.UUID | None
) -> None:
    """Who belongs to the group by now waits for no answer: what was asked has come true."""
    row = db.scalars(
        select(JoinRequest)
        .where(
            JoinRequest.kind == kind,
            JoinRequest.group_id == group_id,
            JoinRequest.joiner_id == joiner_id,
            JoinRequest.answered_at.is_(None),
        )
        .with_for_update()
    ).one_or_none()
    if row is not None:
        answer(db, row, "accepted", account_id=account_id)


def withdraw_all(
    db: Session,
    *,
    account_id: uuid.UUID | None,
    group_id: uuid.UUID | None = None,
    joiner_id: uuid.UUID | None = None,
) -> None:
    """Whatever waits at a group's door, or for somebody who is gone, waits no more."""
    open_ones = update(JoinRequest).where(JoinRequest.answered_at.is_(None))
    if group_id is not None:
        open_ones = open_ones.where(JoinRequest.group_id == group_id)
    if joiner_id is not None:
        open_ones = open_ones.where(JoinRequest.joiner_id == joiner_id)
    db.execute(open_ones.values(answered_at=now(), answered_by=account_id, answer="withdrawn"))


def _say(db: Session, action: str, row: JoinRequest, account_id: uuid.UUID | None) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="join_request",
        subject_id=row.id,
        detail={"kind": row.kind, "group": str(row.group_id), "joiner": str(row.joiner_id)},
    )
