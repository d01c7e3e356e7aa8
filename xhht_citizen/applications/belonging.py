"""Joining, leaving, founding and closing clans and units, with what follows from it for counts and cases.

Whether somebody may is asked before. Order of locks: person, household or group, request, case, tally.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.persons import (
    ByHousehold,
    Place,
    follow_counts,
    settle,
    withdraw_cases,
)
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.groups import actions, belonging, members, queries, requests
from xhht_citizen.groups.actions import NewClan, NewUnit
from xhht_citizen.groups.models import Clan, ClanMembership, JoinRequest, Unit, UnitMembership
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.actions import hold_person
from xhht_citizen.people.models import Household, Person
from xhht_citizen.ratios import actions as ratios


def request(db: Session, details: NewRequest, *, account_id: uuid.UUID | None) -> JoinRequest:
    """Invite somebody, or ask to be let in. Sent twice is once; Conflict for who belongs to it already.

    A side of a clan that is taken is said at once, not only when the other one answers.
    """
    if details.kind == "clan":
        actions.hold_clan(db, details.group_id)
        if db.get(Household, details.joiner_id) is None:
            raise NotFound(N_("Không tìm thấy hộ này."))
        for row in members.clan_memberships(db, details.joiner_id):
            if row.clan_id == details.group_id:
                raise Conflict(N_("Hộ đã thuộc dòng họ này."))
            if row.side == details.side:
                raise Conflict(N_("Bên này hộ đã thuộc một dòng họ khác. Muốn đổi, hộ cần rời dòng họ ấy trước."))
    else:
        person = db.get(Person, details.joiner_id)
        if person is None or person.died_on is not None:
            raise NotFound(N_("Không tìm thấy người này."))
        kind = Kind.HOUSEHOLD if details.kind == "household" else Kind.UNIT
        if kind is Kind.UNIT:
            actions.hold_unit(db, details.group_id)
        if queries.belongs(db, kind, details.group_id, details.joiner_id):
            raise Conflict(N_("Người này đã ở trong hộ, hoặc đã thuộc đơn vị này."))
    return requests.make(db, details, account_id=account_id)


def answer(db: Session, request_id: uuid.UUID, *, accept: bool, account_id: uuid.UUID | None, year: int) -> JoinRequest:
    """Let in, or not. Idempotent: the same answer twice is once; Conflict when it was answered otherwise.

    Letting somebody into a household moves them house, with all that follows.
    """
    known = db.get(JoinRequest, request_id)
    if known is None:
        raise NotFound(N_("Không tìm thấy lời mời hoặc yêu cầu này."))
    if known.kind == "clan":
        actions.hold_clan(db, known.group_id)
    else:
        hold_person(db, known.joiner_id)
        if known.kind == "unit":
            actions.hold_unit(db, known.group_id)
    row = requests.hold(db, request_id)
    if not requests.answer(db, row, "accepted" if accept else "declined", account_id=account_id) or not accept:
        return row
    if row.kind == "clan":
        enter_clan(
            db,
            row.group_id,
            row.joiner_id,
            side=row.side or "",
            branch_id=row.branch_id,
            account_id=account_id,
            year=year,
        )
    elif row.kind == "unit":
        enter_unit(db, row.group_id, row.joiner_id, part=row.part or "member", account_id=account_id, year=year)
    else:
        where = ByHousehold(row.group_id, row.relation or "other")
        settle(db, row.joiner_id, where, account_id=account_id, year=year, reason=row.reason or "moved")
    return row


def withdraw(db: Session, request_id: uuid.UUID, *, account_id: uuid.UUID | None) -> JoinRequest:
    """Who made it takes it back. Idempotent; Conflict when it was answered."""
    row = requests.hold(db, request_id)
    requests.answer(db, row, "withdrawn", account_id=account_id)
    return row


def found_clan(db: Session, details: NewClan, *, account_id: uuid.UUID | None, year: int) -> Clan:
    """A new clan; counted at once."""
    clan = actions.found_clan(db, details, account_id=account_id)
    follow_counts(db, {(clan.ward_code, clan.community_id)}, year)
    return clan


def found_unit(db: Session, details: NewUnit, *, account_id: uuid.UUID | None, year: int) -> Unit:
    """A new unit; counted at once."""
    unit = actions.found_unit(db, details, account_id=account_id)
    follow_counts(db, {(unit.ward_code, unit.community_id)}, year)
    return unit


def correct_clan(db: Session, clan_id: uuid.UUID, details: NewClan, *, account_id: uuid.UUID | None, year: int) -> Clan:
    """Correct a clan; another home community is another line of the counts."""
    before = actions.hold_clan(db, clan_id)
    changed: set[Place] = {(before.ward_code, before.community_id)}
    clan = actions.correct_clan(db, clan_id, details, account_id=account_id)
    follow_counts(db, changed | {(clan.ward_code, clan.community_id)}, year)
    return clan


def correct_unit(db: Session, unit_id: uuid.UUID, details: NewUnit, *, account_id: uuid.UUID | None, year: int) -> Unit:
    """Correct a unit; another home community, or who manages it, is another line of the counts.

    Conflict on another body while a case waits for the one of today: it would be nobody's.
    """
    before = actions.hold_unit(db, unit_id)
    changed: set[Place] = {(before.ward_code, before.community_id)}
    if details.managed_by != before.managed_by and applications.undecided_of(db, [unit_id]):
        raise Conflict(N_("Đơn vị có hồ sơ chưa xét xong. Chờ kết quả hoặc rút hồ sơ, rồi mới đổi cấp quản lý."))
    unit = actions.correct_unit(db, unit_id, details, account_id=account_id)
    follow_counts(db, changed | {(unit.ward_code, unit.community_id)}, year)
    return unit


def close(db: Session, kind: Kind, group_id: uuid.UUID, *, account_id: uuid.UUID | None, year: int) -> None:
    """Close a clan or unit: its cases that are not decided stop, its titles stay in the register. Idempotent."""
    group = queries.group(db, kind, group_id)
    if group is None:
        raise NotFound(N_("Không tìm thấy dòng họ hoặc đơn vị này."))
    if group.closed:
        return
    row = actions.hold_clan(db, group_id) if kind is Kind.CLAN else actions.hold_unit(db, group_id)
    changed = queries.places_of(db, group)
    with ratios.later(db):
        withdraw_cases(db, [group_id], account_id=account_id)
        actions.close(db, row, account_id=account_id)
        follow_counts(db, changed, year)


def enter_clan(
    db: Session,
    clan_id: uuid.UUID,
    household_id: uuid.UUID,
    *,
    side: str,
    account_id: uuid.UUID | None,
    year: int,
    branch_id: uuid.UUID | None = None,
) -> ClanMembership:
    """The household is of the clan from now on. Whatever either had asked the other is answered by that."""
    clan = actions.hold_clan(db, clan_id)
    row = belonging.enter_clan(db, clan, household_id, side=side, branch_id=branch_id, account_id=account_id)
    requests.settle_open(db, "clan", clan_id, household_id, account_id=account_id)
    follow_counts(db, _around_clan(db, clan, household_id), year)
    return row


def leave_clan(
    db: Session, clan_id: uuid.UUID, household_id: uuid.UUID, *, account_id: uuid.UUID | None, year: int
) -> bool:
    """The household is of the clan no longer. False: it was not."""
    clan = actions.hold_clan(db, clan_id)
    changed = _around_clan(db, clan, household_id)
    left = belonging.leave_clan(db, clan, household_id, account_id=account_id)
    if left:
        follow_counts(db, changed, year)
    return left


def enter_unit(
    db: Session, unit_id: uuid.UUID, person_id: uuid.UUID, *, part: str, account_id: uuid.UUID | None, year: int
) -> UnitMembership:
    """The person works or learns in the unit from now on. Whatever either had asked the other is answered by that."""
    hold_person(db, person_id)
    unit = actions.hold_unit(db, unit_id)
    row = belonging.enter_unit(db, unit, person_id, part=part, account_id=account_id)
    requests.settle_open(db, "unit", unit_id, person_id, account_id=account_id)
    follow_counts(db, _around_unit(db, unit, person_id), year)
    return row


def leave_unit(
    db: Session, unit_id: uuid.UUID, person_id: uuid.UUID, *, account_id: uuid.UUID | None, year: int
) -> bool:
    """The person is of the unit no longer. False: they were not."""
    hold_person(db, person_id)
    unit = actions.hold_unit(db, unit_id)
    left = belonging.leave_unit(db, unit, person_id, account_id=account_id)
    if left:
        follow_counts(db, _around_unit(db, unit, person_id), year)
    return left


def _around_clan(db: Session, clan: Clan, household_id: uuid.UUID) -> set[Place]:
    """The clan's places, and the household's."""
    group = queries.group(db, Kind.CLAN, clan.id)
    assert group is not None  # noqa: S101 (it is held)
    home = db.get_one(Household, household_id)
    return queries.places_of(db, group) | {(home.ward_code, home.community_id)}


def _around_unit(db: Session, unit: Unit, person_id: uuid.UUID) -> set[Place]:
    home = people.home_of(db, person_id)
    own: set[Place] = {(home.ward_code, home.community_id)} if home else set()
    return own | {(unit.ward_code, unit.community_id)}
