"""Ratios: percentages as they are published, tallies that always equal a recount, lines that add up to their area."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from xhht_citizen.database import Database, new_id
from xhht_citizen.people.actions import move_in, new_join_code
from xhht_citizen.people.models import Household, Person
from xhht_citizen.people.queries import home_of, key_of_household
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.ratios import actions, queries
from xhht_citizen.ratios.models import NO_COMMUNITY, WARD, Tally
from xhht_citizen.ratios.rules import RATIOS, Counts, percent, ratio
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.queries import title_of
from xhht_citizen.vietnamese import fold, name_sort_key

YEAR, DAY = 2026, date(2026, 11, 20)
WARDS = ("00004", "19996")
BIRTHS = (1955, 1980, 2008, 2009)  # the last is a child in 2026 and turns 18 in 2027


# --- percentages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "half_up", "truncated"),
    [
        (1_094, 1_249, "87.59", "87.59"),  # Thành phố Hồ Chí Minh 15/11/2024: clans, communities, units
        (3_729, 4_855, "76.81", "76.80"),
        (687, 750, "91.6", "91.6"),
        (4_709, 5_137, "91.67", "91.66"),  # Hà Nội 2024, of those registered: communities, units
        (4_061, 4_074, "99.68", "99.68"),
        (0, 7, "0", "0"),
        (7, 7, "100", "100"),
        (1, 16, "6.25", "6.25"),
        (1, 800, "0.13", "0.12"),  # 0.125: the half goes up
        (99_999, 100_000, "100.00", "99.99"),
    ],
)
def test_percent_as_published(numerator: int, denominator: int, half_up: str, truncated: str) -> None:
    assert percent(numerator, denominator) == Decimal(half_up)
    assert percent(numerator, denominator, rounding="truncate") == Decimal(truncated)


def test_percent_of_the_unknown_is_unknown() -> None:
    assert percent(0, 0) is None
    assert percent(None, 5) is None
    assert percent(5, None) is None
    assert percent(5, 8, digits=0) == Decimal(63)
    assert str(percent(1, 2)) == "50.00"
    with pytest.raises(ValueError, match="half_up, truncate"):
        percent(1, 2, rounding="bankers")


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 4))
def test_percent_is_within_half_a_step(numerator: int, denominator: int, digits: int) -> None:
    step = Decimal(1).scaleb(-digits)
    rounded, cut = percent(numerator, denominator, digits), percent(numerator, denominator, digits, "truncate")
    assert rounded is not None
    assert cut is not None
    # Cross-multiplied, so that the test divides nothing either.
    assert abs(rounded * denominator - 100 * numerator) * 2 <= step * denominator
    assert 0 <= 100 * numerator - cut * denominator < step * denominator
    assert rounded - cut in {Decimal(0), step}


def test_every_ratio_names_counts_that_exist() -> None:
    counts = Counts(total=20, registered=16, assessed=12, recognised=8, declared=25)
    assert {name: ratio(counts, name) for name in RATIOS} == {
        "total": Decimal("40.00"),
        "registered": Decimal("50.00"),
        "assessed": Decimal("66.67"),
        "declared": Decimal("32.00"),
    }
    assert ratio(Counts(total=20), "total") is None


def test_adding_counts_keeps_the_unknown() -> None:
    assert Counts() + Counts() == Counts()
    assert Counts(total=3) + Counts(total=0, recognised=0) == Counts(total=3, recognised=0)
    assert queries.total_of([]) == Counts()


# --- a small country -------------------------------------------------------------------------------------------


def lay_out(db: Session) -> None:
    """Two provinces with a ward each; two communities and three homes (one of no community) in each ward."""
    start = date(2025, 7, 1)
    for code, ward, name in (("01", WARDS[0], "Hà Nội"), ("46", WARDS[1], "Huế")):
        province = Province(
            code=code, name=f"Thành phố {name}", kind="thanh-pho", search_key=fold(name), valid_from=start, act="x"
        )
        db.add(province)
        db.flush()
        commune = Commune(
            code=ward,
            province_code=code,
            name=f"Phường {name}",
            kind="phuong",
            search_key=fold(name),
            valid_from=start,
            act="x",
        )
        db.add(commune)
        db.flush()
        for position in (1, 2):
            tdp = f"Tổ dân phố {position}"
            db.add(
                Community(
                    ward_code=ward, name=tdp, kind="to", search_key=fold(tdp), position=position, valid_from=start
                )
            )
        db.flush()
        homes = [*communities(db, ward), None]
        for community in homes:
            db.add(Household(ward_code=ward, community_id=community, name="Hộ", join_code=new_join_code()))
    for number, born in enumerate((*BIRTHS, 1990)):
        name = f"Người Thử {'ABCDE'[number]}"
        db.add(Person(name=name, sort_key=name_sort_key(name), search_key=fold(name), birth_year=born))
    db.flush()


def communities(db: Session, ward: str) -> list[uuid.UUID]:
    query = select(Community.id).where(Community.ward_code == ward).order_by(Community.position)
    return list(db.scalars(query))


def households(db: Session) -> list[Household]:
    return list(db.scalars(select(Household).order_by(Household.ward_code, Household.id)))


def people(db: Session) -> list[Person]:
    return list(db.scalars(select(Person).order_by(Person.name)))


def touch_home(db: Session, person: Person, year: int = YEAR) -> None:
    home = home_of(db, person.id)
    if home is not None:
        actions.touch(db, home.ward_code, home.community_id, year)


def move(db: Session, person: Person, household: Household) -> None:
    """As the screens do it: both homes are counted anew."""
    before = home_of(db, person.id)
    move_in(db, person.id, household, relation="other", account_id=None)
    if before is not None:
        actions.touch(db, before.ward_code, before.community_id, YEAR)
    touch_home(db, person)


def grant(db: Session, person: Person, year: int = YEAR) -> Title:
    """Register, assess and grant, all at once."""
    home = home_of(db, person.id)
    assert home is not None
    titles.register_person(db, person, year, account_id=None)
    titles.mark_assessed(db, person.id, year, assessed=True)
    decision = titles.enter_decision(
        db, home.ward_code, number="12/QĐ-UBND", decided_on=DAY, signatory="Người Ký", account_id=None, today=DAY
    )
    title = titles.grant(
        db,
        titles.subject_of(person),
        year=year,
        ward_code=home.ward_code,
        community_id=home.community_id,
        household_id=home.household_id,
        application_id=new_id(),
        decision=decision,
        points=86,
    )
    touch_home(db, person, year)
    return title


def tallies(db: Session) -> dict[tuple[str, uuid.UUID], Counts]:
    """The counts of adults; what else is counted is looked at in test_counts."""
    rows = db.scalars(
        select(Tally).where(Tally.year == YEAR, Tally.kind == "citizen").execution_options(populate_existing=True)
    )
    return {
        (row.ward_code, row.community_id): Counts(row.total, row.registered, row.assessed, row.recognised)
        for row in rows
    }


def known(counts: dict[tuple[str, uuid.UUID], Counts]) -> dict[tuple[str, uuid.UUID], Counts]:
    """Without the lines of nobody: a line that was never touched and a line of zeros say the same of a known ward."""
    return {key: value for key, value in counts.items() if value != Counts(0, 0, 0, 0)}


# --- tallies ---------------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["move", "register", "assess", "unassess", "grant", "revoke"]),
        st.integers(0, 4),
        st.integers(0, 5),
    ),
    min_size=10,
    max_size=30,
)


@pytest.fixture
def country(database: Database) -> Database:
    with database.transaction() as db:
        lay_out(db)
    return database


def test_a_touched_tally_equals_a_recount(country: Database) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(STEPS)
    def whatever_happens(steps: list[tuple[str, int, int]]) -> None:
        with country.write() as db:  # never committed: each example begins with the same country
            everyone, homes = people(db), households(db)
            for verb, who, where in steps:
                person = everyone[who]
                if verb == "move":
                    move(db, person, homes[where])
                elif home_of(db, person.id) is None:
                    continue
                elif verb == "register":
                    titles.register_person(db, person, YEAR, account_id=None)
                elif verb in {"assess", "unassess"}:
                    titles.mark_assessed(db, person.id, YEAR, assessed=verb == "assess")
                elif verb == "grant" and title_of(db, person.id, YEAR) is None:
                    grant(db, person)
                elif verb == "revoke" and (held := title_of(db, person.id, YEAR)) is not None:
                    titles.revoke(db, held.id, reason="Cấp nhầm", account_id=None)
                touch_home(db, person)
            touched = tallies(db)
            for ward in WARDS:
                whole = actions.recount_ward(db, ward, YEAR)
                assert touched.get((ward, WARD), Counts(0, 0, 0, 0)) == whole
            assert known(touched) == known(tallies(db))
            adults = sum(home_of(db, person.id) is not None for person in everyone if person.birth_year <= YEAR - 18)
            assert sum(counts.total or 0 for (_, key), counts in touched.items() if key == WARD) == adults

    whatever_happens()


def test_what_is_counted(country: Database) -> None:
    """All, registered, assessed, recognised of a year's adults, by where they live now."""
    with country.transaction() as db:
        homes = [home for home in households(db) if home.ward_code == "19996"]
        first = next(home for home in homes if home.community_id == communities(db, "19996")[0])
        nowhere = next(home for home in homes if home.community_id is None)
        old, middle, young, child, other = people(db)
        for person in (old, middle, young, child):
            move(db, person, first)
        move(db, other, nowhere)
        titles.register_person(db, old, YEAR, account_id=None)
        titles.register_person(db, middle, YEAR, account_id=None)
        titles.mark_assessed(db, middle.id, YEAR, assessed=True)
        grant(db, young)

        one, two = communities(db, "19996")
        assert tallies(db) == {
            ("19996", WARD): Counts(4, 3, 2, 1),
            ("19996", one): Counts(3, 3, 2, 1),
            ("19996", NO_COMMUNITY): Counts(1, 0, 0, 0),
        }
        lines = queries.communities(db, "19996", YEAR)
        assert [(line.code, line.name, line.counts) for line in lines] == [
            (str(one), "Tổ dân phố 1", Counts(3, 3, 2, 1)),
            (str(two), "Tổ dân phố 2", Counts()),
            ("", "", Counts(1, 0, 0, 0)),
        ]
        ward = queries.ward_counts(db, "19996", YEAR)
        assert ward is not None
        assert queries.total_of(lines) == ward.counts
        assert queries.taken_of(lines) == lines[-1].taken_at
        assert queries.community_counts(db, one, YEAR).counts == Counts(3, 3, 2, 1)  # type: ignore[union-attr]
        assert queries.household_counts(db, first.id, YEAR) == Counts(total=3, recognised=1)
        # In 2027 the child counts, and nobody has a title yet.
        assert actions.recount_ward(db, "19996", 2027) == Counts(5, 0, 0, 0)


