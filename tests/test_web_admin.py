"""Screens of ratios, exports and administration: who sees what, numbers that lead to their rows, roles and places."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event, select

from tests.browser import Browser
from tests.factories import (
    PASSWORD,
    YEAR,
    Resident,
    Ward,
    give_account,
    make_application,
    make_officer,
    make_resident,
    make_ward,
)
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database
from xhht_citizen.people.models import Account
from xhht_citizen.people.sessions import create_account
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.places.queries import ward_settings
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.web import dotmap

RATIOS = "/ty-le"


@dataclass
class Town:
    """A ward with people, officers and one title, and the app that serves it."""

    app: Flask
    database: Database
    ward: Ward
    holder: Resident

    @property
    def first(self) -> str:
        return str(self.ward.communities[0].id)

    def open(self, login: str | None = None) -> Browser:
        browser = Browser(self.app)
        if login:
            browser.get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
            assert browser.screen() != "account.sign_in", browser.words()
        return browser

    def count(self) -> None:
        with self.database.transaction() as db:
            recount_ward(db, self.ward.code, YEAR)


@pytest.fixture
def town(app: Flask, database: Database) -> Town:
    with database.transaction() as db:
        make_ward(db, "00004", "Phường Ba Đình", province_code="01", province_name="Thành phố Hà Nội")
        ward = make_ward(db)
        for code, lat, lon in (("19996", 16.4, 107.5), ("00004", 21.03, 105.83)):
            commune = db.get_one(Commune, code)
            commune.lat, commune.lon = lat, lon
        holder = make_resident(db, ward, "Trần Thị Mẫu Hường", login="lan.mau")
        make_resident(db, ward, "Lê Văn Mẫu Khoa", household=holder.household)
        make_resident(db, ward, "Phạm Thị Mẫu Sen", community=1)
        make_application(db, holder, "granted")
        for role in Role:
            make_officer(db, ward, role, f"o.{role}")
        recount_ward(db, ward.code, YEAR)
    return Town(app, database, ward, holder)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            seen.append(statement)

    engine = app.extensions["xhht_database"].engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


# --- ratios ----------------------------------------------------------------------------------------------------


def test_anyone_walks_from_the_country_to_a_community(town: Town) -> None:
    browser = town.open().get(RATIOS)
    assert (browser.status, browser.screen(), browser.heading()) == (
        200,
        "ratios.country",
        "Tỷ lệ Công dân học tập, cả nước",
    )
    assert "33,33 %" in browser.words()
    assert "1/3" in browser.words()
    for name, screen in (
        ("Thành phố Huế", "ratios.province"),
        ("Phường Hương Trà", "ratios.ward"),
        ("Tổ 1", "ratios.community"),
    ):
        browser.get(browser.links()[name])
        assert (browser.status, browser.screen()) == (200, screen)
        assert browser.heading() == f"Tỷ lệ Công dân học tập, {name}"
    assert "50 %" in browser.words()
    assert "1/2" in browser.words()
    assert "Tính lúc" in browser.words()
    # Counts only: no name, no household, no way to them.
    assert "Hường" not in browser.text
    assert not [url for url in browser.links().values() if "ho-gia-dinh" in url or "danh-hieu" in url]
    assert list(browser.links())[:3] == ["Cả nước", "Thành phố Huế", "Phường Hương Trà"]


def test_the_unknown_reads_unknown(town: Town) -> None:
    browser = town.open().get(f"{RATIOS}/xa/00004")
    assert "chưa rõ" in browser.words()
    assert "0 %" not in browser.words()
    with town.database.transaction() as db:
        recount_ward(db, "00004", YEAR)  # counted, and nobody is on its list
    browser.get(f"{RATIOS}/tinh/01")
    assert "không có ai" in browser.words()


def test_the_denominator_and_year_stay_in_the_address(town: Town) -> None:
    browser = town.open().get(RATIOS).submit(RATIOS, {"mau": "registered", "xep": "cao"})
    assert "mau=registered" in browser.path
    assert "100 %" in browser.words()
    browser.get(browser.links()["Thành phố Huế"])
    assert browser.path == f"{RATIOS}/tinh/46?mau=registered&xep=cao"
    assert "số người đã đăng ký học tập" in browser.words()
    browser.get(f"{RATIOS}?nam={YEAR - 1}&mau=x&xep=x")
    assert (browser.status, f"Năm {YEAR - 1}" in browser.words()) == (200, True)
    assert browser.links()["Thành phố Huế"] == f"{RATIOS}/tinh/46?nam={YEAR - 1}"
    assert f"Năm {YEAR}." in browser.get(f"{RATIOS}?nam=abc").words()


def test_lines_in_the_order_asked_for(town: Town) -> None:
    def order(how: str) -> list[str]:
        links = town.open().get(f"{RATIOS}/xa/19996?xep={how}").links()
        return [name for name in links if name.startswith("Tổ ")]

    assert order("ten") == ["Tổ 1", "Tổ 2", "Tổ 3"]
    assert order("cao") == ["Tổ 1", "Tổ 2", "Tổ 3"]  # 50 %, 0 %, not known
    assert order("thap") == ["Tổ 2", "Tổ 1", "Tổ 3"]


@pytest.mark.parametrize(
    "path", ["/tinh/99", "/xa/99999", f"/to/{uuid.UUID(int=7)}", "/tinh/%27", f"/to/{uuid.UUID(int=1)}"]
)
def test_places_that_are_not_there(town: Town, path: str) -> None:
    assert town.open().get(RATIOS + path).status == 404


@pytest.mark.parametrize("role", [Role.COMMUNITY_HEAD, Role.WARD_REVIEWER, Role.WARD_SIGNER])
def test_who_looks_after_a_community_sees_the_rows(town: Town, role: Role) -> None:
    browser = town.open(f"o.{role}").get(f"{RATIOS}/to/{town.first}")
    assert browser.links()["Hộ Trần Thị Mẫu Hường"] == f"/ho-gia-dinh/{town.holder.household.id}"
    browser.get(browser.links()["Người đạt danh hiệu"])
    assert "Trần Thị Mẫu Hường" in browser.links()
    assert "Khoa" not in browser.words()


@pytest.mark.parametrize("login", ["lan.mau", "o.province_officer", "o.admin"])
def test_others_see_counts_only(town: Town, login: str) -> None:
    browser = town.open(login).get(f"{RATIOS}/to/{town.first}?xem=nguoi")
    assert browser.status == 200
    assert "Mẫu Khoa" not in browser.words()
    assert not [url for url in browser.links().values() if "ho-gia-dinh" in url]


def test_a_head_sees_no_other_community(town: Town) -> None:
    browser = town.open("o.community_head").get(f"{RATIOS}/to/{town.ward.communities[1].id}")
    assert "Sen" not in browser.words()


def test_households_page_by_key(town: Town) -> None:
    with town.database.transaction() as db:
        for _ in range(60):
            make_resident(db, town.ward)
    town.count()
    browser = town.open("o.ward_reviewer").get(f"{RATIOS}/to/{town.first}")
    seen = _in_table(browser)
    assert len(seen) == 50
    browser.get(browser.links()["Xem tiếp"])
    rest = _in_table(browser)
    assert len({*seen, *rest}) == 61
    assert "Xem tiếp" not in browser.links()


def test_one_ward_costs_as_much_as_thirty(town: Town) -> None:
    paths = (RATIOS, f"{RATIOS}/tinh/46", f"{RATIOS}/xa/19996", f"{RATIOS}/to/{town.first}", "/so-lieu", "/quan-tri")

    def cost() -> list[int]:
        numbers = []
        for path in paths:
            browser = town.open("o.admin")
            with statements(town.app) as seen:
                assert browser.get(path).status == 200
            numbers.append(len(seen))
        return numbers

    few = cost()
    with town.database.transaction() as db:
        for number in range(30):
            other = make_ward(db, f"3{number:04}", f"Xã Thử {number}", communities=0)
            recount_ward(db, other.code, YEAR)
            make_resident(db, town.ward)
            make_officer(db, other, Role.WARD_REVIEWER, f"xa.{number}")
    town.count()
    assert cost() == few


def test_the_map_has_a_dot_for_each_commune(town: Town) -> None:
    browser = town.open().get(f"{RATIOS}/tinh/46")
    assert browser.text.count("<title>Phường Hương Trà: 1/3 (33,33\u00a0%)</title>") == 1
    assert "Từ mức chung 33,33 % trở lên: 1 nơi" in browser.words()


def test_dots_do_not_cover_each_other_and_islands_stay_on_the_map() -> None:
    city = tuple((f"c{number}", 16.0 + number % 9 / 90, 108.0 + number // 9 / 90) for number in range(81))
    layout = dotmap.lay_out((*city, ("hoang-sa", 16.5, 111.6)))
    assert layout.far == {"hoang-sa"}
    spots = list(layout.spots.values())
    assert len(spots) == 82
    assert all(0 < x < dotmap.WIDTH and 0 < y < layout.height for x, y in spots)
    gaps = [
        ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5 for index, (x1, y1) in enumerate(spots) for x2, y2 in spots[:index]
    ]
    assert min(gaps) > 2 * layout.radius - 0.5
    x, _y = layout.spots["hoang-sa"]
    assert x > max(layout.spots[code][0] for code, *_ in city)
    assert dotmap.lay_out((("one", 10.0, 106.0),)).spots["one"][0] == dotmap.WIDTH / 2
    assert dotmap.lay_out(()).spots == {}


# --- exports ---------------------------------------------------------------------------------------------------


def test_an_officer_fetches_the_counts(town: Town) -> None:
    browser = town.open("o.ward_signer").get("/so-lieu").submit("/so-lieu/danh-hieu", {"noi": "19996", "dang": "xlsx"})
    assert browser.status == 200
    assert browser.response.headers["Content-Disposition"] == f"attachment; filename=danh-hieu-19996-{YEAR}.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(browser.response.data))["Danh hiệu"]
    assert [cell.value for cell in sheet[2]][1:7] == ["Tổ 1", "Công dân học tập", 2, 1, 1, 1]
    browser.get("/so-lieu").submit("/so-lieu/danh-hieu", {"dang": "csv"})
    assert browser.response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert browser.response.data.startswith("\ufeffMã;Khu vực;".encode())


WAYS = {
    "o.ward_reviewer": {"19996"},
    "o.ward_signer": {"19996"},
    "o.province_officer": {"46", "19996"},
    "o.admin": {"", "01", "46", "19996", "00004"},
    "o.community_head": set(),
    "lan.mau": set(),
}


@pytest.mark.parametrize("login", WAYS)
def test_who_may_fetch_what(town: Town, login: str) -> None:
    browser = town.open(login)
    answers = {
        code: browser.get(f"/so-lieu/danh-hieu?noi={code}&nam={YEAR}").status
        for code in ("", "01", "46", "19996", "00004")
    }
    assert answers == {code: 200 if code in WAYS[login] else 403 for code in answers}


def test_fetching_what_is_not_there(town: Town) -> None:
    browser = town.open("o.admin")
    asked = ("noi=99", "noi=99999", "noi=abc", "dang=exe", f"nam={YEAR + 1}", "nam=-5")
    assert [browser.get(f"/so-lieu/danh-hieu?{query}").status for query in asked] == [404, 404, 404, 422, 422, 422]


def test_a_visitor_signs_in_first(town: Town) -> None:
    for path in ("/so-lieu", "/so-lieu/danh-hieu?noi=19996", "/quan-tri", "/quan-tri/dia-ban"):
        assert town.open().get(path).screen() == "account.sign_in"


def test_the_page_offers_what_one_may_fetch(town: Town) -> None:
    assert town.open("lan.mau").get("/so-lieu").status == 403
    assert "Chưa có địa bàn nào để tải" in town.open("o.community_head").get("/so-lieu").words()
    offered = town.open("o.province_officer").get("/so-lieu").words()
    assert "Thành phố Huế, theo xã, phường" in offered
    assert "Cả nước" not in offered
    assert "Tải số liệu năm" in town.open("o.ward_reviewer").get(f"{RATIOS}/xa/19996").words()
    assert "Tải số liệu năm" not in town.open("lan.mau").get(f"{RATIOS}/xa/19996").words()


# --- administration --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", [login for login in WAYS if login != "o.admin"])
def test_administration_is_for_administrators(town: Town, login: str) -> None:
    browser = town.open(login)
    for path in (
        "",
        "/tai-khoan-moi",
        "/dia-ban",
        "/dia-ban/19996",
        "/dia-ban/19996/thon-to-moi",
        f"/thon-to/{town.first}",
    ):
        assert browser.get(f"/quan-tri{path}").status == 403
    assert browser.get(RATIOS).post(f"/quan-tri/thon-to/{town.first}/dong").status == 403


def test_an_account_with_a_password_shown_once(town: Town) -> None:
    browser = town.open("o.admin").get("/quan-tri")
    assert "Cả nước" in browser.words()
    browser.get(browser.links()["Tạo tài khoản cán bộ"])
    person = {"name": "Đỗ Mẫu Quyên", "login": "quyen.mau", "role": "ward_reviewer", "place_code": "19996"}
    browser.submit("/tai-khoan-moi", {**person, "login": "o.admin"})
    assert (browser.status, "đã có người dùng" in browser.words()) == (422, True)
    browser.submit("/tai-khoan-moi", {**person, "place_code": "99999"})
    assert (browser.status, "Không có phường, xã mã 99999." in browser.words()) == (422, True)
    with town.database.read() as db:
        assert db.scalars(select(Account).where(Account.login == "quyen.mau")).all() == []
    browser.submit("/tai-khoan-moi", person)
    assert (browser.status, browser.screen()) == (200, "admin.new_account")
    password = one_time(browser)
    with browser.client.session_transaction() as cookie:  # type: ignore[attr-defined]
        assert password not in str(dict(cookie))
    assert password not in browser.get(browser.links()["Đã chép xong"]).text
    assert (browser.screen(), browser.heading()) == ("admin.account", "Đỗ Mẫu Quyên")
    assert "Chưa gắn với người dân" in browser.words()
    other = Browser(town.app)
    other.get("/dang-nhap").submit("/dang-nhap", {"login": "quyen.mau", "password": password})
    assert other.get(f"{RATIOS}/to/{town.first}").screen() == "ratios.community"
    assert other.get("/dan-cu").screen() == "account.password"
    other.submit("/mat-khau", {"password": "hoa-sen-trang-26", "again": "hoa-sen-trang-26"})
    assert other.screen() == "residents.roster"
    assert other.get(f"{RATIOS}/to/{town.first}").links()["Hộ Trần Thị Mẫu Hường"]


def one_time(browser: Browser) -> str:
    return next(word for word in browser.words().split() if word.count("-") == 2 and len(word) == 14)


def test_an_administrator_gives_a_new_password(town: Town) -> None:
    signer = town.open("o.ward_signer")
    browser = town.open("o.admin").get("/quan-tri?tim=o.ward_signer")
    browser.get(next(url for url in browser.links().values() if "/tai-khoan/" in url))
    browser.get(browser.links()["Đặt lại mật khẩu"])
    assert signer.get("/quyet-dinh").screen() == "decisions.overview"  # looking changes nothing
    browser.submit("/mat-khau-moi", button="Đặt lại mật khẩu")
    assert (browser.status, browser.screen()) == (200, "account.reset")
    assert signer.get("/quyet-dinh").screen() == "account.sign_in"
    signer.submit("/dang-nhap", {"login": "o.ward_signer", "password": one_time(browser)})
    assert signer.screen() == "account.password"
    with town.database.read() as db:
        link = db.scalars(select(AuditEntry).where(AuditEntry.action == "account.password_reset")).one()
        by = db.scalars(select(Account.id).where(Account.login == "o.admin")).one()
        assert (link.account_id, link.ward_code) == (by, "00000")
        own = f"/tai-khoan/{by}/mat-khau-moi"
    assert town.open("o.admin").get(own).status == 409


@pytest.mark.parametrize("role", [Role.WARD_REVIEWER, Role.WARD_SIGNER])
def test_the_wards_officers_give_a_resident_a_new_password(town: Town, role: Role) -> None:
    browser = town.open(f"o.{role}").get(f"/dan-cu/{town.holder.id}")
    browser.get(browser.links()["Đặt lại mật khẩu"]).submit("/mat-khau-moi", button="Đặt lại mật khẩu")
    password = one_time(browser)
    assert browser.get(browser.links()["Đã chép xong"]).screen() == "residents.person"
    resident = Browser(town.app).get("/dang-nhap")
    resident.submit("/dang-nhap", {"login": "lan.mau", "password": password})
    assert resident.screen() == "account.password"


def test_who_gives_nobody_a_new_password(town: Town) -> None:
    with town.database.transaction() as db:
        away = make_ward(db, "20014", "Phường Kim Trà")
        make_officer(db, away, Role.WARD_REVIEWER, "xet.noi.khac")
        colleague = make_resident(db, town.ward, login="dong.nghiep")
        make_officer(db, town.ward, Role.COMMUNITY_HEAD, "dong.nghiep", resident=colleague)
        assert town.holder.account and colleague.account  # noqa: PT018
        resident, officer = town.holder.account.id, colleague.account.id
    head = town.open("o.community_head").get(f"/dan-cu/{town.holder.id}")
    assert (head.status, "Đặt lại mật khẩu" in head.links()) == (200, False)
    page = town.open("o.ward_reviewer").get(f"/dan-cu/{colleague.id}")
    assert (page.status, "Đặt lại mật khẩu" in page.links()) == (200, False)
    for login, account in (
        ("o.community_head", resident),
        ("o.province_officer", resident),
        ("xet.noi.khac", resident),
        ("lan.mau", officer),
        ("o.ward_reviewer", officer),
        ("o.ward_signer", officer),
    ):
        path = f"/tai-khoan/{account}/mat-khau-moi"
        assert town.open(login).get(path).status == 403, login
        assert town.open(login).get(RATIOS).post(path).status == 403, login


def test_officers_are_found_by_their_name(town: Town) -> None:
    with town.database.transaction() as db:
        made = create_account(db, login="cb.huongtra", password="hoa-sen-trang-26", name="Đỗ Mẫu Quyên")
        assert made.person_id is None
    browser = town.open("o.admin").get("/quan-tri").submit("/quan-tri", {"tim": "do mau quyen"})
    assert "Đỗ Mẫu Quyên" in browser.links()
    assert "cb.huongtra, chưa gắn với người dân" in browser.words()
    assert "lan.mau, người dân" in browser.get("/quan-tri?tim=huong").words()


def test_a_role_is_granted_and_taken_back(town: Town) -> None:
    with town.database.transaction() as db:
        give_account(db, "moi.mau", name="Ngô Mẫu Đào")
    browser = town.open("o.admin").get("/quan-tri?tim=moi.mau")
    browser.get(next(url for name, url in browser.links().items() if "Đào" in name))
    where = browser.path
    role = {"role": "community_head", "place_code": "19996"}
    browser.submit(where, role)  # the ward is known now: its communities can be chosen
    assert (browser.status, "Chọn thôn, tổ dân phố" in browser.words()) == (422, True)
    assert "Tổ 2" in browser.words()
    browser.submit(where, {**role, "community_id": town.first})
    assert "Đã trao vai trò" in browser.words()
    assert "Tổ 1, Phường Hương Trà" in browser.words()
    browser.submit(where, {**role, "community_id": town.first})
    assert "đã có vai trò đó" in browser.words()
    officer = town.open("moi.mau")
    assert "Hộ Trần Thị Mẫu Hường" in officer.get(f"{RATIOS}/to/{town.first}").links()

    browser.submit("/thu-lai", button="Thu lại vai trò này")
    assert "Đã thu lại vai trò" in browser.words()
    assert "Chưa có vai trò nào" in browser.words()
    assert "Hộ Trần Thị Mẫu Hường" not in officer.get(f"{RATIOS}/to/{town.first}").links()
    with town.database.read() as db:
        acts = db.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("role.%")).order_by(AuditEntry.at)
        ).all()
        assert acts[-2:] == ["role.grant", "role.revoke"]


def test_an_administrator_keeps_the_own_role(town: Town) -> None:
    browser = town.open("o.admin").get("/quan-tri?tim=o.admin")
    browser.get(next(url for url in browser.links().values() if "/tai-khoan/" in url))
    browser.submit("/thu-lai", button="Thu lại")
    assert "Không tự thu lại" in browser.words()
    assert browser.get("/quan-tri").status == 200
    gone = browser.post(f"/quan-tri/vai-tro/{uuid.UUID(int=5)}/thu-lai")
    assert gone.status == 404


def test_roles_page_by_key(town: Town) -> None:
    with town.database.transaction() as db:
        for number in range(60):
            make_officer(db, town.ward, Role.WARD_REVIEWER, f"cb.{number:02}")
        wanted = len(db.scalars(select(RoleGrant.id)).all())
    browser = town.open("o.admin").get("/quan-tri")
    found = _in_table(browser)
    browser.get(browser.links()["Xem tiếp"])
    assert len({*found, *_in_table(browser)}) == wanted == len(found) + len(_in_table(browser))


def _in_table(browser: Browser) -> list[str]:
    table = next(browser.page.iter("tbody"))
    return [link.get("href", "") for link in table.iter("a")]


def test_a_ward_is_found_and_set(town: Town) -> None:
    browser = town.open("o.admin").get("/quan-tri/dia-ban").submit("/dia-ban", {"tim": "huong tra"})
    browser.get(browser.links()["Phường Hương Trà"])
    settings = {"disadvantaged": "y", "submit_by": "30/11/2026", "review_days": "20"}
    for odd, told in (
        ("500", "từ 1 đến 365"),
        ("", "từ 1 đến 365"),
        ("8_0", "bằng chữ số"),
        ("８", "bằng chữ số"),
        ("+9", "bằng chữ số"),
        ("1.5", "bằng chữ số"),
    ):
        browser.submit("/19996", {**settings, "review_days": odd})
        assert (browser.status, told in browser.words()) == (422, True)
    browser.submit("/19996", {**settings, "submit_by": "31/2/2026"})
    assert browser.status == 422
    browser.submit("/19996", settings)
    assert "Đã lưu" in browser.words()
    with town.database.read() as db:
        policy = ward_settings(db, "19996")
        assert (policy.disadvantaged, policy.community_step, policy.review_days) == (True, True, 20)
        assert str(policy.submit_by) == "2026-11-30"
        assert policy.issuing_body == "Ủy ban nhân dân phường Hương Trà"
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "ward.settings")).one()
        assert (entry.ward_code, '"disadvantaged":true' in entry.detail) == ("19996", True)
    form = next(form for form in browser.forms() if "review_days" in form.names)
    assert (form.fields["submit_by"], form.fields["disadvantaged"]) == ("30/11/2026", "y")


def test_communities_are_opened_renamed_and_closed(town: Town) -> None:
    browser = town.open("o.admin").get("/quan-tri/dia-ban/19996/thon-to-moi")
    assert next(form.fields["kind"] for form in browser.forms() if "kind" in form.names) == "to"
    browser.submit("/thon-to-moi", {"name": "tổ 2"})
    assert (browser.status, "Đã có thôn, tổ dân phố mang tên này" in browser.words()) == (422, True)
    browser.submit("/thon-to-moi", {"name": "Tổ 9"})
    assert browser.screen() == "admin.ward"
    browser.get(browser.links()["Tổ 9"]).submit(fields={"name": "Tổ Chín"})
    browser.get(browser.links()["Tổ Chín"]).submit("/dong", button="Đóng Tổ Chín")
    assert "Đã đóng Tổ Chín" in browser.words()
    assert "Tổ Chín" not in browser.links()
    with town.database.read() as db:
        row = db.scalars(select(Community).where(Community.name == "Tổ Chín")).one()
        assert row.valid_to is not None
        acts = db.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("community.%")).order_by(AuditEntry.seq)
        )
        assert acts.all() == ["community.open", "community.rename", "community.close"]
        assert len(db.scalars(select(Province)).all()) == 2
    again = browser.post(f"/quan-tri/thon-to/{row.id}/dong")
    assert again.status == 409
