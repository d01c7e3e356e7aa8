"""Composing a batch, signing it, a body's letterhead, mending a name on a certificate."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.granting import grant_all
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import State
from xhht_citizen.batches import letterheads, queries
from xhht_citizen.batches.models import DecisionBatch, DecisionBatchCase, Letterhead, TitleCorrection
from xhht_citizen.batches.rules import (
    MOST_CASES,
    Bar,
    BatchState,
    Words,
    check_name,
    check_words,
    fingerprint,
    full_number,
)
from xhht_citizen.database import insert_new, now, parts
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups.rules import Kind
from xhht_citizen.notices.actions import tell
from xhht_citizen.titles.models import Decision, Title
from xhht_citizen.titles.rules import check_decision, decision_key
from xhht_citizen.vietnamese import fold, name_sort_key, nfc, sort_key


@dataclass(frozen=True)
class Signed:
    """What signing did: the decision, how many titles it gave, how many cases were left out of the batch."""

    decision_id: uuid.UUID
    granted: int
    left: int


def make(
    db: Session,
    batch_id: uuid.UUID,
    *,
    name: str,
    year: int,
    ward_code: str | None,
    province_code: str | None,
    actor: Actor,
) -> bool:
    """A new, empty batch of a ward, or of a province; the id comes with the form, sent twice is once."""
    made = insert_new(
        db,
        DecisionBatch,
        id=batch_id,
        ward_code=None if province_code else ward_code,
        province_code=province_code,
        year=year,
        name=check_name(name),
        state=BatchState.OPEN,
        version=1,
        made_at=now(),
        made_by=actor.account_id,
    )
    if made:
        _say(db, "batch.make", _lock(db, batch_id), actor, year=year)
    return made


def rename(db: Session, batch_id: uuid.UUID, name: str, *, version: int, actor: Actor) -> None:
    """Another name for an open batch. Conflict when somebody changed it meanwhile."""
    one = _lock_open(db, batch_id)
    if one.version != version:
        raise Conflict(N_("Đợt này vừa được người khác sửa. Xin xem lại."))
    one.name = check_name(name)
    one.version += 1
    db.flush()


def add(db: Session, batch_id: uuid.UUID, ids: Collection[uuid.UUID], *, actor: Actor) -> int:
    """Put recommended cases of the batch's place into it; returns how many came in.

    A case that is in another open batch stays there; one that is not recommended, or lies elsewhere, is left out.
    """
    one = _lock_open(db, batch_id)
    inside = set(db.scalars(select(DecisionBatchCase.application_id).where(DecisionBatchCase.batch_id == batch_id)))
    wanted = sorted(set(ids) - inside)
    if len(inside) + len(wanted) > MOST_CASES:
        raise Invalid(
            N_("Một đợt có nhiều nhất %(most)s hồ sơ. Xin lập thêm đợt."), most=f"{MOST_CASES:,}".replace(",", ".")
        )
    came = 0
    for some in parts(wanted):
        fitting = db.scalars(
            select(Application.id)
            .where(
                Application.id.in_(some),
                Application.state == State.RECOMMENDED,
                *queries.place_of(one).cases(),
            )
            .order_by(Application.id)
        ).all()
        _forget_ended(db, fitting)
        for application_id in fitting:
            came += insert_new(
                db,
                DecisionBatchCase,
                application_id=application_id,
                batch_id=batch_id,
                added_at=now(),
                added_by=actor.account_id,
            )
    if came:
        one.version += 1
        _say(db, "batch.add", one, actor, count=came)
    db.flush()
    return came


def _forget_ended(db: Session, ids: Collection[uuid.UUID]) -> None:
    """A case that was granted by an ended batch and is recommended anew, its title revoked, is free for another one."""
    ended = select(DecisionBatch.id).where(DecisionBatch.state != BatchState.OPEN)
    db.execute(
        delete(DecisionBatchCase).where(
            DecisionBatchCase.application_id.in_(ids), DecisionBatchCase.batch_id.in_(ended)
        ),
        execution_options={"synchronize_session": False},
    )


def remove(db: Session, batch_id: uuid.UUID, ids: Collection[uuid.UUID], *, actor: Actor) -> int:
    """Take cases out of an open batch; they wait for another one. Returns how many were in it."""
    one = _lock_open(db, batch_id)
    gone = _take_out(db, batch_id, ids)
    if gone:
        one.version += 1
        _say(db, "batch.remove", one, actor, count=gone)
    db.flush()
    return gone


def _take_out(db: Session, batch_id: uuid.UUID, ids: Collection[uuid.UUID]) -> int:
    gone = 0
    for some in parts(sorted(ids)):
        gone += len(
            db.scalars(
                delete(DecisionBatchCase)
                .where(DecisionBatchCase.batch_id == batch_id, DecisionBatchCase.application_id.in_(some))
                .returning(DecisionBatchCase.application_id),
                execution_options={"synchronize_session": False},
            ).all()
        )
    return gone


def drop(db: Session, batch_id: uuid.UUID, *, actor: Actor) -> None:
    """Give an open batch up; its cases are free for another one."""
    one = _lock_open(db, batch_id)
    db.execute(
        delete(DecisionBatchCase).where(DecisionBatchCase.batch_id == batch_id),
        execution_options={"synchronize_session": False},
    )
    one.state, one.ended_at = BatchState.DROPPED, now()
    one.version += 1
    db.flush()
    _say(db, "batch.drop", one, actor)


def details_of(db: Session, one: DecisionBatch, number: str, decided_on: date, signatory: str) -> DecisionDetails:
    """The decision as it is entered for a batch; digits alone become the whole number, as the letterhead has it."""
    words = letterheads.words_of(db, queries.place_code(one))
    return DecisionDetails(full_number(number, words.number_format, decided_on.year), decided_on, signatory)


def check_signing(db: Session, one: DecisionBatch, decision: DecisionDetails, today: date) -> None:
    """Invalid on its field when this decision cannot be the batch's: known before a long job is asked for."""
    check_decision(decision.number, decision.decided_on, decision.signatory, today)
    body = (
        Decision.province_code == one.province_code
        if one.province_code
        else (Decision.ward_code == one.ward_code) & Decision.province_code.is_(None)
    )
    known = db.scalars(
        select(Decision).where(
            body,
            Decision.decided_year == decision.decided_on.year,
            Decision.number_key == decision_key(decision.number),
        )
    ).one_or_none()
    if known is None:
        return
    other = queries.batch_of_decision(db, known.id)
    if other is not None and other.id != one.id:
        raise Invalid(
            N_("Số %(number)s đã là quyết định của đợt “%(name)s”."),
            field="number",
            number=known.number,
            name=other.name,
        )
    if known.decided_on != decision.decided_on or known.signatory != " ".join(decision.signatory.split()):
        raise Invalid(
            N_("Số %(number)s đã dùng cho quyết định ngày %(day)s do %(signatory)s ký. Xin xem lại."),
            field="number",
            number=known.number,
            day=f"{known.decided_on:%d/%m/%Y}",
            signatory=known.signatory,
        )


