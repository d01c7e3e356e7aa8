"""Screens no link leads to: what a slip opens, a shared phone's pin; and a page that changes under one's hands."""

from __future__ import annotations

import pytest
from factories import PASSWORD, give_account, make_resident
from judging import enlarged, judged, outlined, still
from phone import Phone
from test_claiming import give
from town import Town, a_town  # noqa: F401 (a fixture)

from xhht_citizen.database import now
from xhht_citizen.helping.codes import Purpose
from xhht_citizen.jobs.models import Job

pytestmark = pytest.mark.xdist_group("phones")


def looked_at(phone: Phone, screen: str) -> list[str]:
    assert phone.screen == screen, phone.words
    return judged(phone) + enlarged(phone) + still(phone) + outlined(phone)


def test_what_a_slip_opens_is_for_everybody(town: Town) -> None:
    with town.database.transaction() as db:
        record = make_resident(db, town.ward, birth_year=1956)
        forgot = make_resident(db, town.ward, birth_year=1957, login="quen")
    wrong = []
    for who, purpose, screen in (
        (record, Purpose.CLAIM, "claim.account"),
        (forgot, Purpose.PASSWORD, "claim.password"),
    ):
        code = give(town.database, who, purpose)
        phone = town.phone(f"phieu-{purpose}")
        phone.open(f"/nhan-ho-so?ma={code}").fill(birth_year=str(who.person.birth_year)).tap("Tiếp tục")
        wrong += looked_at(phone, screen)
        phone.send_empty()
        wrong += judged(phone)
        if purpose is Purpose.CLAIM:  # somebody who has an account of their own already
            phone.tap("Đăng nhập để nối hai hồ sơ thành một", "link").fill(login="dan-draft", password=PASSWORD)
            phone.tap("Đăng nhập")
            wrong += looked_at(phone, "claim.join")
        phone.close()
    assert wrong == []


def test_a_shared_phones_pin_is_for_everybody(town: Town) -> None:
    with town.database.transaction() as db:
        make_resident(db, town.ward, "Đỗ Mẫu Chung", login="chung")
    phone = town.phone("may-chung", "chung")
    phone.open("/tai-khoan/may-nay").fill(password=PASSWORD, pin="4791", again="4791")
    phone.page.locator("main form:has([name=pin]) button[type=submit]").click()
    phone.page.wait_for_load_state()
    phone.context.clear_cookies(name="xhht")  # signed out; that this phone knows somebody stays
    phone.open("/doi-nguoi")
    with phone.page.expect_navigation():
        phone.page.locator("main a[href^='/doi-nguoi/']").first.click()
    phone.settle()
    wrong = looked_at(phone, "switch.pin")
    phone.close()
    assert wrong == []


def test_the_keyboard_stays_where_it_is_when_a_part_is_swapped(town: Town) -> None:
    """The page of a job fetches its part again and again; what is read out stays one line that changes its words."""
    with town.database.transaction() as db:
        account = give_account(db, "cho-may", None)
        job = Job(
            kind="slips", title="In phiếu", account_id=account.id, permission="account.own", state="running",
            done=1, total=4, beat_at=now(),
        )  # fmt: skip
        db.add(job)
        db.flush()
        job_id = job.id
    phone = town.phone("viec-may", "cho-may")
    page = phone.open(f"/viec-may/{job_id}").page
    page.locator("#job-next").focus()
    page.evaluate("() => { window.line = document.getElementById('job-state'); }")
    for done in (2, 3):
        with town.database.transaction() as db:
            db.get(Job, job_id).done = done
        page.wait_for_function(f"() => document.querySelector('#job progress, #job').textContent.includes('{done}')")
        assert page.evaluate("() => document.activeElement.id") == "job-next"
        assert page.evaluate("() => window.line.isConnected && window.line.getAttribute('role') === 'status'")
    page.get_by_role("button", name="Dừng việc này").focus()
    page.wait_for_timeout(2500)
    assert "Dừng việc này" in page.evaluate("() => document.activeElement.textContent")
    phone.settle().close()
