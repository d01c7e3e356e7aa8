"""Journeys 1, 2 and 6 by plain HTTP: no script, no pictures, every form as the page has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser
from factories import PASSWORD, TODAY, YEAR, Ward, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import func, select
from test_journeys import CODES, from_paper
from test_slips import codes_of, printed, signed_in
from town import photo

from xhht_citizen import audit
from xhht_citizen.applications.models import Application
from xhht_citizen.database import Database
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Account, Person

DAY = f"{TODAY:%d/%m/%Y}"
COURSE = {"kind": "course", "title": "Lớp kỹ năng số cho người bắt đầu", "learned_on": DAY, "hours": "1,5"}
SENT = {"true": "y", "consent": "y"}


@pytest.fixture
def ward(app: Flask, database: Database) -> Ward:
    with database.transaction() as db:
        made = make_ward(db)
        for role, login in (("ward_reviewer", "xet"), ("ward_signer", "ky"), ("community_head", "to-1")):
            make_officer(db, made, role, login)
    return made


def claim(app: Flask, person_id: object, login: str, born: int) -> Browser:
    """The slip's QR on a phone of one's own, then a log-in."""
    (code,) = codes_of(printed(app, signed_in(app, "xet"), f"/dan-cu/{person_id}/phieu", "In phiếu nhận hồ sơ"))
    browser = Browser(app).get(f"/nhan-ho-so?ma={code}").submit("/nhan-ho-so", {"birth_year": str(born)})
    browser.submit(None, {"login": login, "password": PASSWORD, "consent": "y"})
    assert (browser.status, browser.screen()) == (200, "year.home"), browser.words()
    return browser


def learn(browser: Browser, turned: int) -> None:
    fields = {**COURSE, "indicators": ["2.1"], "files": ("giấy.jpg", photo(turned))}
    browser.get("/minh-chung/moi").submit(None, fields, button="Lưu việc này")
    assert (browser.status, COURSE["title"] in browser.links()) == (200, True), browser.words()


def test_lan_from_a_slip_to_a_scanned_certificate(app: Flask, database: Database, ward: Ward, tmp_path: Path) -> None:
    with database.transaction() as db:
        record = make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992)
    lan = claim(app, record.id, "lan1992", 1992)
    learn(lan, 0)
    assert "0/100" in lan.get("/diem").words().replace(" ", "")
    for number, code in enumerate(CODES):
        lan.get(f"/diem/{code}").submit(None, {"points": "8", "note": "Cả tổ đều biết."}, button="Lưu")
        if number == 0:
            assert "8/100" in lan.get("/diem").words().replace(" ", "")
    lan.get("/ho-so/gui").submit("/ho-so/gui", SENT)
    receipt = f"{ward.code}-{YEAR % 100}-00001"
    assert (lan.screen(), receipt in lan.words()) == ("application.status", True)

    head = signed_in(app, "to-1").get("/xet-duyet")
    head.get(head.links()["Trần Thị Mẫu Lan"]).submit("/endorse", {"reason": "Cả tổ nhất trí."})
    reviewer = signed_in(app, "xet").get("/xet-duyet")
    reviewer.get(reviewer.links()["Trần Thị Mẫu Lan"]).submit("/take")
    reviewer.submit(reviewer.path, {"rest": "y"}, "Đề nghị công nhận")
    signer = signed_in(app, "ky").get("/quyet-dinh?chon=ca-trang").submit("/quyet-dinh/moi", {}, "Ghi quyết định")
    signer.submit("/quyet-dinh/moi", {"number": "128/QĐ-UBND", "decided_on": DAY, "signatory": "Nguyễn Mẫu Ký"})
    assert "Đã công nhận 1 người theo quyết định 128/QĐ-UBND." in signer.words()

    assert "128/QĐ-UBND" in lan.get("/thong-bao").text or "công nhận" in lan.words()
    title = lan.get("/ho-so").links()["Xem giấy công nhận"]
    paper = lan.get(f"{title}/giay-cong-nhan.pdf").response
    assert (paper.status_code, paper.mimetype) == (200, "application/pdf")
    address = from_paper(paper.get_data(), tmp_path)
    anybody = Browser(app).get(address[address.index("/kiem-tra/") :])
    assert (anybody.screen(), "Giấy công nhận còn hiệu lực" in anybody.words()) == ("public.verify_result", True)
    assert ("Trần T. M. L***" in anybody.words(), "Trần Thị Mẫu Lan" in anybody.text) == (True, False)
    with database.read() as db:
        assert audit.verify(db).broken == ()


def test_ong_bay_is_helped_and_takes_his_record_over(app: Flask, database: Database, ward: Ward) -> None:
    with database.transaction() as db:
        bay = make_resident(db, ward, "Nguyễn Văn Mẫu Bảy", birth_year=YEAR - 71)
        make_resident(db, ward, "Lê Thị Mẫu Mẫn", birth_year=1980, login="man", household=bay.household)
    head = signed_in(app, "to-1").get(f"/dan-cu/{bay.id}/giay-dong-y")
    head.submit(button="Ghi giấy đồng ý", fields={"signed_on": DAY, "paper": "Tủ chi hội Tổ 1", "true": "y"})
    named = {"login": "man", "name": "Lê Thị Mẫu Mẫn", "acts": ["evidence", "case"], "until": f"31/12/{YEAR}"}
    head.get(f"/dan-cu/{bay.id}/nguoi-lam-thay").submit(None, {**named, "place": "Tủ chi hội", "signed_on": DAY})
    assert f"Đến hết 31/12/{YEAR}" in head.words()

    man = signed_in(app, "man").get("/lam-thay").submit(button="Làm thay Nguyễn Văn Mẫu Bảy")
    assert "Ông/bà đang làm thay Nguyễn Văn Mẫu Bảy" in man.words()
    learn(man, 1)
    man.get("/diem/1.1").submit(None, {"points": "8", "note": "Con gái thấy."}, button="Lưu")
    man.submit("/lam-thay/thoi")
    assert "đang làm thay" not in man.words()

    sheet = head.get(f"/phieu/{bay.id}/phieu.pdf").response
    assert (sheet.status_code, sheet.mimetype) == (200, "application/pdf")
    head.get(f"/phieu/{bay.id}").submit(fields={f"m_{one.replace('.', '_')}": "8" for one in CODES}, button="Kiểm tra")
    head.submit(button="Ghi và gửi")
    receipt = f"{ward.code}-{YEAR % 100}-00001"
    assert (head.screen(), receipt in head.words()) == ("sheets.receipt", True)

    his = claim(app, bay.id, "bay1955", YEAR - 71)
    assert COURSE["title"] in his.get("/minh-chung").words()
    assert receipt in his.get("/ho-so").words()
    assert "Lê Thị Mẫu Mẫn" in his.get("/tai-khoan/nguoi-lam-thay").words()
    with database.read() as db:
        assert db.scalars(select(Account.person_id).where(Account.login == "bay1955")).one() == bay.id
        assert db.scalar(select(func.count()).select_from(Person).where(Person.name == bay.name)) == 1
        assert db.scalar(select(func.count()).select_from(Evidence).where(Evidence.person_id == bay.id)) == 1
        assert db.scalars(select(Application.state).where(Application.person_id == bay.id)).all() == ["submitted"]
        assert audit.verify(db).broken == ()
