"""The outbox on a phone: made without a network, there after the tab was closed, sent once, mended, chosen, left."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import PASSWORD, TODAY, YEAR, Resident, Ward, make_evidence, make_helper, make_resident, make_ward
from phone import Phone, chromium
from PIL import Image
from playwright.sync_api import Browser, Page
from serving import serving
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions as applications_actions
from xhht_citizen.applications import queries as applications
from xhht_citizen.database import Database
from xhht_citizen.evidence import actions as evidence_actions
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.web.days import read_day

pytestmark = pytest.mark.xdist_group("outbox")
DAY = f"{TODAY:%d/%m/%Y}"
KEPT = "async () => { const c = await caches.open('pages'); return (await c.keys()).map(r => new URL(r.url).pathname) }"
# How often a picture was made small on this page.
DRAWN = """() => { self.drawn = 0; const one = HTMLCanvasElement.prototype, made = one.toBlob;
  one.toBlob = function (...how) { self.drawn += 1; return made.apply(this, how); }; }"""
ITEMS = "async () => (await xhht.items()).map(i => [i.title, i.state])"


def picture(colour: str) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@dataclass
class Town:
    """A server, a browser, and people who sign in on one phone."""

    base: str
    browser: Browser
    database: Database
    ward: Ward

    def person(self, login: str) -> Resident:
        with self.database.transaction() as db:
            return make_resident(db, self.ward, login=login)

    def phone(self, login: str) -> Phone:
        phone = Phone(self.browser, self.base, shots=f"outbox-{login}")
        return sign_in(phone, login)

    def written(self, person: Resident) -> list[tuple[str, int]]:
        with self.database.read(primary=True) as db:
            found = evidence.of_person(db, person.id, YEAR)
            return sorted((row.title, len(row.files)) for row in found)

    def answers(self, person: Resident) -> dict[str, tuple[int | None, str | None]]:
        with self.database.read(primary=True) as db:
            case = applications.own_application(db, person.id, YEAR)
            return {row.code: (row.claimed_points, row.note) for row in case.lines} if case else {}


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if folder := os.environ.get("XHHT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        home = tmp_path_factory.mktemp("outbox")
        path = home / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with database.transaction() as db:
            ward = settled(db)
        with serving(f"sqlite:///{path}", home, workers=1) as server:
            yield Town(f"http://127.0.0.1:{server.port}", browser, database, ward)
        database.dispose()


def settled(db: Session) -> Ward:
    return make_ward(db)


def sign_in(phone: Phone, login: str) -> Phone:
    phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
    awaited(phone.page, "async () => (await xhht.ready) && !!navigator.serviceWorker.controller")
    return phone


def awaited(page: Page, check: str) -> None:
    """Until the page says so; Playwright's own waiting takes a promise for a yes."""
    for _turn in range(150):
        if page.evaluate(check):
            return
        page.wait_for_timeout(100)
    raise AssertionError(check)


def warm(phone: Phone, *paths: str) -> None:
    """Wait until the pages one needs are kept; the worker fetches the first ones by itself."""
    for path in paths:
        phone.open(path)
    for path in ("/hop-gui", "/minh-chung/moi", "/minh-chung"):
        awaited(phone.page, f"async () => (await ({KEPT})()).includes('{path}')")


def offline(phone: Phone, *, on: bool) -> None:
    phone.context.set_offline(on)


def write(phone: Phone, title: str, *photos: str) -> None:
    page = phone.page
    page.locator("[name=kind][value=course]").check()
    phone.fill(title=title, learned_on=DAY).unfold()
    page.locator("[name=indicators][value='1.3']").check()
    if photos:
        page.set_input_files("#files", [picture(colour) for colour in photos])  # type: ignore[arg-type]


def items(page: Page) -> list[list[str]]:
    return page.evaluate(ITEMS)  # type: ignore[no-any-return]


def until(page: Page, wanted: list[list[str]]) -> None:
    for _turn in range(150):
        if sorted(items(page)) == sorted(wanted):
            return
        page.wait_for_timeout(100)
    assert sorted(items(page)) == sorted(wanted)


def test_three_things_and_five_answers_made_without_a_network_arrive_once(town: Town) -> None:
    person = town.person("lan")
    phone = town.phone("lan")
    codes = ["1.1", "1.2", "1.3", "2.1", "2.2"]
    warm(phone, *(f"/diem/{code}" for code in codes))
    offline(phone, on=True)
    titles = ["Lớp trồng rau", "Lớp máy tính", "Sách nuôi gà"]
    for title in titles:
        phone.open("/minh-chung/moi")
        write(phone, title, "red", "blue")
        phone.tap("Lưu việc này")
        assert (phone.screen, f"Đã cất “{title}” trên máy này" in phone.words) == ("outbox.mine", True)
    for code in codes:
        phone.open(f"/diem/{code}")
        phone.page.locator("[name=points]").nth(2).check()
        phone.fill(note=f"Ghi chú {code}")
        if code == "1.3":
            phone.page.locator("[name=evidence]").nth(2).wait_for()
            assert phone.page.locator("[name=evidence]:checked").count() == 3
        phone.page.locator("main form.form .btns button").first.click()
        phone.page.wait_for_url("**/hop-gui")
        phone.settle()
    assert len(items(phone.page)) == 8
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open("/hop-gui")
    assert [state for _title, state in items(phone.page)] == ["phone"] * 8
    assert phone.page.locator(".outbox-item").count() == 8
    phone.page.wait_for_function("document.querySelectorAll('img.outbox-photo').length == 6")
    phone.open("/minh-chung").page.wait_for_selector(".outbox-item")
    assert ("8 việc còn trên máy" in phone.words, phone.page.locator(".outbox-item").count()) == (True, 3)
    phone.open("/diem/1.2").page.wait_for_selector(".outbox-here")
    assert phone.page.locator("[name=note]").input_value() == "Ghi chú 1.2"
    assert "Trên máy" in phone.words
    assert town.written(person) == []
    offline(phone, on=False)
    until(phone.page, [[title, "received"] for title, _state in items(phone.page)])
    assert town.written(person) == sorted((title, 2) for title in titles)
    assert {code: note for code, (_points, note) in town.answers(person).items()} == {
        code: f"Ghi chú {code}" for code in codes
    }
    phone.open("/hop-gui").page.get_by_text("Không còn việc nào chờ gửi").wait_for()
    with town.database.read() as db:
        behind = applications.tagged_evidence(db, person.id, YEAR)
    assert len(behind["1.3"]) == 3
    phone.close()


