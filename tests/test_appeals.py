"""A refusal is looked at again, once, in time, by somebody else; and who is told of which step."""

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
    Resident,
    Ward,
    actor_of,
    make_application,
    make_group,
    make_group_application,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, bench, persons, queries, subjects
from xhht_citizen.applications.clean import Blemish
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import Judgement, Verdict
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict
from xhht_citizen.groups.rules import Kind
from xhht_citizen.notices.models import Notice
from xhht_citizen.notices.rules import NOTICES
from xhht_citizen.people.models import Account
from xhht_citizen.places.actions import save_ward_settings
from xhht_citizen.places.rules import WardPolicy
from xhht_citizen.titles.models import Title

CODES = ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2")
WHY = "Tôi có học đủ."


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
    make_officer(db, made, "ward_signer", "ky")
    return made


def who(db: Session, login: str) -> Actor:
    return actor_of(db, db.scalars(select(Account).where(Account.login == login)).one())


def owner(lan: Resident) -> Actor:
    return Actor(lan.account.id if lan.account else None, person_id=lan.id, name=lan.name)


def appeal(db: Session, case: Application, lan: Resident, today: object = TODAY) -> Application:
    return actions.move(db, case.id, "appeal", actor=owner(lan), today=today, reason=WHY)  # type: ignore[arg-type]


def decline(db: Session, case: Application, by: Actor) -> Application:
    return actions.move(db, case.id, "decline", actor=by, today=TODAY, reason="Chưa đủ.")


def test_somebody_else_decides_and_that_is_the_end(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    first, second = who(db, "xet"), who(db, "xet2")
    case = appeal(db, make_application(db, lan, "declined", by=first), lan)
    assert (case.reviewer_id, case.declined_by, case.submitted_at) == (None, first.account_id, case.appealed_at)
    assert [one.account_id for one in subjects.deciders(db, case, TODAY)] == [second.account_id]
    with pytest.raises(Conflict, match="người đã kết luận"):
        actions.move(db, case.id, "take", actor=first, today=TODAY)
    case = actions.move(db, case.id, "take", actor=second, today=TODAY)
    assert [row.verdict for row in case.lines] == [None] * 10
    for name, words in (("decline", "Chưa."), ("return", "Xin thêm.")):
        with pytest.raises(Conflict, match="người đã kết luận"):
            actions.move(db, case.id, name, actor=first, today=TODAY, reason=words)
    with pytest.raises(Conflict, match="người đã kết luận"):
        actions.judge(db, case.id, [Judgement("1.1", Verdict.CONFIRM)], actor=first, version=case.version)
    case = decline(db, case, second)
    assert case.declined_by == first.account_id
    with pytest.raises(Conflict, match="một lần trong năm"):
        appeal(db, case, lan)


def test_one_appeal_a_year_also_of_what_was_sent_anew(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    case = appeal(db, make_application(db, lan, "declined", by=who(db, "xet")), lan)
    for name in ("withdraw", "redraft", "submit"):
        case = actions.move(db, case.id, name, actor=owner(lan), today=TODAY)
    case = actions.move(db, case.id, "take", actor=who(db, "xet2"), today=TODAY)
    case = decline(db, case, who(db, "xet2"))
    with pytest.raises(Conflict, match="một lần trong năm"):
        appeal(db, case, lan)


@pytest.mark.parametrize("way", [(), ("take",), ("take", "return"), ("take", "recommend")])
def test_who_declined_is_barred_however_it_comes_back(db: Session, ward: Ward, way: tuple[str, ...]) -> None:
    """Taken back from wherever an appealed case may lie, opened again and sent: it is the same case of the year."""
    first, second = who(db, "xet"), who(db, "xet2")
    lan = make_resident(db, ward, login="lan")
    case = appeal(db, make_application(db, lan, "declined", by=first), lan)
    for name in way:
        if name in {"return", "recommend"}:
            word = Verdict.ASK if name == "return" else Verdict.CONFIRM
            words = [Judgement(code, word, reason="Xin thêm.") for code in CODES]
            actions.judge(db, case.id, words, actor=second, version=case.version)
        case = actions.move(db, case.id, name, actor=second, today=TODAY, reason="Xin thêm.")
    for name in ("withdraw", "redraft", "submit"):
        case = actions.move(db, case.id, name, actor=owner(lan), today=TODAY)
    assert (case.declined_by, case.reviewer_id) == (first.account_id, None)
    assert [one.account_id for one in subjects.deciders(db, case, TODAY)] == [second.account_id]
    with pytest.raises(Conflict, match="người đã kết luận"):
        actions.move(db, case.id, "take", actor=first, today=TODAY)
    (found,) = bench.candidates(db, [case], ward_code=ward.code, actor=first, today=TODAY)
    assert found.blemish is Blemish.APPEALED
    case = actions.move(db, case.id, "take", actor=second, today=TODAY)
    assert decline(db, case, second).declined_by == first.account_id


@pytest.mark.parametrize(("days", "in_time"), [(30, True), (31, False)])
def test_an_appeal_has_a_last_day(db: Session, ward: Ward, days: int, in_time: bool) -> None:
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "declined", by=who(db, "xet"))
    day = TODAY + timedelta(days=days)
    if in_time:
        assert appeal(db, case, lan, day).state == "appealed"
    else:
        with pytest.raises(Conflict, match="Đã quá ngày"):
            appeal(db, case, lan, day)


def test_the_ward_sets_how_long(db: Session, ward: Ward) -> None:
    save_ward_settings(db, WardPolicy(ward.code, community_step=False, appeal_days=3))
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "declined", by=who(db, "xet"))
    with pytest.raises(Conflict, match="Đã quá ngày"):
        appeal(db, case, lan, TODAY + timedelta(days=4))


