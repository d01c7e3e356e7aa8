"""Many clean cases recommended at once, all or none, and taken back as a whole until a decision names one of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import bench, doubts, drawing
from xhht_citizen.applications.actions import judge, move
from xhht_citizen.applications.clean import MOST
from xhht_citizen.applications.models import Application, BulkCase, BulkRecommendation
from xhht_citizen.applications.rules import Judgement, State, Verdict
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import Reads
from xhht_citizen.database import insert_new, now
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid, NotFound
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios


@dataclass(frozen=True)
class Undone:
    """What undoing a bulk did: the cases that lie under review again, and those that had moved on and stay."""

    reopened: list[Application]
    stayed: list[Application]


def recommend(
    db: Session,
    bulk_id: uuid.UUID,
    seen: Mapping[uuid.UUID, int],
    *,
    ward_code: str,
    actor: Actor,
    today: date,
) -> BulkRecommendation:
    """Confirm every claim of these cases as it is and recommend them, in one transaction.

    `seen` (id -> version) is what the person read; `bulk_id` is of the page: sent twice is the same as once. Conflict
    names the first case that changed or is clean no more, and then nobody is recommended. Each case draws its lot, and
    those drawn or raising a question wait for a second look.
    """
    if not seen:
        raise Invalid(N_("Chọn ít nhất một hồ sơ."))
    if len(seen) > MOST:
        raise Invalid(N_("Mỗi lần đề nghị được nhiều nhất %(most)s hồ sơ."), most=MOST)
    share = places.ward_settings(db, ward_code).second_look_share
    seed = drawing.new_seed()
    made = insert_new(
        db,
        BulkRecommendation,
        id=bulk_id,
        ward_code=ward_code,
        account_id=actor.account_id,
        made_at=now(),
        seed=seed,
        share=share,
    )
    row = db.get_one(BulkRecommendation, bulk_id)
    if not made:
        if (row.account_id, row.ward_code) != (actor.account_id, ward_code):
            raise Conflict(N_("Lần đề nghị này là của người khác. Xin chọn lại từ danh sách."))
        return row
    cases = bench.held(db, seen)
    _check(db, cases, seen, ward_code=ward_code, actor=actor, today=today)
    ids = [case.id for case in cases]
    raised = doubts.of_cases(db, ids, reviewer_id=actor.account_id)
    bulk = drawing.InBulk(
        bulk_id,
        drawing.draw(db, bulk_id, seed=seed, share=share, case_ids=ids),
        {key: doubts.questions_first(found) for key, found in raised.items()},
    )
    db.add_all(BulkCase(bulk_id=bulk_id, application_id=key) for key in ids)
    db.flush()
    with ratios.later(db):  # the ward is counted once, not once a case
        for case in cases:
            _recommend(db, case, bulk, actor=actor, today=today)
    audit.append(
        db,
        "bulk.recommend",
        ward_code=ward_code,
        account_id=actor.account_id,
        subject_kind="bulk",
        subject_id=bulk_id,
        detail={"cases": len(ids), "drawn": len(bulk.drawn), "seed": seed, "share": share},
    )
    return row


def _check(
    db: Session,
    cases: list[Application],
    seen: Mapping[uuid.UUID, int],
    *,
    ward_code: str,
    actor: Actor,
    today: date,
) -> None:
    if len(cases) != len(seen) or any(case.ward_code != ward_code for case in cases):
        raise Forbidden(N_("Trong danh sách có hồ sơ không thuộc nơi này. Chưa đề nghị ai."))
    for case in cases:
        if case.version != seen[case.id]:
            raise Conflict(
                N_("Hồ sơ của %(name)s vừa được người khác cập nhật, nên chưa đề nghị ai. Xin xem lại danh sách."),
                name=name_of(case),
            )
    for one in bench.candidates(db, cases, ward_code=ward_code, actor=actor, today=today):
        if one.blemish is not None:
            raise Conflict(
                N_("Hồ sơ của %(name)s không đề nghị hàng loạt được nữa, nên chưa đề nghị ai. Xin xem lại danh sách."),
                name=name_of(one.case),
            )


def _recommend(db: Session, case: Application, bulk: drawing.InBulk, *, actor: Actor, today: date) -> None:
    if State(case.state) is not State.UNDER_REVIEW:
        move(db, case.id, "take", actor=actor, today=today, bulk=bulk)
    criteria = catalogue.get(case.criteria_set)
    words = [
        Judgement(line.code, Verdict.CONFIRM, reason=line.review_reason if line.verdict else None)
        for line in case.lines
        if criteria.by_code[line.code].reads is not Reads.RATIO
    ]
    judge(db, case.id, words, actor=actor, version=case.version)
    move(db, case.id, "recommend", actor=actor, today=today, bulk=bulk)


def undo(db: Session, bulk_id: uuid.UUID, *, reason: str, actor: Actor, today: date) -> Undone:
    """Every case of the bulk that stands as the bulk left it lies under review again; the others stay.

    Conflict once a signed decision named one of them; Forbidden for family of one of them. Undone twice is once.
    """
    if not reason.strip():
        raise Invalid(N_("Xin ghi lý do, người nộp sẽ đọc được."), field="reason")
    cases = bench.held(db, bench.case_ids(db, bulk_id))
    row = db.scalars(
        select(BulkRecommendation)
        .where(BulkRecommendation.id == bulk_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound(N_("Không tìm thấy lần đề nghị này."))
    if row.undone_at is not None:
        return Undone([], cases)
    if bench.decided_since(db, row, [case.id for case in cases]):
        raise Conflict(N_("Đã có quyết định ký cho hồ sơ trong lần này, nên không hoàn tác cả lần được nữa."))
    kin = bench.kin_of(db, actor, today)
    moved = bench.moved_on(db, bulk_id, cases)
    back = [case for case in cases if case.id not in moved]
    if any(kin.has(case) for case in back):
        raise Forbidden(
            N_("Trong lần này có hồ sơ của ông/bà, người cùng nhà hoặc người ông/bà làm thay: người khác hoàn tác.")
        )
    mark = drawing.InBulk(bulk_id)
    with ratios.later(db):
        for case in back:
            move(db, case.id, "reopen", actor=actor, today=today, reason=reason, bulk=mark)
    row.undone_at, row.undone_by = now(), actor.account_id
    db.flush()
    audit.append(
        db,
        "bulk.undo",
        ward_code=row.ward_code,
        account_id=actor.account_id,
        subject_kind="bulk",
        subject_id=bulk_id,
        detail={"reopened": len(back), "stayed": len(cases) - len(back)},
    )
    return Undone(back, [case for case in cases if case.id in moved])
