"""Certificates: everybody of a decision in one PDF, each with a QR code that others read and that opens its page."""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import zxingcpp
from browser import Browser
from crowd import recommended
from factories import (
    DECISION,
    PASSWORD,
    Ward,
    make_application,
    make_group,
    make_group_application,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sheets import pages_of, pictures_of, words_of
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import worker
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import granting
from xhht_citizen.batches import actions, queries
from xhht_citizen.database import Database, new_id
from xhht_citizen.exports import certificates
from xhht_citizen.exports.typesetting import qr, typeset
from xhht_citizen.groups.rules import Kind
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs import queries as job_queries
from xhht_citizen.jobs.actions import Claimed
from xhht_citizen.jobs.rules import State
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.titles.models import Decision, Title
from xhht_citizen.titles.rules import shown_code
from xhht_citizen.vietnamese import mask_name

BASE = "https://hoctap.example.vn"


def granted(db: Session, ward: Ward, count: int) -> Decision:
    ids = recommended(db, ward, count)
    granting.grant_all(
        db, ids, actor=applications.Actor(name="Người ký Mẫu"), today=DECISION.decided_on, decision=DECISION
    )
    return db.scalars(select(Decision)).one()


def asked(db: Session, decision: Decision, count: int) -> uuid.UUID:
    given: dict[str, Any] = {"title": "In giấy công nhận", "base": BASE, "back": "/quyet-dinh", "account_id": None}
    return certificates.ask_to_print(db, decision, **given, count=count, job_id=new_id())


def printed(shop: Workshop, job_id: uuid.UUID) -> bytes:
    with shop.database.read() as db:
        job = job_queries.job(db, job_id)
        assert job is not None
        assert (job.state, job.file_type) == (State.DONE, "application/pdf")
        assert job.file_key is not None
        return shop.store.get(job.file_key)


@pytest.fixture
def shop(app: Flask) -> Workshop:
    return worker.open_workshop(app.config["XHHT"])


def test_every_code_is_read_and_opens_its_page(
    app: Flask, database: Database, shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "PART", 5)
    with database.transaction() as db:
        job_id = asked(db, granted(db, make_ward(db, community_step=False), 12), 12)
    assert worker.run_waiting(shop) == 1
    pdf = printed(shop, job_id)
    with database.read() as db:
        titles = list(db.scalars(select(Title).order_by(Title.sort_key, Title.id)))
    pages = pages_of(pdf)
    assert len(pages) == 12
    browser = Browser(app)
    for title, page, picture in zip(titles, pages, pictures_of(pdf, tmp_path), strict=True):
        said = " ".join(page.split())
        for words in (
            title.holder_name,
            "CÔNG DÂN HỌC TẬP",
            shown_code(title.public_code),
            f"{title.register_number}/",
        ):
            assert words in said, words
        assert "điểm" not in said.lower()
        (code,) = zxingcpp.read_barcodes(picture)
        assert code.text == f"{BASE}/kiem-tra/{title.public_code}"
        shown = browser.get(code.text.removeprefix(BASE))
        assert "Giấy công nhận còn hiệu lực" in shown.words()
        assert mask_name(title.holder_name) in shown.words()


def test_printing_goes_on_after_the_last_part_that_was_kept(
    database: Database, shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "PART", 4)
    with database.transaction() as db:
        job_id = asked(db, granted(db, make_ward(db, community_step=False), 10), 10)
    made: list[int] = []
    honest = certificates._part

    def dies(db: Session, ids: Any, base: str) -> bytes:
        made.append(len(ids))
        if len(made) == 2:
            raise KeyboardInterrupt
        return honest(db, ids, base)

    monkeypatch.setattr(certificates, "_part", dies)
    claimed = jobs.claim(shop.database, frozenset({certificates.PRINT}))
    assert claimed is not None
    with pytest.raises(KeyboardInterrupt):
        certificates.print_all(claimed, shop)
    with shop.database.read() as db:
        job = job_queries.job(db, job_id)
        assert job is not None
        again = Claimed(shop.database, job.id, job.kind, job.claim, payload=dict(job.payload), cursor=dict(job.cursor))
        assert (job.done, job.total) == (4, 10)
    certificates.print_all(again, shop)
    assert made == [4, 4, 4, 2]
    with pikepdf.open(io.BytesIO(printed(shop, job_id))) as whole:
        assert len(whole.pages) == 10
        width, height = (round(float(side) / 72 * 25.4) for side in whole.pages[0].mediabox[2:])
        assert (width, height) == (297, 210)


def test_a_title_taken_back_is_not_printed(database: Database, shop: Workshop) -> None:
    with database.transaction() as db:
        decision = granted(db, make_ward(db, community_step=False), 3)
        title = db.scalars(select(Title).order_by(Title.register_number)).first()
        assert title is not None
        applications.revoke_title(db, title.id, reason="Khai sai.", actor=applications.Actor(name="Ký"))
        job_id, code = asked(db, decision, 2), shown_code(title.public_code)
    worker.run_waiting(shop)
    pages = pages_of(printed(shop, job_id))
    assert (len(pages), [page for page in pages if code in page]) == (2, [])


def test_a_corrected_name_is_on_the_reprint_and_the_public_page(app: Flask, database: Database, tmp_path: Path) -> None:
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        owner = make_resident(db, ward, "Đặng Thị Mẫu Ữu", login="chu")
        case = make_application(db, owner, "granted")
        title = db.scalars(select(Title).where(Title.application_id == case.id)).one()
        actor = applications.Actor(name="Cán bộ Mẫu")
        actions.correct(db, new_id(), title.id, name="Đặng Thị Mẫu Ửu", reason="Sai dấu.", actor=actor)
        key, code = title.id, title.public_code
    browser = Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": "chu", "password": PASSWORD})
    page = browser.get(f"/danh-hieu/{key}")
    assert "“Đặng Thị Mẫu Ữu” sửa thành “Đặng Thị Mẫu Ửu”" in page.words()
    answer = browser.client.get(f"/danh-hieu/{key}/giay-cong-nhan.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "Đặng Thị Mẫu Ửu" in words_of(answer.data)
    (read,) = zxingcpp.read_barcodes(pictures_of(answer.data, tmp_path)[0])
    assert read.text == f"http://localhost/kiem-tra/{code}"
    assert "Đặng T. M. Ử***" in Browser(app).get(f"/kiem-tra/{code}").words()


def test_groups_are_called_what_they_are(db: Session) -> None:
    ward = make_ward(db, community_step=False)
    resident = make_resident(db, ward, "Lê Văn Mẫu Bách")
    make_application(db, resident, "granted")
    home = make_group(db, Kind.HOUSEHOLD, resident.household.id)
    case = make_group_application(db, home, "granted")
    title = db.scalars(select(Title).where(Title.application_id == case.id)).one()
    words = words_of(certificates.of_title(db, title.id, BASE))
    assert "Gia đình ông (bà) Lê Văn Mẫu Bách" in words
    assert "GIA ĐÌNH HỌC TẬP" in words
    assert queries.decided_lines(db, title.decision_id)[-1].id == title.id


def test_a_long_name_stays_on_one_page() -> None:
    holder = {
        "authority": "CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG HƯƠNG TRÀ", "number": "12/QĐ-UBND", "signatory": "Lê Mẫu",
        "decided_on": "ngày 05 tháng 02 năm 2026", "place_day": "Hương Trà, ngày 05 tháng 02 năm 2026",
        "signs": ["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"], "honorific": "", "name": "Trường Mẫu " + "Hương Trà " * 12,
        "place": "Tổ 4, Phường Hương Trà", "award": "ĐƠN VỊ HỌC TẬP CẤP TỈNH", "check": "hoctap.example.vn/kiem-tra",
        "term": "mức độ 2, năm 2026, có giá trị đến hết ngày 31/12/2029", "register": "1/2026", "code": "ABCDE-23456",
        "qr": qr(BASE),
    }  # fmt: skip
    pages = pages_of(typeset("certificate", {"title": "Giấy công nhận", "holders": [holder] * 2}))
    assert [len(re.findall("GIẤY CÔNG NHẬN", page)) for page in pages] == [1, 1]


def test_only_who_may_prints(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db, community_step=False)
        away = make_ward(db, "20014", "Phường Kim Trà")
        owner = make_resident(db, ward, login="chu")
        make_resident(db, ward, login="hang-xom")
        case = make_application(db, owner, "granted")
        title = db.scalars(select(Title).where(Title.application_id == case.id)).one()
        key, decision = title.id, title.decision_id
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, ward, "ward_signer", "ky")
        make_officer(db, ward, "community_head", "to-1")
        make_officer(db, away, "ward_signer", "ky-noi-khac")
        make_officer(db, ward, "province_officer", "tinh")
        make_officer(db, ward, "admin", "quan-tri")
    may = {
        f"/danh-hieu/{key}/giay-cong-nhan.pdf": {"chu", "xet", "ky", "to-1", "tinh", "quan-tri"},
        f"/danh-hieu/{key}/sua-ten": {"xet", "ky"},
        f"/danh-hieu/{key}/quyet-dinh-thu-hoi.pdf": {"ky"},
        f"/danh-hieu/{key}/thu-hoi": {"ky"},
        f"/quyet-dinh/{decision}": {"xet", "ky"},
        **{
            f"/quyet-dinh/{decision}/van-ban/{name}.{form}": {"xet", "ky"}
            for name in ("quyet-dinh", "to-trinh", "bien-ban-xet")
            for form in ("pdf", "docx")
        },
        f"/quyet-dinh/{decision}/van-ban/danh-sach.xlsx": {"xet", "ky"},
    }
    found: dict[str, set[str]] = {path: set() for path in may}
    for login in ("chu", "hang-xom", "xet", "ky", "to-1", "ky-noi-khac", "tinh", "quan-tri"):
        browser = Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
        for path in may:
            status = browser.client.get(path).status_code
            assert status in {200, 403}, (login, path, status)
            if status == 200:
                found[path].add(login)
        sent = browser.get("/tro-giup").post(f"/quyet-dinh/{decision}/in-giay", {"id": str(new_id())})
        assert (sent.status == 200) is (login in {"xet", "ky"}), login
    assert found == may
