"""Telling people: a notice is written in the transaction of what it tells, and sent by a worker later."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from xhht_citizen.database import insert_all_new, insert_new, new_id, now
from xhht_citizen.notices.models import Notice
from xhht_citizen.notices.queries import Reader, to_reader
from xhht_citizen.notices.rules import NOTICES


@dataclass(frozen=True)
class Told:
    """What is told, and whom, as `tell` takes it."""

    kind: str
    once: str
    person_id: uuid.UUID | None
    account_id: uuid.UUID | None
    ward_code: str | None
    path: str | None
    values: dict[str, Any]


def tell(
    db: Session,
    kind: str,
    *,
    once: str,
    person_id: uuid.UUID | None = None,
    account_id: uuid.UUID | None = None,
    ward_code: str | None = None,
    path: str | None = None,
    **values: Any,
) -> bool:
    """Tell a person, or an account that works for others, something of NOTICES; `path` leads to the page about it.

    `once` names the happening, such as "return:<event id>:<reader>": told again, it is not written again (False).
    """
    told = Told(kind, once, person_id, account_id, ward_code, path, values)
    return insert_new(db, Notice, **_row(told))


def tell_all(db: Session, told: Sequence[Told]) -> None:
    """Tell many at once what `tell` tells one, in a few statements for all."""
    insert_all_new(db, Notice, [_row(one) for one in told])


def _row(told: Told) -> dict[str, Any]:
    if told.kind not in NOTICES:
        raise KeyError(told.kind)
    return {"id": new_id(), "at": now(), **{one.name: getattr(told, one.name) for one in fields(told)}}


def mark_read(db: Session, notice_id: uuid.UUID) -> None:
    """It was read; when it was read first stays."""
    db.execute(update(Notice).where(Notice.id == notice_id, Notice.read_at.is_(None)).values(read_at=now()))


def mark_all_read(db: Session, reader: Reader, upto: uuid.UUID) -> int:
    """Everything told to this reader up to one notice was read; what came after it was not on the page. How many."""
    seen = update(Notice).where(to_reader(reader), Notice.id <= upto, Notice.read_at.is_(None))
    return db.execute(seen.values(read_at=now())).rowcount  # type: ignore[attr-defined,no-any-return]
