"""Writing evidence: add, edit, attach, withdraw."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, make_transient_to_detached, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from xhht_citizen import audit
from xhht_citizen.database import insert_new, new_id, now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid, NotFound
from xhht_citizen.evidence.files import CleanFile, Store, key_for
from xhht_citizen.evidence.models import Evidence, EvidenceFile, EvidenceIndicator
from xhht_citizen.evidence.references import MAX_REFERENCE, plain_reference
from xhht_citizen.evidence.rules import (
    KINDS,
    MAX_FILES,
    MAX_NOTE,
    MAX_PROVIDER,
    MAX_TITLE,
    MAX_WITNESS,
    check_learned_on,
)
from xhht_citizen.phones.rules import Said
from xhht_citizen.vietnamese import nfc

# What a row says in words.
TEXTS = ("kind", "title", "provider", "learned_on", "minutes", "witness", "note", "certificate_ref")


@dataclass(frozen=True)
class Details:
    """What is written about one thing learned. `minutes` is its length; papers are optional."""

    kind: str
    title: str
    learned_on: date
    indicators: frozenset[str]
    provider: str | None = None
    minutes: int | None = None
    witness: str | None = None
    note: str | None = None
    certificate_ref: str | None = None


@dataclass(frozen=True)
class NewFile:
    """A cleaned file and the name it came with; `id` is the phone's own, made with the photo."""

    clean: CleanFile
    name: str
    id: uuid.UUID | None = None  # made on the phone that took the picture


def add(
    db: Session,
    store: Store,
    *,
    evidence_id: uuid.UUID,
    person_id: uuid.UUID,
    ward_code: str | None,
    details: Details,
    files: list[NewFile],
    account_id: uuid.UUID | None,
    today: date,
) -> Evidence:
    """Add one piece of evidence. The id comes with the form, so a form sent twice is the same row.

    Conflict when the row of that id says something else: what is typed now would be lost.
    Files go to the store first: a crash leaves an unused file, never a row without its file.
    A certificate's number that nobody typed is read off the QR code of a picture.
    """
    details = replace(details, certificate_ref=details.certificate_ref or _code_on(files))
    check_details(details, today)
    if len(files) > MAX_FILES:
        raise Invalid(N_("Mỗi việc học kèm được tối đa %(count)s tệp."), field="files", count=MAX_FILES)
    columns = {
        "id": evidence_id,
        "ward_code": ward_code,
        "person_id": person_id,
        "created_at": now(),
        "created_by": account_id,
        "version": 1,
        **_columns(details),
    }
    if not insert_new(db, Evidence, **columns):
        row = _lock(db, evidence_id)
        if row.person_id != person_id:
            raise Forbidden(N_("Không lưu được: mã của biểu mẫu đã thuộc về người khác."))
        if not _says(row, details, files):
            message = N_("Trang này đã được lưu với nội dung khác. Muốn ghi thành một việc mới, xin bấm Lưu lần nữa.")
            raise Conflict(message)
        return row
    _free_ids(db, files)
    row = _inserted(db, columns)
    _set_indicators(row, details.indicators)
    _attach(store, row, files, today)
    db.flush()
    _audit(db, "evidence.add", row, account_id, {"kind": row.kind, "files": len(files)})
    return row


def edit(
    db: Session, evidence_id: uuid.UUID, details: Details, *, version: int, account_id: uuid.UUID | None, today: date
) -> Evidence:
    """Correct evidence that nobody else is reading. Conflict when it is with reviewers or was changed meanwhile."""
    check_details(details, today)
    row = _lock(db, evidence_id)
    _changeable(row)
    if row.version != version:
        raise Conflict(N_("Việc học này vừa được sửa ở nơi khác. Xin xem lại rồi sửa tiếp."))
    for column, value in _columns(details).items():
        setattr(row, column, value)
    _set_indicators(row, details.indicators)
    row.version += 1
    db.flush()
    _audit(db, "evidence.edit", row, account_id, {})
    return row


def said(row: Evidence) -> Said:
    """What the row says now."""
    return Said({name: _text(getattr(row, name)) for name in TEXTS}, frozenset(tag.code for tag in row.indicators))


def said_of(details: Details) -> Said:
    """What the row will say when these details are written."""
    columns = _columns(details)
    return Said({name: _text(columns[name]) for name in TEXTS}, details.indicators)


