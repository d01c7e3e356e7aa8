"""Drafts on a real phone: saved while one types, there again after closing, kept without a network, never a ghost."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from factories import PASSWORD, make_application, make_evidence, make_resident, make_ward
from phone import Phone, chromium
from playwright.sync_api import Browser, Page
from serving import serving
from sqlalchemy import select

from xhht_citizen.database import Database
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Account
from xhht_citizen.people.sessions import sign_out_everywhere
from xhht_citizen.phones.models import Draft

pytestmark = pytest.mark.xdist_group("phones")
NEW = "/minh-chung/moi"
# A phone with one voice on it, and one that would send the words elsewhere.
VOICES = """() => {
  const said = window.said = [];
  const voices = %s;
  class Utterance { constructor(text) { this.text = text; } }
  window.SpeechSynthesisUtterance = Utterance;
  Object.defineProperty(window, 'speechSynthesis', { value: {
    getVoices: () => voices, addEventListener() {}, cancel() { said.push('#cancel'); },
    speak(one) { said.push(one.text); },
  } });
}"""


@dataclass
class Town:
    """One server, one browser, one resident after the other."""

    base: str
    browser: Browser
    database: Database
    made: int = 0

    def resident(self, *, answered: bool = False) -> str:
        """A new resident's log-in; `answered`: with something learned and every indicator answered."""
        self.made += 1
        login = f"may{self.made}"
        with self.database.transaction() as db:
            resident = make_resident(db, make_ward(db, f"2{self.made:04}", "Phường Kim Trà"), login=login)
            if answered:
                make_evidence(db, resident, "Kỹ thuật trồng rau an toàn", ("1.1",))
                make_application(db, resident, "draft")
        return login

    def phone(self, login: str, *, script: bool = True, voices: str = "") -> Phone:
        """Their phone, signed in."""
        phone = Phone(self.browser, self.base, shots=f"nhap-{login}", script=script)
        if voices:
            phone.context.add_init_script(f"({VOICES % voices})()")
        phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
        return phone

    def typed(self) -> list[dict[str, list[str]]]:
        """What waits on the server."""
        with self.database.read() as db:
            return [row.fields for row in db.scalars(select(Draft).order_by(Draft.saved_at))]


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with chromium() as browser:
        home = tmp_path_factory.mktemp("drafts")
        path = home / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with serving(f"sqlite:///{path}", home) as server:
            yield Town(f"http://127.0.0.1:{server.port}", browser, database)
        database.dispose()


