"""The evidence form in a real browser's hand: the camera, photos made small, their codes, days by a tap."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from factories import PASSWORD, TODAY, YEAR, make_resident, make_ward
from phone import Phone, chromium
from PIL import Image, ImageDraw
from serving import serving
from sqlalchemy import select

from xhht_citizen import clock
from xhht_citizen.database import Database
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.evidence.queries import all_of_person

pytestmark = pytest.mark.xdist_group("hands")
# The reader of codes that phones have and this browser may not: it says what the page tells it to.
READER = """
self.BarcodeDetector = class {
  async detect(picture) { return picture.width && self.name ? [{rawValue: self.name}] : []; }
};
"""
CARRIED = """async () => {
  const found = [];
  for (const file of document.querySelector('#files').files) {
    const {width, height} = await createImageBitmap(file);
    const words = await file.text();
    found.push({name: file.name, type: file.type, size: file.size, width, height, maker: words.includes('MAKER')});
  }
  return found;
}"""
# The corner that is red when the picture stands upright, as the browser decodes the carried file.
CORNER = """async () => {
  const bitmap = await createImageBitmap(document.querySelector('#files').files[0]);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const pen = canvas.getContext('2d');
  pen.drawImage(bitmap, 0, 0);
  return [...pen.getImageData(60, 60, 1, 1).data].slice(0, 3).map(part => Math.round(part / 255));
}"""


def photo(size: tuple[int, int] = (4000, 3000), turned: bool = False, shade: int = 40) -> bytes:
    """A grainy photo of a certificate with a red corner at its top left; `turned`: the camera lay on its side."""
    made = Image.effect_noise(size, shade).convert("RGB")
    pen = ImageDraw.Draw(made)
    pen.rectangle((size[0] // 10, size[1] // 10, size[0] * 9 // 10, size[1] * 9 // 10), fill=(250, 245, 230))
    pen.rectangle((0, 0, size[0] // 8, size[1] // 8), fill=(255, 0, 0))
    exif = Image.Exif()
    exif[0x010F] = "MAKER"
    if turned:
        made, exif[0x0112] = made.transpose(Image.Transpose.ROTATE_90), 6
    out = io.BytesIO()
    made.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def file(name: str, body: bytes, kind: str = "image/jpeg") -> dict[str, object]:
    return {"name": name, "mimeType": kind, "buffer": body}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hands")


@pytest.fixture(scope="module")
def database(sqlite_template: Path, home: Path) -> Iterator[Database]:
    if folder := os.environ.get("XHHT_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    path = home / "xhht.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.transaction() as db:
        ward = make_ward(db)
        for login in ("lan", "nga", "tho"):
            make_resident(db, ward, login=login)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def enter(database: Database, home: Path) -> Iterator[object]:
    """A phone somebody has signed in on, at the form."""
    with chromium() as browser, serving(f"sqlite:///{home / 'xhht.sqlite3'}", home) as server:

        def sign_in(login: str, **how: bool) -> Phone:
            phone = Phone(browser, f"http://127.0.0.1:{server.port}", shots=f"hands-{login}", **how)
            phone.context.add_init_script(READER)
            phone.open("/dang-nhap").fill(login=login, password=PASSWORD).tap("Đăng nhập")
            return phone.open("/minh-chung/moi")

        yield sign_in


def evidence(database: Database, login: str) -> list[Evidence]:
    from xhht_citizen.people.models import Account

    with database.read() as db:
        account = db.scalars(select(Account).where(Account.login == login)).one()
        assert account.person_id is not None
        return list(all_of_person(db, account.person_id))


def finish(phone: Phone, title: str) -> Phone:
    phone.page.locator("label.choice", has_text="Chứng chỉ, giấy chứng nhận").click()
    return phone.fill(title=title)


def test_the_form_fits_a_phone_at_twice_its_size(enter: object) -> None:
    """200 % of 360 pixels leaves 180; letters twice as large leave as little to a line that may not break."""
    phone = enter("nga")  # type: ignore[operator]
    page = phone.page
    wide = """() => [...document.querySelectorAll('main legend, main label')]
      .filter(one => one.scrollWidth > innerWidth).length"""
    page.set_viewport_size({"width": 180, "height": 370})
    scrolls = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert (scrolls, page.evaluate(wide)) == (0, 0)
    page.evaluate("document.documentElement.style.fontSize = ''")
    phone.close()


def test_a_photo_is_made_small_and_upright_before_it_is_sent(enter: object, database: Database) -> None:
    phone = enter("lan")  # type: ignore[operator]
    page = phone.page
    assert page.locator("main input[type=file]").first.get_attribute("capture") == "environment"
    with page.expect_file_chooser() as chooser:  # one tap on the words opens it
        page.locator("label", has_text="Chụp giấy chứng nhận").click()
    chooser.value.set_files(file("IMG_1.JPG", photo(turned=True)))  # type: ignore[arg-type]
    page.get_by_text("Đã có 1 tệp").wait_for()
    page.set_input_files("#files", [file("hai.jpg", photo(shade=90)), file("giay.pdf", b"%PDF-1.4", "application/pdf")])  # type: ignore[list-item]
    page.get_by_text("Đã có 3 tệp").wait_for()
    first, second, third = page.evaluate(
        CARRIED.replace("createImageBitmap(file)", "createImageBitmap(file).catch(() => ({}))")
    )
    assert (first["name"], first["type"], first["width"], first["height"]) == ("IMG_1.jpg", "image/jpeg", 1600, 1200)
    assert (second["width"], second["height"], third["name"]) == (1600, 1200, "giay.pdf")
    assert [one["size"] < 400_000 for one in (first, second)] == [True, True], (first, second)
    assert [one["maker"] for one in (first, second)] == [False, False]
    assert page.evaluate(CORNER) == [1, 0, 0]
    assert page.locator("#files-camera").evaluate("input => input.files.length") == 0
    phone.settle()
    shown = page.locator(".chosen li")
    assert [row.locator("b").inner_text() for row in shown.all()] == ["IMG_1.jpg", "hai.jpg", "giay.pdf"]
    assert [row.locator("img").count() for row in shown.all()] == [1, 1, 0]
    page.get_by_role("button", name="Bỏ “giay.pdf”").click()
    assert [one["name"] for one in page.evaluate(CARRIED)] == ["IMG_1.jpg", "hai.jpg"]
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Bỏ “hai.jpg”"
    finish(phone, "Chứng chỉ tin học")
    page.get_by_role("button", name="Hôm qua").click()
    phone.tap("Lưu việc này")
    (row,) = evidence(database, "lan")
    assert (row.learned_on, [one.original_name for one in row.files]) == (
        clock.today() - timedelta(days=1),
        ["IMG_1.jpg", "hai.jpg"],
    )
    phone.close()


def test_who_saves_at_once_sends_the_small_photo(enter: object, database: Database) -> None:
    phone = enter("nga")  # type: ignore[operator]
    finish(phone, "Lớp vẽ").fill(learned_on=f"1/2/{YEAR}")
    phone.page.set_input_files("#files-camera", file("a.jpg", photo((6000, 4500))))  # type: ignore[arg-type]
    phone.tap("Lưu việc này")
    (row,) = evidence(database, "nga")
    assert [(one.original_name, one.content_type) for one in row.files] == [("a.jpg", "image/webp")]
    phone.close()


def test_days_and_codes_by_a_tap(enter: object) -> None:
    phone = enter("tho")  # type: ignore[operator]
    page = phone.page
    day, found = page.locator("[name=learned_on]"), []
    for words in ("Hôm nay", "Hôm qua", "Chủ nhật vừa rồi"):
        page.get_by_role("button", name=words).click()
        found.append(day.input_value())
    today = clock.today()
    sunday = today - timedelta(days=today.isoweekday() % 7 or 7)
    assert found == [f"{one:%d/%m/%Y}" for one in (today, today - timedelta(days=1), sunday)]
    page.locator(".day-calendar").evaluate("input => { input.value = '2026-01-31'; input.onchange(); }")
    assert day.input_value() == "31/01/2026"
    number = page.locator("[name=certificate_ref]")
    assert number.is_hidden()
    small = photo((800, 600))
    for said, written, told in (
        ("046056001234|260101234|Nguyễn Văn Mẫu", "", "có vẻ là thẻ căn cước"),
        (f"{phone.base}/den-hoc?ma=ABCDEF", "", "mã ở cửa một buổi học"),
        ("https://chungchi.example.edu.vn/?so=1", "https://chungchi.example.edu.vn/?so=1", "Đã đọc mã trên giấy"),
        ("CN-118", "https://chungchi.example.edu.vn/?so=1", "Đã có 4 tệp"),
    ):
        page.evaluate("said => { self.name = said; }", said)
        page.set_input_files("#files-camera", file("a.jpg", small))  # type: ignore[arg-type]
        page.get_by_text(told).first.wait_for()
        page.locator(".shots progress").wait_for(state="hidden")
        assert number.input_value() == written
    assert number.is_visible()
    assert page.locator("#note-code a").get_attribute("href") == "/den-hoc?ma=ABCDEF"
    for _ in range(2):
        page.set_input_files("#files", [file("b.jpg", small)])  # type: ignore[list-item]
        page.locator(".shots progress").wait_for(state="hidden")
    page.get_by_text("Kèm được tối đa 5 tệp").wait_for()
    assert len(page.evaluate(CARRIED)) == 5
    phone.settle().close()


def test_a_file_the_browser_cannot_read_is_left_to_the_server(enter: object) -> None:
    phone = enter("tho")  # type: ignore[operator]
    kept, heavy = phone.page.evaluate(
        """async () => {
          const found = [];
          for (const [size, type] of [[200, 'image/heic'], [200, '']]) {
            const file = new File([new Uint8Array(size)], 'a.heic', {type});
            const made = await xhht.photos.shrink(file);
            found.push(made.blob === file && made.name === 'a.heic');
          }
          return found;
        }"""
    )
    assert (kept, heavy) == (True, True)
    phone.page.set_input_files("#files", file("to.heic", b"0" * (10 * 1024 * 1024 + 1), "image/heic"))  # type: ignore[arg-type]
    phone.page.get_by_text("nặng hơn 10 MB").wait_for()
    assert phone.page.evaluate(CARRIED) == []
    phone.close()


def test_without_script_both_inputs_serve(enter: object, database: Database) -> None:
    phone = enter("tho", script=False)  # type: ignore[operator]
    assert phone.page.get_by_role("button", name="Hôm nay").count() == 0
    phone.page.set_input_files("#files-camera", file("a.jpg", photo((800, 600))))  # type: ignore[arg-type]
    phone.page.set_input_files("#files", [file("b.jpg", photo((800, 600), shade=60))])  # type: ignore[list-item]
    finish(phone, "Lớp may").fill(learned_on=f"{TODAY:%d/%m/%Y}").settle().tap("Lưu việc này")
    assert [one.original_name for row in evidence(database, "tho") for one in row.files] == ["a.jpg", "b.jpg"]
    phone.close()
