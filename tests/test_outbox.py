"""What a phone sends late arrives once, whatever comes twice, at once, from another or after it was changed."""

from __future__ import annotations

import io
import threading
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
import segno
from browser import Browser
from factories import PASSWORD, TODAY, YEAR, Resident, make_application, make_evidence, make_resident, make_ward
from flask import Flask
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from xhht_citizen import clock
from xhht_citizen.applications import queries as applications
from xhht_citizen.database import AlreadyThere, Database, new_id, now
from xhht_citizen.errors import NotFound
from xhht_citizen.evidence import actions as evidence_actions
from xhht_citizen.evidence import bringing
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.evidence.models import Evidence, EvidenceFile
from xhht_citizen.evidence.references import CARD
from xhht_citizen.phones import actions, drafting
from xhht_citizen.phones.models import Arrival, Draft
from xhht_citizen.phones.rules import Said, changed_meanwhile, read_said
from xhht_citizen.web.half_filled import milliseconds

LEARNED = {"kind": "course", "title": "Lớp trồng rau", "learned_on": f"{TODAY:%d/%m/%Y}", "indicators": ["1.3"]}


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()


@dataclass
class Sender:
    """A phone whose owner is signed in: it asks for its key, then sends."""

    browser: Browser
    owner: str = ""
    token: str = ""

    def key(self) -> Sender:
        said = self.browser.client.get("/hop-gui/chia-khoa").get_json()
        self.owner, self.token = said["owner"], said["token"]
        return self

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> tuple[int, Any]:
        data: MultiDict[str, Any] = MultiDict()
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                data.add(name, (io.BytesIO(one), "anh.png") if isinstance(one, bytes) else str(one))
        sent = {"X-CSRFToken": self.token, "X-Xhht-Owner": self.owner, **headers}
        answer = self.browser.client.post(path, data=data, headers=sent, content_type="multipart/form-data")
        assert answer.mimetype == "application/json", answer.status_code
        return answer.status_code, answer.get_json()


def sender(app: Flask, login: str = "lan") -> Sender:
    browser = Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": login, "password": PASSWORD})
    return Sender(browser).key()


@pytest.fixture
def lan(db: Session) -> Resident:
    person = make_resident(db, make_ward(db), login="lan")
    db.commit()
    return person


def rows(database: Database, person: Resident) -> list[tuple[str, int, list[str]]]:
    with database.read(primary=True) as db:
        return [
            (row.title, len(row.files), [tag.code for tag in row.indicators])
            for row in evidence.of_person(db, person.id, YEAR)
        ]


def arrivals(database: Database) -> int:
    with database.read(primary=True) as db:
        return db.scalar(select(func.count()).select_from(Arrival)) or 0


def test_sent_again_it_is_received_and_changes_nothing_whatever_became_of_it(
    app: Flask, database: Database, lan: Resident
) -> None:
    phone, subject = sender(app), new_id()
    item = {**LEARNED, "item": new_id(), "id": subject}
    received = (200, {"state": "received", "url": "/minh-chung"})

    def send() -> tuple[int, Any]:
        status, said = phone.send("/hop-gui/viec", item)
        said.pop("base")
        return status, said

    assert [send(), send()] == [received, received]
    assert rows(database, lan) == [("Lớp trồng rau", 0, ["1.3"])]
    with database.transaction() as db:
        told = evidence_actions.Details("course", "Lớp trồng hoa", TODAY, frozenset())
        evidence_actions.edit(db, subject, told, version=1, account_id=None, today=TODAY)
    assert (send(), rows(database, lan)) == (received, [("Lớp trồng hoa", 0, [])])
    with database.transaction() as db:
        evidence_actions.withdraw(db, subject, account_id=None)
    assert (send(), rows(database, lan), arrivals(database)) == (received, [], 1)


def test_what_arrived_is_forgotten_after_more_than_a_year(database: Database, lan: Resident) -> None:
    with database.transaction() as db:
        for days in (401, 401, 401, 399):
            fields = {"person_id": lan.id, "account_id": lan.account.id, "kind": "file", "subject_id": lan.id}
            db.add(Arrival(id=new_id(), at=now() - timedelta(days=days), **fields))
    assert (actions.forget_old(database, at_once=2), arrivals(database)) == (3, 1)


