"""A year's numbers and the lists behind them say the same: after corrections, of groups closed since, of terms."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import pytest
from counted import counts_of, give_title, make_clan, make_unit
from factories import KEY, YEAR, Ward, make_group, make_resident, make_ward
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.applications import persons, rolls
from xhht_citizen.applications.rolls import Scope
from xhht_citizen.clock import VIETNAM
from xhht_citizen.groups.models import Clan, Unit
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import HouseholdMembership, Person
from xhht_citizen.people.rules import Birth
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios import facts, queries
from xhht_citizen.ratios.actions import prove_ward, recount_ward
from xhht_citizen.titles.models import Title
from xhht_citizen.titles.queries import in_force, standing_of

CLOSED = datetime(YEAR, 6, 1, tzinfo=VIETNAM)


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


def correct(db: Session, person: Person, born: int, group: str) -> None:
    details = NewPerson(person.name, Birth(born), learner_group=group)
    persons.correct(
        db, person.id, details, version=person.version, id_key=KEY, account_id=None, year=YEAR,  # type: ignore[arg-type]
    )  # fmt: skip


# Corrections


def test_another_learner_group_is_another_line_in_every_counted_year(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward, group="residents")
    for year in (YEAR - 1, YEAR):
        recount_ward(db, ward.code, year)
    correct(db, lan.person, lan.person.birth_year, "workers")
    for year in (YEAR - 1, YEAR):
        kept = counts_of(db, ward.code, year)
        assert (kept.get(("residents", "ward")), kept["workers", "ward"]) == (None, "1/0/0/0")
        assert prove_ward(db, ward.code, year) == []


def test_only_adults_are_counted_in_units(db: Session, ward: Ward) -> None:
    """As the unit's own criteria read it; who turns out to be grown is counted at work without a home too."""
    grown, child = make_resident(db, ward), make_resident(db, ward, birth_year=YEAR - 17)
    unit = make_unit(db, ward, "Hợp tác xã Mẫu", [grown.person, child.person])
    for year in (YEAR - 1, YEAR):
        recount_ward(db, ward.code, year)
    assert counts_of(db, ward.code)["in_unit", "ward"] == "1/0/0/0"
    assert facts.facts_of(db, make_group(db, Kind.UNIT, unit.id), YEAR).ratios == {"citizen_members": (0, 1)}
    home = db.scalars(select(HouseholdMembership).where(HouseholdMembership.person_id == child.id)).one()
    home.revoked_at = CLOSED
    db.flush()
    for year in (YEAR - 1, YEAR):
        recount_ward(db, ward.code, year)
    correct(db, child.person, YEAR - 18, child.person.learner_group)
    assert [counts_of(db, ward.code, year)["in_unit", "ward"] for year in (YEAR - 1, YEAR)] == ["1/0/0/0", "2/0/0/0"]
    assert [prove_ward(db, ward.code, year) for year in (YEAR - 1, YEAR)] == [[], []]


# Closed since


@pytest.mark.parametrize("kind", ["clan", "unit"])
def test_what_was_closed_later_is_listed_in_the_years_before(db: Session, ward: Ward, kind: str) -> None:
    group: Clan | Unit = make_clan(db, ward, "Họ Mẫu") if kind == "clan" else make_unit(db, ward, "Tổ Mẫu")
    group.closed_at = CLOSED
    db.flush()
    for year, expected in ((YEAR - 1, [group.id]), (YEAR, [])):
        recount_ward(db, ward.code, year)
        assert [row.id for row in queries.groups_of(db, kind, ward.code, year)] == expected
        assert len(expected) == int(counts_of(db, ward.code, year).get((kind, "ward"), "0")[0])
        assert [row.id for row in rolls.rows(db, Scope(Kind(kind), year, ward.code))] == expected


def test_a_communitys_clans_of_a_past_year(db: Session, ward: Ward) -> None:
    clan = make_clan(db, ward, "Họ Mẫu")
    clan.closed_at = CLOSED
    db.flush()
    place = make_group(db, Kind.COMMUNITY, ward.communities[0].id)
    assert facts.facts_of(db, place, YEAR - 1).ratios["clans_recognised"] == (0, 1)
    assert "clans_recognised" not in facts.facts_of(db, place, YEAR).ratios
    assert [row.id for row in facts.behind(db, place, "clans_recognised", YEAR - 1)] == [clan.id]


