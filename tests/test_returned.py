"""A case sent back: only what was asked about changes, it comes back to who asked, its days stand still meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_application,
    make_evidence,
    make_group,
    make_group_application,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, queries, queues
from xhht_citizen.applications.measuring import measure
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.applications.returning import spent
from xhht_citizen.applications.rules import Judgement, State, Verdict, choices
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database, now
from xhht_citizen.errors import Conflict
from xhht_citizen.groups.rules import Kind
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.models import Account

CODES = ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2")


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    def sign_in(login: str) -> Browser:
        browser = Browser(app)
        browser.get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
        assert browser.status == 200
        return browser

    return sign_in


@pytest.fixture
def ward(db: Session) -> Ward:
    made = make_ward(db, community_step=False)
    make_officer(db, made, "ward_reviewer", "xet", name="Bà Xét")
    make_officer(db, made, "ward_reviewer", "xet2", name="Bà Hai")
    return made


def officer(db: Session, login: str) -> Actor:
    return actor_of(db, db.scalars(select(Account).where(Account.login == login)).one())


def asked(db: Session, lan: Resident, *codes: str, by: str = "xet") -> Application:
    """The resident's case, sent back with a question about each of these."""
    who = officer(db, by)
    case = make_application(db, lan, "under_review", by=who)
    words = [Judgement(code, Verdict.CONFIRM) for code in CODES if code not in codes]
    words += [Judgement(code, Verdict.ASK, reason=f"Hỏi về {code}.") for code in codes]
    actions.judge(db, case.id, words, actor=who, version=case.version)
    return actions.move(db, case.id, "return", actor=who, today=TODAY, reason="Xin bổ sung.")


def again(db: Session, case: Application, lan: Resident) -> Application:
    return actions.move(db, case.id, "resubmit", actor=Actor(person_id=lan.id, name=lan.name), today=TODAY)