def test_photos_come_one_by_one_and_each_once(app: Flask, database: Database, lan: Resident) -> None:
    phone, subject, photos = sender(app), new_id(), [new_id(), new_id()]
    assert phone.send("/hop-gui/viec", {**LEARNED, "item": new_id(), "id": subject})[0] == 200
    path = f"/hop-gui/viec/{subject}/tep"
    for photo, colour in zip(photos * 2, ["red", "blue"] * 2, strict=True):
        said = phone.send(path, {"item": photo, "files": picture(colour)})
        assert said == (200, {"state": "received", "url": f"/minh-chung/{subject}", "base": ""})
    with database.read() as db:
        assert sorted(db.scalars(select(EvidenceFile.id))) == sorted(photos)
    status, said = phone.send(path, {"item": new_id(), "files": b"no picture"})
    assert (status, list(said["errors"])) == (422, ["files"])
    assert phone.send(path, {"item": new_id()})[0] == 422
    assert phone.send(f"/hop-gui/viec/{new_id()}/tep", {"item": new_id(), "files": picture()})[0] == 404
    with database.transaction() as db:
        evidence_actions.withdraw(db, subject, account_id=None)
    assert phone.send(path, {"item": photos[0], "files": picture()})[0] == 200
    assert arrivals(database) == 3


@pytest.mark.parametrize("looks_on", [True, False])
def test_a_photographed_identity_card_is_said_as_what_is_amiss(app: Flask, lan: Resident, looks_on: bool) -> None:
    """Also to whoever did not look on while it was sent, at the next page, and once."""
    out = io.BytesIO()
    segno.make("046056001234|260101234|Nguyễn Văn Mẫu|05081956|Nam").save(out, kind="png", scale=8, border=4)
    phone, subject, photo = sender(app), new_id(), new_id()
    assert phone.send("/hop-gui/viec", {**LEARNED, "item": new_id(), "id": subject})[0] == 200
    say = {"say": "1"} if looks_on else {}
    for _twice in range(2):
        assert phone.send(f"/hop-gui/viec/{subject}/tep", {"item": photo, "files": out.getvalue(), **say})[0] == 200
    said = [" ".join("".join(node.itertext()).split()) for node in misses(phone.browser.get("/minh-chung"))]
    assert said == [CARD]


def misses(browser: Browser) -> list[Any]:
    return [node for node in browser.page.iter("div") if node.get("class") == "notice notice-miss"]


def test_a_file_the_store_has_already_does_not_stop_its_row(app: Flask, database: Database, lan: Resident) -> None:
    """The process was killed after the store had the file and before the row: the same photo comes again."""
    phone, subject, photo = sender(app), new_id(), new_id()
    phone.send("/hop-gui/viec", {**LEARNED, "item": new_id(), "id": subject})
    key = f"{lan.ward.code}/{TODAY.year:04d}/{photo}.webp"
    app.extensions["xhht_store"].put(key, b"half way")
    assert phone.send(f"/hop-gui/viec/{subject}/tep", {"item": photo, "files": picture()})[0] == 200
    assert rows(database, lan) == [("Lớp trồng rau", 1, ["1.3"])]


def test_what_is_wrong_is_said_beside_its_field_as_on_the_page(app: Flask, database: Database, lan: Resident) -> None:
    phone = sender(app)
    late = f"{TODAY + timedelta(days=3):%d/%m/%Y}"
    for wrong in ({"title": ""}, {"kind": "", "hours": "hai"}, {"learned_on": "hôm nào"}, {"learned_on": late}):
        page = phone.browser.get("/minh-chung/moi").submit("/minh-chung/moi", {**LEARNED, **wrong})
        status, said = phone.send("/hop-gui/viec", {**LEARNED, **wrong, "item": new_id(), "id": new_id()})
        assert (page.status, status) == (422, 422)
        messages = [text for texts in said["errors"].values() for text in texts]
        assert [f"Lỗi: {text}" in page.words() for text in messages] == [True] * len(messages)
        assert len(messages) == page.text.count('class="error"')
    assert (rows(database, lan), arrivals(database)) == ([], 0)
    assert phone.send("/hop-gui/viec", {**LEARNED, "id": new_id()})[0] == 422
    assert phone.send("/hop-gui/viec", {**LEARNED, "item": new_id()})[0] == 404


