"""Registering for the year: groups, many at once, mistakes taken back; the tally is what the rows say, always."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from factories import (
    KEY,
    YEAR,
    Ward,
    actor_of,
    make_application,
    make_clan,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions, persons, registering, rolls
from xhht_citizen.applications.persons import NewHousehold
from xhht_citizen.applications.registering import Registered
from xhht_citizen.applications.rolls import RollRow, Scope
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import Database, new_id, now
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.rules import Birth
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.ratios.models import WARD, Tally
from xhht_citizen.ratios.rules import Counts
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.models import Registration, RegistrationTakenBack

HEAD = Actor(name="Trưởng chi hội Mẫu")


def roll(db: Session, ward: Ward, kind: Kind = Kind.CITIZEN, **asked: object) -> list[RollRow]:
    return rolls.rows(db, Scope(kind, YEAR, ward.code), **asked)  # type: ignore[arg-type]


def registered(db: Session, kind: Kind) -> int:
    return db.scalar(select(func.count()).select_from(Registration).where(Registration.kind == str(kind))) or 0


def tally(db: Session, ward: Ward, community: int | None = None) -> tuple[int, int]:
    """(total, registered) as kept for a community, or for the ward."""
    key = WARD if community is None else ward.communities[community].id
    row = db.get(Tally, (ward.code, key, "citizen", YEAR), populate_existing=True)
    return (row.total, row.registered) if row else (0, 0)


def told(db: Session, act: str) -> list[tuple[str, dict[str, object]]]:
    db.commit()
    found = db.scalars(select(AuditEntry).where(AuditEntry.action == act).order_by(AuditEntry.seq))
    return [(row.subject_kind, json.loads(row.detail)) for row in found]


def group_of(db: Session, kind: Kind, row: object) -> Group:
    found = groups.group(db, kind, row.id)  # type: ignore[attr-defined]
    assert found is not None
    return found


def test_many_at_once_are_one_count_a_community_and_sending_again_changes_nothing(db: Session) -> None:
    ward = make_ward(db)
    for number in range(7):
        make_resident(db, ward, community=number % 2)
    child = make_resident(db, ward, birth_year=YEAR - 17)
    rows = roll(db, ward)
    assert child.id not in {row.id for row in rows}
    assert registering.register_many(db, rows[:5], YEAR, actor=HEAD) == Registered(new=5, before=0)
    assert tally(db, ward) == (7, 5)
    assert registering.register_many(db, rows, YEAR, actor=HEAD) == Registered(new=2, before=5)
    assert registering.register_many(db, rows, YEAR, actor=HEAD) == Registered(new=0, before=7)
    assert [tally(db, ward, one) for one in (None, 0, 1, 2)] == [(7, 7), (4, 4), (3, 3), (0, 0)]
    assert told(db, "year.register") == [("person", {"kind": "citizen", "year": YEAR})] * 7
    assert audit.verify(db).broken == ()


def test_one_more_costs_one_more_statement_and_no_more_counting(db: Session) -> None:
    ward = make_ward(db)
    for _ in range(30):
        make_resident(db, ward)
    rows, spent = roll(db, ward), []
    registering.register_many(db, rows[:1], YEAR, actor=HEAD)  # the ward's first of the year counts all of it
    for some in (rows[1:6], rows[6:30]):
        seen: list[str] = []
        note = partial(noting, seen)
        event.listen(db.connection(), "before_cursor_execute", note)
        assert registering.register_many(db, some, YEAR, actor=HEAD).new == len(some)
        event.remove(db.connection(), "before_cursor_execute", note)
        spent.append(len(seen))
    assert spent[1] - spent[0] == 24 - 5


def noting(
    seen: list[str], connection: object, cursor: object, statement: str, parameters: object, context: object, many: bool
) -> None:
    seen.append(statement)


def test_a_roll_knows_who_has_registered_and_counts_them(db: Session) -> None:
    ward = make_ward(db)
    head = make_officer(db, ward, "community_head", "to1").account
    sen = make_resident(db, ward, "Nguyễn Thị Mẫu Sen", birth_year=1960)
    an = make_resident(db, ward, "Đặng Văn Mẫu An", household=sen.household)
    make_resident(db, ward, "Lê Mẫu Bách", community=1)
    make_resident(db, make_ward(db, "20014", "Phường Kim Trà"), "Võ Mẫu Ý")
    (row,) = roll(db, ward, text="mau sen")
    assert (row.name, row.birth_year, row.household, row.community) == (sen.name, 1960, sen.household.name, "Tổ 1")
    registering.register_many(db, [row], YEAR, actor=actor_of(db, head))
    assert [one.name for one in roll(db, ward, registered=False)] == ["Đặng Văn Mẫu An", "Lê Mẫu Bách"]
    (done,) = roll(db, ward, registered=True)
    assert (done.id, done.registered_by) == (sen.id, head.id)
    scope = Scope(Kind.CITIZEN, YEAR, ward.code, ward.communities[0].id)
    assert [one.id for one in rolls.rows(db, scope)] == [an.id, sen.id]
    assert rolls.counts(db, scope) == Counts(total=2, registered=1)
    assert rolls.counts(db, Scope(Kind.CITIZEN, YEAR, ward.code)) == Counts(total=3, registered=1)
    assert rolls.counts(db, Scope(Kind.CITIZEN, YEAR - 1, ward.code)) == Counts(total=3, registered=0)


@pytest.mark.parametrize("kind", list(rolls.KINDS))
def test_pages_of_a_roll_leave_nobody_out_and_show_nobody_twice(db: Session, kind: Kind) -> None:
    ward = make_ward(db, communities=12)
    for number in range(12):
        make_resident(db, ward, community=number)
        make_clan(db, ward, "Họ Trần Mẫu")  # the same name twelve times
        make_unit(db, ward)
    seen: list[RollRow] = []
    after = None
    while page := roll(db, ward, kind, after=after, limit=5):
        seen += page
        after = (page[-1].sort_key, page[-1].id)
    assert [row.id for row in seen] == [row.id for row in roll(db, ward, kind)]
    assert len({row.id for row in seen}) == 12
    if kind is Kind.COMMUNITY:
        assert [row.name for row in seen] == [f"Tổ {number}" for number in range(1, 13)]


def test_the_roll_of_households_shows_their_adults_and_finds_them_by_any_adult(db: Session) -> None:
    ward = make_ward(db)
    sen = make_resident(db, ward, "Nguyễn Thị Mẫu Sen")
    make_resident(db, ward, "Đặng Văn Mẫu Ý", household=sen.household)
    make_resident(db, ward, "Đặng Văn Mẫu Tí", household=sen.household, birth_year=YEAR - 5)
    an = make_resident(db, ward, "Lê Mẫu An", community=1)
    left = make_resident(db, ward, "Phạm Mẫu Đào")
    persons.settle(
        db, left.id, NewHousehold(ward.code, ward.communities[1].id), account_id=None, year=YEAR
    )  # the old one stands empty
    names = [(row.id, row.adults) for row in roll(db, ward, Kind.HOUSEHOLD)]
    assert [one for one in names if one[0] in {an.household.id, sen.household.id}] == [
        (an.household.id, 1),
        (sen.household.id, 2),
    ]
    assert left.household.id not in dict(names)
    assert [row.id for row in roll(db, ward, Kind.HOUSEHOLD, text="mau y")] == [sen.household.id]
    assert roll(db, ward, Kind.HOUSEHOLD, text="mau ti") == []  # a child is not searched for
    assert rolls.counts(db, Scope(Kind.HOUSEHOLD, YEAR, ward.code)) == Counts(total=3, registered=0)


def test_every_kind_of_group_registers_once(db: Session) -> None:
    ward = make_ward(db)
    lan = make_resident(db, ward)
    one = {
        Kind.HOUSEHOLD: lan.household,
        Kind.CLAN: make_clan(db, ward),
        Kind.COMMUNITY: ward.communities[0],
        Kind.UNIT: make_unit(db, ward),
        Kind.AGENCY: make_unit(db, ward, "Sở Mẫu", managed_by="province"),
    }
    for kind, row in one.items():
        group = group_of(db, kind, row)
        assert registering.register_group(db, group, YEAR, actor=HEAD) is True
        assert registering.register_group(db, group, YEAR, actor=HEAD) is False
        assert registered(db, kind) == 1
        if kind in rolls.KINDS:
            assert rolls.counts(db, Scope(kind, YEAR, ward.code)).registered == 1
            assert [row.id for row in roll(db, ward, kind, registered=True)] == [group.id]
    assert sorted(told(db, "year.register")) == sorted((str(kind), {"kind": str(kind), "year": YEAR}) for kind in one)


def test_a_group_that_is_closed_does_not_register(db: Session) -> None:
    ward = make_ward(db)
    clan = make_clan(db, ward)
    clan.closed_at = now()
    db.flush()
    with pytest.raises(Conflict):
        registering.register_group(db, group_of(db, Kind.CLAN, clan), YEAR, actor=HEAD)
    assert (registered(db, Kind.CLAN), roll(db, ward, Kind.CLAN)) == (0, [])


def test_a_child_does_not_register(db: Session) -> None:
    child = make_resident(db, make_ward(db), birth_year=YEAR - 17)
    with pytest.raises(Invalid):
        actions.register(db, child.person, YEAR, actor=HEAD)
    assert registered(db, Kind.CITIZEN) == 0


def test_a_mistake_is_taken_back_counted_and_kept(db: Session) -> None:
    ward = make_ward(db)
    head = actor_of(db, make_officer(db, ward, "community_head", "to1").account)
    lan, tam = make_resident(db, ward), make_resident(db, ward)
    registering.register_many(db, roll(db, ward), YEAR, actor=HEAD)
    assert registering.unregister(db, Kind.CITIZEN, lan.id, YEAR, actor=head) is True
    assert registering.unregister(db, Kind.CITIZEN, lan.id, YEAR, actor=head) is False
    assert (tally(db, ward), tally(db, ward, 0)) == ((2, 1), (2, 1))
    (kept,) = titles.taken_back(db, lan.id)
    assert (kept.year, kept.taken_back_by, kept.registered_at <= kept.taken_back_at) == (YEAR, head.account_id, True)
    assert told(db, "year.unregister") == [("person", {"kind": "citizen", "year": YEAR})]
    assert actions.register(db, lan.person, YEAR, actor=HEAD) is True  # and again
    assert registering.unregister(db, Kind.CITIZEN, lan.id, YEAR, actor=head) is True
    assert len(titles.taken_back(db, lan.id)) == 2
    assert titles.taken_back(db, tam.id) == []


def test_a_group_takes_its_registration_back(db: Session) -> None:
    ward = make_ward(db)
    group = group_of(db, Kind.HOUSEHOLD, make_resident(db, ward).household)
    registering.register_group(db, group, YEAR, actor=HEAD)
    assert registering.unregister(db, Kind.HOUSEHOLD, group.id, YEAR, actor=HEAD) is True
    assert (registered(db, Kind.HOUSEHOLD), db.scalar(select(func.count()).select_from(RegistrationTakenBack))) == (
        0,
        1,
    )
    assert told(db, "year.unregister") == [("household", {"kind": "household", "year": YEAR})]


@pytest.mark.parametrize("state", ["draft", "submitted", "granted", "withdrawn"])
def test_what_something_rests_on_stays(db: Session, state: str) -> None:
    ward = make_ward(db)
    lan = make_resident(db, ward)
    make_application(db, lan, state)
    with pytest.raises(Conflict):
        registering.unregister(db, Kind.CITIZEN, lan.id, YEAR, actor=HEAD)
    assert tally(db, ward) == (1, 1)


def test_a_title_without_a_case_keeps_its_registration_too(db: Session) -> None:
    lan = make_resident(db, make_ward(db))
    home = group_of(db, Kind.HOUSEHOLD, lan.household)
    registering.register_group(db, home, YEAR, actor=HEAD)
    make_title(db, lan, kind=Kind.HOUSEHOLD)
    with pytest.raises(Conflict):
        registering.unregister(db, Kind.HOUSEHOLD, home.id, YEAR, actor=HEAD)


def at_once(database: Database, *acts: Callable[[Session], object]) -> list[object]:
    """Each in a transaction of its own, started together; what it returned, or the domain's refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> object:
        gate.wait(30)
        try:
            with database.transaction() as db:
                return act(db)
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_who_register_the_same_people_at_once_leave_one_row_each(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        for number in range(12):
            make_resident(db, ward, community=number % 3)
    came = at_once(
        database,
        lambda db: registering.register_many(db, roll(db, ward), YEAR, actor=HEAD),
        lambda db: registering.register_many(db, roll(db, ward)[::-1], YEAR, actor=HEAD),
    )
    assert sum(one.new for one in came) == 12  # type: ignore[attr-defined]
    with database.transaction() as db:
        assert (registered(db, Kind.CITIZEN), tally(db, ward)) == (12, (12, 12))
        assert recount_ward(db, ward.code, YEAR) == Counts(12, 12, 0, 0)
        assert audit.verify(db).broken == ()


def test_a_case_begun_while_its_registration_is_taken_back_has_one_all_the_same(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        people = [make_resident(db, ward) for _ in range(6)]
        registering.register_many(db, roll(db, ward), YEAR, actor=HEAD)
    for one in people:
        at_once(
            database,
            lambda db, one=one: actions.start(db, db.merge(one.person), YEAR, actor=HEAD).id,  # type: ignore[misc]
            lambda db, one=one: registering.unregister(db, Kind.CITIZEN, one.id, YEAR, actor=HEAD),  # type: ignore[misc]
        )
    with database.transaction() as db:
        assert (registered(db, Kind.CITIZEN), tally(db, ward)) == (6, (6, 6))


ACTS = st.lists(
    st.tuples(st.sampled_from(["many", "own", "back", "move", "begin", "young"]), st.integers(0, 4), st.integers(0, 3)),
    min_size=6,
    max_size=16,
)


@pytest.fixture
def pair(database: Database) -> tuple[Database, list[Ward]]:
    with database.transaction() as db:
        return database, [make_ward(db, communities=2), make_ward(db, "20014", "Phường Kim Trà", communities=2)]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_after_any_acts_the_tallies_are_what_a_recount_says(
    pair: tuple[Database, list[Ward]], acts: list[tuple[str, int, int]]
) -> None:
    database, wards = pair
    with database.write() as db:  # rolled back: every example begins anew
        people = [make_resident(db, wards[number % 2], community=number % 2) for number in range(5)]
        for act, who, where in acts:
            person, ward = people[who].person, wards[where // 2]
            if act == "many":
                registering.register_many(db, roll(db, ward)[: who + 1], YEAR, actor=HEAD)
            elif act == "own" and person.birth_year < YEAR - 17:
                actions.register(db, person, YEAR, actor=HEAD)
            elif act == "back":
                if not rolls.rests_on(db, Kind.CITIZEN, person.id, YEAR):
                    registering.unregister(db, Kind.CITIZEN, person.id, YEAR, actor=HEAD)
            elif act == "move":
                home = NewHousehold(ward.code, ward.communities[where % 2].id)
                persons.settle(db, person.id, home, account_id=None, year=YEAR)
            elif act == "begin" and person.birth_year < YEAR - 17:
                actions.start(db, person, YEAR, actor=HEAD)
            elif act == "young":
                details = NewPerson(person.name, Birth(YEAR - 10 if where else 1985))
                persons.correct(
                    db,
                    person.id,
                    details,
                    version=person.version,
                    id_key=KEY,
                    account_id=new_id(),
                    year=YEAR,
                )
        for ward in wards:
            if db.get(Tally, (ward.code, WARD, "citizen", YEAR)) is None:
                continue  # nothing ever happened there
            kept = tally(db, ward)
            counted = recount_ward(db, ward.code, YEAR)
            assert kept == (counted.total, counted.registered)
            assert rolls.counts(db, Scope(Kind.CITIZEN, YEAR, ward.code)) == Counts(total=kept[0], registered=kept[1])