def test_a_group_appeals_as_well(db: Session, ward: Ward) -> None:
    chu = make_resident(db, ward, login="chu")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    case = make_group_application(db, group, "declined", by=who(db, "xet"))
    case = appeal(db, case, chu)
    with pytest.raises(Conflict, match="người đã kết luận"):
        actions.move(db, case.id, "take", actor=who(db, "xet"), today=TODAY)
    assert actions.move(db, case.id, "take", actor=who(db, "xet2"), today=TODAY).state == "under_review"


# Notices


def told(db: Session) -> list[tuple[str, uuid.UUID | None]]:
    """What was told, in order, and to whom."""
    rows = db.scalars(select(Notice).order_by(Notice.id))
    return [(row.kind, row.person_id or row.account_id) for row in rows]


def test_each_step_is_told_to_whom_it_concerns(db: Session) -> None:
    ward = make_ward(db)
    first = make_officer(db, ward, "ward_reviewer", "xet").account.id
    second = make_officer(db, ward, "ward_reviewer", "xet2").account.id
    make_officer(db, ward, "community_head", "to1")
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "granted", by=who(db, "xet"))
    actions.revoke_title(db, db.scalars(select(Title.id)).one(), reason="Nhầm.", actor=who(db, "xet"))
    kinds = ["received", "endorsed", "taken", "recommended", "granted"]
    assert told(db) == [(f"case.{kind}", lan.id) for kind in kinds] + [("title.revoked", lan.id)]
    minh = make_resident(db, ward, login="minh")
    case = make_application(db, minh, "appealed", by=who(db, "xet"))
    mine = [one for one in told(db) if one[1] not in {lan.id}]
    kinds = ["received", "endorsed", "taken", "declined"]
    assert mine == [(f"case.{kind}", minh.id) for kind in kinds] + [("case.appealed", second)]
    until = TODAY + timedelta(days=30)
    declined = db.scalars(select(Notice).where(Notice.kind == "case.declined")).one()
    values = {"receipt": case.receipt, "year": case.year, "until": f"{until:%d/%m/%Y}"}
    assert (declined.values, declined.path) == (values, f"/ho-so?nam={case.year}")
    actions.move(db, case.id, "take", actor=who(db, "xet2"), today=TODAY)
    decline(db, case, who(db, "xet2"))
    assert told(db)[-1] == ("case.declined_again", minh.id)
    assert first not in {reader for kind, reader in told(db) if kind == "case.appealed"}


def test_nobody_is_told_of_their_own_doing_but_the_receipt(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, login="lan")
    make_application(db, lan, "withdrawn")
    assert told(db) == [("case.received", lan.id)]


