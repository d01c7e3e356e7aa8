"""The screens of a batch: compose, print, sign, and who may; letterheads; a decision's page."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from browser import Browser
from crowd import recommended
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Ward,
    actor_of,
    make_application,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sheets import words_of
from sqlalchemy import event, func, select

from xhht_citizen import worker
from xhht_citizen.applications import actions as applications
from xhht_citizen.batches import actions
from xhht_citizen.batches.models import DecisionBatch, DecisionBatchCase, Letterhead
from xhht_citizen.batches.rules import IN_REQUEST
from xhht_citizen.database import Database, new_id
from xhht_citizen.titles.models import Title

Enter = Callable[[str], Browser]
ALL = ("xet", "ky", "to-1", "xet-noi-khac", "ky-noi-khac", "tinh", "quan-tri", "dan")
OURS = {"xet", "ky"}
SIGNED = {"number": "12", "decided_on": f"{TODAY:%d/%m/%Y}", "signatory": "Nguyễn Mẫu Ký"}


@dataclass
class Office:
    """A ward with a batch of three, and everybody who may or may not touch it."""

    ward: Ward
    ids: list[uuid.UUID]
    batch: uuid.UUID


@pytest.fixture
def office(database: Database) -> Office:
    with database.transaction() as db:
        ward, away = make_ward(db, community_step=False), make_ward(db, "20014", "Phường Kim Trà")
        for one, more in ((ward, ""), (away, "-noi-khac")):
            make_officer(db, one, "ward_reviewer", f"xet{more}")
            make_officer(db, one, "ward_signer", f"ky{more}")
        make_officer(db, ward, "community_head", "to-1")
        make_officer(db, ward, "province_officer", "tinh")
        make_officer(db, ward, "admin", "quan-tri")
        make_resident(db, ward, "Hồ Mẫu Dân", login="dan")
        ids = recommended(db, ward, 5, communities=2)
        key = new_id()
        who = applications.Actor(name="Cán bộ Mẫu")
        actions.make(db, key, name="Đợt Mẫu", year=YEAR, ward_code=ward.code, province_code=None, actor=who)
        actions.add(db, key, ids[:3], actor=who)
        return Office(ward, ids, key)


@pytest.fixture
def enter(app: Flask) -> Enter:
    def sign_in(login: str) -> Browser:
        return Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})

    return sign_in


def test_a_reviewer_composes_and_a_signer_signs(enter: Enter, office: Office, database: Database) -> None:
    page = enter("xet").get("/quyet-dinh").get("/dot-quyet-dinh")
    page.get("/dot-quyet-dinh/moi").submit(fields={"name": "  "})
    assert (page.status, "Xin ghi vào chỗ này." in page.words()) == (422, True)
    page.submit(fields={"name": "Đợt 2 năm 2026"})
    assert (page.screen(), "chưa vào đợt nào: 2 hồ sơ" in page.words()) == ("batches.pick", True)
    page.submit(button="hồ sơ đang chờ vào đợt")
    assert (page.screen(), page.heading()) == ("batches.one", "Đợt 2 năm 2026")
    assert "Công nhận được 2 hồ sơ" in page.words()
    assert "Ghi quyết định đã ký" not in page.links()
    here = page.path
    signer = enter("ky").get(here)
    signer.get(signer.links()["Ghi quyết định đã ký"])
    assert "máy viết theo mẫu …/QĐ-UBND" in signer.words()
    signer.submit(fields=SIGNED | {"decided_on": "31/02/2026"})
    assert signer.status == 422
    signer.submit(fields=SIGNED)
    assert (signer.screen(), signer.heading()) == ("decisions.one", "Quyết định số 12/QĐ-UBND")
    assert "Đã công nhận 2 người theo quyết định 12/QĐ-UBND." in signer.text
    assert signer.get(here).screen() == "decisions.one"
    with database.read() as db:
        assert db.scalar(select(func.count(Title.id))) == 2


def test_what_changed_is_shown_before_it_is_signed(enter: Enter, office: Office, database: Database) -> None:
    page = enter("ky").get(f"/dot-quyet-dinh/{office.batch}/ky")
    with database.transaction() as db:
        actor = applications.Actor(name="Cán bộ Mẫu")
        applications.move(db, office.ids[0], "reopen", actor=actor, today=TODAY, reason="Xem lại.")
    page.submit(fields=SIGNED)
    assert (page.status, "vừa thay đổi" in page.words()) == (409, True)
    assert "1 hồ sơ không công nhận được và sẽ ra khỏi đợt" in page.words()
    page.submit(fields=SIGNED)
    assert page.screen() == "decisions.one"
    with database.read() as db:
        assert db.scalar(select(func.count(Title.id))) == 2
        inside = set(db.scalars(select(DecisionBatchCase.application_id)))
        assert inside == set(office.ids[1:3])


def test_who_fell_out_is_taken_out_by_a_tap(enter: Enter, office: Office, database: Database) -> None:
    with database.transaction() as db:
        actor = applications.Actor(name="Cán bộ Mẫu")
        applications.move(db, office.ids[0], "reopen", actor=actor, today=TODAY, reason="Xem lại.")
    page = enter("xet").get(f"/dot-quyet-dinh/{office.batch}")
    assert "1 hồ sơ trong đợt chưa công nhận được" in page.words()
    assert "Không còn ở bước chờ quyết định" in page.words()
    page.submit(button="Bỏ những hồ sơ này ra")
    assert "Đã bỏ 1 hồ sơ ra khỏi đợt." in page.text
    page.submit(button="Bỏ ra khỏi đợt", fields={"ho-so": [str(office.ids[1])]})
    assert "Công nhận được 1 hồ sơ" in page.words()
    page.submit(button="Bỏ ra khỏi đợt")
    assert "Chưa chọn hồ sơ nào." in page.text


def test_filters_choose_a_community_and_a_name(enter: Enter, office: Office) -> None:
    page = enter("xet").get(f"/dot-quyet-dinh/{office.batch}/chon")
    everybody = page.words()
    community = office.ward.communities[0].id
    page.get(f"/dot-quyet-dinh/{office.batch}/chon?to={community}")
    assert ("chưa vào đợt nào: 2 hồ sơ" in everybody, "chưa vào đợt nào: 1 hồ sơ" in page.words()) == (True, True)
    page.get(f"/dot-quyet-dinh/{office.batch}/chon?tim=khong+co+ai")
    assert "Không có hồ sơ nào như vậy" in page.words()
    page.get(f"/dot-quyet-dinh/{office.batch}/chon?tim=hường")
    page.submit(button="hồ sơ đang lọc vào đợt")
    assert "Danh sách của đợt: 4 hồ sơ" in page.words()


def test_a_form_sent_twice_makes_one_batch(enter: Enter, office: Office, database: Database) -> None:
    page = enter("xet").get("/dot-quyet-dinh/moi")
    fields = next(form.fields for form in page.forms() if "name" in form.names)
    for _ in range(2):
        page.get("/dot-quyet-dinh/moi").post("/dot-quyet-dinh/moi", {"id": fields["id"], "name": "Đợt đôi"})
    with database.read() as db:
        assert db.scalar(select(func.count()).where(DecisionBatch.name == "Đợt đôi")) == 1


def test_a_batch_is_renamed_once_and_dropped(enter: Enter, office: Office) -> None:
    first, second = (enter(login).get(f"/dot-quyet-dinh/{office.batch}/ten") for login in ("xet", "ky"))
    assert first.submit(fields={"name": "Đợt xuân"}).heading() == "Đợt xuân"
    second.submit(fields={"name": "Đợt hè"})
    assert (second.status, "vừa được người khác sửa" in second.words()) == (409, True)
    first.get(f"/dot-quyet-dinh/{office.batch}/ten").submit(button="Bỏ đợt này")
    assert (first.screen(), "Đã bỏ đợt “Đợt xuân”" in first.text) == ("batches.overview", True)
    assert "Đợt này đã bỏ" in first.get(f"/dot-quyet-dinh/{office.batch}").words()


def test_a_long_list_is_signed_by_a_job(
    app: Flask, enter: Enter, office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xhht_citizen.web.batches.IN_REQUEST", 2)
    assert IN_REQUEST == 200
    page = enter("ky").get(f"/dot-quyet-dinh/{office.batch}/ky").submit(fields=SIGNED | {"number": "abc"})
    assert page.status == 422
    page.submit(fields=SIGNED)
    assert (page.screen(), "Công nhận theo quyết định 12/QĐ-UBND" in page.words()) == ("jobs.one", True)
    job = page.path
    assert worker.run_waiting(worker.open_workshop(app.config["XHHT"])) == 1
    assert "Đã làm 3 trên 3." in page.get(job).words()
    assert page.get(f"/dot-quyet-dinh/{office.batch}").screen() == "decisions.one"


def test_nobody_signs_for_the_own_family(enter: Enter, office: Office, database: Database) -> None:
    with database.transaction() as db:
        own = make_resident(db, office.ward, "Võ Mẫu Nhà", login="ky-nha")
        make_officer(db, office.ward, "ward_signer", "ky-nha", resident=own)
        case = make_application(db, own, "recommended")
        actions.add(db, office.batch, [case.id], actor=actor_of(db, own.account))  # type: ignore[arg-type]
    page = enter("ky-nha").get(f"/dot-quyet-dinh/{office.batch}/ky")
    assert "Võ Mẫu Nhà" in page.words()
    assert all("number" not in form.names for form in page.forms())
    page.post(f"/dot-quyet-dinh/{office.batch}/ky", SIGNED)
    with database.read() as db:
        assert db.scalar(select(func.count(Title.id))) == 0


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_who_may_open_what(enter: Enter, office: Office, database: Database) -> None:
    batch = f"/dot-quyet-dinh/{office.batch}"
    may = {
        "/dot-quyet-dinh": {*OURS, "xet-noi-khac", "ky-noi-khac", "tinh"},  # everybody their own desk's
        "/dot-quyet-dinh/moi": {*OURS, "xet-noi-khac", "ky-noi-khac", "tinh"},
        "/mau-van-ban": {*OURS, "xet-noi-khac", "ky-noi-khac", "tinh"},
        "/mau-van-ban/xem-thu.pdf": {*OURS, "xet-noi-khac", "ky-noi-khac", "tinh"},
        "/dot-quyet-dinh?noi=19996": OURS,
        "/mau-van-ban?noi=19996": OURS,
        batch: OURS,
        f"{batch}/chon": OURS,
        f"{batch}/ten": OURS,
        f"{batch}/ky": {"ky"},
        **{
            f"{batch}/van-ban/{name}.{form}": OURS
            for name in ("bien-ban-xet", "quyet-dinh")
            for form in ("pdf", "docx")
        },
        f"{batch}/van-ban/danh-sach.xlsx": OURS,
    }
    found: dict[str, set[str]] = {path: set() for path in may}
    browsers = {login: enter(login) for login in ALL}
    for login, browser in browsers.items():
        for path in may:
            status = browser.client.get(path).status_code
            assert status in {200, 403}, (login, path, status)
            if status == 200:
                found[path].add(login)
        assert browser.client.get(f"{batch}/van-ban/danh-sach.pdf").status_code == 404
    assert found == may
    for login in set(ALL) - {"ky"}:
        assert browsers[login].get("/tro-giup").post(f"{batch}/ky", SIGNED).status == 403, login
    for login in set(ALL) - OURS:
        for path in (f"{batch}/chon", f"{batch}/bo-ra", f"{batch}/ten", f"{batch}/bo"):
            sent = browsers[login].get("/tro-giup").post(path, {"ho-so": str(office.ids[4]), "name": "Mẫu"})
            assert sent.status == 403, (login, path)
    with database.read() as db:
        one = db.get_one(DecisionBatch, office.batch)
        assert (one.name, one.state, db.scalar(select(func.count(Title.id)))) == ("Đợt Mẫu", "open", 0)
        assert db.scalar(select(func.count()).select_from(DecisionBatchCase)) == 3


def test_a_letterhead_is_looked_at_then_kept(enter: Enter, office: Office, database: Database) -> None:
    page = enter("xet").get("/mau-van-ban?noi=19996")
    assert "CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG HƯƠNG TRÀ" in page.words()
    page.submit(fields={"number_format": "QĐ-UBND"})
    assert (page.status, "Ghi {number} vào chỗ của số" in page.words()) == (422, True)
    page.submit(
        fields={"number_format": "{number}/QĐ-CT", "signs_for": "KT. CHỦ TỊCH", "signatory_post": "Phó Chủ tịch"},
        button="Xem thử",
    )
    said = page.words()
    assert [one for one in ("Xem thử, chưa lưu", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH") if one not in said] == []
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Letterhead)) == 0
    page.submit(fields={"grounds": "Căn cứ  Luật Mẫu;\r\n\r\nCăn cứ Nghị định Mẫu;"}, button="Xem thử")
    sheet = page.text.split('class="sheet"')[1].split("sheet-to")[0]
    assert [one in sheet for one in ("Căn cứ Luật Mẫu;", "Căn cứ Nghị định Mẫu;", "Luật Tổ chức")] == [
        True,
        True,
        False,
    ]
    other = enter("ky").get("/mau-van-ban?noi=19996")
    page.submit(button="Lưu mẫu")
    assert "Đã lưu mẫu văn bản." in page.text
    other.submit(fields={"venue": "Huế"}, button="Lưu mẫu")
    assert (other.status, "vừa được người khác lưu" in other.words()) == (409, True)
    words = words_of(page.client.get("/mau-van-ban/xem-thu.pdf?noi=19996").data)
    assert ("Số: /QĐ-CT" in words, "KT. CHỦ TỊCH" in words) == (True, True)
    assert ("Căn cứ Nghị định Mẫu;" in words, "Luật Tổ chức" in words) == (True, False)
    draft = words_of(page.client.get(f"/dot-quyet-dinh/{office.batch}/van-ban/quyet-dinh.pdf").data)
    assert ("Số: /QĐ-CT" in draft, "PHÓ CHỦ TỊCH" in draft, "3 Công dân học tập" in draft) == (True, True, True)


def test_a_title_is_revoked_on_the_page_by_a_decision(
    app: Flask, enter: Enter, office: Office, database: Database
) -> None:
    page = enter("ky").get(f"/dot-quyet-dinh/{office.batch}/ky").submit(fields=SIGNED)
    with database.read() as db:
        title = db.scalars(select(Title).order_by(Title.register_number)).first()
        assert title is not None
    here = f"/danh-hieu/{title.id}"
    page.get(f"{here}/thu-hoi").submit(fields={"reason": "Khai sai."})
    assert page.status == 422
    page.submit(fields={"reason": "Khai sai.", "number": "12", "decided_on": SIGNED["decided_on"]})
    assert (page.status, "số của quyết định công nhận" in page.words()) == (422, True)
    page.submit(fields={"number": "15"})
    assert f"Theo Quyết định số 15/QĐ-UBND ngày {TODAY:%d/%m/%Y}." in page.words()
    public = Browser(app).get(f"/kiem-tra/{title.public_code}").words()
    assert f"Thu hồi theo quyết định 15/QĐ-UBND ngày {TODAY:%d/%m/%Y}" in public
    assert "Khai sai" not in public
    words = words_of(page.client.get(f"{here}/quyet-dinh-thu-hoi.pdf").data)
    assert ("Số: 15/QĐ-UBND" in words, "Lý do: Khai sai." in words) == (True, True)
    assert page.client.get(f"{here}/giay-cong-nhan.pdf").status_code == 409
    assert page.get(f"{here}/thu-hoi").path == here


def test_lists_ask_as_often_for_many_as_for_one(app: Flask, enter: Enter, database: Database) -> None:
    asked: dict[str, list[int]] = {}
    for count, code in ((1, "19996"), (30, "20014")):
        with database.transaction() as db:
            ward = make_ward(db, code, f"Phường Mẫu {code}", community_step=False)
            make_officer(db, ward, "ward_signer", f"ky-{code}")
            actor = applications.Actor(name="Cán bộ Mẫu")
            ids = recommended(db, ward, 2 * count)
            keys = [new_id() for _ in range(count)]
            for number, key in enumerate(keys):
                name = f"Đợt {number}"
                actions.make(db, key, name=name, year=YEAR, ward_code=code, province_code=None, actor=actor)
            actions.add(db, keys[0], ids[:count], actor=actor)
        browser = enter(f"ky-{code}")
        here = f"/dot-quyet-dinh/{keys[0]}"
        for name, path in (("all", "/dot-quyet-dinh"), ("one", here), ("pick", f"{here}/chon"), ("sign", f"{here}/ky")):
            statements: list[str] = []

            def note(*said: object, told: list[str] = statements) -> None:
                told.append(str(said[2]))

            engine = app.extensions["xhht_database"].engine
            event.listen(engine, "before_cursor_execute", note)
            assert browser.get(path).status == 200
            event.remove(engine, "before_cursor_execute", note)
            asked.setdefault(name, []).append(len(statements))
    assert [name for name, (few, many) in asked.items() if few != many] == [], asked
