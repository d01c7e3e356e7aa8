"""The citizen's screens by real requests: evidence, the score, check and send, the way of a case."""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from browser import Browser, words
from factories import (
    KEY,
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    give_account,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import event, func, select, update
from werkzeug.datastructures import MultiDict

from xhht_citizen.applications import actions
from xhht_citizen.applications.models import Application, ApplicationEvent, ApplicationLine
from xhht_citizen.audit import Look
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database, now
from xhht_citizen.evidence.models import Evidence, EvidenceFile, EvidenceIndicator
from xhht_citizen.people.actions import NewPerson, add_person
from xhht_citizen.people.models import AccountSession, Person
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.actions import save_ward_settings
from xhht_citizen.places.rules import WardPolicy

CODES = [line.code for line in catalogue.get("citizen-324-residents").lines]
DAY = f"{TODAY:%d/%m/%Y}"


def picture(colour: str = "teal", size: tuple[int, int] = (40, 30)) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", size, colour).save(made, "PNG")
    return made.getvalue()


def enter(app: Flask, login: str) -> Browser:
    """A browser somebody has signed in with."""
    browser = Browser(app).get("/dang-nhap?next=/tro-giup")
    browser.submit("/dang-nhap", {"login": login, "password": PASSWORD})
    assert (browser.status, browser.path) == (200, "/tro-giup")
    return browser


@pytest.fixture
def ward(database: Database) -> Ward:
    with database.transaction() as db:
        return make_ward(db)


@pytest.fixture
def lan(database: Database, ward: Ward) -> Resident:
    with database.transaction() as db:
        return make_resident(db, ward, "Trần Thị Mẫu Lan", birth_year=1992, login="lan")


@pytest.fixture
def as_lan(app: Flask, lan: Resident) -> Browser:
    return enter(app, "lan")


def case_in(database: Database, resident: Resident, state: str, **more: object) -> uuid.UUID:
    with database.transaction() as db:
        return make_application(db, resident, state, **more).id  # type: ignore[arg-type]


def one(database: Database, *what: object) -> object:
    with database.read() as db:
        return db.execute(select(*what)).one()  # type: ignore[call-overload]


def course(**more: object) -> dict[str, object]:
    return {"kind": "course", "title": "Kỹ năng số cho gia đình", "learned_on": DAY, **more}


# Evidence


def test_a_thing_learned_is_kept_with_its_papers(as_lan: Browser, database: Database) -> None:
    as_lan.get("/minh-chung")
    assert as_lan.heading() == f"Việc học năm {YEAR}"
    assert "chưa ghi việc học nào" in as_lan.words()
    as_lan.get("/minh-chung/moi?chi-so=2.1&loai=course")
    assert [form.fields["kind"] for form in as_lan.forms() if "kind" in form.names] == ["course"]
    as_lan.submit(
        None,
        course(
            hours="1,5",
            provider="Trung tâm học tập cộng đồng",
            witness="Tổ trưởng Mẫu",
            files=[("giấy chứng nhận.png", picture()), ("trang 2.png", picture("navy"))],
        ),
        button="Lưu việc này",
    )
    assert (as_lan.status, as_lan.screen()) == (200, "score.indicator")
    assert "Đã lưu “Kỹ năng số cho gia đình”." in as_lan.words()
    row = one(database, Evidence.title, Evidence.minutes, Evidence.learned_on, Evidence.ward_code, Evidence.kind)
    assert row == ("Kỹ năng số cho gia đình", 90, TODAY, "19996", "course")
    assert one(database, EvidenceIndicator.code) == ("2.1",)
    with database.read() as db:
        names = db.execute(select(EvidenceFile.original_name, EvidenceFile.content_type).order_by("position")).all()
    assert names == [("giấy chứng nhận.png", "image/webp"), ("trang 2.png", "image/webp")]
    as_lan.get("/minh-chung")
    assert "Chỉ số 2.1 · 2 tệp" in as_lan.words()


def test_the_same_form_sent_again_is_one_row(as_lan: Browser, database: Database) -> None:
    as_lan.get("/minh-chung/moi")
    form = next(form for form in as_lan.forms() if "kind" in form.names)
    data = MultiDict({**form.fields, **course(note="Biết gọi có hình.")})
    answers = [as_lan.client.post("/minh-chung/moi", data=data) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert one(database, func.count(Evidence.id)) == (1,)


def test_a_refused_file_takes_no_words_away(as_lan: Browser, database: Database) -> None:
    as_lan.get("/minh-chung/moi")
    as_lan.submit(
        None,
        course(
            hours="2", note="Một điều đã học.", indicators=["1.3", "2.1"], files=("bai.png", b"MZ\x90 not a picture")
        ),
        button="Lưu việc này",
    )
    assert (as_lan.status, as_lan.screen()) == (422, "evidence.new")
    assert words(next(node for node in as_lan.page.iter() if node.get("id") == "files-error")).startswith(
        "Lỗi: Tệp “bai.png” không phải là ảnh hay PDF."
    )
    form = next(form for form in as_lan.forms() if "kind" in form.names)
    kept = {name: form.fields.getlist(name) for name in ("kind", "title", "hours", "note", "indicators")}
    assert kept == {
        "kind": ["course"],
        "title": ["Kỹ năng số cho gia đình"],
        "hours": ["2"],
        "note": ["Một điều đã học."],
        "indicators": ["1.3", "2.1"],
    }
    assert one(database, func.count(Evidence.id)) == (0,)
    first_id = form.fields["id"]
    as_lan.submit(None, {}, button="Lưu và ghi việc khác")
    assert (as_lan.status, as_lan.screen()) == (200, "evidence.new")
    assert str(one(database, Evidence.id)[0]) == first_id  # type: ignore[index]


def test_what_was_typed_outlives_the_session(as_lan: Browser, database: Database) -> None:
    as_lan.get("/minh-chung/moi")
    form = next(form for form in as_lan.forms() if "kind" in form.names)
    with database.transaction() as db:
        db.execute(update(AccountSession).values(ended_at=now()))
    data = MultiDict({**form.fields, **course(note="Biết gọi có hình.")})
    answer = as_lan.client.post("/minh-chung/moi", data=data)
    back = parse_qs(urlsplit(answer.headers["Location"]).query)["next"][0]
    with database.transaction() as db:
        db.execute(update(AccountSession).values(ended_at=None))
    as_lan.get(back)
    again = next(form for form in as_lan.forms() if "kind" in form.names)
    for name in ("id", "kind", "title", "learned_on", "note"):
        assert (name, again.fields[name]) == (name, data[name])
    as_lan.submit(None, {}, button="Lưu việc này")
    assert one(database, Evidence.id, Evidence.note) == (uuid.UUID(form.fields["id"]), "Biết gọi có hình.")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("hours", "hai tiếng", "Ghi số giờ bằng chữ số, ví dụ 2 hoặc 1,5."),
        ("hours", "0", "Số giờ phải lớn hơn 0"),
        ("learned_on", "31/02/2026", "Ghi ngày/tháng/năm có trong lịch, ví dụ 21/11/2026."),
        ("learned_on", f"01/01/{YEAR + 1}", "Ngày học không thể sau hôm nay"),
        ("title", "", "Xin ghi vào chỗ này."),
        ("kind", "bịa", "Chọn một cách học."),
    ],
)
def test_what_cannot_be_right_is_said_beside_its_field(
    as_lan: Browser, database: Database, field: str, value: str, message: str
) -> None:
    as_lan.get("/minh-chung/moi")
    as_lan.submit(None, course(**{field: value}), button="Lưu việc này")
    shown = next(node for node in as_lan.page.iter() if node.get("id") == f"{field}-error")
    assert (as_lan.status, message in words(shown)) == (422, True)
    assert one(database, func.count(Evidence.id)) == (0,)


