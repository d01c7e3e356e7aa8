"""Journeys 1, 4 and 6 in a real browser at 360 x 740, judged at every screen.

Once without script, and once on a cheap phone with a weak network: a quarter of the processor, 400 kbps and 400 ms.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import zxingcpp
from factories import PASSWORD, TODAY, YEAR, make_resident
from phone import Phone
from PIL import Image
from town import LOGINS, Town, a_town, big_photo, photo  # noqa: F401 (a fixture)

from xhht_citizen.access.rules import Role

pytestmark = pytest.mark.xdist_group("phones")  # one browser for all of them
CODES = [f"{one}.{two}" for one, count in ((1, 4), (2, 4), (3, 2)) for two in range(1, count + 1)]


def claim(lan: Phone, code: str, login: str) -> None:
    """From the slip's code to one's own home: the record is there already."""
    page = lan.fill(birth_year="1992").page
    lan.tap("Tiếp tục")
    assert lan.screen == "claim.account"
    lan.fill(login=login, password=PASSWORD).tap("Nhận hồ sơ")
    assert lan.screen == "claim.account"  # says what is missing
    assert not page.locator("[name=consent]").is_checked()
    page.locator("[name=consent]").check()
    lan.fill(password=PASSWORD).tap("Nhận hồ sơ")
    assert (lan.screen, code in lan.page.content()) == ("year.home", False)


def learn(lan: Phone, title: str, picture: bytes) -> None:
    """One course with its certificate, photographed."""
    lan.tap("Ghi một việc đã học", "link")
    lan.page.get_by_label("Lớp học, khóa học").check()
    lan.unfold().fill(title=title, learned_on=f"{TODAY:%d/%m/%Y}", hours="1,5")
    lan.page.locator("main [type=file]").first.set_input_files(
        {"name": "giấy.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )
    lan.page.get_by_label("2.1").check()
    lan.send("Lưu việc này")
    lan.until("/minh-chung", lambda: lan.page.locator(f"main a:has-text('{title}')").count() > 0)
    lan.tap(title, "link")
    lan.until(urlsplit(lan.page.url).path, lambda: lan.page.locator("main a[href^='/tep/'], main img").count() > 0)


def total(lan: Phone) -> int:
    """The points so far, as the page of the score says them."""
    found = re.search(r"(\d+)\s*/\s*100", lan.open("/diem").words)
    assert found is not None, lan.words
    return int(found[1])


def answer(lan: Phone) -> None:
    """All ten: eight points and ten in turn; the score moves with the first."""
    assert total(lan) == 0
    for number, code in enumerate(CODES):
        lan.open(f"/diem/{code}")
        lan.page.get_by_label("10 điểm" if number % 2 else "8 điểm").check()
        lan.fill(note="Cả tổ đều biết.").send("Lưu, ")
        if number == 0:
            lan.until("/diem", lambda: total(lan) == 8)
    lan.until("/diem", lambda: total(lan) == 90)


def send(lan: Phone) -> str:
    """Check, say that it is true, send; returns the receipt."""
    lan.open("/nam-nay").tap("Hồ sơ", "link").tap("Xem lại và gửi", "link")
    lan.tap("Gửi hồ sơ")
    assert lan.screen == "application.check"
    for tick in ("true", "consent"):
        lan.page.locator(f"[name={tick}]").check()
    lan.tap("Gửi hồ sơ")
    receipt = lan.page.locator(".receipt").inner_text()
    assert (lan.screen, receipt[:9]) == ("application.status", f"19996-{YEAR % 100}-")
    return receipt


def review(town: Town, name: str, receipt: str, kind: str, script: bool) -> None:
    """Journey 4: the head of her community, and whoever reviews, line by line."""
    head = town.phone(f"4-chi-hoi-{kind}", LOGINS[Role.COMMUNITY_HEAD], script=script)
    head.open("/xet-duyet")
    assert name not in head.words  # hers is another community
    head.close()
    head = town.phone(f"4-to-truong-{kind}", "to-18", script=script)
    head.tap(name, "link").fill(reason="Cả tổ nhất trí.").tap("Tán thành")
    head.close()
    reviewer = town.phone(f"4-nguoi-xet-{kind}", LOGINS[Role.WARD_REVIEWER], script=script)
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


def sign(town: Town, name: str, decision: str, kind: str, script: bool) -> None:
    """Journey 4: the decision."""
    signer = town.phone(f"4-nguoi-ky-{kind}", LOGINS[Role.WARD_SIGNER], script=script)
    signer.open("/quyet-dinh").page.get_by_label(f"Chọn {name}").check()
    signer.tap("Ghi quyết định")
    signer.fill(number=decision, decided_on=f"{TODAY:%d/%m/%Y}", signatory="Nguyễn Mẫu Ký").tap("Công nhận 1 người")
    assert f"Đã công nhận 1 người theo quyết định {decision}." in signer.words
    signer.tap("1 danh hiệu", "link").close()


def from_paper(pdf: bytes, folder: Path) -> str:
    """What the QR of a printed certificate says, read from a picture of the paper."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("no pdftoppm to look at the paper with")
    (folder / "giay.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", "150", "-png", "giay.pdf", "giay"], cwd=folder, check=True, timeout=60)
    (picture,) = folder.glob("giay*.png")
    read = zxingcpp.read_barcode(Image.open(picture))
    assert read is not None
    return read.text


