"""Slips on paper: codes, who gets one, the print and its file; read back by other tools than those that made it."""

from __future__ import annotations

import itertools
import unicodedata
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from browser import Browser
from factories import PASSWORD, YEAR, Ward, make_officer, make_resident, make_ward
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from printed import scanned, text_of
from sqlalchemy import event, func, select, update
from sqlalchemy.orm import Session

from xhht_citizen import audit, worker
from xhht_citizen.audit import AuditEntry, Look
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Invalid
from xhht_citizen.exports import slips as paper
from xhht_citizen.helping import queries, slips
from xhht_citizen.helping.codes import (
    DAYS,
    MOST_TRIES,
    Purpose,
    Standing,
    Times,
    check_pin,
    code_hash,
    new_code,
    normal_code,
    pin_holds,
    short_name,
    standing,
)
from xhht_citizen.helping.models import Slip, SlipPrint
from xhht_citizen.helping.queries import HAS, NEEDS, Bearer, Bearers
from xhht_citizen.helping.slips import Coded
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.jobs.models import Job
from xhht_citizen.jobs.rules import SILENT_SECONDS, State
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.people.models import Account, Person
from xhht_citizen.people.rules import CODE_ALPHABET

VOWELS = ("a", "ă", "â", "e", "ê", "i", "o", "ô", "ơ", "u", "ư", "y")
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")


def shop_of(app: Flask) -> Workshop:
    return Workshop(app.extensions["xhht_database"], app.extensions["xhht_store"], app.config["XHHT"])


def signed_in(app: Flask, login: str) -> Browser:
    browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
    assert browser.status == 200
    return browser


def printed(app: Flask, browser: Browser, path: str, button: str = "In phiếu") -> bytes:
    """The PDF of a print, as the officer asks for it, waits, and fetches it."""
    browser.get(path).submit(button=button)
    assert (browser.status, browser.screen()) == (200, "jobs.one"), browser.words()
    job_id = browser.path.rpartition("/")[2]
    assert worker.run_waiting(shop_of(app)) == 1
    browser.get(f"/phieu-nhan/in/{job_id}").submit("/tai")
    assert (browser.status, browser.response.mimetype) == (200, "application/pdf")
    return browser.response.get_data()


def codes_of(pdf: bytes) -> list[str]:
    return [link.partition("?ma=")[2] for link in scanned(pdf)]


@pytest.fixture
def town(app: Flask, database: Database) -> Ward:
    """Tổ 1 with a family of four (one of them a child, one with an account), Tổ 2 with one household; an officer."""
    with database.transaction() as db:
        ward = make_ward(db)
        head = make_resident(db, ward, "Nguyễn Thị Mẫu Ngoãn", birth_year=1950)
        make_resident(db, ward, "Trần Văn Mẫu Ưởng", household=head.household, birth_year=1948, relation="spouse")
        make_resident(db, ward, "Trần Mẫu Bé", household=head.household, birth_year=YEAR - 9)
        make_resident(db, ward, "Trần Mẫu Có", household=head.household, birth_year=1980, login="co")
        make_resident(db, ward, "Đặng Hữu Mẫu Ẵm", community=1, birth_year=1975)
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, ward, "community_head", "to-1", name="Lê Mẫu Trưởng")
        make_officer(db, ward, "community_head", "to-2", community=1)
        make_officer(db, ward, "province_officer", "tinh")
        make_officer(db, make_ward(db, "20014", "Phường Kim Trà"), "ward_reviewer", "xet-noi-khac")
    return ward


def person_id(db: Session, name: str) -> uuid.UUID:
    return db.scalars(select(Person.id).where(Person.name == name)).one()


# Rules


def test_codes_are_long_and_of_letters_nobody_mistakes() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {17}
    assert {char for code in codes for char in code} <= {*CODE_ALPHABET, "-"}
    assert len(CODE_ALPHABET) ** 15 > 2**60


