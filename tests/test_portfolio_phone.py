"""A certificate shown to others, and the picture of ten, under a thumb: copied, sent, big enough, readable by axe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from factories import PASSWORD, YEAR, make_application, make_evidence, make_resident, make_title, make_ward
from phone import Phone, chromium
from playwright.sync_api import Browser
from serving import serving

from xhht_citizen.database import Database

pytestmark = pytest.mark.xdist_group("portfolio_phone")

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
# A phone's own list of ways to send: it keeps what it was given, or is closed, or breaks.
SHARES = """Object.defineProperty(navigator, 'share', { value: async given => {
  window.given = given;
  if (window.fails) throw new DOMException('', window.fails);
} })"""


@dataclass
class Home:
    base: str
    browser: Browser
    share: str

    def phone(self, login: str = "lan", *, script: bool = True, before: str = "") -> Phone:
        phone = Phone(self.browser, self.base, shots=f"year-{login}", script=script)
        if before:
            phone.context.add_init_script(before)
        phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
        return phone


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with chromium() as browser:
        folder = tmp_path_factory.mktemp("portfolio")
        path = folder / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with database.transaction() as db:
            ward = make_ward(db)
            lan = make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
            make_evidence(db, lan, "Chỉ các bác trong tổ đặt lịch khám bệnh trên điện thoại", kind="helping")
            make_application(db, lan, "granted")
            share = f"/qua-trinh-hoc/danh-hieu/{make_title(db, lan, year=YEAR - 1).id}"
            make_application(db, make_resident(db, ward, login="nhap"), "draft", answers={"2.4": 0, "1.3": 5})
            make_application(db, make_resident(db, ward, login="tra"), "returned")
        database.dispose()
        with serving(f"sqlite:///{path}", folder) as server:
            yield Home(f"http://127.0.0.1:{server.port}", browser, share)


@pytest.mark.parametrize("before", ["", NO_CLIPBOARD], ids=["clipboard", "plain http"])
def test_the_link_is_copied_and_that_is_said(home: Home, before: str) -> None:
    phone = home.phone(before=before)
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=home.base)
    page = phone.open(home.share).page
    assert page.get_by_role("button", name="Gửi cho người khác").count() == 0  # this Chromium has no such list
    page.get_by_role("button", name="Chép đường dẫn").click()
    said = page.get_by_role("status").filter(has_text="Đã chép đường dẫn.")
    said.wait_for()
    link = page.locator("#share-link").inner_text()
    if not before:
        assert page.evaluate("navigator.clipboard.readText()") == link
    assert link.startswith(f"{home.base}/kiem-tra/")
    phone.settle().close()


@pytest.mark.parametrize(
    ("fails", "words"),
    [
        ("", "Đã đưa đường dẫn sang ứng dụng ông/bà chọn."),
        ("AbortError", ""),  # closed without choosing: nothing happened, nothing is said
        ("NotAllowedError", "Máy không gửi được. Xin chép đường dẫn, rồi dán vào tin nhắn."),
    ],
)
def test_the_phones_own_list_of_ways(home: Home, fails: str, words: str) -> None:
    phone = home.phone(before=SHARES)
    page = phone.open(home.share).page
    page.evaluate("fails => { window.fails = fails }", fails)
    page.get_by_role("button", name="Gửi cho người khác").click()
    page.wait_for_function("window.given !== undefined")
    page.wait_for_timeout(100)
    assert page.evaluate("window.given") == {
        "title": f"Giấy công nhận Công dân học tập năm {YEAR - 1}",
        "text": f"Giấy công nhận Công dân học tập năm {YEAR - 1}",
        "url": page.locator("#share-link").inner_text(),
    }
    assert page.locator("#share-said").inner_text() == words
    phone.settle().close()


def test_without_script_the_link_is_there_to_be_marked(home: Home) -> None:
    phone = home.phone(script=False)
    page = phone.open(home.share).page
    assert page.get_by_role("button", name="Chép đường dẫn").count() == 0
    assert page.locator("#share-link").evaluate("one => getComputedStyle(one).userSelect") == "all"
    phone.close()


@pytest.mark.parametrize("login", ["lan", "nhap", "tra"])
def test_each_of_the_ten_is_a_thumb_wide(home: Home, login: str) -> None:
    phone = home.phone(login)
    page = phone.open("/nam-nay").page
    boxes = page.locator(".ten a").evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")
    small = [box for box in boxes if box["width"] < 48 or box["height"] < 48]
    assert (len(boxes), small) == (10, [])
    page.locator(".ten a").nth(7).click()
    page.wait_for_url("**/diem/2.4")
    phone.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(home: Home, scheme: str) -> None:
    found = {}
    pages = {"lan": ("/nam-nay", "/qua-trinh-hoc", home.share), "nhap": ("/nam-nay",), "tra": ("/nam-nay",)}
    for login, paths in pages.items():
        phone = home.phone(login)
        phone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for path in paths:
            phone.open(path)
            phone.page.locator("summary").evaluate_all("all => all.forEach(one => { one.parentNode.open = true })")
            wrong = Axe().run(phone.page).response["violations"]
            if wrong:
                found[login, path] = [(one["id"], one["nodes"][0]["html"]) for one in wrong]
        phone.close()
    assert found == {}