@pytest.mark.parametrize("late", [0, 3])
def test_yesterday_is_the_day_before_it_was_typed_however_late_it_comes(
    app: Flask, database: Database, lan: Resident, late: int
) -> None:
    phone, subject = sender(app), new_id()
    typed = milliseconds(now() - timedelta(days=late))
    item = {**LEARNED, "draft": "/minh-chung/moi", "typed": typed, "id": subject}

    def learned(path: str, said: str, **more: Any) -> tuple[int, Any, int]:
        status, answer = phone.send(path, {**item, "learned_on": said, "item": new_id(), **more})
        with database.read(primary=True) as db:
            return status, answer["base"], (TODAY - db.scalars(select(Evidence.learned_on)).one()).days

    status, base, days = learned("/hop-gui/viec", "hôm qua")
    assert (status, days) == (200, late + 1)
    status, base, days = learned(f"/hop-gui/sua/{subject}", "hôm kia", base=base)
    assert (status, days) == (200, late + 2)
    future = milliseconds(now() + timedelta(days=9))
    status, base, days = learned(f"/hop-gui/sua/{subject}", "hôm nay", typed=future, base=base)
    assert (status, days) == (200, 0)


def test_the_place_one_goes_on_to_is_the_pages_own(app: Flask, lan: Resident) -> None:
    phone = sender(app)

    def onward(path: str, **more: Any) -> str:
        return str(phone.send(path, {**LEARNED, "item": new_id(), "id": new_id(), **more})[1]["url"])

    assert onward("/hop-gui/viec?chi-so=1.3") == "/diem/1.3"
    assert onward("/hop-gui/viec?chi-so=1.3&loai=course", then="again") == "/minh-chung/moi?chi-so=1.3&loai=course"
    assert onward("/hop-gui/cham/1.1", points="5") == "/diem/1.2"
    assert onward("/hop-gui/cham/1.1", points="5", then="back") == "/diem"


def test_an_edit_over_what_the_phone_saw(app: Flask, database: Database, db: Session, lan: Resident) -> None:
    subject = make_evidence(db, lan, "Lớp trồng rau")
    db.commit()
    phone = sender(app)
    page = phone.browser.get(f"/minh-chung/{subject}/sua")
    seen = next(form for form in page.forms() if "title" in form.names).fields["base"]
    path = f"/hop-gui/sua/{subject}"
    mine = {**LEARNED, "title": "Lớp trồng rau sạch", "base": seen}
    first = {**mine, "item": new_id()}
    status, said = phone.send(path, first)
    assert (status, said["state"], said["url"]) == (200, "received", f"/minh-chung/{subject}")
    assert (
        phone.send(path, {**mine, "title": "Lớp trồng hoa", "item": new_id(), "base": [seen, said["base"]]})[0] == 200
    )
    assert phone.send(path, first)[0] == 200
    assert rows(database, lan) == [("Lớp trồng hoa", 0, ["1.3"])]
    item = {**mine, "title": "Lớp nuôi gà", "item": new_id()}
    status, said = phone.send(path, item)
    assert (status, said["message"].startswith("Nội dung này vừa được sửa ở nơi khác")) == (409, True)
    assert said["theirs"]["rows"] == [
        {
            "name": "title",
            "label": "Tên lớp học",
            "mine": "Lớp nuôi gà",
            "theirs": "Lớp trồng hoa",
        }
    ]
    assert said["theirs"]["fields"]["title"] == ["Lớp trồng hoa"]
    assert rows(database, lan) == [("Lớp trồng hoa", 0, ["1.3"])]
    assert phone.send(path, {**item, "base": said["theirs"]["base"]})[0] == 200
    assert rows(database, lan) == [("Lớp nuôi gà", 0, ["1.3"])]
    assert phone.send(f"/hop-gui/sua/{new_id()}", {**mine, "item": new_id()})[0] == 404