def test_with_a_network_it_is_sent_at_once_and_leads_where_the_form_does(town: Town) -> None:
    person = town.person("sau")
    phone = town.phone("sau")
    phone.open("/minh-chung/moi?chi-so=1.3")
    write(phone, "Lớp trồng rau", "red")
    phone.tap("Lưu và ghi việc khác")
    assert (phone.screen, "Đã lưu “Lớp trồng rau”" in phone.words) == ("evidence.new", True)
    write(phone, "Lớp trồng hoa")
    with phone.page.expect_navigation():
        phone.page.evaluate(
            """() => { const b = document.querySelector('main form.form .btn'); b.click(); b.click(); }"""
        )
    phone.settle()
    assert phone.screen == "score.indicator"
    assert town.written(person) == [("Lớp trồng hoa", 0), ("Lớp trồng rau", 1)]
    phone.close()


def test_what_the_server_will_not_take_is_said_beside_its_field_and_mended(town: Town) -> None:
    person = town.person("bay")
    phone = town.phone("bay")
    phone.open("/minh-chung/moi")
    phone.page.get_by_role("button", name="Lưu việc này").click()
    assert phone.page.locator(".errors li").all_inner_texts() == [
        "Ông/bà học bằng cách nào? Chọn một cách học.",
        "Tên lớp, sách hoặc việc đã học: Xin ghi vào chỗ này.",
        "Ngày học xong: Ghi ngày học, không nhớ rõ thì ghi gần đúng.",
    ]
    assert phone.page.evaluate("document.activeElement.className") == "errors"
    assert items(phone.page) == []
    write(phone, "Lớp trồng rau", "red")
    phone.fill(hours="hai giờ")
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.wait_for_selector("#hours-error")
    phone.settle()
    assert "Lỗi: Ghi số giờ bằng chữ số" in phone.page.locator("#hours-error").inner_text()
    assert items(phone.page) == [["Lớp trồng rau", "care"]]
    phone.open("/hop-gui").page.wait_for_selector(".outbox-item")
    assert ("Cần sửa" in phone.words, "Ghi số giờ bằng chữ số" in phone.words) == (True, True)
    phone.tap("Sửa", "link")
    phone.page.wait_for_selector("#hours-error")
    assert phone.page.locator("[name=title]").input_value() == "Lớp trồng rau"
    assert phone.page.locator("#outbox-photos img").count() == 1
    phone.fill(hours="2")
    phone.tap("Lưu việc này")
    assert (phone.screen, town.written(person)) == ("evidence.mine", [("Lớp trồng rau", 1)])
    assert items(phone.page) == [["Lớp trồng rau", "received"]]
    phone.close()


def test_a_photo_is_shown_once_and_sent_once_also_after_it_was_refused(town: Town) -> None:
    person = town.person("chinh")
    phone = town.phone("chinh")
    page = phone.open("/minh-chung/moi").page
    page.evaluate(DRAWN)
    write(phone, "Lớp trồng rau", "red")
    phone.fill(hours="hai giờ")
    page.get_by_role("button", name="Lưu việc này").click()
    page.wait_for_selector("#hours-error")
    shown = page.locator(".chosen img, #outbox-photos img")
    assert (shown.count(), page.locator("#outbox-photos img").count()) == (1, 1)
    page.set_input_files("#files", [picture("blue")])  # type: ignore[list-item]
    page.locator(".chosen li").wait_for()
    assert shown.count() == 2
    page.get_by_role("button", name="Lưu việc này").click()
    awaited(page, "async () => (await xhht.items())[0].tries > 0 && (await xhht.items())[0].state === 'care'")
    page.wait_for_function("document.querySelectorAll('#outbox-photos img').length === 2")
    assert page.locator(".chosen li").count() == 0
    assert page.evaluate("self.drawn") == 2
    phone.settle().fill(hours="2").tap("Lưu việc này")
    assert town.written(person) == [("Lớp trồng rau", 2)]
    phone.open("/minh-chung/moi")
    page.wait_for_timeout(500)
    assert (page.locator(".draft-notice").count(), page.locator("[name=title]").input_value()) == (0, "")
    phone.close()


