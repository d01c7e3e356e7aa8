"""Journeys in a real browser at 360 x 740: with script and without, by thumb and by keyboard, judged at every screen.

And every screen of everybody who may come, judged by axe-core too, in light and in dark.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
import zxingcpp
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Ward,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from phone import Phone, chromium
from PIL import Image
from playwright.sync_api import Browser, Error
from serving import serving
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Role
from xhht_citizen.applications.rules import State
from xhht_citizen.database import Database
from xhht_citizen.ratios.actions import recount_ward

pytestmark = pytest.mark.xdist_group("phones")  # one server and one browser for all of them
LOGINS = {role: str(role).replace("_", "-") for role in Role}
STATES = [str(state) for state in State]


@dataclass
class Town:
    """A server on a ward with a case in every state, and the browser that visits it."""

    base: str
    browser: Browser
    database: Database
    ward: Ward

    def phone(self, shots: str, login: str | None = None, **how: bool) -> Phone:
        phone = Phone(self.browser, self.base, shots=shots, **how)
        if login:
            phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
            assert phone.screen != "account.sign_in", phone.words
        return phone


def settle(db: Session) -> Ward:
    """A ward as it looks in November: long names, long communities, every state, an officer of every role."""
    ward = make_ward(db, communities=2)
    for community, name in zip(ward.communities, ("Tổ dân phố Vườn Chè", "Tổ dân phố 18"), strict=True):
        community.name = name
    for number, state in enumerate(STATES * 2):
        login = f"dan-{state}" if number < len(STATES) else None
        resident = make_resident(db, ward, community=number % 2, birth_year=1940 + number * 3, login=login)
        make_evidence(db, resident, "Chỉ các bác trong tổ đặt lịch khám bệnh trên điện thoại", ("1.4", "3.2"))
        make_application(db, resident, state, answers={"1.1": 10, "1.2": 10, "2.4": 5})
    child = make_resident(db, ward, login="gia-dinh")
    make_resident(db, ward, household=child.household, birth_year=2012)
    for role in Role:
        make_officer(db, ward, role, LOGINS[role], name="Nguyễn Thị Mẫu Cán Bộ")
    recount_ward(db, ward.code, YEAR)
    return ward


@pytest.fixture(scope="module")
def town(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    if folder := os.environ.get("XHHT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        home = tmp_path_factory.mktemp("phones")
        path = home / "xhht.sqlite3"
        path.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{path}")
        with database.transaction() as db:
            ward = settle(db)
        with serving(f"sqlite:///{path}", home) as server:
            yield Town(f"http://127.0.0.1:{server.port}", browser, database, ward)
        database.dispose()


def photo(turned: int) -> bytes:
    """A picture; another one for each who sends it, because the same one of two people raises a question."""
    made = io.BytesIO()
    Image.linear_gradient("L").rotate(90 * turned).resize((1200, 900)).save(made, "JPEG")
    return made.getvalue()


def sign_up(phone: Phone, name: str, login: str) -> None:
    """A new resident, from the front door to a home in a relative's ward."""
    phone.open("/").tap("Bắt đầu ghi việc học", "link")
    page = phone.fill(name=name, birth="1992", login=login, password=PASSWORD).page
    page.get_by_label("Người lao động").check()
    assert not page.locator("[name=consent]").is_checked()
    phone.tap("Mở tài khoản")
    assert phone.screen == "account.sign_up"  # says what is missing, forgets nothing but the password
    page.locator("[name=consent]").check()
    phone.fill(password=PASSWORD).tap("Mở tài khoản")
    phone.fill(tim="huong tra").tap("Tìm").tap("Phường Hương Trà", "link")
    page.locator("[name=community_id]").select_option(label="Tổ dân phố 18")
    phone.tap("Ghi nơi ở")
    assert phone.screen == "year.home"


