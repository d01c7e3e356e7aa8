"""Reads of what phones sent."""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.phones.models import Arrival

ANOTHERS = N_("Không nhận được: mã của việc này đã thuộc về người khác.")


def arrived(db: Session, item_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Whether this was received already; Forbidden when it came from somebody else."""
    row = db.get(Arrival, item_id)
    if row is not None and row.person_id != person_id:
        raise Forbidden(ANOTHERS)
    return row is not None