def test_a_title_moves_with_its_holder(country: Database) -> None:
    with country.transaction() as db:
        here, there = households(db)[0], households(db)[-1]
        person = people(db)[0]
        move(db, person, here)
        title = grant(db, person)
        move(db, person, there)
        counts = tallies(db)
        assert (counts["00004", WARD].recognised, counts["19996", WARD].recognised) == (0, 1)
        titles.revoke(db, title.id, reason="Cấp nhầm", account_id=None)
        touch_home(db, person)
        assert tallies(db)["19996", WARD] == Counts(1, 1, 1, 0)


def test_the_unknown_is_not_zero(country: Database) -> None:
    with country.transaction() as db:
        move(db, people(db)[3], households(db)[0])  # a child: the ward is known to have no adult
        rows = {row.code: row for row in queries.provinces(db, YEAR)}
        assert rows["01"].counts == Counts(0, 0, 0, 0)
        assert (rows["01"].wards, rows["01"].of_wards) == (1, 1)
        assert rows["46"].counts == Counts()
        assert (rows["46"].wards, rows["46"].of_wards, rows["46"].taken_at) == (0, 1, None)
        assert queries.ward_counts(db, "19996", YEAR) is None
        assert queries.community_counts(db, communities(db, "19996")[0], YEAR) is None
        assert [row.counts for row in queries.wards(db, "46", YEAR)] == [Counts()]
        assert [row.name for row in rows.values()] == ["Thành phố Hà Nội", "Thành phố Huế"]