@pytest.mark.parametrize("used", [True, False])
def test_what_was_taken_back_meanwhile_is_not_made_anew_by_a_late_edit(
    app: Flask, database: Database, db: Session, lan: Resident, used: bool
) -> None:
    """Whether it was deleted or, having stood in a case, marked: also when that came after the edit had begun."""
    subject = make_evidence(db, lan, "Lớp trồng rau")
    if used:
        db.get_one(Evidence, subject).used_at = now()
    evidence_actions.withdraw(db, subject, account_id=None)
    db.commit()
    late = {"person_id": lan.id, "ward_code": None, "seen": [], "account_id": None, "today": TODAY}
    told = evidence_actions.Details("course", "Lớp trồng rau", TODAY, frozenset())
    with database.write() as writing, pytest.raises(NotFound):
        bringing.bring(writing, None, evidence_id=subject, details=told, correction=True, **late)
    item = {**LEARNED, "title": "Lớp trồng hoa", "item": new_id()}
    status, said = sender(app).send(f"/hop-gui/sua/{subject}", item)
    assert (status, said, arrivals(database)) == (404, {"message": str(bringing.GONE)}, 0)
    with database.read() as reading:
        kept = reading.scalars(select(Evidence.title).where(Evidence.withdrawn_at.is_not(None))).all()
        assert (kept, reading.scalar(select(func.count()).select_from(Evidence))) == (["Lớp trồng rau"] * used, used)


def test_the_same_thing_mended_on_the_phone_after_it_had_arrived(app: Flask, database: Database, lan: Resident) -> None:
    """The answer was lost, the words were mended: another item about the same thing is no second thing."""
    phone, subject = sender(app), new_id()
    base = phone.send("/hop-gui/viec", {**LEARNED, "item": new_id(), "id": subject})[1]["base"]
    mended = {**LEARNED, "title": "Lớp trồng hoa", "id": subject}
    assert phone.send("/hop-gui/viec", {**mended, "item": new_id()})[0] == 409
    assert phone.send("/hop-gui/viec", {**mended, "item": new_id(), "base": base})[0] == 200
    assert rows(database, lan) == [("Lớp trồng hoa", 0, ["1.3"])]


def answered(database: Database, person: Resident, code: str) -> tuple[int | None, str | None] | None:
    with database.read(primary=True) as db:
        case = applications.own_application(db, person.id, YEAR)
        rows = {row.code: (row.claimed_points, row.note) for row in case.lines} if case else {}
        return rows.get(code)


def test_an_answer_over_what_the_phone_saw(app: Flask, database: Database, db: Session, lan: Resident) -> None:
    old = make_evidence(db, lan, "Lớp trồng rau", codes=())
    db.commit()
    phone = sender(app)
    nothing = Said({"points": "", "note": ""}).text()
    item = {"item": new_id(), "points": "5", "note": "Có học", "evidence": [old], "base": nothing}
    status, said = phone.send("/hop-gui/cham/1.1", item)
    assert (status, said["url"], answered(database, lan, "1.1")) == (200, "/diem/1.2", (5, "Có học"))
    assert phone.send("/hop-gui/cham/1.1", {**item, "item": new_id()})[0] == 200  # says what stands already
    status, said = phone.send("/hop-gui/cham/1.1", {**item, "item": new_id(), "points": "8", "evidence": []})
    assert (status, [row["name"] for row in said["theirs"]["rows"]]) == (409, ["points", "evidence"])
    assert said["theirs"]["rows"][1] == {
        "name": "evidence",
        "label": "Việc đã học làm minh chứng",
        "mine": "",
        "theirs": "Lớp trồng rau",
    }
    assert said["theirs"]["fields"] == {"points": ["5"], "evidence": [str(old)], "note": ["Có học"]}
    assert answered(database, lan, "1.1") == (5, "Có học")
    again = {**item, "item": new_id(), "points": "8", "evidence": [], "base": said["theirs"]["base"]}
    assert phone.send("/hop-gui/cham/1.1", again)[0] == 200
    assert (answered(database, lan, "1.1"), rows(database, lan)) == ((8, "Có học"), [("Lớp trồng rau", 0, [])])
    assert phone.send("/hop-gui/cham/1.1", item)[0] == 200  # the first one once more, late
    assert answered(database, lan, "1.1") == (8, "Có học")
    status, said = phone.send("/hop-gui/cham/1.1", {"item": new_id(), "points": ""})
    assert (status, said["errors"]) == (422, {"points": ["Chọn một mức điểm."]})
    assert phone.send("/hop-gui/cham/9.9", item)[0] == 404


