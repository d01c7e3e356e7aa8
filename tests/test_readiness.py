"""A group turns ready, and back, with the rows it is counted from."""

from __future__ import annotations

from fractions import Fraction

from factories import YEAR, make_clan, make_resident, make_title, make_ward
from sqlalchemy.orm import Session

from xhht_citizen.applications.readiness import facts_for, readiness
from xhht_citizen.criteria.rules import Facts
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.ratios.facts import GroupFacts
from xhht_citizen.titles.actions import revoke


def home(db: Session, resident: object) -> Group:
    found = groups.group(db, Kind.HOUSEHOLD, resident.household.id)  # type: ignore[attr-defined]
    assert found is not None
    return found


def standing(db: Session, group: Group) -> tuple[bool, list[tuple[str, int, int, int]]]:
    found = readiness(db, group, YEAR)
    return found.ready, [(one.line.code, one.numerator, one.denominator, one.lacking) for one in found.requirements]


def test_a_household_turns_ready_and_one_adult_more_turns_it_back(db: Session) -> None:
    ward = make_ward(db)
    lan = make_resident(db, ward)
    minh = make_resident(db, ward, household=lan.household, relation="spouse")
    assert standing(db, home(db, lan)) == (False, [("2.1", 0, 2, 1)])
    make_title(db, lan)
    assert standing(db, home(db, lan)) == (True, [("2.1", 1, 2, 0)])
    make_resident(db, ward, household=lan.household)
    assert standing(db, home(db, lan)) == (False, [("2.1", 1, 3, 1)])
    title = make_title(db, minh)
    assert standing(db, home(db, lan)) == (True, [("2.1", 2, 3, 0)])
    revoke(db, title.id, reason="Nhầm người", account_id=None)
    assert standing(db, home(db, lan))[0] is False


def test_a_pupil_is_asked_for_only_where_there_is_one(db: Session) -> None:
    lan = make_resident(db, make_ward(db))
    make_title(db, lan)
    assert standing(db, home(db, lan))[0] is True
    make_resident(db, lan.ward, household=lan.household, birth_year=YEAR - 9)
    assert standing(db, home(db, lan)) == (False, [("1.1", 0, 1, 1), ("2.1", 1, 1, 0)])


def test_nobody_to_count_is_not_ready(db: Session) -> None:
    clan = make_clan(db, make_ward(db))
    group = groups.group(db, Kind.CLAN, clan.id)
    assert group is not None
    assert standing(db, group) == (False, [("2.1", 0, 0, 0)])
    assert readiness(db, group, YEAR).requirements[0].at_least == Fraction(50)


def test_a_set_is_given_its_own_facts_only(db: Session) -> None:
    criteria = readiness(db, home(db, make_resident(db, make_ward(db))), YEAR).criteria
    counted = GroupFacts({"adults_citizen": (1, 2), "units_recognised": (3, 4)}, frozenset({"no-children", "school"}))
    assert facts_for(criteria, counted) == Facts(ratios={"adults_citizen": (1, 2)}, area=frozenset({"no-children"}))
