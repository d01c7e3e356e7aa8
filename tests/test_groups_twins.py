"""One person written down twice: who takes a record over, by whose word, and what becomes of the other one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

import pytest
from factories import (
    KEY,
    TODAY,
    YEAR,
    Resident,
    Ward,
    give_account,
    make_activity,
    make_application,
    make_evidence,
    make_group,
    make_helper,
    make_officer,
    make_resident,
    make_title,
    make_unit,
    make_ward,
)
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from xhht_citizen.access.rules import Role
from xhht_citizen.activities.models import Attendance
from xhht_citizen.applications import belonging, persons, twins
from xhht_citizen.applications.persons import ByCode, ByHousehold, NewHousehold
from xhht_citizen.applications.queries import has_consent
from xhht_citizen.audit import AuditEntry
from xhht_citizen.database import columns_to, now
from xhht_citizen.errors import Conflict, Invalid, NotFound
from xhht_citizen.groups import mandates
from xhht_citizen.groups.models import JoinRequest, Mandate, Schooling, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Kind
from xhht_citizen.helping.models import MandateSlip, Slip
from xhht_citizen.notices.actions import tell
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import NewPerson, add_person, give_consent
from xhht_citizen.people.models import Account, Consent, HouseholdMembership, Person
from xhht_citizen.people.rules import Birth
from xhht_citizen.phones import drafting
from xhht_citizen.phones.models import Arrival
from xhht_citizen.ratios.queries import community_counts
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Registration

NAME, BORN = "Hồ Mẫu Nhàn", YEAR - 60
NUMBER = "046166001234"


@pytest.fixture
def ward(db: Session) -> Ward:
    return make_ward(db)


@pytest.fixture
def head(db: Session, ward: Ward) -> Resident:
    return make_resident(db, ward, "Phan Mẫu Thuận", birth_year=YEAR - 62, login="thuan")


@pytest.fixture
def kept(db: Session, ward: Ward, head: Resident) -> Resident:
    """Whom the household wrote down, without an account."""
    return make_resident(db, ward, NAME, household=head.household, birth_year=BORN, relation="spouse")


def newcomer(db: Session, name: str = NAME, born: Birth | None = None, **more: str) -> Account:
    """Who has just opened an account and lives nowhere yet."""
    person = add_person(db, NewPerson(name, born or Birth(BORN), **more), id_key=KEY)
    account = Account(login=f"nhan{uuid.uuid4().hex[:8]}", display_name=name, search_key="", password_hash="x")
    account.person_id = person.id
    db.add(account)
    db.flush()
    give_consent(db, person.id, channel="web", account_id=account.id)
    return account


def enter(db: Session, account: Account, head: Resident, **more: bool) -> uuid.UUID:
    """The account's owner types the household's code."""
    assert account.person_id is not None
    where = ByCode(head.household.join_code, "spouse", **more)
    return persons.settle(db, account.person_id, where, account_id=account.id, year=YEAR).household_id


def adults(db: Session, ward: Ward) -> int:
    persons.follow_counts(db, {(ward.code, ward.communities[0].id)}, YEAR)
    row = community_counts(db, ward.communities[0].id, YEAR)
    return (row.counts.total or 0) if row else 0


def test_who_was_written_down_takes_the_record_over(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    """A relative opens an account and enters by the code: one person, counted once, and nothing is left behind."""
    account = newcomer(db, born=Birth(BORN, date(BORN, 3, 5)), sex="female", phone="0912345678", citizen_id=NUMBER)
    old = account.person_id
    assert old is not None
    assert enter(db, account, head) == head.household.id
    db.expire_all()
    record = db.get_one(Person, kept.id)
    assert (account.person_id, has_consent(db, kept.id), adults(db, ward)) == (kept.id, True, 2)
    assert (record.birth_date, record.sex, record.phone) == (date(BORN, 3, 5), "female", "0912345678")
    assert (record.citizen_id_last4, db.get(Person, old)) == ("1234", None)
    assert [row.person_id for row in db.scalars(select(Consent).where(Consent.channel == "web"))].count(kept.id) == 1
    again = persons.settle(db, old, ByCode(head.household.join_code), account_id=account.id, year=YEAR)
    assert again.household_id == head.household.id  # the form was sent twice
    with pytest.raises(NotFound):
        persons.settle(db, old, NewHousehold(ward.code, None), account_id=None, year=YEAR)
    db.commit()
    said = {row.action: row.subject_id for row in db.scalars(select(AuditEntry))}
    assert (said["account.claim"], said["person.give_way"]) == (kept.id, old)


def test_the_owner_may_write_their_own_number_afterwards(db: Session, head: Resident, kept: Resident) -> None:
    account = newcomer(db, citizen_id=NUMBER)
    enter(db, account, head)
    details = NewPerson(NAME, Birth(BORN), citizen_id=NUMBER)
    version = db.get_one(Person, kept.id).version
    persons.correct(db, kept.id, details, version=version, id_key=KEY, account_id=account.id, year=YEAR)
    assert db.get_one(Person, kept.id).citizen_id_last4 == "1234"


def _head(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    persons.settle(db, head.id, NewHousehold(ward.code, None), account_id=None, year=YEAR)


def _mandate(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    group = make_group(db, Kind.HOUSEHOLD, head.household.id)
    mandates.name_deputy(db, group, kept.id, until=TODAY, account_id=None, today=TODAY)


def _child(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    kept.person.birth_year = YEAR - 9
    db.flush()


@pytest.mark.parametrize(
    "of_value",
    [
        _child,
        _head,
        _mandate,
        lambda db, ward, head, kept: make_title(db, kept),
        lambda db, ward, head, kept: make_application(db, kept, "draft"),
        lambda db, ward, head, kept: make_evidence(db, kept, "Học nghề", ("1.1",)),
        lambda db, ward, head, kept: make_resident(db, ward, NAME, household=head.household, birth_year=BORN),
    ],
    ids=["child", "head", "mandate", "title", "case", "evidence", "two of them"],
)
def test_a_code_alone_opens_no_record_of_value(
    db: Session,
    ward: Ward,
    head: Resident,
    kept: Resident,
    of_value: Callable[[Session, Ward, Resident, Resident], object],
) -> None:
    """A stranger who heard the code, a name and a year becomes nobody, neither by it nor by an invitation."""
    of_value(db, ward, head, kept)
    stranger = newcomer(db, born=Birth(kept.person.birth_year))
    own = stranger.person_id
    with pytest.raises(Invalid) as refused:
        enter(db, stranger, head)
    assert (refused.value.field, refused.value.message) == ("code", twins.TWICE)
    assert (stranger.person_id, people.account_of(db, kept.id)) == (own, None)
    assert own is not None
    assert people.home_of(db, own) is None


def test_other_papers_are_another_person(db: Session, head: Resident, kept: Resident) -> None:
    kept.person.birth_date, kept.person.sex = date(BORN, 3, 5), "female"
    db.flush()
    for more in ({"born": Birth(BORN, date(BORN, 3, 6))}, {"sex": "male"}):
        with pytest.raises(Invalid):
            enter(db, newcomer(db, **more), head)
    assert people.account_of(db, kept.id) is None


def test_a_record_with_a_home_of_its_own_is_not_thrown_away(
    db: Session, ward: Ward, head: Resident, kept: Resident
) -> None:
    """Two people of one name: an officer says so, and the household has both."""
    other = make_resident(db, ward, NAME, birth_year=BORN, login="nhan", community=1)
    assert other.account is not None
    with pytest.raises(Invalid) as refused:
        enter(db, other.account, head)
    assert refused.value.field == "code"
    enter(db, other.account, head, apart=True)
    assert {row.person_id for row in people.members(db, head.household.id)} == {head.id, kept.id, other.id}
    third = make_resident(db, ward, NAME, birth_year=BORN, community=1)  # without an account, by an officer
    with pytest.raises(Invalid):
        persons.settle(db, third.id, ByHousehold(head.household.id), account_id=None, year=YEAR)


@pytest.mark.parametrize("direction", ["invite", "ask"])
def test_an_answer_counts_nobody_twice(db: Session, ward: Ward, head: Resident, kept: Resident, direction: str) -> None:
    account = newcomer(db)
    assert account.person_id is not None
    details = NewRequest("household", head.household.id, account.person_id, direction, ward.code, relation="spouse")
    row = belonging.request(db, details, account_id=None)
    for _twice in range(2):
        belonging.answer(db, row.id, accept=True, account_id=account.id, year=YEAR)
    assert (account.person_id, adults(db, ward)) == (kept.id, 2)
    assert [(one.joiner_id, one.answer) for one in db.scalars(select(JoinRequest))] == [(kept.id, "accepted")]


def test_an_answer_opens_no_record_of_value(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    make_title(db, kept)
    account = newcomer(db)
    assert account.person_id is not None
    details = NewRequest("household", head.household.id, account.person_id, "invite", ward.code)
    row = belonging.request(db, details, account_id=None)
    with pytest.raises(Invalid):
        belonging.answer(db, row.id, accept=True, account_id=account.id, year=YEAR)


def test_who_leaves_no_longer_holds_the_code(db: Session, ward: Ward, head: Resident, kept: Resident) -> None:
    code = head.household.join_code
    persons.settle(db, kept.id, NewHousehold(ward.code, None), account_id=None, year=YEAR)
    assert people.household_by_code(db, code) is None
    assert people.household_by_code(db, head.household.join_code) == head.household


def test_an_officer_joins_an_account_to_a_record_of_value(
    db: Session, ward: Ward, head: Resident, kept: Resident
) -> None:
    """What the code may not do, somebody does who knows both: title, requests and consent are one person's."""
    title = make_title(db, kept)
    account = newcomer(db, "Hồ Mẫu Nhàng")
    assert account.person_id is not None
    unit = make_unit(db, ward)
    for joiner in (account.person_id, kept.id):
        belonging.request(db, NewRequest("unit", unit.id, joiner, "ask", ward.code, part="member"), account_id=None)
    old = account.person_id
    for _twice in range(2):
        assert twins.merge(db, kept.id, account.id, account_id=head.account.id if head.account else None).id == kept.id
    assert (account.person_id, account.display_name, title.person_id) == (kept.id, NAME, kept.id)
    assert {(row.joiner_id, row.answer) for row in db.scalars(select(JoinRequest))} == {
        (kept.id, None),
        (kept.id, "withdrawn"),
    }
    assert db.get(Person, old) is None
    with pytest.raises(Conflict):
        twins.merge(db, kept.id, newcomer(db).id, account_id=None)


