"""Cases through time: moved house, changed evidence, withdrawn consent, a turned year, a revoked title."""

from __future__ import annotations

import json
import uuid
from datetime import date

import pytest
from factories import (
    DECISION,
    TODAY,
    YEAR,
    Resident,
    Ward,
    actor_of,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import ANONYMOUS, Actor
from xhht_citizen.applications import actions, persons, queries, queues
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.applications.rules import Judgement, State, Verdict, deadline, is_late
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.evidence import actions as evidence
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.people import actions as people
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Person
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.actions import close_community, save_ward_settings
from xhht_citizen.places.models import Commune
from xhht_citizen.places.rules import WardPolicy
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Title

CODES = [line.code for line in catalogue.get("citizen-324-residents").lines]
AGREED = [Judgement(code, Verdict.CONFIRM) for code in CODES]


def owner(resident: Resident) -> Actor:
    return Actor(name=resident.name, person_id=resident.id)


def step(db: Session, case: Application, name: str, actor: Actor = ANONYMOUS, **more: object) -> Application:
    return actions.move(db, case.id, name, actor=actor, today=TODAY, **more)  # type: ignore[arg-type]


def judge(db: Session, case: Application, words: list[Judgement]) -> Application:
    return actions.judge(db, case.id, words, actor=ANONYMOUS, version=case.version)


def verdicts(db: Session, case: Application) -> dict[str, str]:
    db.expire_all()
    found = queries.application(db, case.id)
    assert found is not None
    return {line.code: line.verdict for line in found.lines if line.verdict}


def retitled(db: Session, evidence_id: uuid.UUID, *, codes: set[str]) -> None:
    row = db.get_one(Evidence, evidence_id)
    words = evidence.Details(row.kind, "Lớp khác hẳn", row.learned_on, frozenset(codes), witness=row.witness)
    evidence.edit(db, evidence_id, words, version=row.version, account_id=None, today=TODAY)


# What was judged


def test_a_case_begun_anew_in_another_ward_has_no_verdicts(db: Session) -> None:
    here, there = make_ward(db), make_ward(db, "20014", "Phường Kim Trà", community_step=False)
    lan = make_resident(db, here, login="lan")
    paper = make_evidence(db, lan, "Lớp tin học", ("1.1",))
    case = make_application(db, lan, "recommended")
    step(db, case, "reopen", reason="Xem lại.")
    step(db, case, "withdraw", owner(lan))
    step(db, case, "redraft", owner(lan))
    assert verdicts(db, case) == {}
    home = NewHousehold(there.code, there.communities[0].id)
    persons.settle(db, lan.id, home, account_id=None, year=YEAR)
    evidence.withdraw(db, paper, account_id=None)
    case = step(db, case, "submit", owner(lan))
    assert (case.ward_code, verdicts(db, case)) == ("20014", {})
    step(db, case, "take")
    with pytest.raises(Invalid, match="Còn 10 chỉ số chưa xác nhận"):
        step(db, case, "recommend")


def test_a_verdict_is_lost_with_the_evidence_it_was_said_of(db: Session) -> None:
    """What was asked about: ticked off, edited, tagged elsewhere or joined by another one. The rest stays as it was."""
    lan = make_resident(db, make_ward(db), login="lan")
    ticked, edited, moved, still = (
        make_evidence(db, lan, f"Lớp {code}", (code,)) for code in ("1.1", "1.2", "1.3", "1.4")
    )
    case = make_application(db, lan, "under_review")
    questions = {"1.1", "1.2", "1.3", "2.1", "3.2"}
    asked = [Judgement(code, Verdict.ASK, reason="Xin kể thêm.") for code in sorted(questions)]
    judge(db, case, [word for word in AGREED if word.code not in questions] + asked)
    step(db, case, "return", reason="Xin bổ sung.")
    actions.answer(db, case.id, "1.1", points=8, note="Có người làm chứng.", evidence=set())
    assert "1.1" not in verdicts(db, case)
    retitled(db, edited, codes={"1.2"})
    retitled(db, moved, codes={"2.1"})
    with pytest.raises(Conflict, match="hồ sơ đã gửi"):
        retitled(db, still, codes={"1.4"})
    with pytest.raises(Conflict, match="Người xét không hỏi chỉ số"):
        actions.answer(db, case.id, "1.4", points=10, note="Hơn nữa.", evidence={still})
    make_evidence(db, lan, "Lớp thêm", ("2.4",))
    assert step(db, case, "resubmit", owner(lan)).state == "under_review"
    assert set(verdicts(db, case)) == set(CODES) - {"1.1", "1.2", "1.3", "2.1"}
    assert verdicts(db, case)["3.2"] == "ask"  # nothing of it changed
    assert queries.evidence_versions(db, case.id) == {"1.2": {edited: 2}, "2.1": {moved: 2}, "1.4": {still: 1}}
    assert db.get_one(Evidence, still).version == db.get_one(Evidence, ticked).version == 1


def test_declined_before_all_was_judged_has_no_confirmed_total(db: Session) -> None:
    ward = make_ward(db)
    some, all_of_them = make_resident(db, ward), make_resident(db, ward)
    first, second = (make_application(db, one, "under_review") for one in (some, all_of_them))
    judge(db, first, [Judgement("1.1", Verdict.CHANGE, 0, "Không thấy.")])
    assert step(db, first, "decline", reason="Chưa đủ.").confirmed_total is None
    judge(db, second, [Judgement("1.1", Verdict.CHANGE, 0, "Không thấy."), *AGREED[1:]])
    assert step(db, second, "decline", reason="Chưa đủ.").confirmed_total == 72
    assert [queries.events(db, case.id)[-1].detail for case in (first, second)] == [
        {"confirmed_total": None},
        {"confirmed_total": 72},
    ]


# Consent


@pytest.mark.parametrize("state", ["submitted", "endorsed", "under_review", "returned", "recommended"])
def test_without_consent_every_undecided_case_stops(db: Session, state: str) -> None:
    lan = make_resident(db, make_ward(db), login="lan")
    assert lan.account is not None
    old = make_application(db, lan, state, year=YEAR - 1)
    this = make_application(db, lan, state)
    persons.withdraw_consent(db, lan.id, actor=actor_of(db, lan.account), today=TODAY)
    assert (old.state, this.state) == ("withdrawn", "withdrawn")


def test_without_consent_nothing_is_decided(db: Session) -> None:
    """Whatever way consent went: nobody judges, recommends or grants."""
    ward = make_ward(db)
    for number, state in enumerate(("under_review", "recommended")):
        resident = make_resident(db, ward, login=f"dan-{number}")
        assert resident.account is not None
        case = make_application(db, resident, "under_review")
        judge(db, case, AGREED)
        if state == "recommended":
            step(db, case, "recommend")
        people.withdraw_consent(db, resident.id, account_id=resident.account.id)
        if state == "recommended":
            with pytest.raises(Conflict, match="rút đồng ý"):
                step(db, case, "grant", decision=DECISION)
            continue
        with pytest.raises(Conflict, match="rút đồng ý"):
            judge(db, case, AGREED)
        with pytest.raises(Conflict, match="rút đồng ý"):
            step(db, case, "recommend")
    assert db.scalars(select(Title)).all() == []


# The community's step


def test_a_case_no_head_may_endorse_goes_to_the_ward(db: Session) -> None:
    """The head's own, the head's household's, one of a community without a head; not the neighbour's."""
    ward = make_ward(db)
    head = make_resident(db, ward, "Lê Mẫu Trưởng", login="to-truong")
    kin = make_resident(db, ward, "Lê Mẫu Con", household=head.household)
    neighbour = make_resident(db, ward, "Võ Mẫu Xóm")
    alone = make_resident(db, ward, "Võ Mẫu Xa", community=1)
    make_officer(db, ward, "community_head", "to-truong", resident=head)
    cases = {one.name: make_application(db, one, "submitted") for one in (head, kin, neighbour, alone)}
    waits = {name: queues.community_step(db, case) for name, case in cases.items()}
    assert waits == {"Lê Mẫu Trưởng": False, "Lê Mẫu Con": False, "Võ Mẫu Xóm": True, "Võ Mẫu Xa": False}
    listed = queues.queue(db, queues.Place(ward.code), states=(State.ENDORSED,), headless=True)
    assert {row.name for row in listed} == {"Lê Mẫu Trưởng", "Lê Mẫu Con", "Võ Mẫu Xa"}
    assert step(db, cases["Lê Mẫu Trưởng"], "take").state == "under_review"
    with pytest.raises(Conflict, match="chờ chi hội"):
        step(db, cases["Võ Mẫu Xóm"], "take")
    # Who left the head's household is still the family of the day of sending; a second head may speak for all.
    people.found_household(
        db, kin.id, ward_code=ward.code, community_id=ward.communities[0].id, address=None, account_id=None
    )
    assert queues.community_step(db, cases["Lê Mẫu Con"]) is False
    make_officer(db, ward, "community_head", "to-pho")
    assert queues.community_step(db, cases["Lê Mẫu Con"]) is True


# A revoked title


def test_a_case_goes_on_when_its_title_is_revoked(db: Session) -> None:
    ward = make_ward(db)
    case = make_application(db, make_resident(db, ward), "granted")
    with pytest.raises(Conflict, match="Danh hiệu đang có hiệu lực"):
        step(db, case, "reopen", reason="Xem lại.")
    (first,) = db.scalars(select(Title))
    actions.revoke_title(db, first.id, reason="Ký nhầm.", actor=ANONYMOUS)
    assert step(db, case, "reopen", reason="Ký nhầm.").state == "under_review"
    assert counted.ward_counts(db, ward.code, YEAR).counts == Counts(1, 1, 0, 0)  # type: ignore[union-attr]
    step(db, case, "recommend")
    step(db, case, "grant", decision=DecisionDetails("200/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký"))
    valid = db.scalars(select(Title).where(Title.revoked_at.is_(None))).one()
    assert (valid.register_number, valid.application_id) == (2, case.id)
    assert counted.ward_counts(db, ward.code, YEAR).counts == Counts(1, 1, 1, 1)  # type: ignore[union-attr]


# The ward's last day


@pytest.mark.parametrize(
    ("submit_by", "day", "late"),
    [
        (None, date(2026, 12, 31), False),
        (date(2026, 11, 30), date(2026, 11, 30), False),
        (date(2026, 11, 30), date(2026, 12, 1), True),
        (date(2025, 11, 30), date(2026, 3, 1), False),  # last year's day says nothing of this year
        (date(2027, 11, 30), date(2027, 1, 5), False),  # the next year's is not over yet
    ],
)
def test_what_is_late(submit_by: date | None, day: date, late: bool) -> None:
    assert is_late(submit_by, 2026, day) is late
    assert deadline(date(2025, 11, 30), 2026) is None


def test_a_late_case_is_taken_and_marked_once(db: Session) -> None:
    ward = make_ward(db)
    early = make_application(db, make_resident(db, ward), "returned")
    save_ward_settings(db, WardPolicy(ward.code, submit_by=date(YEAR, 1, 1)))
    late = make_application(db, make_resident(db, ward), "submitted", today=date(YEAR, 1, 2))
    step(db, early, "resubmit")  # sent in time, then asked about: not late
    rows = queues.queue(db, queues.Place(ward.code), states=(State.SUBMITTED, State.UNDER_REVIEW))
    assert {row.id: row.late for row in rows} == {early.id: False, late.id: True}


# Moving house and corrections


def titled_last_year(db: Session, lan: Resident) -> None:
    """Registered and titled in the year before, counted there."""
    titles.register_person(db, lan.person, YEAR - 1, account_id=None)
    make_application(db, lan, "granted", year=YEAR - 1)


def counts(db: Session, ward: Ward, year: int) -> Counts:
    found = counted.ward_counts(db, ward.code, year)
    assert found is not None
    kept = found.counts
    assert ratios.recount_ward(db, ward.code, year) == kept
    return kept


def test_past_years_move_along(db: Session) -> None:
    here, there = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
    lan = make_resident(db, here, birth_year=YEAR - 30)
    titled_last_year(db, lan)
    home = NewHousehold(there.code, there.communities[0].id)
    persons.settle(db, lan.id, home, account_id=None, year=YEAR)
    for year, expected in ((YEAR - 1, Counts(1, 1, 1, 1)), (YEAR, Counts(1, 0, 0, 0))):
        assert (counts(db, here, year), counts(db, there, year)) == (Counts(0, 0, 0, 0), expected)


def test_a_corrected_birth_year_counts_in_past_years(db: Session) -> None:
    ward = make_ward(db)
    lan = make_resident(db, ward, birth_year=YEAR - 30, login="lan")
    assert lan.account is not None
    ratios.recount_ward(db, ward.code, YEAR - 1)
    ratios.recount_ward(db, ward.code, YEAR)
    details = NewPerson(lan.name, Birth(YEAR - 18))
    persons.correct(db, lan.id, details, version=1, id_key="k", account_id=lan.account.id, year=YEAR)
    assert (counts(db, ward, YEAR - 1).total, counts(db, ward, YEAR).total) == (0, 1)


def test_a_correction_sees_what_was_written_meanwhile(database: Database) -> None:
    """A session that read the person before somebody else corrected them writes nothing over it."""
    with database.transaction() as db:
        lan = make_resident(db, make_ward(db), login="lan")
        assert lan.account is not None
        account_id = lan.account.id

    def rename(db: Session, name: str) -> None:
        details = NewPerson(name, Birth(1985))
        persons.correct(db, lan.id, details, version=1, id_key="k", account_id=account_id, year=YEAR)

    with database.write() as slow:
        seen = slow.get_one(Person, lan.id)
        slow.commit()  # the session keeps what it read
        with database.transaction() as fast:
            rename(fast, "Trần Thị Mẫu Mới")
        with pytest.raises(Conflict, match="vừa được sửa ở nơi khác"):
            rename(slow, "Trần Thị Mẫu Cũ")
        assert seen.name == "Trần Thị Mẫu Mới"


def test_a_new_group_and_a_new_home_see_the_case_as_it_stands(database: Database) -> None:
    """A case sent meanwhile is not taken for a draft any more."""
    with database.transaction() as db:
        ward = make_ward(db)
        lan = make_resident(db, ward, login="lan")
        hard = make_ward(db, "20014", "Xã Kim Trà", disadvantaged=True)
        case_id = make_application(db, lan, "draft").id
    with database.write() as slow:
        seen = queries.application(slow, case_id)
        slow.commit()
        with database.transaction() as fast:
            actions.move(fast, case_id, "submit", actor=owner(lan), today=TODAY)
        home = NewHousehold(hard.code, hard.communities[0].id)
        persons.settle(slow, lan.id, home, account_id=None, year=YEAR)
        slow.commit()
        assert seen is not None
    with database.read() as db:
        case = queries.application(db, case_id)
        assert case is not None
        assert (case.state, case.ward_code, case.disadvantaged) == ("submitted", ward.code, False)


def test_a_closed_place_takes_nobody_in(db: Session) -> None:
    ward = make_ward(db)
    lan = make_resident(db, ward)
    close_community(db, ward.communities[1], on=TODAY)
    closed = NewHousehold(ward.code, ward.communities[1].id)
    with pytest.raises(Invalid, match="sáp nhập hoặc giải thể") as refused:
        persons.settle(db, lan.id, closed, account_id=None, year=YEAR)
    assert refused.value.field == "community_id"
    other = make_ward(db, "20014", "Phường Kim Trà")
    db.get_one(Commune, other.code).valid_to = TODAY
    db.flush()
    with pytest.raises(Invalid, match="đã sắp xếp lại") as refused:
        persons.settle(db, lan.id, NewHousehold(other.code, None), account_id=None, year=YEAR)
    assert refused.value.field == "ward_code"


# The audit


def test_the_audit_keeps_no_free_words(db: Session) -> None:
    """Reasons are in the case's history, where they belong to the case; the audit is for ever."""
    ward = make_ward(db)
    secret = "Bà Lan nghỉ ốm dài ngày"
    case = make_application(db, make_resident(db, ward), "under_review")
    judge(db, case, [Judgement("1.1", Verdict.ASK, reason=secret)])
    step(db, case, "return", reason=secret)
    declined = make_application(db, make_resident(db, ward), "under_review")
    step(db, declined, "decline", reason=secret)
    make_application(db, make_resident(db, ward), "granted")
    actions.revoke_title(db, db.scalars(select(Title.id)).one(), reason=secret, actor=ANONYMOUS)
    db.commit()
    entries = db.execute(select(audit.AuditEntry.action, audit.AuditEntry.detail)).all()
    assert {action for action, detail in entries if secret in str(json.loads(detail))} == set()
    returned = [json.loads(detail) for action, detail in entries if action == "application.return"]
    assert returned == [{"from": "under_review", "to": "returned", "asked": ["1.1"]}]
    assert queries.events(db, case.id)[-1].reason == secret
