"""Declared totals and targets: superseded, never edited, entered by those who may; every kind on its screens."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from browser import Browser
from counted import give_title, make_clan, make_unit
from factories import PASSWORD, YEAR, Ward, make_application, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Role
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.places.actions import close_community
from xhht_citizen.ratios import areas, queries
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.ratios.declaring import declare, end_target, set_target
from xhht_citizen.ratios.models import DeclaredTotal, PlaceTarget
from xhht_citizen.ratios.targets import WORDS, Target, national, progress, target_of, targets_for

SOURCE = "Niên giám thống kê"


def say(db: Session, ward: Ward, total: int, community: int | None = None, **more: object) -> DeclaredTotal:
    where = None if community is None else ward.communities[community].id
    given = {"kind": "household", "year": YEAR, "source": SOURCE, "account_id": None, **more}
    kind, year = str(given.pop("kind")), int(given.pop("year"))  # type: ignore[call-overload]
    return declare(db, ward.code, where, kind, year, total=total, **given)  # type: ignore[arg-type]


# --- declared totals -------------------------------------------------------------------------------------------


def test_a_new_number_leaves_the_old_one_superseded(db: Session) -> None:
    ward, form = make_ward(db), uuid.uuid4()
    first = say(db, ward, 120, declared_id=form)
    assert say(db, ward, 120, declared_id=form).id == first.id  # sent twice
    assert say(db, ward, 120).id == first.id  # the same number from the same source
    again = say(db, ward, 125, declared_id=form)  # the way back in the browser, and another number
    assert again.id != first.id
    assert [(row.total, row.stands, row.community) for row in queries.declared_history(db, ward.code, YEAR)] == [
        (125, True, None),
        (120, False, None),
    ]
    with pytest.raises(Conflict):
        say(db, ward, 125, kind="clan", declared_id=form)
    db.commit()
    assert db.scalar(select(func.count()).where(AuditEntry.action == "total.declare")) == 2


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("total", {"total": -1}),
        ("total", {"total": 10**9}),
        ("source", {"source": "   "}),
        ("kind", {"kind": "agency"}),
        ("kind", {"kind": "in_clan"}),
    ],
)
def test_what_cannot_be_declared(db: Session, field: str, given: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        say(db, make_ward(db), **{"total": 5, **given})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_another_wards_community_is_refused(db: Session) -> None:
    ward, other = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    with pytest.raises(Invalid) as refused:
        declare(db, ward.code, other.communities[0].id, "clan", YEAR, total=1, source=SOURCE, account_id=None)
    assert refused.value.field == "community_id"


def test_a_wards_number_is_its_own_or_the_sum_of_all_its_communities(db: Session) -> None:
    """And a province's is known once every ward that has counts has one."""
    ward, other = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    make_ward(db, "20017", "Phường Chưa Đếm")
    for one in (ward, other):
        make_resident(db, one)
        recount_ward(db, one.code, YEAR)

    def known() -> tuple[int | None, ...]:
        of_ward = areas.of_ward(db, ward.code, YEAR, ["household"]).whole["household"]
        province = areas.of_province(db, "46", YEAR, ["household"])
        row = next(row for row in province.rows["household"] if row.code == ward.code)
        country = areas.of_country(db, YEAR, ["household"])
        assert row.counts.declared == of_ward.counts.declared
        whole = province.whole["household"]
        assert country.rows["household"][0].counts.declared == whole.counts.declared
        assert country.whole["household"].counts.declared == whole.counts.declared
        assert country.whole["household"].declared_parts == whole.declared_parts
        return of_ward.counts.declared, of_ward.declared_parts, whole.counts.declared, whole.declared_parts

    assert known() == (None, 0, None, 0)
    say(db, ward, 10, 0)
    say(db, ward, 20, 1)
    assert known() == (None, 2, None, 0)
    say(db, ward, 30, 2)
    assert known() == (60, 3, None, 1)
    say(db, other, 50)
    assert known() == (60, 3, 110, 2)
    say(db, ward, 100)
    assert known() == (100, 3, 150, 2)
    lines = areas.of_ward(db, ward.code, YEAR, ["household"]).rows["household"]
    assert [line.counts.declared for line in lines] == [10, 20, 30]
    close_community(db, ward.communities[2], on=ward.communities[2].valid_from.replace(year=YEAR), account_id=None)
    assert known() == (100, 2, 150, 2)
    assert areas.of_ward(db, ward.code, YEAR - 1, ["household"]).whole["household"].counts.declared is None