def test_closed_places_stay_while_people_are_counted_in_them(country: Database) -> None:
    with country.transaction() as db:
        home = next(home for home in households(db) if home.ward_code == "19996" and home.community_id)
        move(db, people(db)[0], home)
        db.get_one(Community, home.community_id).valid_to = DAY
        db.get_one(Commune, "19996").valid_to = DAY
        db.flush()
        assert [row.counts.total for row in queries.communities(db, "19996", YEAR) if row.counts.total] == [1]
        assert [row.code for row in queries.wards(db, "46", YEAR)] == ["19996"]
        assert [row.code for row in queries.wards(db, "46", YEAR - 1)] == []
        assert [(row.code, row.counts.total) for row in queries.provinces(db, YEAR)] == [("01", None), ("46", 1)]


def test_counting_twice_changes_nothing(country: Database) -> None:
    with country.transaction() as db:
        for person, home in zip(people(db), households(db), strict=False):
            move(db, person, home)
        before = tallies(db)
        assert [actions.recount_ward(db, ward, YEAR) for ward in WARDS] == [before[ward, WARD] for ward in WARDS]
        assert known(tallies(db)) == known(before)


def test_two_changes_at_once_are_both_counted(country: Database) -> None:
    with country.transaction() as db:
        home = households(db)[0]
        everyone = people(db)
        for person in everyone:
            move(db, person, home)
    household_id = home.id

    def register(person_id: uuid.UUID) -> None:
        with country.transaction() as db:
            person = db.get_one(Person, person_id)
            titles.register_person(db, person, YEAR, account_id=None)
            actions.touch(db, "00004", db.get_one(Household, household_id).community_id, YEAR)

    threads = [Thread(target=register, args=(person.id,)) for person in everyone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with country.read() as db:
        ward = queries.ward_counts(db, "00004", YEAR)
        assert ward is not None
        assert ward.counts == Counts(4, 4, 0, 0)


def test_the_rows_behind_a_number(country: Database) -> None:
    with country.transaction() as db:
        home = next(home for home in households(db) if home.ward_code == "19996" and home.community_id)
        for person in people(db):
            move(db, person, home)
        title = grant(db, people(db)[1])
        for name in ("Hộ B", "Hộ A"):
            db.add(Household(ward_code="19996", community_id=home.community_id, name=name, join_code=new_join_code()))
        db.flush()
        page = queries.households(db, "19996", home.community_id, YEAR)  # those somebody lives in
        assert [(row.name, row.counts) for row in page] == [("Hộ", Counts(total=4, recognised=1))]
        last = key_of_household(db, home.id)
        assert queries.households(db, "19996", home.community_id, YEAR, after=last) == []

        adults = queries.holders(db, YEAR, home.community_id, limit=3)
        assert [row.name[-1] for row in adults] == ["A", "B", "C"]
        key = (adults[-1].sort_key, adults[-1].person_id)
        assert [row.name[-1] for row in queries.holders(db, YEAR, home.community_id, after=key)] == ["E"]
        held = queries.holders(db, YEAR, home.community_id, recognised_only=True)
        assert [(row.title_id, row.household_id) for row in held] == [(title.id, home.id)]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_count_looks_at_the_households_of_its_ward_only(country: Database) -> None:
    """By an index of the ward, with a community or without one, and not at all the homes of the country."""
    with country.transaction() as db, counted(country) as statements:
        for community in (communities(db, "19996")[0], None):
            actions.touch(db, "19996", community, YEAR)
        actions.recount_ward(db, "19996", YEAR)
    asked = [text for text in statements if "JOIN household " in text]
    assert len(asked) >= 3
    assert [text for text in asked if "household.ward_code = " not in text.replace("household_membership", "")] == []


def test_one_ward_costs_as_much_as_many(country: Database) -> None:
    def cost() -> list[int]:
        numbers = []
        for read in (
            lambda db: queries.provinces(db, YEAR),
            lambda db: queries.wards(db, "46", YEAR),
            lambda db: queries.communities(db, "19996", YEAR),
        ):
            with country.write() as db, counted(country) as statements:
                read(db)
            numbers.append(len([text for text in statements if text.startswith("SELECT")]))
        return numbers

    few = cost()
    with country.transaction() as db:
        for number in range(30):
            code = f"2{number:04}"
            db.add(
                Commune(
                    code=code, province_code="46", name=f"Xã {number}", kind="xa", search_key=code,
                    valid_from=DAY, act="x", lat=16.0, lon=107.0,
                )
            )  # fmt: skip
            tdp = f"Thôn {number}"
            db.add(
                Community(ward_code="19996", name=tdp, kind="thon", search_key=fold(tdp), position=9, valid_from=DAY)
            )
        db.flush()
        for number in range(30):
            actions.recount_ward(db, f"2{number:04}", YEAR)
    assert cost() == few == [4, 3, 3]
