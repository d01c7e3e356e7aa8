"""The review bench by plain requests: filters, the way through a list, bulks, second looks, desks, questions."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from browser import Browser
from factories import (
    DECISION,
    PASSWORD,
    TODAY,
    actor_of,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from factories import Ward as MadeWard
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from test_bench import behind, share_a_file

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, bulk, sampling
from xhht_citizen.applications.models import Application, ApplicationEvent, BulkRecommendation, Lot, SecondLook
from xhht_citizen.database import new_id
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.queries import account_by_login
from xhht_citizen.titles.models import Title

SIGNED = {"number": "128/QĐ-UBND", "decided_on": f"{TODAY:%d/%m/%Y}", "signatory": "Nguyễn Mẫu Ký"}


@pytest.fixture
def ward(db: Session) -> MadeWard:
    """A ward with two reviewers, a signer and a head of Tổ 3; another ward with a reviewer; province and admin."""
    made, other = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    for login, role in (("xet", "ward_reviewer"), ("xet2", "ward_reviewer"), ("ky", "ward_signer")):
        make_officer(db, made, role, login, name=f"Cán bộ {login}")
    make_officer(db, made, "community_head", "to-3", community=2)
    make_officer(db, other, "ward_reviewer", "noi-khac")
    make_officer(db, made, "province_officer", "tinh")
    make_officer(db, made, "admin", "quan-tri")
    make_resident(db, made, login="dan")
    db.commit()
    return made


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    def sign_in(login: str) -> Browser:
        browser = Browser(app)
        browser.get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
        assert browser.status == 200
        return browser

    return sign_in


def some(db: Session, ward: MadeWard, count: int, state: str = "endorsed", **more: Any) -> list[Application]:
    made = [make_application(db, make_resident(db, ward), state, **more) for _ in range(count)]
    db.commit()
    return made


def fresh(db: Session, statement: Any) -> list[Any]:
    """What stands in the database now; nothing stays open, or the app could not write."""
    found = list(db.scalars(statement.execution_options(populate_existing=True)))
    db.commit()
    return found


def account(db: Session, login: str) -> Any:
    found = account_by_login(db, login)
    db.commit()
    return found


def cases_of(browser: Browser) -> list[str]:
    """Ids of the cases a queue shows, in order."""
    found = [re.match(r"/xet-duyet/(?:nhom/)?([0-9a-f-]{36})", href) for href in browser.links().values()]
    return [match.group(1) for match in found if match]


def counted(app: Flask, browser: Browser, path: str) -> int:
    browser.get(path)
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:
        statements.append(statement)

    engine = app.extensions["xhht_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    browser.get(path)
    event.remove(engine, "before_cursor_execute", note)
    assert browser.status == 200, path
    return len(statements)


def test_the_queue_filters_orders_and_pages(db: Session, ward: MadeWard, enter: Callable[[str], Browser]) -> None:
    low, high = some(db, ward, 1, points=8)[0], some(db, ward, 1, points=10)[0]
    late, gaps, paper, helped = some(db, ward, 4)
    late.late, gaps.evidence_gaps, paper.channel, helped.channel = True, 2, "paper", "helper"
    objected, appealed, back = (some(db, ward, 1, state)[0] for state in ("objected", "appealed", "returned"))
    actions.submit(db, back.id, actor=Actor(person_id=back.person_id), today=TODAY)
    mine = some(db, ward, 1, "under_review", by=actor_of(db, account(db, "xet")))[0]
    db.commit()
    everyone = [low, high, late, gaps, paper, helped, objected, appealed, back, mine]
    browser = enter("xet")

    def shown(query: str) -> set[uuid.UUID]:
        return {uuid.UUID(key) for key in cases_of(browser.get(f"/xet-duyet?{query}"))}

    assert shown("") == {case.id for case in everyone}
    for flag, case in {
        "tre": late, "thieu": gaps, "giay": paper, "nguoi-giup": helped, "chua-tan-thanh": objected,
        "xet-lai": appealed, "gui-lai": back,
    }.items():  # fmt: skip
        assert (flag, shown(f"co={flag}")) == (flag, {case.id})
    assert shown("co=sach") == {case.id for case in (low, high, late, paper, helped, mine)}
    assert shown("diem=90") == {high.id}
    assert shown("diem=duoi-80") == set()
    assert shown("nguoi=toi") == {mine.id}
    # who declined, and asked for more, in these tests has no account: what lies on nobody's desk
    assert mine.id not in shown("nguoi=chua")
    assert shown(f"nguoi={account(db, 'xet').id}") == {mine.id}
    assert shown("co=la&diem=x&nguoi=y&thu-tu=z&to=1") == {case.id for case in everyone}
    db.commit()
    assert uuid.UUID(cases_of(browser.get("/xet-duyet?thu-tu=cao"))[0]) == high.id
    oldest = cases_of(browser.get("/xet-duyet"))
    assert cases_of(browser.get("/xet-duyet?thu-tu=moi")) == oldest[::-1]


@pytest.mark.parametrize("order", ["", "moi", "cao", "thap"])
def test_every_order_pages_by_key(
    order: str, db: Session, ward: MadeWard, enter: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    for points in (8, 10, 8):
        some(db, ward, 2, answers={"1.1": points})
    monkeypatch.setattr("xhht_citizen.web.paging.PAGE", 4)
    monkeypatch.setattr("xhht_citizen.web.paging.cut.__defaults__", (4,))
    browser = enter("xet").get(f"/xet-duyet?thu-tu={order}")
    first = cases_of(browser)
    second = cases_of(browser.get(browser.links()["Xem tiếp"]))
    assert (len(first), len(second), set(first) & set(second)) == (4, 2, set())


def test_one_walks_the_list_without_going_back(db: Session, ward: MadeWard, enter: Callable[[str], Browser]) -> None:
    cases = some(db, ward, 3, "under_review", by=actor_of(db, account(db, "xet")))
    other = some(db, ward, 1, "under_review")[0]
    browser = enter("xet").get("/xet-duyet?nguoi=toi")
    browser.get(browser.links()[cases[0].person.name])  # type: ignore[union-attr]
    assert "Hồ sơ trước" not in browser.links()
    browser.submit(str(cases[0].id), {"verdict-1.1": "confirm"}, "Lưu và sang hồ sơ sau")
    assert (browser.status, browser.heading()) == (200, cases[1].person.name)  # type: ignore[union-attr]
    assert f"{cases[0].person.name}: Đã lưu ý kiến ở 1/10 chỉ số." in browser.words()  # type: ignore[union-attr]
    assert "nguoi=toi" in browser.path
    assert str(cases[0].id) in browser.links()["Hồ sơ trước"]
    browser.submit(str(cases[1].id), {"rest": "y", "tiep": "1"}, "Đề nghị công nhận")
    assert browser.heading() == cases[2].person.name  # type: ignore[union-attr]
    browser.submit(str(cases[2].id), {"rest": "y"}, "Đề nghị công nhận")
    assert browser.heading() == cases[0].person.name  # the list is begun anew  # type: ignore[union-attr]
    browser.submit(str(cases[0].id), {"rest": "y", "tiep": "1"}, "Đề nghị công nhận")
    assert (browser.screen(), cases_of(browser)) == ("review.queue", [])
    assert fresh(db, select(Application.state).order_by(Application.id)) == [*["recommended"] * 3, "under_review"]
    assert other.state == "under_review"


def test_a_selection_is_spelled_out_recommended_and_undone(
    db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    cases = some(db, ward, 3)
    gaps = some(db, ward, 1)[0]
    gaps.evidence_gaps = 1
    db.commit()
    browser = enter("xet").get("/xet-duyet?chon=ca-trang")
    browser.submit("/hang-loat/moi", {}, "Đề nghị công nhận")
    assert "Đề nghị công nhận 3 người ở Tổ 1" in browser.words()
    assert "1 còn thiếu minh chứng" in browser.words()
    assert gaps.person.name in browser.words()  # type: ignore[union-attr]
    again = enter("xet").get("/ban-xet/hang-loat/moi?ca=1&co=sach")
    assert "Đề nghị công nhận 3 người ở Tổ 1" in again.words()
    browser.submit("/hang-loat/moi")
    assert (browser.status, browser.screen()) == (200, "bench.bulk")
    (made,) = fresh(db, select(BulkRecommendation))
    assert made.seed in browser.words()
    assert "Vừa tính lại từ số hạt giống: đúng những hồ sơ này." in browser.words()
    assert fresh(db, select(Lot.application_id).where(Lot.drawn)) == sampling.drawn(
        made.seed, 5, [case.id for case in cases]
    )
    again.submit("/hang-loat/moi")
    assert again.status == 409
    assert "Không có hồ sơ nào đề nghị hàng loạt được" in again.words()
    assert len(fresh(db, select(BulkRecommendation))) == 1
    browser.submit("/hoan-tac", {"reason": " "})
    assert browser.status == 422
    browser.submit("/hoan-tac", {"reason": "Chọn nhầm tổ."})
    assert "Đã hoàn tác: 3 hồ sơ về bước đang xét." in browser.words()
    assert enter("ky").get("/ban-xet/hang-loat").words().count("Đã hoàn tác") == 1


def drawn_case(db: Session, ward: MadeWard, login: str = "xet") -> tuple[Application, SecondLook]:
    """A case that waits for its second look."""
    (case,) = some(db, ward, 1)
    officer = actor_of(db, account(db, login))
    bulk.recommend(db, new_id(), {case.id: case.version}, ward_code=ward.code, actor=officer, today=TODAY)
    look = db.scalars(select(SecondLook).where(SecondLook.application_id == case.id)).one()
    db.commit()
    return case, look


def test_every_way_to_a_title_is_closed_until_somebody_looked(
    db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    case, look = drawn_case(db, ward)
    signer = enter("ky").get(f"/quyet-dinh/moi?ho-so={case.id}")
    assert "còn chờ người thứ hai xem lại" in signer.words()
    signer.get("/quyet-dinh")
    fields = {**SIGNED, "ho-so": str(case.id), f"phien-{case.id}": str(case.version)}
    assert signer.post("/quyet-dinh/moi", fields).status in {200, 409}
    assert "còn chờ người thứ hai xem lại" in signer.words()
    assert signer.get(f"/xet-duyet/{case.id}").status == 200
    assert "Công nhận theo quyết định" not in signer.links()
    assert signer.post(f"/xet-duyet/{case.id}/grant", {"version": str(case.version)}).status == 404
    assert fresh(db, select(Title)) == []
    signer.get(f"/xet-duyet/{case.id}").get(signer.links()["Mở lần xem lại"])
    assert signer.screen() == "bench.look"
    assert "Đã xác nhận" not in signer.words()  # the first officer's marks stay hidden
    signer.submit(f"/xem-lai/{look.id}")
    assert (signer.status, "Xin chọn một câu trả lời." in signer.words()) == (422, True)
    signer.submit(f"/xem-lai/{look.id}", {"word": "no"})
    assert (signer.status, fresh(db, select(SecondLook.agrees))) == (422, [None])
    signer.submit(f"/xem-lai/{look.id}", {"word": "yes"})
    assert (signer.status, fresh(db, select(SecondLook.agrees))) == (200, [True])
    signer.get(f"/quyet-dinh/moi?ho-so={case.id}").submit("/quyet-dinh/moi", SIGNED)
    assert len(fresh(db, select(Title))) == 1


def test_the_second_look_shows_what_the_case_rests_on(
    db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    resident = make_resident(db, ward)
    make_evidence(db, resident, "Lớp trồng rau an toàn", ["1.2"])
    case = make_application(db, resident, "recommended", by=actor_of(db, account_by_login(db, "xet")))
    first = case.reviewer_id
    db.add(SecondLook(id=new_id(), ward_code=ward.code, application_id=case.id, why="lot", first_by=first))
    db.commit()
    look = fresh(db, select(SecondLook.id))[0]
    second = enter("xet2").get(f"/ban-xet/xem-lai/{look}")
    assert (second.status, second.words().count("Lớp trồng rau an toàn")) == (200, 1)


def test_disagreed_the_case_is_back_and_the_rate_is_shown(
    db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    case, look = drawn_case(db, ward)
    first = enter("xet").get("/ban-xet/xem-lai")
    assert case.person.name in first.words()  # type: ignore[union-attr]
    assert case.person.name not in first.links()  # type: ignore[union-attr]
    assert first.get(f"/ban-xet/xem-lai/{look.id}").status == 403
    second = enter("xet2").get("/ban-xet/xem-lai")
    second.get(second.links()[case.person.name])  # type: ignore[union-attr]
    second.submit(f"/xem-lai/{look.id}", {"word": "no", "note": "Ảnh quá mờ."})
    assert second.screen() == "bench.looks"
    first.get("/xet-duyet?nguoi=toi")
    assert cases_of(first) == [str(case.id)]
    assert "Ảnh quá mờ." in first.get(f"/xet-duyet/{case.id}").words()
    for login in ("xet", "ky"):
        rates = enter(login).get("/ban-xet/xem-lai/ket-qua").words()
        assert "1/1 (100 %)" in rates
        assert "Ảnh quá mờ." in rates
    old = enter("ky").get(f"/ban-xet/xem-lai/{look.id}")
    assert "Chưa đồng ý" in old.words()
    assert old.post(f"/ban-xet/xem-lai/{look.id}", {"word": "yes"}).status == 409


def test_cases_are_given_and_taken_over(db: Session, ward: MadeWard, enter: Callable[[str], Browser]) -> None:
    cases = some(db, ward, 2)
    kin = make_resident(db, ward, login="nha")
    make_officer(db, ward, "ward_reviewer", "nha", resident=kin, name="Cán bộ nhà")
    own = make_application(db, make_resident(db, ward, household=kin.household), "endorsed")
    db.commit()
    two, relative = str(account(db, "xet2").id), str(account(db, "nha").id)
    db.commit()
    browser = enter("xet").get("/xet-duyet?chon=ca-trang").submit("/hang-loat/moi", {}, "Giao người xét")
    browser.get("/ban-xet/giao?" + "&".join(f"ho-so={case.id}" for case in (*cases, own)))
    assert browser.heading() == "Giao 3 hồ sơ cho người xét"
    browser.submit("/giao", {})
    assert browser.status == 422
    browser.submit("/giao", {"to": relative, "note": "Giúp tôi."})
    assert (browser.status, "không xét được hồ sơ của" in browser.words()) == (409, True)
    assert "Giúp tôi." in browser.text
    browser.submit("/giao", {"to": two, "note": "Tôi nghỉ tuần này."})
    assert "Đã giao 3 hồ sơ cho Cán bộ xet2." in browser.words()
    assert set(fresh(db, select(Application.reviewer_id))) == {uuid.UUID(two)}
    assert "Tôi nghỉ tuần này." in browser.get(f"/xet-duyet/{cases[0].id}").words()
    assert re.search(r"Cán bộ xet2 ?0 ?3 ?0 ?3", browser.get("/ban-xet").words())
    assert browser.post("/ban-xet/giao", {"to": str(account(db, "noi-khac").id), "ho-so": str(own.id)}).status == 403
    db.commit()


def test_questions_stand_with_the_rows_behind_them(
    db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    cases = some(db, ward, 2)
    share_a_file(db, ward, cases)
    for case in cases:
        behind(db, case, "Số 123/GCN-2026")
    own = some(db, ward, 1, "under_review", by=actor_of(db, account(db, "xet")))[0]
    own.channel = "paper"
    hand = account(db, "xet").id
    for one in db.scalars(select(ApplicationEvent).where(ApplicationEvent.application_id == own.id)):
        one.account_id = hand
    own.channel = "paper"
    db.commit()
    browser = enter("ky").get("/ban-xet/dieu-can-hoi")
    assert "không phải kết luận" in browser.words()
    files = browser.get(browser.links()["Xem các tệp và những người có tệp đó"])
    names = {case.person.name for case in cases}  # type: ignore[union-attr]
    assert names <= set(files.links())
    assert [f"Hồ sơ {case.receipt}" in files.words() for case in cases] == [True, True]
    codes = browser.get(browser.get("/ban-xet/dieu-can-hoi").links()["Xem các mã và những người ghi mã đó"])
    assert names <= set(codes.links())
    assert [f"Hồ sơ {case.receipt}" in codes.words() for case in cases] == [True, True]
    assert ("2 người ghi cùng một mã" in codes.words(), "Số 123/GCN-2026" in codes.words()) == (True, True)
    assert ("Còn 1 việc học chưa gửi" in codes.words(), "Mẫu Chưa Gửi" in codes.text) == (False, False)
    with_another = make_evidence(db, make_resident(db, ward, "Nguyễn Mẫu Chưa Gửi"), "Lớp")
    db.get_one(Evidence, with_another).certificate_ref = "Số 123/GCN-2026"
    db.commit()
    browser.get("/ban-xet/dieu-can-hoi/cung-ma")
    assert ("Còn 1 việc học chưa gửi" in browser.words(), "Mẫu Chưa Gửi" in browser.text) == (True, False)
    assert own.person.name in browser.get("/ban-xet/dieu-can-hoi/tu-nhap").links()  # type: ignore[union-attr]
    case_page = browser.get(f"/xet-duyet/{cases[0].id}").words()
    assert "Cùng một ảnh ở nhiều người" in case_page
    assert "Cùng một mã giấy chứng nhận ở nhiều người" in case_page
    assert "Người nhập cũng là người xét" in browser.get(f"/xet-duyet/{own.id}").words()
    assert enter("xet").get("/ban-xet/hang-loat/moi?ca=1").status == 200
    head = enter("to-3")
    mine = make_application(db, make_resident(db, ward, community=2), "submitted")
    db.commit()
    assert "Điều cần hỏi" not in head.get(f"/xet-duyet/{mine.id}").words()


def test_who_may_open_the_bench(db: Session, ward: MadeWard, enter: Callable[[str], Browser]) -> None:
    case, look = drawn_case(db, ward)
    open_case = some(db, ward, 1)[0]
    (made,) = fresh(db, select(BulkRecommendation))
    officers = {"xet", "xet2", "ky"}
    pages = {
        "/ban-xet": officers,
        f"/ban-xet/giao?ho-so={open_case.id}": officers,
        "/ban-xet/hang-loat": officers,
        f"/ban-xet/hang-loat/{made.id}": officers,
        f"/ban-xet/hang-loat/moi?ho-so={open_case.id}": {"xet", "xet2"},
        "/ban-xet/xem-lai": officers,
        f"/ban-xet/xem-lai/{look.id}": {"xet2", "ky"},
        "/ban-xet/xem-lai/ket-qua": officers,
        "/ban-xet/dieu-can-hoi": officers,
        "/ban-xet/dieu-can-hoi/cung-anh": officers,
        "/ban-xet/dieu-can-hoi/cung-ma": officers,
        "/ban-xet/dieu-can-hoi/tu-nhap": officers,
    }
    sends = {
        f"/ban-xet/giao?noi={ward.code}": {"ho-so": str(open_case.id), "to": str(account(db, "xet").id)},
        f"/ban-xet/hang-loat/moi?noi={ward.code}": {"ho-so": str(open_case.id), "id": str(new_id())},
        f"/ban-xet/hang-loat/{made.id}/hoan-tac": {"reason": "Thử."},
        f"/ban-xet/xem-lai/{look.id}": {"word": "yes"},
    }
    db.commit()
    name = case.person.name  # type: ignore[union-attr]
    for login in ("xet", "xet2", "ky", "to-3", "noi-khac", "tinh", "quan-tri", "dan"):
        browser = enter(login)
        for path, who in pages.items():
            status = browser.get(path).status
            if login == "noi-khac" and str(made.id) not in path and str(look.id) not in path:
                assert name not in browser.text, path  # the own ward's page, which shows nobody of this one
                assert open_case.person.name not in browser.text, path  # type: ignore[union-attr]
                continue
            assert (login, path, status) == (login, path, 200 if login in who else 403)
        if login not in officers:
            browser.get("/tai-khoan")
            for path, fields in sends.items():
                assert (login, path, browser.post(path, fields).status) == (login, path, 403)
                browser.get("/tai-khoan")
    away = enter("noi-khac").get("/xet-duyet")
    fields = {"ho-so": str(open_case.id), f"phien-{open_case.id}": str(open_case.version), "id": str(new_id())}
    assert away.post("/ban-xet/hang-loat/moi", fields).status == 403
    away.get("/xet-duyet")
    assert away.post("/ban-xet/giao", {"ho-so": str(open_case.id), "to": str(account(db, "noi-khac").id)}).status == 403
    db.commit()
    assert fresh(db, select(SecondLook.looked_at)) == [None]
    assert fresh(db, select(Application.reviewer_id).where(Application.id == open_case.id)) == [None]
    assert enter("xet").get("/ban-xet/dieu-can-hoi/ghi-ho/" + str(account(db, "noi-khac").id)).status == 404


def test_a_page_of_many_asks_no_more_than_a_page_of_one(
    app: Flask, db: Session, ward: MadeWard, enter: Callable[[str], Browser]
) -> None:
    officer = actor_of(db, account(db, "xet"))

    def more(count: int) -> None:
        cases = some(db, ward, count)
        share_a_file(db, ward, cases)
        for case in cases:
            behind(db, case, f"Số {count}/GCN-2026")
        seen = {case.id: case.version for case in cases}
        bulk.recommend(db, new_id(), seen, ward_code=ward.code, actor=officer, today=TODAY)
        some(db, ward, count)
        own = some(db, ward, count, "under_review", by=officer)
        for case in own:
            make_evidence(db, make_resident(db, ward), "Lớp")
            case.channel = "paper"
        db.commit()

    more(2)
    browser = enter("ky")
    bulks = fresh(db, select(BulkRecommendation.id))
    paths = [
        "/ban-xet", "/ban-xet/hang-loat", "/ban-xet/xem-lai", "/ban-xet/xem-lai/ket-qua", "/ban-xet/dieu-can-hoi",
        "/ban-xet/dieu-can-hoi/cung-anh", "/ban-xet/dieu-can-hoi/cung-ma",
        "/ban-xet/dieu-can-hoi/tu-nhap", "/xet-duyet?co=sach&thu-tu=cao",
    ]  # fmt: skip
    before = {path: counted(app, browser, path) for path in paths}
    of_bulk = counted(app, browser, f"/ban-xet/hang-loat/{bulks[0]}")
    reviewer = enter("xet")
    confirm = counted(app, reviewer, "/ban-xet/hang-loat/moi?ca=1")
    more(15)
    assert {path: counted(app, browser, path) for path in paths} == before
    assert counted(app, reviewer, "/ban-xet/hang-loat/moi?ca=1") == confirm
    later = [one for one in fresh(db, select(BulkRecommendation.id)) if one not in bulks]
    assert counted(app, browser, f"/ban-xet/hang-loat/{later[0]}") == of_bulk
    assert db.scalar(select(func.count()).select_from(Lot)) == 17
    assert DECISION.number
