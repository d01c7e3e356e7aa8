"""Consent on paper: written down with its day and its place, seen by the person, taken back on paper as well."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import pytest
from browser import Browser
from factories import TODAY, Resident, Ward, give_account, make_application, make_officer, make_resident, make_ward
from flask import Flask
from sqlalchemy import select
from test_slips import signed_in

from xhht_citizen import audit, clock
from xhht_citizen.applications.models import Application
from xhht_citizen.audit import AuditEntry, Look
from xhht_citizen.database import Database, now
from xhht_citizen.notices.models import Notice
from xhht_citizen.people import actions as people
from xhht_citizen.people.models import Consent, Person

SIGNED = TODAY - timedelta(days=9)
PAPER = {"signed_on": f"{SIGNED:%d/%m/%Y}", "paper": "Tủ chi hội Tổ 1, tập 2", "true": "y"}


@pytest.fixture
def ward(app: Flask, database: Database) -> Ward:
    with database.transaction() as db:
        made = make_ward(db)
        head = make_resident(db, made, "Lê Mẫu Trưởng", login="to-1")
        make_officer(db, made, "community_head", "to-1", resident=head)
        make_resident(db, made, "Lê Mẫu Con", household=head.household, birth_year=1999)
        make_officer(db, made, "community_head", "to-2", community=1)
        make_officer(db, made, "ward_signer", "ky")
        make_officer(db, make_ward(db, "20014", "Phường Kim Trà"), "ward_reviewer", "xet-noi-khac")
        make_officer(db, made, "province_officer", "tinh")
    return made


@pytest.fixture
def bay(database: Database, ward: Ward) -> Resident:
    with database.transaction() as db:
        return make_resident(db, ward, "Nguyễn Văn Mẫu Bảy", birth_year=1956)


def page(person_id: uuid.UUID) -> str:
    return f"/dan-cu/{person_id}/giay-dong-y"


def consents(database: Database, person_id: uuid.UUID) -> list[Consent]:
    with database.read() as db:
        return list(db.scalars(select(Consent).where(Consent.person_id == person_id).order_by(Consent.id)))


def test_a_signed_paper_is_written_down(app: Flask, database: Database, bay: Resident) -> None:
    browser = signed_in(app, "to-1").get(f"/dan-cu/{bay.id}")
    assert "Chưa có đồng ý bản đang dùng" in browser.words()
    browser.get(browser.links()["Đồng ý trên giấy"])
    assert all("true" not in form.fields for form in browser.forms())
    browser.submit(button="Ghi giấy đồng ý", fields=PAPER)
    assert (browser.screen(), f"trên giấy, ký ngày {SIGNED:%d/%m/%Y}" in browser.words()) == ("residents.person", True)
    (consent,) = consents(database, bay.id)
    assert (consent.channel, consent.paper, clock.local(consent.given_at).date()) == ("paper", PAPER["paper"], SIGNED)
    with database.read() as db:
        act = db.scalars(
            select(AuditEntry).where(AuditEntry.action == "consent.give").order_by(AuditEntry.seq.desc())
        ).first()
        assert act is not None
        assert (act.account_id, "Tủ" in act.detail, SIGNED.isoformat() in act.detail) == (consent.given_by, False, True)
        assert db.scalars(select(Notice.person_id).where(Notice.kind == "consent.paper")).all() == [bay.id]
        assert "residents.paper_consent" in db.scalars(select(Look.screen).where(Look.person_id == bay.id)).all()
        assert audit.verify(db).broken == ()
    browser.get(page(bay.id))
    assert ("Ghi giấy đồng ý" in browser.text, "giấy giữ ở: Tủ chi hội Tổ 1, tập 2" in browser.words()) == (False, True)


def test_the_person_sees_it_later(app: Flask, database: Database, bay: Resident) -> None:
    signed_in(app, "ky").get(page(bay.id)).submit(button="Ghi giấy đồng ý", fields=PAPER)
    with database.transaction() as db:
        give_account(db, "bay", bay, consented=False)
    own = signed_in(app, "bay")
    assert own.screen() == "year.home"  # the paper holds: nobody is asked again
    assert f"trên giấy, ký ngày {SIGNED:%d/%m/%Y}" in own.get("/tai-khoan").words()
    assert "Giấy giữ ở: Tủ chi hội Tổ 1, tập 2" in own.get("/dong-y").words()
    (kept,) = own.client.get("/tai-khoan/du-lieu").json["consents"]
    assert (kept["channel"], kept["paper"], kept["withdrawn_paper"]) == ("paper", PAPER["paper"], None)


def test_taken_back_on_paper(app: Flask, database: Database, bay: Resident) -> None:
    with database.transaction() as db:
        case = make_application(db, bay, "endorsed").id
    browser = signed_in(app, "ky").get(page(bay.id))
    assert "Đang có đồng ý" in browser.words()
    browser.submit("/rut-lai", {**PAPER, "paper": "Tủ chi hội, tập 3"})
    assert "Đã ghi giấy rút lại đồng ý" in browser.words()
    with database.read() as db:
        assert db.get_one(Application, case).state == "withdrawn"
        act = db.scalars(select(AuditEntry).where(AuditEntry.action == "consent.withdraw")).one()
        assert act.detail == '{"channel":"paper"}'
    (gone,) = consents(database, bay.id)
    assert (gone.withdrawn_at is not None, gone.withdrawn_paper) == (
        True,
        f"Ký ngày {SIGNED:%d/%m/%Y}; Tủ chi hội, tập 3",
    )
    browser.get(page(bay.id)).submit(button="Ghi giấy đồng ý", fields=PAPER)
    assert (browser.status, "Cần một tờ giấy ký lại" in browser.words()) == (409, True)
    with database.transaction() as db:
        give_account(db, "bay", bay, consented=False)
    own = signed_in(app, "bay")
    assert (own.screen(), "Tủ chi hội, tập 3" in own.words()) == ("account.consent", True)


def test_sent_twice_is_once(app: Flask, database: Database, bay: Resident) -> None:
    first, second = signed_in(app, "ky"), signed_in(app, "to-1")
    first.get(page(bay.id))
    second.get(page(bay.id))
    for browser in (first, second):
        browser.submit(button="Ghi giấy đồng ý", fields=PAPER)
        assert browser.screen() == "residents.person"
    assert len(consents(database, bay.id)) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"signed_on": f"{TODAY + timedelta(days=1):%d/%m/%Y}"}, "không thể ở sau hôm nay"),
        ({"signed_on": "12/11/1999"}, "Ngày ký quá xa"),
        ({"signed_on": "31/02/2026"}, "Ghi ngày/tháng/năm"),
        ({"signed_on": ""}, "Xin ghi ngày ký"),
        ({"paper": " "}, "Xin ghi nơi giữ giấy"),
        ({"paper": "a" * 201}, "Dài quá 200 chữ"),
        ({"true": []}, "Cần xác nhận"),
    ],
)
def test_what_is_missing_is_said(
    app: Flask, database: Database, bay: Resident, fields: dict[str, object], words: str
) -> None:
    browser = signed_in(app, "ky").get(page(bay.id))
    browser.submit(button="Ghi giấy đồng ý", fields={**PAPER, **fields})
    assert (browser.status, words in browser.words()) == (422, True)
    assert consents(database, bay.id) == []


@pytest.mark.parametrize(
    ("login", "status"), [("ky", 200), ("to-1", 200), ("to-2", 403), ("xet-noi-khac", 403), ("tinh", 403)]
)
def test_who_may(app: Flask, database: Database, bay: Resident, login: str, status: int) -> None:
    browser = signed_in(app, login)
    assert browser.get(page(bay.id)).status == status
    if status == 403:
        for path in (page(bay.id), f"{page(bay.id)}/rut-lai"):
            assert browser.get("/tai-khoan").post(path, PAPER).status == 403
    assert consents(database, bay.id) == []


def test_nobody_writes_it_down_for_their_own_family(app: Flask, database: Database, ward: Ward) -> None:
    with database.read() as db:
        son = db.scalars(select(Person.id).where(Person.name == "Lê Mẫu Con")).one()
    browser: Browser = signed_in(app, "to-1")
    assert browser.get(page(son)).status == 403
    assert "Đồng ý trên giấy" not in browser.get(f"/dan-cu/{son}").links()
    assert signed_in(app, "ky").get(page(son)).status == 200


def test_a_day_of_signing_is_a_day_in_vietnam(database: Database, bay: Resident) -> None:
    with database.transaction() as db:
        account = db.scalars(select(Consent.given_by).limit(1)).one()
        assert account is not None
        people.record_paper_consent(db, bay.id, signed_on=date(2026, 1, 5), paper="tủ", account_id=account)
    (consent,) = consents(database, bay.id)
    assert clock.local(consent.given_at).replace(tzinfo=None) == datetime(2026, 1, 5)
    assert consent.given_at < now()