def test_what_others_take_back_is_told_and_the_dead_are_left_alone(db: Session, ward: Ward) -> None:
    lan, ong = make_resident(db, ward, login="lan"), make_resident(db, ward)
    case = make_application(db, lan, "submitted")
    make_application(db, ong, "submitted")
    actions.move(db, case.id, "withdraw", actor=who(db, "xet"), today=TODAY)
    assert told(db)[-1] == ("case.withdrawn", lan.id)
    ong.person.died_on = TODAY
    db.flush()
    persons.withdraw_cases(db, [ong.id], account_id=who(db, "xet").account_id)
    assert told(db)[-1] == ("case.withdrawn", lan.id)


def test_a_groups_speakers_are_told(db: Session, ward: Ward) -> None:
    chu = make_resident(db, ward, login="chu")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    make_group_application(db, group, "declined", by=who(db, "xet"), owner=owner(chu))
    assert told(db) == [(f"case.{kind}", chu.id) for kind in ("received", "taken", "declined")]
    head = make_officer(db, ward, "community_head", "to1").account.id
    community = make_group(db, Kind.COMMUNITY, ward.communities[0].id)
    make_group_application(db, community, "submitted")
    assert told(db)[-1] == ("case.received", head)


@pytest.mark.parametrize("kind", [kind for kind in NOTICES if kind.startswith(("case.", "title."))])
def test_a_notice_says_which_case_and_nothing_of_it(kind: str) -> None:
    words = NOTICES[kind]
    values = {"receipt": "19996-26-00001", "year": 2026, "until": "28/12/2026"}
    said = words.text % values
    assert (str(values["year"]) if kind == "title.corrected" else values["receipt"]) in said
    assert not [word for word in ("điểm", "minh chứng", "vì ") if word in said]


# The screens


def test_a_refusal_says_until_when_and_is_appealed(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "declined", by=who(db, "xet"))
    db.commit()
    until = f"{TODAY + timedelta(days=30):%d/%m/%Y}"
    mine = enter("lan").get("/ho-so")
    assert f"Ông/bà đề nghị xét lại được đến hết ngày {until}" in mine.words()
    mine.get(mine.links()["Đề nghị xét lại"]).submit(None, {"reason": "  "})
    assert (mine.status, "Ghi vài câu" in mine.words()) == (422, True)
    mine.submit(None, {"reason": WHY})
    assert mine.screen() == "application.status"
    assert [f"“{WHY}”" in mine.words(), case.receipt in mine.words()] == [True, True]
    assert mine.get(f"/ho-so/{case.id}/xet-lai").screen() == "application.status"  # asked for once
    assert "Đã nhận đề nghị xét lại".casefold() in mine.get("/nam-nay").words().casefold()

    first = enter("xet").get("/xet-duyet")
    assert ("Người khác xét lại" in first.words(), lan.name in first.links()) == (True, False)
    first.get(f"/xet-duyet/{case.id}")
    assert ("Ông/bà đã kết luận hồ sơ này" in first.words(), f"“{WHY}”" in first.words()) == (True, True)
    assert not [form for form in first.forms() if form.action.partition("?")[0].endswith("/take")]
    assert first.post(f"/xet-duyet/{case.id}/take", {"version": "99"}).status == 403
    second = enter("xet2").get("/xet-duyet")
    second.get(second.links()[lan.name]).submit("/take")
    words = {f"verdict-{code}": "confirm" for code in CODES}
    second.submit(f"/xet-duyet/{case.id}", words, button="Đề nghị công nhận")
    assert "Đề nghị công nhận" in second.words()
    first.get("/xet-duyet")
    assert first.post(f"/xet-duyet/{case.id}", {"version": "1", "then": "decline", "reason": "Không."}).status == 403


def test_a_ward_with_one_reviewer_says_who_else_can(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db, community_step=False)
    make_officer(db, ward, "ward_reviewer", "xet")
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "appealed", by=who(db, "xet"))
    db.commit()
    seen = enter("xet").get(f"/xet-duyet/{case.id}").words()
    assert "chưa có người nào khác xét được hồ sơ này" in seen
    assert "cán bộ hội của tỉnh hoặc của Ủy ban nhân dân đứng thay" in seen