@given(st.integers(0, 10**9), st.sampled_from([" ", "", "-", " - ", ".", "–"]), st.booleans())
def test_a_code_is_read_however_it_is_typed(number: int, between: str, lower: bool) -> None:
    plain = "".join(CODE_ALPHABET[number // 25**place % 25] for place in range(15))
    typed = between.join([plain[:5], plain[5:10], plain[10:]])
    assert normal_code(typed.lower() if lower else typed) == f"{plain[:5]}-{plain[5:10]}-{plain[10:]}"


@pytest.mark.parametrize("text", ["", "ABCDE", "ABCDE-FGHJK-MNPQ0", "ABCDE-FGHJK-MNPQRT", "ắ" * 15, "٢" * 15])
def test_what_is_no_code(text: str) -> None:
    assert normal_code(text) is None


def test_a_hash_needs_its_key_and_depends_on_it() -> None:
    code = new_code()
    assert len({code_hash(code, key) for key in ("a", "b")}) == 2
    with pytest.raises(ValueError, match="key"):
        code_hash(code, "")


def test_where_a_slip_stands() -> None:
    at = now()
    fresh = Times(at + timedelta(days=1))
    assert [
        standing(times, at)
        for times in (
            fresh,
            replace(fresh, tries=MOST_TRIES - 1),
            replace(fresh, tries=MOST_TRIES),
            replace(fresh, expires_at=at),
            replace(fresh, revoked_at=at),
            replace(fresh, used_at=at, tries=9),
        )
    ] == [
        Standing.OPEN,
        Standing.OPEN,
        Standing.LOCKED,
        Standing.EXPIRED,
        Standing.REVOKED,
        Standing.USED,
    ]


@pytest.mark.parametrize(
    "pin", ["1111", "1234", "9876", "7890", "1212", "123123", "121212", "2580", "1956", "195612", "4567", "12", "12a4"]
)
def test_pins_that_are_no_secret(pin: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_pin(pin, birth_year=1956, login="0912344567")
    assert refused.value.field == "pin"


@given(st.from_regex(r"[0-9]{4,6}", fullmatch=True))
def test_a_pin_is_taken_or_refused_and_never_changed(pin: str) -> None:
    with suppress(Invalid):
        assert check_pin(pin, birth_year=1956, login="lan") == pin


def test_how_long_a_pin_holds() -> None:
    at = now()
    assert [
        pin_holds(made, changed, at)
        for made, changed in (
            (at, at),
            (at - timedelta(days=179), at - timedelta(days=300)),
            (at - timedelta(days=180), at - timedelta(days=300)),
            (at - timedelta(days=2), at - timedelta(days=1)),
        )
    ] == [True, True, False, False]


@pytest.mark.parametrize(("name", "short"), [("Trần Thị Mẫu Lan", "T. T. M. Lan"), ("Đạt", "Đạt"), ("", "")])
def test_names_on_a_shared_phone(name: str, short: str) -> None:
    assert short_name(name) == short


# The paper


def bearer(name: str, household: str = "Lê Mẫu Chủ") -> Bearer:
    return Bearer(uuid.uuid4(), name, "", 1956, household, None, "Tổ dân phố 4", "Phường Hương Trà")


def made(names: list[str], purpose: Purpose = Purpose.CLAIM, base: str = "https://cdht.example.vn") -> Any:
    coded = [Coded(bearer(name), new_code()) for name in names]
    return coded, paper.paper(coded, purpose, base=base, ask={None: "Hội Khuyến học Phường Hương Trà"})


def test_every_qr_of_a_sheet_is_read_by_another_reader() -> None:
    coded, pdf = made([f"Trần Mẫu {chr(65 + n)}" for n in range(11)])
    assert scanned(pdf) == [f"https://cdht.example.vn/nhan-ho-so?ma={one.code}" for one in coded]


def test_every_letter_and_tone_prints_as_it_is_written() -> None:
    letters = [unicodedata.normalize("NFC", vowel + tone) for vowel, tone in itertools.product(VOWELS, TONES)]
    letters += ["đ", "Đ", *(letter.upper() for letter in letters)]
    names = ["".join(letters[at : at + 12]) for at in range(0, len(letters), 12)]
    coded, pdf = made(names)
    lines = [line.strip() for line in text_of(pdf).splitlines()]
    assert [name for name in names if name not in lines] == []
    assert [one.code for one in coded if one.code not in lines] == []


def test_the_widest_code_stays_on_one_line() -> None:
    names = [f"Trần Mẫu {chr(65 + n)}" for n in range(8)]
    coded = [Coded(bearer(name), "WWWWW-MMMMM-QQQQQ") for name in names]
    pdf = paper.paper(coded, Purpose.CLAIM, base="https://cdht.example.vn", ask={None: "Hội Khuyến học"})
    assert [line.strip() for line in text_of(pdf).splitlines()].count("WWWWW-MMMMM-QQQQQ") == 8


def test_a_slip_says_what_it_must_and_nothing_else_of_the_person() -> None:
    coded, pdf = made(["Nguyễn Thị Mẫu Ngoãn"], Purpose.PASSWORD)
    until = now() + timedelta(days=DAYS[Purpose.PASSWORD], hours=7)
    assert " ".join(text_of(pdf).split()) == (
        "PHIẾU ĐẶT LẠI MẬT KHẨU Nguyễn Thị Mẫu Ngoãn sinh năm 1956, hộ Lê Mẫu Chủ, Tổ dân phố 4 "
        f"Mở cdht.example.vn/nhan-ho-so Mã: {coded[0].code} Dùng một lần, đến hết ngày {until:%d/%m/%Y}. "
        "Quét hình vuông bằng điện thoại, hoặc mở địa chỉ trên, rồi ghi mã và năm sinh. "
        "Tự chọn mật khẩu mới; đừng đưa phiếu cho người khác. Cần hỏi: Hội Khuyến học Phường Hương Trà."
    )


@pytest.mark.parametrize("base", ["https://congdanhoctap.phuonghuongtra.thanhphohue.gov.vn", "http://localhost:8000"])
def test_the_longest_names_leave_everything_on_the_paper(base: str) -> None:
    name = "Công Tằng Tôn Nữ Thị Mẫu Huyền Trân Quỳnh Nguyễn Phước"
    coded, pdf = made([name] * 8, base=base)
    assert scanned(pdf) == [f"{base}/nhan-ho-so?ma={one.code}" for one in coded]
    said = " ".join(text_of(pdf).split())
    assert (said.count(name), said.count("Phường Hương Trà.")) == (8, 8)


# Who gets one


def test_who_gets_a_slip(app: Flask, database: Database, town: Ward) -> None:
    with database.read() as db:
        ward = Bearers(town.code, YEAR)
        first = replace(ward, community_id=town.communities[0].id)
        assert [one.name for one in queries.bearers(db, ward)] == [
            "Đặng Hữu Mẫu Ẵm",
            "Nguyễn Thị Mẫu Ngoãn",
            "Trần Văn Mẫu Ưởng",
        ]
        assert [one.name for one in queries.bearers(db, replace(first, text="ngoan"))] == ["Nguyễn Thị Mẫu Ngoãn"]
        assert queries.count_bearers(db, first) == queries.count_bearers(db, replace(first, slips=NEEDS)) == 2
        assert queries.count_bearers(db, replace(first, slips=HAS)) == 0
        password = replace(ward, purpose=Purpose.PASSWORD)
        assert [one.name for one in queries.bearers(db, password)] == ["Trần Mẫu Có"]
        rows = queries.bearers(db, ward, limit=1)
        assert [one.name for one in queries.bearers(db, ward, after=(rows[0].sort_key, rows[0].person_id))] == [
            "Nguyễn Thị Mẫu Ngoãn",
            "Trần Văn Mẫu Ưởng",
        ]


def test_a_print_of_a_community(app: Flask, database: Database, town: Ward) -> None:
    browser = signed_in(app, "to-1").get("/phieu-nhan")
    assert browser.links()["In cho cả 2 người"] == "/phieu-nhan/in?ca=1&phieu=chua"
    pdf = printed(app, browser, "/phieu-nhan/in?ca=1&phieu=chua")
    said = " ".join(text_of(pdf).split())
    assert ("Nguyễn Thị Mẫu Ngoãn" in said, "Ẵm" in said, "trưởng chi hội Lê Mẫu Trưởng" in said) == (True, False, True)
    links = scanned(pdf)
    assert [link.partition("?")[0] for link in links] == ["http://localhost/nhan-ho-so"] * 2
    with database.read() as db:
        rows = db.scalars(select(Slip).order_by(Slip.person_id)).all()
        key = app.config["XHHT"].secret_key
        assert {row.code_hash for row in rows} == {code_hash(code, key) for code in codes_of(pdf)}
        assert {(row.purpose, row.ward_code, row.tries, row.used_at, row.revoked_at) for row in rows} == {
            ("claim", town.code, 0, None, None)
        }
        assert {(row.expires_at - row.made_at).days for row in rows} == {60}
        job = db.scalars(select(Job)).one()
        assert (job.state, job.done, job.total, job.file_key) == (State.DONE, 2, 2, None)
        assert all(code not in str(job.payload) + str(job.cursor) + str(job.result) for code in codes_of(pdf))
        acts = db.scalars(select(AuditEntry).where(AuditEntry.action.like("slip.%")).order_by(AuditEntry.seq)).all()
        assert [act.action for act in acts] == ["slip.make", "slip.fetch"]
        assert '"slips":2' in acts[0].detail
        told = "".join(act.detail for act in acts)
        assert ("Mẫu" in told, any(code in told for code in codes_of(pdf))) == (False, False)
        assert db.scalars(select(Look.screen)).all() == ["slips.printed"] * 2
        assert audit.verify(db).broken == ()
    assert browser.get("/phieu-nhan").words().count("đã dùng 0 trên 2 phiếu") == 1
    assert "In cho cả" not in browser.words()
    assert browser.get("/phieu-nhan?phieu=con").words().count("còn đến") == 2


def test_ticked_people_and_those_of_elsewhere(app: Flask, database: Database, town: Ward) -> None:
    with database.read() as db:
        mine, other = person_id(db, "Nguyễn Thị Mẫu Ngoãn"), person_id(db, "Đặng Hữu Mẫu Ẵm")
    browser = signed_in(app, "to-1").get(f"/phieu-nhan/in?ai={mine.hex}&ai={other.hex}")
    assert "In phiếu nhận hồ sơ cho 1 người ở Tổ 1, Phường Hương Trà" in browser.heading()
    assert ("1 người đã chọn không đưa vào" in browser.words(), "Ẵm" in browser.text) == (True, False)
    pdf = printed(app, browser, browser.path)
    assert ("Ngoãn" in text_of(pdf), len(scanned(pdf))) == (True, 1)
    assert "Chọn ít nhất một người" in browser.get("/phieu-nhan/in").text


def test_a_household_and_a_person_from_their_pages(app: Flask, database: Database, town: Ward) -> None:
    with database.read() as db:
        one = person_id(db, "Nguyễn Thị Mẫu Ngoãn")
        home = queries.bearers(db, Bearers(town.code, YEAR, ids=frozenset({one})))[0]
        assert home.until is None
    browser = signed_in(app, "xet").get(f"/dan-cu/{one}")
    assert len(scanned(printed(app, browser, f"/dan-cu/{one}/phieu", "In phiếu nhận hồ sơ"))) == 1
    browser.get(f"/dan-cu/{one}")
    browser.get(next(href for words, href in browser.links().items() if "Nguyễn Thị Mẫu Ngoãn" in words))
    path = browser.links()["In phiếu nhận hồ sơ"]
    assert "Trong đó có 1 người đang có phiếu còn hạn" in browser.get(path).words()
    assert len(scanned(printed(app, browser, path))) == 2
    with database.read() as db:
        rows = db.scalars(select(Slip).where(Slip.person_id == one).order_by(Slip.made_at)).all()
        assert [queries.standing_of(row) for row in rows] == [Standing.REVOKED, Standing.OPEN]
    browser.get(f"/dan-cu/{one}/phieu").submit("/huy")
    assert "Đã hủy phiếu" in browser.words()
    with database.read() as db:
        assert queries.standing_of(queries.slip_of(db, one)) is Standing.REVOKED  # type: ignore[arg-type]


def test_sent_twice_is_one_print(app: Flask, database: Database, town: Ward) -> None:
    browser = signed_in(app, "xet").get("/phieu-nhan/in?ca=1&phieu=chua")
    job_id = next(form.fields["id"] for form in browser.forms() if "id" in form.fields)
    for _ in range(2):
        browser.get("/phieu-nhan/in?ca=1&phieu=chua").submit(fields={"id": job_id}, button="In phiếu")
        assert browser.path == f"/viec-may/{job_id}"
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Job)) == 1


def test_whose_pdf_it_is_and_how_long_it_lies(app: Flask, database: Database, town: Ward) -> None:
    browser = signed_in(app, "to-1")
    printed(app, browser, "/phieu-nhan/in?ca=1")
    with database.read() as db:
        row = db.scalars(select(SlipPrint)).one()
    page = f"/phieu-nhan/in/{row.job_id}"
    for login in ("xet", "to-2", "xet-noi-khac", "tinh", "co"):
        other = signed_in(app, login)
        assert (other.get(page).status, other.get("/tai-khoan").post(f"{page}/tai").status) == (403, 403), login
    shop = shop_of(app)
    assert paper.tidy(shop) == 0
    with database.transaction() as db:
        db.execute(update(SlipPrint).values(fetched_at=now() - timedelta(hours=25)))
    assert (paper.tidy(shop), paper.tidy(shop)) == (1, 0)
    with pytest.raises(Exception, match="Không tìm thấy"):
        shop.store.get(row.file_key or "")
    assert "Tệp phiếu đã xóa" in browser.get(page).words()
    assert browser.post(f"{page}/tai").status == 404
    with database.transaction() as db:
        db.execute(update(SlipPrint).values(fetched_at=None, removed_at=None, asked_at=now() - timedelta(days=6)))
    assert paper.tidy(shop) == 0
    with database.transaction() as db:
        db.execute(update(SlipPrint).values(asked_at=now() - timedelta(days=8)))
    assert paper.tidy(shop) == 1


# Jobs that are cut short


def ask(database: Database, ward: Ward, whom: Bearers | None = None) -> uuid.UUID:
    with database.transaction() as db:
        return slips.ask_print(
            db,
            whom or Bearers(ward.code, YEAR),
            Asked("", "In phiếu", "slip.make", None, ward_code=ward.code, id=new_id()),
            base="http://localhost",
        )


class Cut(Exception):
    """The process died here."""


@pytest.mark.parametrize("moment", ["before the file", "after the file", "after the step"])
def test_a_print_cut_short_leaves_no_dead_codes(
    app: Flask, database: Database, town: Ward, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Killed anywhere, begun again: one open slip a person, and the file to fetch has exactly their codes."""
    shop = shop_of(app)
    job_id = ask(database, town)
    first = jobs.claim(database, frozenset({slips.PRINT}))
    assert first is not None
    put, keep = type(shop.store).put, slips.keep_print

    def dies(*args: Any, **kwargs: Any) -> Any:
        if moment == "after the file":
            put(*args, **kwargs)
        raise Cut

    def dies_late(*args: Any, **kwargs: Any) -> Any:
        keep(*args, **kwargs)
        raise Cut

    with monkeypatch.context() as patch:
        if moment == "after the step":
            patch.setattr(slips, "keep_print", dies_late)
        else:
            patch.setattr(type(shop.store), "put", dies)
        with pytest.raises(Cut):
            paper.print_slips(first, shop)
    with database.transaction() as db:
        assert db.scalar(select(func.count()).select_from(Slip)) == 0
        db.execute(update(Job).values(beat_at=now() - timedelta(seconds=SILENT_SECONDS + 1)))
    assert worker.run_waiting(shop) == 1
    with database.read() as db:
        row = db.scalars(select(SlipPrint)).one()
        hashes = {one.code_hash: one.revoked_at for one in db.scalars(select(Slip))}
        assert db.get_one(Job, job_id).state == State.DONE
    assert row.file_key == f"jobs/{job_id}/2"
    codes = codes_of(shop.store.get(row.file_key))
    assert hashes == {code_hash(code, shop.settings.secret_key): None for code in codes}
    assert len(codes) == 3
    with pytest.raises(Exception, match="Không tìm thấy"):
        shop.store.get(f"jobs/{job_id}/1")


def test_a_stopped_print_writes_nothing(
    app: Flask, database: Database, town: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, job_id, typeset = shop_of(app), ask(database, town), paper.typeset

    def stopped(*args: Any) -> bytes:
        with database.transaction() as db:
            jobs.stop(db, job_id)
        return typeset(*args)

    monkeypatch.setattr(paper, "typeset", stopped)
    assert worker.run_waiting(shop) == 1
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Slip)) == 0
        assert db.get_one(Job, job_id).state == State.STOPPED
    with pytest.raises(Exception, match="Không tìm thấy"):
        shop.store.get(f"jobs/{job_id}/1")


def test_who_got_an_account_meanwhile_is_left_out(
    app: Flask, database: Database, town: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it happens between the paper and the step that keeps it: the paper is made again without them."""
    shop, typeset, turns = shop_of(app), paper.typeset, []
    job_id = ask(database, town)

    def slowly(*args: Any) -> bytes:
        turns.append(len(args[1]["slips"]))
        if len(turns) == 1:
            with database.transaction() as db:
                db.execute(update(Person).where(Person.name == "Đặng Hữu Mẫu Ẵm").values(died_on=now().date()))
        return typeset(*args)

    monkeypatch.setattr(paper, "typeset", slowly)
    worker.run_waiting(shop)
    assert turns == [3, 2]
    with database.read() as db:
        row = db.get_one(SlipPrint, job_id)
        assert db.scalar(select(func.count()).select_from(Slip)) == 2
        assert db.get_one(Job, job_id).total == 2
    assert "Ẵm" not in text_of(shop.store.get(row.file_key or ""))


def test_nobody_left_says_so(app: Flask, database: Database, town: Ward) -> None:
    job_id = ask(database, town, Bearers(town.code, YEAR, community_id=town.communities[1].id))
    with database.transaction() as db:
        db.execute(update(Person).values(died_on=now().date()))
    worker.run_waiting(shop_of(app))
    with database.read() as db:
        job = db.get_one(Job, job_id)
        assert (job.state, job.reason) == (State.FAILED, slips.NOBODY)
    with pytest.raises(Invalid):
        ask(database, town)


def test_too_many_are_refused_before(
    app: Flask, database: Database, town: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slips, "MOST_SLIPS", 2)
    with pytest.raises(Invalid, match="nhiều nhất"):
        ask(database, town)


# Who may


@pytest.mark.parametrize(
    ("login", "status"),
    [("xet", 200), ("to-1", 200), ("to-2", 403), ("xet-noi-khac", 403), ("tinh", 403), ("co", 403)],
)
def test_who_may_print_for_a_person(app: Flask, database: Database, town: Ward, login: str, status: int) -> None:
    with database.read() as db:
        one = person_id(db, "Nguyễn Thị Mẫu Ngoãn")
    browser = signed_in(app, login)
    assert browser.get(f"/dan-cu/{one}/phieu").status == status
    browser.get("/tai-khoan")
    if status == 403:
        assert browser.post(f"/dan-cu/{one}/phieu").status == 403
        assert browser.get("/tai-khoan").post(f"/dan-cu/{one}/phieu/huy").status == 403
    desk = {"xet": 200, "to-1": 200, "to-2": 200, "xet-noi-khac": 200}.get(login, 403)
    assert (browser.get("/phieu-nhan").status, browser.get("/phieu-nhan/in?ca=1").status) == (desk, desk)
    assert ("Ngoãn" in browser.text) == (login in {"xet", "to-1"})
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Job)) == 0