@pytest.mark.parametrize("script", [False, True], ids=["no script", "script"])
def test_from_a_photo_to_a_scanned_certificate(town: Town, script: bool) -> None:
    """Journeys 1, 4 and 6: Lan, the officers of her ward, and anybody with the paper in hand."""
    with_script = "script" if script else "plain"
    name = f"Trần Thị Mẫu Lan {'Anh' if script else 'Hương'}"
    lan = town.phone(f"1-lan-{with_script}", script=script)
    sign_up(lan, name, f"lan-{with_script}")

    lan.tap("Ghi một việc đã học", "link")
    lan.page.get_by_label("Lớp học, khóa học").check()
    lan.fill(title="Lớp kỹ năng số cho người bắt đầu", learned_on=f"{TODAY:%d/%m/%Y}", hours="1,5")
    lan.page.locator("[type=file]").set_input_files(
        {"name": "giấy.jpg", "mimeType": "image/jpeg", "buffer": photo(int(script))}
    )
    lan.page.get_by_label("2.1").check()
    lan.tap("Lưu việc này")
    lan.tap("Lớp kỹ năng số cho người bắt đầu", "link")
    assert "giấy.jpg" in lan.words
    lan.open("/nam-nay").tap("Điểm", "link")
    lan.open("/diem/1.1")
    for number in range(10):
        lan.page.get_by_label("10 điểm" if number % 2 else "8 điểm").check()
        lan.fill(note="Cả tổ đều biết.").tap("Lưu, ")
    assert (lan.screen, "90" in lan.words) == ("score.explained", True)
    lan.tap("Hồ sơ", "link").tap("Xem lại và gửi", "link")
    lan.tap("Gửi hồ sơ")
    assert lan.screen == "application.check"
    for tick in ("true", "consent"):
        lan.page.locator(f"[name={tick}]").check()
    lan.tap("Gửi hồ sơ")
    receipt = lan.page.locator(".receipt").inner_text()
    assert (lan.screen, receipt[:9]) == ("application.status", f"19996-{YEAR % 100}-")

    head = town.phone(f"4-chi-hoi-{with_script}", LOGINS[Role.COMMUNITY_HEAD], script=script)
    head.open("/xet-duyet")
    assert name not in head.words  # hers is another community
    head.close()
    with town.database.transaction() as db:
        make_officer(db, town.ward, Role.COMMUNITY_HEAD, f"to-18-{with_script}", community=1)
    head = town.phone(f"4-to-truong-{with_script}", f"to-18-{with_script}", script=script)
    head.tap(name, "link").fill(reason="Cả tổ nhất trí.").tap("Tán thành")
    head.close()

    reviewer = town.phone(f"4-nguoi-xet-{with_script}", LOGINS[Role.WARD_REVIEWER], script=script)
    reviewer.fill(tim=receipt).tap("Lọc").tap(name, "link").tap("Nhận hồ sơ để xét")
    page = reviewer.page
    with page.expect_navigation():
        page.get_by_role("link", name="Ảnh 1").click()
    assert page.evaluate("document.images[0].naturalWidth") > 1000
    page.go_back()
    reviewer.complaints.clear()  # Chromium's own frame around a picture, which the file's policy does not let in
    page.locator("[name='verdict-1.1'][value=confirm]").check(force=True)
    page.locator("[name='verdict-1.2'][value=change]").check(force=True)
    page.locator("[name='points-1.2']").select_option("8")
    reviewer.tap("Lưu ý kiến")
    assert "Xin ghi lý do" in reviewer.words
    page.locator("[name='reason-1.2']").fill("Mới thấy một kế hoạch.")
    reviewer.tap("Lưu ý kiến")
    page.locator("[name=rest]").check()
    reviewer.tap("Đề nghị công nhận")
    assert "88/100" in reviewer.words
    assert reviewer.tap("Hồ sơ kế tiếp", "link").screen == "review.case"
    reviewer.close()
    assert "88" in lan.open("/ho-so").words

    signer = town.phone(f"4-nguoi-ky-{with_script}", LOGINS[Role.WARD_SIGNER], script=script)
    signer.open("/quyet-dinh").page.get_by_label(f"Chọn {name}").check()
    signer.tap("Ghi quyết định")
    decision = f"{501 + script}/QĐ-UBND"
    signer.fill(number=decision, decided_on=f"{TODAY:%d/%m/%Y}", signatory="Nguyễn Mẫu Ký").tap("Công nhận 1 người")
    assert f"Đã công nhận 1 người theo quyết định {decision}." in signer.words
    signer.tap("1 danh hiệu", "link").close()

    lan.open("/ho-so").tap("Xem giấy công nhận", "link")
    shown = lan.page.locator(".cert-foot svg").first.screenshot(scale="device")
    read = zxingcpp.read_barcode(Image.open(io.BytesIO(shown)).resize((360, 360)))
    assert read is not None
    anybody = town.phone(f"6-ai-cung-xem-{with_script}", script=script)
    anybody.open(urlsplit(read.text).path)
    assert "Giấy công nhận còn hiệu lực" in anybody.words
    assert name not in anybody.words
    assert "Trần T. M. L. " in anybody.words
    anybody.open("/kiem-tra").fill(ma="KHONGCOMA1").tap("Kiểm tra")
    assert "Không có giấy công nhận mang mã này" in anybody.words
    anybody.close()
    lan.close()


# What the keyboard is at: its words, and whether anything is drawn around it.
FOCUSED = """() => {
  const one = document.activeElement, label = one.labels && one.labels[0];
  if (one === document.body) return null;
  const near = label && label.querySelector('.choice-body');
  const rings = [getComputedStyle(one), getComputedStyle(one, '::after'), ...(near ? [getComputedStyle(near)] : [])];
  return {
    words: (label || one).textContent.trim(),
    shown: rings.some(ring => ring.outlineStyle !== 'none' && ring.outlineWidth !== '0px'),
  };
}"""


