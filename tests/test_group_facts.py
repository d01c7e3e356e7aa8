"""What a group's criteria read: ratios counted from the rows, and the members behind them."""

from __future__ import annotations

import uuid

import pytest
from factories import YEAR, Ward, make_clan, make_resident, make_title, make_unit, make_ward
from sqlalchemy import event
from sqlalchemy.orm import Session

from xhht_citizen.database import now
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.models import ClanMembership, Schooling, UnitMembership
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.places.rules import commune_id
from xhht_citizen.ratios.actions import recount_ward
from xhht_citizen.ratios.facts import behind, facts_of


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


def group(db: Session, kind: Kind, group_id: uuid.UUID) -> Group:
    found = groups.group(db, kind, group_id)
    assert found is not None
    return found


def test_a_household_counts_its_adults_and_its_pupils(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    make_resident(db, ward, household=lan.household, relation="spouse")
    make_title(db, lan)
    home = group(db, Kind.HOUSEHOLD, lan.household.id)
    assert facts_of(db, home, YEAR).ratios == {"adults_citizen": (1, 2)}
    assert facts_of(db, home, YEAR).area == {"no-children"}
    ages = (5, 6, 17, 18)
    kids = [make_resident(db, ward, household=lan.household, birth_year=YEAR - years) for years in ages]
    assert facts_of(db, home, YEAR).ratios == {"adults_citizen": (1, 3), "children_in_school": (0, 2)}
    db.add(Schooling(person_id=kids[1].id, year=YEAR, ward_code=ward.code, in_school=True))
    db.add(Schooling(person_id=kids[2].id, year=YEAR, ward_code=ward.code, in_school=False))
    db.flush()
    assert facts_of(db, home, YEAR).ratios["children_in_school"] == (1, 2)
    make_unit(db, ward, kind="school", learners=[kids[2]])
    assert facts_of(db, home, YEAR).ratios["children_in_school"] == (2, 2)
    assert facts_of(db, home, YEAR).area == frozenset()
    # A year later nobody has said anything yet, the pupil has grown up, and the five-year-old begins school.
    assert facts_of(db, home, YEAR + 1).ratios == {"adults_citizen": (0, 4), "children_in_school": (0, 2)}
    assert behind(db, home, "children_in_school", YEAR) == []


def test_a_clan_counts_households_wherever_they_live(db: Session, ward: Ward) -> None:
    other = make_ward(db, "20014", "Xã Mẫu Sơn")
    here, there, left = make_resident(db, ward), make_resident(db, other), make_resident(db, ward)
    clan = make_clan(db, ward, households=[here.household, there.household, left.household])
    make_title(db, there, kind=Kind.HOUSEHOLD)
    make_title(db, here)
    gone = db.query(ClanMembership).filter_by(household_id=left.household.id).one()
    gone.revoked_at = now()
    db.flush()
    family = group(db, Kind.CLAN, clan.id)
    assert facts_of(db, family, YEAR).ratios == {"households_recognised": (1, 2), "adults_citizen": (1, 2)}
    assert groups.places_of(db, family) == {
        (ward.code, None),
        (ward.code, ward.communities[0].id),
        (other.code, other.communities[0].id),
    }
    assert groups.belongs(db, Kind.CLAN, clan.id, there.id)
    assert not groups.belongs(db, Kind.CLAN, clan.id, left.id)


def test_a_community_counts_households_clans_and_adults(db: Session, ward: Ward) -> None:
    place = group(db, Kind.COMMUNITY, ward.communities[1].id)
    assert facts_of(db, place, YEAR).ratios == {}
    people = [make_resident(db, ward, community=1) for _ in range(3)]
    make_resident(db, ward, community=0)
    make_title(db, people[0], kind=Kind.HOUSEHOLD)
    assert facts_of(db, place, YEAR).ratios == {"households_recognised": (1, 3), "adults_citizen": (0, 3)}
    assert facts_of(db, place, YEAR).area == {"no-clans"}
    clan = make_clan(db, ward, community=1, households=[people[0].household])
    make_title(db, people[0], kind=Kind.CLAN, subject=group(db, Kind.CLAN, clan.id).subject)
    facts = facts_of(db, place, YEAR)
    assert (facts.ratios["clans_recognised"], facts.area) == ((1, 1), frozenset())


def test_a_unit_counts_its_people_and_a_school_its_grown_learners(db: Session, ward: Ward) -> None:
    works, learns, child = (
        make_resident(db, ward),
        make_resident(db, ward),
        make_resident(db, ward, birth_year=YEAR - 9),
    )
    make_title(db, works)
    school = make_unit(db, ward, kind="school", members=[works], learners=[child])
    place = group(db, Kind.UNIT, school.id)
    assert (facts_of(db, place, YEAR).ratios, facts_of(db, place, YEAR).area) == ({"citizen_members": (1, 1)}, set())
    db.add(UnitMembership(ward_code=ward.code, unit_id=school.id, person_id=learns.id, part="learner"))
    db.flush()
    facts = facts_of(db, place, YEAR)
    assert facts.ratios == {"citizen_members": (1, 1), "citizen_learners": (0, 1)}
    assert facts.area == {"school"}
    assert [(row.id, row.holds) for row in behind(db, place, "citizen_learners", YEAR)] == [(learns.id, False)]
    assert groups.group(db, Kind.AGENCY, school.id) is None
    empty = make_unit(db, ward, "Trường Mẫu Chưa Ghi", kind="school", members=[works])
    unknown = facts_of(db, group(db, Kind.UNIT, empty.id), YEAR)
    assert (unknown.ratios, unknown.area) == ({"citizen_members": (1, 1)}, {"school"})  # who learns there is unknown


def test_a_commune_reads_its_tallies(db: Session, ward: Ward) -> None:
    place = group(db, Kind.COMMUNE, commune_id(ward.code))
    assert (place.name, place.ward_code) == ("Phường Hương Trà", "19996")
    make_title(db, make_resident(db, ward))
    make_resident(db, ward)
    recount_ward(db, ward.code, YEAR)
    assert facts_of(db, place, YEAR).ratios["adults_citizen"] == (1, 2)


def test_the_members_behind_a_ratio_come_in_pages(db: Session, ward: Ward) -> None:
    head = make_resident(db, ward)
    for _ in range(6):
        make_resident(db, ward, household=head.household)
    home = group(db, Kind.HOUSEHOLD, head.household.id)
    first = behind(db, home, "adults_citizen", YEAR, limit=4)
    rest = behind(db, home, "adults_citizen", YEAR, after=(first[-1].sort_key, first[-1].id), limit=4)
    keys = [(row.sort_key, row.id) for row in [*first, *rest]]
    assert (len(first), len(rest), keys == sorted(keys)) == (4, 3, True)


def test_a_group_costs_the_same_whatever_its_size(db: Session, ward: Ward) -> None:
    def cost(kind: Kind, group_id: uuid.UUID) -> int:
        place, asked = group(db, kind, group_id), []
        listener = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(db.get_bind(), "before_cursor_execute", listener)
        facts_of(db, place, YEAR)
        event.remove(db.get_bind(), "before_cursor_execute", listener)
        return len(asked)

    made = [make_resident(db, ward) for _ in range(1)]
    clan = make_clan(db, ward, households=[made[0].household])
    small = cost(Kind.CLAN, clan.id), cost(Kind.COMMUNITY, ward.communities[0].id)
    for _ in range(30):
        grown = make_resident(db, ward)
        db.add(ClanMembership(ward_code=ward.code, clan_id=clan.id, household_id=grown.household.id, side="father"))
    db.flush()
    assert (cost(Kind.CLAN, clan.id), cost(Kind.COMMUNITY, ward.communities[0].id)) == small