def _lives(db: Session, ward: Ward, account: Account) -> None:
    assert account.person_id is not None
    persons.settle(db, account.person_id, NewHousehold(ward.code, None), account_id=None, year=YEAR)


def _works(db: Session, ward: Ward, account: Account) -> None:
    assert account.person_id is not None
    unit = make_unit(db, ward)
    belonging.enter_unit(db, unit.id, account.person_id, part="member", account_id=None, year=YEAR)


def _serves(db: Session, ward: Ward, account: Account) -> None:
    own = db.get_one(Person, account.person_id)
    resident = Resident(own, None, ward, account)  # type: ignore[arg-type]
    make_officer(db, ward, "ward_reviewer", account.login, resident=resident)


@pytest.mark.parametrize("has", [_lives, _works, _serves])
def test_an_account_with_anything_of_its_own_is_not_joined(
    db: Session, ward: Ward, kept: Resident, has: Callable[[Session, Ward, Account], None]
) -> None:
    account = newcomer(db)
    has(db, ward, account)
    own = account.person_id
    with pytest.raises(Invalid) as refused:
        twins.merge(db, kept.id, account.id, account_id=None)
    assert (refused.value.field, account.person_id) == ("login", own)


def _resident(db: Session, ward: Ward, own: uuid.UUID) -> Resident:
    return Resident(db.get_one(Person, own), None, ward)  # type: ignore[arg-type]


