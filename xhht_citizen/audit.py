"""The audit: who did what to which case, in one hash chain per ward; and who looked at whose record.

Tables: audit_entry (append-only, each row carries the hash of the one before it), audit_head (the end of each
ward's chain, locked while a row is added), look (append-only, written outside the page's transaction).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import (
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    event,
    insert,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column

from xhht_citizen.database import Base, Database, UtcDateTime, insert_new, new_id, now

NATION = "00000"  # the chain of what belongs to no ward: accounts of the province and the country
FIRST = "0" * 64
WAITING = "audit_waiting"
ALSO = "audit_also"


class AuditEntry(Base):
    """One act. `detail` is canonical JSON without personal data or free words: ids, codes, states, counts."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("ward_code", "seq"),
        Index("ix_audit_entry_subject", "subject_id", "at"),
        Index("ix_audit_entry_account", "account_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(String(5))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    action: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(30))
    subject_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    detail: Mapped[str] = mapped_column(Text)
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The last link of a ward's chain; also proof that no row was cut off its end."""

    __tablename__ = "audit_head"

    ward_code: Mapped[str] = mapped_column(String(5), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))


class Look(Base):
    """One look at a person's record by somebody else."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_person", "person_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    ward_code: Mapped[str] = mapped_column(String(5))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    screen: Mapped[str] = mapped_column(String(60))


# Every change of the house ends with these three, so they are built once and touch no object of the session.
_HEAD = select(AuditHead.seq, AuditHead.hash).where(AuditHead.ward_code == bindparam("ward")).with_for_update()
_ADD = insert(cast(Table, AuditEntry.__table__))
_ADVANCE = (
    update(cast(Table, AuditHead.__table__))
    .where(AuditHead.ward_code == bindparam("ward"))
    .values(seq=bindparam("to"), hash=bindparam("by"))
)
_COLUMNS = tuple(column.key for column in AuditEntry.__table__.columns)


@dataclass(frozen=True)
class BrokenLink:
    """Where a chain first fails: the ward, the row's number in it, and what is wrong."""

    ward_code: str
    seq: int
    problem: str


@dataclass(frozen=True)
class Verified:
    """What `verify` saw: chains and rows read, and the first broken link of each broken chain."""

    chains: int
    entries: int
    broken: tuple[BrokenLink, ...]


