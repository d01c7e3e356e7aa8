"""What an officer does with a list: uploads it, says how its columns are read, starts, discards, takes it back."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs import queries as known_jobs
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.jobs.rules import ENDED, State
from xhht_citizen.jobs.workshop import Store
from xhht_citizen.places.models import Commune
from xhht_citizen.roster import columns as of_lists
from xhht_citizen.roster import queries, reading
from xhht_citizen.roster.columns import Guess
from xhht_citizen.roster.models import RosterImport
from xhht_citizen.roster.rules import LISTS
from xhht_citizen.roster.undoing import BUILT_ON
from xhht_citizen.vietnamese import nfc

PERMISSION = "roster.import"
BUSY = N_("Phường, xã đang nhập một danh sách khác. Xin chờ xong rồi làm tiếp.")
TITLES = {
    "roster.check": N_("Kiểm tra danh sách dân cư"),
    "roster.take": N_("Nhập danh sách dân cư"),
    "roster.undo": N_("Rút danh sách dân cư đã nhập"),
}
MOVED_ON = N_("Danh sách này đã sang bước khác. Xin xem lại.")


def read_head(content: bytes) -> Guess:
    """What an uploaded file's columns seem to be; slow, so before the database is held. Invalid on `file`."""
    reading.check_size(content)
    _about, rows = reading.head(content)
    return of_lists.guess(rows)


def upload(
    db: Session,
    store: Store,
    content: bytes,
    guess: Guess,
    *,
    import_id: uuid.UUID,
    ward_code: str,
    community_id: uuid.UUID | None,
    file_name: str,
    account_id: uuid.UUID,
) -> RosterImport:
    """Keep a list and how its columns seem to be read. Idempotent by `import_id`, which the page makes."""
    key = f"{LISTS}{new_id()}.list"  # its age is in its name: see importing.forget_old
    made = insert_new(
        db,
        RosterImport,
        id=import_id,
        ward_code=ward_code,
        state="uploaded",
        file_name=nfc(file_name)[-160:] or "danh-sach",
        file_key=key,
        file_sha256=hashlib.sha256(content).hexdigest(),
        header_row=guess.header_row,
        headings=list(guess.headings),
        columns=dict(guess.columns),
        skip_bad=True,
        counts={},
        made_at=now(),
        made_by=account_id,
        community_id=community_id,
    )
    row = db.get_one(RosterImport, import_id)
    if not made:
        if row.ward_code != ward_code:
            raise NotFound(N_("Không tìm thấy danh sách này."))
        return row
    store.put(key, content)
    _say(db, "roster.upload", row, account_id)
    return row


def ask_check(
    db: Session,
    import_id: uuid.UUID,
    *,
    columns: Mapping[str, int],
    header_row: int,
    headings: list[str],
    community_id: uuid.UUID | None,
    account_id: uuid.UUID,
    back: str,
) -> uuid.UUID:
    """Say how the columns are read, and have every line checked. Returns the job. Invalid on a field; Conflict."""
    of_lists.check(columns, has_default=community_id is not None)
    row = _hold(db, import_id, {"uploaded", "checking", "checked"})
    _not_at_work(db, row)
    row.columns, row.header_row, row.headings, row.community_id = dict(columns), header_row, headings, community_id
    row.state, row.counts, row.reason = "checking", {}, None
    return _ask(db, row, "roster.check", account_id, back)