def _register(db: Session, ward: Ward, own: Resident) -> Registration:
    titles.register(db, titles.subject_of(own.person), YEAR, ward_code=ward.code, account_id=None)
    return db.scalars(select(Registration).where(Registration.person_id == own.id)).one()


GOING: dict[str, Callable[[Session, Ward, Account, uuid.UUID], object]] = {
    "account.person_id": lambda db, ward, account, own: None,
    "consent.person_id": lambda db, ward, account, own: None,  # both as a new account has them
    "draft.person_id": lambda db, ward, account, own: drafting.save(
        db, account.id, own, "/minh-chung/moi", {"title": ["Lớp"]}
    ),
    "notice.person_id": lambda db, ward, account, own: tell(db, "consent.paper", once="a", person_id=own),
    "helper.person_id": lambda db, ward, account, own: make_helper(
        db, _resident(db, ward, own), give_account(db, "con")
    ),
    "slip.person_id": lambda db, ward, account, own: db.add(
        Slip(person_id=own, ward_code=ward.code, purpose="claim", code_hash="a", expires_at=now(), used_at=now(),
             used_by=account.id)
    ),
    "mandate_slip.person_id": lambda db, ward, account, own: db.add(
        MandateSlip(person_id=own, ward_code=ward.code, until=TODAY, code_hash="a", made_by=account.id,
                    expires_at=now())
    ),
    "unit_membership.person_id": lambda db, ward, account, own: db.add(
        UnitMembership(ward_code=ward.code, unit_id=make_unit(db, ward).id, person_id=own, part="member",
                       revoked_at=now())
    ),
    "mandate.person_id": lambda db, ward, account, own: db.add(
        Mandate(ward_code=ward.code, kind="clan", group_id=uuid.uuid4(), person_id=own, part="head", revoked_at=now())
    ),
}  # fmt: skip
STAYING: dict[str, Callable[[Session, Ward, Resident], object]] = {
    "household_membership.person_id": lambda db, ward, own: None,
    "household_membership.guardian_id": lambda db, ward, own: db.execute(
        update(HouseholdMembership)
        .where(HouseholdMembership.person_id == make_resident(db, ward).id)
        .values(guardian_id=own.id)
    ),
    "evidence.person_id": lambda db, ward, own: make_evidence(db, own, "Học nghề", ("1.1",)),
    "arrival.person_id": lambda db, ward, own: db.add(
        Arrival(id=uuid.uuid4(), person_id=own.id, account_id=own.account.id, kind="answer", subject_id=uuid.uuid4())
    ),
    "registration.person_id": _register,
    "registration_taken_back.person_id": lambda db, ward, own: titles.take_back(
        db, _register(db, ward, own), account_id=None
    ),
    "application.person_id": lambda db, ward, own: make_application(db, own, "draft"),
    "title.person_id": lambda db, ward, own: make_title(db, own),
    "schooling.person_id": lambda db, ward, own: db.add(
        Schooling(person_id=own.id, year=YEAR, ward_code=ward.code, in_school=True)
    ),
    "attendance.person_id": lambda db, ward, own: db.add(
        Attendance(
            activity_id=make_activity(db, ward, make_officer(db, ward, Role.WARD_REVIEWER, "xet")).id,
            person_id=own.id,
            way="ticked",
        )
    ),
}