def test_what_no_phone_of_ours_would_say_is_refused_in_words(app: Flask, database: Database, lan: Resident) -> None:
    """An owner that is no key, a way of learning nobody knows, a clock at the end of time: an answer, and no crash."""
    phone = sender(app)
    item = {**LEARNED, "item": new_id(), "id": new_id()}
    assert phone.send("/hop-gui/viec", item, **{"X-Xhht-Owner": "người khác".encode().decode("latin-1")})[0] == 403
    status, said = phone.send("/hop-gui/viec", {**item, "kind": "khong-co"})
    assert (status, list(said["errors"])) == (422, ["kind"])
    assert (rows(database, lan), arrivals(database)) == ([], 0)
    last = 253_402_300_799_000  # in Vietnam it is the year 10000 then
    assert phone.send("/hop-gui/viec", {**item, "learned_on": "hôm qua", "typed": last})[0] == 200
    with database.read(primary=True) as db:
        assert db.scalars(select(Evidence.learned_on)).all() == [clock.today() - timedelta(days=1)]


def test_a_number_read_off_its_own_photo_is_nobody_elses_change(app: Flask, database: Database, lan: Resident) -> None:
    """A correction typed before the photo arrived knows nothing of it: it is written, and the number stays."""
    phone, subject = sender(app), new_id()
    _status, said = phone.send("/hop-gui/viec", {**LEARNED, "item": new_id(), "id": subject})
    paper = io.BytesIO()
    segno.make("https://chungchi.example/xem/2026-000123").save(paper, kind="png", scale=8)
    assert phone.send(f"/hop-gui/viec/{subject}/tep", {"item": new_id(), "files": paper.getvalue()})[0] == 200
    edit = {**LEARNED, "title": "Lớp trồng hoa", "item": new_id(), "base": said["base"]}
    assert phone.send(f"/hop-gui/sua/{subject}", edit)[0] == 200
    with database.read(primary=True) as db:
        row = db.execute(select(Evidence.title, Evidence.certificate_ref)).one()
    assert tuple(row) == ("Lớp trồng hoa", "https://chungchi.example/xem/2026-000123")
    seen = said["base"].replace("Lớp trồng rau", "Lớp trồng hoa")
    seen = seen.replace('"certificate_ref":""', f'"certificate_ref":"{row.certificate_ref}"')
    again = {**edit, "item": new_id(), "base": seen}  # whoever saw it may take it away
    assert phone.send(f"/hop-gui/sua/{subject}", again)[0] == 200
    with database.read(primary=True) as db:
        assert db.scalars(select(Evidence.certificate_ref)).all() == [None]


def test_evidence_that_arrived_since_is_no_conflict_of_the_answer_that_leans_on_it(
    app: Flask, database: Database, lan: Resident
) -> None:
    phone, subject = sender(app), new_id()
    phone.send("/hop-gui/viec", {**LEARNED, "indicators": ["1.1"], "item": new_id(), "id": subject})
    nothing = Said({"points": "", "note": ""}).text()
    item = {"item": new_id(), "points": "8", "evidence": [subject], "base": nothing}
    assert phone.send("/hop-gui/cham/1.1", item)[0] == 200
    assert (answered(database, lan, "1.1"), rows(database, lan)) == ((8, None), [("Lớp trồng rau", 0, ["1.1"])])


def test_a_case_that_was_sent_takes_no_late_answer(app: Flask, db: Session, lan: Resident) -> None:
    make_application(db, lan)
    db.commit()
    status, said = sender(app).send("/hop-gui/cham/1.1", {"item": new_id(), "points": "5"})
    assert (status, "theirs" in said) == (409, True)
    item = {"item": new_id(), "points": "5", "base": said["theirs"]["base"]}
    status, said = sender(app).send("/hop-gui/cham/1.1", item)
    assert (status, list(said), "Hồ sơ đã gửi đi" in said["message"]) == (409, ["message"], True)


