"""What an elder meets on a citizen's other screens: ways back, errors in focus, a new privacy text, the home screen."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from browser import Browser, words
from factories import KEY, PASSWORD, Ward, make_resident, make_ward
from flask import Flask
from phone import Phone, chromium
from playwright.sync_api import Browser as Chromium
from serving import serving
from sqlalchemy import update

import xhht_citizen
from xhht_citizen.database import Database, now
from xhht_citizen.helping.codes import Purpose, code_hash, new_code
from xhht_citizen.helping.models import Slip
from xhht_citizen.people.models import Consent
from xhht_citizen.people.rules import PRIVACY_VERSION
from xhht_citizen.places import actions as place_lists
from xhht_citizen.places import queries as places

TEMPLATES = Path(xhht_citizen.__path__[0]) / "web" / "templates"
VISITORS = ["/dang-nhap", "/dang-ky", "/tro-giup", "/quyen-rieng-tu", "/kiem-tra", "/kiem-tra/KHONG-CO", "/nhan-ho-so"]
NEWS = "Bản này nói thêm gì"


@pytest.mark.parametrize("path", VISITORS)
def test_an_app_without_a_browsers_buttons_leads_back(app: Flask, path: str) -> None:
    """On a home screen there is no back button: a visitor's pages have no bar of places either."""
    browser = Browser(app).get(path)
    assert (browser.status, browser.links().get("Trang đầu")) == (200, "/")


@pytest.mark.parametrize("path", ["/tro-giup", "/quyen-rieng-tu"])
def test_long_pages_list_what_is_on_them(app: Flask, path: str) -> None:
    text = Browser(app).get(path).text
    asked = re.findall(r'href="#([\w-]+)"', text)
    assert (len(asked) > 7, [one for one in asked if f'id="{one}"' not in text]) == (True, [])


def test_errors_stand_after_the_title_and_take_the_focus(app: Flask) -> None:
    """Without a script the browser itself leads whoever listens or uses keys to what is to be mended."""
    early = []
    for path in TEMPLATES.glob("*/*.html"):
        text = path.read_text("utf-8")
        summary, title = text.find("forms.error_summary("), text.find("ui.page_head(")
        if -1 < summary < title and path.parent.name != "helping":
            early.append(path.name)
    assert early == []
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "", "password": ""})
    assert (browser.status, browser.text.count("autofocus")) == (422, 1)


def summary_of(browser: Browser) -> list[tuple[str, str]]:
    """The lines of the page's error summary, each with the field it leads to."""
    box = next(node for node in browser.page.iter("div") if node.get("class") == "errors")
    return [(link.get("href", ""), words(link)) for link in box.iter("a")]


def test_each_line_of_the_error_summary_names_its_field(app: Flask) -> None:
    """A question keeps its mark, a whole sentence is cut; the same in English."""
    browser = Browser(app).get("/dang-ky").submit("/dang-ky", {"birth": "1990"})
    lines = summary_of(browser)
    assert lines == [
        ("#name", "Họ và tên: Xin ghi họ và tên."),
        ("#learner_group", "Ông/bà thuộc nhóm nào? Xin chọn một nhóm."),
        ("#login", "Số điện thoại hoặc tên đăng nhập: Xin ghi số điện thoại hoặc tên đăng nhập."),
        ("#password", "Mật khẩu: Xin chọn một mật khẩu."),
        (
            "#consent",
            "Tôi đã đọc và đồng ý cho dùng thông tin của tôi để xét danh hiệu…: Cần đánh dấu đồng ý để tiếp tục.",
        ),
    ]
    assert [href for href, _line in lines if f'id="{href[1:]}"' not in browser.text] == []
    browser.submit("/ngon-ngu", button="English")
    browser.get("/dang-ky").submit("/dang-ky", {})
    english = summary_of(browser)
    assert [href for href, _line in english] == ["#name", "#birth", "#learner_group", "#login", "#password", "#consent"]
    assert re.fullmatch(r"[A-Z][a-z ]+: [A-Z].+", english[0][1])
    assert re.fullmatch(r"[A-Z][^:]+\? [A-Z].+", english[2][1])


def test_the_footer_says_the_language_and_offers_the_other(app: Flask) -> None:
    browser = Browser(app).get("/tro-giup")
    assert ("<b>Tiếng Việt</b>" in browser.text, "<b>English</b>" in browser.text) == (True, False)
    browser.submit("/ngon-ngu", button="English")
    assert ("<b>English</b>" in browser.text, "<b>Tiếng Việt</b>" in browser.text) == (True, False)