def test_every_table_that_points_at_a_person_goes_along_or_stays() -> None:
    """A new table has to be thought of: either its rows go along (GO_ALONG and a step of the merge), or they forbid it.

    Whatever is not named in GO_ALONG forbids it.
    """
    found = {f"{column.table.name}.{column.name}" for column in columns_to("person")}
    assert found == GOING.keys() | STAYING.keys()
    assert {name.partition(".")[0] for name in GOING} == twins.GO_ALONG


@pytest.mark.parametrize("column", GOING)
def test_what_goes_along_is_the_other_records(db: Session, ward: Ward, kept: Resident, column: str) -> None:
    account = newcomer(db)
    own = account.person_id
    assert own is not None
    GOING[column](db, ward, account, own)
    db.flush()
    twins.merge(db, kept.id, account.id, account_id=None)
    db.expire_all()
    of = next(one for one in columns_to("person") if f"{one.table.name}.{one.name}" == column)
    assert db.scalars(select(of).where(of.in_([own, kept.id])).distinct()).all() == [kept.id]


@pytest.mark.parametrize("column", STAYING)
def test_whose_rows_stay_is_not_joined(db: Session, ward: Ward, kept: Resident, column: str) -> None:
    own = make_resident(db, ward, login="nhan")
    if column != "household_membership.person_id":  # as if nothing else of this person were known
        db.execute(delete(HouseholdMembership).where(HouseholdMembership.person_id == own.id))
    STAYING[column](db, ward, own)
    db.flush()
    assert own.account is not None
    assert not twins.is_new(db, own.account)
    with pytest.raises(Invalid):
        twins.merge(db, kept.id, own.account.id, account_id=None)


def test_two_numbers_are_two_people_and_nobody_is_joined_to_a_dead_one(db: Session, kept: Resident) -> None:
    account = newcomer(db, citizen_id=NUMBER)
    kept.person.citizen_id_hash, kept.person.citizen_id_last4 = "0" * 64, "9999"
    db.flush()
    with pytest.raises(Invalid):
        twins.merge(db, kept.id, account.id, account_id=None)
    with pytest.raises(NotFound):
        twins.merge(db, kept.id, uuid.uuid4(), account_id=None)
    with pytest.raises(Invalid):
        twins.merge(db, kept.id, give_account(db, "ngoai").id, account_id=None)
    kept.person.died_on = TODAY
    db.flush()
    with pytest.raises(Conflict):
        twins.merge(db, kept.id, account.id, account_id=None)
