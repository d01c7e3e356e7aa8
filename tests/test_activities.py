"""Activities: a list becomes evidence once for everybody on it, follows what is corrected, and never a sent case."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from factories import (
    TODAY,
    YEAR,
    Officer,
    Resident,
    Ward,
    actor_of,
    make_activity,
    make_application,
    make_officer,
    make_resident,
    make_ward,
)
from sqlalchemy import event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.activities import actions, queries
from xhht_citizen.activities.models import Activity, Attendance
from xhht_citizen.activities.rules import Plan, Way
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import queries as cases
from xhht_citizen.audit import AuditEntry
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Conflict, DomainError, Invalid, NotFound
from xhht_citizen.evidence import actions as evidence
from xhht_citizen.evidence import queries as learned
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator
from xhht_citizen.notices.models import Notice

KNOWN = frozenset(catalogue.get("citizen-324-residents").by_code)
PLAN = Plan("course", "Lớp kỹ năng số", TODAY, frozenset({"1.3", "2.1"}), "Trung tâm học tập cộng đồng", 120)


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


@pytest.fixture
def head(db: Session, ward: Ward) -> Officer:
    return make_officer(db, ward, "community_head", "truong")


def settled(db: Session, ward: Ward, count: int = 3, community: int = 0) -> list[Resident]:
    return [make_resident(db, ward, community=community) for _ in range(count)]


def put(db: Session, row: Activity, people: list[Resident], head: Officer, way: Way = Way.TICKED) -> actions.Put:
    return actions.put(db, row.id, {one.id for one in people}, way=way, account_id=head.account.id, today=TODAY)


def confirm(db: Session, row: Activity, head: Officer, seen: int | None = None, **more: object) -> int:
    seen = queries.tally(db, row.id).pending if seen is None else seen
    return actions.confirm(db, row.id, seen=seen, account_id=head.account.id, today=TODAY, **more)  # type: ignore[arg-type]


def rows_of(db: Session, row: Activity) -> list[Evidence]:
    db.flush()
    return list(db.scalars(select(Evidence).where(Evidence.activity_id == row.id).order_by(Evidence.person_id)))


def codes_of(db: Session, evidence_id: uuid.UUID) -> list[str]:
    found = db.scalars(select(EvidenceIndicator.code).where(EvidenceIndicator.evidence_id == evidence_id))
    return sorted(found)


def details_of(db: Session, action: str) -> list[dict[str, object]]:
    db.commit()
    found = db.scalars(select(AuditEntry.detail).where(AuditEntry.action == action).order_by(AuditEntry.seq))
    return [json.loads(one) for one in found]


def test_a_confirmed_list_is_evidence_for_everybody_once(db: Session, ward: Ward, head: Officer) -> None:
    people = settled(db, ward)
    row = make_activity(db, ward, head, PLAN)
    assert put(db, row, people, head) == actions.Put(3, 0, 0, 3)
    assert (put(db, row, people, head), rows_of(db, row)) == (actions.Put(0, 3, 0, 0), [])
    assert (confirm(db, row, head), confirm(db, row, head)) == (3, 0)
    made = rows_of(db, row)
    assert [one.person_id for one in made] == sorted(one.id for one in people)
    facts = {(one.kind, one.title, one.provider, one.learned_on, one.minutes, one.confirmed_by) for one in made}
    assert facts == {("course", PLAN.name, PLAN.provider, TODAY, 120, head.account.id)}
    assert [codes_of(db, one.id) for one in made] == [["1.3", "2.1"]] * 3
    said = details_of(db, "activity.confirm")
    assert said == [{"count": 3, "left": 0, "people": sorted(one.id.hex for one in people)}]
    assert audit.verify(db).broken == ()


def test_it_counts_for_the_score_and_ticks_its_indicators(db: Session, ward: Ward, head: Officer) -> None:
    person = settled(db, ward, 1)[0]
    row = make_activity(db, ward, head, PLAN, people=[person])
    tagged = cases.tagged_evidence(db, person.id, YEAR)
    assert {code: [one.activity_id for one in found] for code, found in tagged.items()} == {
        "1.3": [row.id],
        "2.1": [row.id],
    }
    case = make_application(db, person, "submitted")
    used = cases.used_evidence(db, case.id)
    assert sorted(used) == ["1.3", "2.1"]


def test_only_adults_of_the_place_stand_on_its_list(db: Session, ward: Ward, head: Officer) -> None:
    here, there = settled(db, ward, 1), settled(db, ward, 1, community=1)
    child = make_resident(db, ward, household=here[0].household, birth_year=YEAR - 17)
    row = make_activity(db, ward, head, PLAN)
    assert put(db, row, [*here, *there, child], head) == actions.Put(1, 0, 2, 1)
    whole = make_activity(db, ward, head, PLAN, community=None)
    assert put(db, whole, [*here, *there, child], head) == actions.Put(2, 0, 1, 2)


def test_nobody_confirms_the_own_household(db: Session, ward: Ward, head: Officer) -> None:
    me, other = settled(db, ward, 2)
    kin = {me.id}
    row = make_activity(db, ward, head, PLAN)
    put(db, row, [me], head)
    with pytest.raises(Conflict, match="nhờ cán bộ khác"):
        confirm(db, row, head, spared=kin)
    put(db, row, [other], head)
    assert confirm(db, row, head, 1, spared=kin) == 1
    assert [one.person_id for one in rows_of(db, row)] == [other.id]
    reviewer = make_officer(db, ward, "ward_reviewer", "xet")
    assert confirm(db, row, reviewer) == 1
    assert {one.person_id: one.confirmed_by for one in rows_of(db, row)} == {
        other.id: head.account.id,
        me.id: reviewer.account.id,
    }


def test_nobody_makes_more_of_what_the_own_household_was_confirmed(db: Session, ward: Ward, head: Officer) -> None:
    me = settled(db, ward, 1)[0]
    row = make_activity(db, ward, head, PLAN)
    put(db, row, [me], head)
    assert confirm(db, row, make_officer(db, ward, "ward_reviewer", "xet")) == 1
    given = {"version": 2, "known": KNOWN, "account_id": head.account.id, "spared": {me.id}, "today": TODAY}
    for more in ({"minutes": 6000}, {"indicators": PLAN.indicators | {"3.1"}}, {"kind": "talk"}):
        with pytest.raises(Conflict, match="cán bộ khác sửa"):
            actions.change(db, row.id, replace(PLAN, **more), **given)
    assert actions.change(db, row.id, replace(PLAN, name="Lớp tin học buổi tối"), **given).changed == 1
    db.flush()
    given |= {"version": 3, "spared": frozenset()}
    assert actions.change(db, row.id, replace(PLAN, minutes=90), **given).changed == 1


def test_who_is_added_later_has_evidence_at_once_but_the_own_household(db: Session, ward: Ward, head: Officer) -> None:
    first, second, kin = settled(db, ward, 3)
    row = make_activity(db, ward, head, PLAN, people=[first])
    came = actions.put(
        db,
        row.id,
        {second.id, kin.id},
        way=Way.PASTED,
        account_id=head.account.id,
        spared={kin.id},
        today=TODAY,
    )
    assert came == actions.Put(2, 0, 0, 1)
    assert {one.person_id for one in rows_of(db, row)} == {first.id, second.id}


def test_a_list_that_changed_is_not_confirmed_unseen(db: Session, ward: Ward, head: Officer) -> None:
    row = make_activity(db, ward, head, PLAN)
    put(db, row, settled(db, ward, 2), head)
    with pytest.raises(Conflict, match="vừa có thay đổi"):
        confirm(db, row, head, 1)


def test_what_is_still_to_come_is_not_confirmed(db: Session, ward: Ward, head: Officer) -> None:
    row = make_activity(db, ward, head, Plan("talk", "Buổi nói chuyện", TODAY + timedelta(days=1), frozenset({"1.3"})))
    put(db, row, settled(db, ward, 1), head)
    with pytest.raises(Invalid, match="chưa diễn ra"):
        confirm(db, row, head)


def test_who_is_struck_off_loses_it_and_may_come_back(db: Session, ward: Ward, head: Officer) -> None:
    one, other = settled(db, ward, 2)
    row = make_activity(db, ward, head, PLAN, people=[one, other])
    assert actions.strike(db, row.id, {one.id}, account_id=head.account.id) == 1
    assert [made.person_id for made in rows_of(db, row)] == [other.id]
    put(db, row, [one], head)
    assert {made.person_id for made in rows_of(db, row)} == {one.id, other.id}


def test_evidence_a_case_once_used_is_marked_and_comes_back(db: Session, ward: Ward, head: Officer) -> None:
    person = settled(db, ward, 1)[0]
    row = make_activity(db, ward, head, PLAN, people=[person])
    make_application(db, person, "withdrawn")
    actions.strike(db, row.id, {person.id}, account_id=head.account.id)
    assert [made.withdrawn_at is not None for made in rows_of(db, row)] == [True]
    assert learned.offered(db, person.id, YEAR) == []
    put(db, row, [person], head)
    made = rows_of(db, row)
    assert [(one.withdrawn_at, one.version) for one in made] == [(None, 3)]


def test_a_sent_case_holds_its_evidence(db: Session, ward: Ward, head: Officer) -> None:
    sent, free = settled(db, ward, 2)
    row = make_activity(db, ward, head, PLAN, people=[sent, free])
    make_application(db, sent, "submitted")
    for act in (
        lambda: actions.strike(db, row.id, {sent.id, free.id}, account_id=head.account.id),
        lambda: actions.cancel(db, row.id, account_id=head.account.id),
        lambda: actions.not_there(db, row.id, sent.id, account_id=head.account.id),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.values == {"count": 1, "names": sent.name}
    assert len(rows_of(db, row)) == 2
    changed = Plan("talk", "Tên mới", TODAY, frozenset({"1.3", "3.1"}), minutes=60)
    came = actions.change(
        db, row.id, changed, version=row.version, known=KNOWN, account_id=head.account.id, today=TODAY
    )
    assert (came.changed, came.locked) == (1, 1)
    assert {made.person_id: (made.title, codes_of(db, made.id)) for made in rows_of(db, row)} == {
        sent.id: (PLAN.name, ["1.3", "2.1"]),
        free.id: ("Tên mới", ["1.3", "3.1"]),
    }


def test_an_indicator_one_took_off_stays_off(db: Session, ward: Ward, head: Officer) -> None:
    person = settled(db, ward, 1)[0]
    row = make_activity(db, ward, head, PLAN, people=[person])
    case = applications.start(db, person.person, YEAR, actor=actor_of(db, head.account))
    applications.answer(db, case.id, "2.1", points=5, note=None, evidence=set())
    changed = Plan("course", PLAN.name, TODAY, frozenset({"1.3", "2.1", "3.2"}))
    actions.change(db, row.id, changed, version=row.version, known=KNOWN, account_id=head.account.id, today=TODAY)
    assert [codes_of(db, made.id) for made in rows_of(db, row)] == [["1.3", "3.2"]]


def test_a_cancelled_activity_never_was(db: Session, ward: Ward, head: Officer) -> None:
    people = settled(db, ward, 2)
    row = make_activity(db, ward, head, PLAN, people=people)
    assert [actions.cancel(db, row.id, account_id=head.account.id) for _ in range(2)] == [2, 0]
    assert (rows_of(db, row), queries.tally(db, row.id).total) == ([], 0)
    with pytest.raises(Conflict, match="đã hủy"):
        put(db, row, people, head)


def test_the_owner_adds_words_and_changes_no_facts(db: Session, ward: Ward, head: Officer) -> None:
    person = settled(db, ward, 1)[0]
    row = make_activity(db, ward, head, PLAN, people=[person])
    made = rows_of(db, row)[0]
    details = evidence.Details("course", "Lớp khác", TODAY, frozenset({"1.3"}))
    with pytest.raises(Conflict, match="người tổ chức"):
        evidence.edit(db, made.id, details, version=1, account_id=None, today=TODAY)
    with pytest.raises(Conflict, match="Tôi không dự"):
        evidence.withdraw(db, made.id, account_id=None)
    assert evidence.annotate(db, made.id, " Biết gọi video. ", version=1, account_id=None).note == "Biết gọi video."
    with pytest.raises(Conflict):
        evidence.annotate(db, made.id, "lời khác", version=1, account_id=None)


def test_who_was_not_there_says_so_and_the_organiser_is_told(db: Session, ward: Ward, head: Officer) -> None:
    person = make_resident(db, ward, login="lan")
    assert person.account is not None
    row = make_activity(db, ward, head, PLAN, people=[person])
    said = [actions.not_there(db, row.id, person.id, account_id=person.account.id) for _ in range(2)]
    assert (said, rows_of(db, row)) == ([True, False], [])
    notices = db.scalars(select(Notice)).all()
    assert [(one.kind, one.account_id, one.path, one.values["who"]) for one in notices] == [
        ("activity.not_there", head.account.id, f"/hoat-dong/{row.id}", person.name)
    ]


def test_the_door(db: Session, ward: Ward, head: Officer) -> None:
    here, stranger = make_resident(db, ward, community=1), make_resident(db, make_ward(db, "20014", "Phường Khác"))
    row = make_activity(db, ward, head, PLAN)
    code = f" {row.code[:5].lower()}-{row.code[5:]}"

    def scan(who: Resident, text: str = code, day: date = TODAY) -> None:
        actions.attend(db, text, who.id, account_id=head.account.id, today=day)

    for text, error in (("KHONGCO", NotFound), (code, Conflict)):
        with pytest.raises(error):
            scan(here, text)
    row.open_until = now() + timedelta(minutes=5)
    db.flush()
    with pytest.raises(Conflict, match="hết giờ"):
        scan(here, day=TODAY + timedelta(days=1))
    with pytest.raises(Conflict, match="khác nơi"):
        scan(stranger)
    scan(here)
    scan(here)
    assert queries.tally(db, row.id) == queries.Tally(1, 1, 1)
    row.open_until = now() - timedelta(seconds=1)
    db.flush()
    with pytest.raises(Conflict, match="hết giờ"):
        scan(make_resident(db, ward))
    assert confirm(db, row, head) == 1


@pytest.mark.parametrize(("until", "days", "words"), [("xx", 0, "giờ và phút"), ("23:59", 1, "đúng ngày")])
def test_a_door_opens_on_its_day(db: Session, ward: Ward, head: Officer, until: str, days: int, words: str) -> None:
    row = make_activity(db, ward, head, PLAN)
    with pytest.raises(Invalid, match=words) as refused:
        actions.open_door(db, row.id, until, account_id=head.account.id, today=TODAY + timedelta(days=days))
    assert refused.value.field == "until"


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (Plan("party", "Liên hoan", TODAY, frozenset({"1.3"})), "kind"),
        (Plan("talk", "x", TODAY, frozenset({"1.3"})), "name"),
        (Plan("talk", "Buổi nói chuyện", TODAY, frozenset()), "indicators"),
        (Plan("talk", "Buổi nói chuyện", TODAY, frozenset({"9.9"})), "indicators"),
        (Plan("talk", "Buổi nói chuyện", date(1899, 1, 1), frozenset({"1.3"})), "held_on"),
        (Plan("talk", "Buổi nói chuyện", TODAY, frozenset({"1.3"}), minutes=0), "hours"),
    ],
)
def test_what_is_written_is_checked(db: Session, ward: Ward, head: Officer, plan: Plan, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_activity(db, ward, head, plan)
    assert refused.value.field == field


def test_a_form_sent_twice_is_one_activity(db: Session, ward: Ward, head: Officer) -> None:
    key = new_id()
    where = {"ward_code": ward.code, "community_id": None, "known": KNOWN, "account_id": head.account.id}
    for _ in range(2):
        actions.plan(db, key, PLAN, today=TODAY, **where)
    with pytest.raises(Conflict):
        actions.plan(db, key, Plan("talk", "Khác", TODAY, frozenset({"1.3"})), today=TODAY, **where)
    assert db.scalar(select(func.count()).select_from(Activity)) == 1


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def test_three_hundred_are_confirmed_by_as_many_statements_as_three(database: Database) -> None:
    numbers = []
    for code, count in (("19996", 3), ("20014", 300)):
        with database.transaction() as db:
            ward = make_ward(db, code, f"Phường {code}")
            head = make_officer(db, ward, "community_head", f"truong{code}")
            people = settled(db, ward, count)
            row = make_activity(db, ward, head, PLAN)
        with statements(database) as putting, database.transaction() as db:
            assert put(db, row, people, head).new == count
        with statements(database) as confirming, database.transaction() as db:
            assert confirm(db, row, head, count) == count
        with statements(database) as striking, database.transaction() as db:
            assert actions.strike(db, row.id, {one.id for one in people}, account_id=head.account.id) == count
        numbers.append([len(one) for one in (putting, confirming, striking)])
    assert numbers[0] == numbers[1]


@pytest.fixture
def impatient(database_url: str) -> Iterator[Database]:
    """The database, with a server that ends whoever waits 20 seconds for a lock."""
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        url = url.update_query_dict({"options": "-c lock_timeout=20000 -c statement_timeout=30000"})
    opened = Database(url.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


def at_once(*acts: Callable[[], object]) -> list[object]:
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait(30)
        try:
            return act()
        except DomainError as refused:
            return type(refused)

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_organisers_at_once_make_one_piece_each(impatient: Database) -> None:
    with impatient.transaction() as db:
        ward = make_ward(db)
        organisers = [make_officer(db, ward, "community_head", f"truong{one}") for one in range(4)]
        people = settled(db, ward, 40)
        row = make_activity(db, ward, organisers[0], PLAN)
        put(db, row, people, organisers[0])

    def act(officer: Officer) -> Callable[[], object]:
        def confirms() -> object:
            with impatient.transaction() as db:
                return confirm(db, row, officer, 40)

        return confirms

    assert sorted(at_once(*[act(one) for one in organisers]), key=str) == [0, 0, 0, 40]
    with impatient.read() as db:
        assert db.scalar(select(func.count()).select_from(Evidence)) == 40
        assert db.scalar(select(func.count()).where(Attendance.evidence_id.is_not(None))) == 40
        assert audit.verify(db).broken == ()


@pytest.mark.parametrize("turn", range(3))
def test_sending_a_case_and_striking_off_never_wait_for_ever(impatient: Database, turn: int) -> None:
    """Either the case went first and nobody is struck off, or the evidence was gone before it was sent."""
    with impatient.transaction() as db:
        ward = make_ward(db)
        head = make_officer(db, ward, "community_head", "truong")
        people = settled(db, ward, 8)
        row = make_activity(db, ward, head, PLAN, people=people)
        drafts = [(make_application(db, one, "draft"), one) for one in people]
        owner = actor_of(db, head.account)

    def sends(number: int) -> Callable[[], object]:
        def act() -> object:
            with impatient.transaction() as db:
                return applications.submit(db, drafts[number][0].id, actor=owner, today=TODAY).receipt is not None

        return act

    def strikes() -> object:
        with impatient.transaction() as db:
            return actions.strike(db, row.id, {one.id for one in people}, account_id=head.account.id)

    def changes() -> object:
        with impatient.transaction() as db:
            fresh = Plan("talk", f"Tên {turn}", TODAY, frozenset({"1.3"}))
            return actions.change(db, row.id, fresh, version=1, known=KNOWN, account_id=head.account.id, today=TODAY)

    came = at_once(*[sends(number) for number in range(8)], strikes, changes)
    assert came[:8] == [True] * 8
    with impatient.read() as db:
        left = db.scalar(select(func.count()).select_from(Attendance))
        made = db.scalar(select(func.count()).select_from(Evidence).where(Evidence.withdrawn_at.is_(None)))
        assert (came[8], left, made) in [(Conflict, 8, 8), (8, 0, 0)]
        assert audit.verify(db).broken == ()
