"""Noting what came from a phone, in the transaction that writes what it brought."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, now
from xhht_citizen.errors import Forbidden
from xhht_citizen.phones.models import Arrival
from xhht_citizen.phones.queries import ANOTHERS

ARRIVAL_DAYS = 400  # a phone that was off for longer than a year of learning sends nothing twice any more
REMOVED_AT_ONCE = 500


def arrive(
    db: Session,
    item_id: uuid.UUID,
    *,
    person_id: uuid.UUID,
    account_id: uuid.UUID | None,
    ward_code: str | None,
    kind: str,
    subject_id: uuid.UUID,
) -> bool:
    """Note it; False when it was received before, and then nothing of it may be written again.

    Two at once queue here: the second waits until the first has written what it brought, or failed to.
    """
    made = insert_new(
        db,
        Arrival,
        id=item_id,
        ward_code=ward_code,
        person_id=person_id,
        account_id=account_id,
        kind=kind,
        subject_id=subject_id,
        at=now(),
    )
    if not made:
        # Asked anew: on PostgreSQL the row may be younger than what this transaction has read.
        row = db.get(Arrival, item_id, populate_existing=True)
        if row is None or row.person_id != person_id:
            raise Forbidden(ANOTHERS)
    return made


def forget_old(database: Database, *, at_once: int = REMOVED_AT_ONCE) -> int:
    """Remove what arrived longer ago than any phone sends it again, a few rows a transaction. Returns how many."""
    removed = 0
    while True:
        with database.transaction() as db:
            old = select(Arrival.id).where(Arrival.at < now() - timedelta(days=ARRIVAL_DAYS)).limit(at_once)
            ids = list(db.scalars(old.with_for_update(skip_locked=True)))
            db.execute(delete(Arrival).where(Arrival.id.in_(ids)), execution_options={"synchronize_session": False})
        removed += len(ids)
        if len(ids) < at_once:
            return removed