# --- targets ---------------------------------------------------------------------------------------------------


def test_the_national_targets() -> None:
    """As in QĐ 387 and QĐ 677."""
    found = {name: [(one.year, one.percent) for one in targets] for name, targets in national().items()}
    assert found == {
        "household": [(2025, 70), (2030, 80)],
        "clan": [(2025, 65), (2030, 75)],
        "community": [(2025, 65), (2030, 75)],
        "unit": [(2025, 80), (2030, 90)],
        "in_household": [(2025, 40), (2030, 60)],
        "in_clan": [(2025, 40), (2030, 60)],
        "in_community": [(2025, 40), (2030, 60)],
        "in_unit": [(2025, 60), (2030, 80)],
        "digital": [(2025, 70), (2030, 90)],
        "own_record": [(2025, 60), (2030, 80)],
    }
    assert {one.act[:19] for targets in national().values() for one in targets} == {
        "Quyết định 387/QĐ-T",
        "Quyết định 677/QĐ-T",
    }
    said = {text for targets in national().values() for one in targets for text in (one.act, one.note) if text}
    assert said == set(WORDS)  # marked, so that a reader of English reads them


@pytest.mark.parametrize(("year", "of"), [(2022, 2025), (2025, 2025), (2026, 2030), (2030, 2030), (2031, None)])
def test_the_target_of_a_year_is_the_next_one(year: int, of: int | None) -> None:
    target = target_of(national()["household"], year)
    assert (target.year if target else None) == of


def test_the_stricter_comes_first() -> None:
    own = [
        Target("household", 2027, 7_500, "KH", "46"),
        Target("household", 2030, 8_550, "NQ", "19996"),
        Target("household", 2024, 9_900, "cũ", "46"),
        Target("clan", 2030, 9_900, "khác", "46"),
    ]
    assert [(one.place_code, one.year, one.percent) for one in targets_for("household", 2026, own)] == [
        ("19996", 2030, Decimal("85.50")),
        ("", 2030, Decimal("80.00")),
        ("46", 2027, Decimal("75.00")),
    ]
    assert targets_for("citizen", 2026) == []
    reached = progress(own[1], 8_549, 10_000)
    assert reached is not None
    assert (reached.lacking, reached.met) == (1, False)
    assert progress(own[1], None, 10) is None
    assert progress(own[1], 0, 0) is None


def test_a_places_own_target(db: Session) -> None:
    ward, form = make_ward(db), uuid.uuid4()

    def put(hundredths: int, act: str = "KH 1", **more: object) -> PlaceTarget:
        given = {"place": ward.code, "measure": "household", "year": 2030, **more}
        return set_target(
            db, str(given["place"]), str(given["measure"]), int(given["year"]),  # type: ignore[call-overload]
            hundredths=hundredths, act=act, account_id=None, target_id=form,
        )  # fmt: skip

    first = put(8_250)
    assert put(8_250).id == first.id
    second = put(8_500)
    assert [(one.percent, one.place_code) for one in queries.own_targets(db, [ward.code, "46"])] == [
        (Decimal("85.00"), ward.code)
    ]
    end_target(db, second.id, account_id=None)
    end_target(db, second.id, account_id=None)
    assert queries.own_targets(db, [ward.code]) == []
    assert [row.stands for row in queries.target_history(db, ward.code)] == [False, False]
    for field, wrong in (
        ("percent", {"hundredths": 0}),
        ("percent", {"hundredths": 10_001}),
        ("act", {"hundredths": 1, "act": " "}),
        ("measure", {"hundredths": 1, "measure": "x"}),
        ("year", {"hundredths": 1, "year": 26}),
        ("place", {"hundredths": 1, "place": "99"}),
    ):
        with pytest.raises(Invalid) as refused:
            put(**wrong)  # type: ignore[arg-type]
        assert refused.value.field == field


# --- screens ---------------------------------------------------------------------------------------------------


@pytest.fixture
def town(app: Flask, database: Database) -> Ward:
    with database.transaction() as db:
        make_ward(db, "00004", "Phường Ba Đình", province_code="01", province_name="Thành phố Hà Nội")
        ward = make_ward(db)
        for role in Role:
            make_officer(db, ward, role, f"o.{role}")
        lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan.mau")
        make_resident(db, ward, "Lê Văn Mẫu Khoa", household=lan.household)
        make_resident(db, ward, "Phạm Mẫu Sen", community=1)
        make_application(db, lan, "granted")
        give_title(db, "household", lan.household.id, ward)
        clan = make_clan(db, ward, "Họ Trần Mẫu", [lan.household])
        give_title(db, "clan", clan.id, ward)
        make_unit(db, ward, "Trường Mẫu", [lan.person], community=None)
        recount_ward(db, ward.code, YEAR)
    return ward