def test_mending_what_waits_leaves_the_draft_of_another_thing(town: Town) -> None:
    person = town.person("muoi2")
    phone = town.phone("muoi2")
    page = phone.open("/minh-chung/moi").page
    write(phone, "Lớp trồng rau")
    phone.fill(hours="hai giờ")
    page.get_by_role("button", name="Lưu việc này").click()
    page.wait_for_selector("#hours-error")
    phone.open("/minh-chung/moi").fill(title="Lớp nuôi gà")
    page.get_by_text("Đã lưu nháp lúc").first.wait_for()
    phone.open("/hop-gui").page.wait_for_selector(".outbox-item")
    phone.tap("Sửa", "link").page.wait_for_selector("#hours-error")
    assert (page.locator("[name=title]").input_value(), page.locator(".draft-notice").count()) == ("Lớp trồng rau", 0)
    assert page.locator("[name=hours]").is_visible()
    phone.fill(hours="2").tap("Lưu việc này")
    assert town.written(person) == [("Lớp trồng rau", 0)]
    phone.open("/minh-chung/moi").page.wait_for_selector(".draft-notice")
    assert page.locator("[name=title]").input_value() == "Lớp nuôi gà"
    phone.close()


def answer(phone: Phone, code: str, rung: int = 2) -> str:
    """Answer an indicator; the points chosen."""
    phone.open(f"/diem/{code}").page.locator("[name=points]").nth(rung).check()
    points = phone.page.locator("[name=points]:checked").input_value()
    phone.page.locator("main form.form .btns button").first.click()
    phone.page.wait_for_url("**/hop-gui")
    return points


def beside(page: Page) -> dict[str, str]:
    """What stands beside the indicators on the score's page, without the time."""
    said = "all => all.map(one => [one.previousElementSibling.dataset.code, one.innerText])"
    found = page.locator(".here").evaluate_all(said)
    return {code: re.sub(r" lúc \d\d:\d\d \d\d/\d\d$", "", " ".join(text.split())) for code, text in found}


def test_what_a_closed_tab_was_sending_waits_again_without_a_network(town: Town) -> None:
    """It said "đang gửi" until there was a network, and could not be removed."""
    town.person("binh")
    phone = town.phone("binh")
    warm(phone)
    offline(phone, on=True)
    phone.open("/minh-chung/moi")
    write(phone, "Lớp đan lát", "red")
    phone.tap("Lưu việc này")
    phone.page.evaluate(
        "async () => { for (const i of await xhht.items()) await xhht.change(i.id, {state: 'sending'}); }"
    )
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.open("/hop-gui")
    until(phone.page, [["Lớp đan lát", "phone"]])
    phone.page.get_by_role("button", name="Xóa khỏi máy").wait_for()
    assert phone.page.locator(".outbox-item .tag").all_inner_texts() == ["Trên máy"]


def test_answers_that_wait_are_seen_beside_their_indicators_and_counted_at_home(town: Town) -> None:
    town.person("giap")
    phone = town.phone("giap")
    warm(phone, "/nam-nay", "/diem", "/diem/1.1", "/diem/2.2")
    page = phone.page
    assert beside(page) == {}
    offline(phone, on=True)
    answer(phone, "1.1", 3)
    first, second = answer(phone, "1.1"), answer(phone, "2.2")
    phone.open("/nam-nay").page.locator("#note-waiting").wait_for()
    assert page.locator("#note-waiting").inner_text() == "2 việc còn trên máy, chưa gửi"
    phone.open("/diem").page.locator(".here").nth(1).wait_for()
    assert beside(page) == {"1.1": f"Trên máy đã chấm {first} điểm", "2.2": f"Trên máy đã chấm {second} điểm"}
    phone.settle()
    for state, words in (("sending", "Đang gửi"), ("care", "Cần sửa"), ("conflict", "Hai bản khác nhau")):
        change = f"async () => {{ for (const i of await xhht.items()) await xhht.change(i.id, {{state: '{state}'}}) }}"
        page.evaluate(change)
        page.wait_for_function("words => document.querySelector('.here').innerText.includes(words)", arg=words)
        assert beside(page) == {"1.1": f"{words} đã chấm {first} điểm", "2.2": f"{words} đã chấm {second} điểm"}
        phone.settle()
    page.evaluate(change.replace("conflict", "phone"))
    offline(phone, on=False)
    received = {"1.1": f"Đã nhận đã chấm {first} điểm", "2.2": f"Đã nhận đã chấm {second} điểm"}
    page.wait_for_function("() => document.querySelector('.here').innerText.includes('Đã nhận')")
    awaited(page, "() => !document.getElementById('note-waiting')")
    assert beside(page) == received
    with page.expect_navigation():
        page.get_by_role("link", name="Xem bản mới").click()
    phone.settle()
    page.wait_for_timeout(300)
    assert (page.locator("html").get_attribute("data-kept"), beside(page)) == (None, {})
    page.goto(town.base + f"/diem?nam={YEAR - 1}")
    page.wait_for_timeout(300)
    assert beside(page) == {}
    phone.complaints.clear()  # of the network that was not there
    phone.close()


SEP = ("/", "-", ".", " ", " / ")
SAID = ["hôm nay", "Hôm qua", "hôm kia", "CN", "chủ nhật vừa rồi", "ngày 5 tháng 3 năm 2024", "5 tháng 3", "29/02/00"]
LATE = "Ngày học không thể sau hôm nay"
NO_DAYS = {
    "hôm nào": "Ghi ngày/tháng/năm, ví dụ 21/11/2026.",
    "21112026": "Ghi ngày/tháng/năm, ví dụ 21/11/2026.",
    f"31/02/{YEAR}": "Ghi ngày/tháng/năm có trong lịch, ví dụ 21/11/2026.",
    f"{YEAR}-13-01": "Ghi ngày/tháng/năm có trong lịch, ví dụ 21/11/2026.",
    f"10/{YEAR}": "Mới có tháng. Xin ghi cả ngày, ví dụ 15/11/2026; không nhớ rõ thì ghi ngày gần đúng.",
    f"1/1/{YEAR + 1}": f"{LATE}, {DAY}.",
    f"{TODAY + timedelta(days=1):%d/%m/%Y}": f"{LATE}, {DAY}.",
}
if TODAY.replace(month=12, day=31) > TODAY:
    NO_DAYS[f"{TODAY + timedelta(days=1):%d/%m}"] = f"{LATE}, {DAY}."