def test_how_each_line_stood_is_kept_and_the_rest_stays_as_sent(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    both = make_evidence(db, lan, "Lớp chung", ("1.1", "1.2"))
    only = make_evidence(db, lan, "Lớp riêng", ("1.1",))
    case = asked(db, lan, "1.1", "2.2")
    kept = {row.code: row.returned_as for row in case.lines if row.returned_as is not None}
    note = "Có người làm chứng."
    assert kept == {
        "1.1": {"points": 8, "note": note, "evidence": {str(both): 1, str(only): 1}, "question": "Hỏi về 1.1."},
        "2.2": {"points": 8, "note": note, "evidence": {}, "question": "Hỏi về 2.2."},
    }
    locked = {row.id: row.locked_at is not None for code in queries.behind(db, case).values() for row in code}
    assert locked == {both: True, only: False}  # what stands behind 1.2 too is not changed
    fresh = make_evidence(db, lan, "Lớp mới", ("1.1", "1.2", "3.1"))
    actions.answer(db, case.id, "1.1", points=10, note=note, evidence={both, fresh})
    with pytest.raises(Conflict, match=r"không hỏi chỉ số 1\.2"):
        actions.answer(db, case.id, "1.2", points=10, note=note, evidence={both, fresh})
    receipt, sent = case.receipt, case.submitted_at
    case = again(db, case, lan)
    assert (case.state, case.receipt, case.returned_at) == ("under_review", receipt, None)
    assert case.reviewer_id == officer(db, "xet").account_id
    assert sent is not None
    assert case.submitted_at is not None
    assert case.submitted_at >= sent
    assert queries.evidence_versions(db, case.id) == {"1.1": {both: 1, fresh: 1}, "1.2": {both: 1}}
    assert {row.code: row.claimed_points for row in case.lines} == dict.fromkeys(CODES, 8) | {"1.1": 10}
    verdicts = {row.code: row.verdict for row in case.lines}
    assert verdicts == dict.fromkeys(CODES, "confirm") | {"1.1": None, "2.2": "ask"}


def test_what_an_earlier_year_rests_on_is_not_freed_by_a_question(db: Session, ward: Ward) -> None:
    """A lasting certificate behind two years' cases: the other one's answer is still with the reviewers."""
    lan = make_resident(db, ward, login="lan")
    day = TODAY.replace(year=YEAR - 1, month=3, day=1)
    paper = make_evidence(db, lan, "Chứng chỉ", ("1.1",), kind="certificate", learned_on=day)
    old = make_application(db, lan, "under_review", year=YEAR - 1)
    case = asked(db, lan, "1.1")
    assert queries.evidence_versions(db, old.id) == queries.evidence_versions(db, case.id) == {"1.1": {paper: 1}}
    assert queries.behind(db, case)["1.1"][0].locked_at is not None
    actions.move(db, old.id, "withdraw", actor=Actor(person_id=lan.id), today=TODAY)
    db.expire_all()
    assert queries.behind(db, case)["1.1"][0].locked_at is None


def test_days_with_its_owner_do_not_count(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    case = asked(db, lan, "1.1")
    back = timedelta(days=9)
    sent = case.submitted_at
    assert sent is not None
    assert case.returned_at is not None
    case.submitted_at, case.returned_at = sent - timedelta(days=3) - back, case.returned_at - back
    first = case.submitted_at
    for event in db.scalars(select(ApplicationEvent).where(ApplicationEvent.application_id == case.id)):
        event.at -= back + (timedelta(days=3) if event.name == "submit" else timedelta())
    db.flush()
    case = again(db, case, lan)
    waited = now() - case.submitted_at  # type: ignore[operator]
    assert timedelta(days=3) <= waited < timedelta(days=3, minutes=5)
    known = spent(queries.events(db, case.id), now())
    assert (known.returns, known.days) == (1, 9)
    assert known.sent_at is not None
    assert abs(known.sent_at - first) < timedelta(minutes=5)


def test_it_lies_on_the_desk_of_who_asked_until_it_is_judged(db: Session, ward: Ward) -> None:
    lan, minh = make_resident(db, ward, login="lan"), make_resident(db, ward, login="minh")
    case = asked(db, lan, "1.1", "3.2")
    make_application(db, minh, "under_review", by=officer(db, "xet"))
    actions.answer(db, case.id, "1.1", points=10, note="Rõ hơn.", evidence=set())
    case = again(db, case, lan)
    who, other = officer(db, "xet"), officer(db, "xet2")

    def came_back(to: Actor) -> list[uuid.UUID]:
        place = queues.Place(ward.code)
        mine = queues.Sieve(flag="came_back", reviewer_id=to.account_id)
        rows = queues.queue(db, place, states=(State.UNDER_REVIEW,), sieve=mine)
        return [row.id for row in rows]

    assert (came_back(who), came_back(other)) == ([case.id], [])
    rows = queues.queue(db, queues.Place(ward.code), states=(State.UNDER_REVIEW,))
    assert {row.id: row.came_back for row in rows}[case.id] is True
    agreed = [Judgement(code, Verdict.CONFIRM) for code in ("1.1", "3.2")]
    actions.judge(db, case.id, agreed, actor=who, version=case.version)
    assert came_back(who) == []


def test_who_asked_is_told_or_whoever_may_take_over(db: Session, ward: Ward) -> None:
    lan, minh = make_resident(db, ward, login="lan"), make_resident(db, ward, login="minh")
    first, second = officer(db, "xet").account_id, officer(db, "xet2").account_id
    for resident, readers in ((lan, {first}), (minh, {second})):
        case = asked(db, resident, "1.1")
        if resident is minh:  # who asked is an officer no more
            grant = db.scalars(select(RoleGrant).where(RoleGrant.account_id == first)).one()
            grant.revoked_at = now()
            db.flush()
        case = again(db, case, resident)
        told = db.scalars(select(Notice).where(Notice.kind == "case.came_back", Notice.path == f"/xet-duyet/{case.id}"))
        assert {one.account_id for one in told} == readers
    taken = actions.judge(
        db, case.id, [Judgement("1.1", Verdict.CONFIRM)], actor=officer(db, "xet2"), version=case.version
    )
    assert taken.reviewer_id == second


def test_a_new_case_forgets_what_was_asked_of_the_old_one(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    case = asked(db, lan, "1.1")
    me = Actor(person_id=lan.id)
    for name in ("withdraw", "redraft"):
        actions.move(db, case.id, name, actor=me, today=TODAY)
    assert [row.returned_as for row in case.lines] == [None] * 10
    actions.answer(db, case.id, "2.4", points=10, note="Mới.", evidence=set())
    assert actions.submit(db, case.id, actor=me, today=TODAY).state == "submitted"


def test_what_came_to_apply_to_a_group_meanwhile_is_answered_too(db: Session, ward: Ward) -> None:
    """A child of school age came: the lines of it were never asked about, and the case could not be sent without."""
    chu = make_resident(db, ward, login="chu")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    case = make_group_application(db, group, "returned")
    one = next(row.code for row in case.lines if row.returned_as is not None)
    other = next(row.code for row in case.lines if row.returned_as is None and row.claimed_points and row.verdict)
    make_resident(db, ward, household=chu.household, birth_year=YEAR - 10)
    actions.answer(db, case.id, one, points=0 if one == "2.2" else 5, note="Rõ hơn.", evidence=set())
    with pytest.raises(Conflict, match="không hỏi"):
        actions.answer(db, case.id, other, points=5, note="Khác.", evidence=set())
    new = {line.code for line in _answerable(db, group, case)} - {row.code for row in case.lines}
    assert new
    for code in new:
        points = max(_choices(case, code))
        actions.answer(db, case.id, code, points=points, note="Có học bạ.", evidence=set())
    assert actions.move(db, case.id, "resubmit", actor=Actor(name="Chủ hộ"), today=TODAY).state == "under_review"


def _answerable(db: Session, group: object, case: Application) -> list[object]:
    return measure(db, group, case.year, TODAY, case=case).answerable  # type: ignore[arg-type,return-value]


def _choices(case: Application, code: str) -> tuple[int, ...]:
    return choices(catalogue.get(case.criteria_set).by_code[code])


def test_what_was_sent_back_before_questions_were_kept_may_be_changed_throughout(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    case = asked(db, lan, "1.1")
    for row in case.lines:
        row.returned_as = None
    db.flush()
    fresh = make_evidence(db, lan, "Lớp mới", ("2.2",))
    actions.answer(db, case.id, "2.2", points=10, note="Khác.", evidence={fresh})
    assert again(db, case, lan).state == "under_review"
    assert queries.evidence_versions(db, case.id) == {"2.2": {fresh: 1}}


# The screens


def test_the_way_there_and_back(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    """The reviewer asks, the citizen changes that and nothing else and sends it again; what changed is seen."""
    lan = make_resident(db, ward, login="lan")
    make_evidence(db, lan, "Lớp đọc sách", ("1.1",))
    case = make_application(db, lan, "under_review", by=officer(db, "xet"))
    db.commit()
    receipt, path = case.receipt, f"/xet-duyet/{case.id}"
    reviewer, owner = enter("xet"), enter("lan")
    words = {f"verdict-{code}": "confirm" for code in CODES} | {"verdict-1.2": "ask", "verdict-3.1": "ask"}
    words |= {"reason-1.2": "Kế hoạch gồm những gì?", "reason-3.1": "Xin kể một việc.", "reason": "Còn hai chỗ."}
    reviewer.get(path).submit(path, words, button="Trả lại để bổ sung")
    assert (reviewer.status, "đang ở chỗ người nộp để bổ sung 2 chỗ" in reviewer.words()) == (200, True)

    home = owner.get("/nam-nay").words()
    assert [question in home for question in ("“Kế hoạch gồm những gì?”", "“Xin kể một việc.”")] == [True, True]
    assert home.count("Chưa sửa") == 2
    status = owner.get("/ho-so").words()
    assert "Ông/bà chỉ sửa những chỗ dưới đây" in status
    assert owner.get("/diem/1.1").words().count("Người xét không hỏi chỉ số này") == 1
    assert not [form for form in owner.forms() if "points" in form.names]
    owner.get("/diem/1.2")
    owner.post("/diem/1.1", {"points": "10", "note": "Lén sửa."})
    assert (owner.status, "Người xét không hỏi chỉ số 1.1" in owner.words()) == (409, True)
    owner.get("/diem/1.2").submit(None, {"points": "10", "note": "Ba cuốn sách, hai lớp."})
    assert owner.path.startswith("/diem/3.1")  # the next one that was asked about
    owner.get("/ho-so/gui")
    assert owner.heading() == "Kiểm tra trước khi gửi lại"
    assert [part in owner.words() for part in ("Ba cuốn sách, hai lớp.", "Chưa đổi gì", "giữ như đã gửi")] == [True] * 3
    assert "2.4" not in owner.words()
    owner.submit("/ho-so/gui", {"true": "y", "consent": "y"})
    assert (owner.screen(), receipt in owner.words()) == ("application.status", True)
    assert "Đã ở chỗ ông/bà chưa đến 1 ngày" in owner.words()

    queue = reviewer.get("/xet-duyet").words()
    assert ("Đã bổ sung, trả về ông/bà" in queue, queue.count("Đã bổ sung")) == (True, 2)
    seen = reviewer.get(path).words()
    told = ("Người nộp đã bổ sung", "8 điểm", "10 điểm", "Ba cuốn sách, hai lớp.", "Chưa đổi gì")
    assert [part in seen for part in told] == [True] * len(told)


def test_a_group_changes_only_what_was_asked(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    chu = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    case = make_group_application(db, group, "returned", by=officer(db, "xet"))
    one = next(row.code for row in case.lines if row.returned_as is not None)
    other = "3.1" if one != "3.1" else "3.2"
    db.commit()
    base = f"/ho-so-nhom/gia-dinh/{group.id}"
    owner = enter("chu").get(f"{base}/noi-dung/{other}")
    assert "Người xét không hỏi nội dung này" in owner.words()
    assert not [form for form in owner.forms() if "points" in form.names]
    owner.get(f"{base}/noi-dung/{one}")
    values = [field for form in owner.forms() if "points" in form.names for field in form.fields.getlist("points")]
    owner.submit(None, {"points": values[0], "note": "Kể rõ: ba buổi."})
    owner.get(f"{base}/gui")
    assert "Kể rõ: ba buổi." in owner.words()
    owner.submit("/gui", {"true": "y", "mandate": "y"})
    assert owner.screen() == "group_case.status"
    reviewer = enter("xet").get(f"/xet-duyet/nhom/{case.id}")
    assert ["Người nộp đã bổ sung" in reviewer.words(), "Kể rõ: ba buổi." in reviewer.words()] == [True, True]


# At once


def test_sent_again_ten_times_at_once_is_one_step(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        make_officer(db, ward, "ward_reviewer", "xet")
        lan = make_resident(db, ward, login="lan")
        case_id, me = asked(db, lan, "1.1").id, Actor(person_id=lan.id, name=lan.name)
    gate = Barrier(10)

    def send() -> str | None:
        gate.wait(10)
        with database.transaction() as db:
            return actions.submit(db, case_id, actor=me, today=TODAY).receipt

    with ThreadPoolExecutor(10) as pool:
        came = [one.result(60) for one in [pool.submit(send) for _ in range(10)]]
    with database.read() as db:
        names = [event.name for event in queries.events(db, case_id)]
        assert names == ["submit", "take", "return", "resubmit"]
        stands = queries.application(db, case_id)
        assert stands is not None
        assert came == [stands.receipt] * 10
        assert db.scalar(select(func.count(Notice.id)).where(Notice.kind == "case.came_back")) == 1
