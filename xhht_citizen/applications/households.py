"""What happens in a household: somebody is born or written down, another is head, one leaves, one dies, children learn.

Stands beside persons.py, because counts and cases follow from most of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.actions import revoke_role
from xhht_citizen.access.queries import open_grants
from xhht_citizen.applications.persons import NewHousehold, Place, follow_counts, leave_behind, withdraw_cases
from xhht_citizen.database import insert_new, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups import belonging, mandates, members, requests
from xhht_citizen.groups.models import Schooling
from xhht_citizen.groups.rules import is_school_age
from xhht_citizen.helping import acting
from xhht_citizen.people import actions as people
from xhht_citizen.people import households
from xhht_citizen.people import queries as homes
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.queries import Home
from xhht_citizen.people.rules import is_adult
from xhht_citizen.people.sessions import close_account, reopen_account
from xhht_citizen.ratios import actions as ratios

LEAVING = ("moved", "married", "left")  # reasons somebody gives for a household they leave without a new one


def add_member(
    db: Session,
    household_id: uuid.UUID,
    details: NewPerson,
    *,
    relation: str,
    account_id: uuid.UUID | None,
    id_key: str,
    year: int,
    guardian_id: uuid.UUID | None = None,
    consent: str | None = None,
    person_id: uuid.UUID | None = None,
) -> Person:
    """Write down somebody of the household who has no account: a relative, a new-born. Idempotent by `person_id`.

    Nobody has agreed for them until they do: `consent` is how an adult said so elsewhere, "paper" or "assisted".
    Invalid on `name`, `birth`, `guardian_id`; on `name` also for somebody who is in the household already.
    """
    households.hold(db, [household_id])
    household = db.get(Household, household_id)
    if household is None:
        raise NotFound(N_("Không tìm thấy hộ này."))
    known = db.get(Person, person_id) if person_id else None
    if known is not None and any(row.person_id == known.id for row in homes.members(db, household_id)):
        return known
    if households.namesakes(db, household_id, details.name, details.birth.year):
        raise Invalid(N_("Trong hộ đã có người mang tên này, sinh năm này."), field="name")
    guardian = households.check_guardian(db, household_id, guardian_id, birth_year=details.birth.year, year=year)
    person = people.add_person(db, details, id_key=id_key, person_id=person_id if known is None else None)
    people.move_in(
        db,
        person.id,
        household,
        relation=households.relation_in(db, household, person, relation, year),
        account_id=account_id,
        guardian_id=guardian,
    )
    _written_down(db, person, household, consent=consent, account_id=account_id, year=year)
    follow_counts(db, {(household.ward_code, household.community_id)}, year)
    return person


def found_for(
    db: Session,
    where: NewHousehold,
    head: NewPerson,
    *,
    account_id: uuid.UUID | None,
    id_key: str,
    year: int,
    consent: str | None = None,
) -> Home:
    """An officer writes down a household by its head, an adult who has no account. Idempotent by `where.id`.

    Invalid on `name`, `birth` or `community_id`.
    """
    known = db.get(Household, where.id) if where.id else None
    if known is not None and known.ward_code == where.ward_code:
        first = next(iter(homes.members(db, known.id)), None)
        home = homes.home_of(db, first.person_id) if first else None
        if home is not None:
            return home
    if not is_adult(head.birth.year, year):
        raise Invalid(N_("Chủ hộ là người lớn. Xin ghi người lớn trong hộ trước."), field="birth")
    person = people.add_person(db, head, id_key=id_key)
    household = people.found_household(
        db,
        person.id,
        ward_code=where.ward_code,
        community_id=where.community_id,
        address=where.address,
        account_id=account_id,
        household_id=where.id if known is None else None,
    )
    _written_down(db, person, household, consent=consent, account_id=account_id, year=year)
    follow_counts(db, {(household.ward_code, household.community_id)}, year)
    home = homes.home_of(db, person.id)
    assert home is not None  # noqa: S101 (just written)
    return home


def name_head(
    db: Session, household_id: uuid.UUID, person_id: uuid.UUID, *, account_id: uuid.UUID | None, year: int
) -> None:
    """Another adult of the household is its head from now on. Idempotent; Invalid on `person_id`."""
    households.hold(db, [household_id])
    row = next((one for one in homes.members(db, household_id) if one.person_id == person_id), None)
    if row is None or not is_adult(row.person.birth_year, year):
        raise Invalid(N_("Chọn một người lớn trong hộ."), field="person_id")
    if row.relation == "head":
        return
    households.set_head(db, household_id, person_id, account_id=account_id)
    mandates.end_of_head(db, household_id, person_id, account_id=account_id)
    _say(db, "household.head", row, account_id, {"person": str(person_id)})


def leave(
    db: Session, household_id: uuid.UUID, person_id: uuid.UUID, *, reason: str, account_id: uuid.UUID | None, year: int
) -> None:
    """The person lives there no longer, and nobody knows yet where; the roster of a new place will. Idempotent."""
    if reason not in LEAVING:
        raise Invalid(N_("Chọn lý do."), field="reason")
    people.hold_person(db, person_id)
    households.hold(db, [household_id])
    row = _membership(db, household_id, person_id)
    if row is None:
        return
    with ratios.later(db):
        changed = _leave(db, row, reason=reason, account_id=account_id, year=year)
        _say(db, "person.leave", row, account_id, {"person": str(person_id), "reason": reason})
        follow_counts(db, changed, year)


def die(db: Session, person_id: uuid.UUID, died_on: date | None, *, account_id: uuid.UUID | None, today: date) -> None:
    """The person died: they belong nowhere any more, ask for nothing and sign in nowhere; titles stay in the register.

    Idempotent. Invalid on `died_on`; Conflict when another day stands.
    """
    with ratios.later(db):  # cases that stop are counted last: whatever else is locked comes before tallies
        _die(db, person_id, died_on, account_id=account_id, today=today)
    acting.end_of_person(db, person_id, account_id=account_id)  # after the tallies, as a helper's own act locks them


def _die(db: Session, person_id: uuid.UUID, died_on: date | None, *, account_id: uuid.UUID | None, today: date) -> None:
    person = people.hold_person(db, person_id)
    if person.died_on is not None:
        if person.died_on != died_on:
            raise Conflict(N_("Ngày mất của người này đã được ghi khác. Xin nhờ phường, xã xem lại."))
        return
    born = person.birth_date or date(person.birth_year, 1, 1)
    if died_on is None or not born <= died_on <= today:
        raise Invalid(N_("Ghi ngày mất, từ ngày sinh đến hôm nay."), field="died_on")
    home = homes.home_of(db, person_id)
    row = None
    if home is not None:
        households.hold(db, [home.household_id])
        row = _membership(db, home.household_id, person_id)
    withdraw_cases(db, [person_id], account_id=account_id)
    person.died_on = died_on
    person.version += 1
    db.flush()
    changed: set[Place] = set()
    for unit in members.units(db, person_id):
        changed.add((unit.ward_code, unit.community_id))
        belonging.leave_unit(db, unit, person_id, account_id=account_id)
    mandates.end_of_person(db, person_id, account_id=account_id, gone=True)
    requests.withdraw_all(db, joiner_id=person_id, account_id=account_id)
    account = homes.account_of(db, person_id)
    if account is not None:
        for grant in open_grants(db, account.id):
            revoke_role(db, grant.id, revoked_by=account_id)
        close_account(db, account.id, by=account_id)
    if row is not None:
        changed |= _leave(db, row, reason="died", account_id=account_id, year=today.year)
    audit.append(
        db,
        "person.die",
        ward_code=person.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person_id,
    )
    follow_counts(db, changed, today.year)


def undo_death(db: Session, person_id: uuid.UUID, *, account_id: uuid.UUID | None, year: int) -> None:
    """A death was recorded by mistake: the person signs in again, and lives where they lived, if anybody still does.

    Roles, units, mandates and cases are not given back: who gives them does so again. Idempotent.
    """
    person = people.hold_person(db, person_id)
    if person.died_on is None:
        return
    person.died_on = None
    person.version += 1
    db.flush()
    account = homes.account_of(db, person_id)
    if account is not None:
        reopen_account(db, account.id, by=account_id)
    last = next(iter(homes.memberships(db, person_id)), None)
    changed: set[Place] = set()
    if last is not None and last.end_reason == "died":
        households.hold(db, [last.household_id])
        household = last.household
        if homes.members(db, household.id) or is_adult(person.birth_year, year):
            wanted = households.relation_again(db, last)
            people.move_in(
                db,
                person_id,
                household,
                relation=households.relation_in(db, household, person, wanted, year),
                account_id=account_id,
                guardian_id=households.check_guardian(db, household.id, None, birth_year=person.birth_year, year=year),
            )
            changed.add((household.ward_code, household.community_id))
    audit.append(
        db,
        "person.die_undone",
        ward_code=person.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person_id,
    )
    follow_counts(db, changed, year)


def school(
    db: Session,
    household_id: uuid.UUID,
    answers: Mapping[uuid.UUID, bool],
    *,
    account_id: uuid.UUID | None,
    year: int,
) -> None:
    """Whether the household's children of school age go to school in the year: yes or no, and nothing else."""
    rows = {row.person_id: row for row in homes.members(db, household_id)}
    for person_id, in_school in answers.items():
        row = rows.get(person_id)
        if row is None or not is_school_age(row.person.birth_year, year):
            raise NotFound(N_("Không tìm thấy trẻ này trong hộ."))
        said = {"in_school": in_school, "said_at": now(), "said_by": account_id}
        key = {"person_id": person_id, "year": year}
        if not insert_new(db, Schooling, **key, ward_code=row.ward_code, **said):
            known = db.get_one(Schooling, (person_id, year))
            known.in_school, known.said_at, known.said_by = in_school, now(), account_id
    db.flush()
    if answers:
        _say(db, "household.school", next(iter(rows.values())), account_id, {"year": year, "children": len(answers)})