def sign(
    db: Session, batch_id: uuid.UUID, *, actor: Actor, today: date, decision: DecisionDetails, seen: str
) -> Signed:
    """Enter the signed decision: everybody in the batch who can be granted gets the title, or nobody does.

    `seen` is the fingerprint of what the signer was shown: Conflict when a case changed since. Who cannot be granted
    leaves the batch. A case of the signer's own or family stops it: another one must sign. Signed twice by the same
    decision is once. One transaction: the caller's.
    """
    one = _lock(db, batch_id)
    if one.state == BatchState.SIGNED:
        known = queries.decision_of(db, one)
        if known is not None and known.number_key == decision_key(decision.number):
            return Signed(known.id, len(queries.decided_lines(db, known.id)), 0)
    _expect_open(one)
    check_signing(db, one, decision, today)
    found = queries.lines(db, one, actor=actor, today=today)
    if any(line.bar is Bar.KIN for line in found):
        raise Conflict(
            N_(
                "Trong đợt có hồ sơ của ông/bà, người cùng nhà, người ông/bà làm thay hoặc nhóm của ông/bà. "
                "Xin để người khác ký."
            )
        )
    able = [line for line in found if line.bar is None]
    if not able:
        raise Conflict(N_("Không còn hồ sơ nào trong đợt công nhận được."))
    if fingerprint((line.id, line.version) for line in able) != seen:
        raise Conflict(N_("Danh sách của đợt vừa thay đổi, nên chưa công nhận ai. Xin xem lại danh sách."))
    left = [line.id for line in found if line.bar is not None]
    grant_all(
        db,
        [line.id for line in able],
        actor=actor,
        today=today,
        decision=decision,
        versions={line.id: line.version for line in able},
    )
    _take_out(db, one.id, left)
    decision_id = db.scalars(
        select(Title.decision_id).where(Title.application_id == able[0].id, Title.revoked_at.is_(None))
    ).one()
    one.state, one.decision_id, one.ended_at = BatchState.SIGNED, decision_id, now()
    one.version += 1
    db.flush()
    _say(db, "batch.sign", one, actor, count=len(able), left=len(left))
    return Signed(decision_id, len(able), len(left))


