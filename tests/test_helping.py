"""Who may act for whom: named by the person or on paper, seen, ended; and nobody judges whom they help."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    give_account,
    make_application,
    make_helper,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from xhht_citizen.access.queries import actor as actor_behind
from xhht_citizen.access.rules import Actor, Role, may
from xhht_citizen.applications import twins
from xhht_citizen.applications.households import die
from xhht_citizen.applications.queues import community_step
from xhht_citizen.applications.subjects import thing_of
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database, now
from xhht_citizen.errors import Conflict, Invalid, NotFound
from xhht_citizen.helping import acting, named
from xhht_citizen.helping.acting import Named
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import Act, check_acts, check_paper, check_until, last_day, read_acts
from xhht_citizen.notices.models import Notice
from xhht_citizen.people.actions import NewPerson, add_person
from xhht_citizen.people.models import Account
from xhht_citizen.people.rules import Birth
from xhht_citizen.people.sessions import open_session

END = date(YEAR, 12, 31)


def account(resident: Resident) -> Account:
    assert resident.account is not None
    return resident.account


@pytest.fixture
def enter(app: Flask) -> Callable[[str], Browser]:
    def sign_in(login: str) -> Browser:
        browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert (browser.status, browser.screen() == "account.sign_in") == (200, False), browser.words()
        return browser

    return sign_in


class Street:
    """Ông Bảy with an account, his daughter Mẫn, the head of Tổ 1, a reviewer and a signer of the ward."""

    def __init__(self, db: Session) -> None:
        self.ward = make_ward(db)
        self.bay = make_resident(db, self.ward, "Nguyễn Mẫu Bảy", birth_year=YEAR - 71, login="bay")
        self.man = make_resident(db, self.ward, "Lê Thị Mẫu Mẫn", community=1, login="man")
        self.head = make_officer(db, self.ward, Role.COMMUNITY_HEAD, "to1", name="Trưởng Mẫu Tổ").account
        self.other = make_officer(db, self.ward, Role.COMMUNITY_HEAD, "to2", community=1).account
        self.reviewer = make_officer(db, self.ward, Role.WARD_REVIEWER, "xet", name="Cán bộ Mẫu Xét").account


@pytest.fixture
def street(database: Database) -> Street:
    with database.transaction() as db:
        return Street(db)


def asked(**more: object) -> dict[str, object]:
    """What is typed to name Mẫn."""
    words = {"login": "man", "name": "lê thị mẫu mẫn", "acts": ["evidence", "case"], "until": f"{END:%d/%m/%Y}"}
    return {**words, **more}


def helpers(database: Database) -> list[tuple[uuid.UUID, uuid.UUID, list[str], str, str | None, bool]]:
    with database.read() as db:
        rows = db.scalars(select(Helper).order_by(Helper.granted_at, Helper.id))
        return [(r.person_id, r.account_id, r.acts, r.way, r.paper, r.revoked_at is None) for r in rows]


def notices(database: Database) -> list[tuple[str, uuid.UUID | None, uuid.UUID | None]]:
    with database.read() as db:
        return [(row.kind, row.person_id, row.account_id) for row in db.scalars(select(Notice).order_by(Notice.id))]


# Rules


@given(st.dates(date(2020, 1, 1), date(2100, 12, 31)), st.integers(-800, 1200))
def test_a_helper_is_named_until_the_end_of_next_year_at_most(today: date, days: int) -> None:
    until = today + timedelta(days=days)
    if days >= 0 and until.year <= today.year + 1:
        assert check_until(until, today) == until
    else:
        with pytest.raises(Invalid) as refused:
            check_until(until, today)
        assert refused.value.field == "until"
    assert check_until(last_day(today), today) == date(today.year + 1, 12, 31)


@given(st.lists(st.one_of(st.sampled_from([str(act) for act in Act]), st.text())))
def test_acts_are_those_there_are_in_one_order(words: list[str]) -> None:
    known = [act for act in Act if act in words]
    assert read_acts(words) == frozenset(known)
    if known:
        assert check_acts(words) == known
    else:
        with pytest.raises(Invalid):
            check_acts(words)


def test_a_paper_has_a_place_and_a_day() -> None:
    assert check_paper("  Cặp  số 3 ", date(2026, 3, 5), date(2026, 4, 1)) == "Cặp số 3, ký ngày 05/03/2026"
    for place, day, field in (
        ("", date(2026, 3, 5), "place"),
        ("x" * 151, date(2026, 3, 5), "place"),
        ("Tủ", None, "signed_on"),
        ("Tủ", date(2026, 4, 2), "signed_on"),
        ("Tủ", date(2024, 4, 2), "signed_on"),
    ):
        with pytest.raises(Invalid) as refused:
            check_paper(place, day, date(2026, 4, 1))
        assert refused.value.field == field


def test_a_signature_fits_its_column() -> None:
    who = Actor(name="b" * 120, own_name="a" * 120, helper_id=uuid.uuid4())
    assert len(who.signature) <= 120
    assert Actor(name="Lan").signature == "Lan"


# Named by the person


def test_a_person_names_a_helper_and_takes_it_back(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    bay = enter("bay").get("/tai-khoan")
    assert "Chưa có ai." in bay.words()
    bay.get("/tai-khoan/nguoi-lam-thay")
    form = next(one for one in bay.forms() if "login" in one.names)
    assert [form.fields.getlist(name) for name in ("acts", "login")] == [[], [""]]
    bay.submit(None, asked())
    assert f"Lê Thị Mẫu Mẫn được làm thay đến hết ngày 31/12/{YEAR}." in bay.words()
    bay.post("/tai-khoan/nguoi-lam-thay", {**form.fields, **asked()})  # the same page sent again
    row = (street.bay.id, account(street.man).id, ["evidence", "case"], "app", None)
    assert helpers(database) == [(*row, True)]
    assert notices(database) == [("helper.asked", street.man.id, None)]
    man = enter("man").get("/lam-thay")
    assert ("Nguyễn Mẫu Bảy" in man.words(), "Ghi việc học và giấy tờ; Đăng ký" in man.words()) == (True, True)
    assert "Lê Thị Mẫu Mẫn" in bay.get("/tai-khoan").words()
    bay.get("/tai-khoan/nguoi-lam-thay").submit("/thoi")
    assert helpers(database) == [(*row, False)]
    assert [kind for kind, _person, _account in notices(database)] == ["helper.asked", "helper.over"]
    assert "Chưa được làm thay ai" in man.get("/lam-thay").words()
    bay.get("/tai-khoan/nguoi-lam-thay").post(bay.path.rstrip("/") + f"/{uuid.uuid4()}/thoi")
    assert bay.status == 404


def test_other_acts_or_another_day_are_another_row(db: Session) -> None:
    street = Street(db)
    first = acting.name(db, street.bay.id, named_man(), account_id=None, today=TODAY)
    assert acting.name(db, street.bay.id, named_man(), account_id=None, today=TODAY).id == first.id
    second = acting.name(db, street.bay.id, named_man(acts=["case"]), account_id=None, today=TODAY)
    db.refresh(first)
    assert (second.id != first.id, first.revoked_at is not None, second.acts) == (True, True, ["case"])
    assert acting.end(db, second.id, account_id=None) is True
    assert acting.end(db, second.id, account_id=None) is False
    with pytest.raises(NotFound):
        acting.end(db, uuid.uuid4(), account_id=None)
    db.commit()
    said = [(row.action, json.loads(row.detail)) for row in db.scalars(select(AuditEntry).order_by(AuditEntry.seq))]
    assert [action for action, _detail in said if action.startswith("helper.")] == [
        "helper.name",
        "helper.end",
        "helper.name",
        "helper.end",
    ]
    assert [detail for action, detail in said if action == "helper.name"][1] == {
        "account": str(account(street.man).id),
        "acts": ["case"],
        "row": str(second.id),
        "until": str(END),
        "way": "app",
    }


def named_man(**more: object) -> Named:
    return Named(**{"login": "man", "name": "Lê Thị Mẫu Mẫn", "acts": list(Act), "until": END, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"login": "khong-co"}, "login"),
        ({"name": "Lê Thị Mẫu Minh"}, "login"),
        ({"login": "dong", "name": "Đã đóng"}, "login"),
        ({"login": "bay", "name": "Nguyễn Mẫu Bảy"}, "login"),
        ({"acts": []}, "acts"),
        ({"until": TODAY - timedelta(days=1)}, "until"),
        ({"until": None}, "until"),
    ],
)
def test_whom_nobody_can_name(db: Session, more: dict[str, object], error: str) -> None:
    street = Street(db)
    give_account(db, "dong", name="Đã đóng").closed_at = now()
    with pytest.raises(Invalid) as refused:
        acting.name(db, street.bay.id, named_man(**more), account_id=None, today=TODAY)
    assert refused.value.field == error
    if more.get("login") != "bay" and error == "login":
        assert refused.value.message == acting.UNKNOWN


def test_nobody_finds_out_who_has_an_account(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    """A log-in nobody has and one of somebody else's name have one answer, and few tries."""
    bay = enter("bay").get("/tai-khoan/nguoi-lam-thay")
    told = []
    for number in range(10):
        bay.submit(None, asked(login="man" if number % 2 else f"khong-co-{number}", name="Ai Đó"))
        assert bay.status == 422
        told.append([word for word in bay.words().split("Lỗi: ") if word.startswith("Không có ai vừa")])
    assert [len(one) for one in told] == [1] * 10
    assert len({one[0].split(".")[0] for one in told}) == 1
    bay.submit(None, asked())
    assert (bay.status, helpers(database)) == (429, [])


