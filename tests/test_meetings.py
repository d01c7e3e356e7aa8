"""Meetings: what they may say, entered at once or not at all, seen by those of the place."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from browser import Browser
from docx import Document
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
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
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from test_web_officer import queries_of

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import queries as cases
from xhht_citizen.applications.models import Application, ApplicationEvent
from xhht_citizen.audit import AuditEntry, Look
from xhht_citizen.database import Database, new_id
from xhht_citizen.errors import Conflict, Forbidden, Invalid
from xhht_citizen.groups.rules import Kind
from xhht_citizen.meetings import actions, queries
from xhht_citizen.meetings.actions import Spoken
from xhht_citizen.meetings.models import Meeting, MeetingResult
from xhht_citizen.meetings.rules import Details, Outcome, Said, Way, carried, check_details, check_said
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.models import Account

DETAILS = Details(TODAY, "Nhà văn hóa", "Nguyễn Mẫu Chủ", "Trần Mẫu Ký", 31, 40, Way.VOTES)
YES = Said(Outcome.ENDORSED, 30)
NO = Said(Outcome.OBJECTED, 10, "Chưa dự buổi nào.")


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
    made = make_ward(db)
    make_officer(db, made, "community_head", "to1", name="Ông Tổ Một")
    make_officer(db, made, "community_head", "to2", community=1)
    make_officer(db, made, "ward_reviewer", "xet")
    make_officer(db, made, "ward_signer", "ky")
    return made


def head(db: Session, login: str = "to1") -> Actor:
    return actor_of(db, db.scalars(select(Account).where(Account.login == login)).one())


def hold(
    db: Session,
    ward: Ward,
    said: dict[uuid.UUID, Said],
    *,
    meeting_id: uuid.UUID | None = None,
    details: Details = DETAILS,
    versions: dict[uuid.UUID, int] | None = None,
    by: Actor | None = None,
) -> Meeting:
    seen = versions or {key: db.get_one(Application, key).version for key in said}
    return actions.enter(
        db,
        meeting_id=meeting_id or new_id(),
        ward_code=ward.code,
        community_id=ward.communities[0].id,
        year=YEAR,
        details=details,
        spoken={key: Spoken(seen[key], one) for key, one in said.items()},
        actor=by or head(db),
        today=TODAY,
    )


def state(db: Session, case: Application) -> str:
    return db.scalars(select(Application.state).where(Application.id == case.id)).one()


# What it may say


@given(present=st.integers(1, 500), votes=st.integers(0, 500))
def test_more_than_half_of_those_present_carries(present: int, votes: int) -> None:
    assert carried(votes, present) == (votes > present - votes)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"held_on": TODAY + timedelta(days=1)}, "held_on"),
        ({"held_on": TODAY - timedelta(days=400)}, "held_on"),
        ({"venue": " "}, "venue"),
        ({"chair": ""}, "chair"),
        ({"secretary": "a" * 121}, "secretary"),
        ({"total": 0}, "total"),
        ({"present": 0}, "present"),
        ({"present": 41}, "present"),
        ({"note": "a" * 2001}, "note"),
    ],
)
def test_a_meetings_details_make_sense(changed: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_details(replace(DETAILS, **changed), TODAY)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Said(Outcome.ENDORSED), "votes-x"),
        (Said(Outcome.ENDORSED, 32), "votes-x"),
        (Said(Outcome.ENDORSED, -1), "votes-x"),
        (Said(Outcome.ENDORSED, 15), "votes-x"),
        (Said(Outcome.OBJECTED, 16, "Chưa dự."), "votes-x"),
        (Said(Outcome.OBJECTED, 15, "  "), "reason-x"),
        (Said(Outcome.OBJECTED, 15, "a" * 2001), "reason-x"),
    ],
)
def test_votes_and_what_is_said_agree(said: Said, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_said(said, DETAILS, "Lan", "x")
    assert refused.value.field == field


def test_a_consensus_counts_no_votes() -> None:
    consensus = replace(DETAILS, way=Way.CONSENSUS)
    assert check_said(Said(Outcome.ENDORSED, 3, "thừa"), consensus, "Lan", "x") == Said(Outcome.ENDORSED)
    assert check_said(NO, consensus, "Lan", "x") == Said(Outcome.OBJECTED, None, NO.reason)


# Entered at once


def test_cases_go_on_with_the_meeting(db: Session, ward: Ward) -> None:
    lan, minh = make_resident(db, ward, "Trần Mẫu Lan", login="lan"), make_resident(db, ward, "Lê Mẫu Minh")
    chu = make_resident(db, ward, "Bùi Mẫu Chủ")
    first, second = make_application(db, lan), make_application(db, minh)
    third = make_group_application(db, make_group(db, Kind.HOUSEHOLD, chu.household.id))
    meeting = hold(db, ward, {first.id: YES, second.id: NO, third.id: YES})
    assert [state(db, one) for one in (first, second, third)] == ["endorsed", "objected", "endorsed"]
    event = cases.events(db, second.id)[-1]
    note = {"meeting": str(meeting.id), "held_on": TODAY.isoformat(), "votes": 10, "present": 31}
    assert (event.name, event.reason, event.detail) == ("object", NO.reason, note)
    minutes = queries.minutes(db, meeting.id)
    assert [(one.name, one.kind, one.votes) for one in minutes.endorsed] == [
        ("Bùi Mẫu Chủ", "household", 30),
        ("Trần Mẫu Lan", "citizen", 30),
    ]
    assert [(one.name, one.reason, one.self_total) for one in minutes.objected] == [("Lê Mẫu Minh", NO.reason, 80)]
    place = (minutes.ward, minutes.province, minutes.community, minutes.entered_by)
    assert place == ("Phường Hương Trà", "Thành phố Huế", "Tổ 1", "Ông Tổ Một")
    (row,) = queries.meetings(db, ward.code)
    assert (row.community, row.present, row.total, row.endorsed, row.objected) == ("Tổ 1", 31, 40, 2, 1)
    told = set(db.scalars(select(Notice.kind).where(Notice.person_id == minh.id)))
    assert told == {"case.received", "case.objected"}
    db.commit()
    link = db.scalars(select(AuditEntry).where(AuditEntry.action == "meeting.enter")).one()
    assert "Chưa dự" not in link.detail
    assert audit.verify(db, ward.code).broken == ()


def test_sent_twice_is_one_meeting_and_other_words_are_a_conflict(db: Session, ward: Ward) -> None:
    case = make_application(db, make_resident(db, ward))
    key, versions = new_id(), {case.id: case.version}
    once = hold(db, ward, {case.id: YES}, meeting_id=key, versions=versions)
    assert hold(db, ward, {case.id: YES}, meeting_id=key, versions=versions).id == once.id
    assert len(cases.events(db, case.id)) == 2
    for said, details in (({case.id: NO}, DETAILS), ({case.id: YES}, replace(DETAILS, present=33))):
        with pytest.raises(Conflict, match="nội dung khác"):
            hold(db, ward, said, meeting_id=key, versions=versions, details=details)


def test_whose_case_changed_is_named_and_nothing_is_written(db: Session, ward: Ward) -> None:
    lan, minh = make_resident(db, ward, "Trần Mẫu Lan"), make_resident(db, ward, "Lê Mẫu Minh")
    first, second = make_application(db, lan), make_application(db, minh)
    versions = {first.id: first.version, second.id: second.version}
    applications.move(db, second.id, "withdraw", actor=Actor(person_id=minh.id), today=TODAY)
    db.commit()
    with pytest.raises(Conflict, match="vừa thay đổi: Lê Mẫu Minh"):
        hold(db, ward, {first.id: YES, second.id: YES}, versions=versions)
    db.rollback()
    assert (state(db, first), db.scalar(select(func.count(Meeting.id)))) == ("submitted", 0)


def test_a_meeting_speaks_of_somebody(db: Session, ward: Ward) -> None:
    with pytest.raises(Invalid, match="ít nhất một người"):
        hold(db, ward, {})


@pytest.mark.parametrize(("community", "year"), [(1, YEAR), (0, YEAR - 1)])
def test_only_cases_of_the_community_and_year(db: Session, ward: Ward, community: int, year: int) -> None:
    case = make_application(db, make_resident(db, ward, community=community), year=year)
    with pytest.raises(Forbidden, match="không thuộc"):
        hold(db, ward, {case.id: YES})


def test_it_speaks_again_of_whom_it_would_not_endorse(db: Session, ward: Ward) -> None:
    lan, minh = make_resident(db, ward), make_resident(db, ward)
    first, second = make_application(db, lan, "objected"), make_application(db, minh, "objected")
    assert {one.id for one in queries.candidates(db, ward.communities[0].id, YEAR)} == {first.id, second.id}
    hold(db, ward, {first.id: YES, second.id: NO})
    assert [state(db, one) for one in (first, second)] == ["endorsed", "objected"]
    assert [event.name for event in cases.events(db, second.id)] == ["submit", "object"]
    assert (
        db.scalars(select(MeetingResult.outcome).where(MeetingResult.application_id == second.id)).one() == "objected"
    )


def test_what_was_entered_wrong_is_mended_case_by_case(db: Session, ward: Ward) -> None:
    case = make_application(db, make_resident(db, ward))
    meeting = hold(db, ward, {case.id: NO})
    applications.move(db, case.id, "endorse", actor=head(db), today=TODAY)
    applications.move(db, case.id, "object", actor=head(db), today=TODAY, reason="Đúng là chưa.")
    assert [event.name for event in cases.events(db, case.id)] == ["submit", "object", "endorse", "object"]
    assert queries.minutes(db, meeting.id).results[0].reason == NO.reason


def test_two_heads_enter_the_same_meeting(database: Database) -> None:
    """Each from a page of their own: one is written whole, the other hears whose case it was."""
    with database.transaction() as db:
        ward = make_ward(db)
        for login in ("to1", "to1b"):
            make_officer(db, ward, "community_head", login)
        known = [make_application(db, make_resident(db, ward)) for _ in range(3)]
        versions = {case.id: case.version for case in known}
        heads = [head(db, login) for login in ("to1", "to1b")]
    gate = Barrier(2)

    def act(who: Actor, said: Said) -> object:
        gate.wait(10)
        try:
            with database.transaction() as db:
                return hold(db, ward, dict.fromkeys(versions, said), versions=versions, by=who).id
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(2) as pool:
        came = [one.result(30) for one in [pool.submit(act, who, YES) for who in heads]]
    assert sorted(isinstance(one, Conflict) for one in came) == [False, True]
    with database.read() as db:
        assert db.scalar(select(func.count(Meeting.id))) == 1
        assert db.scalar(select(func.count()).select_from(MeetingResult)) == 3
        steps = db.scalars(select(ApplicationEvent.name).where(ApplicationEvent.name != "submit")).all()
        assert steps == ["endorse"] * 3


# The screens


def keys(browser: Browser) -> dict[str, str]:
    """The candidates of the page: name -> the key of their fields."""
    found = re.findall(r'id="n([0-9a-f]{32})">\d+\. ([^<]+)</h3>', browser.text)
    return {name: key for key, name in found}


def fill(**more: object) -> dict[str, object]:
    base = {
        "held_on": f"{TODAY:%d/%m/%Y}",
        "venue": "Nhà văn hóa",
        "chair": "Nguyễn Mẫu Chủ",
        "secretary": "Trần Mẫu Ký",
    }
    return base | {"total": "40", "present": "31", "way": "votes"} | more


def test_a_head_enters_a_meeting(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    people = [make_resident(db, ward, name) for name in ("Trần Mẫu Lan", "Lê Mẫu Minh", "Bùi Mẫu Sen")]
    known = [make_application(db, one) for one in people]
    db.commit()
    browser = enter("to1").get("/xet-duyet")
    browser.get(browser.links()["Họp bình xét"])
    browser.get(browser.links()["Ghi một cuộc họp"])
    key = keys(browser)
    assert set(key) == {one.name for one in people}
    assert 'type="radio" name="result-' in browser.text
    assert not re.findall(r'name="result-[0-9a-f]+" value="\w+" checked', browser.text)
    lan, minh = key["Trần Mẫu Lan"], key["Lê Mẫu Minh"]
    said = {f"result-{minh}": "objected", f"votes-{minh}": "20", f"reason-{minh}": "Chưa dự buổi nào."}
    browser.submit("/moi", fill(**{f"result-{lan}": "endorsed", f"votes-{lan}": "30", **said}))
    assert (browser.status, "Còn 1 người chưa ghi kết quả: Bùi Mẫu Sen" in browser.words()) == (422, True)
    assert "Lê Mẫu Minh: 20/31 phiếu là quá nửa" in browser.words()
    browser.submit("/moi", {f"votes-{minh}": "2"}, button="mọi người chưa ghi")
    assert (browser.status, len(re.findall(r'value="endorsed" checked', browser.text))) == (200, 2)
    assert db.scalar(select(func.count(Meeting.id))) == 0
    db.commit()
    browser.submit("/moi", {f"votes-{key['Bùi Mẫu Sen']}": "31"}, button="Ghi cuộc họp và kết quả")
    assert (browser.status, browser.screen()) == (200, "meetings.view")
    assert [part in browser.words() for part in ("31 trên 40", "30/31 phiếu tán thành", "“Chưa dự buổi nào.”")] == [
        True
    ] * 3
    assert [state(db, case) for case in known] == ["endorsed", "objected", "endorsed"]


def test_sent_again_it_is_shown_and_nothing_is_entered_twice(
    db: Session, ward: Ward, enter: Callable[[str], Browser]
) -> None:
    case = make_application(db, make_resident(db, ward, "Trần Mẫu Lan"))
    db.commit()
    browser, twin = enter("to1"), enter("to1")
    browser.get("/hop-binh-xet/moi")
    key = keys(browser)["Trần Mẫu Lan"]
    sent = {field: value for form in browser.forms() if "held_on" in form.names for field, value in form.fields.items()}
    sent |= fill(way="consensus", **{f"result-{key}": "endorsed"})
    sent.pop("csrf_token")
    assert browser.post("/hop-binh-xet/moi", dict(sent)).screen() == "meetings.view"
    twin.get("/hop-binh-xet")
    assert twin.post("/hop-binh-xet/moi", dict(sent)).screen() == "meetings.view"
    assert "Cuộc họp này đã được ghi." in twin.words()
    twin.post("/hop-binh-xet/moi", {**sent, f"result-{key}": "objected", f"reason-{key}": "Khác."})
    assert "lần gửi này không đổi gì" in twin.words()
    assert (state(db, case), db.scalar(select(func.count(Meeting.id)))) == ("endorsed", 1)


def test_a_case_that_went_on_is_named_and_every_word_stays(
    db: Session, ward: Ward, enter: Callable[[str], Browser]
) -> None:
    lan, minh = make_resident(db, ward, "Trần Mẫu Lan"), make_resident(db, ward, "Lê Mẫu Minh")
    first, second = make_application(db, lan), make_application(db, minh)
    db.commit()
    browser = enter("to1").get("/hop-binh-xet/moi")
    key = keys(browser)
    applications.move(db, second.id, "endorse", actor=head(db), today=TODAY)
    db.commit()
    said = {f"result-{one}": "objected" for one in key.values()} | {
        f"reason-{one}": f"Lời {one[-4:]}." for one in key.values()
    }
    browser.submit("/moi", fill(way="consensus", **said))
    assert (browser.status, "Hồ sơ vừa thay đổi: Lê Mẫu Minh." in browser.words()) == (409, True)
    kept = [f"Lời {one[-4:]}." in browser.text for one in key.values()]
    assert (kept, "Nhà văn hóa" in browser.text) == ([True, True], True)
    assert (state(db, first), db.scalar(select(func.count(Meeting.id)))) == ("submitted", 0)
    db.commit()
    browser.submit("/moi", {}, button="Ghi cuộc họp và kết quả")
    assert (browser.screen(), state(db, first)) == ("meetings.view", "objected")


def test_a_head_never_speaks_of_the_own_family(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    to = make_resident(db, ward, "Phạm Mẫu Tổ", login="to")
    child = make_resident(db, ward, "Phạm Mẫu Con", household=to.household)
    make_officer(db, ward, "community_head", "to", resident=to)
    mine = make_application(db, child)
    make_application(db, make_resident(db, ward, "Trần Mẫu Lan"))
    db.commit()
    browser = enter("to").get("/hop-binh-xet/moi")
    assert (set(keys(browser)), "Người khác ghi" in browser.words()) == ({"Trần Mẫu Lan"}, True)
    assert "Phạm Mẫu Con" in browser.words()
    lan = keys(browser)["Trần Mẫu Lan"]
    forged = fill(
        way="consensus", id=str(new_id()), **{f"result-{lan}": "endorsed", f"result-{mine.id.hex}": "endorsed"}
    )
    assert browser.post("/hop-binh-xet/moi", dict(forged)).status == 403
    assert (state(db, mine), db.scalar(select(func.count(Meeting.id)))) == ("submitted", 0)


def test_each_sees_the_meetings_of_their_place(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    other = make_ward(db, "20014", "Phường Kim Trà")
    make_officer(db, other, "ward_reviewer", "xet-khac")
    make_officer(db, ward, "province_officer", "tinh")
    make_officer(db, ward, "admin", "quan-tri")
    lan = make_resident(db, ward, "Trần Mẫu Lan", login="lan")
    meeting = hold(db, ward, {make_application(db, lan).id: NO})
    db.commit()
    path = f"/hop-binh-xet/{meeting.id}"
    for login, may in (("to1", 200), ("xet", 200), ("ky", 200), ("to2", 403), ("xet-khac", 403), ("tinh", 403)):
        browser = enter(login)
        assert (login, browser.get(path).status) == (login, may)
        assert (lan.name in browser.text) == (may == 200)
        if login in {"xet", "ky", "to1"}:
            assert "có mặt 31/40" in browser.get("/hop-binh-xet").words()
        if login not in {"to1", "to2"}:
            assert (login, browser.get("/hop-binh-xet/moi").status) == (login, 403)
            browser.get("/tai-khoan")
            assert (login, browser.post("/hop-binh-xet/moi", fill()).status) == (login, 403)
    assert enter("to2").get("/hop-binh-xet").words().count("có mặt") == 0
    for login in ("lan", "quan-tri"):
        assert [enter(login).get(one).status for one in ("/hop-binh-xet", "/hop-binh-xet/moi", path)] == [403] * 3
    assert enter("xet").get(f"/hop-binh-xet/{new_id()}").status == 404


def test_the_minutes_leave_as_pdf_and_as_word(db: Session, ward: Ward, enter: Callable[[str], Browser]) -> None:
    make_officer(db, make_ward(db, "20014", "Phường Kim Trà"), "ward_reviewer", "xet-khac")
    lan, minh = make_resident(db, ward, "Trần Mẫu Lan"), make_resident(db, ward, "Lê Mẫu Minh")
    meeting = hold(db, ward, {make_application(db, lan).id: YES, make_application(db, minh).id: NO})
    db.commit()
    browser = enter("to1").get(f"/hop-binh-xet/{meeting.id}")
    links = browser.links()
    pdf = browser.client.get(links["PDF để in"])
    assert (pdf.status_code, pdf.mimetype, pdf.data[:4]) == (200, "application/pdf", b"%PDF")
    word = browser.client.get(links["Word để sửa"])
    document = Document(io.BytesIO(word.data))
    said = "\n".join(
        [one.text for one in document.paragraphs]
        + [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    )
    wanted = ("BIÊN BẢN", "Chủ trì: Nguyễn Mẫu Chủ.", "Thư ký: Trần Mẫu Ký.", lan.name, minh.name, NO.reason)
    assert [words for words in wanted if words not in said] == []
    assert "bien-ban-binh-xet.docx" in word.headers["Content-Disposition"]
    looks = db.execute(select(Look.person_id, Look.screen).distinct()).all()
    assert looks == [(minh.id, "meetings.view")]
    db.commit()
    for login, may in (("xet", 200), ("ky", 200), ("to2", 403), ("xet-khac", 403)):
        answers = [enter(login).client.get(links[words]).status_code for words in ("PDF để in", "Word để sửa")]
        assert (login, answers) == (login, [may, may])
    assert enter("xet").get(f"/hop-binh-xet/{meeting.id}/bien-ban.xlsx").status == 404


def test_reading_costs_the_same_for_one_and_for_thirty(
    db: Session, app: Flask, ward: Ward, enter: Callable[[str], Browser]
) -> None:
    first = hold(db, ward, {make_application(db, make_resident(db, ward)).id: YES})
    make_application(db, make_resident(db, ward))
    db.commit()
    browser = enter("to1")
    pages = {path: queries_of(app, browser, path) for path in ("/hop-binh-xet", "/hop-binh-xet/moi")}
    one = queries_of(app, browser, f"/hop-binh-xet/{first.id}")
    many = hold(db, ward, {make_application(db, make_resident(db, ward)).id: YES for _ in range(30)})
    for _ in range(30):
        make_application(db, make_resident(db, ward))
    for _ in range(5):
        hold(db, ward, {make_application(db, make_resident(db, ward)).id: YES})
    db.commit()
    assert {path: queries_of(app, browser, path) for path in pages} == pages
    assert queries_of(app, browser, f"/hop-binh-xet/{many.id}") == one
