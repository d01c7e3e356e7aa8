"""Journeys 1 and 4 by keyboard alone: where one is can always be seen, in the order one reads, without a trap."""

from __future__ import annotations

import pytest
from factories import PASSWORD, TODAY, YEAR, make_application, make_resident
from keys import Keys
from sqlalchemy import select
from test_journeys import CODES
from town import LOGINS, Town, a_town, photo  # noqa: F401 (a fixture)

from xhht_citizen.access.rules import Role
from xhht_citizen.evidence.models import Evidence

pytestmark = pytest.mark.xdist_group("phones")


def test_journey_1_by_keyboard_alone(town: Town) -> None:
    with town.database.transaction() as db:
        record = make_resident(db, town.ward, "Lê Thị Mẫu Phím", community=1, birth_year=1992)
    code = town.slip(record.id)
    phone = town.phone("1-ban-phim")
    keys = Keys(phone.open("/nhan-ho-so"))
    keys.skip().to("Mã trên phiếu").type(code).press("Tab").type("1992").lands("claim.account")
    keys.to("Số điện thoại hoặc tên").type("ban-phim").press("Tab").type(PASSWORD)
    keys.to("Tôi đã đọc và đồng ý").press("Space").lands("year.home")

    keys.to("Ghi một việc đã học").lands("evidence.new")
    keys.skip().press("Tab")
    if "Lớp học, khóa học" not in phone.page.evaluate("document.activeElement.labels?.[0]?.textContent ?? ''"):
        keys.to("Lớp học, khóa học")
    keys.choose("Lớp học, khóa học")
    keys.to("Tên lớp").type("Lớp đánh máy mười ngón")
    keys.to("Ngày").type(f"{TODAY:%d/%m/%Y}")
    # A system's own window of files is no page; what it hands over is.
    phone.page.locator("main [type=file]").first.set_input_files(
        {"name": "giấy.jpg", "mimeType": "image/jpeg", "buffer": photo(3, 900, 700)}
    )
    keys.to("Tính cho chỉ số nào").press("Space").to("2.1").press("Space").to("Lưu việc này").press("Enter")
    phone.page.wait_for_function("() => document.body && document.body.dataset.screen !== 'evidence.new'")
    phone.until("/minh-chung", lambda: "Lớp đánh máy mười ngón" in phone.words)

    for one in CODES:
        phone.open(f"/diem/{one}")
        keys.skip().to("điểm").choose("8 điểm")
        before = phone.page.evaluate("performance.timeOrigin")
        keys.to("Lưu, ").press("Enter")
        phone.page.wait_for_function("before => performance.timeOrigin !== before", arg=before)
    phone.until("/diem", lambda: "80" in phone.words)
    phone.open("/nam-nay")
    keys.to("Hồ sơ", "a").lands("application.status").to("Xem lại và gửi").lands("application.check")
    for words in ("Những việc học tôi ghi", "Tôi đồng ý"):
        keys.to(words).press("Space")
    keys.to("Gửi hồ sơ").lands("application.status")
    assert phone.page.locator(".receipt").inner_text().startswith(f"19996-{YEAR % 100}-")
    phone.close()
    with town.database.read() as db:
        day = db.scalars(select(Evidence.learned_on).where(Evidence.person_id == record.id)).one()
        assert day is None or day <= TODAY


def test_journey_4_by_keyboard_alone(town: Town) -> None:
    """The queue, a case, a verdict on each line, the proposal; then the decision."""
    with town.database.transaction() as db:
        lan = make_resident(db, town.ward, "Lý Thị Mẫu Gõ", community=1)
        case = make_application(db, lan, "endorsed")
        receipt = case.receipt
    officer = town.phone("4-ban-phim-xet", LOGINS[Role.WARD_REVIEWER])
    keys = Keys(officer.open("/xet-duyet"))
    keys.skip().to("Tìm").type(str(receipt)).lands("review.queue")
    keys.to(lan.name, "a").lands("review.case").to("Nhận hồ sơ để xét").lands("review.case")
    keys.to("Đúng như đã chấm") if "Đúng như đã chấm" in officer.words else keys.to("Xác nhận")
    keys.press("Space")
    keys.to("Lưu ý kiến").lands("review.case")
    officer.page.locator("[name=rest]").focus()
    keys.press("Space").to("Đề nghị công nhận").lands("review.case")
    assert "Đề nghị công nhận" in officer.words
    officer.close()
    signer = town.phone("4-ban-phim-ky", LOGINS[Role.WARD_SIGNER])
    keys = Keys(signer.open("/quyet-dinh"))
    keys.skip().to(f"Chọn {lan.name}").press("Space").to("Ghi quyết định").lands("decisions.new")
    keys.to("Số quyết định").type("701/QĐ-UBND").press("Tab").type(f"{TODAY:%d/%m/%Y}")
    keys.to("Người ký").type("Nguyễn Mẫu Ký").lands("decisions.overview")
    assert "Đã công nhận 1 người theo quyết định 701/QĐ-UBND." in signer.words
    signer.close()