def test_a_case_is_sent_by_keyboard_alone(town: Town) -> None:
    """Tab, space and Enter; where one is can always be seen."""
    with town.database.transaction() as db:
        resident = make_resident(db, town.ward, login="ban-phim")
        make_application(db, resident, "draft")
    phone = town.phone("ban-phim")
    page = phone.open("/dang-nhap").page

    def tab_to(words: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            here = page.evaluate(FOCUSED)
            if here is None:  # between the end of the page and its beginning
                continue
            assert here["shown"], f"nothing shows that one is at {here['words']!r} on {phone.screen}"
            if words in here["words"]:
                return
        raise AssertionError(f"{phone.screen} has no {words!r} for the keyboard")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # "Tới nội dung chính"
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to("Số điện thoại hoặc tên")
    page.keyboard.type("ban-phim")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/nam-nay#main")
    phone.settle()
    tab_to("Hồ sơ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so")
    phone.settle()
    tab_to("Xem lại và gửi")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so/gui")
    phone.settle()
    for words in ("Những việc học tôi ghi", "Tôi đồng ý"):
        tab_to(words)
        page.keyboard.press("Space")
    tab_to("Gửi hồ sơ")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ho-so")
    phone.settle()
    assert page.locator(".receipt").inner_text().startswith(f"19996-{YEAR % 100}-")
    phone.close()


AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = """only => axe.run(document, {resultTypes: ['violations'], runOnly: only}).then(found =>
  found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 140) + ' ' +
    node.any.map(why => why.message).join(' ').slice(0, 160)).slice(0, 3).join(' | ')}`))"""
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
FILES = re.compile(r"/tep/|/so-lieu/danh-hieu|/tai-khoan/du-lieu|/static/")
EMPTY = {"account.sign_up", "evidence.new", "score.indicator", "decisions.new", "account.password", "admin.new_account"}


def judged(phone: Phone) -> list[str]:
    """What axe says of the screen: all its rules in light, contrast again in dark."""
    if not phone.page.evaluate("!!window.axe"):
        phone.page.evaluate(AXE)
    found = []
    for scheme, only in (("light", LEVELS), ("dark", ["color-contrast"])):
        phone.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        kind = "tag" if only is LEVELS else "rule"
        said = phone.page.evaluate(RUN, {"type": kind, "values": only})
        found += [f"{phone.screen} ({phone.page.url}) in {scheme}: {one}" for one in said]
    phone.page.emulate_media(color_scheme="light")
    return found


def walk(phone: Phone, *first: str) -> Iterator[Phone]:
    """Every screen from these addresses on, each kind of address once."""
    waiting, seen = list(first), set()
    while waiting:
        path = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)[0-9A-Z]{10}$|(?<=/)\d[\d.]*$", "*", path.partition("?")[0])
        if kind in seen or FILES.search(path):
            continue
        seen.add(kind)
        try:
            phone.open(path)
        except Error as error:  # a file that is saved, not a screen
            if "Download is starting" not in str(error):
                raise
            continue
        if not phone.screen:  # or one that is shown, such as a PDF
            continue
        yield phone
        links = phone.page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
        waiting += [urljoin(path, link).partition("#")[0] for link in links if not urlsplit(link).netloc]


@pytest.mark.parametrize("who", ["visitor", "citizen", *map(str, Role)])
def test_every_screen_is_for_everybody(town: Town, who: str) -> None:
    """No sideways scroll, nothing too small to tap, no fault of WCAG 2.2 AA; forms that were not right included."""
    login = None if who == "visitor" else "dan-draft" if who == "citizen" else LOGINS[Role(who)]
    phone = town.phone(f"all-{who}", login)
    wrong, screens = [], set()
    doors = ["/", "/dang-ky", "/kiem-tra/KHONGCOMA1"] if who == "visitor" else ["/ban-lam-viec", "/tai-khoan"]
    for page in walk(phone, *doors):
        if page.screen in screens or (who != "visitor" and page.screen.startswith("public.")):
            continue
        screens.add(page.screen)
        wrong += judged(page)
        if page.screen in EMPTY:
            with page.page.expect_navigation():
                page.page.locator("main form[method=post] [type=submit]").first.click()
            wrong += judged(page.settle())
    phone.close()
    assert wrong == []
    assert len(screens) >= {"visitor": 9, "citizen": 15}.get(who, 8), screens


def test_every_answer_to_a_case_is_for_everybody(town: Town) -> None:
    wrong = []
    for state in ("under_review", "returned", "declined", "granted"):
        phone = town.phone(f"state-{state}", f"dan-{state}")
        for path in ("/nam-nay", "/ho-so"):
            wrong += judged(phone.open(path))
        phone.close()
    assert wrong == []