def _membership(db: Session, household_id: uuid.UUID, person_id: uuid.UUID) -> HouseholdMembership | None:
    return next((row for row in homes.members(db, household_id) if row.person_id == person_id), None)


def _leave(
    db: Session, row: HouseholdMembership, *, reason: str, account_id: uuid.UUID | None, year: int
) -> set[Place]:
    household = db.get_one(Household, row.household_id)
    households.end(db, row, reason=reason, account_id=account_id)
    changed = {(household.ward_code, household.community_id)}
    return changed | leave_behind(db, row.household_id, [row.person_id], account_id=account_id, year=year)


def _written_down(
    db: Session, person: Person, household: Household, *, consent: str | None, account_id: uuid.UUID | None, year: int
) -> None:
    audit.append(
        db,
        "person.add",
        ward_code=household.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person.id,
        detail={"household": str(household.id)},
    )
    if consent is not None and is_adult(person.birth_year, year):
        people.give_consent(db, person.id, channel=consent, account_id=account_id)


def _say(
    db: Session, action: str, row: HouseholdMembership, account_id: uuid.UUID | None, detail: dict[str, object]
) -> None:
    audit.append(
        db,
        action,
        ward_code=row.ward_code,
        account_id=account_id,
        subject_kind="household",
        subject_id=row.household_id,
        detail=detail,
    )