def test_six_files_are_too_many(as_lan: Browser, database: Database) -> None:
    as_lan.get("/minh-chung/moi")
    as_lan.submit(None, course(files=[(f"{n}.png", picture()) for n in range(6)]), button="Lưu việc này")
    assert (as_lan.status, "tối đa 5 tệp" in as_lan.words()) == (422, True)
    assert one(database, func.count(Evidence.id)) == (0,)


def test_two_editors_do_not_overwrite_each_other(as_lan: Browser, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp trồng rau")
    path = f"/minh-chung/{key}/sua"
    other = Browser(as_lan.client.application)
    other.client.set_cookie("xhht", as_lan.client.get_cookie("xhht").value)  # type: ignore[union-attr]
    as_lan.get(path)
    other.get(path)
    other.submit(None, {"title": "Lớp trồng rau sạch"}, button="Lưu")
    assert (other.status, other.heading()) == (200, "Lớp trồng rau sạch")
    as_lan.submit(None, {"title": "Lớp làm vườn"}, button="Lưu")
    assert (as_lan.status, as_lan.screen()) == (409, "evidence.edit")
    assert one(database, Evidence.title, Evidence.minutes) == ("Lớp trồng rau sạch", 240)
    as_lan.submit(None, {}, button="Lưu")
    assert (as_lan.status, as_lan.heading()) == (200, "Lớp làm vườn")


def test_files_are_added_read_and_taken_off(app: Flask, as_lan: Browser, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp trồng rau")
    as_lan.get(f"/minh-chung/{key}").submit("/tep", {"files": ("a/../giấy; x.png", picture())})
    assert (as_lan.status, as_lan.screen()) == (200, "evidence.view")
    file_id, storage_key = one(database, EvidenceFile.id, EvidenceFile.storage_key)  # type: ignore[misc]
    answer = as_lan.client.get(f"/tep/{file_id}")
    assert (answer.status_code, answer.content_type) == (200, "image/webp")
    assert answer.data[:4] == b"RIFF"
    assert answer.headers["Content-Security-Policy"].endswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert re.fullmatch(r"inline; filename=.*\.webp(; filename\*=.*\.webp)?", answer.headers["Content-Disposition"])
    as_lan.submit("/tep", {"files": ("b.exe", b"MZ")})
    assert (as_lan.status, "b.exe" in as_lan.words()) == (422, True)
    as_lan.get(f"/minh-chung/{key}").submit(f"/tep/{file_id}/bo")
    assert (as_lan.status, "Không có tệp nào." in as_lan.words()) == (200, True)
    assert as_lan.get(f"/tep/{file_id}").status == 404
    with pytest.raises(Exception, match="Không tìm thấy"):
        app.extensions["xhht_store"].get(storage_key)


def test_withdrawn_is_gone_or_marked(as_lan: Browser, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        unused = make_evidence(db, lan, "Chưa dùng", ())
        used = make_evidence(db, lan, "Đã dùng")
    case_id = case_in(database, lan, "submitted")
    as_lan.get(f"/minh-chung/{used}")
    assert "Trong hồ sơ đã gửi" in as_lan.words()
    assert [form.action for form in as_lan.forms() if form.action.endswith("/rut")] == []
    as_lan.post(f"/minh-chung/{used}/rut")
    assert as_lan.status == 409
    as_lan.get(f"/minh-chung/{unused}").submit("/rut")
    assert (as_lan.status, as_lan.get(f"/minh-chung/{unused}").status) == (200, 404)
    as_lan.get("/ho-so").submit("/rut")
    as_lan.get(f"/minh-chung/{used}").submit("/rut")
    as_lan.get("/minh-chung")
    assert "Đã rút" in as_lan.words()
    assert one(database, Application.state).state == "withdrawn"  # type: ignore[attr-defined]
    assert case_id


def test_evidence_is_the_owners_until_it_is_sent(app: Flask, lan: Resident, ward: Ward, database: Database) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp trồng rau")
        make_resident(db, ward, login="hang-xom")
        make_officer(db, ward, "ward_reviewer", "xet")
        make_officer(db, ward, "community_head", "to-truong", community=1)
        give_account(db, "vang-lai")
    enter(app, "lan").get(f"/minh-chung/{key}").submit("/tep", {"files": ("a.png", picture())})
    (file_id,) = one(database, EvidenceFile.id)  # type: ignore[misc]
    pages = (f"/minh-chung/{key}", f"/tep/{file_id}")
    for login in ("hang-xom", "xet", "to-truong"):
        assert [enter(app, login).get(page).status for page in pages] == [403, 403], login
    case_in(database, lan, "submitted")
    for login, status in (("hang-xom", 403), ("xet", 200), ("to-truong", 403)):
        assert [enter(app, login).get(page).status for page in pages] == [status] * 2, login
    officer = enter(app, "xet").get(pages[0])
    assert [form.action for form in officer.forms() if "/minh-chung/" in form.action] == []
    assert officer.get(f"/minh-chung/{key}/sua").status == 403
    with database.read() as db:
        looks = db.execute(select(Look.person_id, Look.screen, Look.ward_code).order_by(Look.at)).all()
    assert looks == [(lan.id, f"evidence.{name}", "19996") for name in ("view", "file", "view")]
    visitor = Browser(app)
    assert visitor.client.get(pages[1]).status_code == 303


def test_a_list_of_thirty_costs_what_a_list_of_one_costs(
    app: Flask, as_lan: Browser, lan: Resident, database: Database
) -> None:
    counted: list[str] = []
    with database.transaction() as db:
        make_evidence(db, lan, "Việc 0")
    engine = app.extensions["xhht_database"].engine

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        counted.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    costs = []
    for more in (0, 40):
        with database.transaction() as db:
            for number in range(more):
                make_evidence(db, lan, f"Việc {number + 1}", learned_on=date(YEAR, 2, 1 + number % 20))
        for path in ("/minh-chung", "/diem", "/diem/1.3"):
            counted.clear()
            as_lan.get(path)
            costs.append((path, len(counted)))
    event.remove(engine, "before_cursor_execute", note)
    assert costs[:3] == costs[3:]
    assert min(cost for _, cost in costs) > 0
    titles = set(as_lan.get("/minh-chung").links())
    titles |= set(as_lan.get(as_lan.links()["Xem tiếp"]).links())
    assert {f"Việc {number}" for number in range(41)} <= titles


# The score


def test_the_first_answer_makes_the_draft(as_lan: Browser, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Nói chuyện chuyên đề", ("1.1",))
        make_evidence(db, lan, "Năm ngoái", ("1.3",), learned_on=date(YEAR - 1, 5, 1))
    as_lan.get("/diem")
    assert (as_lan.heading(), "Chưa chấm chỉ số nào" in as_lan.words()) == (f"Điểm năm {YEAR} của tôi", True)
    as_lan.get("/diem/1.3")
    assert one(database, func.count(Application.id)) == (0,)
    as_lan.submit("/diem/1.3", {"points": "8", "evidence": [str(key)], "note": "Dự ba buổi.\r\n"}, button="Lưu, sang")
    assert (as_lan.status, as_lan.path) == (200, "/diem/1.4")
    assert one(database, ApplicationLine.code, ApplicationLine.claimed_points, ApplicationLine.note) == (
        "1.3",
        8,
        "Dự ba buổi.",
    )
    with database.read() as db:
        tags = db.execute(
            select(Evidence.title, EvidenceIndicator.code).join(EvidenceIndicator).order_by("title", "code")
        ).all()
    # What supported another year is not touched by this year's answer.
    assert sorted(tags) == [
        ("Nói chuyện chuyên đề", "1.1"),
        ("Nói chuyện chuyên đề", "1.3"),
        ("Năm ngoái", "1.3"),
    ]
    as_lan.get("/diem/1.3")
    form = next(form for form in as_lan.forms() if "points" in form.names)
    assert (form.fields["points"], form.fields.getlist("evidence"), form.fields["note"]) == (
        "8",
        [str(key)],
        "Dự ba buổi.",
    )
    as_lan.submit("/diem/1.3", {"evidence": []}, button="Lưu, về bảng điểm")
    assert (as_lan.status, as_lan.screen()) == (200, "score.explained")
    assert "Chưa đạt: 8/100 điểm, thiếu 72 điểm để đủ 80 điểm" in as_lan.words()


@pytest.mark.parametrize("fields", [{}, {"points": "7"}, {"points": "x"}, {"points": "8", "evidence": ["x"]}])
def test_an_answer_that_is_none_is_refused(as_lan: Browser, database: Database, fields: dict[str, object]) -> None:
    as_lan.get("/diem/1.3").post("/diem/1.3", fields)
    assert (as_lan.status, as_lan.screen()) == (422, "score.indicator")
    assert one(database, func.count(Application.id)) == (0,)


def test_somebody_elses_evidence_cannot_be_ticked(
    as_lan: Browser, lan: Resident, ward: Ward, database: Database
) -> None:
    with database.transaction() as db:
        other = make_evidence(db, make_resident(db, ward), "Của người khác")
    as_lan.get("/diem/1.3").post("/diem/1.3", {"points": "8", "evidence": [str(other)]})
    assert as_lan.status == 404
    assert one(database, func.count(Application.id)) == (0,)


def test_a_child_is_told_why_not(app: Flask, ward: Ward, database: Database) -> None:
    with database.transaction() as db:
        make_resident(db, ward, birth_year=YEAR - 17, login="em")
    child = enter(app, "em")
    child.get("/diem")
    assert "từ 18 tuổi" in child.words()
    child.get("/diem/1.1").submit("/diem/1.1", {"points": "5"}, button="Lưu, sang")
    assert (child.status, "từ 18 tuổi trong năm xét" in child.words()) == (422, True)


def test_the_reviewers_word_is_read_as_written(app: Flask, lan: Resident, database: Database) -> None:
    case_in(database, lan, "returned", answers={"1.2": 5})
    with database.transaction() as db:
        db.execute(
            update(ApplicationLine)
            .where(ApplicationLine.code == "1.2")
            .values(verdict="change", confirmed_points=8, review_reason="Kế hoạch làm được hơn nửa.")
        )
    page = enter(app, "lan").get("/ho-so")
    assert page.links()["1.1 Đọc, tìm kiếm, cập nhật thông tin"] == "/diem/1.1"
    assert "“Xin thêm tên người làm chứng.”" in page.words()
    page.get("/diem/1.1")
    assert "Người xét hỏi thêm: “Xin thêm tên người làm chứng.”" in page.words()
    page.get("/diem/1.2")
    assert "Ông/bà tự chấm 5 điểm Người xét xác nhận 8 điểm Lý do Kế hoạch làm được hơn nửa." in page.words()
    page.get("/diem")
    assert "72 điểm đã xác nhận" in page.words()
    assert "8 điểm chờ xác nhận" in page.words()


@pytest.mark.parametrize("state", ["submitted", "under_review", "recommended", "granted", "declined", "withdrawn"])
def test_what_was_sent_is_only_read(app: Flask, lan: Resident, database: Database, state: str) -> None:
    case_in(database, lan, state)
    page = enter(app, "lan").get("/diem/1.3")
    assert [form for form in page.forms() if "points" in form.names] == []
    page.post("/diem/1.3", {"points": "10"})
    assert page.status in {409, 422}
    assert {row.claimed_points for row in _lines(database)} == {8}


def _lines(database: Database) -> list[ApplicationLine]:
    with database.read() as db:
        return list(db.scalars(select(ApplicationLine)))


# Check and send


def test_check_names_what_is_missing_and_sends_nothing_unsaid(app: Flask, lan: Resident, database: Database) -> None:
    page = enter(app, "lan").get("/ho-so/gui")
    assert "Còn 10 chỉ số chưa chấm nên chưa gửi được." in page.words()
    assert [form for form in page.forms() if "consent" in form.names] == []
    page.post("/ho-so/gui", {"true": "y", "consent": "y"})
    assert (page.status, "Còn 10 chỉ số chưa chấm: 1.1" in page.words()) == (422, True)
    assert one(database, func.count(Application.id)) == (0,)
    case_in(database, lan, "draft", answers={"2.4": 0})
    with database.transaction() as db:
        db.execute(update(ApplicationLine).where(ApplicationLine.code == "3.1").values(note=None))
    page.get("/ho-so/gui")
    assert "Hồ sơ vẫn gửi được." in page.words()
    assert "1 chỉ số có điểm mà chưa có minh chứng hay lời kể: 3.1" in page.words()
    form = next(form for form in page.forms() if "consent" in form.names)
    assert ("true" in form.fields, "consent" in form.fields) == (False, False)
    page.submit("/ho-so/gui", {"true": "y"})
    assert (page.status, page.screen()) == (422, "application.check")
    assert one(database, Application.state) == ("draft",)
    page.submit("/ho-so/gui", {"consent": "y"})
    assert (page.status, page.screen()) == (200, "application.status")
    assert one(database, Application.state, Application.receipt) == ("submitted", f"19996-{YEAR % 100}-00001")
    assert f"19996-{YEAR % 100}-00001" in page.words()


def test_ten_sends_at_once_are_one_receipt(app: Flask, lan: Resident, database: Database) -> None:
    case_in(database, lan, "draft")
    page = enter(app, "lan").get("/ho-so/gui")
    cookie = page.client.get_cookie("xhht").value  # type: ignore[union-attr]
    form = next(form for form in page.forms() if "consent" in form.names)
    data = MultiDict({**form.fields, "true": "y", "consent": "y"})

    def send(_number: int) -> tuple[int, str]:
        client = app.test_client()
        client.set_cookie("xhht", cookie)
        answer = client.post("/ho-so/gui", data=data)
        return answer.status_code, answer.headers.get("Location", "")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    assert answers == [(303, "/ho-so")] * 10
    with database.read() as db:
        assert db.execute(select(Application.state, Application.receipt_number)).all() == [("submitted", 1)]
        assert db.scalars(select(ApplicationEvent.name)).all() == ["submit"]


def test_without_a_home_one_is_sent_to_write_it_down(app: Flask, database: Database, ward: Ward) -> None:
    from xhht_citizen.people.actions import NewPerson, add_person, give_consent
    from xhht_citizen.people.rules import Birth

    with database.transaction() as db:
        person = add_person(db, NewPerson("Võ Thị Mẫu Mới", Birth(1990)), id_key="x")
        account = give_account(db, "moi")
        account.person_id = person.id
        give_consent(db, person.id, channel="web", account_id=account.id)
    page = enter(app, "moi")
    answer = page.client.get("/ho-so/gui")
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/noi-o")
    page.get("/diem/1.1").submit("/diem/1.1", {"points": "5"}, button="Lưu, sang")
    assert (page.status, "Xin chọn nơi ở trước" in page.words()) == (422, True)
    page.get("/minh-chung/moi").submit(None, course(), button="Lưu việc này")
    assert (page.status, one(database, Evidence.ward_code)) == (200, (None,))


def test_a_birth_year_corrected_after_the_draft_is_checked(app: Flask, lan: Resident, database: Database) -> None:
    case_in(database, lan, "draft")
    with database.transaction() as db:
        db.execute(update(Person).where(Person.id == lan.id).values(birth_year=YEAR - 17))
    page = enter(app, "lan").get("/ho-so/gui").submit("/ho-so/gui", {"true": "y", "consent": "y"})
    assert (page.status, "từ 18 tuổi trong năm xét" in page.words()) == (422, True)
    assert one(database, Application.state) == ("draft",)


# The way of a case


def test_withdrawn_and_opened_again_it_keeps_its_receipt(app: Flask, lan: Resident, database: Database) -> None:
    case_id = case_in(database, lan, "submitted")
    page = enter(app, "lan").get("/ho-so").submit("/rut")
    assert (page.status, page.screen()) == (200, "application.status")
    page.post(f"/ho-so/{case_id}/rut")
    assert page.status == 200
    page.get("/ho-so").submit("/mo-lai")
    assert (page.status, page.screen()) == (200, "score.explained")
    page.get("/ho-so/gui").submit("/ho-so/gui", {"true": "y", "consent": "y"})
    assert page.screen() == "application.status"
    assert one(database, Application.state, Application.receipt_number) == ("submitted", 1)
    with database.read() as db:
        names = db.scalars(select(ApplicationEvent.name).order_by(ApplicationEvent.at)).all()
    assert names == ["submit", "withdraw", "redraft", "submit"]


def test_nobody_moves_anothers_case(app: Flask, lan: Resident, ward: Ward, database: Database) -> None:
    case_id = case_in(database, lan, "submitted")
    with database.transaction() as db:
        make_resident(db, ward, login="khac")
        make_officer(db, ward, "ward_reviewer", "xet")
    for login in ("khac", "xet"):
        page = enter(app, login).get("/minh-chung")
        assert page.post(f"/ho-so/{case_id}/rut").status == 403
        assert page.post(f"/ho-so/{case_id}/mo-lai").status == 403
    assert one(database, Application.state) == ("submitted",)


SAID: dict[str, str] = {
    "draft": "Ông/bà chấm điểm và gửi hồ sơ",
    "submitted": "Chi hội ở thôn, tổ bình xét",
    "endorsed": "Chi hội tán thành",
    "under_review": "Bắt đầu xét",
    "returned": "Ông/bà bổ sung và gửi lại",
    "recommended": "Đề nghị công nhận",
    "declined": "Lý do chưa được công nhận: “Cần bổ sung giấy tờ.”",
    "granted": "Quyết định số 128/QĐ-UBND.",
    "withdrawn": "Mở lại để sửa và gửi",
}


@pytest.mark.parametrize("state", SAID)
def test_every_state_says_where_the_case_is(
    app: Flask, lan: Resident, ward: Ward, database: Database, state: str
) -> None:
    with database.transaction() as db:
        make_officer(db, ward, "community_head", "to-truong")
    case_in(database, lan, state)
    page = enter(app, "lan").get("/ho-so")
    assert (page.status, SAID[state] in page.words()) == (200, True)
    assert page.get("/diem").status == 200


def test_the_result_leads_to_the_certificate(app: Flask, lan: Resident, ward: Ward, database: Database) -> None:
    case_in(database, lan, "granted")
    page = enter(app, "lan").get("/ho-so")
    assert "Quyết định số 128/QĐ-UBND, ngày" in page.words()
    certificate = page.links()["Xem giấy công nhận"]
    with database.transaction() as db:
        signer = make_officer(db, ward, "ward_signer", "ky")
        actor = actor_of(db, signer.account)
        actions.revoke_title(db, uuid.UUID(certificate.rpartition("/")[2]), reason="Ký nhầm người.", actor=actor)
    page.get("/ho-so")
    assert "Danh hiệu đã bị thu hồi" in page.words()
    assert "Ký nhầm người." in page.words()


def test_earlier_years_stay_to_be_read(app: Flask, lan: Resident, database: Database) -> None:
    case_in(database, lan, "granted", year=YEAR - 1)
    page = enter(app, "lan").get("/ho-so")
    assert f"Năm {YEAR} chưa có hồ sơ" in page.words()
    page.get(page.links()[str(YEAR - 1)])
    assert page.heading() == f"Hồ sơ năm {YEAR - 1}"
    page.get(page.links()["Xem điểm từng chỉ số"])
    assert page.heading() == f"Điểm năm {YEAR - 1} của tôi"
    assert page.get(f"/diem?nam={YEAR - 2}").status == 404


@pytest.mark.parametrize("state", ["returned", "recommended"])
def test_a_case_of_last_year_stays_in_sight_when_the_year_turns(
    app: Flask, lan: Resident, database: Database, state: str
) -> None:
    case_in(database, lan, state, year=YEAR - 1)
    page = enter(app, "lan").get("/nam-nay")
    assert f"Hồ sơ năm {YEAR - 1} chưa có kết quả." in page.words()
    assert page.get(page.links()[f"Xem hồ sơ năm {YEAR - 1}"]).heading() == f"Hồ sơ năm {YEAR - 1}"
    assert page.get("/ho-so").heading() == f"Hồ sơ năm {YEAR - 1}"
    assert page.get(page.links()[str(YEAR)]).heading() == f"Hồ sơ năm {YEAR}"
    case_in(database, lan, "draft")
    assert page.get("/ho-so").heading() == f"Hồ sơ năm {YEAR}"


def test_declined_before_all_was_judged_shows_no_confirmed_points(
    app: Flask, lan: Resident, database: Database
) -> None:
    case_in(database, lan, "declined")
    page = enter(app, "lan").get("/ho-so")
    assert ("Lý do chưa được công nhận:" in page.words(), "Điểm xác nhận" in page.words()) == (True, False)


def test_after_the_last_day_a_case_is_sent_and_said_to_be_late(
    app: Flask, lan: Resident, ward: Ward, database: Database
) -> None:
    case_in(database, lan, "draft")
    page = enter(app, "lan").get("/ho-so/gui")
    assert "sau hạn" not in page.words()
    with database.transaction() as db:
        save_ward_settings(db, WardPolicy(ward.code, submit_by=TODAY))
    assert "sau hạn" not in page.get("/ho-so/gui").words()
    with database.transaction() as db:
        save_ward_settings(db, WardPolicy(ward.code, submit_by=date(YEAR, 1, 1)))
    late = date(YEAR, 1, 1) < TODAY  # on New Year's Day no last day of the year can be over
    assert (f"Hạn gửi của phường, xã là 01/01/{YEAR}, đã qua." in page.get("/ho-so/gui").words()) is late
    page.submit("/ho-so/gui", {"true": "y", "consent": "y"})
    assert (page.screen(), "Gửi sau hạn" in page.words()) == ("application.status", late)
    assert one(database, Application.state, Application.late) == ("submitted", late)


def test_two_who_write_the_same_at_once_are_told(app: Flask, lan: Resident, ward: Ward, database: Database) -> None:
    """A citizen id entered for somebody else between the look and the write: no crash, and nothing is lost."""
    page = enter(app, "lan").get("/tai-khoan/thong-tin")
    number = "046092000017"
    with database.write() as db:
        add_person(db, NewPerson("Võ Thị Mẫu Nhanh", Birth(1992), citizen_id=number), id_key=KEY)
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(page.submit, None, {"citizen_id": number, "name": "Trần Thị Mẫu Lành"})
            with pytest.raises(TimeoutError):
                sent.result(1.5)  # it waits for the one who is faster
            db.commit()
            sent.result(20)
    if database.engine.dialect.name == "sqlite":  # writers queue there, so the look comes after the write
        assert (page.status, "Số định danh này đã có trong danh sách." in page.words()) == (422, True)
        return
    assert (page.status, "Có người vừa ghi cùng lúc" in page.words()) == (409, True)
    page.get(page.links()["Mở lại trang đã điền"])
    assert [form.fields["name"] for form in page.forms() if "name" in form.names] == ["Trần Thị Mẫu Lành"]


ALL_PAGES: list[Callable[[uuid.UUID], str]] = [
    lambda key: "/minh-chung",
    lambda key: "/minh-chung/moi",
    lambda key: f"/minh-chung/{key}",
    lambda key: f"/minh-chung/{key}/sua",
    lambda key: "/diem",
    lambda key: "/diem/3.2",
    lambda key: "/ho-so",
    lambda key: "/ho-so/gui",
]


def test_every_page_is_whole_and_asks_for_signing_in(app: Flask, lan: Resident, database: Database) -> None:
    with database.transaction() as db:
        key = make_evidence(db, lan, "Lớp trồng rau")
    case_in(database, lan, "draft")
    signed, visitor = enter(app, "lan"), Browser(app)
    for path in [make(key) for make in ALL_PAGES]:
        signed.get(path)
        assert (path, signed.status, len(list(signed.page.iter("h1")))) == (path, 200, 1)
        ids = [node.get("id") for node in signed.page.iter() if node.get("id")]
        assert sorted(ids) == sorted(set(ids)), path
        labelled = {node.get("for") for node in signed.page.iter("label")}
        loose = [
            node.get("name")
            for node in signed.page.iter("input")
            if node.get("type", "text") not in {"hidden", "radio", "checkbox"} and node.get("id") not in labelled
        ]
        assert loose == [], path
        inline = [node for node in signed.page.iter("script") if not node.get("src")]
        assert [node for node in signed.page.iter() if node.get("style") or node.tag == "style"] + inline == [], path
        assert visitor.client.get(path).status_code == 303, path