def test_a_day_that_cannot_be_is_said_before_anything_is_kept(town: Town) -> None:
    """Without a network; what the server would take is never refused, as far as days are written in many ways."""
    town.person("at")
    phone = town.phone("at")
    warm(phone)
    offline(phone, on=True)
    page = phone.open("/minh-chung/moi").page
    write(phone, "Lớp trồng rau", "red")
    save = page.get_by_role("button", name="Lưu việc này")
    for day, words in NO_DAYS.items():
        phone.fill(learned_on=day)
        save.click()
        page.locator("#learned_on-error", has_text=words).wait_for()
        assert page.locator("#learned_on-error").inner_text() == f"Lỗi: {words}"
        assert page.locator(".errors li").all_inner_texts() == [f"Ngày học xong: {words}"]
        assert page.evaluate("document.activeElement.className") == "errors"
    phone.settle()
    page.get_by_role("link", name=words).click()
    assert page.evaluate("document.activeElement.id") == "learned_on"
    assert (items(page), page.locator("[name=title]").input_value()) == ([], "Lớp trồng rau")
    assert page.locator(".chosen li").count() == 1
    days = [TODAY - timedelta(days=ago) for ago in (0, 1, 30, 90, 400, 900, 9_000, 30_000)]
    written = [f"{day:%d{sep}%m{sep}%Y}" for day in days for sep in SEP]
    written += [f"{day.day}{sep}{day.month}{sep}{day:%y}" for day in days[:5] for sep in SEP]
    written += [f"{day:%Y-%m-%d}" for day in days]
    texts = [one for one in [*SAID, *written] if (read_day(one, TODAY, past=True)[0] or TODAY + timedelta(1)) <= TODAY]
    assert len(texts) > 70
    refused = page.evaluate("texts => texts.filter(one => xhht.wrongDay(one, Date.now()))", texts)
    assert refused == []
    phone.fill(learned_on="hôm qua")
    save.click()
    page.wait_for_url("**/hop-gui")
    kept = "async () => (await xhht.items())[0].fields.learned_on[0]"
    yesterday = TODAY - timedelta(days=1)
    assert (page.evaluate(kept), len(items(page))) == (f"{yesterday:%d/%m/%Y}", 1)
    phone.complaints.clear()  # of the network that was not there
    phone.close()


def test_a_phone_whose_clock_is_behind_takes_the_servers_today(town: Town) -> None:
    town.person("mui")
    phone = town.phone("mui")
    phone.context.add_init_script("const now = Date.now; Date.now = () => now() - 3 * 86400000;")
    page = phone.open("/minh-chung/moi").page
    write(phone, "Lớp trồng rau")
    for day, words in ((TODAY, None), (TODAY + timedelta(days=1), f"Lỗi: {LATE}, {DAY}.")):
        phone.fill(learned_on=f"{day:%d/%m/%Y}")
        wrong = page.evaluate(
            """() => new Promise(done => {
              const kept = xhht.keep;
              xhht.keep = () => { xhht.keep = kept; done(null); return new Promise(() => {}); };
              document.querySelector('main form.form .btns button').click();
              setTimeout(() => done(document.getElementById('learned_on-error')?.innerText), 1000);
            })"""
        )
        assert wrong == words
        phone.open("/minh-chung/moi")
        write(phone, "Lớp trồng rau")
    phone.close()


def test_changed_meanwhile_both_are_shown_and_the_person_chooses(town: Town) -> None:
    person = town.person("tam")
    phone = town.phone("tam")
    warm(phone, "/diem/1.1")
    offline(phone, on=True)
    phone.open("/diem/1.1")
    phone.page.locator("[name=points]").nth(3).check()
    phone.fill(note="Lời của tôi")
    phone.page.locator("main form.form .btns button").first.click()
    phone.page.wait_for_url("**/hop-gui")
    with town.database.transaction() as db:
        who = Actor(person.account.id, name=person.name, person_id=person.id)  # type: ignore[union-attr]
        case = applications_actions.start(db, person.person, YEAR, actor=who)
        applications_actions.answer(db, case.id, "1.1", points=5, note="Lời người giúp", evidence=set())
    offline(phone, on=False)
    until(phone.page, [[items(phone.page)[0][0], "conflict"]])
    phone.page.wait_for_selector(".outbox-both")
    phone.settle()
    assert town.answers(person) == {"1.1": (5, "Lời người giúp")}
    assert ("Lời của tôi" in phone.words, "Lời người giúp" in phone.words) == (True, True)
    phone.page.locator(".outbox-both fieldset").nth(1).get_by_label("Lời người giúp").check()
    phone.page.get_by_role("button", name="Gửi bản đã chọn").click()
    until(phone.page, [[items(phone.page)[0][0], "received"]])
    points = town.answers(person)["1.1"]
    assert (points[0] != 5, points[1]) == (True, "Lời người giúp")
    phone.close()