def append(
    db: Session,
    action: str,
    *,
    ward_code: str | None,
    account_id: uuid.UUID | None,
    subject_kind: str,
    subject_id: uuid.UUID | None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Say what was done; the link joins the ward's chain in the same transaction, just before it commits.

    A chain's head is thus the last lock of every transaction, held for a moment: whatever an action locks
    afterwards, two of them never wait for each other. What is rolled back, with its savepoint or whole, is not said.
    """
    said = {**(detail or {}), **db.info.get(ALSO, {})}
    entry = AuditEntry(
        id=new_id(),
        ward_code=ward_code or NATION,
        at=now(),
        account_id=account_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail=json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str),
    )
    if not db.in_transaction():
        db.begin()  # so that a rollback takes these words along
    db.info.setdefault(WAITING, []).append((db.get_nested_transaction(), entry))


def also(db: Session, detail: Mapping[str, str]) -> None:
    """Every link this session writes from now on says this too: for whom its account acts."""
    db.info[ALSO] = dict(detail)


@event.listens_for(Session, "before_commit")
def _link(db: Session) -> None:
    """Write the waiting links, ward by ward in one order."""
    if db.in_nested_transaction():
        return
    waiting = [entry for _, entry in db.info.pop(WAITING, [])]
    for ward_code in sorted({entry.ward_code for entry in waiting}):
        head = db.execute(_HEAD, {"ward": ward_code}).first()
        if head is None:
            insert_new(db, AuditHead, ward_code=ward_code, seq=0, hash=FIRST)
            head = db.execute(_HEAD, {"ward": ward_code}).one()
        seq, last = head.seq, head.hash
        entries = [entry for entry in waiting if entry.ward_code == ward_code]
        for entry in entries:
            seq += 1
            entry.seq, entry.prev_hash = seq, last
            last = entry.hash = link_hash(entry)
        db.execute(_ADD, [{name: getattr(entry, name) for name in _COLUMNS} for entry in entries])
        db.execute(_ADVANCE, {"ward": ward_code, "to": seq, "by": last})


@event.listens_for(Session, "after_soft_rollback")
def _unsay(db: Session, rolled_back: SessionTransaction) -> None:
    """Forget what was said inside what was rolled back: a savepoint, or everything."""
    outer = rolled_back
    while not outer.nested and outer.parent is not None:  # a failed flush takes the savepoint around it along
        outer = outer.parent
    waiting = db.info.get(WAITING, [])
    db.info[WAITING] = [(inside, entry) for inside, entry in waiting if outer.nested and not _within(inside, outer)]


@event.listens_for(Session, "after_transaction_end")
def _end(db: Session, ended: SessionTransaction) -> None:
    """A session closed without a commit has said nothing."""
    if ended.parent is None:
        db.info.pop(WAITING, None)


def _within(inside: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inside is not None and inside is not outer:
        inside = inside.parent
    return inside is outer


def link_hash(entry: AuditEntry) -> str:
    """SHA-256 over everything the row says and the hash before it."""
    parts = [
        entry.ward_code,
        entry.seq,
        entry.at.isoformat(timespec="microseconds"),
        str(entry.account_id),
        entry.action,
        entry.subject_kind,
        str(entry.subject_id),
        entry.detail,
        entry.prev_hash,
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def verify(db: Session, ward_code: str | None = None, *, expected: Collection[str] = ()) -> Verified:
    """Walk the chains (all, or one ward's) in order; memory stays flat. Names the first broken link of each.

    A ward of `expected` (read before this: it has rows that were audited) without any chain has lost it whole.
    Each row comes with its chain's head in one statement: rows added meanwhile are no broken chain.
    """
    known = select(AuditHead.ward_code)
    entries = (
        select(AuditEntry, AuditHead.seq, AuditHead.hash)
        .outerjoin(AuditHead, AuditHead.ward_code == AuditEntry.ward_code)
        .order_by(AuditEntry.ward_code, AuditEntry.seq)
        .execution_options(yield_per=1000)
    )
    if ward_code is not None:
        known = known.where(AuditHead.ward_code == ward_code)
        entries = entries.where(AuditEntry.ward_code == ward_code)
    heads: dict[str, tuple[int | None, str | None]] = dict.fromkeys(db.scalars(known), (0, None))
    broken: dict[str, BrokenLink] = {}
    last: dict[str, tuple[int, str]] = {}
    count = 0
    for entry, head_seq, head_hash in db.execute(entries):
        count += 1
        ward = entry.ward_code
        heads[ward] = (head_seq, head_hash)
        seq, before = last.get(ward, (0, FIRST))
        problem = _problem(entry, seq, before)
        if problem and ward not in broken:
            broken[ward] = BrokenLink(ward, min(entry.seq, seq + 1), problem)
        last[ward] = (entry.seq, entry.hash)
    for ward in heads.keys() - broken.keys():
        if heads[ward][0] is None:
            broken[ward] = BrokenLink(ward, last[ward][0], "the chain has no head")
        elif heads[ward] != last.get(ward):
            broken[ward] = BrokenLink(ward, last.get(ward, (0, FIRST))[0] + 1, "rows are missing at the end")
    for ward in set(expected) - heads.keys():
        broken[ward] = BrokenLink(ward, 1, "the whole chain is missing, and the ward has cases")
    return Verified(len(heads), count, tuple(broken[ward] for ward in sorted(broken)))


def _problem(entry: AuditEntry, seq: int, before: str) -> str | None:
    """What is wrong with a link that follows row `seq` with the hash `before`; None when it holds."""
    if entry.seq != seq + 1:
        return f"row {seq + 1} is missing"
    if entry.prev_hash != before:
        return "the hash of the row before it does not match"
    return None if entry.hash == link_hash(entry) else "the row was changed after it was written"


def record_looks(database: Database, *, account_id: uuid.UUID, looks: Iterable[Mapping[str, object]]) -> None:
    """Keep that one page showed somebody these records (each ward_code, person_id, screen).

    One transaction of its own: the page's GET stays read-only, and a page of thirty people waits for one disk.
    """
    with database.transaction() as db:
        db.add_all(Look(at=now(), account_id=account_id, **look) for look in looks)


def looks_at(db: Session, person_id: uuid.UUID, limit: int | None = 50) -> list[Look]:
    """Who looked at this person's record, the latest first; every look where `limit` is None."""
    return list(db.scalars(select(Look).where(Look.person_id == person_id).order_by(Look.at.desc()).limit(limit)))
