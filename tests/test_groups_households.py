"""A household through time: who is written down, who is head, who marries, leaves or dies, and what follows."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from factories import (
    KEY,
    TODAY,
    YEAR,
    Resident,
    Ward,
    make_application,
    make_clan,
    make_group,
    make_group_application,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.applications import belonging, households, persons
from xhht_citizen.applications.persons import ByCode, NewHousehold
from xhht_citizen.applications.queries import has_consent
from xhht_citizen.applications.readiness import readiness
from xhht_citizen.audit import AuditEntry
from xhht_citizen.errors import Conflict, Invalid, NotFound
from xhht_citizen.groups import mandates, members, queries
from xhht_citizen.groups.models import ClanMembership, JoinRequest, Mandate, Schooling, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Account, AccountSession, HouseholdMembership
from xhht_citizen.people.rules import Birth, next_head, relation_through, relation_to
from xhht_citizen.people.sessions import open_session
from xhht_citizen.ratios.queries import community_counts
from xhht_citizen.titles.models import Title


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


def adults(db: Session, ward: Ward, community: int = 0, year: int = YEAR) -> int:
    row = community_counts(db, ward.communities[community].id, year)
    return (row.counts.total or 0) if row else 0


def living(db: Session, resident: Resident) -> dict[str, str]:
    """Who is what in the household today."""
    return {row.person.name: row.relation for row in people.members(db, resident.household.id)}


def rows_of(db: Session, person_id: uuid.UUID) -> list[tuple[str, str | None]]:
    """(relation, why it ended) of every row a person had, the oldest first."""
    rows = db.scalars(
        select(HouseholdMembership)
        .where(HouseholdMembership.person_id == person_id)
        .order_by(HouseholdMembership.granted_at, HouseholdMembership.id)
    )
    return [(row.relation, row.end_reason) for row in rows]


def add(db: Session, to: Resident, name: str, born: int, relation: str = "child", **more: object) -> uuid.UUID:
    return households.add_member(
        db,
        to.household.id,
        NewPerson(name, Birth(born)),
        relation=relation,
        account_id=None,
        id_key=KEY,
        year=YEAR,
        **more,  # type: ignore[arg-type]
    ).id


@pytest.fixture
def family(db: Session, ward: Ward) -> tuple[Resident, Resident, Resident, Resident]:
    """A head of 60, a spouse of 58, a son of 30 with an account, a girl of 9."""
    head = make_resident(db, ward, "Phan Mẫu Thuận", birth_year=YEAR - 60, login="thuan")
    home = head.household
    spouse = make_resident(db, ward, "Trần Mẫu Lành", household=home, birth_year=YEAR - 58, relation="spouse")
    son = make_resident(db, ward, "Phan Mẫu Khôi", household=home, birth_year=YEAR - 30, login="khoi")
    girl = make_resident(db, ward, "Phan Mẫu Sen", household=home, birth_year=YEAR - 9)
    return head, spouse, son, girl


Family = tuple[Resident, Resident, Resident, Resident]


@pytest.mark.parametrize(
    ("head_was", "other_was", "now"),
    [
        ("spouse", "head", "spouse"),
        ("spouse", "child", "child"),
        ("spouse", "parent", "other"),
        ("child", "head", "parent"),
        ("child", "spouse", "parent"),
        ("child", "child", "other"),
        ("parent", "head", "child"),
        ("other", "child", "other"),
    ],
)
def test_what_somebody_is_to_the_new_head(head_was: str, other_was: str, now: str) -> None:
    assert relation_to(head_was, other_was) == now


@pytest.mark.parametrize(
    ("entered_as", "to_them", "now"),
    [
        ("head", "child", "child"),
        ("spouse", "child", "child"),
        ("child", "spouse", "child"),
        ("child", "child", "other"),
    ],
)
def test_what_somebody_is_who_comes_along(entered_as: str, to_them: str, now: str) -> None:
    assert relation_through(entered_as, to_them) == now


def test_the_spouse_is_next_head_before_the_eldest_and_never_a_child() -> None:
    old, wife, boy = (uuid.UUID(int=number) for number in (1, 2, 3))
    assert next_head([("parent", 1940, old), ("spouse", 1970, wife), ("child", YEAR - 8, boy)], YEAR) == wife
    assert next_head([("child", 1999, wife), ("parent", 1940, old)], YEAR) == old
    assert next_head([("child", YEAR - 8, boy)], YEAR) is None
    assert next_head([], YEAR) is None


def test_a_relative_without_an_account_is_written_down_and_counted(db: Session, ward: Ward, family: Family) -> None:
    head = family[0]
    person_id, before = uuid.uuid4(), adults(db, ward)
    mother = add(db, head, "Hồ Mẫu Nhàn", YEAR - 85, "parent", person_id=person_id)
    assert (mother, has_consent(db, mother)) == (person_id, False)
    assert adults(db, ward) == 4
    assert before == 0  # nobody had counted before: the rows were written by the test itself
    assert add(db, head, "Hồ Mẫu Nhàn", YEAR - 85, "parent", person_id=person_id) == mother
    with pytest.raises(Invalid) as twice:
        add(db, head, "hồ mẫu nhàn", YEAR - 85, "parent")
    assert twice.value.field == "name"
    agreed = add(db, head, "Lê Mẫu Bách", YEAR - 40, "other", consent="paper")
    assert [row.channel for row in people.consents(db, agreed)] == ["paper"]


def test_a_child_has_a_guardian_of_the_household_and_agrees_to_nothing(db: Session, ward: Ward, family: Family) -> None:
    head, spouse, _son, girl = family
    other = make_resident(db, ward, community=2)
    baby = add(db, head, "Phan Mẫu An", YEAR, guardian_id=spouse.id, consent="paper")
    assert (people.consents(db, baby), adults(db, ward)) == ([], 3)
    row = next(row for row in people.members(db, head.household.id) if row.person_id == baby)
    assert row.guardian_id == spouse.id
    for wrong in (other.id, girl.id):
        with pytest.raises(Invalid) as refused:
            add(db, head, "Phan Mẫu Ý", YEAR, guardian_id=wrong)
        assert refused.value.field == "guardian_id"
    unsaid = add(db, head, "Phan Mẫu Ý", YEAR)
    assert next(row for row in people.members(db, head.household.id) if row.person_id == unsaid).guardian_id == head.id


def test_an_officer_founds_a_household_for_people_without_accounts(db: Session, ward: Ward) -> None:
    where = NewHousehold(ward.code, ward.communities[1].id, "12 Kiệt Mẫu", uuid.uuid4())
    who = NewPerson("Ngô Mẫu Duyên", Birth(YEAR - 45))
    more = {"account_id": None, "id_key": KEY, "year": YEAR}
    first = households.found_for(db, where, who, **more)  # type: ignore[arg-type]
    assert (first.household, first.relation, adults(db, ward, 1)) == ("Ngô Mẫu Duyên", "head", 1)
    again = households.found_for(db, where, who, **more)  # type: ignore[arg-type]
    assert (again.household_id, adults(db, ward, 1)) == (first.household_id, 1)
    child = NewPerson("Ngô Mẫu Nhi", Birth(YEAR - 9))
    with pytest.raises(Invalid) as refused:
        households.found_for(db, NewHousehold(ward.code, None), child, **more)  # type: ignore[arg-type]
    assert refused.value.field == "birth"


def test_another_head_is_a_new_row(db: Session, family: Family) -> None:
    head, spouse, son, girl = family
    group = queries.group(db, Kind.HOUSEHOLD, head.household.id)
    assert group is not None
    mandates.name_deputy(db, group, spouse.id, until=date(YEAR, 12, 31), account_id=None, today=TODAY)
    households.name_head(db, head.household.id, spouse.id, account_id=None, year=YEAR)
    assert living(db, head) == {
        "Trần Mẫu Lành": "head",
        "Phan Mẫu Thuận": "spouse",
        "Phan Mẫu Khôi": "child",
        "Phan Mẫu Sen": "child",
    }
    assert (rows_of(db, spouse.id), rows_of(db, son.id)) == (
        [("spouse", "changed"), ("head", None)],
        [("child", None)],
    )
    assert (head.household.name, members.headed(db, spouse.id, TODAY)) == ("Trần Mẫu Lành", [])
    households.name_head(db, head.household.id, spouse.id, account_id=None, year=YEAR)
    assert len(rows_of(db, spouse.id)) == 2
    with pytest.raises(Invalid):
        households.name_head(db, head.household.id, girl.id, account_id=None, year=YEAR)
    home = people.home_of(db, spouse.id)
    first = db.scalars(
        select(HouseholdMembership.granted_at).where(
            HouseholdMembership.end_reason == "changed", HouseholdMembership.person_id == spouse.id
        )
    ).one()
    assert home is not None
    assert home.since == first


def test_a_head_who_moves_leaves_the_household_to_the_spouse(db: Session, ward: Ward, family: Family) -> None:
    head, spouse, _son, girl = family
    persons.settle(db, head.id, NewHousehold(ward.code, ward.communities[1].id), account_id=None, year=YEAR)
    assert living(db, head) == {"Trần Mẫu Lành": "head", "Phan Mẫu Khôi": "child", "Phan Mẫu Sen": "child"}
    assert (adults(db, ward, 0), adults(db, ward, 1)) == (2, 1)
    assert rows_of(db, head.id) == [("head", "moved"), ("head", None)]
    assert rows_of(db, girl.id) == [("child", None)]
    assert spouse.household.name == "Trần Mẫu Lành"


def test_a_marriage_moves_the_bride_and_says_why(db: Session, ward: Ward, family: Family) -> None:
    son = family[2]
    other = make_resident(db, ward, community=2)
    where = ByCode(other.household.join_code, "spouse")
    persons.settle(db, son.id, where, account_id=None, year=YEAR, reason="married")
    assert rows_of(db, son.id) == [("child", "married"), ("spouse", None)]
    assert (adults(db, ward, 0), adults(db, ward, 2)) == (2, 2)


def test_who_has_no_account_comes_along(db: Session, ward: Ward, family: Family) -> None:
    """A mother moves out with the girl; a son with an account moves by his own word."""
    _head, spouse, son, girl = family
    where = NewHousehold(ward.code, ward.communities[1].id)
    with pytest.raises(Invalid) as refused:
        persons.settle(db, spouse.id, where, account_id=None, year=YEAR, along=[son.id])
    assert refused.value.field == "along"
    home = persons.settle(db, spouse.id, where, account_id=None, year=YEAR, along=[girl.id])
    rows = people.members(db, home.household_id)
    assert [(row.person_id, row.relation, row.guardian_id) for row in rows] == [
        (spouse.id, "head", None),
        (girl.id, "child", spouse.id),
    ]


def test_the_last_one_to_leave_takes_the_household_out_of_its_clans(db: Session, ward: Ward) -> None:
    lan = make_resident(db, ward)
    clan = make_clan(db, ward, households=[lan.household])
    ask = NewRequest("household", lan.household.id, make_resident(db, ward).id, "invite", ward.code)
    belonging.request(db, ask, account_id=None)
    persons.settle(db, lan.id, NewHousehold(ward.code, ward.communities[1].id), account_id=None, year=YEAR)
    assert members.clans(db, lan.household.id) == []
    ended = db.scalars(select(ClanMembership).where(ClanMembership.clan_id == clan.id)).one()
    assert ended.revoked_at is not None
    assert db.scalars(select(JoinRequest.answer)).all() == ["withdrawn"]


def test_leaving_without_a_new_home_leaves_the_counts(db: Session, ward: Ward, family: Family) -> None:
    head, _spouse, son, _girl = family
    households.leave(db, head.household.id, son.id, reason="moved", account_id=None, year=YEAR)
    assert (people.home_of(db, son.id), adults(db, ward), rows_of(db, son.id)) == (None, 2, [("child", "moved")])
    households.leave(db, head.household.id, son.id, reason="moved", account_id=None, year=YEAR)
    with pytest.raises(Invalid):
        households.leave(db, head.household.id, head.id, reason="died", account_id=None, year=YEAR)


def test_a_death_ends_everything_but_the_titles(db: Session, ward: Ward, family: Family) -> None:
    head, spouse, son, girl = family
    assert head.account is not None
    row = next(one for one in people.members(db, head.household.id) if one.person_id == girl.id)
    row.guardian_id = head.id
    clan = make_clan(db, ward, households=[head.household])
    unit = make_unit(db, ward, members=[head])
    for kind, group_id in ((Kind.CLAN, clan.id), (Kind.UNIT, unit.id)):
        group = queries.group(db, kind, group_id)
        assert group is not None
        mandates.name_head(db, group, head.id, account_id=None, today=TODAY)
    make_officer(db, ward, "community_head", "thuan", resident=head)
    session = open_session(db, head.account.id, "máy")
    granted = make_application(db, head, "granted", year=YEAR - 1)
    waiting = make_application(db, head, "submitted")
    elsewhere = make_resident(db, ward, community=2)
    ask = NewRequest("household", elsewhere.household.id, head.id, "invite", ward.code)
    belonging.request(db, ask, account_id=None)
    assert (adults(db, ward), adults(db, ward, year=YEAR - 1)) == (3, 3)

    households.die(db, head.id, TODAY, account_id=None, today=TODAY)
    households.die(db, head.id, TODAY, account_id=None, today=TODAY)
    db.expire_all()

    assert (adults(db, ward), adults(db, ward, year=YEAR - 1)) == (2, 2)
    assert living(db, head) == {"Trần Mẫu Lành": "head", "Phan Mẫu Khôi": "child", "Phan Mẫu Sen": "child"}
    assert rows_of(db, head.id) == [("head", "died")]
    guarded = next(one for one in people.members(db, head.household.id) if one.person_id == girl.id)
    assert guarded.guardian_id == spouse.id
    assert (granted.state, waiting.state) == ("granted", "withdrawn")
    assert [title.revoked_at for title in db.scalars(select(Title).where(Title.person_id == head.id))] == [None]
    for table in (UnitMembership, Mandate, RoleGrant):
        assert [one.revoked_at is None for one in db.scalars(select(table))] == [False] * (2 if table is Mandate else 1)
    assert db.scalars(select(JoinRequest.answer)).all() == ["withdrawn"]
    assert db.get_one(Account, head.account.id).closed_at is not None
    assert db.get_one(AccountSession, session.id).ended_at is not None
    assert members.clans(db, head.household.id) == [clan]  # the household stays in the clan
    with pytest.raises(Conflict):
        households.die(db, head.id, TODAY - timedelta(days=1), account_id=None, today=TODAY)
    with pytest.raises(Conflict):
        persons.settle(db, head.id, NewHousehold(ward.code, None), account_id=None, year=YEAR)
    for wrong in (None, TODAY + timedelta(days=1), date(YEAR - 31, 1, 1)):
        with pytest.raises(Invalid) as refused:
            households.die(db, son.id, wrong, account_id=None, today=TODAY)
        assert refused.value.field == "died_on"


def test_schooling_is_a_yes_or_a_no_for_a_year(db: Session, ward: Ward, family: Family) -> None:
    head, spouse, _son, girl = family
    neighbour = make_resident(db, ward, birth_year=YEAR - 9)
    home = head.household.id
    households.school(db, home, {girl.id: False}, account_id=None, year=YEAR)
    households.school(db, home, {girl.id: True}, account_id=None, year=YEAR)
    assert members.schooling(db, [girl.id], YEAR) == {girl.id: True}
    assert members.schooling(db, [girl.id], YEAR - 1) == {}
    for wrong in (spouse, neighbour):
        with pytest.raises(NotFound):
            households.school(db, home, {wrong.id: True}, account_id=None, year=YEAR)
    assert len(db.scalars(select(Schooling)).all()) == 1


def test_an_adult_more_turns_a_ready_household_back(db: Session, ward: Ward, family: Family) -> None:
    head = family[0]
    households.school(db, head.household.id, {family[3].id: True}, account_id=None, year=YEAR)
    for one in family[:2]:
        make_application(db, one, "granted")
    group = queries.group(db, Kind.HOUSEHOLD, head.household.id)
    assert isinstance(group, Group)
    assert readiness(db, group, YEAR).ready
    for number in (1, 2):
        add(db, head, f"Hồ Mẫu {'An' * number}", YEAR - 70, "other")
    asked = [one for one in readiness(db, group, YEAR).requirements if one.line.ratio == "adults_citizen"]
    assert [(one.numerator, one.denominator, one.lacking) for one in asked] == [(2, 5, 1)]


def test_every_act_is_audited_without_a_name(db: Session, family: Family) -> None:
    head, spouse, son, girl = family
    baby = add(db, head, "Phan Mẫu An", YEAR)
    households.name_head(db, head.household.id, spouse.id, account_id=None, year=YEAR)
    households.leave(db, head.household.id, son.id, reason="left", account_id=None, year=YEAR)
    households.school(db, head.household.id, {girl.id: True}, account_id=None, year=YEAR)
    households.die(db, head.id, TODAY, account_id=None, today=TODAY)
    db.commit()
    rows = db.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    said = [row.action for row in rows if row.subject_kind in {"person", "household"} and "consent" not in row.action]
    assert said == ["person.add", "household.head", "person.leave", "household.school", "person.die"]
    assert [row.action for row in rows if "Mẫu" in row.detail] == []
    assert people.person(db, baby) is not None


def test_the_case_of_a_group_that_is_no_more_goes_no_further(db: Session) -> None:
    ward = make_ward(db, community_step=False)
    lan = make_resident(db, ward, login="lan")
    make_title(db, lan)
    make_title(db, lan, kind=Kind.HOUSEHOLD)
    clan = make_clan(db, ward, households=[lan.household])
    unit = make_unit(db, ward, members=[lan])
    home = make_group_application(db, make_group(db, Kind.HOUSEHOLD, lan.household.id), "submitted")
    of_clan = make_group_application(db, make_group(db, Kind.CLAN, clan.id), "submitted")
    of_unit = make_group_application(db, make_group(db, Kind.UNIT, unit.id), "submitted")
    belonging.close(db, Kind.CLAN, clan.id, account_id=None, year=YEAR)
    belonging.close(db, Kind.UNIT, unit.id, account_id=None, year=YEAR)
    persons.settle(db, lan.id, NewHousehold(ward.code, None), account_id=None, year=YEAR)
    assert [case.state for case in (home, of_clan, of_unit)] == ["withdrawn"] * 3