def annotate(
    db: Session, evidence_id: uuid.UUID, note: str | None, *, version: int, account_id: uuid.UUID | None
) -> Evidence:
    """A person's own words beside what an activity's organiser confirmed; its facts are the organiser's."""
    row = _lock(db, evidence_id)
    _free(row)
    text = (note or "").strip() or None
    if len(text or "") > MAX_NOTE:
        raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field="note", most=MAX_NOTE)
    if row.note == text:
        return row
    if row.version != version:
        raise Conflict(N_("Việc học này vừa được sửa ở nơi khác. Xin xem lại rồi sửa tiếp."))
    row.note = text
    row.version += 1
    db.flush()
    _audit(db, "evidence.annotate", row, account_id, {})
    return row


def attach(
    db: Session,
    store: Store,
    evidence_id: uuid.UUID,
    files: list[NewFile],
    *,
    account_id: uuid.UUID | None,
    today: date,
) -> Evidence:
    """Add files to evidence; the same picture twice is kept once, and so is what a phone sends again by the same id.

    A number on the paper that nobody wrote down is read off the QR code of a picture.
    """
    row = _lock(db, evidence_id)
    _changeable(row)
    known, ids = {file.sha256 for file in row.files}, {file.id for file in row.files}
    fresh = list(
        {file.clean.sha256: file for file in files if file.clean.sha256 not in known and file.id not in ids}.values()
    )
    if len(row.files) + len(fresh) > MAX_FILES:
        raise Invalid(N_("Mỗi việc học kèm được tối đa %(count)s tệp."), field="files", count=MAX_FILES)
    _free_ids(db, fresh)
    _attach(store, row, fresh, today)
    row.certificate_ref = row.certificate_ref or _code_on(fresh)
    row.version += 1
    db.flush()
    if fresh:
        _audit(db, "evidence.attach", row, account_id, {"files": len(fresh)})
    return row


def detach(db: Session, evidence_id: uuid.UUID, file_id: uuid.UUID, *, account_id: uuid.UUID | None) -> str:
    """Take a file off evidence that nobody else is reading; returns its storage key, to delete after the commit."""
    row = _lock(db, evidence_id)
    _changeable(row)
    if row.used_at is not None:
        raise Conflict(N_("Tệp này đã nằm trong một hồ sơ đã gửi nên được giữ lại. Ông/bà thêm tệp mới được."))
    found = next((file for file in row.files if file.id == file_id), None)
    if found is None:
        raise NotFound(N_("Không tìm thấy tệp này."))
    row.files.remove(found)
    row.version += 1
    db.flush()
    _audit(db, "evidence.detach", row, account_id, {"file": str(file_id)})
    return found.storage_key


def withdraw(db: Session, evidence_id: uuid.UUID, *, account_id: uuid.UUID | None) -> list[str]:
    """Take evidence back: deleted when no case ever used it, marked withdrawn otherwise.

    Returns the storage keys of deleted files, to remove after the commit. Conflict while a case is with reviewers.
    """
    row = _lock(db, evidence_id)
    if row.withdrawn_at is not None:
        return []
    if row.locked_at is not None:
        raise Conflict(N_("Việc học này đang nằm trong hồ sơ đã gửi. Muốn bỏ, xin rút hồ sơ trước."))
    if row.activity_id is not None:  # it goes with one's place on the activity's list
        raise Conflict(N_("Người tổ chức đã xác nhận việc này. Nếu ông/bà không dự, xin bấm “Tôi không dự buổi này”."))
    keys: list[str] = []
    if row.used_at is None:
        keys = [file.storage_key for file in row.files]
        db.delete(row)
    else:
        row.withdrawn_at = now()
        row.version += 1
    db.flush()
    _audit(db, "evidence.withdraw", row, account_id, {"deleted": not row.used_at})
    return keys


def _inserted(db: Session, columns: dict[str, object]) -> Evidence:
    """The row just inserted as the session would have loaded it, without asking the database for it again."""
    row = Evidence(**columns)
    make_transient_to_detached(row)
    set_committed_value(row, "indicators", [])
    set_committed_value(row, "files", [])
    db.add(row)
    return row


def _lock(db: Session, evidence_id: uuid.UUID) -> Evidence:
    row = held(db, evidence_id)
    if row is None:
        raise NotFound(N_("Không tìm thấy việc học này."))
    return row


def held(db: Session, evidence_id: uuid.UUID) -> Evidence | None:
    return db.scalars(
        select(Evidence)
        .where(Evidence.id == evidence_id)
        .with_for_update()
        .options(selectinload(Evidence.indicators), selectinload(Evidence.files))
        .execution_options(populate_existing=True)
    ).one_or_none()


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _changeable(row: Evidence) -> None:
    _free(row)
    if row.activity_id is not None:
        raise Conflict(N_("Việc này do người tổ chức xác nhận, nên ông/bà chỉ ghi thêm được lời của mình."))


