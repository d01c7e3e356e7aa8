"""A change in a person's life and what follows from it for counts and cases: a new home, corrected details, consent.

Stands here because it needs people, ratios and cases together. A case that was sent stays where it was sent.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen import audit, clock
from xhht_citizen.access.rules import Actor
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications import queries, twins
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import UNDECIDED, State
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.groups import belonging, mandates, members, requests
from xhht_citizen.people import actions as people
from xhht_citizen.people import households
from xhht_citizen.people import queries as homes
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Household, Person
from xhht_citizen.people.queries import Home
from xhht_citizen.people.rules import Group, is_adult, relation_through, relation_to
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import actions as ratios
from xhht_citizen.ratios import queries as counted

Place = tuple[str, uuid.UUID | None]  # a ward, and a community in it


@dataclass(frozen=True)
class NewHousehold:
    """A household to be founded; `id` is made by the page, so that a form sent twice founds one."""

    ward_code: str
    community_id: uuid.UUID | None
    address: str | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class ByCode:
    """A relative's household, by the code its members read out; `relation` is to its head.

    `apart`: an officer says that a namesake in it is somebody else.
    """

    code: str
    relation: str = "other"
    apart: bool = False


@dataclass(frozen=True)
class ByHousehold:
    """A household that said yes, or into which an officer writes somebody; `relation` is to its head.

    `apart`: an officer says that a namesake in it is somebody else.
    """

    household_id: uuid.UUID
    relation: str = "other"
    apart: bool = False


def settle(
    db: Session,
    person_id: uuid.UUID,
    where: NewHousehold | ByCode | ByHousehold,
    *,
    account_id: uuid.UUID | None,
    year: int,
    reason: str = "moved",
    along: Collection[uuid.UUID] = (),
) -> Home:
    """The person's home from now on; the counts of every counted year follow at the old home and at the new one.

    `along` are people of the same household without an account who come too; who has one says so by it. The old
    household gets another head where its head left. Who enters a household that wrote them down before is that
    record from now on (twins.py). Idempotent. Invalid on `code`, `community_id`, `ward_code` or
    `along`; Conflict for somebody who died.
    """
    movers = [person_id, *sorted(set(along) - {person_id})]
    try:
        held = [people.hold_person(db, one) for one in sorted(movers)]
    except NotFound:  # a form sent twice
        home = _given_way(db, account_id) if db.get(Person, person_id) is None else None
        if home is None:
            raise
        return home
    if any(one.died_on is not None for one in held):
        raise Conflict(N_("Người này đã qua đời."))
    before = homes.home_of(db, person_id)
    target = _target(db, where)
    if target is not None and before is not None and before.household_id == target.id:
        return before
    if target is not None and not isinstance(where, NewHousehold) and not where.apart:
        known = twins.twins(db, target.id, person_id)
        if known:
            return twins.take_over(db, person_id, known, account_id=account_id, year=year)
    left, entered = before.household_id if before else None, target.id if target else None
    households.hold(db, {one for one in (left, entered) if one is not None})
    was = {row.person_id: row.relation for row in homes.members(db, before.household_id)} if before else {}
    if not set(movers[1:]) <= was.keys() - homes.with_account(db, movers[1:]):
        raise Invalid(N_("Chỉ ghi cùng chuyển người trong hộ chưa có tài khoản riêng."), field="along")
    household, relation = _enter(db, person_id, where, target, reason=reason, account_id=account_id, year=year)
    for one in movers[1:]:
        people.move_in(
            db,
            one,
            household,
            relation=relation_through(relation, relation_to(was[person_id], was[one])),
            account_id=account_id,
            guardian_id=_guardian(db, household.id, one, year),
            reason=reason,
        )
    after = homes.home_of(db, person_id)
    assert after is not None  # noqa: S101 (just written)
    _drafts_follow(db, movers, after, year)  # before the counts: cases are locked before tallies everywhere
    changed = {(home.ward_code, home.community_id) for home in (before, after) if home is not None}
    with ratios.later(db):  # also those of cases that stop: whatever else is locked comes before tallies
        if before is not None:
            changed |= leave_behind(db, before.household_id, movers, account_id=account_id, year=year)
        follow_counts(db, changed, year)
    for one in movers:
        audit.append(
            db,
            "person.move",
            ward_code=after.ward_code,
            account_id=account_id,
            subject_kind="person",
            subject_id=one,
            detail={
                "from": str(before.household_id) if before else None,
                "from_ward": before.ward_code if before else None,
                "to": str(after.household_id),
                "reason": reason,
            },
        )
    return after


def _given_way(db: Session, account_id: uuid.UUID | None) -> Home | None:
    """The home of an account whose own record gave way a moment ago to the one the household kept."""
    account = homes.account(db, account_id) if account_id else None
    if account is None:
        return None
    db.refresh(account)
    return homes.home_of(db, account.person_id) if account.person_id else None


def leave_behind(
    db: Session, household_id: uuid.UUID, gone: Collection[uuid.UUID], *, account_id: uuid.UUID | None, year: int
) -> set[Place]:
    """What a household is without these people: another head, other guardians; nothing, when nobody is left.

    Another code too: who left knows the old one. Returns the places whose counts change beside its own.
    """
    changed: set[Place] = set()
    db.get_one(Household, household_id).join_code = people.new_join_code()
    with ratios.later(db):
        if not households.settle_rest(db, household_id, year, account_id=account_id):
            requests.withdraw_all(db, group_id=household_id, account_id=account_id)
            requests.withdraw_all(db, joiner_id=household_id, account_id=account_id)
            withdraw_cases(db, [household_id], account_id=account_id)
            for clan in members.clans(db, household_id):
                changed.add((clan.ward_code, clan.community_id))
                belonging.leave_clan(db, clan, household_id, account_id=account_id)
        for one in sorted(gone):
            mandates.end_of_person(db, one, account_id=account_id, gone=False)
    return changed


def withdraw_cases(db: Session, subject_ids: Collection[uuid.UUID], *, account_id: uuid.UUID | None) -> None:
    """Cases of somebody who died, or of a group that is no more, go no further where they are not decided.

    Whoever locks anything after this calls it within `ratios.later`: tallies are locked last.
    """
    name = homes.account_names(db, [account_id]).get(account_id, "") if account_id else ""
    actor = Actor(account_id=account_id, name=name)
    with ratios.later(db):
        for case_id in queries.undecided_of(db, subject_ids):
            case = applications.lock(db, case_id)  # as it stands now: a step may have been taken meanwhile
            if State(case.state) in UNDECIDED:
                applications.move(db, case.id, "withdraw", actor=actor, today=clock.today())


def follow_counts(db: Session, changed: Collection[Place], year: int) -> None:
    """Bring the counts of these places up to date, for every counted year and this one.

    Titles and registrations of past years move along, or they would be counted at both places.
    """
    years = counted.years_of(db, {ward_code for ward_code, _ in changed}) | {year}
    ratios.touch_all(db, {(ward_code, community_id, one) for ward_code, community_id in changed for one in years})


def _target(db: Session, where: NewHousehold | ByCode | ByHousehold) -> Household | None:
    """The household to enter; None when it is to be founded."""
    if isinstance(where, ByCode):
        household = homes.household_by_code(db, where.code)
        if household is None:
            raise Invalid(N_("Không có hộ nào mang mã này. Xin xem lại từng chữ."), field="code")
        return household
    if isinstance(where, ByHousehold):
        household = db.get(Household, where.household_id)
        if household is None:
            raise NotFound(N_("Không tìm thấy hộ này."))
        return household
    return None


def _enter(
    db: Session,
    person_id: uuid.UUID,
    where: NewHousehold | ByCode | ByHousehold,
    target: Household | None,
    *,
    reason: str,
    account_id: uuid.UUID | None,
    year: int,
) -> tuple[Household, str]:
    """The person goes there; what they are in it: the head of a household that has none."""
    if isinstance(where, NewHousehold):
        known = db.get(Household, where.id) if where.id else None
        home = homes.home_of(db, person_id)
        if known is not None and home is not None and home.household_id == known.id:
            return known, home.relation
        founded = people.found_household(
            db,
            person_id,
            ward_code=where.ward_code,
            community_id=where.community_id,
            address=where.address,
            account_id=account_id,
            household_id=where.id if known is None else None,
            reason=reason,
        )
        return founded, "head"
    assert target is not None  # noqa: S101 (_target found it, or said so)
    relation = households.relation_in(db, target, db.get_one(Person, person_id), where.relation, year)
    people.move_in(
        db,
        person_id,
        target,
        relation=relation,
        account_id=account_id,
        guardian_id=_guardian(db, target.id, person_id, year),
        reason=reason,
    )
    return target, relation


def _guardian(db: Session, household_id: uuid.UUID, person_id: uuid.UUID, year: int) -> uuid.UUID | None:
    born = db.get_one(Person, person_id).birth_year
    return households.check_guardian(db, household_id, None, birth_year=born, year=year)


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
    """Correct a person's details; counts follow a birth year or group, an unsent case the form of another group.

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
    at_home: set[Place] = {(home.ward_code, home.community_id)} if home is not None else set()
    at = at_home | counted.workplaces(db, person_id)
    years = counted.years_of(db, {ward_code for ward_code, _ in at}) | {year}
    grown = {one for one in years if is_adult(person.birth_year, one) != is_adult(born, one)}
    changed = {(*place, one) for place in at for one in grown}
    if person.learner_group != group:  # counted by group at home only, and in every year
        changed |= {(*place, one) for place in at_home for one in years}
    ratios.touch_all(db, changed)
    if home is not None and home.relation == "head":
        db.get_one(Household, home.household_id).name = person.name  # a household is called after its head
        db.flush()
    return person