# Named on paper


def test_officers_name_helpers_by_the_persons_paper(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    with database.transaction() as db:
        old = make_resident(db, street.ward, "Đinh Mẫu Cụ", birth_year=YEAR - 80)
    page = f"/dan-cu/{old.id}/nguoi-lam-thay"
    head = enter("to1").get(f"/dan-cu/{old.id}")
    assert "Chưa có ai được làm thay người này." in head.words()
    reviewer = enter("xet").get(page).submit(None, asked(login="to1", name="Trưởng Mẫu Tổ"))
    assert (reviewer.status, "Ghi nơi giữ tờ giấy" in reviewer.words()) == (422, True)
    reviewer.submit(None, {"place": "Cặp chi hội Tổ 1", "signed_on": f"{TODAY:%d/%m/%Y}"})
    paper = f"Cặp chi hội Tổ 1, ký ngày {TODAY:%d/%m/%Y}"
    assert helpers(database) == [(old.id, street.head.id, ["evidence", "case"], "paper", paper, True)]
    assert notices(database) == [("helper.named", old.id, None), ("helper.asked", None, street.head.id)]
    assert paper in head.get(page).words()
    reviewer.get(f"/dan-cu/{old.id}")
    assert "Trưởng Mẫu Tổ" in reviewer.words()
    listed = reviewer.get("/dan-cu").get("/dan-cu/nguoi-lam-thay?tim=dinh mau")
    assert f"Trưởng Mẫu Tổ làm thay đến hết 31/12/{YEAR}" in listed.words()
    assert "Không tìm thấy ai" in listed.get("/dan-cu/nguoi-lam-thay?tim=khong co").words()
    assert "Đinh Mẫu Cụ" in head.get("/dan-cu/nguoi-lam-thay").words()
    for login in ("to2", "bay"):  # of another community, and of none
        other = enter(login)
        assert (other.get(page).status, other.get("/tro-giup").post(page, asked()).status) == (403, 403)
    assert "Đinh Mẫu Cụ" not in enter("to2").get("/dan-cu/nguoi-lam-thay").words()
    reviewer.get(page).submit("/thoi")
    assert helpers(database)[0][-1] is False
    assert [kind for kind, _person, _account in notices(database)][2:] == ["helper.over", "helper.ended"]


def test_nobody_names_themselves_by_a_paper(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    """Neither an officer of the ward nor a head: they could write the consent, act, send and see it through."""
    with database.transaction() as db:
        old = make_resident(db, street.ward, "Đinh Mẫu Cụ", birth_year=YEAR - 80)
    page, paper = f"/dan-cu/{old.id}/nguoi-lam-thay", {"place": "Tủ", "signed_on": f"{TODAY:%d/%m/%Y}"}
    for login, name in (("xet", "Cán bộ Mẫu Xét"), ("to1", "Trưởng Mẫu Tổ")):
        browser = enter(login).get(page).submit(None, {**asked(login=login, name=name), **paper})
        assert (browser.status, "không tự ghi mình làm thay theo giấy được" in browser.words()) == (422, True)
    assert (helpers(database), notices(database)) == ([], [])
    # By another one's hand the head may be, and does not lengthen it either.
    enter("xet").get(page).submit(None, {**asked(login="to1", name="Trưởng Mẫu Tổ"), **paper})
    enter("to1").get(page).submit(None, {**asked(login="to1", name="Trưởng Mẫu Tổ", acts=["details"]), **paper})
    assert [(row[1], row[2], row[-1]) for row in helpers(database)] == [(street.head.id, ["evidence", "case"], True)]


def test_the_person_names_an_officer_themselves(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    enter("bay").get("/tai-khoan/nguoi-lam-thay").submit(None, asked(login="xet", name="Cán bộ Mẫu Xét"))
    assert [(row[1], row[3]) for row in helpers(database)] == [(street.reviewer.id, "app")]


def test_a_row_of_another_person_is_not_found(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    with database.transaction() as db:
        row = make_helper(db, street.bay, account(street.man))
        other = make_resident(db, street.ward)
    head = enter("to1").get(f"/dan-cu/{other.id}/nguoi-lam-thay")
    assert head.post(f"/dan-cu/{other.id}/nguoi-lam-thay/{row.id}/thoi").status == 404
    assert helpers(database)[0][-1] is True


# Nobody judges whom they help


def case_of(db: Session, ward: Ward, resident: Resident) -> tuple[object, object]:
    case = make_application(db, resident, "submitted")
    return case, thing_of(db, case, asks=Actor(), today=TODAY, submitted=True)


def behind(db: Session, who: Account) -> Actor:
    found = actor_behind(db, open_session(db, who.id, "x").id, since=now() - timedelta(days=1))
    assert found is not None
    return found


def test_nobody_judges_whom_they_help(db: Session) -> None:
    street = Street(db)
    make_helper(db, street.bay, street.head)
    row = make_helper(db, street.bay, street.reviewer)
    case, thing = case_of(db, street.ward, street.bay)
    head, reviewer = behind(db, street.head), behind(db, street.reviewer)
    assert (head.helps, reviewer.helps) == ({street.bay.id}, {street.bay.id})
    assert may(actor_of(db, street.reviewer), "application.review", thing)  # type: ignore[arg-type]
    assert not may(reviewer, "application.review", thing)  # type: ignore[arg-type]
    assert not may(head, "application.endorse", thing)  # type: ignore[arg-type]
    # No other head is left: the ward takes the case.
    assert community_step(db, case) is False  # type: ignore[arg-type]
    make_officer(db, street.ward, Role.COMMUNITY_HEAD, "to1b")
    assert community_step(db, case) is True  # type: ignore[arg-type]
    # Who never acted is free once it has ended, who did is bound for a year.
    acting.end(db, row.id, account_id=None)
    assert may(behind(db, street.reviewer), "application.review", thing)  # type: ignore[arg-type]
    db.execute(update(Helper).where(Helper.id == row.id).values(acted_at=now() - timedelta(days=300)))
    assert not may(behind(db, street.reviewer), "application.review", thing)  # type: ignore[arg-type]
    db.execute(update(Helper).where(Helper.id == row.id).values(acted_at=now() - timedelta(days=366)))
    assert may(behind(db, street.reviewer), "application.review", thing)  # type: ignore[arg-type]


def test_the_queue_shows_that_it_is_another_ones_to_judge(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    with database.transaction() as db:
        case = make_application(db, street.bay, "endorsed").id
        make_helper(db, street.bay, street.reviewer)
    reviewer = enter("xet").get(f"/xet-duyet/{case}")
    assert "của người ông/bà làm thay: người khác xét." in reviewer.words()
    assert reviewer.post(f"/xet-duyet/{case}", {"version": "1"}).status == 403
    assert reviewer.get("/xet-duyet").links().get("Nguyễn Mẫu Bảy") is None


# Ends


def test_death_ends_it_on_both_sides(db: Session) -> None:
    street = Street(db)
    make_helper(db, street.bay, account(street.man))
    make_helper(db, street.man, account(street.bay))
    die(db, street.bay.id, TODAY, account_id=street.head.id, today=TODAY)
    assert db.scalars(select(func.count()).where(Helper.revoked_at.is_(None))).one() == 0
    with pytest.raises(Conflict):
        acting.name(db, street.bay.id, named_man(), account_id=None, today=TODAY)


def test_a_merged_record_keeps_its_helpers(db: Session) -> None:
    """Who opened an account of their own and is the record the ward made: one person, each helper once."""
    street = Street(db)
    record = make_resident(db, street.ward, "Hồ Mẫu Nhàn", birth_year=YEAR - 60)
    person = add_person(db, NewPerson("Hồ Mẫu Nhàn", Birth(YEAR - 60)), id_key="k")
    own = give_account(db, "nhan", name="Hồ Mẫu Nhàn")
    own.person_id = person.id
    fresh = Resident(person, record.household, street.ward, own)
    both, one = make_helper(db, record, account(street.man)), make_helper(db, fresh, account(street.man))
    other = make_helper(db, fresh, street.head)
    self_helped = make_helper(db, record, own)
    twins.merge(db, record.id, own.id, account_id=None)
    rows = {row.id: row for row in db.scalars(select(Helper).execution_options(populate_existing=True))}
    assert {row.person_id for row in rows.values()} == {record.id}
    assert {key for key, row in rows.items() if row.revoked_at is None} == {both.id, other.id}
    assert {one.id, self_helped.id} == {key for key, row in rows.items() if row.revoked_at is not None}


def test_a_copy_of_ones_data_names_helpers_and_whom_one_helps(
    enter: Callable[[str], Browser], street: Street, database: Database
) -> None:
    with database.transaction() as db:
        make_helper(db, street.bay, account(street.man), (Act.CASE,))
        make_helper(db, street.man, account(street.bay))
    found = json.loads(enter("bay").get("/tai-khoan/du-lieu").response.get_data(as_text=True))
    assert [(one["name"], one["acts"]) for one in found["helpers"]] == [("Lê Thị Mẫu Mẫn", ["case"])]
    assert [one["name"] for one in found["helps"]] == ["Lê Thị Mẫu Mẫn"]


def test_pages_of_a_place_go_on_from_the_last_name(db: Session) -> None:
    street = Street(db)
    people = [make_resident(db, street.ward, community=number % 2) for number in range(7)]
    for one in people:
        make_helper(db, one, account(street.man))
    found, after = [], None
    while page := named.of_place(db, street.ward.code, TODAY, after=after, limit=3):
        found += [row.person_id for _key, row in page]
        after = (page[-1][0], page[-1][1].id)
    assert (len(found), set(found)) == (7, {one.id for one in people})
    there = named.of_place(db, street.ward.code, TODAY, community_id=street.ward.communities[1].id)
    assert {row.person_id for _key, row in there} == {one.id for one in people[1::2]}