def test_an_edit_waits_and_arrives(town: Town) -> None:
    person = town.person("chin")
    with town.database.transaction() as db:
        row = make_evidence(db, person, "Lớp trồng rau")
    phone = town.phone("chin")
    warm(phone, f"/minh-chung/{row}/sua")
    offline(phone, on=True)
    phone.open(f"/minh-chung/{row}/sua").fill(title="Lớp trồng hoa")
    phone.tap("Lưu")
    assert phone.screen == "outbox.mine"
    phone.open(f"/minh-chung/{row}/sua").page.wait_for_selector(".outbox-here")
    assert phone.page.locator("[name=title]").input_value() == "Lớp trồng hoa"
    phone.fill(title="Lớp trồng hoa hồng").tap("Lưu")
    assert items(phone.page) == [["Lớp trồng hoa hồng", "phone"]]
    offline(phone, on=False)
    until(phone.page, [["Lớp trồng hoa hồng", "received"]])
    assert town.written(person) == [("Lớp trồng hoa hồng", 0)]
    phone.close()


@pytest.mark.parametrize("mended", [True, False])
def test_words_for_a_thing_that_was_removed_meanwhile_may_stand_as_another(town: Town, mended: bool) -> None:
    login = "muc" if mended else "mac"
    person = town.person(login)
    with town.database.transaction() as db:
        row = make_evidence(db, person, "Lớp trồng rau")
    phone = town.phone(login)
    warm(phone, f"/minh-chung/{row}/sua")
    offline(phone, on=True)
    phone.open(f"/minh-chung/{row}/sua").fill(title="Lớp trồng hoa")
    phone.tap("Lưu")
    with town.database.transaction() as db:
        evidence_actions.withdraw(db, row, account_id=None)
    offline(phone, on=False)
    until(phone.page, [["Lớp trồng hoa", "care"]])
    phone.open("/hop-gui").page.get_by_text("đã bị bỏ ở nơi khác").wait_for()
    if mended:
        phone.page.get_by_role("link", name="Sửa").click()
        phone.page.wait_for_selector(".outbox-here")
        assert (phone.screen, phone.page.locator("[name=title]").input_value()) == ("evidence.new", "Lớp trồng hoa")
        phone.tap("Lưu việc này")
    else:
        phone.page.get_by_role("button", name="Gửi lại").click()
        until(phone.page, [["Lớp trồng hoa", "received"]])
    assert town.written(person) == [("Lớp trồng hoa", 0)]
    phone.close()


def test_signing_out_asks_about_what_was_not_sent_and_then_wipes(town: Town) -> None:
    person = town.person("muoi")
    phone = town.phone("muoi")
    warm(phone)
    offline(phone, on=True)
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.tap("Lưu việc này")
    page = phone.page
    # As if the server had refused it: neither this page nor the worker sends it meanwhile.
    page.evaluate("async () => { const [i] = await xhht.items(); await xhht.change(i.id, {state: 'care'}) }")
    offline(phone, on=False)
    phone.open("/tai-khoan")
    out = page.locator("form[action='/dang-xuat'] button")
    out.click()
    dialog = page.get_by_role("dialog")
    assert "Còn 1 việc trên máy chưa gửi" in dialog.inner_text()
    if folder := os.environ.get("XHHT_SHOTS"):
        page.screenshot(path=Path(folder) / "outbox-muoi-parting.png")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert len(items(page)) == 1
    out.click()
    page.get_by_role("button", name="Ở lại").click()
    assert phone.screen == "account.mine"
    out.click()
    with page.expect_navigation():
        page.get_by_role("button", name="Thoát và xóa").click()
    phone.settle()
    left = (
        "async () => { const d = await idb.openDB('xhht', 1);"
        " return Promise.all(['items', 'photos', 'drafts'].map(s => d.count(s))) }"
    )
    assert (phone.screen, page.evaluate(left), page.evaluate(KEPT)) == ("public.landing", [0, 0, 0], [])
    assert town.written(person) == []
    phone.complaints.clear()  # of what this test itself cut off
    phone.close()


def test_another_person_on_the_phone_sees_and_sends_nothing_of_it(town: Town) -> None:
    ha, nam = town.person("ha"), town.person("nam")
    phone = town.phone("ha")
    warm(phone)
    offline(phone, on=True)
    phone.open("/minh-chung/moi")
    write(phone, "Lớp của Hà", "red")
    phone.tap("Lưu việc này")
    phone.context.clear_cookies()  # her session ends; she did not sign out
    phone.page.goto("about:blank")
    offline(phone, on=False)
    sign_in(phone, "nam")
    phone.open("/hop-gui").page.get_by_text("Không còn việc nào chờ gửi").wait_for()
    assert (items(phone.page), "Lớp của Hà" in phone.words) == ([], False)
    phone.open("/minh-chung")
    assert "còn trên máy" not in phone.words
    phone.open("/minh-chung/moi")
    write(phone, "Lớp của Nam")
    phone.tap("Lưu việc này")
    assert (town.written(ha), town.written(nam)) == ([], [("Lớp của Nam", 0)])
    phone.open("/tai-khoan")
    phone.page.locator("form[action='/dang-xuat'] button").click()
    phone.page.wait_for_url(town.base + "/")
    sign_in(phone, "ha").open("/hop-gui")
    until(phone.page, [["Lớp của Hà", "received"]])
    assert (town.written(ha), town.written(nam)) == ([("Lớp của Hà", 1)], [("Lớp của Nam", 0)])
    phone.close()