def until(phone: Phone, holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that comes by itself; the page goes on meanwhile."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        phone.page.wait_for_timeout(100)


def title(phone: Phone) -> str:
    """What stands in the form."""
    return phone.page.locator("[name=title]").input_value()


def line(phone: Phone) -> str:
    """What the page says of the draft."""
    return phone.page.locator(".draft-line").inner_text()


def test_what_is_typed_is_there_again_on_any_phone(town: Town) -> None:
    login = town.resident()
    phone = town.phone(login).open(NEW)
    assert not phone.page.get_by_role("button", name="Lưu và tiếp tục").is_visible()
    phone.page.locator("[name=title]").press_sequentially("Lớp trồng rau", delay=5)
    until(phone, lambda: "Đã lưu nháp lúc" in line(phone))
    assert town.typed()[-1]["title"] == ["Lớp trồng rau"]
    phone.page.locator("[name=title]").press_sequentially(" sạch", delay=5)
    phone.page.goto("about:blank")  # closed within the three seconds
    until(phone, lambda: town.typed()[-1]["title"] == ["Lớp trồng rau sạch"])
    phone.close()
    other = town.phone(login).open(NEW)
    assert ("Đã điền lại bản nháp lưu lúc" in other.words, title(other)) == (True, "Lớp trồng rau sạch")
    other.tap("Bỏ bản nháp")
    assert (other.screen, title(other)) == ("evidence.new", "")
    other.close()


def test_without_a_network_the_phone_keeps_it(town: Town) -> None:
    phone = town.phone(town.resident()).open(NEW)
    before = len(town.typed())
    phone.context.set_offline(True)
    phone.fill(title="Viết lúc mất mạng")
    until(phone, lambda: "Chưa có mạng, giữ trên máy" in line(phone))
    phone.context.set_offline(False)
    until(phone, lambda: "Đã lưu nháp lúc" in line(phone))
    assert town.typed()[before:][-1]["title"] == ["Viết lúc mất mạng"]
    phone.complaints.clear()
    phone.close()


def test_a_page_kept_from_another_session_saves_as_well(town: Town) -> None:
    phone = town.phone(town.resident()).open(NEW)
    before = len(town.typed())
    phone.page.evaluate("() => { document.querySelector('form[data-draft]').elements.csrf_token.value = 'old'; }")
    phone.fill(title="Trang lưu từ phiên trước")
    until(phone, lambda: line(phone) != "")
    assert "Đã lưu nháp lúc" in line(phone)
    assert [one["title"] for one in town.typed()[before:]] == [["Trang lưu từ phiên trước"]]
    phone.close()


def test_a_phone_that_was_closed_without_a_network_fills_the_form_again(town: Town) -> None:
    phone = town.phone(town.resident()).open(NEW)
    before = town.typed()
    phone.page.route("**/nhap", lambda route: route.abort())
    phone.fill(title="Chỉ có trên máy")
    until(phone, lambda: "giữ trên máy" in line(phone))
    assert town.typed() == before
    phone.page.unroute("**/nhap")
    phone.open("/nam-nay").open(NEW)
    until(phone, lambda: title(phone) == "Chỉ có trên máy")
    assert "Đã điền lại bản nháp giữ trên máy lúc" in phone.words
    until(phone, lambda: town.typed() != before)
    assert town.typed()[-1]["title"] == ["Chỉ có trên máy"]
    phone.settle()
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Bỏ bản nháp").click()
    phone.settle()
    assert title(phone) == ""
    assert town.typed()[-1] == {}
    phone.complaints.clear()
    phone.close()


# What the phone wrote down as a page ended, read on a page without our scripts: of which pages, and the words.
WRITTEN = """() => Object.keys(localStorage).filter(name => name.startsWith('draft|'))
  .map(name => [name.split('|')[2], JSON.parse(localStorage[name]).fields.title[0]])"""
STORED = "async () => (await (await xhht.db()).getAll('drafts')).map(one => one.fields.title[0])"
# As in a browser that ends at once: neither the network nor the store answers any more.
STUCK = "() => { xhht.db = self.fetch = () => new Promise(() => {}); }"
TYPE = """words => {
  const input = document.querySelector('main [name=title]');
  input.value = words;
  input.dispatchEvent(new Event('input', {bubbles: true}));
"""
HIDE = """  Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});
  document.dispatchEvent(new Event('visibilitychange'));
"""


def plain(phone: Phone) -> Page:
    """A page of this server that has none of our scripts."""
    phone.page.goto(phone.base + "/suc-khoe")
    return phone.page


@pytest.mark.parametrize("end", ["closed", "put away and ended"])
def test_words_typed_as_the_page_ends_are_written_down_at_once(town: Town, end: str) -> None:
    """Within the 300 ms before the phone's store is told; moved there by the next page, whichever that is."""
    phone = town.phone(town.resident()).open(NEW)
    phone.page.evaluate("xhht.ready")
    before = town.typed()
    phone.page.evaluate(STUCK)
    if end == "closed":
        with phone.page.expect_navigation():
            phone.page.evaluate(TYPE + "location.href = '/suc-khoe'; }", "Chữ cuối cùng")
    else:
        phone.page.evaluate(TYPE + HIDE + "}", "Chữ cuối cùng")
        phone.page.close()
        phone.page = phone.context.new_page()
        plain(phone)
    assert (phone.page.evaluate(WRITTEN), town.typed()) == ([[NEW, "Chữ cuối cùng"]], before)
    phone.open("/nam-nay")
    until(phone, lambda: phone.page.evaluate(STORED) == ["Chữ cuối cùng"])
    assert phone.page.evaluate(WRITTEN) == []
    phone.open(NEW)
    until(phone, lambda: title(phone) == "Chữ cuối cùng")
    assert "Đã điền lại bản nháp giữ trên máy lúc" in phone.words
    until(phone, lambda: "Đã lưu nháp lúc" in line(phone))
    assert (town.typed()[-1]["title"], phone.page.evaluate(STORED)) == (["Chữ cuối cùng"], [])
    phone.complaints.clear()
    phone.close()


def test_what_was_written_down_gives_way_to_later_words_and_to_what_was_sent(town: Town) -> None:
    phone = town.phone(town.resident()).open(NEW)
    phone.page.evaluate("xhht.ready")
    phone.page.route("**/nhap", lambda route: route.abort())
    phone.fill(title="Chữ sau")
    until(phone, lambda: "giữ trên máy" in line(phone))
    owner = phone.page.locator("body").get_attribute("data-owner")
    older = {"fields": {"title": ["Chữ trước"]}, "saved": 1, "at": 1, "who": ""}
    write = "([name, draft]) => localStorage.setItem(name, JSON.stringify(draft))"
    plain(phone).evaluate(write, [f"draft|{owner}|{NEW}", older])
    phone.open("/nam-nay")
    until(phone, lambda: phone.page.evaluate(WRITTEN) == [])
    assert phone.page.evaluate(STORED) == ["Chữ sau"]
    # Put away, looked at again, and sent: what was written down meanwhile is no draft any more.
    phone.open(NEW)
    until(phone, lambda: title(phone) == "Chữ sau")
    phone.page.evaluate(TYPE + HIDE + "}", "Chữ đã gửi")
    assert phone.page.evaluate(WRITTEN) == [[NEW, "Chữ đã gửi"]]
    phone.page.unroute("**/nhap")
    phone.page.locator("[name=kind][value=course]").check()
    phone.fill(learned_on="1/3/2026").tap("Lưu việc này")
    assert (phone.screen, phone.page.evaluate(WRITTEN), phone.page.evaluate(STORED)) == ("evidence.mine", [], [])
    phone.open(NEW)
    phone.page.wait_for_timeout(500)
    assert title(phone) == ""
    phone.complaints.clear()
    phone.close()


@pytest.mark.parametrize("how", ["cookie lost", "ended elsewhere"])
def test_after_the_session_ended_the_line_says_so_and_signing_in_brings_the_words_back(town: Town, how: str) -> None:
    login = town.resident()
    phone = town.phone(login).open(NEW)
    before = town.typed()
    if how == "cookie lost":
        phone.context.clear_cookies()
    else:
        with town.database.transaction() as db:
            sign_out_everywhere(db, db.scalars(select(Account.id).where(Account.login == login)).one())
    phone.fill(title="Viết khi đã hết phiên")
    until(phone, lambda: line(phone) != "")
    ended = r"Đã hết phiên đăng nhập\. Chữ giữ trên máy lúc \d\d:\d\d, đăng nhập lại là còn\."
    assert re.fullmatch(ended, line(phone))
    assert town.typed() == before
    phone.settle().open(NEW)
    assert phone.screen == "account.sign_in"
    phone.fill(login=login, password=PASSWORD).tap("Đăng nhập")
    assert phone.screen == "evidence.new"
    until(phone, lambda: title(phone) == "Viết khi đã hết phiên")
    until(phone, lambda: town.typed() != before)
    assert town.typed()[-1]["title"] == ["Viết khi đã hết phiên"]
    phone.complaints.clear()
    phone.close()


def test_signing_out_saves_what_only_the_phone_has_or_asks_about_it(town: Town) -> None:
    phone = town.phone(town.resident()).open(NEW)
    before = town.typed()
    phone.page.route("**/nhap", lambda route: route.abort())
    phone.fill(title="Chỉ có trên máy")
    until(phone, lambda: "giữ trên máy" in line(phone))
    phone.open("/tai-khoan")
    out = phone.page.locator("form[action='/dang-xuat'] button")
    out.click()
    dialog = phone.page.get_by_role("dialog")
    assert "Có 1 bản nháp chỉ nằm trên máy này" in dialog.inner_text()
    dialog.get_by_role("button", name="Gửi ngay rồi thoát").click()
    dialog.get_by_text("Có 1 bản nháp").wait_for()  # asked again: it did not go
    phone.page.get_by_role("button", name="Ở lại").click()
    assert town.typed() == before
    phone.page.unroute("**/nhap")
    out.click()
    phone.page.wait_for_url(town.base + "/")
    assert town.typed()[len(before) :][-1]["title"] == ["Chỉ có trên máy"]
    phone.complaints.clear()
    phone.close()


def test_an_identity_number_is_written_down_neither_here_nor_there(town: Town) -> None:
    """One's own details are saved while they are typed, but for the number; a closing page writes it down no more."""
    number, kept = (
        "001192000123",
        """async () => {
      const db = await xhht.db(), drafts = await db.getAll("drafts");
      return JSON.stringify([drafts, Object.entries(localStorage)]);
    }""",
    )
    phone = town.phone(town.resident()).open("/tai-khoan/thong-tin")
    phone.context.set_offline(True)
    phone.fill(citizen_id=number, name="Trần Mẫu Mới")
    until(phone, lambda: "giữ trên máy" in line(phone))
    phone.page.evaluate("() => { dispatchEvent(new Event('pagehide')); }")
    here = phone.page.evaluate(kept)
    assert ("Trần Mẫu Mới" in here, number in here) == (True, False)
    phone.context.set_offline(False)
    until(phone, lambda: "Đã lưu nháp" in line(phone))
    assert (town.typed()[-1]["name"], "citizen_id" in town.typed()[-1]) == (["Trần Mẫu Mới"], False)
    phone.open("/tai-khoan/thong-tin")
    fields = [phone.page.locator(f"[name={name}]").input_value() for name in ("name", "citizen_id")]
    assert ("Đã điền lại bản nháp" in phone.words, fields) == (True, ["Trần Mẫu Mới", ""])
    phone.complaints.clear()
    phone.close()


def test_what_was_sent_is_no_draft_any_more(town: Town) -> None:
    """Also where the last save was still on its way as the form was sent."""
    phone = town.phone(town.resident()).open(NEW)
    held: list[bytes] = []
    phone.page.route("**/nhap", lambda route: (held.append(route.request.post_data_buffer or b""), route.abort()))
    phone.page.get_by_text("Lớp học, khóa học").first.click()
    phone.fill(title="Lớp đã nộp", learned_on="1/3/2026")
    until(phone, lambda: bool(held))
    phone.page.unroute("**/nhap")
    # As a phone without the outbox sends it: the whole form, by the browser.
    phone.page.evaluate("() => document.querySelector('form[data-draft]').removeAttribute('data-outbox')")
    phone.page.get_by_role("button", name="Lưu việc này").click()
    phone.page.wait_for_url("**/minh-chung")
    phone.open(NEW)
    phone.page.wait_for_timeout(500)
    assert (title(phone), "bản nháp" in phone.words) == ("", False)
    assert town.typed()[-1] == {}
    with town.database.read() as db:
        sent = select(Evidence.title).where(Evidence.title.startswith("Lớp"))
        assert db.scalars(sent).all() == ["Lớp đã nộp"]
    phone.complaints.clear()
    phone.close()


def test_another_person_on_the_same_phone_sees_no_draft_of_the_first(town: Town) -> None:
    first, second = town.resident(), town.resident()
    phone = town.phone(first).open(NEW)
    phone.page.route("**/nhap", lambda route: route.abort())
    phone.fill(title="Của người thứ nhất")
    until(phone, lambda: "giữ trên máy" in line(phone))
    phone.context.clear_cookies()  # the session ended; nobody signed out
    phone.page.unroute("**/nhap")
    phone.open("/dang-nhap").fill(login=second, password=PASSWORD).tap("Đăng nhập")
    phone.open(NEW)
    phone.page.wait_for_timeout(500)
    assert title(phone) == ""
    phone.complaints.clear()
    phone.close()


def test_the_line_is_not_read_aloud_for_every_save(town: Town) -> None:
    phone = town.phone(town.resident()).open("/diem/1.1")
    phone.page.evaluate(
        """() => { window.heard = []; new MutationObserver(all => heard.push(...all.map(one => 1)))
        .observe(document.querySelector('.draft-said'), {childList: true}); }"""
    )
    for words in ("Một.", "Hai.", "Ba."):
        phone.page.locator("[name=note]").fill(words)
        phone.page.evaluate("() => { window.at = document.querySelector('.draft-line').textContent; }")
        until(phone, lambda wanted=words: any(row.get("note") == [wanted] for row in town.typed()))
    until(phone, lambda: "Đã lưu nháp" in line(phone))
    assert len(phone.page.evaluate("() => window.heard")) == 1
    phone.close()


def test_questions_are_read_by_a_voice_of_the_phone_only(town: Town) -> None:
    login = town.resident()
    here = "[{lang: 'vi_VN', localService: true}, {lang: 'vi-VN', localService: false}]"
    phone = town.phone(login, voices=here).open("/diem/1.1")
    button = phone.page.get_by_role("button", name="Đọc to").first
    button.focus()
    phone.page.keyboard.press("Enter")
    said = phone.page.evaluate("() => window.said")
    assert said[0].startswith("1.1. ")
    assert [one for one in said if "Đọc to" in one] == []
    assert phone.page.get_by_role("button", name="Dừng đọc: 1.1.").count() == 1
    phone.page.keyboard.press("Enter")
    assert phone.page.evaluate("() => window.said.at(-1)") == "#cancel"
    ladder = phone.page.get_by_role("button", name="Đọc to: Mức nào đúng với ông/bà?")
    ladder.click()
    assert any("10 điểm" in one for one in phone.page.evaluate("() => window.said"))
    for path in (NEW, "/tro-giup"):
        phone.open(path)
        assert phone.page.get_by_role("button", name="Đọc to").count() > 1
    phone.close()
    for voices in ("[{lang: 'vi-VN', localService: false}]", "[{lang: 'en-US', localService: true}]", "[]"):
        phone = town.phone(login, voices=voices).open("/diem/1.1")
        assert phone.page.get_by_role("button", name="Đọc to").count() == 0
        phone.close()


@pytest.mark.parametrize("size", ["Lớn", "Rất lớn"])
def test_large_letters_fit_the_phone(town: Town, size: str) -> None:
    """`Phone.settle` finds a page that is too wide, words cut off, and things to tap on one another."""
    phone = town.phone(town.resident(answered=True), script=False)
    phone.page.get_by_role("button", name=size, exact=True).click()
    for path in (
        *("/nam-nay", "/minh-chung", NEW, "/diem", "/diem/1.1", "/ho-so", "/ho-so/gui", "/gia-dinh", "/tai-khoan"),
        *("/tai-khoan/thong-tin", "/noi-o", "/thong-bao", "/tai-khoan/nguoi-lam-thay", "/tro-giup", "/quyen-rieng-tu"),
        *("/", "/kiem-tra", "/dong-y"),
    ):
        phone.open(path)
    phone.close()