def test_a_final_refusal_offers_no_appeal(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    lan, chu = make_resident(db, ward, login="lan"), make_resident(db, ward, login="chu")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    cases = [
        appeal(db, make_application(db, lan, "declined", by=who(db, "xet")), lan),
        appeal(db, make_group_application(db, group, "declined", by=who(db, "xet")), chu),
    ]
    for case in cases:
        actions.move(db, case.id, "take", actor=who(db, "xet2"), today=TODAY)
        decline(db, case, who(db, "xet2"))
    db.commit()
    for login, path in (("lan", "/ho-so"), ("chu", f"/ho-so-nhom/gia-dinh/{group.id}/theo-doi")):
        mine = enter(login).get(path)
        assert ("Đây là kết luận cuối của năm nay." in mine.words(), "Đề nghị xét lại" in mine.links()) == (True, False)


def test_who_speaks_for_a_group_appeals_on_its_page(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    chu = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    make_resident(db, ward, "Lê Mẫu Con", household=chu.household, login="con")
    group = make_group(db, Kind.HOUSEHOLD, chu.household.id)
    make_group_application(db, group, "declined", by=who(db, "xet"))
    db.commit()
    base = f"/ho-so-nhom/gia-dinh/{group.id}"
    child = enter("con")
    assert child.get(f"{base}/xet-lai").status == 403
    assert child.post(f"{base}/xet-lai", {"reason": WHY}).status == 403
    mine = enter("chu").get(f"{base}/theo-doi")
    mine.get(mine.links()["Đề nghị xét lại"]).submit(None, {"reason": WHY})
    assert (mine.screen(), f"“{WHY}”" in mine.words()) == ("group_case.status", True)


def test_nobody_appeals_for_another(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    lan = make_resident(db, ward, login="lan")
    make_resident(db, ward, login="khac")
    case = make_application(db, lan, "declined", by=who(db, "xet"))
    db.commit()
    for login in ("khac", "xet", "ky"):
        other = enter(login)
        assert other.get(f"/ho-so/{case.id}/xet-lai").status == 403
        other.get("/tai-khoan")
        assert other.post(f"/ho-so/{case.id}/xet-lai", {"reason": WHY}).status == 403
    assert queries.application(db, case.id).state == "declined"  # type: ignore[union-attr]


def test_what_the_community_would_not_endorse_is_seen_by_all(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db)
    make_officer(db, ward, "ward_reviewer", "xet")
    make_officer(db, ward, "community_head", "to1", name="Ông Tổ Trưởng")
    lan = make_resident(db, ward, login="lan")
    case = make_application(db, lan, "submitted")
    db.commit()
    why = "Chưa thấy dự buổi nào."
    head = enter("to1").get(f"/xet-duyet/{case.id}")
    head.submit("/object", {"reason": ""})
    assert (head.status, "Xin ghi lý do" in head.words()) == (422, True)
    head.submit("/object", {"reason": why})
    assert (head.status, why in head.words()) == (200, True)
    mine = enter("lan").get("/ho-so").words()
    assert [part in mine for part in (why, "Phường, xã vẫn xét hồ sơ và là nơi quyết định")] == [True, True]
    assert "Phường, xã vẫn xét và quyết định" in enter("lan").get("/nam-nay").words()
    reviewer = enter("xet").get("/xet-duyet")
    assert "Chi hội chưa tán thành" in reviewer.words()
    reviewer.get(f"/xet-duyet/{case.id}").submit("/take")
    assert [part in reviewer.words() for part in (why, "Ông Tổ Trưởng ghi.")] == [True, True]
    head.get(f"/xet-duyet/{case.id}")
    assert not [form for form in head.forms() if form.action.partition("?")[0].endswith("/endorse")]


# At once


def test_an_appeal_and_a_reopening_at_once(database: Database) -> None:
    """One of them is taken, the other is told that the case went on."""
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        for login in ("xet", "xet2"):
            make_officer(db, ward, "ward_reviewer", login)
        lan = make_resident(db, ward, login="lan")
        case = make_application(db, lan, "declined", by=who(db, "xet"))
        case_id, me, officer = case.id, owner(lan), who(db, "xet2")
    gate = Barrier(2)

    def act(name: str, actor: Actor) -> object:
        gate.wait(10)
        try:
            with database.transaction() as db:
                return actions.move(db, case_id, name, actor=actor, today=TODAY, reason=WHY).state
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(act, name, actor) for name, actor in (("appeal", me), ("reopen", officer))]
        came = [one.result(30) for one in begun]
    assert sorted(isinstance(one, Conflict) for one in came) == [False, True]
    with database.read() as db:
        last = queries.events(db, case_id)[-1]
        stands = queries.application(db, case_id)
        assert stands is not None
        assert (last.name, stands.state) in {("appeal", "appealed"), ("reopen", "under_review")}