def test_what_was_said_to_be_kept_is_not_said_to_the_next_one_in_this_tab(town: Town) -> None:
    town.person("hopmot"), town.person("hophai")
    phone = Phone(town.browser, town.base, shots="outbox-hopmot", service_workers="block")
    phone.open("/dang-nhap").fill(login="hopmot", password=PASSWORD).tap("Đăng nhập")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp của Tú")
    offline(phone, on=True)
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.get_by_text("Đã cất “Lớp của Tú” trên máy này").wait_for()
    assert phone.page.evaluate("() => ({ ...sessionStorage })") == {}
    # What an older version of the page may have left there goes with its owner too, or is not said.
    phone.page.evaluate("() => sessionStorage.setItem('xhht-kept', 'Lớp của Tú')")
    phone.context.clear_cookies()
    phone.page.goto("about:blank")
    offline(phone, on=False)
    phone.open("/dang-nhap").fill(login="hophai", password=PASSWORD).tap("Đăng nhập")
    phone.open("/hop-gui").page.get_by_text("Không còn việc nào chờ gửi").wait_for()
    assert "Lớp của Tú" not in phone.words
    phone.page.evaluate("() => sessionStorage.setItem('xhht-kept', 'Lớp của Sen')")
    phone.open("/tai-khoan").page.locator("form[action='/dang-xuat'] button").click()
    phone.page.wait_for_url(town.base + "/")
    assert phone.page.evaluate("() => ({ ...sessionStorage })") == {}
    phone.complaints.clear()  # of the network that was not there
    phone.close()


KEPT_FOR = "được cất trên máy cho người đã viết"
IN_STORE = """async () => {
  const d = await xhht.db(), drafts = await d.getAllKeys('drafts');
  return [(await d.getAll('items')).map(i => [i.title, i.state]), (await d.getAll('photos')).length, drafts.length];
}"""


def test_words_left_in_another_tab_are_never_the_next_ones(town: Town) -> None:
    ha, nam = town.person("ha3"), town.person("nam3")
    phone = town.phone("ha3")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp của Hà", "red")
    first, second = phone.page, phone.context.new_page()
    phone.page = second
    phone.open("/tai-khoan")
    second.locator("form[action='/dang-xuat'] button").click()
    second.wait_for_url(town.base + "/")
    sign_in(phone, "nam3")
    first.get_by_role("button", name="Lưu việc này").click()
    first.get_by_text(KEPT_FOR).wait_for()
    assert (first.locator("[name=title]").is_visible(), items(first)) == (False, [])
    assert first.evaluate(IN_STORE) == [[["Lớp của Hà", "phone"]], 1, 0]
    phone.open("/hop-gui").page.get_by_text("Không còn việc nào chờ gửi").wait_for()
    phone.open("/minh-chung")
    assert "Lớp của Hà" not in phone.words
    assert (town.written(ha), town.written(nam)) == ([], [])
    phone.open("/tai-khoan").page.locator("form[action='/dang-xuat'] button").click()
    second.wait_for_url(town.base + "/")
    sign_in(phone, "ha3").open("/hop-gui")
    until(second, [["Lớp của Hà", "received"]])
    assert (town.written(ha), town.written(nam)) == ([("Lớp của Hà", 1)], [])
    phone.close()


def test_words_saved_after_nobody_is_signed_in_wait_for_whoever_wrote_them(town: Town) -> None:
    ha = town.person("ha4")
    phone = town.phone("ha4")
    phone.open("/diem/1.2").page.locator("[name=points]").nth(2).check()
    phone.fill(note="Lời của Hà")
    first, second = phone.page, phone.context.new_page()
    phone.page = second
    phone.open("/tai-khoan")
    second.locator("form[action='/dang-xuat'] button").click()
    second.wait_for_url(town.base + "/")
    second.evaluate("xhht.ready")
    first.locator("main form.form .btns button").first.click()
    first.get_by_text(KEPT_FOR).wait_for()
    assert (town.answers(ha), first.evaluate(IN_STORE)[2]) == ({}, 0)
    sign_in(phone, "ha4").open("/hop-gui")
    awaited(second, f"async () => (await ({ITEMS})()).every(([_title, state]) => state === 'received')")
    assert {code: note for code, (_points, note) in town.answers(ha).items()} == {"1.2": "Lời của Hà"}
    phone.close()


def test_words_saved_while_another_tab_acts_for_somebody_are_ones_own(town: Town) -> None:
    mother, daughter = town.person("me"), town.person("con")
    with town.database.transaction() as db:
        assert daughter.account is not None
        make_helper(db, mother, daughter.account)
    phone = town.phone("con")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp của con", "red")
    first, second = phone.page, phone.context.new_page()
    phone.page = second
    phone.open("/lam-thay")
    with second.expect_navigation():
        second.locator("main form[action^='/lam-thay/'] button").first.click()
    first.get_by_role("button", name="Lưu việc này").click()
    first.get_by_text(KEPT_FOR).wait_for()
    assert first.evaluate(IN_STORE) == [[["Lớp của con", "phone"]], 1, 0]
    assert (town.written(mother), town.written(daughter)) == ([], [])
    phone.open("/minh-chung").tap("Thôi làm thay").open("/hop-gui")
    until(second, [["Lớp của con", "received"]])
    assert (town.written(mother), town.written(daughter)) == ([], [("Lớp của con", 1)])
    phone.close()


def test_an_ended_session_leads_to_signing_in_and_back(town: Town) -> None:
    person = town.person("tu")
    phone = town.phone("tu")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.context.clear_cookies()
    phone.page.get_by_role("button", name="Lưu việc này").click()
    link = phone.page.get_by_role("link", name="Đăng nhập lại để gửi").first
    link.wait_for()
    phone.settle()
    assert items(phone.page) == [["Lớp trồng rau", "phone"]]
    with phone.page.expect_navigation():
        link.click()
    phone.fill(login="tu", password=PASSWORD).tap("Đăng nhập")
    assert phone.screen == "outbox.mine"
    until(phone.page, [["Lớp trồng rau", "received"]])
    assert town.written(person) == [("Lớp trồng rau", 1)]
    phone.close()