def save_letterhead(db: Session, code: str, words: Words, *, version: int, actor: Actor) -> int:
    """Keep what stands on a place's papers; returns the new version. Conflict when somebody saved meanwhile."""
    words = check_words(words)
    insert_new(db, Letterhead, place_code=code, version=0, saved_at=now(), **asdict(words))
    row = db.scalars(
        select(Letterhead)
        .where(Letterhead.place_code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.version != version:
        raise Conflict(N_("Mẫu văn bản vừa được người khác lưu. Xin xem lại bản mới rồi sửa tiếp."))
    for name, text in asdict(words).items():
        setattr(row, name, text)
    row.version, row.saved_at, row.saved_by = version + 1, now(), actor.account_id
    db.flush()
    audit.append(
        db,
        "letterhead.save",
        ward_code=code if len(code) == 5 else None,
        account_id=actor.account_id,
        subject_kind="letterhead",
        subject_id=None,
        detail={"place": code, "version": row.version},
    )
    return row.version


def correct(
    db: Session, correction_id: uuid.UUID, title_id: uuid.UUID, *, name: str, reason: str, actor: Actor
) -> bool:
    """Mend a misspelt name on a title; what it was stays known. False when this very correction was made before.

    The person's own record is corrected elsewhere.
    """
    name, reason = nfc(name), reason.strip()
    if not name:
        raise Invalid(N_("Ghi tên đúng."), field="name")
    if not reason:
        raise Invalid(N_("Ghi lý do sửa, ví dụ: tên viết sai dấu so với căn cước."), field="reason")
    title = db.scalars(
        select(Title).where(Title.id == title_id).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if title is None:
        raise NotFound(N_("Không tìm thấy danh hiệu này."))
    if db.get(TitleCorrection, correction_id) is not None:
        return False
    if title.revoked_at is not None:
        raise Conflict(N_("Danh hiệu đã được thu hồi nên không sửa nữa."))
    if name == title.holder_name:
        raise Invalid(N_("Tên này giống tên đang ghi trong sổ."), field="name")
    db.add(
        TitleCorrection(
            id=correction_id,
            ward_code=title.ward_code,
            title_id=title.id,
            old_name=title.holder_name,
            new_name=name,
            reason=reason,
            account_id=actor.account_id,
        )
    )
    by_given_name = title.kind in {Kind.CITIZEN, Kind.HOUSEHOLD}
    order = name_sort_key(name) if by_given_name else sort_key(name)
    if len(fold(name)) > 160 or len(order) > 400:  # some letters are one to the eye and many in a key
        raise Invalid(N_("Dài quá %(max)d chữ, xin viết ngắn hơn."), field="name", max=160)
    title.holder_name, title.search_key, title.sort_key = name, fold(name), order
    db.flush()
    if title.person_id is not None:
        tell(
            db,
            "title.corrected",
            once=f"correct:{correction_id}",
            person_id=title.person_id,
            ward_code=title.ward_code,
            path=f"/danh-hieu/{title.id}",
            year=title.year,
        )
    audit.append(
        db,
        "title.correct",
        ward_code=title.ward_code,
        account_id=actor.account_id,
        subject_kind="title",
        subject_id=title.id,
        detail={"year": title.year, "kind": title.kind},
    )
    return True


def _lock(db: Session, batch_id: uuid.UUID) -> DecisionBatch:
    one = db.scalars(
        select(DecisionBatch)
        .where(DecisionBatch.id == batch_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if one is None:
        raise NotFound(N_("Không tìm thấy đợt này."))
    return one


def _expect_open(one: DecisionBatch) -> None:
    if one.state != BatchState.OPEN:
        raise Conflict(N_("Đợt này đã ký hoặc đã bỏ, nên không sửa được nữa."))


def _lock_open(db: Session, batch_id: uuid.UUID) -> DecisionBatch:
    one = _lock(db, batch_id)
    _expect_open(one)
    return one


def _say(db: Session, act: str, one: DecisionBatch, actor: Actor, **detail: object) -> None:
    audit.append(
        db,
        act,
        ward_code=one.ward_code,
        account_id=actor.account_id,
        subject_kind="batch",
        subject_id=one.id,
        detail=detail,
    )