def ask_import(db: Session, import_id: uuid.UUID, *, skip_bad: bool, account_id: uuid.UUID, back: str) -> uuid.UUID:
    """Start taking a checked list over, or go on with one that was stopped. Returns the job.

    One list at a time in a ward, be it taken over or back. Conflict without `skip_bad` where a line is bad.
    """
    row = db.get(RosterImport, import_id)
    if row is not None:
        db.execute(select(Commune.code).where(Commune.code == row.ward_code).with_for_update())
    row = _hold(db, import_id, {"checked", "importing"})
    _not_at_work(db, row)
    _alone(db, row)
    if row.state == "checked":
        if not skip_bad and row.counts.get("bad"):
            raise Conflict(
                N_("Còn %(count)s dòng chưa đúng. Sửa rồi tải lên lại, hoặc chọn nhập các dòng đúng."),
                count=row.counts["bad"],
                field="skip_bad",
            )
        row.skip_bad = skip_bad
        row.counts = row.counts | {"moved": 0, "households": 0}
        row.state = "importing"
    elif _stays(db, row):
        row.skip_bad = True
    return _ask(db, row, "roster.take", account_id, back)


def ask_undo(db: Session, import_id: uuid.UUID, *, account_id: uuid.UUID, back: str) -> uuid.UUID:
    """Have a whole import taken back. Returns the job.

    Conflict while another list of the ward is being taken over or back.
    """
    row = db.get(RosterImport, import_id)
    if row is not None:
        db.execute(select(Commune.code).where(Commune.code == row.ward_code).with_for_update())
    row = _hold(db, import_id, {"imported", "importing", "undoing"})
    _not_at_work(db, row)
    _alone(db, row)
    row.state = "undoing"
    return _ask(db, row, "roster.undo", account_id, back)


def discard(db: Session, import_id: uuid.UUID, *, account_id: uuid.UUID) -> list[str]:
    """Give an uploaded list up before it is taken over. Returns its files' keys, to be deleted after the commit."""
    row = _hold(db, import_id, {"uploaded", "checking", "checked"})
    _not_at_work(db, row)
    keys = [key for key in (row.file_key, row.faults_key) if key is not None]
    row.file_key = row.faults_key = None
    row.state, row.reason = "refused", N_("Đã bỏ, không nhập.")
    _say(db, "roster.discard", row, account_id)
    return keys


def at_work(db: Session, row: RosterImport) -> bool:
    """Whether the list's job has not ended."""
    job = known_jobs.job(db, row.job_id) if row.job_id else None
    return job is not None and State(job.state) not in ENDED


def _not_at_work(db: Session, row: RosterImport) -> None:
    if at_work(db, row):
        raise Conflict(N_("Máy đang làm việc với danh sách này. Xin chờ xong."))


def _stays(db: Session, row: RosterImport) -> bool:
    """Whether a bad line came up late, and what was taken could not be taken back: to go on is to leave it out."""
    job = known_jobs.job(db, row.job_id) if row.job_id else None
    return job is not None and job.reason == BUILT_ON and queries.bad_done(db, row.id) > 0


def _alone(db: Session, row: RosterImport) -> None:
    """No other list of the ward is being taken over or back. The ward's row is locked by who asks."""
    others = select(RosterImport.id).where(
        RosterImport.ward_code == row.ward_code,
        RosterImport.id != row.id,
        RosterImport.state.in_(["importing", "undoing"]),
    )
    if db.scalars(others.limit(1)).first() is not None:
        raise Conflict(BUSY)


def _hold(db: Session, import_id: uuid.UUID, states: set[str]) -> RosterImport:
    query = select(RosterImport).where(RosterImport.id == import_id).with_for_update()
    row = db.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(N_("Không tìm thấy danh sách này."))
    if row.state not in states:
        raise Conflict(MOVED_ON)
    return row


def _ask(db: Session, row: RosterImport, kind: str, account_id: uuid.UUID, back: str) -> uuid.UUID:
    payload = {"import": str(row.id), "back": back}
    if row.job_id is not None:
        payload["before"] = str(row.job_id)  # a worker that died over it may have left a file
    row.job_id = jobs.ask(db, Asked(kind, TITLES[kind], PERMISSION, account_id, payload, ward_code=row.ward_code))
    db.flush()
    _say(db, f"{kind}.ask", row, account_id)
    return row.job_id


def _say(db: Session, action: str, row: RosterImport, account_id: uuid.UUID) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="roster_import",
        subject_id=row.id,
        detail={"state": row.state},
    )