def enter(app: Flask, login: str | None) -> Browser:
    browser = Browser(app)
    return browser.get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD}) if login else browser


LOGINS = ["lan.mau", *(f"o.{role}" for role in Role)]
DECLARE = {"o.ward_reviewer", "o.ward_signer", "o.province_officer"}
PLACES = {
    "/tong-so-khai-bao/19996": DECLARE,
    "/tong-so-khai-bao/00004": set(),
    "/muc-tieu/19996": {*DECLARE, "o.admin"},
    "/muc-tieu/46": {"o.province_officer", "o.admin"},
    "/muc-tieu/01": {"o.admin"},
    "/so-lieu/thong-ke?noi=19996": {*DECLARE, "o.admin"},
    "/so-lieu/thong-ke?noi=01": {"o.admin"},
}


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("login", LOGINS)
def test_who_may(app: Flask, town: Ward, login: str) -> None:
    browser = enter(app, login)
    assert {path for path in PLACES if browser.get(path).status == 200} == {
        path for path, who in PLACES.items() if login in who
    }
    browser.get("/tai-khoan")
    for path in [path for path, who in PLACES.items() if login not in who and "?" not in path]:
        assert browser.post(path, {"total": "1", "source": "x"}).status == 403
        browser.get("/tai-khoan")


def test_an_officer_declares_a_total(app: Flask, town: Ward, database: Database) -> None:
    browser = enter(app, "o.ward_reviewer").get("/ty-le/xa/19996?loai=gia-dinh&mau=declared")
    assert "chưa rõ" in browser.words()
    browser.get("/tong-so-khai-bao/19996")
    path = "/tong-so-khai-bao/19996"
    sent = {"kind": "household", "community_id": "", "total": "1.250", "source": "Báo cáo 45"}
    browser.submit(path, sent | {"source": ""})
    assert (browser.status, "Ghi nguồn của con số" in browser.words()) == (422, True)
    assert 'value="1.250"' in browser.text  # nothing typed is lost
    browser.submit(path, sent | {"total": "-5"})
    assert (browser.status, "Ghi một số nguyên" in browser.words()) == (422, True)
    browser.submit(path, sent)
    assert (browser.status, "Báo cáo 45" in browser.words(), "Đang dùng" in browser.words()) == (200, True, True)
    words = browser.get("/ty-le/xa/19996?loai=gia-dinh&mau=declared").words()
    assert "1/1.250" in words
    assert "0,08 %" in words
    assert "tổng số hộ do địa phương khai" in words
    assert "Còn thiếu 999 hộ" in words  # 80 % of 1.250 are 1.000
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(DeclaredTotal)) == 1
    browser.get(path).submit(path, sent | {"total": "0"})
    assert (browser.status, "Con số khai (0) ít hơn số có trong danh sách" in browser.words()) == (200, True)


def test_a_place_sets_a_target_of_its_own(app: Flask, town: Ward, database: Database) -> None:
    browser = enter(app, "o.province_officer").get("/muc-tieu/46")
    sent = {"measure": "household", "year": str(YEAR), "percent": "82,5", "act": "Kế hoạch 112/KH-UBND"}
    for wrong in ("0", "100,01", "x", "1e1", "٥"):
        browser.submit("", sent | {"percent": wrong})
        assert (browser.status, "không quá 100" in browser.words()) == (422, True), wrong
    browser.submit("", sent)
    assert (browser.status, "82,5 %" in browser.words()) == (200, True)
    words = browser.get("/ty-le/tinh/46?loai=gia-dinh").words()
    assert f"để đạt mục tiêu 82,5 % của năm {YEAR}" in words
    assert "để đạt mục tiêu 80 % của năm 2030" in words  # beside the national one
    assert "mục tiêu của tỉnh, thành phố" in words
    assert "82,5 %" not in browser.get("/ty-le?loai=gia-dinh").words()
    browser.get("/muc-tieu/46")
    with database.read() as db:
        end = db.scalars(select(PlaceTarget.id)).one()
    browser.submit(f"/muc-tieu/{end}/thoi")
    assert (browser.status, "Chưa có mục tiêu riêng" in browser.words()) == (200, True)
    assert enter(app, "o.ward_signer").get("/tai-khoan").post(f"/muc-tieu/{end}/thoi").status == 403