@pytest.mark.parametrize(("login", "status"), [("xet", 200), ("to-1", 403), ("xet-noi-khac", 403), ("co", 403)])
def test_who_may_print_a_new_password(app: Flask, database: Database, town: Ward, login: str, status: int) -> None:
    """Officers of the ward, never heads of a community; and never for an account with a role."""
    with database.read() as db:
        owner = db.scalars(select(Account.id).where(Account.login == "co")).one()
        head = db.scalars(select(Account.id).where(Account.login == "to-1")).one()
    browser = signed_in(app, login)
    assert browser.get(f"/tai-khoan/{owner}/phieu-mat-khau").status == (status if login != "co" else 403)
    assert browser.get(f"/tai-khoan/{head}/phieu-mat-khau").status == 403


def test_a_role_given_while_a_password_slip_is_printed(app: Flask, database: Database, town: Ward) -> None:
    with database.read() as db:
        owner = db.scalars(select(Account.id).where(Account.login == "co")).one()
    signed_in(app, "xet").get(f"/tai-khoan/{owner}/phieu-mat-khau").submit(button="In phiếu")
    with database.transaction() as db:
        make_officer(db, town, "community_head", "co", community=2)
    worker.run_waiting(shop_of(app))
    with database.read() as db:
        assert db.scalars(select(Job.reason)).one() == slips.NOBODY
        assert db.scalar(select(func.count()).select_from(Slip)) == 0


def test_a_long_list_costs_the_same_number_of_queries(app: Flask, database: Database, town: Ward) -> None:
    engine = app.extensions["xhht_database"].reader

    def cost(path: str) -> int:
        statements: list[str] = []

        def note(connection: object, cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        browser.get(path)
        event.remove(engine, "before_cursor_execute", note)
        assert browser.status == 200
        return len(statements)

    browser = signed_in(app, "to-2")
    pages = ("/phieu-nhan?phieu=tat-ca", "/phieu-nhan/in?ca=1&phieu=tat-ca")
    assert "In cho cả 1 người" in browser.get(pages[0]).words()
    few = [cost(page) for page in pages]
    with database.transaction() as db:
        for _ in range(30):
            resident = make_resident(db, town, community=1)
            db.add(
                Slip(
                    ward_code=town.code,
                    person_id=resident.id,
                    purpose="claim",
                    code_hash=code_hash(new_code(), "k"),
                    expires_at=now() + timedelta(days=1),
                )
            )
    assert "In cho cả 31 người" in browser.get(pages[0]).words()
    assert [cost(page) for page in pages] == few
