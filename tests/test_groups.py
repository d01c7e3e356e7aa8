"""Clans and units: founding, closing, joining by both sides' word, leaving, mandates; two at once on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from factories import TODAY, YEAR, Resident, Ward, make_clan, make_resident, make_unit, make_ward
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xhht_citizen.applications import belonging, persons
from xhht_citizen.applications.persons import ByHousehold, NewHousehold
from xhht_citizen.audit import AuditEntry, verify
from xhht_citizen.database import Database
from xhht_citizen.errors import Conflict, DomainError, Invalid, NotFound
from xhht_citizen.groups import actions, mandates, members, queries
from xhht_citizen.groups.actions import NewClan, NewUnit
from xhht_citizen.groups.models import Clan, ClanMembership, JoinRequest, Mandate, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Group, Kind, last_mandate_day
from xhht_citizen.people.models import HouseholdMembership

BY = {"account_id": None, "year": YEAR}


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


def group(db: Session, kind: Kind, group_id: uuid.UUID) -> Group:
    found = queries.group(db, kind, group_id)
    assert found is not None
    return found


def open_clans(db: Session, resident: Resident) -> list[tuple[str, str]]:
    return [(row.side, row.clan.name) for row in members.clan_memberships(db, resident.household.id)]


# Founding and closing


def test_a_clan_is_founded_once_and_named_apart(db: Session, ward: Ward) -> None:
    form = NewClan(ward.code, ward.communities[0].id, "Họ  Trần Mẫu ", "Nhà thờ họ ở Tổ 1", uuid.uuid4())
    clan = belonging.found_clan(db, form, **BY)  # type: ignore[arg-type]
    assert (clan.name, clan.search_key, clan.community_id) == ("Họ Trần Mẫu", "ho tran mau", ward.communities[0].id)
    assert belonging.found_clan(db, form, **BY).id == clan.id  # type: ignore[arg-type]
    for name, field in (("ho tran mau", "name"), ("H", "name")):
        with pytest.raises(Invalid) as refused:
            belonging.found_clan(db, NewClan(ward.code, None, name), **BY)  # type: ignore[arg-type]
        assert refused.value.field == field
    other = make_ward(db, "20014", "Phường Kim Trà")
    assert belonging.found_clan(db, NewClan(other.code, None, "Họ Trần Mẫu"), **BY).id != clan.id  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        belonging.found_clan(db, NewClan(other.code, ward.communities[0].id, "Họ Lê Mẫu"), **BY)  # type: ignore[arg-type]
    assert refused.value.field == "community_id"
    belonging.correct_clan(db, clan.id, NewClan(ward.code, None, "Họ Trần Mẫu Hương", None), **BY)  # type: ignore[arg-type]
    assert (clan.name, clan.community_id, clan.note) == ("Họ Trần Mẫu Hương", None, None)


def test_a_unit_says_what_it_is_and_who_manages_it(db: Session, ward: Ward) -> None:
    form = NewUnit(ward.code, None, "Trường Mẫu Hương", "school", "province", uuid.uuid4())
    unit = belonging.found_unit(db, form, **BY)  # type: ignore[arg-type]
    assert belonging.found_unit(db, form, **BY).id == unit.id  # type: ignore[arg-type]
    assert queries.unit_title(unit) is Kind.AGENCY
    for kind, managed_by, field in (("army", "commune", "kind"), ("school", "planet", "managed_by")):
        with pytest.raises(Invalid) as refused:
            belonging.found_unit(db, NewUnit(ward.code, None, "Khác", kind, managed_by), **BY)  # type: ignore[arg-type]
        assert refused.value.field == field
    belonging.correct_unit(db, unit.id, NewUnit(ward.code, None, unit.name, "office"), **BY)  # type: ignore[arg-type]
    assert (unit.kind, queries.unit_title(unit)) == ("office", Kind.UNIT)


def test_branches_of_a_clan(db: Session, ward: Ward) -> None:
    clan, other = make_clan(db, ward), make_clan(db, ward, "Họ Lê Mẫu")
    key = uuid.uuid4()
    first = actions.add_branch(db, clan.id, "Chi trưởng", account_id=None, branch_id=key)
    assert actions.add_branch(db, clan.id, "Chi trưởng", account_id=None, branch_id=key).id == first.id
    actions.add_branch(db, clan.id, "Chi thứ", account_id=None)
    actions.rename_branch(db, clan.id, first.id, "Chi nhất", account_id=None)
    assert [row.name for row in members.branches(db, clan.id)] == ["Chi nhất", "Chi thứ"]
    with pytest.raises(Invalid):
        actions.add_branch(db, clan.id, "chi thu", account_id=None)
    with pytest.raises(NotFound):
        actions.rename_branch(db, other.id, first.id, "Chi nhất", account_id=None)
    lan = make_resident(db, ward)
    with pytest.raises(Invalid) as refused:
        belonging.enter_clan(db, other.id, lan.household.id, side="father", branch_id=first.id, **BY)  # type: ignore[arg-type]
    assert refused.value.field == "branch_id"


def test_a_closed_clan_frees_its_households_and_stays_in_the_book(db: Session, ward: Ward) -> None:
    lan, bay = make_resident(db, ward), make_resident(db, ward)
    clan, other = make_clan(db, ward, households=[lan.household]), make_clan(db, ward, "Họ Lê Mẫu")
    mandates.name_head(db, group(db, Kind.CLAN, clan.id), lan.id, account_id=None, today=TODAY)
    ask = NewRequest("clan", clan.id, bay.household.id, "ask", ward.code, side="father")
    belonging.request(db, ask, account_id=None)
    belonging.close(db, Kind.CLAN, clan.id, **BY)  # type: ignore[arg-type]
    belonging.close(db, Kind.CLAN, clan.id, **BY)  # type: ignore[arg-type]
    db.expire_all()
    assert (open_clans(db, lan), members.headed(db, lan.id, TODAY)) == ([], [])
    assert db.scalars(select(JoinRequest.answer)).all() == ["withdrawn"]
    assert group(db, Kind.CLAN, clan.id).closed
    belonging.enter_clan(db, other.id, lan.household.id, side="father", **BY)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        belonging.enter_clan(db, clan.id, bay.household.id, side="father", **BY)  # type: ignore[arg-type]
    assert [row.name for row in members.orgs(db, Kind.CLAN, ward_code=ward.code)] == ["Họ Lê Mẫu"]


# Belonging


def test_one_clan_a_side(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    home = lan.household.id
    tran, le, pham = (make_clan(db, ward, name) for name in ("Họ Trần Mẫu", "Họ Lê Mẫu", "Họ Phạm Mẫu"))
    belonging.enter_clan(db, tran.id, home, side="father", **BY)  # type: ignore[arg-type]
    belonging.enter_clan(db, tran.id, home, side="father", **BY)  # type: ignore[arg-type]
    belonging.enter_clan(db, le.id, home, side="mother", **BY)  # type: ignore[arg-type]
    assert open_clans(db, lan) == [("father", "Họ Trần Mẫu"), ("mother", "Họ Lê Mẫu")]
    for clan, side in ((pham, "father"), (pham, "mother"), (tran, "mother")):
        with pytest.raises(Conflict):
            belonging.enter_clan(db, clan.id, home, side=side, **BY)  # type: ignore[arg-type]
    assert belonging.leave_clan(db, tran.id, home, **BY) is True  # type: ignore[arg-type]
    assert belonging.leave_clan(db, tran.id, home, **BY) is False  # type: ignore[arg-type]
    belonging.enter_clan(db, pham.id, home, side="father", **BY)  # type: ignore[arg-type]
    assert open_clans(db, lan) == [("father", "Họ Phạm Mẫu"), ("mother", "Họ Lê Mẫu")]
    every = select(func.count()).select_from(ClanMembership).where(ClanMembership.household_id == home)
    assert db.scalar(every) == 3


def test_several_units_and_only_a_school_has_learners(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    school, office = make_unit(db, ward, kind="school"), make_unit(db, ward, "Hợp tác xã Mẫu", kind="cooperative")
    belonging.enter_unit(db, school.id, lan.id, part="learner", **BY)  # type: ignore[arg-type]
    belonging.enter_unit(db, office.id, lan.id, part="member", **BY)  # type: ignore[arg-type]
    belonging.enter_unit(db, school.id, lan.id, part="member", **BY)  # type: ignore[arg-type]
    rows = members.unit_memberships(db, lan.id, ended=True)
    assert [(row.unit.name, row.part, row.revoked_at is None) for row in rows] == [
        ("Hợp tác xã Mẫu", "member", True),
        ("Trường Mẫu Hương", "learner", False),
        ("Trường Mẫu Hương", "member", True),
    ]
    with pytest.raises(Invalid) as refused:
        belonging.enter_unit(db, office.id, lan.id, part="learner", **BY)  # type: ignore[arg-type]
    assert refused.value.field == "part"
    assert belonging.leave_unit(db, office.id, lan.id, **BY) is True  # type: ignore[arg-type]
    assert belonging.leave_unit(db, office.id, lan.id, **BY) is False  # type: ignore[arg-type]


@pytest.mark.parametrize("direction", ["invite", "ask"])
def test_joining_needs_the_other_sides_word(db: Session, ward: Ward, direction: str) -> None:
    lan = make_resident(db, ward)
    clan, unit = make_clan(db, ward), make_unit(db, ward)
    forms = [
        NewRequest("clan", clan.id, lan.household.id, direction, ward.code, side="mother", id=uuid.uuid4()),
        NewRequest("unit", unit.id, lan.id, direction, ward.code, part="member", id=uuid.uuid4()),
    ]
    for form in forms:
        asked = belonging.request(db, form, account_id=None)
        assert belonging.request(db, form, account_id=None).id == asked.id == form.id
        assert (open_clans(db, lan), members.units(db, lan.id)) == ([], [])
        belonging.answer(db, asked.id, accept=False, **BY)  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            belonging.answer(db, asked.id, accept=True, **BY)  # type: ignore[arg-type]
    assert (open_clans(db, lan), members.units(db, lan.id)) == ([], [])
    for form in forms:
        again = NewRequest(**{**form.__dict__, "id": uuid.uuid4()})
        belonging.request(db, again, account_id=None)
        for _twice in range(2):
            belonging.answer(db, again.id, accept=True, **BY)  # type: ignore[arg-type,arg-type]
        with pytest.raises(Conflict):
            belonging.request(db, NewRequest(**{**form.__dict__, "id": uuid.uuid4()}), account_id=None)
    assert (open_clans(db, lan), members.units(db, lan.id)) == ([("mother", clan.name)], [unit])


def test_what_was_asked_is_taken_back_or_comes_true(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    clan = make_clan(db, ward)
    form = NewRequest("clan", clan.id, lan.household.id, "ask", ward.code, side="father")
    first = belonging.request(db, form, account_id=None)
    with pytest.raises(Conflict):  # the clan's side finds the request instead of inviting past it
        belonging.request(db, NewRequest(**{**form.__dict__, "direction": "invite"}), account_id=None)
    belonging.withdraw(db, first.id, account_id=None)
    belonging.withdraw(db, first.id, account_id=None)
    with pytest.raises(Conflict):
        belonging.answer(db, first.id, accept=True, **BY)  # type: ignore[arg-type]
    second = belonging.request(db, form, account_id=None)
    belonging.enter_clan(db, clan.id, lan.household.id, side="father", **BY)  # type: ignore[arg-type]
    assert [db.get_one(JoinRequest, one.id).answer for one in (first, second)] == ["withdrawn", "accepted"]


def test_an_invitation_into_a_household_moves_house(db: Session, ward: Ward) -> None:
    lan, bay = make_resident(db, ward), make_resident(db, ward, community=2)
    form = NewRequest("household", bay.household.id, lan.id, "invite", ward.code, relation="spouse", reason="married")
    asked = belonging.request(db, form, account_id=None)
    belonging.answer(db, asked.id, accept=True, **BY)  # type: ignore[arg-type]
    rows = db.scalars(
        select(HouseholdMembership).where(HouseholdMembership.person_id == lan.id).order_by(HouseholdMembership.id)
    ).all()
    assert [(row.household_id, row.relation, row.end_reason) for row in rows] == [
        (lan.household.id, "head", "married"),
        (bay.household.id, "spouse", None),
    ]


# Mandates


def test_who_heads_a_clan_or_unit_belongs_to_it(db: Session, ward: Ward) -> None:
    lan, bay, far = (make_resident(db, ward) for _ in range(3))
    child = make_resident(db, ward, household=lan.household, birth_year=YEAR - 12)
    clan = make_clan(db, ward, households=[lan.household, bay.household])
    of = group(db, Kind.CLAN, clan.id)
    for _twice in range(2):
        mandates.name_head(db, of, lan.id, account_id=None, today=TODAY)
    mandates.name_head(db, of, bay.id, account_id=None, today=TODAY)
    assert queries.heads(db, Kind.CLAN, clan.id) == {bay.id}
    assert len(members.mandates_of(db, lan.id)) == 1
    for wrong in (far.id, child.id, uuid.uuid4()):
        with pytest.raises(Invalid) as refused:
            mandates.name_head(db, of, wrong, account_id=None, today=TODAY)
        assert refused.value.field == "person_id"
    belonging.leave_clan(db, clan.id, bay.household.id, **BY)  # type: ignore[arg-type]
    assert queries.speakers(db, Kind.CLAN, clan.id, TODAY) == set()


def test_a_deputy_speaks_until_a_day_or_is_told_to_stop(db: Session, ward: Ward) -> None:
    head, spouse = make_resident(db, ward), None
    spouse = make_resident(db, ward, household=head.household, relation="spouse")
    of = group(db, Kind.HOUSEHOLD, head.household.id)
    for wrong in (None, TODAY - timedelta(days=1), date(YEAR + 2, 1, 1)):
        with pytest.raises(Invalid) as refused:
            mandates.name_deputy(db, of, spouse.id, until=wrong, account_id=None, today=TODAY)
        assert refused.value.field == "until"
    with pytest.raises(Invalid):
        mandates.name_deputy(db, of, head.id, until=TODAY, account_id=None, today=TODAY)
    last = last_mandate_day(TODAY)
    assert last == date(YEAR + 1, 12, 31)
    first = mandates.name_deputy(db, of, spouse.id, until=TODAY, account_id=None, today=TODAY)
    assert mandates.name_deputy(db, of, spouse.id, until=TODAY, account_id=None, today=TODAY).id == first.id
    longer = mandates.name_deputy(db, of, spouse.id, until=last, account_id=None, today=TODAY)
    assert queries.speakers(db, Kind.HOUSEHOLD, of.id, last) == {head.id, spouse.id}
    assert queries.speakers(db, Kind.HOUSEHOLD, of.id, last + timedelta(days=1)) == {head.id}
    assert mandates.revoke(db, of, longer.id, account_id=None) is True
    assert mandates.revoke(db, of, longer.id, account_id=None) is False
    assert queries.speakers(db, Kind.HOUSEHOLD, of.id, TODAY) == {head.id}
    with pytest.raises(NotFound):
        mandates.revoke(db, group(db, Kind.CLAN, make_clan(db, ward).id), longer.id, account_id=None)


def test_a_mandate_ends_with_belonging(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    spouse = make_resident(db, ward, household=lan.household, relation="spouse")
    for kind, key in ((Kind.HOUSEHOLD, lan.household.id), (Kind.COMMUNITY, ward.communities[0].id)):
        mandates.name_deputy(db, group(db, kind, key), spouse.id, until=TODAY, account_id=None, today=TODAY)
    persons.settle(db, spouse.id, NewHousehold(ward.code, ward.communities[0].id), account_id=None, year=YEAR)
    assert [row.kind for row in members.headed(db, spouse.id, TODAY)] == ["community"]
    persons.settle(db, spouse.id, NewHousehold(ward.code, ward.communities[1].id), account_id=None, year=YEAR)
    assert members.headed(db, spouse.id, TODAY) == []


# Two at once


def at_once(database: Database, *acts: Callable[[Session], object]) -> list[object]:
    """Each in a transaction of its own, started together; what each returned, or the domain's refusal."""
    gate = Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> object:
        gate.wait(30)
        try:
            with database.transaction() as db:
                return act(db)
        except DomainError as refused:
            return type(refused).__name__

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_two_clans_that_let_a_household_in_at_once_are_one(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        lan = make_resident(db, ward)
        belonging.follow_counts(db, {(ward.code, ward.communities[0].id)}, YEAR)
        asked = [
            belonging.request(
                db, NewRequest("clan", clan.id, lan.household.id, "ask", ward.code, side="father"), account_id=None
            ).id
            for clan in (make_clan(db, ward), make_clan(db, ward, "Họ Lê Mẫu"))
        ]

    def accept(key: uuid.UUID) -> Callable[[Session], object]:
        return lambda db: belonging.answer(db, key, accept=True, account_id=None, year=YEAR).answer

    answers = at_once(database, *[accept(key) for key in (*asked, *asked)])
    assert sorted(map(str, answers)) == ["Conflict", "Conflict", "accepted", "accepted"]
    with database.read() as db:
        opened = select(func.count()).select_from(ClanMembership).where(ClanMembership.revoked_at.is_(None))
        assert db.scalar(opened) == 1
        said = db.scalars(select(AuditEntry.action).where(AuditEntry.action.in_(("clan.enter", "join.accepted")))).all()
        assert sorted(said) == ["clan.enter", "join.accepted"]
        assert verify(db).broken == ()


def test_one_person_let_into_two_households_at_once_lives_in_one(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        lan, bay, sen = (make_resident(db, ward, community=number) for number in range(3))
        homes = [bay.household.id, sen.household.id]

    def move(home: uuid.UUID) -> Callable[[Session], object]:
        return lambda db: persons.settle(db, lan.id, ByHousehold(home), account_id=None, year=YEAR).household_id == home

    assert at_once(database, *[move(home) for home in homes * 2]) == [True] * 4
    with database.read() as db:
        opened = select(HouseholdMembership.household_id).where(
            HouseholdMembership.person_id == lan.id, HouseholdMembership.revoked_at.is_(None)
        )
        assert db.scalars(opened).one() in homes


def test_double_sent_forms_are_one_row(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        lan = make_resident(db, ward)
        unit, clan_id, request_id = make_unit(db, ward), uuid.uuid4(), uuid.uuid4()
    form = NewRequest("unit", unit.id, lan.id, "ask", ward.code, part="member", id=request_id)
    asked = at_once(database, *[lambda db: belonging.request(db, form, account_id=None).id] * 4)
    assert asked == [request_id] * 4
    entered = at_once(database, *[lambda db: belonging.enter_unit(db, unit.id, lan.id, part="member", **BY).part] * 4)  # type: ignore[arg-type]
    assert entered == ["member"] * 4
    details = NewClan(ward.code, None, "Họ Trần Mẫu", None, clan_id)
    for _twice in range(2):  # two at once: the second one's key is taken, and the form comes again
        with database.transaction() as db:
            assert belonging.found_clan(db, details, **BY).id == clan_id  # type: ignore[arg-type]
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(UnitMembership)) == 1
        assert db.scalars(select(JoinRequest.answer)).all() == ["accepted"]
        assert db.scalar(select(func.count()).select_from(Clan)) == 1


def test_two_heads_named_at_once_leave_one(database: Database) -> None:
    with database.transaction() as db:
        ward = make_ward(db)
        both = [make_resident(db, ward) for _ in range(2)]
        clan = make_clan(db, ward, households=[one.household for one in both])
        of = group(db, Kind.CLAN, clan.id)

    def name(person_id: uuid.UUID) -> Callable[[Session], object]:
        return lambda db: mandates.name_head(db, of, person_id, account_id=None, today=TODAY).part

    answers = at_once(database, *[name(one.id) for one in both])
    assert set(answers) <= {"head", "Conflict"}
    with database.read() as db:
        opened = select(func.count()).select_from(Mandate).where(Mandate.revoked_at.is_(None))
        assert db.scalar(opened) == 1