def test_signing_out_without_a_network_wipes_and_ends_the_session_later(town: Town) -> None:
    town.person("mot")
    phone = town.phone("mot")
    warm(phone)
    phone.open("/tai-khoan")
    offline(phone, on=True)
    page = phone.page
    page.locator("form[action='/dang-xuat'] button").click()
    page.get_by_role("heading", name="Đã thoát").wait_for()
    assert (page.locator(".places").count(), page.locator(".top-me").count()) == (0, 0)
    page.goto("about:blank")
    offline(phone, on=False)
    for _turn in range(20):  # the worker ends the session when the browser wakes it, else the first page does
        page.goto(town.base + "/minh-chung", wait_until="commit")
        page.wait_for_load_state()
        assert phone.screen in {"account.sign_in", "offline.without"}
        if phone.screen == "account.sign_in":
            break
    assert phone.screen == "account.sign_in"
    phone.complaints.clear()  # of the network that was not there
    phone.close()


def test_a_full_phone_is_said_and_the_form_stays_filled(town: Town) -> None:
    person = town.person("hai")
    phone = town.phone("hai")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    full = "xhht.kept = xhht.keep; xhht.keep = () => Promise.reject(new DOMException('full', 'QuotaExceededError'))"
    phone.page.evaluate(f"() => {{ {full} }}")
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.get_by_text("Máy hết chỗ nên chưa cất được").wait_for()
    assert phone.page.locator("[name=title]").input_value() == "Lớp trồng rau"
    phone.page.evaluate("() => { xhht.keep = xhht.kept }")
    phone.tap("Lưu việc này")
    assert town.written(person) == [("Lớp trồng rau", 1)]
    phone.close()


def test_a_phone_without_a_store_sends_as_any_browser(town: Town) -> None:
    person = town.person("ba")
    phone = town.phone("ba")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.page.evaluate("() => { xhht.keep = () => Promise.reject(new Error('no store')) }")
    phone.tap("Lưu việc này")
    assert (phone.screen, town.written(person)) == ("evidence.mine", [("Lớp trồng rau", 1)])
    phone.close()


def test_a_phone_without_a_store_and_without_a_network_leaves_the_form_filled(town: Town) -> None:
    person = town.person("ba2")
    phone = town.phone("ba2")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.page.evaluate("() => { xhht.keep = () => Promise.reject(new Error('no store')) }")
    offline(phone, on=True)
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.get_by_text("Máy này không cất được").wait_for()
    assert (phone.screen, phone.page.locator("[name=title]").input_value()) == ("evidence.new", "Lớp trồng rau")
    offline(phone, on=False)
    phone.tap("Lưu việc này")
    assert (phone.screen, town.written(person)) == ("evidence.mine", [("Lớp trồng rau", 1)])
    phone.complaints.clear()  # of the network that was not there
    phone.close()


def test_what_cannot_wait_stays_on_its_page_without_a_network(town: Town) -> None:
    """A photo for a thing that has arrived, or another language: no error of the browser's own, and nothing is lost."""
    person = town.person("ly")
    with town.database.transaction() as db:
        row = make_evidence(db, person, "Lớp trồng rau")
    phone = town.phone("ly")
    warm(phone, f"/minh-chung/{row}")
    offline(phone, on=True)
    page = phone.open(f"/minh-chung/{row}").page
    page.set_input_files("#files", [picture("red")])  # type: ignore[list-item]
    page.get_by_text("Đã có 1 tệp").wait_for()
    save = page.locator("form:has(#files) button[type=submit]")
    for button in (save, page.locator("button[name=lang]").first):
        button.click()
        page.get_by_text("Việc này cần có mạng nên chưa làm được").wait_for()
    assert (phone.screen, page.locator(".chosen li").count()) == ("evidence.view", 1)
    offline(phone, on=False)
    page.get_by_text("Việc này cần có mạng").wait_for(state="detached")
    with page.expect_navigation():
        save.click()
    assert town.written(person) == [("Lớp trồng rau", 1)]
    phone.close()


def test_a_full_store_is_known_by_why_its_transaction_ended(town: Town) -> None:
    town.person("hai2")
    phone = town.phone("hai2")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau")
    # A browser breaks the writes off one by one, and says why at their transaction only.
    full = "() => { const put = IDBObjectStore.prototype.put; IDBObjectStore.prototype.put = function (...what) {"
    phone.page.evaluate(
        full + "const asked = put.apply(this, what); if (this.name === 'items') {"
        " Object.defineProperty(this.transaction, 'error', { value: new DOMException('full', 'QuotaExceededError') });"
        " this.transaction.abort(); } return asked; } }"
    )
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.get_by_text("Máy hết chỗ nên chưa cất được").wait_for()
    assert phone.page.locator("[name=title]").input_value() == "Lớp trồng rau"
    phone.close()


