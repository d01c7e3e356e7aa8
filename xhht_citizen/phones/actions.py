"""Noting what came from a phone, in the transaction that writes what it brought."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.database import insert_new, now
from xhht_citizen.errors import Forbidden
from xhht_citizen.phones.models import Arrival
from xhht_citizen.phones.queries import ANOTHERS


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
