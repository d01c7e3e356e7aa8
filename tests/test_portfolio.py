"""What was learned over the years: the page, both files, who may take them, a certificate shown to others."""

from __future__ import annotations

import json
import unicodedata
import uuid
from collections.abc import Callable
from datetime import date

import pytest
from browser import Browser, words
from factories import (
    DECISION,
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_evidence,
    make_helper,
    make_officer,
    make_resident,
    make_title,
    make_ward,
)
from flask import Flask
from printed import scanned, text_of
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from test_web_officer import queries_of

from xhht_citizen.audit import Look
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.exports import portfolio
from xhht_citizen.groups.rules import Kind
from xhht_citizen.helping.rules import Act
from xhht_citizen.titles.models import Title

BASE = "https://hoctap.example"
LETTERS = "ắằẳẵặấầẩẫậếềểễệốồổỗộớờởỡợứừửữựỳỷỹỵđĐẮẰẲẴẶẤẦẨẪẬẾỀỂỄỆỐỒỔỖỘỚỜỞỠỢỨỪỬỮỰỲỶỸỴ"
PDF, DATA = "/qua-trinh-hoc/qua-trinh-hoc-tap.pdf", "/qua-trinh-hoc/qua-trinh-hoc-tap.json"
DAY = f"{TODAY:%d/%m/%Y}"


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


@pytest.fixture
def lan(db: Session, ward: Ward) -> Resident:
    return make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992, login="lan")


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    def sign_in(login: str) -> Browser:
        browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert browser.status == 200
        return browser

    return sign_in


def with_files(db: Session, evidence_id: uuid.UUID, count: int) -> None:
    db.add_all(
        EvidenceFile(
            evidence_id=evidence_id,
            position=number,
            storage_key=f"thu/{new_id()}",
            content_type="image/jpeg",
            size_bytes=1,
            sha256="0" * 64,
            original_name="Ảnh của bà Sáu.jpg",
        )
        for number in range(count)
    )
    db.flush()


def taken_back(db: Session, title: Title) -> None:
    title.revoked_at, title.revoke_reason = now(), "Ghi nhầm."
    db.flush()


# The page


def test_all_the_years_on_one_page(lan: Resident, db: Session, enter: Callable[[str], Browser]) -> None:
    with_files(db, make_evidence(db, lan, "Lớp trồng rau", ("1.3", "2.1")), 2)
    make_evidence(db, lan, "Sách về đất", kind="reading", learned_on=date(YEAR - 1, 5, 6))
    make_evidence(db, lan, "Lớp may", learned_on=date(YEAR - 1, 5, 4))
    gone = make_evidence(db, lan, "Lớp ghi nhầm")
    db.execute(update(Evidence).where(Evidence.id == gone).values(withdrawn_at=lan.person.created_at))
    title = make_title(db, lan, year=YEAR - 1)
    db.commit()
    page = enter("lan").get("/nam-nay")
    page.get(page.links()["Mọi việc đã học qua các năm"])
    assert (page.screen(), page.heading()) == ("portfolio.mine", "Quá trình học tập của tôi")
    assert "3 việc, 12 giờ, 2 tệp" in page.words()
    heads = [" ".join(words(node).split()) for node in page.page.iter("div") if node.get("class") == "card-head"]
    assert heads == [f"Năm {YEAR} 1 việc, 4 giờ, 2 tệp", f"Năm {YEAR - 1} 2 việc, 8 giờ"]
    facts = [[words(part) for part in row] for row in next(page.page.iter("dl"))]
    assert facts == [
        ["Lớp học, khóa học", "2 việc, 8 giờ"],
        ["Đọc sách, báo, tài liệu", "1 việc, 4 giờ"],
        ["Tệp kèm theo", "2"],
    ]
    assert [name for name in page.links() if name in {"Lớp trồng rau", "Sách về đất", "Lớp may", "Lớp ghi nhầm"}] == [
        *("Lớp trồng rau", "Sách về đất", "Lớp may"),
    ]
    assert page.links()[f"Công dân học tập năm {YEAR - 1}"] == f"/qua-trinh-hoc/danh-hieu/{title.id}"


