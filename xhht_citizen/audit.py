"""The audit: who did what to which case, in one hash chain per ward; and who looked at whose record.

Tables: audit_entry (append-only, each row carries the hash of the one before it), audit_head (the end of each
ward's chain, locked while a row is added), look (append-only, written outside the page's transaction).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from xhht_citizen.database import Base, Database, UtcDateTime, insert_new, new_id, now

NATION = "00000"  # the chain of what belongs to no ward: accounts of the province and the country
FIRST = "0" * 64


class AuditEntry(Base):
    """One act. `detail` is canonical JSON without personal data: ids, states, counts, reasons."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("ward_code", "seq"),
        Index("ix_audit_entry_subject", "subject_id", "at"),
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
) -> AuditEntry:
    """Add one link to the ward's chain. Call it last in an action: it holds the ward's head until the commit."""
    ward = ward_code or NATION
    head = _held(db, ward)
    if head is None:
        insert_new(db, AuditHead, ward_code=ward, seq=0, hash=FIRST)
        head = _held(db, ward)
        assert head is not None  # noqa: S101 (just made, or made by somebody faster)
    entry = AuditEntry(
        id=new_id(),
        ward_code=ward,
        seq=head.seq + 1,
        at=now(),
        account_id=account_id,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str),
        prev_hash=head.hash,
    )
    entry.hash = link_hash(entry)
    head.seq, head.hash = entry.seq, entry.hash
    db.add(entry)
    db.flush()
    return entry


def _held(db: Session, ward_code: str) -> AuditHead | None:
    return db.scalars(
        select(AuditHead)
        .where(AuditHead.ward_code == ward_code)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()


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


def verify(db: Session, ward_code: str | None = None) -> Verified:
    """Walk the chains (all, or one ward's) in order; memory stays flat. Names the first broken link of each."""
    heads = {row.ward_code: row for row in db.scalars(select(AuditHead))}
    entries = select(AuditEntry).order_by(AuditEntry.ward_code, AuditEntry.seq).execution_options(yield_per=1000)
    if ward_code is not None:
        heads = {code: row for code, row in heads.items() if code == ward_code}
        entries = entries.where(AuditEntry.ward_code == ward_code)
    broken: dict[str, BrokenLink] = {}
    last: dict[str, tuple[int, str]] = {}
    count = 0
    for entry in db.scalars(entries):
        count += 1
        ward = entry.ward_code
        seq, before = last.get(ward, (0, FIRST))
        if ward not in broken:
            problem = None
            if entry.seq != seq + 1:
                problem = f"row {seq + 1} is missing"
            elif entry.prev_hash != before:
                problem = "the hash of the row before it does not match"
            elif entry.hash != link_hash(entry):
                problem = "the row was changed after it was written"
            if problem:
                broken[ward] = BrokenLink(ward, min(entry.seq, seq + 1), problem)
        last[ward] = (entry.seq, entry.hash)
    for ward in sorted(heads.keys() | last.keys()):
        head = heads.get(ward)
        if ward in broken:
            continue
        if head is None:
            broken[ward] = BrokenLink(ward, last[ward][0], "the chain has no head")
        elif (head.seq, head.hash) != last.get(ward, (0, FIRST)):
            broken[ward] = BrokenLink(ward, last.get(ward, (0, FIRST))[0] + 1, "rows are missing at the end")
    return Verified(len(heads.keys() | last.keys()), count, tuple(broken[ward] for ward in sorted(broken)))


def record_look(
    database: Database, *, ward_code: str, account_id: uuid.UUID, person_id: uuid.UUID, screen: str
) -> None:
    """Keep that somebody looked at a person's record, in an own transaction: the page's GET stays read-only."""
    with database.transaction() as db:
        db.add(Look(ward_code=ward_code, at=now(), account_id=account_id, person_id=person_id, screen=screen))


def looks_at(db: Session, person_id: uuid.UUID, limit: int = 50) -> list[Look]:
    """Who looked at this person's record, the latest first."""
    return list(db.scalars(select(Look).where(Look.person_id == person_id).order_by(Look.at.desc()).limit(limit)))