def withdraw_consent(db: Session, person_id: uuid.UUID, *, actor: Actor, today: date, paper: str | None = None) -> None:
    """Take consent back: every case not decided yet stops, as the privacy text says; signed decisions stay.

    `paper` says where the paper is kept, when an officer writes down what the person signed.
    """
    assert actor.account_id is not None  # noqa: S101 (the person, or somebody acting for them)
    with ratios.later(db):  # all cases are locked before any tally
        for known in sorted(queries.own_applications(db, person_id), key=lambda case: case.id):
            case = applications.lock(db, known.id)  # as it stands now: a step may have been taken meanwhile
            if State(case.state) in UNDECIDED:
                applications.move(db, case.id, "withdraw", actor=actor, today=today)
        people.withdraw_consent(db, person_id, account_id=actor.account_id, paper=paper)


def _drafts_follow(db: Session, movers: Collection[uuid.UUID], home: Home, year: int) -> None:
    """What is not sent yet is measured by the mark of the new home."""
    known = [case.id for one in movers if (case := queries.own_application(db, one, year)) is not None]
    for case in [applications.lock(db, key) for key in sorted(known)]:
        if case.state == State.DRAFT:
            case.disadvantaged = places.ward_settings(db, home.ward_code).disadvantaged
            db.flush()


def _lock_own(db: Session, person_id: uuid.UUID, year: int) -> Application | None:
    """The person's case of the year as it stands now, held until the commit."""
    known = queries.own_application(db, person_id, year)
    return applications.lock(db, known.id) if known is not None else None
