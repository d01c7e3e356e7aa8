"""What was typed and not sent yet: kept while somebody types, given back on the same page, gone once it was sent.

No audit link: nothing of the record changes, and only who typed it ever reads it.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.phones.models import Draft

DRAFT_DAYS = 30
MOST_DRAFTS = 100  # of one account about one person: far more pages than somebody leaves half filled in
LONGEST_PATH = 200
REMOVED_AT_ONCE = 200


@dataclass(frozen=True)
class Typed:
    """What waits on one page, and when it was typed; no fields where the page was sent since."""

    fields: dict[str, list[str]]
    at: datetime


def save(
    db: Session,
    account_id: uuid.UUID,
    person_id: uuid.UUID,
    path: str,
    fields: dict[str, list[str]],
    *,
    typed: datetime | None = None,
    ward_code: str | None = None,
) -> bool:
    """Keep what was typed at `typed` (now unless given); False where something later is kept, or it was sent since.

    So a save that was slow on its way never brings back what is done, nor an older word over a newer one.
    """
    _forget(db, account_id, person_id)
    at = min(typed or now(), now())
    return _put(db, _key(account_id, person_id, path), Typed(fields, at), ward_code=ward_code)


def drop(db: Session, account_id: uuid.UUID, person_id: uuid.UUID, path: str) -> None:
    """The page was sent, or its draft is not wanted: what was typed until now goes and does not come back.

    The row stays without words, so that a late save knows. In the transaction that writes what was sent.
    """
    _put(db, _key(account_id, person_id, path), Typed({}, now()), whatever=True)


def arrived(db: Session, account_id: uuid.UUID, person_id: uuid.UUID, path: str, typed: datetime) -> None:
    """What was typed on the page until then has been sent by the phone; what was typed since stays."""
    _put(db, _key(account_id, person_id, path), Typed({}, min(typed, now())))


def waiting(db: Session, account_id: uuid.UUID, person_id: uuid.UUID, path: str) -> Typed | None:
    """What this account typed on this page about this person; None where it never did, or too long ago."""
    row = db.execute(
        select(Draft.fields, Draft.saved_at).where(
            Draft.person_id == person_id,
            Draft.account_id == account_id,
            Draft.path == path[:LONGEST_PATH],
            Draft.saved_at > _oldest(),
        )
    ).one_or_none()
    return Typed(row.fields, row.saved_at) if row is not None else None


def unsent(db: Session, account_id: uuid.UUID, person_id: uuid.UUID) -> list[Draft]:
    """Everything this account typed about this person and did not send, the latest first; not what is too old."""
    rows = db.scalars(
        select(Draft)
        .where(Draft.account_id == account_id, Draft.person_id == person_id, Draft.saved_at > _oldest())
        .order_by(Draft.saved_at.desc())
    )
    return [row for row in rows if row.fields]


def carry(db: Session, from_id: uuid.UUID, to_id: uuid.UUID) -> None:
    """Two records were one person: what was typed about the one that gives way is about the other now."""
    known = select(Draft.account_id, Draft.path).where(Draft.person_id == to_id)
    taken = {(row.account_id, row.path) for row in db.execute(known)}
    for draft in db.scalars(select(Draft).where(Draft.person_id == from_id)):
        if (draft.account_id, draft.path) in taken:
            db.delete(draft)
        else:
            draft.person_id = to_id
    db.flush()


def forget_old(database: Database, *, at_once: int = REMOVED_AT_ONCE) -> int:
    """Remove what nobody went on with for too long, a few rows a transaction. Returns how many."""
    removed = 0
    while True:
        with database.transaction() as db:
            now_gone = _remove_old(db, at_once)
        removed += now_gone
        if now_gone < at_once:
            return removed


def _oldest() -> datetime:
    return now() - timedelta(days=DRAFT_DAYS)


def _key(account_id: uuid.UUID, person_id: uuid.UUID, path: str) -> dict[str, Any]:
    return {"account_id": account_id, "person_id": person_id, "path": path[:LONGEST_PATH]}


def _put(
    db: Session, key: dict[str, Any], typed: Typed, *, ward_code: str | None = None, whatever: bool = False
) -> bool:
    """The row as it is to be, unless what stands there is as new; `whatever` stands there goes."""
    values = {"fields": typed.fields, "saved_at": typed.at}
    if insert_new(db, Draft, id=new_id(), ward_code=ward_code, **key, **values):
        return True
    older = update(Draft).filter_by(**key)
    if not whatever:
        older = older.where(Draft.saved_at < typed.at)
    changed = db.execute(older.values(**values), execution_options={"synchronize_session": False})
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _forget(db: Session, account_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """A few old rows of anybody's, and this one's oldest beyond the most there may be."""
    _remove_old(db, REMOVED_AT_ONCE)
    own = (
        select(Draft.id)
        .where(Draft.account_id == account_id, Draft.person_id == person_id)
        .order_by(Draft.saved_at.desc())
        .offset(MOST_DRAFTS - 1)
        .limit(REMOVED_AT_ONCE)
    )
    _remove(db, list(db.scalars(own)))


def _remove_old(db: Session, at_once: int) -> int:
    old = select(Draft.id).where(Draft.saved_at < _oldest()).limit(at_once)
    ids = list(db.scalars(old.with_for_update(skip_locked=True)))  # whoever holds a row sees to it
    _remove(db, ids)
    return len(ids)


def _remove(db: Session, ids: list[uuid.UUID]) -> None:
    if ids:
        db.execute(delete(Draft).where(Draft.id.in_(ids)), execution_options={"synchronize_session": False})