KINDS = {
    "gia-dinh": ("Tỷ lệ Gia đình học tập, cả nước", "1/2", "50 %"),
    "dong-ho": ("Tỷ lệ Dòng họ học tập, cả nước", "1/1", "100 %"),
    "don-vi": ("Tỷ lệ Đơn vị học tập, cả nước", "0/1", "0 %"),
    "cong-dong": ("Tỷ lệ Cộng đồng học tập, cả nước", "0/3", "0 %"),
    "trong-gia-dinh": ("Người lớn trong các Gia đình học tập là Công dân học tập, cả nước", "1/2", "50 %"),
    "trong-dong-ho": ("Người lớn trong các Dòng họ học tập là Công dân học tập, cả nước", "1/2", "50 %"),
    "trong-don-vi": ("Người làm việc trong các đơn vị là Công dân học tập, cả nước", "1/1", "100 %"),
    "ky-nang-so": ("Công dân học tập có kỹ năng số theo yêu cầu công việc, cả nước", "1/1", "100 %"),
    "tu-cap-nhat": ("Trong số đó, người tự cập nhật hồ sơ học tập trên mạng, cả nước", "1/1", "100 %"),
    "khong-co": ("Tỷ lệ Công dân học tập, cả nước", "1/3", "33,33 %"),
}


@pytest.mark.parametrize("slug", KINDS)
def test_every_kind_from_the_country_to_a_community(app: Flask, town: Ward, slug: str) -> None:
    heading, counts, share = KINDS[slug]
    browser = enter(app, None).get(f"/ty-le?loai={slug}")
    assert browser.heading() == heading
    for place in ("Thành phố Huế", "Phường Hương Trà", "Tổ 1"):
        words = browser.words()
        assert (counts in words, share in words) == (True, True), (place, words)
        browser.get(browser.links()[place])
        assert browser.status == 200
    assert "Mẫu" not in browser.words()  # a visitor sees counts, and no name of anybody or anything
    assert "Người học bên trong" in browser.words()


@pytest.mark.parametrize(
    ("login", "sees"),
    [
        (None, False), ("lan.mau", False), ("o.province_officer", False), ("o.admin", False),
        ("o.community_head", True), ("o.ward_reviewer", True), ("o.ward_signer", True),
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_names_behind_a_number_only_for_those_who_may(app: Flask, town: Ward, login: str | None, sees: bool) -> None:
    browser, first = enter(app, login), town.communities[0].id
    assert ("Họ Trần Mẫu" in browser.get(f"/ty-le/to/{first}?loai=dong-ho").words()) is sees
    assert ("Hộ Trần Thị Mẫu Lan" in browser.get(f"/ty-le/to/{first}?loai=gia-dinh").words()) is sees
    ward_officer = login in {"o.ward_reviewer", "o.ward_signer"}
    assert ("Trường Mẫu" in browser.get("/ty-le/xa/19996?loai=don-vi").words()) is ward_officer
    assert "Trường Mẫu" not in browser.get(f"/ty-le/to/{first}?loai=don-vi").words()
    assert "Mẫu Khoa" not in browser.get(f"/ty-le/to/{first}?loai=gia-dinh").words()


def test_the_statistics_from_a_screen(app: Flask, town: Ward) -> None:
    browser = enter(app, "o.ward_signer").get("/so-lieu")
    browser.submit("/so-lieu/thong-ke", {"noi": "19996", "mau": "registered", "tron": "truncate", "dang": "csv"})
    name = f"attachment; filename=thong-ke-19996-{YEAR}.csv"
    assert (browser.status, browser.response.headers["Content-Disposition"]) == (200, name)
    text = browser.response.data.decode("utf-8-sig").splitlines()
    assert "Hộ gia đình: tỷ lệ đạt trên số đã đăng ký (%)" in text[0]
    assert text[1].startswith(";Tổ 1;1;1;1;100,00;1;1;1;100,00;")
    for wrong in ("mau=x", "tron=x", "dang=x", f"nam={YEAR + 1}"):
        assert browser.get(f"/so-lieu/thong-ke?noi=19996&{wrong}").status == 422