def _free(row: Evidence) -> None:
    if row.withdrawn_at is not None:
        raise Conflict(N_("Việc học này đã rút nên không sửa được."))
    if row.locked_at is not None:
        raise Conflict(N_("Việc học này đang nằm trong hồ sơ đã gửi nên chưa sửa được."))


def check_details(details: Details, today: date) -> None:
    if details.kind not in KINDS:
        raise Invalid(N_("Chọn một cách học."), field="kind")
    title = nfc(details.title)
    if len(title) < 2:
        raise Invalid(N_("Ghi tên lớp, sách hoặc việc đã học."), field="title")
    for field, text, most in (
        ("title", title, MAX_TITLE),
        ("provider", nfc(details.provider or ""), MAX_PROVIDER),
        ("witness", nfc(details.witness or ""), MAX_WITNESS),
        ("note", (details.note or "").strip(), MAX_NOTE),
        ("certificate_ref", plain_reference(details.certificate_ref) or "", MAX_REFERENCE),
    ):
        if len(text) > most:
            raise Invalid(N_("Dài quá %(most)s chữ, xin viết ngắn hơn."), field=field, most=most)
    check_learned_on(details.learned_on, today)
    if details.minutes is not None and not 1 <= details.minutes <= 600_000:
        raise Invalid(N_("Số giờ học từ 0,1 đến 10.000."), field="hours")


def _columns(details: Details) -> dict[str, object]:
    return {
        "kind": str(details.kind),  # checked before it is written; what a phone says may be anything
        "title": nfc(details.title),
        "provider": nfc(details.provider or "") or None,
        "learned_on": details.learned_on,
        "year": details.learned_on.year,
        "minutes": details.minutes,
        "witness": nfc(details.witness or "") or None,
        "note": (details.note or "").strip() or None,
        "certificate_ref": plain_reference(details.certificate_ref),
    }


def _says(row: Evidence, details: Details, files: list[NewFile]) -> bool:
    """Whether the row says what the details do and holds the files; its paper's number may be from a picture."""
    columns = _columns(details)
    if columns["certificate_ref"] is None:
        del columns["certificate_ref"]
    return (
        all(getattr(row, column) == value for column, value in columns.items())
        and {tag.code for tag in row.indicators} == details.indicators
        and {file.clean.sha256 for file in files} <= {file.sha256 for file in row.files}
    )


def _set_indicators(row: Evidence, codes: frozenset[str]) -> None:
    for tag in [tag for tag in row.indicators if tag.code not in codes]:
        row.indicators.remove(tag)
    present = {tag.code for tag in row.indicators}
    row.indicators.extend(EvidenceIndicator(evidence_id=row.id, code=code) for code in sorted(codes - present))


def _code_on(files: list[NewFile]) -> str | None:
    return next((file.clean.code for file in files if file.clean.code), None)


def _free_ids(db: Session, files: list[NewFile]) -> None:
    """Forbidden when a phone's id already names a file of something else: nobody's row is written over."""
    ids = [file.id for file in files if file.id is not None]
    if ids and db.scalars(select(EvidenceFile.id).where(EvidenceFile.id.in_(ids))).first() is not None:
        raise Forbidden(N_("Không lưu được tệp: mã của tệp đã thuộc về việc học khác."))


def _attach(store: Store, row: Evidence, files: list[NewFile], today: date) -> None:
    start = max((file.position for file in row.files), default=0)
    for position, file in enumerate(files, start + 1):
        file_id = file.id or new_id()
        # A phone's file comes again with its id after a cut, when the store may hold it already: the key is its own.
        key = key_for(row.ward_code, today.year, new_id() if file.id else file_id, file.clean.extension)
        store.put(key, file.clean.content)
        row.files.append(
            EvidenceFile(
                id=file_id,
                evidence_id=row.id,
                ward_code=row.ward_code,
                position=position,
                storage_key=key,
                content_type=file.clean.content_type,
                size_bytes=len(file.clean.content),
                sha256=file.clean.sha256,
                original_name=nfc(file.name)[:160] or file_id.hex,
            )
        )


def _audit(db: Session, action: str, row: Evidence, account_id: uuid.UUID | None, detail: dict[str, object]) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="evidence",
        subject_id=row.id,
        detail=detail,
    )