# Titles with a term


@pytest.mark.parametrize("kind", ["agency", "commune"])
@pytest.mark.parametrize(
    ("until", "years"),
    [
        (date(YEAR - 2, 6, 30), [YEAR - 2]),  # the very year it is for, though not at its end
        (date(YEAR - 1, 12, 30), [YEAR - 2]),
        (date(YEAR - 1, 12, 31), [YEAR - 2, YEAR - 1]),
        (date(YEAR + 1, 3, 1), [YEAR - 2, YEAR - 1, YEAR]),
    ],
)
def test_one_rule_says_in_which_years_a_title_counts(
    db: Session, ward: Ward, kind: str, until: date, years: list[int]
) -> None:
    unit = make_unit(db, ward, "Sở Mẫu", managed_by="province")
    subject = unit.id if kind == "agency" else commune_id(ward.code)
    title = give_title(db, kind, subject, ward, year=YEAR - 2, level=1, valid_until=until)
    asked = range(YEAR - 3, YEAR + 2)
    for year in asked:
        recount_ward(db, ward.code, year)

    def listed(year: int) -> bool:
        return any(row.holds for row in queries.groups_of(db, "agency", ward.code, year))

    assert [year for year in asked if db.scalars(select(Title.id).where(in_force(year))).all()] == years
    assert [year for year in asked if standing_of(db, [subject], year, kind)[subject].title_id == title.id] == years
    assert [year for year in asked if counts_of(db, ward.code, year)[kind, "ward"][-1] == "1"] == years
    assert [year for year in asked if db.scalar(select(facts.holds(Kind(kind), subject, year)))] == years
    if kind == "agency":
        assert [year for year in asked if listed(year)] == years


def test_of_two_titles_in_force_the_higher_one_is_named(db: Session, ward: Ward) -> None:
    unit = make_unit(db, ward, "Sở Mẫu", managed_by="province")
    end = date(YEAR + 2, 12, 31)
    first, second = (
        give_title(db, "agency", unit.id, ward, year=year, level=level, valid_until=end)
        for level, year in ((1, YEAR - 2), (2, YEAR - 1))
    )
    named = [standing_of(db, [unit.id], year, "agency")[unit.id].title_id for year in range(YEAR - 3, YEAR + 1)]
    assert named == [None, first.id, second.id, second.id]


# Households by name


def test_households_come_by_their_heads_name_in_vietnamese_order(db: Session, ward: Ward) -> None:
    """Đặng before Vũ before nobody's code points, page by page, in both lists and as the roster has them."""
    made = {
        name: make_resident(db, ward, name, group="residents").household
        for name in ("Vũ Mẫu An", "Đặng Mẫu An", "Ân Mẫu An", "Bùi Mẫu An")
    }
    make_resident(db, ward, "Trần Mẫu Út", household=made["Vũ Mẫu An"])
    order = [row.id for row in people.households(db, ward_code=ward.code)]
    assert order == [made[name].id for name in ("Ân Mẫu An", "Bùi Mẫu An", "Đặng Mẫu An", "Vũ Mẫu An")]
    community = ward.communities[0].id
    place = make_group(db, Kind.COMMUNITY, community)

    def paged(which: str) -> list[uuid.UUID]:
        seen: list[uuid.UUID] = []
        after = None
        for _ in order:
            if which == "behind":
                rows = facts.behind(db, place, "households_recognised", YEAR, after=after, limit=1)
                seen += [row.id for row in rows]
                assert [(row.sort_key, row.id) for row in rows] == [people.key_of_household(db, seen[-1])]
            else:
                counted = queries.households(db, ward.code, community, YEAR, after=after, limit=1)
                seen += [uuid.UUID(row.code) for row in counted]
            after = people.key_of_household(db, seen[-1])
        return seen

    assert paged("behind") == paged("counts") == order
    assert people.key_of_household(db, community) is None
