"""Groups' cases by plain requests: who gets in where, what nobody sees, and a household's whole story."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_application,
    make_clan,
    make_group,
    make_group_application,
    make_head,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions
from xhht_citizen.applications.models import Application
from xhht_citizen.audit import Look
from xhht_citizen.database import Database
from xhht_citizen.groups.models import Mandate
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.titles.models import Title
from xhht_citizen.web.kinds import SLUGS

SIGNED = {"number": "128/QĐ-UBND", "decided_on": f"{TODAY:%d/%m/%Y}", "signatory": "Nguyễn Mẫu Ký"}
CHILD = "Trần Mẫu Bé Con"
LOGINS = ("chu", "nguoi-nha", "hang-xom", "to1", "to2", "xet", "ky", "xet-khac", "tinh", "tinh-khac", "quan-tri")
WARD_DESK = {"xet", "ky"}


@dataclass
class Town:
    """A ward whose every kind of group has a case and a title; `chu` speaks for all a person can speak for."""

    ward: Ward
    groups: dict[Kind, Group] = field(default_factory=dict)
    cases: dict[Kind, uuid.UUID] = field(default_factory=dict)
    titles: dict[Kind, uuid.UUID] = field(default_factory=dict)


@pytest.fixture
def town(db: Session) -> Town:
    ward = make_ward(db, community_step=False)
    away = make_ward(db, "00004", "Phường Mẫu Bắc", province_code="01", province_name="Thành phố Hà Nội")
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    wife = make_resident(db, ward, household=head.household, relation="spouse", login="nguoi-nha")
    make_resident(db, ward, CHILD, household=head.household, birth_year=YEAR - 9)
    make_resident(db, ward, login="hang-xom")
    for role, login, at in (
        ("community_head", "to1", 0),
        ("community_head", "to2", 1),
        ("ward_reviewer", "xet", 0),
        ("ward_signer", "ky", 0),
        ("province_officer", "tinh", 0),
        ("admin", "quan-tri", 0),
    ):
        make_officer(db, ward, role, login, community=at)
    make_officer(db, away, "ward_reviewer", "xet-khac")
    make_officer(db, away, "province_officer", "tinh-khac")
    made = Town(ward)
    make_title(db, head)
    make_title(db, wife)
    make_title(db, head, kind=Kind.HOUSEHOLD)
    clan = make_clan(db, ward, community=0, households=[head.household])
    unit = make_unit(db, ward, members=[head, wife])
    office = make_unit(db, ward, "Sở Mẫu", managed_by="province", members=[head, wife])
    make_head(db, "clan", clan.id, head)
    make_head(db, "unit", unit.id, head)
    make_head(db, "unit", office.id, head)
    ids = {
        Kind.HOUSEHOLD: head.household.id,
        Kind.CLAN: clan.id,
        Kind.COMMUNITY: ward.communities[0].id,
        Kind.UNIT: unit.id,
        Kind.AGENCY: office.id,
        Kind.COMMUNE: commune_id(ward.code),
    }
    for kind, group_id in ids.items():
        group = made.groups[kind] = make_group(db, kind, group_id)
        case = make_group_application(db, group, "submitted")
        made.cases[kind] = case.id
        if kind is not Kind.HOUSEHOLD:
            made.titles[kind] = make_title(db, head, kind=kind, subject=group.subject).id
    made.titles[Kind.HOUSEHOLD] = db.scalars(select(Title.id).where(Title.kind == "household")).one()
    db.commit()
    return made


def sign_in(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    return lambda login: sign_in(app, login)


def own_pages(group: Group) -> list[str]:
    base = f"/ho-so-nhom/{SLUGS[group.kind]}/{group.id}"
    code = {Kind.HOUSEHOLD: "2.2", Kind.CLAN: "1.1", Kind.COMMUNITY: "2.2", Kind.UNIT: "1.1"}.get(group.kind, "5")
    return [base, f"{base}/theo-doi", f"{base}/noi-dung/{code}"]


COUNTED = {
    Kind.CLAN: "households_recognised",
    Kind.COMMUNITY: "adults_citizen",
    Kind.UNIT: "citizen_members",
    Kind.AGENCY: "citizen_members",
}
# Who opens the group's own pages, its case at the desk, the names behind a share, its title.
SPEAKS = {kind: {"chu"} for kind in Kind} | {Kind.COMMUNITY: {"to1"}, Kind.COMMUNE: WARD_DESK}
REVIEWS = {
    Kind.HOUSEHOLD: {"chu", "to1", *WARD_DESK},
    Kind.CLAN: {"chu", "to1", *WARD_DESK},
    Kind.COMMUNITY: {"to1", *WARD_DESK},
    Kind.UNIT: {"chu", *WARD_DESK},
    Kind.AGENCY: {"chu", *WARD_DESK, "tinh"},
    Kind.COMMUNE: {*WARD_DESK, "tinh"},
}
COUNTS = {
    Kind.CLAN: {"chu", *WARD_DESK},
    Kind.COMMUNITY: {"to1", *WARD_DESK},
    Kind.UNIT: {"chu", *WARD_DESK},
    Kind.AGENCY: {"chu", *WARD_DESK, "tinh"},
}
ABOVE = {*WARD_DESK, "tinh", "quan-tri"}
TITLED = {
    Kind.HOUSEHOLD: {"chu", "nguoi-nha", "to1", *ABOVE},
    Kind.CLAN: {"chu", "nguoi-nha", "to1", *ABOVE},
    Kind.COMMUNITY: {"chu", "nguoi-nha", "hang-xom", "to1", *ABOVE},
    Kind.UNIT: {"chu", "nguoi-nha", "to1", *ABOVE},
    Kind.AGENCY: {"chu", "nguoi-nha", "to1", *ABOVE},
    Kind.COMMUNE: {"chu", "nguoi-nha", "hang-xom", "to1", *ABOVE},
}


def test_who_gets_in_where(app: Flask, town: Town) -> None:
    for login in LOGINS:
        browser = sign_in(app, login)
        for kind, group in town.groups.items():
            asked = dict.fromkeys(own_pages(group), login in SPEAKS[kind])
            asked[f"/xet-duyet/nhom/{town.cases[kind]}"] = login in REVIEWS[kind]
            asked[f"/danh-hieu/{town.titles[kind]}"] = login in TITLED[kind]
            if kind in COUNTED:
                base = f"/ho-so-nhom/{SLUGS[kind]}/{group.id}"
                asked[f"{base}/dem/{COUNTED[kind]}"] = login in COUNTS[kind]
            for path, may in asked.items():
                status = browser.get(path).status
                assert status == (200 if may else 403), (login, path, status)
                assert CHILD not in browser.text, (login, path)


def test_nobody_else_sends_answers_or_decides(app: Flask, town: Town, db: Session) -> None:
    for login in ("nguoi-nha", "hang-xom", "to2", "xet-khac", "tinh-khac", "quan-tri"):
        browser = sign_in(app, login)
        for kind, group in town.groups.items():
            base = f"/ho-so-nhom/{SLUGS[kind]}/{group.id}"
            case = f"/xet-duyet/{town.cases[kind]}"
            title = f"/danh-hieu/{town.titles[kind]}/thu-hoi"
            for path in (f"{base}/gui", f"{base}/rut", f"{base}/mo-lai", f"{case}/take", f"{case}/endorse", title):
                sent = browser.post(path, {"reason": "thử", "version": "1"}).status
                assert sent == 403, (login, path, sent)
                browser.get("/tai-khoan")
    states = set(db.scalars(select(Application.state).where(Application.id.in_(town.cases.values()))))
    assert states == {"submitted"}


def test_the_desk_takes_what_is_its_own(app: Flask, town: Town) -> None:
    """The ward its five kinds, but not its own commune; the province the other two and nothing else."""
    taken: dict[str, set[Kind]] = {}
    for login in ("xet", "tinh"):
        browser = sign_in(app, login)
        listed = {word for word in browser.get("/xet-duyet").links().values() if "/xet-duyet/nhom/" in word}
        taken[login] = {kind for kind, case in town.cases.items() if any(str(case) in link for link in listed)}
    assert taken == {
        "xet": {Kind.HOUSEHOLD, Kind.CLAN, Kind.COMMUNITY, Kind.UNIT},
        "tinh": {Kind.AGENCY, Kind.COMMUNE},
    }
    browser = sign_in(app, "xet")
    only = {link for link in browser.get("/xet-duyet?loai=dong-ho").links().values() if "/xet-duyet/nhom/" in link}
    assert only == {f"/xet-duyet/nhom/{town.cases[Kind.CLAN]}?loai=dong-ho"}  # the next is one of the same list
    assert "Dòng họ học tập" in browser.words()
    case = town.cases[Kind.AGENCY]
    assert sign_in(app, "xet").post(f"/xet-duyet/{case}/take", {"version": "1"}).status == 403
    browser = sign_in(app, "tinh").get(f"/xet-duyet/nhom/{case}").submit("/take")
    assert "Tỉnh, thành phố đang xét" in browser.words()


def test_addresses_that_are_none(app: Flask, town: Town) -> None:
    browser = sign_in(app, "chu")
    home = town.groups[Kind.HOUSEHOLD].id
    for path in (
        f"/ho-so-nhom/cong-dan/{home}",
        f"/ho-so-nhom/khong-co/{home}",
        f"/ho-so-nhom/dong-ho/{home}",
        f"/ho-so-nhom/cap-xa/{home}",
        f"/ho-so-nhom/gia-dinh/{home}?nam={YEAR - 2}",
        f"/ho-so-nhom/gia-dinh/{home}/noi-dung/9.9",
        f"/ho-so-nhom/gia-dinh/{home}/dem/children_in_school",
        f"/ho-so-nhom/gia-dinh/{home}/dem/adults_citizen",
    ):
        assert browser.get(path).status == 404, path


def test_who_looked_at_the_names_is_remembered(app: Flask, town: Town, db: Session) -> None:
    unit = town.groups[Kind.UNIT]
    path = f"/ho-so-nhom/don-vi/{unit.id}/dem/citizen_members"
    assert sign_in(app, "chu").get(path).status == 200
    assert db.scalars(select(Look)).all() == []
    db.commit()
    assert sign_in(app, "xet").get(path).status == 200
    assert [look.screen for look in db.scalars(select(Look))] == ["group_case.behind"] * 2


def answer_all(browser: Browser, base: str) -> None:
    """Answer every line one page after the other, each with the most there is."""
    browser.get(base)
    for _ in range(20):
        link = next((url for words, url in browser.links().items() if words.startswith("Trả lời nội dung")), None)
        if link is None:
            return
        browser.get(link)
        values = re.findall(r'name="points"[^>]*value="(\d+)"', browser.text)
        browser.submit(None, {"points": max(values, key=int), "note": "Tổ dân phố biết."})
        assert browser.status == 200
        browser.get(base)


def verdicts(browser: Browser) -> dict[str, str]:
    return dict.fromkeys(re.findall(r'name="(verdict-[\d.]+)"', browser.text), "confirm")


def test_a_households_story(db: Session, database: Database, enter: Callable[[str], Browser]) -> None:
    """Members get titles, the head applies, the community endorses, the ward grants; the public page; revoked."""
    ward = make_ward(db)
    make_officer(db, ward, "community_head", "to1")
    make_officer(db, ward, "ward_reviewer", "xet")
    make_officer(db, ward, "ward_signer", "ky")
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    wife = make_resident(db, ward, "Lê Thị Mẫu Vợ", household=head.household, relation="spouse")
    base = f"/ho-so-nhom/gia-dinh/{head.household.id}"
    db.commit()
    owner = enter("chu").get("/nam-nay")
    assert "Gia đình học tập" in owner.words()
    assert base in owner.links().values()
    assert "Chưa đủ tỷ lệ bắt buộc" in owner.get(base).words()
    assert "0/2 (0 %)" in owner.words().replace("\u00a0", " ")
    make_application(db, wife, "granted")
    db.commit()
    assert "1/2 (50 %)" in owner.get(base).words().replace("\u00a0", " ")
    answer_all(owner, base)
    owner.get(f"{base}/gui").submit("/gui", {})
    assert owner.status == 422
    owner.submit("/gui", {"true": "y", "mandate": "y"})
    assert (owner.status, owner.screen()) == (200, "group_case.status")
    case = db.scalars(select(Application).where(Application.kind == "household")).one()
    db.commit()
    assert case.receipt in owner.words()
    assert owner.get(f"{base}/gui").screen() == "group_case.status"

    chief = enter("to1").get("/xet-duyet")
    assert head.household.name in chief.links()
    chief.get(f"/xet-duyet/nhom/{case.id}").submit("/endorse", {"reason": "Cả tổ nhất trí."})
    assert "Chi hội đã tán thành" in chief.words()
    reviewer = enter("xet").get(f"/xet-duyet/{case.id}")
    assert reviewer.screen() == "review.group"
    reviewer.submit("/take")
    assert "2.1" not in "".join(verdicts(reviewer))
    reviewer.submit(None, verdicts(reviewer), "Đề nghị công nhận")
    assert "Đã đề nghị công nhận" in reviewer.words()
    signer = enter("ky").get("/quyet-dinh?loai=gia-dinh")
    assert head.household.name in signer.links()
    signer.get(f"/quyet-dinh/moi?ho-so={case.id}").submit("/quyet-dinh/moi", SIGNED)
    assert "Đã công nhận 1 hồ sơ theo quyết định 128/QĐ-UBND." in signer.words()
    title = db.scalars(select(Title).where(Title.kind == "household")).one()
    db.commit()
    public = enter("chu").get(f"/kiem-tra/{title.public_code}")
    assert "Giấy công nhận còn hiệu lực" in public.words()
    assert "Gia đình học tập" in public.words()
    assert head.household.name not in public.text
    assert "Đã được công nhận" in owner.get(base).words()
    assert "Đã công nhận" in owner.get("/nam-nay").words()

    # A ratio that falls later takes nothing away; the register shows both.
    citizen = db.scalars(select(Title).where(Title.person_id == wife.id)).one()
    db.commit()
    with database.transaction() as other:
        actions.revoke_title(other, citizen.id, reason="Ghi nhầm.", actor=Actor(name="Cán bộ Mẫu"))
    signer.get("/danh-hieu?loai=gia-dinh")
    assert "khi quyết định 1/2 (50 %), nay 0/2 (0 %)" in signer.words().replace("\u00a0", " ")
    assert "Còn hiệu lực" in signer.words()
    page = signer.get(f"/danh-hieu/{title.id}").words().replace("\u00a0", " ")
    assert "0/2 (0 %)" in page
    assert "Khi quyết định: 1/2 (50 %)" in page
    signer.get(f"/danh-hieu/{title.id}/thu-hoi").submit(
        "/thu-hoi",
        {
            "reason": "Kê khai không đúng.",
            "number": "205/QĐ-UBND",
            "decided_on": f"{TODAY:%d/%m/%Y}",
            "signatory": "Nguyễn Mẫu Ký",
        },
    )
    assert "Giấy công nhận đã bị thu hồi" in public.get(f"/kiem-tra/{title.public_code}").words()
    assert "Danh hiệu đã bị thu hồi" in owner.get(f"{base}/theo-doi").words()


def test_what_was_asked_is_answered_and_sent_again(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db, community_step=False)
    make_officer(db, ward, "ward_reviewer", "xet")
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    make_title(db, head)
    group = make_group(db, Kind.HOUSEHOLD, head.household.id)
    case = make_group_application(db, group, "under_review")
    receipt = case.receipt
    db.commit()
    asked = {"verdict-3.1": "ask", "reason-3.1": "Xin kể rõ góc học tập.", "reason": "Xin bổ sung."}
    reviewer = enter("xet").get(f"/xet-duyet/nhom/{case.id}").submit(None, asked, "Trả lại để bổ sung")
    assert "Cần bổ sung" in reviewer.words()
    base = f"/ho-so-nhom/gia-dinh/{group.id}"
    owner = enter("chu").get(f"{base}/theo-doi")
    assert "Xin kể rõ góc học tập." in owner.words()
    owner.get(f"{base}/noi-dung/3.1").submit(None, {"points": "9", "note": "x"})
    assert (owner.status, "Chọn một mức" in owner.words()) == (422, True)
    owner.submit(None, {"points": "8", "note": "Có bàn học và tủ sách."})
    owner.get(f"{base}/gui").submit("/gui", {"true": "y", "mandate": "y"})
    assert receipt in owner.words()
    assert "Số biên nhận giữ nguyên." in owner.words()
    owner.submit(f"{base}/rut")
    assert "Đã rút" in owner.words()
    owner.submit(f"{base}/mo-lai")
    assert owner.screen() == "group_case.overview"


def test_a_case_is_sent_too_early_with_a_warning_and_not_recommended(
    db: Session, enter: Callable[[str], Browser]
) -> None:
    ward = make_ward(db, community_step=False)
    make_officer(db, ward, "ward_reviewer", "xet")
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    base = f"/ho-so-nhom/gia-dinh/{head.household.id}"
    db.commit()
    owner = enter("chu")
    answer_all(owner, base)
    assert "Hồ sơ vẫn gửi được, nhưng chưa đủ tỷ lệ bắt buộc." in owner.get(f"{base}/gui").words()
    assert "còn thiếu 1 nữa" in owner.words()
    owner.submit("/gui", {"true": "y", "mandate": "y"})
    case = db.scalars(select(Application.id).where(Application.kind == "household")).one()
    db.commit()
    reviewer = enter("xet").get(f"/xet-duyet/nhom/{case}").submit("/take")
    reviewer.submit(None, {"rest": "y"}, "Đề nghị công nhận")
    assert reviewer.status == 422
    assert "còn thiếu 1 nữa" in reviewer.words()


def test_two_who_answer_at_once_see_each_other(db: Session, enter: Callable[[str], Browser]) -> None:
    """A page that was opened before the other one saved overwrites nothing unsaid; what was typed stays."""
    ward = make_ward(db)
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    deputy = make_resident(db, ward, "Lê Mẫu Thay", household=head.household, login="thay")
    db.add(
        Mandate(
            ward_code=ward.code,
            kind="household",
            group_id=head.household.id,
            person_id=deputy.id,
            part="deputy",
            until=TODAY,
        )
    )
    db.commit()
    base = f"/ho-so-nhom/gia-dinh/{head.household.id}"
    one, other = enter("chu").get(f"{base}/noi-dung/3.1"), enter("thay").get(f"{base}/noi-dung/3.1")
    one.submit(None, {"points": "8", "note": "Có bàn học."})
    other.submit(None, {"points": "5", "note": "Học ở nhà văn hóa."})
    assert (other.status, "Người khác vừa trả lời nội dung này." in other.words()) == (409, True)
    assert "Học ở nhà văn hóa." in other.text
    assert "Có bàn học." in one.get(f"{base}/noi-dung/3.1").text
    other.submit(None, {"points": "5", "note": "Học ở nhà văn hóa."})
    assert "Học ở nhà văn hóa." in one.get(f"{base}/noi-dung/3.1").text


def test_an_answer_that_comes_after_the_sending_is_not_lost_unsaid(
    db: Session, enter: Callable[[str], Browser]
) -> None:
    ward = make_ward(db)
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    db.commit()
    base = f"/ho-so-nhom/gia-dinh/{head.household.id}"
    owner, late = enter("chu"), enter("chu")
    answer_all(owner, base)
    late.get(f"{base}/noi-dung/3.1")
    owner.get(f"{base}/gui").submit("/gui", {"true": "y", "mandate": "y"})
    late.submit(None, {"points": "5", "note": "Thêm một lời."})
    assert (late.status, "Hồ sơ đã gửi đi nên không sửa được." in late.words()) == (409, True)
    assert "Thêm một lời." in late.words()


def test_last_years_words_are_offered_as_a_beginning(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db)
    head = make_resident(db, ward, "Trần Mẫu Chủ", login="chu")
    group = make_group(db, Kind.HOUSEHOLD, head.household.id)
    make_group_application(db, group, "submitted", year=YEAR - 1)
    db.commit()
    base = f"/ho-so-nhom/gia-dinh/{group.id}"
    owner = enter("chu").get(f"{base}/noi-dung/3.1")
    assert "Có người biết." in owner.text
    assert "lời ghi của năm trước" in owner.words()
    assert str(YEAR - 1) in owner.get(base).links()
    old = owner.get(f"{base}?nam={YEAR - 1}")
    assert (old.status, f"năm {YEAR - 1}" in old.words()) == (200, True)
    assert owner.get(f"{base}/noi-dung/3.1?nam={YEAR - 1}").forms()[0].action == "/ngon-ngu"


def test_the_province_decides_on_a_commune(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db)
    make_officer(db, ward, "ward_reviewer", "xet")
    make_officer(db, ward, "province_officer", "tinh")
    base = f"/ho-so-nhom/cap-xa/{commune_id(ward.code)}"
    db.commit()
    ward_officer = enter("xet").get("/xet-duyet")
    assert base in ward_officer.links().values()
    answer_all(ward_officer, base)
    ward_officer.get(f"{base}/gui").submit("/gui", {"true": "y", "mandate": "y"})
    case = db.scalars(select(Application.id).where(Application.kind == "commune")).one()
    db.commit()
    assert ward_officer.get(f"/xet-duyet/nhom/{case}").screen() == "group_case.status"
    province = enter("tinh").get("/xet-duyet")
    assert ward.name in province.links()
    province.get(f"/xet-duyet/nhom/{case}").submit("/take")
    province.submit(None, verdicts(province), "Đề nghị công nhận")
    assert "Mức độ 2" in province.words()
    province.get(f"/quyet-dinh/moi?ho-so={case}").submit("/quyet-dinh/moi", SIGNED)
    assert province.screen() == "decisions.overview"
    title = db.scalars(select(Title).where(Title.kind == "commune")).one()
    db.commit()
    assert (title.level, title.valid_until is not None) == (1, True)
    page = enter("xet").get(f"/kiem-tra/{title.public_code}").words()
    assert ward.name in page
    assert "Cộng đồng học tập cấp xã" in page
    assert "Có giá trị đến hết ngày" in page


def test_a_title_past_its_term_is_said_to_be(db: Session, enter: Callable[[str], Browser]) -> None:
    ward = make_ward(db)
    make_officer(db, ward, "province_officer", "tinh")
    lan = make_resident(db, ward)
    group = make_group(db, Kind.COMMUNE, commune_id(ward.code))
    title = make_title(db, lan, kind=Kind.COMMUNE, subject=group.subject)
    title.level, title.valid_until = 1, TODAY.replace(year=YEAR - 1)
    db.commit()
    browser = enter("tinh").get(f"/danh-hieu?nam={YEAR}")
    assert "Hết hạn" in browser.words()
    assert "Danh hiệu đã hết hạn" in browser.get(f"/danh-hieu/{title.id}").words()
    assert "Giấy công nhận đã hết hạn" in browser.get(f"/kiem-tra/{title.public_code}").words()


def queries_of(app: Flask, browser: Browser, path: str) -> int:
    browser.get(path)  # what is cached by the first look is cached
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, many) -> None:
        statements.append(statement)

    engine = app.extensions["xhht_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    browser.get(path)
    event.remove(engine, "before_cursor_execute", note)
    assert browser.status == 200
    return len(statements)


def mixed(db: Session, ward: Ward, number: int, state: str) -> None:
    """So many households, clans and units, each with a case in that state."""
    for n in range(number):
        one: Resident = make_resident(db, ward)
        make_title(db, one)
        make_title(db, one, kind=Kind.HOUSEHOLD, year=YEAR - 1)
        if n % 2:
            key = (Kind.UNIT, make_unit(db, ward, f"Cơ sở Mẫu {n}", members=[one]).id)
        else:
            key = (Kind.HOUSEHOLD, one.household.id)
        make_group_application(db, make_group(db, *key), state)
        make_application(db, make_resident(db, ward), state)


def test_lists_cost_the_same_for_two_rows_and_for_thirty(
    app: Flask, db: Session, enter: Callable[[str], Browser]
) -> None:
    ward = make_ward(db, community_step=False)
    officer = make_resident(db, ward, "Ngô Mẫu Xét", login="xet")
    make_officer(db, ward, "ward_reviewer", "xet", resident=officer)
    make_officer(db, ward, "ward_signer", "xet", resident=officer)
    for state in ("submitted", "recommended", "granted"):
        mixed(db, ward, 2, state)
    db.commit()
    browser = enter("xet")
    paths = ("/xet-duyet", "/quyet-dinh", "/danh-hieu")
    before = {path: queries_of(app, browser, path) for path in paths}
    for state in ("submitted", "recommended", "granted"):
        mixed(db, ward, 15, state)
    db.commit()
    assert {path: queries_of(app, browser, path) for path in paths} == before