def test_an_empty_record_says_how_to_begin(lan: Resident, db: Session, enter: Callable[[str], Browser]) -> None:
    db.commit()
    page = enter("lan").get("/qua-trinh-hoc")
    assert page.links()["Ghi một việc đã học"] == "/minh-chung/moi"
    assert [PDF in page.links().values(), "Chưa ghi việc học nào" in page.words()] == [False, True]
    page.get("/tai-khoan")
    assert page.links()["Quá trình học tập của tôi"] == "/qua-trinh-hoc"


def test_pages_by_key_cost_the_same(app: Flask, lan: Resident, db: Session, enter: Callable[[str], Browser]) -> None:
    make_evidence(db, lan, "Việc 00")
    make_title(db, lan)
    db.commit()
    browser = enter("lan")
    first = queries_of(app, browser, "/qua-trinh-hoc")
    for number in range(1, 71):
        row = make_evidence(db, lan, f"Việc {number:02}", learned_on=date(YEAR - number // 30, 1, 1 + number % 3))
        with_files(db, row, 1)
    for year in range(YEAR - 3, YEAR):
        make_title(db, lan, year=year)
    db.commit()
    assert queries_of(app, browser, "/qua-trinh-hoc") == first
    seen: list[str] = []
    browser.get("/qua-trinh-hoc")
    for _ in range(3):
        seen += [name for name in browser.links() if name.startswith("Việc ")]
        if "Xem tiếp" in browser.links():
            browser.get(browser.links()["Xem tiếp"])
    assert (len(seen), set(seen)) == (71, {f"Việc {number:02}" for number in range(71)})
    assert browser.get("/qua-trinh-hoc?sau=%C3%A1").screen() == "portfolio.mine"  # nonsense is the first page


# The files


def test_the_file_for_machines_holds_this_and_nothing_else(lan: Resident, db: Session) -> None:
    first = make_evidence(db, lan, f"Lớp {LETTERS}", ("2.1", "1.3"), note="Biết ủ phân.")
    with_files(db, first, 2)
    second = make_evidence(
        db, lan, "Chỉ hàng xóm đặt lịch khám", ("3.2",), kind="helping", learned_on=date(YEAR - 1, 2, 3)
    )
    title = make_title(db, lan)
    db.flush()
    made = json.loads(portfolio.as_json(db, lan.id, BASE))
    today = TODAY.isoformat()
    assert made == {
        "schema": "xhht-portfolio",
        "version": 1,
        "made_on": today,
        "note": f"Do hệ thống Công dân học tập ghi ngày {DAY}, không phải văn bản công nhận.",
        "person": {"name": "Trần Thị Mẫu Lan", "birth_year": 1992},
        "totals": {
            "pieces": 2,
            "minutes": 480,
            "files": 2,
            "by_kind": [
                {"kind": "course", "name": "Lớp học, khóa học", "pieces": 1, "minutes": 240},
                {"kind": "helping", "name": "Giúp người khác học", "pieces": 1, "minutes": 240},
            ],
            "by_year": [
                {"year": YEAR, "pieces": 1, "minutes": 240, "files": 2},
                {"year": YEAR - 1, "pieces": 1, "minutes": 240, "files": 0},
            ],
        },
        "titles": [
            {
                "kind": "citizen",
                "name": "Công dân học tập",
                "year": YEAR,
                "decision": DECISION.number,
                "decided_on": today,
                "granted_on": today,
                "place": "Tổ 1, Phường Hương Trà",
                "code": title.public_code,
                "check": f"{BASE}/kiem-tra/{title.public_code}",
                "standing": "valid",
            }
        ],
        "evidence": [
            {
                "id": str(first),
                "kind": "course",
                "title": f"Lớp {LETTERS}",
                "provider": "Trung tâm học tập cộng đồng",
                "learned_on": f"{YEAR}-03-14",
                "minutes": 240,
                "note": "Biết ủ phân.",
                "certificate": None,
                "indicators": ["1.3", "2.1"],
                "files": 2,
                "confirmed_on": None,
                "recorded_on": today,
            },
            {
                "id": str(second),
                "kind": "helping",
                "title": "Chỉ hàng xóm đặt lịch khám",
                "provider": None,
                "learned_on": f"{YEAR - 1}-02-03",
                "minutes": 240,
                "note": None,
                "certificate": None,
                "indicators": ["3.2"],
                "files": 0,
                "confirmed_on": None,
                "recorded_on": today,
            },
        ],
    }
    assert "Mẫu" not in json.dumps(made["evidence"], ensure_ascii=False)  # the witness, and who signed


def test_the_paper_has_every_letter_and_a_code_for_each_title(lan: Resident, db: Session) -> None:
    make_evidence(db, lan, f"Lớp {LETTERS}", ("1.3",), note="Một câu dài. " * 40)
    make_evidence(db, lan, "Sách về đất 😀 #strong[x]", kind="reading", learned_on=date(YEAR - 1, 5, 6))
    titles = [make_title(db, lan), make_title(db, lan, year=YEAR - 1), make_title(db, lan, year=YEAR - 2)]
    taken_back(db, titles[2])
    pdf = portfolio.as_pdf(db, lan.id, BASE)
    text = unicodedata.normalize("NFC", text_of(pdf))
    flat = "".join(text.split())
    assert LETTERS in flat
    said = [
        *("QUÁ TRÌNH HỌC TẬP", "Trần Thị Mẫu Lan", "Sinh năm 1992", "Tổ 1, Phường Hương Trà", "#strong[x]"),
        f"Do hệ thống Công dân học tập ghi ngày {DAY}, không phải văn bản công nhận.",
        *(f"Năm {YEAR}", f"Năm {YEAR - 1}", "1 việc, 4 giờ, 0 tệp", f"06/05/{YEAR - 1}"),
    ]
    assert [one for one in said if "".join(one.split()) not in flat] == []
    assert ("Tổ trưởng Mẫu" in text, DECISION.signatory in text) == (False, False)
    assert scanned(pdf) == [f"{BASE}/kiem-tra/{title.public_code}" for title in titles[:2]]


def test_nothing_learned_is_a_paper_too(lan: Resident, db: Session) -> None:
    assert "Chưa ghi việc học nào." in text_of(portfolio.as_pdf(db, lan.id, BASE))


def test_a_long_record_counts_all_and_shows_the_newest(lan: Resident, db: Session) -> None:
    for number in range(5):
        make_evidence(db, lan, f"Việc {number}", learned_on=date(YEAR - number, 1, 1))
    whole = portfolio.gather(db, lan.id, most=2)
    assert (whole.pieces, [row.title for row in whole.evidence]) == (5, ["Việc 0", "Việc 1"])


# Who may have them


def test_downloads_are_ones_own(
    app: Flask, ward: Ward, lan: Resident, db: Session, enter: Callable[[str], Browser]
) -> None:
    make_evidence(db, lan, "Lớp trồng rau")
    other = make_resident(db, ward, "Lê Mẫu Bách", login="bach")
    title = make_title(db, other)
    unit = make_title(db, lan, kind=Kind.HOUSEHOLD)
    make_officer(db, ward, "ward_reviewer", "xet")
    db.commit()
    browser = enter("lan")
    for path, kind in ((PDF, "application/pdf"), (DATA, "application/json")):
        answer = browser.client.get(path)
        assert (answer.status_code, answer.mimetype) == (200, kind)
        assert answer.headers["Content-Disposition"] == f"attachment; filename={path.rpartition('/')[2]}"
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert json.loads(browser.client.get(DATA).data)["person"]["name"] == "Trần Thị Mẫu Lan"
    assert json.loads(enter("bach").client.get(DATA).data)["evidence"] == []
    for login in ("lan", "xet"):  # another's title, and one of a group that has a page of its own
        own = enter(login)
        assert [own.get(f"/qua-trinh-hoc/danh-hieu/{key}").status for key in (title.id, unit.id)] == [403, 403]
    assert enter("lan").get(f"/qua-trinh-hoc/danh-hieu/{new_id()}").status == 404
    assert [enter("xet").client.get(path).status_code for path in ("/qua-trinh-hoc", PDF, DATA)] == [404, 404, 404]
    assert list(db.scalars(select(Look))) == []


@pytest.mark.parametrize(
    ("act", "status"), [(Act.EVIDENCE, 200), (Act.CASE, 200), (Act.DETAILS, 403)], ids=["records", "sends", "keeps"]
)
def test_a_helper_takes_it_along_and_its_owner_reads_that(
    ward: Ward, lan: Resident, db: Session, database: Database, enter: Callable[[str], Browser], act: Act, status: int
) -> None:
    make_evidence(db, lan, "Lớp của Lan")
    man = make_resident(db, ward, "Lê Thị Mẫu Mẫn", login="man")
    make_evidence(db, man, "Lớp của Mẫn")
    title = make_title(db, lan)
    make_helper(db, lan, man.account, (act,))  # type: ignore[arg-type]
    db.commit()
    browser = enter("man").get("/lam-thay").submit(button="Làm thay Trần Thị Mẫu Lan")
    paths = ("/qua-trinh-hoc", PDF, DATA, f"/qua-trinh-hoc/danh-hieu/{title.id}")
    assert [browser.client.get(path).status_code for path in paths] == [status] * 4
    with database.read() as reading:
        screens = [row.screen for row in reading.scalars(select(Look).order_by(Look.at, Look.id))]
    assert screens[1:] == (["portfolio.paper", "portfolio.data"] if status == 200 else [])  # after that of beginning
    if status == 200:
        taken = json.loads(browser.client.get(DATA).data)
        assert [row["title"] for row in taken["evidence"]] == ["Lớp của Lan"]
        assert browser.get("/qua-trinh-hoc").heading() == "Quá trình học tập của Trần Thị Mẫu Lan"
        assert "Lê Thị Mẫu Mẫn" in enter("lan").get("/tai-khoan/ai-da-xem").words()


# A certificate shown to others


def test_a_certificate_is_shown_without_script(lan: Resident, db: Session, enter: Callable[[str], Browser]) -> None:
    title = make_title(db, lan)
    db.commit()
    browser = enter("lan").get(f"/qua-trinh-hoc/danh-hieu/{title.id}")
    assert browser.heading() == "Chia sẻ giấy công nhận"
    link = next(node for node in browser.page.iter("p") if node.get("id") == "share-link")
    assert words(link) == f"http://localhost/kiem-tra/{title.public_code}"
    assert "họ chỉ đọc được: Trần T. M. L***" in browser.words()
    box = next(node for node in browser.page.iter("div") if node.get("id") == "share")
    assert box.get("hidden") is not None  # what only a script can do is not offered without one
    said = next(node for node in browser.page.iter("p") if node.get("role") == "status")
    assert (said.get("id"), words(said)) == ("share-said", "")
    assert browser.client.get(browser.links()["Tải giấy công nhận (PDF)"]).mimetype == "application/pdf"
    seen = Browser(browser.client.application).get(browser.links()["Xem như người khác thấy"])  # type: ignore[arg-type]
    assert ("Trần T. M. L***" in seen.words(), "Lan" in seen.words()) == (True, False)


def test_what_was_taken_back_is_not_shown(lan: Resident, db: Session, enter: Callable[[str], Browser]) -> None:
    title = make_title(db, lan)
    taken_back(db, title)
    db.commit()
    assert enter("lan").get(f"/qua-trinh-hoc/danh-hieu/{title.id}").status == 409
    page = enter("lan").get("/qua-trinh-hoc")
    assert page.links()[f"Công dân học tập năm {YEAR}"] == f"/danh-hieu/{title.id}"
