"""A certificate's number: read off its QR code, kept when it may be, shown to officers, and codes of our own."""

from __future__ import annotations

import io
import uuid
from pathlib import Path

import pytest
import segno
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Role
from xhht_citizen.config import Settings
from xhht_citizen.database import Database, new_id
from xhht_citizen.errors import Forbidden, Invalid
from xhht_citizen.evidence import actions
from xhht_citizen.evidence.files import Store, clean
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.evidence.references import CARD, from_qr, is_card, link_host, own_path

ADDRESS = "https://chungchi.example.edu.vn/tra-cuu?so=CN-117"
DAY = f"{TODAY:%d/%m/%Y}"


def photo(code: str | None, colour: str = "white") -> bytes:
    """A certificate on a table, with a QR code on it or none."""
    made = Image.new("RGB", (1800, 1300), colour)
    if code is not None:
        drawn = io.BytesIO()
        segno.make(code, error="m").save(drawn, kind="png", scale=8, border=4)
        made.paste(Image.open(drawn).convert("RGB"), (300, 500))
    out = io.BytesIO()
    made.rotate(5, fillcolor=colour).save(out, "JPEG", quality=80)
    return out.getvalue()


def sent(code: str | None, colour: str = "white", key: uuid.UUID | None = None) -> actions.NewFile:
    return actions.NewFile(clean(photo(code, colour), "giay.jpg"), "giay.jpg", key)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(Settings(data_dir=tmp_path, database_url="sqlite://", secret_key="x" * 32))


# What a code may be


@pytest.mark.parametrize("text", [ADDRESS, "CN-2026/0117", "Số hiệu: B 123456", "A1234"])
def test_an_address_or_a_number_is_kept(text: str) -> None:
    assert from_qr(f"  {text}\n") == text


@pytest.mark.parametrize(
    "text",
    [
        "046056001234|260101234|Nguyễn Văn Mẫu|05081956|Nam|Tổ 1|01012022",
        "046056001234",
        "WIFI:T:WPA;S:Nha;P:matkhau123;;",
        "BEGIN:VCARD\nFN:Nguyễn Văn Mẫu\nTEL:0912000000\nEND:VCARD",
        "tel:0912000000",
        "00020101021238570010A000000727",
        "javascript:alert(1)",
        "https://user:pass@evil.example/x",
        "Giấy chứng nhận",
        "https://a.example/" + "x" * 300,
        "",
    ],
)
def test_what_is_no_certificates_is_never_kept(text: str) -> None:
    assert from_qr(text) is None


def test_a_link_says_the_host_the_network_knows() -> None:
    found = {
        text: link_host(text)
        for text in (
            ADDRESS,
            "HTTP://Moet.gov.vn:8080/a",
            "https://mоet.gov.vn/",
            "//x.vn",
            "ftp://x.vn",
            "CN-117",
            "https://",
        )
    }
    assert found == {
        ADDRESS: "chungchi.example.edu.vn",
        "HTTP://Moet.gov.vn:8080/a": "moet.gov.vn",
        "https://mоet.gov.vn/": "xn--met-sed.gov.vn",
        "//x.vn": None,
        "ftp://x.vn": None,
        "CN-117": None,
        "https://": None,
    }
    bases = frozenset({"https://hoc.example.vn"})
    assert own_path("https://hoc.example.vn/kiem-tra/AB?x=1", bases) == "/kiem-tra/AB?x=1"
    assert [own_path(text, bases) for text in ("https://hoc.example.vn.evil.vn/a", "http://hoc.example.vn/a", "x")] == [
        None
    ] * 3


@given(st.text())
def test_no_code_of_any_text_breaks_anything(text: str) -> None:
    kept = from_qr(text)
    assert kept is None or (len(kept) <= 300 and kept.isprintable())
    link_host(text)
    is_card(text)


def test_a_picture_is_read_and_a_card_is_pointed_out() -> None:
    assert clean(photo(ADDRESS), "a.jpg").code == ADDRESS
    assert clean(photo(None), "a.jpg").code == ""
    card = clean(photo("046056001234|260101234|Nguyễn Văn Mẫu|05081956|Nam"), "a.jpg")
    assert (card.code, card.note) == ("", CARD)


# Kept with the evidence


def test_a_number_is_read_only_where_none_was_written(db: Session, store: Store) -> None:
    person = make_resident(db, make_ward(db))

    def add(ref: str | None, *files: actions.NewFile, key: uuid.UUID | None = None) -> Evidence:
        details = actions.Details("certificate", "Tin học", TODAY, frozenset(), certificate_ref=ref)
        return actions.add(
            db,
            store,
            evidence_id=key or new_id(),
            person_id=person.id,
            ward_code=person.ward.code,
            details=details,
            files=list(files),
            account_id=None,
            today=TODAY,
        )

    read, key = sent(ADDRESS), new_id()
    assert add(None, read, key=key).certificate_ref == ADDRESS
    assert add(None, read, key=key).id == key  # the same form again
    assert add("  CN\t117 ", sent(ADDRESS, "beige")).certificate_ref == "CN 117"
    bare = add(None)
    assert bare.certificate_ref is None
    assert add(None, key=key).certificate_ref == ADDRESS  # nothing written says nothing against what was read
    for file in (sent("A-1", "pink"), sent("B-2", "red")):
        actions.attach(db, store, bare.id, [file], account_id=None, today=TODAY)
    assert bare.certificate_ref == "A-1"
    with pytest.raises(Invalid) as refused:
        add("x" * 301)
    assert refused.value.field == "certificate_ref"