def test_two_tabs_and_a_cut_in_the_middle_send_everything_once(town: Town) -> None:
    person = town.person("nam2")
    phone = town.phone("nam2")
    warm(phone)
    offline(phone, on=True)
    for title in ("Lớp một", "Lớp hai"):
        phone.open("/minh-chung/moi")
        write(phone, title, "red", "blue")
        phone.tap("Lưu việc này")
    lost: list[str] = []

    def lose(route: Any) -> None:
        """The server has it, the phone never hears of it: each address once."""
        url = route.request.url
        if url in lost:
            route.continue_()
            return
        lost.append(url)
        route.fetch()
        route.abort()

    phone.context.route(re.compile("/hop-gui/viec"), lose)
    second = phone.context.new_page()
    offline(phone, on=False)
    second.goto(town.base + "/hop-gui")
    for _turn in range(40):
        for page in (phone.page, second):
            page.evaluate("() => { dispatchEvent(new Event('online')) }")
        phone.page.wait_for_timeout(250)
        if all(state == "received" for _title, state in items(second)):
            break
    assert items(second) == [["Lớp một", "received"], ["Lớp hai", "received"]]
    assert town.written(person) == [("Lớp hai", 2), ("Lớp một", 2)]  # the worker may have sent some of it
    phone.complaints.clear()  # of what this test itself cut off
    phone.close()


def test_removing_asks_first(town: Town) -> None:
    person = town.person("sau2")
    phone = town.phone("sau2")
    warm(phone)
    offline(phone, on=True)
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.tap("Lưu việc này")
    phone.page.get_by_role("button", name="Xóa khỏi máy").click()
    phone.page.get_by_role("button", name="Giữ lại").click()
    assert len(items(phone.page)) == 1
    phone.page.get_by_role("button", name="Xóa khỏi máy").click()
    phone.page.get_by_role("dialog").get_by_role("button", name="Xóa").click()
    until(phone.page, [])
    phone.page.get_by_text("Không còn việc nào chờ gửi").wait_for()
    assert phone.page.evaluate(
        "document.activeElement.matches('[data-waiting]')"
    )  # its button is gone, the focus is not
    offline(phone, on=False)
    phone.open("/hop-gui")
    assert town.written(person) == []
    phone.close()


def test_removing_what_is_sent_in_part_says_what_is_lost(town: Town) -> None:
    """The words have arrived, the photo has not: the words stay with the server, and the dialog says so."""
    person = town.person("dan")
    phone = town.phone("dan")
    warm(phone)
    phone.context.route("**/tep", lambda route: route.abort())
    page = phone.open("/minh-chung/moi").page
    write(phone, "Lớp trồng rau", "red")
    page.get_by_role("button", name="Lưu việc này").click()
    page.wait_for_url("**/hop-gui")
    page.get_by_role("button", name="Xóa khỏi máy").wait_for()
    phone.settle()
    assert page.evaluate("async () => (await xhht.items()).map(i => [i.row, i.state])") == [[True, "phone"]]
    for answer, left in (("Giữ lại", 1), ("Xóa", 0)):
        page.get_by_role("button", name="Xóa khỏi máy").click()
        dialog = page.get_by_role("dialog")
        assert dialog.locator("h2").inner_text() == (
            "Xóa “Lớp trồng rau” khỏi danh sách này? Chữ đã được nhận và còn trong Việc học; "
            "ảnh chưa gửi thì không lấy lại được."
        )
        assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth && one.offsetWidth < innerWidth")
        dialog.get_by_role("button", name=answer, exact=True).click()
        dialog.wait_for(state="detached")
        awaited(page, f"async () => (await xhht.items()).length === {left}")
    assert page.evaluate(IN_STORE) == [[], 0, 0]
    phone.context.unroute("**/tep")
    phone.open("/minh-chung")
    page.wait_for_timeout(500)
    assert (town.written(person), "còn trên máy" in phone.words) == ([("Lớp trồng rau", 0)], False)
    phone.complaints.clear()  # of the photo that was cut off
    phone.close()


def test_an_old_browser_without_locks_or_channels_sends_once_too(town: Town) -> None:
    person = town.person("bon")
    phone = Phone(town.browser, town.base, shots="outbox-bon")
    phone.context.add_init_script(
        "for (const name of ['locks', 'serviceWorker', 'storage'])"
        " Object.defineProperty(navigator, name, {value: undefined});"
        "delete self.BroadcastChannel; delete HTMLFormElement.prototype.requestSubmit;"
    )
    phone.open("/dang-nhap").fill(login="bon", password=PASSWORD).tap("Đăng nhập")
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng rau", "red")
    phone.tap("Lưu việc này")
    assert town.written(person) == [("Lớp trồng rau", 1)]
    phone.open("/minh-chung/moi")
    write(phone, "Lớp trồng hoa")
    offline(phone, on=True)
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.get_by_text("Đã cất “Lớp trồng hoa” trên máy này").wait_for()
    assert phone.page.locator("[name=title]").input_value() == ""
    second = phone.context.new_page()
    offline(phone, on=False)
    second.goto(town.base + "/hop-gui")
    until(second, [["Lớp trồng rau", "received"], ["Lớp trồng hoa", "received"]])
    assert town.written(person) == [("Lớp trồng hoa", 0), ("Lớp trồng rau", 1)]
    phone.complaints.clear()  # of the network that was not there
    phone.close()


def test_an_answer_sent_twice_from_the_same_kept_page_overwrites_only_itself(town: Town) -> None:
    person = town.person("khanh")
    phone = town.phone("khanh")
    warm(phone, "/diem/1.1")
    for turn, note in enumerate(("Lần đầu", "Lần hai", "Lần ba")):
        offline(phone, on=True)
        phone.open("/diem/1.1")
        phone.page.locator("[name=points]").nth(1 + turn % 2).check()
        phone.fill(note=note)
        phone.page.locator("main form.form .btns button").first.click()
        phone.page.wait_for_url("**/hop-gui")
        offline(phone, on=False)
        until(phone.page, [["1.1. Đọc, tìm kiếm, cập nhật thông tin", "received"]] * (turn + 1))
    assert town.answers(person)["1.1"][1] == "Lần ba"
    phone.close()