def lines_of(database: Database, person: Resident, year: int) -> dict[str, str | None] | None:
    with database.read(primary=True) as db:
        case = applications.own_application(db, person.id, year)
        return {row.code: row.note for row in case.lines} if case else None


def test_an_answer_stays_in_the_year_its_page_showed_however_late_it_comes(
    app: Flask, database: Database, db: Session, lan: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = sender(app)
    phone.send("/hop-gui/cham/1.1", {"item": new_id(), "points": "5"})
    page = Browser(app).get("/dang-nhap").submit("/dang-nhap", {"login": "lan", "password": PASSWORD})
    page.get("/diem/1.3")
    form = next(form for form in page.forms() if "points" in form.names)
    assert form.fields["year"] == str(YEAR)
    item = {"item": new_id(), "points": "5", "note": "Năm cũ", "year": str(YEAR)}
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 1, 1, 2))
    assert phone.send("/hop-gui/cham/1.2", item)[1]["url"] == f"/diem/1.3?nam={YEAR}"
    page.submit("/diem/1.3", {"points": "5", "note": "Gửi qua giao thừa"})
    assert lines_of(database, lan, YEAR) == {"1.1": None, "1.2": "Năm cũ", "1.3": "Gửi qua giao thừa"}
    assert lines_of(database, lan, YEAR + 1) is None
    fresh = {"item": new_id(), "points": "5", "note": "Năm mới", "year": str(YEAR + 1)}
    assert phone.send("/hop-gui/cham/1.2", fresh)[0] == 200
    # What was typed before pages said their year is of the open one; an address that names a year stands.
    assert phone.send("/hop-gui/cham/1.1", {"item": new_id(), "points": "5", "note": "Không ghi năm"})[0] == 200
    named = {**fresh, "item": new_id(), "note": "Theo địa chỉ"}
    assert phone.send(f"/hop-gui/cham/2.1?nam={YEAR}", named)[0] == 200
    assert lines_of(database, lan, YEAR + 1) == {"1.2": "Năm mới", "1.1": "Không ghi năm"}
    assert lines_of(database, lan, YEAR) == {
        "1.1": None,
        "1.2": "Năm cũ",
        "1.3": "Gửi qua giao thừa",
        "2.1": "Theo địa chỉ",
    }