def test_a_phones_photo_arrives_once_and_names_nobody_elses(db: Session, store: Store) -> None:
    ward = make_ward(db)
    people = [make_resident(db, ward), make_resident(db, ward, community=1)]
    mine, other = (make_evidence(db, person, "Lớp") for person in people)
    key = new_id()
    for colour in ("pink", "red"):  # the same id again, whatever comes with it
        actions.attach(db, store, mine, [sent(None, colour, key)], account_id=None, today=TODAY)
    assert [file.id for file in db.scalars(select(EvidenceFile))] == [key]
    with pytest.raises(Forbidden):
        actions.attach(db, store, other, [sent(None, "blue", key)], account_id=None, today=TODAY)


# On the screens


@pytest.fixture
def lan(app: Flask, database: Database) -> Browser:
    with database.transaction() as db:
        ward = make_ward(db)
        make_resident(db, ward, "Trần Thị Mẫu Lan", login="lan")
        make_officer(db, ward, Role.WARD_REVIEWER, "xet")
    return enter(app, "lan")


def enter(app: Flask, login: str) -> Browser:
    return Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})


def learned(**more: object) -> dict[str, object]:
    return {"kind": "certificate", "title": "Chứng chỉ tin học", "learned_on": DAY, **more}


def only(database: Database) -> Evidence:
    with database.read() as db:
        return db.scalars(select(Evidence)).one()


def folds(browser: Browser) -> list[bool]:
    """The parts of the form that open and close, whether each is open; not the explanations of its questions."""
    return [node.get("open") is not None for node in browser.page.iter("details") if node.get("class") != "explained"]


def test_two_ways_to_a_picture_without_script(lan: Browser) -> None:
    lan.get("/minh-chung/moi")
    inputs = [node for node in lan.page.iter("input") if node.get("type") == "file"]
    assert [(node.get("name"), node.get("capture"), node.get("multiple") is not None) for node in inputs] == [
        ("files", "environment", False),
        ("files", None, True),
    ]
    order = [node.get("name") for node in lan.page.iter("input") if node.get("name") in {"files", "kind", "title"}]
    assert (order[:2], order[-1]) == (["files", "files"], "title")
    assert folds(lan) == [False, False]
    lan.submit(None, learned(files=[("a.jpg", photo(None, "pink")), ("b.jpg", photo(None, "red"))]))
    lan.get(lan.links()["Chứng chỉ tin học"])
    assert [words for words in ("a.jpg", "b.jpg") if words in lan.words()] == ["a.jpg", "b.jpg"]
    assert [node.get("capture") for node in lan.page.iter("input") if node.get("type") == "file"] == [
        "environment",
        None,
    ]


def test_what_was_read_is_told_and_opens_again_to_be_mended(lan: Browser, database: Database) -> None:
    lan.get("/minh-chung/moi").submit(None, learned(files=[("a.jpg", photo(ADDRESS))]))
    assert f"Đã đọc mã trên giấy: {ADDRESS}" in lan.words()
    lan.get(lan.links()["Chứng chỉ tin học"]).get(lan.links()["Sửa"])
    assert folds(lan) == [False, True]
    lan.submit("/sua", {"certificate_ref": "CN-118"})
    assert only(database).certificate_ref == "CN-118"
    lan.submit("/tep", {"files": [("b.jpg", photo("B-2", "red"))]})
    assert ("Đã đọc mã" in lan.words(), only(database).certificate_ref) == (False, "CN-118")
    data = lan.client.get("/tai-khoan/du-lieu").get_json()
    assert [row["certificate_ref"] for row in data["evidence"]] == ["CN-118"]


@pytest.mark.parametrize(
    ("path", "link", "words"),
    [
        ("/kiem-tra/ABCDEFGH", "Xem giấy công nhận", "do chính trang này cấp"),
        ("/den-hoc?ma=ABCDEF", "Mở trang có mặt", "mã ở cửa một buổi học"),
    ],
)
def test_a_code_of_this_app_leads_there_instead(
    lan: Browser, database: Database, path: str, link: str, words: str
) -> None:
    lan.get("/minh-chung/moi").submit(None, learned(files=[("a.jpg", photo(f"http://localhost{path}"))]))
    assert (lan.links()[link], words in lan.words(), only(database).certificate_ref) == (path, True, None)


def test_another_page_of_this_app_is_an_address_like_any(lan: Browser, database: Database) -> None:
    lan.get("/minh-chung/moi").submit(None, learned(files=[("a.jpg", photo("http://localhost/tro-giup"))]))
    assert only(database).certificate_ref == "http://localhost/tro-giup"


def test_an_officer_sees_where_the_code_leads(app: Flask, database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        person = make_resident(db, ward)
        row = make_evidence(db, person, "Chứng chỉ tin học")
        db.get_one(Evidence, row).certificate_ref = ADDRESS
        case = make_application(db, person, "under_review", answers={"1.3": 10})
        make_officer(db, ward, Role.WARD_REVIEWER, "xet")
        case_id = case.id
    officer = enter(app, "xet")
    for path in (f"/xet-duyet/{case_id}", f"/minh-chung/{row}"):
        officer.get(path)
        words = "Mở trang của nơi cấp: chungchi.example.edu.vn"
        assert [
            (node.get("href"), node.get("rel")) for node in officer.page.iter("a") if words in "".join(node.itertext())
        ] == [(ADDRESS, "noreferrer noopener nofollow")], path


def test_days_are_understood_on_the_form(lan: Browser, database: Database) -> None:
    lan.get("/minh-chung/moi").submit(None, learned(learned_on=f"11/{YEAR}"))
    assert "Mới có tháng. Xin ghi cả ngày" in lan.words()
    lan.submit(None, {"learned_on": "Hôm nay"})
    assert only(database).learned_on == TODAY
