"""Screens of belonging, by real requests: a ward built by forms, joining by both sides' word, how near a title is."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Ward,
    make_application,
    make_clan,
    make_officer,
    make_resident,
    make_unit,
    make_ward,
)
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging
from xhht_citizen.audit import Look
from xhht_citizen.database import Database
from xhht_citizen.groups import mandates, queries
from xhht_citizen.groups.models import Clan, ClanMembership, JoinRequest, Mandate, Unit, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.models import Consent, Household, Person
from xhht_citizen.ratios.queries import community_counts

only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])


@pytest.fixture
def ward(app: Flask, db: Session) -> Ward:
    made = make_ward(db)
    db.commit()
    return made


@pytest.fixture
def read(database: Database) -> Iterator[Session]:
    """Looks at what was committed; a write session would hold SQLite's lock against the app."""
    with database.read() as session:
        yield session


def enter(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def relations(db: Session, household_id: uuid.UUID) -> list[tuple[str, str]]:
    db.rollback()
    return [(row.person.name, row.relation) for row in people.members(db, household_id)]


# A ward built by screens


def test_officers_write_down_a_household_of_people_without_accounts(
    app: Flask, ward: Ward, db: Session, read: Session
) -> None:
    make_officer(db, ward, "community_head", "chihoi", community=1)
    db.commit()
    browser = enter(app, "chihoi").get("/dan-cu/ho-moi")
    head = {"name": "Ngô Mẫu Duyên", "birth": "1980", "sex": "female", "learner_group": "residents", "consent": "y"}
    browser.submit(fields={**head, "birth": str(YEAR - 9)})
    assert (browser.status, "Chủ hộ là người lớn" in browser.words()) == (422, True)
    page = browser.get("/dan-cu/ho-moi").forms()[0]
    for _twice in range(2):
        browser.get("/dan-cu/ho-moi").submit(fields={**head, "id": page.fields["id"]})
        assert (browser.status, browser.screen(), browser.heading()) == (200, "household.view", "Hộ Ngô Mẫu Duyên")
    household = read.scalars(select(Household)).one()
    assert household.community_id == ward.communities[1].id
    assert read.scalars(select(Consent.channel)).all() == ["paper"]
    adder = f"/ho-gia-dinh/{household.id}/them-nguoi"
    browser.get(adder).submit(fields={"name": "Ngô Mẫu Bé", "birth": f"05/03/{YEAR - 9}", "relation": "child"})
    assert (browser.status, "Và 1 trẻ em, không nêu tên ở đây." in browser.words()) == (200, True)
    browser.get(adder).submit(fields={"name": "Ngô Mẫu Thu", "birth": "1955", "relation": "parent"})
    assert (browser.status, "Xin chọn một nhóm cho người lớn." in browser.words()) == (422, True)
    browser.submit(fields={"learner_group": "residents"})
    assert browser.status == 200
    assert relations(read, household.id) == [
        ("Ngô Mẫu Duyên", "head"),
        ("Ngô Mẫu Thu", "parent"),
        ("Ngô Mẫu Bé", "child"),
    ]
    counts = community_counts(read, ward.communities[1].id, YEAR)
    assert counts is not None
    assert counts.counts.total == 2
    browser.get(f"/ho-gia-dinh/{household.id}/nguoi")
    assert f"Trẻ em sinh năm {YEAR - 9}" in browser.words()
    assert "Ngô Mẫu Bé" not in browser.text


def test_officers_found_a_clan_and_a_unit_and_fill_them(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_officer(db, ward, "ward_reviewer", "canbo")
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", community=1)
    pupil = make_resident(db, ward, "Trần Mẫu Bé", household=lan.household, birth_year=YEAR - 10)
    db.commit()
    browser = enter(app, "canbo").get("/dan-cu")
    browser.get(browser.links()["Dòng họ"]).get(browser.links()["Lập dòng họ"])
    browser.submit(fields={"name": "Họ Trần Mẫu", "community_id": str(ward.communities[1].id)})
    assert (browser.status, browser.screen(), browser.heading()) == (200, "clan.view", "Họ Trần Mẫu")
    clan = read.scalars(select(Clan)).one()
    browser.get(f"/dong-ho/{clan.id}/truong-ho")
    assert "Xin mời hộ vào họ trước" in browser.words()
    browser.get(f"/dong-ho/{clan.id}/chi").submit(fields={"name": "Chi trưởng"})
    branch = next(iter(browser.forms()))
    assert (browser.status, branch.method) == (200, "post")
    browser.get(f"/dong-ho/{clan.id}/moi-ho?tim=lan")
    browser.submit(fields={"household_id": str(lan.household.id), "side": "mother"})
    assert (browser.status, "Trần Thị Mẫu Lan" in browser.words(), "Họ ngoại" in browser.words()) == (200, True, True)
    browser.get(f"/dong-ho/{clan.id}/truong-ho?tim=lan").submit(fields={"person_id": str(lan.id)})
    assert "Trưởng họ Trần Thị Mẫu Lan" in browser.words()

    browser.get("/dia-ban/don-vi/moi").submit(fields={"name": "Trường Mẫu", "kind": "school", "managed_by": "commune"})
    unit = read.scalars(select(Unit)).one() if not read.rollback() else None
    assert unit is not None
    for person, part in ((lan, "member"), (pupil, "learner")):
        browser.get(f"/don-vi/{unit.id}/moi-nguoi?tim=tran").submit(fields={"person_id": str(person.id), "part": part})
        assert (browser.status, browser.screen()) == (200, "unit.view")
    browser.get(f"/don-vi/{unit.id}/dung-dau?tim=lan").submit(fields={"person_id": str(lan.id)})
    assert "Người đứng đầu Trần Thị Mẫu Lan Người làm việc 1 Người học 1" in browser.words()
    browser.get(f"/don-vi/{unit.id}/nguoi")
    assert ("Trần Thị Mẫu Lan" in browser.words(), pupil.name in browser.text) == (True, False)
    assert "Và 1 người chưa đủ 18 tuổi, không nêu tên." in browser.words()
    read.rollback()
    assert (lan.id, "unit.people_of") in {(row.person_id, row.screen) for row in read.scalars(select(Look))}
    browser.get(f"/dong-ho/{clan.id}/dong").submit("/dong")
    assert browser.screen() == "clan.of_ward"
    assert "Họ Trần Mẫu" not in browser.get("/dia-ban/dong-ho").words()
    assert "Dòng họ này đã đóng" in browser.get(f"/dong-ho/{clan.id}").words()


def test_a_community_head_founds_in_the_own_community_only(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_officer(db, ward, "community_head", "chihoi", community=1)
    elsewhere = make_resident(db, ward, "Lê Mẫu Xa", community=0)
    db.commit()
    browser = enter(app, "chihoi").get("/dia-ban/dong-ho/moi")
    browser.submit(fields={"name": "Họ Lê Mẫu", "community_id": str(ward.communities[0].id)})
    clan = read.scalars(select(Clan)).one()
    assert clan.community_id == ward.communities[1].id
    browser.get(f"/dong-ho/{clan.id}/moi-ho?tim=le")
    assert "Không thấy hộ nào" in browser.words()
    answer = browser.post(f"/dong-ho/{clan.id}/moi-ho", {"household_id": str(elsewhere.household.id), "side": "father"})
    assert answer.status == 403
    browser.get("/dia-ban/don-vi/moi").submit(fields={"name": "Cơ quan Mẫu", "kind": "office"})
    read.rollback()
    assert read.scalars(select(Unit.managed_by)).all() == ["commune"]


# Joining by both sides' word


def test_a_household_asks_a_clan_and_its_head_says_yes(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head = make_resident(db, ward, login="truongho")
    make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    clan = make_clan(db, ward, households=[head.household])
    group = queries.group(db, Kind.CLAN, clan.id)
    assert group is not None
    mandates.name_head(db, group, head.id, account_id=None, today=TODAY)
    db.commit()
    browser = enter(app, "lan").get("/tham-gia?tim=ho tran")
    assert head.name not in browser.text
    browser.get(browser.links()["Họ Trần Mẫu"]).submit(fields={"side": "mother"})
    assert (browser.status, "Hộ xin vào Họ Trần Mẫu (họ ngoại)" in browser.words()) == (200, True)
    assert browser.get(f"/dong-ho/{clan.id}").status == 403
    own = enter(app, "truongho").get(f"/dong-ho/{clan.id}")
    own.get(own.links()["Hộ Trần Thị Mẫu Lan xin vào (họ ngoại)"]).submit("/dong-y")
    assert (own.status, own.screen(), "Trần Thị Mẫu Lan" in own.words()) == (200, "clan.view", True)
    again = own.post(f"/tham-gia/{read.scalars(select(JoinRequest.id)).one()}/tu-choi")
    assert "đã được trả lời trước đó" in again.words()
    browser.get("/gia-dinh")
    assert browser.links()["Họ Trần Mẫu"] == f"/dong-ho/{clan.id}"
    browser.get(f"/dong-ho/{clan.id}").get(browser.links()["Hộ tôi rời dòng họ này"]).submit("/roi")
    assert (browser.status, browser.screen()) == (200, "household.mine")
    read.rollback()
    opened = select(func.count()).select_from(ClanMembership).where(ClanMembership.revoked_at.is_(None))
    assert read.scalar(opened) == 1


def test_a_clan_invites_by_the_households_code(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head, lan = make_resident(db, ward, login="truongho"), make_resident(db, ward, login="lan")
    clan = make_clan(db, ward, households=[head.household])
    group = queries.group(db, Kind.CLAN, clan.id)
    assert group is not None
    mandates.name_head(db, group, head.id, account_id=None, today=TODAY)
    db.commit()
    path = f"/dong-ho/{clan.id}/moi-ho"
    browser = enter(app, "truongho").get(path).submit(fields={"code": "XXXXXXXX", "side": "father"})
    assert (browser.status, "Không có hộ nào mang mã này" in browser.words()) == (422, True)
    browser.submit(fields={"code": "", "side": ""})
    assert browser.status == 422
    browser.get(path).submit(fields={"code": lan.household.join_code, "side": "father"})
    assert (browser.status, f"Đã mời hộ {lan.name} (họ nội)" in browser.words()) == (200, True)
    for _try in range(9):  # the tenth try at a code in a quarter of an hour is the last
        browser.get(path).submit(fields={"code": "XXXXXXXX", "side": "father"})
    assert browser.status == 429
    own = enter(app, "lan").get("/gia-dinh")
    own.get(own.links()["Họ Trần Mẫu mời hộ vào (họ nội)"]).submit("/tu-choi")
    read.rollback()
    assert read.scalars(select(JoinRequest.answer)).all() == ["declined"]


def test_a_leader_invites_by_log_in_and_sees_no_name_before_the_answer(
    app: Flask, ward: Ward, db: Session, read: Session
) -> None:
    leader, lan = make_resident(db, ward, login="giamdoc"), make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    unit = make_unit(db, ward, members=[leader])
    group = queries.group(db, Kind.UNIT, unit.id)
    assert group is not None
    mandates.name_head(db, group, leader.id, account_id=None, today=TODAY)
    db.commit()
    browser = enter(app, "giamdoc").get(f"/don-vi/{unit.id}/moi-nguoi")
    browser.submit(fields={"login": "khong-co-ai"})
    assert (browser.status, "Không có tài khoản nào như vậy" in browser.words()) == (422, True)
    browser.submit(fields={"login": "LAN"})
    assert (browser.status, "Đã mời một người vào (người làm việc)" in browser.words()) == (200, True)
    assert lan.name not in browser.text
    own = enter(app, "lan").get("/gia-dinh")
    own.get(own.links()["Trường Mẫu Hương mời Trần Thị Mẫu Lan vào (người làm việc)"]).submit("/dong-y")
    assert (own.screen(), own.links()["Trường Mẫu Hương"]) == ("household.mine", f"/don-vi/{unit.id}")
    own.get(f"/don-vi/{unit.id}").get(own.links()["Tôi không còn ở đơn vị này"]).submit("/roi")
    read.rollback()
    rows = read.scalars(select(UnitMembership).where(UnitMembership.person_id == lan.id)).all()
    assert [row.revoked_at is None for row in rows] == [False]


def test_somebody_invited_home_moves_by_their_own_word(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    lan, bay = make_resident(db, ward, login="lan"), make_resident(db, ward, "Lê Mẫu Bảy", login="bay", community=1)
    db.commit()
    browser = enter(app, "lan").get("/gia-dinh/moi")
    browser.submit(fields={"login": "bay", "relation": "spouse", "reason": "married"})
    assert (browser.status, "Đã mời một người về hộ" in browser.words()) == (200, True)
    own = enter(app, "bay").get("/gia-dinh")
    own.get(own.links()[f"Hộ {lan.name} mời Lê Mẫu Bảy về ở chung"])
    assert "chuyển nơi ở" in own.words()
    own.submit("/dong-y")
    assert relations(read, lan.household.id) == [(lan.name, "head"), ("Lê Mẫu Bảy", "spouse")]
    assert relations(read, bay.household.id) == []


# One's household


def test_a_mother_moves_out_with_her_child_who_has_no_account(
    app: Flask, ward: Ward, db: Session, read: Session
) -> None:
    head = make_resident(db, ward)
    lan = make_resident(db, ward, household=head.household, relation="spouse", login="lan")
    child = make_resident(db, ward, household=head.household, birth_year=YEAR - 5)
    db.commit()
    browser = enter(app, "lan").get("/noi-o/19996")
    browser.submit(fields={"community_id": str(ward.communities[2].id), "reason": "moved", "along": [str(child.id)]})
    assert (browser.status, browser.screen()) == (200, "year.home")
    home = people.home_of(read, lan.id)
    assert home is not None
    assert relations(read, home.household_id) == [(lan.name, "head"), (child.name, "child")]


def test_the_head_writes_down_what_happens_at_home(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head = make_resident(db, ward, "Phan Mẫu Thuận", login="thuan")
    home = head.household
    spouse = make_resident(db, ward, "Trần Mẫu Lành", household=home, relation="spouse")
    son = make_resident(db, ward, "Phan Mẫu Khôi", household=home, login="khoi", birth_year=YEAR - 30)
    girl = make_resident(db, ward, "Phan Mẫu Sen", household=home, birth_year=YEAR - 9)
    gran = make_resident(db, ward, "Hồ Mẫu Nhàn", household=home, birth_year=YEAR - 90, relation="parent")
    db.commit()
    browser = enter(app, "thuan").get("/gia-dinh")
    assert "Chưa ghi việc đi học" in browser.words()
    browser.get(browser.links()["Ghi trẻ em đi học"]).submit(fields={f"hoc-{girl.id}": "1"})
    assert ("Đi học" in browser.words(), "Chưa ghi việc đi học" in browser.words()) == (True, False)
    browser.get(f"/ho-gia-dinh/{home.id}/nguoi/{gran.id}/qua-doi").submit(fields={"died_on": "31/02/2020"})
    assert browser.status == 422
    browser.submit(fields={"died_on": f"01/01/{YEAR}"})
    assert (browser.status, gran.name in browser.words()) == (200, False)
    assert "tài khoản riêng" in browser.get(f"/ho-gia-dinh/{home.id}/nguoi/{son.id}").words()
    browser.get(f"/ho-gia-dinh/{home.id}/chu-ho").submit(fields={"person_id": str(spouse.id)})
    assert (browser.status, "Hộ Trần Mẫu Lành" in browser.words()) == (200, True)
    assert browser.get(f"/ho-gia-dinh/{home.id}/chu-ho").status == 403
    assert relations(read, home.id) == [
        ("Trần Mẫu Lành", "head"),
        ("Phan Mẫu Thuận", "spouse"),
        ("Phan Mẫu Khôi", "child"),
        ("Phan Mẫu Sen", "child"),
    ]


def test_a_household_turns_ready_and_back_with_the_reason(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    bay = make_resident(db, ward, "Lê Mẫu Bảy", household=lan.household, login="bay")
    db.commit()
    browser = enter(app, "lan").get("/gia-dinh")
    assert "Còn thiếu 1 người lớn nữa." in browser.words()
    assert "Đủ tỷ lệ" not in browser.words()
    make_application(db, bay, "recommended")
    db.commit()
    assert "Đã được đề nghị" in browser.get("/gia-dinh").words()
    make_application(db, lan, "granted")
    db.commit()
    browser.get("/gia-dinh")
    assert ("Đủ tỷ lệ để lập hồ sơ" in browser.words(), "Còn thiếu" in browser.words()) == (True, False)
    link = browser.links()["Lập hồ sơ Gia đình học tập"]
    assert link == f"/ho-so-nhom/gia-dinh/{lan.household.id}"
    added = {"name": "Ngô Mẫu Thu", "birth": "1955", "relation": "parent", "learner_group": "residents"}
    browser.get(f"/ho-gia-dinh/{lan.household.id}/them-nguoi").submit(fields=added)
    assert "Hộ có thêm Ngô Mẫu Thu trong năm nay" in browser.words()
    assert ("Ngô Mẫu Thu" in browser.words(), "Còn thiếu 1 người lớn nữa." in browser.words()) == (True, True)


def test_a_household_that_never_was_ready_was_turned_back_by_nobody(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
    for name in ("Lê Mẫu Bảy", "Lê Mẫu Tám"):
        make_resident(db, ward, name, household=lan.household)
    make_application(db, lan, "granted")  # when all of them lived there
    db.commit()
    words = enter(app, "lan").get("/gia-dinh").words()
    assert ("Còn thiếu 1 người lớn nữa." in words, "Hộ có thêm" in words) == (True, False)


def test_a_mandate_is_given_and_taken_back_by_the_head(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    head = make_resident(db, ward, login="lan")
    spouse = make_resident(db, ward, "Lê Mẫu Bảy", household=head.household, relation="spouse", login="bay")
    db.commit()
    path = f"/uy-quyen/gia-dinh/{head.household.id}"
    browser = enter(app, "lan").get(path).submit(fields={"person_id": str(spouse.id), "until": f"01/01/{YEAR + 2}"})
    assert (browser.status, f"31/12/{YEAR + 1}" in browser.words()) == (422, True)
    browser.submit(fields={"until": f"31/12/{YEAR}"})
    assert (browser.status, "Lê Mẫu Bảy" in browser.words()) == (200, True)
    deputy = enter(app, "bay")
    assert deputy.get(f"/ho-gia-dinh/{head.household.id}/nguoi").status == 200
    assert "Ủy quyền thêm" not in deputy.get(path).words()
    assert deputy.post(path, {"person_id": str(head.id), "until": f"31/12/{YEAR}"}).status in {403, 422}
    browser.get(path).submit("/thoi")
    assert browser.status == 200
    assert deputy.get(f"/ho-gia-dinh/{head.household.id}/nguoi").status == 403
    read.rollback()
    assert [row.revoked_at is None for row in read.scalars(select(Mandate))] == [False]


def test_officers_move_people_between_households(app: Flask, ward: Ward, db: Session, read: Session) -> None:
    make_officer(db, ward, "ward_reviewer", "canbo")
    lan, bay = make_resident(db, ward, "Trần Mẫu Lan"), make_resident(db, ward, "Lê Mẫu Bảy", community=1)
    db.commit()
    browser = (
        enter(app, "canbo")
        .get(f"/dan-cu/{lan.id}/chuyen-ho")
        .submit(fields={"relation": "spouse", "reason": "married"})
    )
    assert (browser.status, "Ghi mã hộ, hoặc tìm rồi chọn một hộ." in browser.words()) == (422, True)
    browser.get(f"/dan-cu/{lan.id}/chuyen-ho?tim=bay")
    browser.submit(fields={"household_id": str(bay.household.id), "relation": "spouse", "reason": "married"})
    assert (browser.status, browser.screen()) == (200, "residents.person")
    assert relations(read, bay.household.id) == [("Lê Mẫu Bảy", "head"), ("Trần Mẫu Lan", "spouse")]
    browser.get(f"/dan-cu/{lan.id}/tach-ho").submit(fields={"community_id": str(ward.communities[2].id)})
    home = people.home_of(read, lan.id) if not read.rollback() else None
    assert home is not None
    assert (home.relation, home.community_id) == ("head", ward.communities[2].id)


def test_the_copy_of_ones_own_data_holds_what_one_belongs_to(app: Flask, ward: Ward, db: Session) -> None:
    lan = make_resident(db, ward, login="lan")
    make_clan(db, ward, households=[lan.household])
    unit = make_unit(db, ward, members=[lan])
    other = make_unit(db, ward, "Hợp tác xã Mẫu")
    group = queries.group(db, Kind.UNIT, unit.id)
    assert group is not None
    mandates.name_head(db, group, lan.id, account_id=None, today=TODAY)
    ask = NewRequest("unit", other.id, lan.id, "ask", ward.code, part="member")
    belonging.request(db, ask, account_id=None)
    db.commit()
    data = enter(app, "lan").client.get("/tai-khoan/du-lieu").get_json()
    assert [(row["name"], row["side"]) for row in data["clans"]] == [("Họ Trần Mẫu", "father")]
    assert [(row["name"], row["part"]) for row in data["units"]] == [("Trường Mẫu Hương", "member")]
    assert [(row["name"], row["part"]) for row in data["mandates"]] == [("Trường Mẫu Hương", "head")]
    assert [(row["kind"], row["direction"], row["answer"]) for row in data["requests"]] == [("unit", "ask", None)]
    assert data["schooling"] == []


# Lists


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


@only_sqlite
def test_lists_cost_the_same_for_one_row_and_thirty(app: Flask, ward: Ward, db: Session) -> None:
    make_officer(db, ward, "ward_reviewer", "canbo")
    lan = make_resident(db, ward, login="lan")
    clan, unit = make_clan(db, ward, community=0, households=[lan.household]), make_unit(db, ward, members=[lan])
    db.commit()
    pages = {
        "canbo": [
            f"/dong-ho/{clan.id}",
            "/dia-ban/dong-ho",
            "/dia-ban/don-vi",
            f"/don-vi/{unit.id}",
            f"/don-vi/{unit.id}/nguoi",
            f"/cong-dong/{ward.communities[0].id}/ho",
            f"/ho-gia-dinh/{lan.household.id}",
            f"/ho-gia-dinh/{lan.household.id}/nguoi",
            f"/dong-ho/{clan.id}/truong-ho?tim=mau",
            f"/uy-quyen/dong-ho/{clan.id}?tim=mau",
        ],
        "lan": ["/gia-dinh", "/tham-gia?tim=mau", f"/dong-ho/{clan.id}"],
    }

    def costs() -> dict[str, int]:
        found = {}
        for login, paths in pages.items():
            browser = enter(app, login)
            for path in paths:
                browser.get(path)
                with counting(app.extensions["xhht_database"]) as statements:
                    browser.get(path)
                assert browser.status == 200, path
                # Who is looked at is one statement more a page, whoever it is.
                found[path] = len([one for one in statements if "INSERT INTO look" not in one])
        return found

    one = costs()
    for number in range(29):
        more = make_resident(db, ward)
        make_resident(db, ward, household=lan.household)
        db.add(ClanMembership(ward_code=ward.code, clan_id=clan.id, household_id=more.household.id, side="father"))
        db.add(UnitMembership(ward_code=ward.code, unit_id=unit.id, person_id=more.id))
        make_clan(db, ward, f"Họ Mẫu {number}", community=0)
        other = make_unit(db, ward, f"Cơ quan Mẫu {number}")
        details = [
            NewRequest("unit", other.id, lan.id, "invite", ward.code, part="member"),
            NewRequest("unit", unit.id, make_resident(db, ward).id, "ask", ward.code, part="member"),
        ]
        for form in details:
            belonging.request(db, form, account_id=None)
    db.commit()
    assert costs() == one
    assert db.scalar(select(func.count()).select_from(Person)) == 88