def scan(town: Town, address: str, name: str, kind: str, script: bool) -> None:
    """Journey 6: anybody with the paper in hand."""
    anybody = town.phone(f"6-ai-cung-xem-{kind}", script=script, slow=script)
    anybody.open(urlsplit(address).path)
    assert anybody.screen == "public.verify_result"
    assert "Giấy công nhận còn hiệu lực" in anybody.words
    assert name not in anybody.page.content()
    assert "Trần T. M. L. " in anybody.words
    anybody.open("/kiem-tra").fill(ma="KHONGCOMA1").tap("Kiểm tra")
    assert "Không có giấy công nhận mang mã này" in anybody.words
    anybody.close()


@pytest.mark.parametrize("script", [False, True], ids=["no script", "slow"])
def test_from_a_slip_to_a_scanned_certificate(town: Town, script: bool, tmp_path: Path) -> None:
    kind = "slow" if script else "plain"
    name = f"Trần Thị Mẫu Lan {'Anh' if script else 'Hương'}"
    with town.database.transaction() as db:
        record = make_resident(db, town.ward, name, community=1, birth_year=1992, group="workers")
    code = town.slip(record.id)
    lan = town.phone(f"1-lan-{kind}", script=script, slow=script)
    if script:  # the camera reads the slip's QR
        lan.open(f"/nhan-ho-so?ma={code}")
    else:  # or one types what is printed under it
        lan.open("/nhan-ho-so").fill(code=code)
    claim(lan, code, f"lan-{kind}")
    learn(lan, "Lớp kỹ năng số cho người bắt đầu", big_photo(1) if script else photo(0))
    answer(lan)
    receipt = send(lan)
    review(town, name, receipt, kind, script)
    assert "88" in lan.open("/ho-so").words
    sign(town, name, f"{501 + script}/QĐ-UBND", kind, script)

    lan.open("/thong-bao")
    assert f"{501 + script}/QĐ-UBND" in lan.words or "công nhận" in lan.words
    lan.open("/ho-so").tap("Xem giấy công nhận", "link")
    shown = lan.page.locator(".cert-foot svg").first.screenshot(scale="device")
    on_screen = zxingcpp.read_barcode(Image.open(io.BytesIO(shown)).resize((360, 360)))
    assert on_screen is not None
    pdf = lan.context.request.get(town.base + lan.page.locator("a[href$='.pdf']").first.get_attribute("href"))
    assert pdf.status == 200
    assert from_paper(pdf.body(), tmp_path) == on_screen.text
    lan.close()
    scan(town, on_screen.text, name, kind, script)