def test_an_answer_of_a_year_that_ended_without_a_case_is_refused_and_says_why(
    app: Flask, database: Database, lan: Resident, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = sender(app)
    monkeypatch.setattr(clock, "today", lambda: date(YEAR + 1, 1, 2))
    status, said = phone.send("/hop-gui/cham/1.2", {"item": new_id(), "points": "5", "year": str(YEAR)})
    assert (status, f"Năm {YEAR} đã hết" in said["message"]) == (404, True)
    assert [lines_of(database, lan, year) for year in (YEAR, YEAR + 1)] == [None, None]


def test_another_persons_ids_phone_and_evidence(app: Flask, database: Database, db: Session, lan: Resident) -> None:
    hoa = make_resident(db, lan.ward, login="hoa")
    hers = make_evidence(db, hoa, "Lớp may")
    db.commit()
    phone, other = sender(app), sender(app, "hoa")
    item = {**LEARNED, "item": new_id(), "id": new_id()}
    assert phone.send("/hop-gui/viec", item)[0] == 200
    assert other.send("/hop-gui/viec", {**item, "id": new_id()})[0] == 403
    assert other.send("/hop-gui/viec", {**item, "item": new_id()})[0] == 403
    assert phone.send(f"/hop-gui/sua/{hers}", {**LEARNED, "item": new_id()})[0] == 403
    assert phone.send(f"/hop-gui/viec/{hers}/tep", {"item": new_id(), "files": picture()})[0] == 403
    wrong = {"item": new_id(), "points": "5", "evidence": [hers]}
    assert phone.send("/hop-gui/cham/1.1", wrong)[0] == 404
    for owner in (other.owner, "", "none"):
        paths = ("/hop-gui/viec", f"/hop-gui/sua/{hers}", f"/hop-gui/viec/{hers}/tep", "/hop-gui/cham/1.1")
        said = [phone.send(path, {**item, "item": new_id()}, **{"X-Xhht-Owner": owner}) for path in paths]
        assert said == [(403, {"error": "owner"})] * 4
    assert (rows(database, lan), rows(database, hoa)) == ([("Lớp trồng rau", 0, ["1.3"])], [("Lớp may", 0, ["1.3"])])
    assert arrivals(database) == 1


def test_an_ended_session_and_an_aged_token_are_said_in_json(app: Flask, database: Database, lan: Resident) -> None:
    phone = sender(app)
    item = {**LEARNED, "item": new_id(), "id": new_id()}
    assert phone.send("/hop-gui/viec", item, **{"X-CSRFToken": "old"}) == (400, {"error": "token"})
    phone.browser.get("/tai-khoan").submit("/dang-xuat")
    first = (401, {"error": "first", "url": "/dang-nhap?next=/hop-gui"})
    assert phone.send("/hop-gui/viec", item) == first
    answer = phone.browser.client.get("/hop-gui/chia-khoa")
    assert (answer.status_code, answer.get_json()) == first
    assert rows(database, lan) == []


def test_two_at_once_that_no_action_saw_coming_are_sent_again_by_the_phone(app: Flask, lan: Resident) -> None:
    """A 503 the phone waits out; a page is told as of any other conflict."""
    said = []
    for path in ("/hop-gui/viec", "/hop-gui/cham/1.1", "/minh-chung/moi"):
        with app.test_request_context(path, method="POST", headers={"Accept-Language": "vi"}):
            answer = app.make_response(app.handle_user_exception(AlreadyThere("", None, Exception())))
            assert (
                "vừa ghi cùng lúc"
                in (answer.get_json() if answer.is_json else {"message": answer.get_data(as_text=True)})["message"]
            )
            said.append((answer.status_code, answer.is_json))
    assert said == [(503, True), (503, True), (409, False)]


def test_the_page_says_without_script_that_nothing_waits(app: Flask, lan: Resident) -> None:
    page = sender(app).browser.get("/hop-gui")
    assert (page.status, page.screen(), page.response.headers["X-Xhht-Keep"]) == (200, "outbox.mine", "1")
    assert "Trên máy này không có việc nào chờ gửi" in page.words()


def waiting_draft(database: Database, person: Resident, page: str) -> dict[str, list[str]] | None:
    with database.read(primary=True) as db:
        typed = drafting.waiting(db, person.account.id, person.id, page)
    return typed.fields if typed is not None else None


@pytest.mark.parametrize("kind", ["viec", "sua", "cham"])
def test_a_draft_typed_before_what_the_phone_sends_goes_with_it_and_one_typed_since_stays(
    app: Flask, database: Database, lan: Resident, kind: str
) -> None:
    with database.transaction() as db:
        subject = make_evidence(db, lan, "Lớp trồng rau")
    page = {"viec": "/minh-chung/moi", "sua": f"/minh-chung/{subject}/sua", "cham": "/diem/1.1"}[kind]
    path = {"viec": "/hop-gui/viec", "sua": f"/hop-gui/sua/{subject}", "cham": "/hop-gui/cham/1.1"}[kind]
    phone, typed = sender(app), now() - timedelta(minutes=10)
    seen = ""
    if kind == "sua":
        forms = phone.browser.get(page).forms()
        seen = next(form for form in forms if "title" in form.names).fields["base"]
    right, wrong = ({"points": "5"}, {"points": "7"}) if kind == "cham" else (LEARNED, {**LEARNED, "title": ""})
    about = {"draft": page, "typed": milliseconds(typed), "id": new_id()}
    words, later = {"note": ["Biết ủ phân."]}, {"note": ["Biết ủ phân và tưới."]}

    def save(fields: dict[str, list[str]], seconds: int) -> bool:
        with database.transaction() as db:
            return drafting.save(db, lan.account.id, lan.id, page, fields, typed=typed + timedelta(seconds=seconds))

    def send(fields: dict[str, Any], item: uuid.UUID) -> tuple[int, dict[str, list[str]] | None]:
        status, _said = phone.send(path, {**fields, "base": seen, "item": item})
        return status, waiting_draft(database, lan, page)

    assert save(words, -30)
    assert send({**about, **wrong}, new_id()) == (422, words)
    item = new_id()
    assert send({**about, **right}, item) == (200, {})
    assert not save(words, -20)  # on its way since before
    assert (waiting_draft(database, lan, page), save(later, 30)) == ({}, True)
    assert send({**about, **right}, item) == (200, later)  # the answer was lost: it comes again
    assert send({**about, **right}, new_id()) == (200, later)
    with database.read() as db:
        others = db.scalar(select(func.count()).select_from(Draft))
    assert others == 1


@pytest.mark.parametrize("page", ["", "/diem/1.1", "/can-bo", "//other.example/", "/minh-chung/moi?x=1"])
def test_only_the_draft_of_the_page_that_was_named_goes(
    app: Flask, database: Database, lan: Resident, page: str
) -> None:
    words = {"title": ["Lớp trồng rau"]}
    with database.transaction() as db:
        drafting.save(db, lan.account.id, lan.id, "/minh-chung/moi", words, typed=now() - timedelta(minutes=1))
    item = {**LEARNED, "item": new_id(), "id": new_id(), "draft": page, "typed": milliseconds(now())}
    assert sender(app).send("/hop-gui/viec", item)[0] == 200
    assert waiting_draft(database, lan, "/minh-chung/moi") == words


def at_once(app: Flask, sends: list[tuple[str, dict[str, Any]]]) -> list[int]:
    phones = [sender(app) for _ in sends]
    start, found = threading.Barrier(len(sends)), []

    def go(phone: Sender, path: str, fields: dict[str, Any]) -> None:
        start.wait()
        found.append(phone.send(path, fields)[0])

    threads = [threading.Thread(target=go, args=(phone, *send)) for phone, send in zip(phones, sends, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


def test_the_same_thing_from_four_tabs_at_once(app: Flask, database: Database, lan: Resident) -> None:
    item = {**LEARNED, "item": new_id(), "id": new_id()}
    assert at_once(app, [("/hop-gui/viec", item)] * 4) == [200] * 4
    photo = {"item": new_id(), "files": picture()}
    assert at_once(app, [(f"/hop-gui/viec/{item['id']}/tep", photo)] * 4) == [200] * 4
    answer = {"item": new_id(), "points": "5", "evidence": [item["id"]]}
    assert at_once(app, [("/hop-gui/cham/1.3", answer)] * 4) == [200] * 4
    assert (rows(database, lan), arrivals(database)) == ([("Lớp trồng rau", 1, ["1.3"])], 3)


def test_two_answers_at_once_are_never_both_taken_unseen(app: Flask, database: Database, lan: Resident) -> None:
    nothing = Said({"points": "", "note": ""}).text()
    sends = [("/hop-gui/cham/1.1", {"item": new_id(), "points": points, "base": nothing}) for points in ("5", "8")]
    assert at_once(app, sends) == [200, 409]


@pytest.mark.parametrize(
    ("mine", "seen", "present", "changed"),
    [
        (("5", ""), [("", "")], ("", ""), False),
        (("5", ""), [("", "")], ("5", "a"), True),
        (("5", "a"), [("", "")], ("5", "a"), False),
        (("5", "a"), [("", ""), ("8", "")], ("8", ""), False),
        (("5", ""), [], ("8", ""), True),
        (("5", ""), [], ("", ""), False),
        (("5", "xy"), [("", "y")], ("", "xy"), False),
        (("5", "y"), [("", "y")], ("", "xy"), True),
        (("5", ""), [("", "y")], ("", "xy"), True),
    ],
)
def test_what_counts_as_changed_meanwhile(
    mine: tuple[str, str], seen: list[tuple[str, str]], present: tuple[str, str], *, changed: bool
) -> None:
    said, saw, stands = (
        [Said({"points": points}, frozenset(ticks)) for points, ticks in some] for some in ([mine], seen, [present])
    )
    assert changed_meanwhile(said[0], saw, stands[0]) is changed


def test_what_a_phone_says_it_saw_may_be_anything() -> None:
    said = Said({"note": "“Học” \n"}, frozenset({"b", "a"}))
    assert read_said(said.text()) == said
    assert [read_said(text) for text in ("", "[]", "{}", "[1,2]", "null", '[{"a":1},2]')] == [None] * 6
    assert uuid.UUID(str(new_id())).version == 7
