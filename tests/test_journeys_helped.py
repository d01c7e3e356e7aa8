"""Journey 2 in a real browser: ông Bảy, 71, without a smartphone, is helped, gets paper, and takes his record over."""

from __future__ import annotations

import pytest
from factories import PASSWORD, TODAY, YEAR, make_resident
from sqlalchemy import func, select
from test_journeys import CODES
from town import Town, a_town, photo  # noqa: F401 (a fixture)

from xhht_citizen.applications.models import Application
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people.models import Account, Person

pytestmark = pytest.mark.xdist_group("phones")
DAY = f"{TODAY:%d/%m/%Y}"
EIGHT = "3"  # the third box of the paper, counted from the left


@pytest.mark.parametrize("script", [False, True], ids=["no script", "slow"])
def test_a_record_kept_by_others_becomes_ones_own(town: Town, script: bool) -> None:
    kind = "slow" if script else "plain"
    with town.database.transaction() as db:
        bay = make_resident(db, town.ward, f"Phạm Văn Mẫu Bảy {kind}", community=1, birth_year=YEAR - 71)
        name = f"Phạm Thị Mẫu Mẫn {kind}"
        make_resident(db, town.ward, name, birth_year=1980, login=f"man-{kind}", household=bay.household)

    # The head of the community writes down what he signed: that he agrees, and who acts for him until when.
    head = town.phone(f"2-chi-hoi-{kind}", "to-18", script=script)
    head.open(f"/dan-cu/{bay.id}").tap("Đồng ý trên giấy", "link")
    head.fill(paper="Cặp chi hội, tập 2", signed_on=DAY).page.locator("[name=true]").check()
    head.tap("Ghi giấy đồng ý")
    head.open(f"/dan-cu/{bay.id}/nguoi-lam-thay")
    head.fill(login=f"man-{kind}", name=name, place="Cặp chi hội", signed_on=DAY, until=f"31/12/{YEAR}")
    for act in ("evidence", "case"):
        head.page.locator(f"main [name=acts][value={act}]").check()
    head.tap("Ghi người làm thay")
    assert f"Đến hết 31/12/{YEAR}" in head.words

    # His daughter, on her own phone, under that mandate: whose pages these are stands on each of them.
    man = town.phone(f"2-man-{kind}", f"man-{kind}", script=script, slow=script)
    man.open("/lam-thay").tap(f"Làm thay {bay.name}")
    banner = f"Ông/bà đang làm thay {bay.name} đến hết 31/12/{YEAR}"
    assert (man.screen, man.page.locator(".acting p").inner_text()) == ("year.home", banner)
    assert man.page.locator("body[data-phone]").count() == 0  # nothing of his is kept on her phone
    man.open("/minh-chung/moi").page.get_by_label("Lớp học, khóa học").check()
    man.unfold().fill(title="Lớp dưỡng sinh của tổ", learned_on=DAY, hours="2")
    man.page.locator("main [type=file]").first.set_input_files(
        {"name": "giấy.jpg", "mimeType": "image/jpeg", "buffer": photo(2 + script, 1000, 750)}
    )
    man.page.get_by_label("1.1").check()
    man.send("Lưu việc này")
    assert "Lớp dưỡng sinh của tổ" in man.open("/minh-chung").words
    man.open("/diem/1.1").page.get_by_label("8 điểm").check()
    man.fill(note="Con gái thấy.").send("Lưu, ")
    assert man.page.locator(".acting p").inner_text() == banner
    man.tap("Thôi làm thay")
    assert man.page.locator(".acting").count() == 0
    man.close()

    # He marks a paper; the head copies the boxes and sends. The paper gets the number.
    head.open(f"/dan-cu/{bay.id}").page.locator("summary", has_text="Phiếu tự đánh giá bằng giấy").click()
    head.tap("Nhập phiếu đã điền", "link")
    assert "đã tự chấm 1 chỉ số trên máy" in head.words  # by his daughter
    for code in CODES:
        head.page.locator(f"[name=m_{code.replace('.', '_')}]").fill(EIGHT)
    head.tap("Kiểm tra")
    head.tap("Ghi và gửi")
    assert head.screen == "sheets.receipt"
    receipt = head.page.locator(".receipt").inner_text()
    head.close()

    # Later he has a phone, and a slip: the same record, with all that was done for him.
    his = town.phone(f"2-bay-{kind}", script=script, slow=script)
    his.open(f"/nhan-ho-so?ma={town.slip(bay.id)}").fill(birth_year=str(YEAR - 71)).tap("Tiếp tục")
    his.fill(login=f"bay-{kind}", password=PASSWORD).page.locator("[name=consent]").check()
    his.tap("Nhận hồ sơ")
    assert his.screen == "year.home"
    assert "Lớp dưỡng sinh của tổ" in his.open("/minh-chung").words
    assert his.open("/ho-so").page.locator(".receipt").inner_text() == receipt
    assert name in his.open("/tai-khoan/nguoi-lam-thay").words
    his.close()
    with town.database.read() as db:
        people = select(func.count()).select_from(Person).where(Person.name == bay.name)
        account = select(Account.person_id).where(Account.login == f"bay-{kind}")
        evidence = select(func.count()).select_from(Evidence).where(Evidence.person_id == bay.id)
        state = select(Application.state, Application.channel).where(Application.person_id == bay.id)
        assert (db.scalar(people), db.scalar(account), db.scalar(evidence)) == (1, bay.id, 1)
        assert db.execute(state).one().state == "submitted"
