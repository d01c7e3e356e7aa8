"""A change in a person's life and what follows from it for counts and cases: a new home, corrected details, consent.

Stands here because it needs people, ratios and cases together. A case that was sent stays where it was sent.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import audit
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import queries
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import UNDECIDED, State
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.people import actions as people
from xhht_citizen.people import queries as homes
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Household, Person
from xhht_citizen.people.queries import Home
from xhht_citizen.people.rules import Group, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted


@dataclass(frozen=True)
class NewHousehold:
    """A household to be founded; `id` is made by the page, so that a form sent twice founds one."""

    ward_code: str
    community_id: uuid.UUID | None
    address: str | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class ByCode:
    """A relative's household, by the code its members read out; `relation` is to its head."""

    code: str
    relation: str = "other"


def settle(
    db: Session, person_id: uuid.UUID, where: NewHousehold | ByCode, *, account_id: uuid.UUID | None, year: int
) -> Home:
    """The person's home from now on; the counts of every counted year follow at the old home and at the new one.

    Idempotent. Invalid on `code`, `community_id` or `ward_code`.
    """
    people.hold_person(db, person_id)
    before = homes.home_of(db, person_id)
    if isinstance(where, ByCode):
        household = homes.household_by_code(db, where.code)
        if household is None:
            raise Invalid(N_("Không có hộ nào mang mã này. Xin xem lại từng chữ."), field="code")
        people.move_in(db, person_id, household, relation=where.relation, account_id=account_id)
    else:
        known = db.get(Household, where.id) if where.id else None
        if known is None or before is None or before.household_id != known.id:
            people.found_household(
                db,
                person_id,
                ward_code=where.ward_code,
                community_id=where.community_id,
                address=where.address,
                account_id=account_id,
                household_id=where.id if known is None else None,
            )
    after = homes.home_of(db, person_id)
    assert after is not None  # noqa: S101 (just written)
    if before is not None and before.household_id == after.household_id:
        return after
    _draft_follows(db, person_id, after, year)  # before the counts: cases are locked before tallies everywhere
    changed = {(home.ward_code, home.community_id) for home in (before, after) if home is not None}
    years = counted.years_of(db, {ward_code for ward_code, _ in changed}) | {year}
    # Titles and registrations of past years move along, or they would be counted at both homes.
    ratios.touch_all(db, {(ward_code, community_id, one) for ward_code, community_id in changed for one in years})
    audit.append(
        db,
        "person.move",
        ward_code=after.ward_code,
        account_id=account_id,
        subject_kind="person",
        subject_id=person_id,
        detail={
            "from": str(before.household_id) if before else None,
            "from_ward": before.ward_code if before else None,
            "to": str(after.household_id),
        },
    )
    return after


def correct(
    db: Session,
    person_id: uuid.UUID,
    details: NewPerson,
    *,
    version: int,
    id_key: str,
    account_id: uuid.UUID,
    year: int,
    forget_citizen_id: bool = False,
) -> Person:
    """Correct a person's details; counts follow a birth year, an unsent case follows the form of another group.

    Conflict when they were changed meanwhile.
    """
    before = people.hold_person(db, person_id)
    born, group = before.birth_year, before.learner_group
    case = _lock_own(db, person_id, year)
    if case is not None and case.receipt is not None and details.learner_group != group:
        raise Invalid(
            N_("Hồ sơ năm nay đã gửi theo nhóm đang ghi, nên chưa đổi nhóm được trong năm này."), field="learner_group"
        )
    person = people.edit_person(
        db,
        person_id,
        details,
        version=version,
        id_key=id_key,
        account_id=account_id,
        forget_citizen_id=forget_citizen_id,
    )
    if case is not None and case.receipt is None and person.learner_group != group:
        case.criteria_set = Group(person.learner_group).criteria_set
        ladders = {line.code: {rung.points for rung in line.ladder} for line in catalogue.get(case.criteria_set).lines}
        for line in case.lines:
            if line.claimed_points not in ladders.get(line.code, set()):
                line.claimed_points = None
        case.self_total = queries.claimed_score(case).total
        case.version += 1
        db.flush()
    home = homes.home_of(db, person_id)
    if home is not None and person.birth_year != born:
        years = counted.years_of(db, {home.ward_code}) | {year}
        changed = {one for one in years if is_adult(person.birth_year, one) != is_adult(born, one)}
        ratios.touch_all(db, {(home.ward_code, home.community_id, one) for one in changed})
    return person


def withdraw_consent(db: Session, person_id: uuid.UUID, *, actor: Actor, today: date) -> None:
    """Take consent back: every case not decided yet stops, as the privacy text says; signed decisions stay."""
    assert actor.account_id is not None  # noqa: S101 (the person, or somebody acting for them)
    for known in sorted(queries.own_applications(db, person_id), key=lambda case: case.id):
        case = applications.lock(db, known.id)  # as it stands now: a step may have been taken meanwhile
        if State(case.state) in UNDECIDED:
            applications.move(db, case.id, "withdraw", actor=actor, today=today)
    people.withdraw_consent(db, person_id, account_id=actor.account_id)


def _draft_follows(db: Session, person_id: uuid.UUID, home: Home, year: int) -> None:
    """What is not sent yet is measured by the mark of the new home."""
    case = _lock_own(db, person_id, year)
    if case is not None and case.state == State.DRAFT:
        case.disadvantaged = places.ward_settings(db, home.ward_code).disadvantaged
        db.flush()


def _lock_own(db: Session, person_id: uuid.UUID, year: int) -> Application | None:
    """The person's case of the year as it stands now, held until the commit."""
    known = queries.own_application(db, person_id, year)
    return applications.lock(db, known.id) if known is not None else None
