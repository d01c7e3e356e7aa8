"""What stood under a record that gave way to another one of the same person goes on under that one."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import now
from xhht_citizen.groups.models import JoinRequest, Mandate, UnitMembership


def hand_over(db: Session, old: uuid.UUID, record: uuid.UUID, *, account_id: uuid.UUID | None) -> None:
    """Invitations, requests, and what has ended of units and mandates, now of the record.

    An open request for what the record waits for itself is withdrawn: one door, one request.
    """
    waits = {
        (row.kind, row.group_id)
        for row in db.scalars(
            select(JoinRequest).where(JoinRequest.joiner_id == record, JoinRequest.answered_at.is_(None))
        )
    }
    for row in db.scalars(select(JoinRequest).where(JoinRequest.joiner_id == old).with_for_update()):
        if row.answered_at is None and (row.kind, row.group_id) in waits:
            row.answered_at, row.answered_by, row.answer = now(), account_id, "withdrawn"
        row.joiner_id = record
    db.flush()
    for table in (UnitMembership, Mandate):
        db.execute(update(table).where(table.person_id == old).values(person_id=record))