def test_a_new_privacy_text_asks_again_and_says_what_is_new(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        lan = make_resident(db, make_ward(db), login="lan")
        db.execute(update(Consent).where(Consent.person_id == lan.id).values(text_version="2026-11"))
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    assert (browser.get("/nam-nay").path.partition("?")[0], NEWS in browser.text) == ("/dong-y", True)
    browser.submit(fields={"consent": "y"})
    assert (browser.get("/dong-y").status, NEWS in browser.text) == (200, False)
    with database.read() as db:
        versions = [row.text_version for row in db.query(Consent).order_by(Consent.given_at)]
    assert versions == ["2026-11", PRIVACY_VERSION]  # the earlier one stays, as proof
    browser.submit("/rut-lai")
    assert (NEWS in browser.get("/dong-y").text, "chưa đồng ý bản đang dùng" in browser.text) == (False, True)


def test_who_never_agreed_reads_no_news(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        lan = make_resident(db, make_ward(db), login="lan")
        db.query(Consent).filter(Consent.person_id == lan.id).delete()
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": "lan", "password": PASSWORD})
    assert (NEWS in browser.get("/dong-y").text, "Trước khi ghi việc học" in browser.text) == (False, True)


def test_a_kind_of_place_is_not_a_name(database: Database) -> None:
    """ "phu" is Phú and Phù before any Phường that is not called so."""
    with database.transaction() as db:
        place_lists.load(db)
        names = [hit.name for hit in places.search_communes(db, "phu")]
        assert [name for name in names if " Ph" not in name.removeprefix("Phường").removeprefix("Xã")] == []
        assert (len(names), places.search_communes(db, "phuong huong tra")[0].name) == (20, "Phường Hương Trà")


@dataclass
class Home:
    """A server with a resident and a slip of a second one, and the browser that visits it."""

    base: str
    browser: Chromium
    code: str

    def phone(self, *, script: bool = True, before: str = "", shots: str = "look") -> Phone:
        phone = Phone(self.browser, self.base, shots=shots, script=script)
        if before:
            phone.context.add_init_script(before)
        phone.open("/dang-nhap").fill(login="lan", password=PASSWORD).tap("Đăng nhập")
        return phone.open("/nam-nay")


def slip(database: Database, ward: Ward) -> str:
    code = new_code()
    with database.transaction() as db:
        bay = make_resident(db, ward, birth_year=1956)
        db.add(
            Slip(
                ward_code=ward.code,
                person_id=bay.id,
                purpose=str(Purpose.CLAIM),
                code_hash=code_hash(code, KEY),
                expires_at=now() + timedelta(days=3),
            )
        )
    return code


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    if folder := os.environ.get("XHHT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        folder = tmp_path_factory.mktemp("look")
        path = folder / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with database.transaction() as db:
            ward = make_ward(db)
            make_resident(db, ward, login="lan")
        code = slip(database, ward)
        with serving(f"sqlite:///{path}", folder) as server:
            yield Home(f"http://127.0.0.1:{server.port}", browser, code)
        database.dispose()


# The event of Chromium, which no page can bring about: it comes when the browser thinks fit.
OFFER = """outcome => {
  const event = new Event('beforeinstallprompt', {cancelable: true});
  event.prompt = () => { window.prompted = (window.prompted || 0) + 1; };
  event.userChoice = Promise.resolve({outcome});
  dispatchEvent(event);
  return event.defaultPrevented;
}"""
APPLE = """Object.defineProperty(navigator, 'standalone', {value: false});
Object.defineProperty(navigator, 'maxTouchPoints', {value: 5});"""
ALONE = "Object.defineProperty(navigator, 'standalone', {value: true})"
in_chromium = pytest.mark.xdist_group("phones")


@in_chromium
def test_the_home_screen_is_offered_once(home: Home) -> None:
    phone = home.phone()
    card = phone.page.locator("#install")
    assert (card.count(), phone.page.evaluate(OFFER, "dismissed"), card.count()) == (0, True, 1)
    phone.settle()
    card.get_by_role("button", name="Không cần").click()
    assert (card.count(), phone.page.evaluate("document.activeElement.id")) == (0, "main")
    phone.open("/nam-nay")
    phone.page.evaluate(OFFER, "dismissed")
    assert card.count() == 0
    # The help page still does it, for who changes their mind.
    phone.open("/tro-giup")
    button = phone.page.locator("[data-install]").get_by_role("button")
    assert (button.count(), phone.page.locator("[data-install]").is_visible()) == (0, False)
    phone.page.evaluate(OFFER, "accepted")
    button.click()
    assert (phone.page.evaluate("window.prompted"), button.count()) == (1, 0)
    phone.close()


@in_chromium
def test_a_yes_to_the_card_asks_the_browser(home: Home) -> None:
    phone = home.phone()
    phone.page.evaluate(OFFER, "accepted")
    phone.page.locator("#install").get_by_role("button", name="Đặt ra màn hình chính").click()
    assert (phone.page.evaluate("window.prompted"), phone.page.locator("#install").count()) == (1, 0)
    phone.page.evaluate("dispatchEvent(new Event('appinstalled'))")
    assert "“Học tập”" in phone.page.locator("#note-install").inner_text()
    phone.close()


@in_chromium
@pytest.mark.parametrize(("before", "script", "cards"), [(APPLE, True, 1), (ALONE, True, 0), ("", False, 0)])
def test_apples_phones_are_told_how(home: Home, before: str, script: bool, cards: int) -> None:
    phone = home.phone(before=before, script=script, shots=f"look-{cards}")
    card = phone.page.locator("#install")
    assert card.count() == cards
    if cards:
        assert "Thêm vào MH chính" in card.inner_text()
        phone.tap("Xem từng bước", "link")
        assert phone.screen == "public.help"
    phone.close()


@in_chromium
@pytest.mark.parametrize("script", [False, True], ids=["no script", "script"])
def test_a_slip_is_claimed_from_the_front_door(home: Home, script: bool) -> None:
    """Down to the form that makes the account; the second to come finds the slip as it was."""
    phone = Phone(home.browser, home.base, shots=f"look-slip-{script}", script=script)
    phone.open("/").tap("Ghi mã trên phiếu", "link")
    phone.fill(code="", birth_year="").tap("Tiếp tục")
    assert phone.page.evaluate("document.activeElement.className") == "errors"
    phone.fill(code=home.code, birth_year="1956").tap("Tiếp tục")
    assert phone.screen == "claim.account"
    phone.fill(login="bay1956", password="du-dai-27").tap("Nhận hồ sơ")
    assert "Xin gõ lại: mật khẩu không giữ" in phone.words
    phone.page.locator("[name=consent]").check()
    phone.fill(login="bay1956", password="ngan").tap("Nhận hồ sơ")
    assert "Mật khẩu cần ít nhất 8 chữ hoặc số." in phone.words
    phone.open("/doi-nguoi").open("/dang-ky")
    phone.close()


# Where the words of the bottom bar stand in it: left, right, top, bottom of each; and how wide the bar is.
LABELS = """() => [document.querySelector('.places').clientWidth, [...document.querySelectorAll('.places a')].map(link => {
  const range = document.createRange();
  range.selectNodeContents([...link.childNodes].find(node => node.nodeType === 3 && node.textContent.trim()));
  const {left, right, top, bottom} = range.getBoundingClientRect();
  return [Math.round(left), Math.round(right), Math.round(top), Math.round(bottom)];
})]"""


@in_chromium
@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize("width", [320, 360])
def test_words_of_the_bottom_bar_keep_apart_at_any_size(home: Home, lang: str, width: int) -> None:
    """The reader's sizes, and twice the size; on the narrowest phone there is."""
    phone = home.phone()
    if lang == "en":
        phone.page.locator("[name=lang]").click()
        phone.page.wait_for_selector("html[lang=en]")
    phone.page.set_viewport_size({"width": width, "height": 640})
    close = []
    for size, scale in (("", ""), ("text-large", ""), ("text-largest", ""), ("", "200%")):
        phone.page.evaluate(
            "([size, scale]) => { const root = document.documentElement; root.className = size;"
            " root.style.fontSize = scale; }",
            [size, scale],
        )
        whole, words = phone.page.evaluate(LABELS)
        assert len(words) == 5
        for at, (left, right, top, bottom) in enumerate(words):
            if left < 0 or right > whole:
                close.append((size, scale, at, "cut"))
            for other, (start, end, over, under) in enumerate(words[:at]):
                if left < end + 4 and start < right + 4 and top < under and over < bottom:
                    close.append((size, scale, other, at))
    phone.context.close()
    assert close == []
