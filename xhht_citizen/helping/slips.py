"""Slips: asking for a print, making the codes of one, trying a code, using it up, putting the paper's file away.

A code stands in clear in one place only, the PDF that was printed: rows and file are kept by the same step of the job,
so a print that was cut short leaves neither a slip nor a code that works.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.audit import Look
from xhht_citizen.database import Database, insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.helping import queries
from xhht_citizen.helping.codes import (
    KEPT_AFTER_FETCH_DAYS,
    KEPT_DAYS,
    MOST_SLIPS,
    MOST_TRIES,
    REFUSED,
    Purpose,
    Standing,
    code_hash,
    expires,
    normal_code,
)
from xhht_citizen.helping.models import Slip, SlipPrint
from xhht_citizen.helping.queries import Bearer, Bearers
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.people.actions import hold_person
from xhht_citizen.people.models import Person

PRINT = "slips.print"
REMOVED_AT_ONCE = 100
UNKNOWN = N_("Không tìm thấy mã này. Xin xem lại từng chữ và số trên phiếu.")
WRONG_YEAR = N_("Năm sinh chưa đúng với hồ sơ của phiếu này. Còn thử được %(left)s lần.")
NOBODY = N_("Không còn ai để in phiếu: những người này đã có tài khoản, đã chuyển đi, hoặc chưa đủ tuổi.")
TOO_MANY = N_("Mỗi lần in nhiều nhất %(most)s phiếu. Xin chọn từng thôn, tổ dân phố.")


@dataclass(frozen=True)
class Coded:
    """A person and the code printed for them."""

    bearer: Bearer
    code: str


def ask_print(db: Session, whom: Bearers, asked: Asked, *, base: str) -> uuid.UUID:
    """Ask for slips for these people, as they stand now: everybody of a filter, or those named.

    `asked` says who asks and where; `base` is the address of this app as phones reach it. Sent twice is once. Invalid
    when nobody is left, or too many.
    """
    found = queries.bearers(db, whom, limit=MOST_SLIPS + 1)
    if not found:
        raise Invalid(NOBODY)
    if len(found) > MOST_SLIPS:
        raise Invalid(TOO_MANY, most=MOST_SLIPS)
    payload = {
        **asked.payload,
        "people": [one.person_id.hex for one in found],
        "purpose": str(whom.purpose),
        "year": whom.year,
        "base": base,
    }
    job_id = jobs.ask(db, replace(asked, kind=PRINT, payload=payload, total=len(found)))
    insert_new(db, SlipPrint, job_id=job_id, asked_at=now())
    return job_id


def keep_print(
    db: Session,
    job_id: uuid.UUID,
    whom: Bearers,
    coded: Collection[Coded],
    *,
    file_key: str,
    account_id: uuid.UUID | None,
    key: str,
) -> bool:
    """Within the job's last step: the printed codes count from now on, older slips of these people no more.

    False, and nothing written, when not exactly these people may have a slip any more: somebody opened an account,
    moved or died while the paper was made.
    """
    ids = sorted(one.bearer.person_id for one in coded)
    db.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True))
    still = queries.bearers(db, replace(whom, ids=frozenset(ids)), limit=len(ids) + 1)
    if {one.person_id for one in still} != set(ids):
        return False
    at = now()
    db.execute(
        update(Slip)
        .where(Slip.person_id.in_(ids), Slip.used_at.is_(None), Slip.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    rows = [
        {
            "id": new_id(),
            "ward_code": whom.ward_code,
            "person_id": one.bearer.person_id,
            "purpose": str(whom.purpose),
            "code_hash": code_hash(one.code, key),
            "made_at": at,
            "made_by": account_id,
            "expires_at": expires(whom.purpose, at),
            "job_id": job_id,
            "tries": 0,
        }
        for one in sorted(coded, key=lambda one: one.bearer.person_id)
    ]
    db.execute(insert(Slip), rows)
    _say_made(db, job_id, rows, whom, account_id)
    if account_id is not None:
        looks = [
            {"id": new_id(), "ward_code": whom.ward_code, "at": at, "account_id": account_id, "person_id": one}
            for one in ids
        ]
        db.execute(insert(Look), [{**look, "screen": "slips.printed"} for look in looks])
    db.execute(update(SlipPrint).where(SlipPrint.job_id == job_id).values(file_key=file_key))
    return True


def fetch(db: Session, job_id: uuid.UUID, *, account_id: uuid.UUID) -> str:
    """The PDF is taken: it goes a day later. Returns its key in the store; NotFound when there is none (any more)."""
    row = db.scalars(select(SlipPrint).where(SlipPrint.job_id == job_id).with_for_update()).one_or_none()
    if row is None or row.file_key is None or row.removed_at is not None:
        raise NotFound(N_("Tệp phiếu này không còn. Xin in lại: phiếu in lại có mã mới."))
    if row.fetched_at is None:
        row.fetched_at = now()
        db.flush()
    printed = queries.printed(db, job_id)
    audit.append(
        db,
        "slip.fetch",
        ward_code=printed.job.ward_code if printed else None,
        account_id=account_id,
        subject_kind="job",
        subject_id=job_id,
        detail={"slips": printed.made if printed else 0},
    )
    return row.file_key


def remove_files(db: Session) -> list[tuple[uuid.UUID, str | None]]:
    """The prints whose file has lain long enough: (job, key), to be deleted by the caller before it commits."""
    at = now()
    fetched, asked = at - timedelta(days=KEPT_AFTER_FETCH_DAYS), at - timedelta(days=KEPT_DAYS)
    rows = db.scalars(
        select(SlipPrint)
        .where(SlipPrint.removed_at.is_(None), or_(SlipPrint.fetched_at < fetched, SlipPrint.asked_at < asked))
        .order_by(SlipPrint.asked_at)
        .limit(REMOVED_AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.removed_at = at
    db.flush()
    return [(row.job_id, row.file_key) for row in rows]


def revoke(db: Session, slip_id: uuid.UUID, *, account_id: uuid.UUID) -> bool:
    """A slip that was lost or given to the wrong hands opens nothing any more. False when it was no more open."""
    row = db.scalars(select(Slip).where(Slip.id == slip_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound(N_("Không tìm thấy phiếu này."))
    if row.used_at is not None or row.revoked_at is not None:
        return False
    row.revoked_at = now()
    db.flush()
    _say(db, "slip.revoke", row, account_id)
    return True


def open_by_code(db: Session, text: str, key: str) -> Slip:
    """The slip of a code as it was typed, while it may be used. Invalid on `code`; uses nothing up."""
    code = normal_code(text)
    row = queries.slip_by_hash(db, code_hash(code, key)) if code else None
    if row is None:
        raise Invalid(UNKNOWN, field="code")
    at = queries.standing_of(row)
    if at is not Standing.OPEN:
        raise Invalid(REFUSED[at], field="code")
    return row


def prove(database: Database, text: str, birth_year: int, *, key: str) -> tuple[uuid.UUID, Purpose]:
    """The slip of a code whose bearer knows the year of birth as well; returns (slip, purpose), uses nothing up.

    Own transactions: a wrong year counts although the page is rolled back, and it counts before it is looked at, so
    that many tries at once are not more than the few that are allowed. Invalid on `code` or `birth_year`.
    """
    with database.read(primary=True) as db:
        row = open_by_code(db, text, key)
        person = row.person
    with database.transaction() as db:
        counted = db.execute(
            update(Slip).where(Slip.id == row.id, Slip.tries < MOST_TRIES).values(tries=Slip.tries + 1)
        )
        if not counted.rowcount:  # type: ignore[attr-defined]
            raise Invalid(REFUSED[Standing.LOCKED], field="code")
        tries = db.scalars(select(Slip.tries).where(Slip.id == row.id)).one()
        right = person.birth_year == birth_year
        if right:
            db.execute(update(Slip).where(Slip.id == row.id).values(tries=0))
        elif tries >= MOST_TRIES:
            _say(db, "slip.lock", row, None)
    if right:
        return row.id, Purpose(row.purpose)
    if tries >= MOST_TRIES:
        raise Invalid(REFUSED[Standing.LOCKED], field="code")
    raise Invalid(WRONG_YEAR, field="birth_year", left=MOST_TRIES - tries)


def hold(db: Session, slip_id: uuid.UUID, purpose: Purpose, *also: uuid.UUID) -> Slip:
    """The slip with its person (and these others) held until the commit, as it stands now. NotFound.

    `check` says whether it may still be used.
    """
    known = db.get(Slip, slip_id)
    if known is None or known.purpose != purpose:
        raise NotFound(N_("Không tìm thấy phiếu này."))
    for one in sorted({known.person_id, *also}):
        hold_person(db, one)
    return db.scalars(
        select(Slip).where(Slip.id == slip_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def check(row: Slip) -> None:
    """Conflict once a slip may not be used any more."""
    at = queries.standing_of(row)
    if at is not Standing.OPEN:
        raise Conflict(REFUSED[at])


def use_up(db: Session, row: Slip, account_id: uuid.UUID) -> None:
    """The slip was used, by this account. The caller holds it."""
    row.used_at, row.used_by = now(), account_id
    db.flush()
    _say(db, "slip.use", row, account_id)


def void(db: Session, person_id: uuid.UUID) -> None:
    """Somebody came to the record another way: what slips of it are still out there open nothing any more."""
    db.execute(
        update(Slip)
        .where(Slip.person_id == person_id, Slip.used_at.is_(None), Slip.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def hand_over(db: Session, old: uuid.UUID, record: uuid.UUID) -> None:
    """A record gives way to another one of the same person: its open slips are void, the used ones go along."""
    db.execute(delete(Slip).where(Slip.person_id == old, Slip.used_at.is_(None)))
    db.execute(update(Slip).where(Slip.person_id == old).values(person_id=record))


def _say_made(
    db: Session, job_id: uuid.UUID, rows: list[dict[str, Any]], whom: Bearers, account_id: uuid.UUID | None
) -> None:
    """One slip is said of its person; many are one link, or the chain of the ward would stand still for seconds.

    Its digest (SHA-256 over "slip:person" in order) tells whether the rows are still those that were made.
    """
    if len(rows) == 1:
        _say(db, "slip.make", Slip(**rows[0]), account_id)
        return
    pairs = ",".join(sorted(f"{row['id']}:{row['person_id']}" for row in rows))
    audit.append(
        db,
        "slip.make",
        ward_code=whom.ward_code,
        account_id=account_id,
        subject_kind="job",
        subject_id=job_id,
        detail={
            "purpose": str(whom.purpose),
            "slips": len(rows),
            "digest": hashlib.sha256(pairs.encode()).hexdigest(),
        },
    )


def _say(db: Session, action: str, row: Slip, account_id: uuid.UUID | None) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=row.person_id,
        detail={"slip": str(row.id), "purpose": row.purpose},
    )
