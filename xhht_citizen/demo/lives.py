"""What happens to people and groups in the story: school, births, deaths, weddings, moves, new members, mandates.

Each leaves the rows and the links of the audit that the actions of `applications/households.py`, `persons.py` and
`groups/` leave.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from datetime import date, datetime

from xhht_citizen.demo import names
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.groups import (
    ACROSS,
    CLOSING,
    EARLIER_FOR_CITIZEN,
    FOR_CITIZEN,
    Groups,
    Party,
    enter_unit,
    name_speaker,
)
from xhht_citizen.demo.plans import Keen
from xhht_citizen.demo.ward import WARD, Home, Resident, Ward, add_household, add_membership, add_person, open_account
from xhht_citizen.groups.models import JoinRequest, Schooling
from xhht_citizen.groups.rules import Part, is_school_age

UNKNOWN, NO = 0.12, 0.015  # shares of children nobody has answered for, or who do not go to school


def school(ward: Ward, chosen: Keen, year: Year, pupils: Collection[Resident]) -> set[Resident]:
    """Early in the year each community's head asks who goes to school. Children who are known to, pupils too."""
    book, random = ward.book, ward.book.random
    schooled = set(pupils)
    parts = [random.uniform(0.02, 0.1) for _ in ward.communities]
    for number, home in enumerate(ward.homes):
        children = [one for one in home.members if is_school_age(one.birth_year, year.year)]
        sure = home in chosen.homes or home is ward.cast["citizen"].home
        asked = [one for one in children if sure or random.random() > UNKNOWN]
        if not asked:
            continue
        at, by = year.at(parts[home.community] + number * 1e-6), account_of(ward, home)
        for child in asked:
            goes = sure or random.random() > NO
            if goes:
                schooled.add(child)
            book.add(
                Schooling,
                person_id=child.id,
                year=year.year,
                ward_code=WARD,
                in_school=goes,
                said_at=at,
                said_by=by,
            )
        say(ward, at, "household.school", ("household", home.id), by=by, year=year.year, children=len(asked))
    return schooled


def account_of(ward: Ward, home: Home) -> uuid.UUID:
    """The account of the head of the home's community, who writes most things down."""
    account_id = ward.heads[home.community].account_id
    assert account_id is not None  # noqa: S101 (every head of a community has one)
    return account_id


def say(
    ward: Ward, at: datetime, action: str, about: tuple[str, uuid.UUID], *, by: uuid.UUID | None, **detail: object
) -> None:
    """One act for the ward's audit; `about` is what it was done to, kind and id."""
    kind, key = about
    ward.book.note(at, action, ward_code=WARD, account_id=by, subject_kind=kind, subject_id=key, detail=detail)


def happen(ward: Ward, groups: Groups, quiet: list[Home], this: Year, last: Year) -> None:
    """Among `quiet` households, of whom nobody has a case: what a ward sees in two years."""
    homes = iter(quiet)
    _deaths(ward, homes, this, last)
    _wedding(ward, homes, last, 0.3)
    _wedding(ward, homes, this, 0.22)
    _birth(ward, homes, this)
    _birth(ward, homes, this)
    _own_home(ward, homes, this)
    _clans_lose(ward, groups, this, last)
    _units_change(ward, groups, this, last)
    _mandates(ward, quiet, this)
    _at_the_door(ward, groups, quiet, this)


def end_membership(resident: Resident, at: datetime, by: uuid.UUID | None, reason: str) -> None:
    """They live there no longer."""
    resident.membership.update(revoked_at=at, revoked_by=by, end_reason=reason)
    resident.home.members.remove(resident)


def move(
    ward: Ward,
    resident: Resident,
    home: Home,
    relation: str,
    at: datetime,
    *,
    by: uuid.UUID | None,
    reason: str = "moved",
) -> None:
    """They leave one household and enter another one."""
    left = resident.home
    end_membership(resident, at, by, reason)
    resident.membership = add_membership(ward.book, home, resident.id, relation, at, by=by)
    resident.home = home
    home.members.append(resident)
    where = {"from": str(left.id), "from_ward": WARD, "to": str(home.id), "reason": reason}
    say(ward, at, "person.move", ("person", resident.id), by=by, **where)


def _deaths(ward: Ward, homes: Iterator[Home], this: Year, last: Year) -> None:
    """Old parents; nobody's title or case."""
    for year, part in ((last, 0.25), (last, 0.6), (this, 0.12), (this, 0.5)):
        home = next(home for home in homes if any(_is_old(one, this) for one in home.members))
        old = next(one for one in home.members if _is_old(one, this))
        at, by = year.at(part), account_of(ward, home)
        old.person.update(died_on=year.day(part), version=2)
        end_membership(old, at, by, "died")
        say(ward, at, "person.die", ("person", old.id), by=by)
        ward.residents.remove(old)


def _is_old(resident: Resident, this: Year) -> bool:
    return resident.relation == "parent" and this.year - resident.birth_year >= 72


def _wedding(ward: Ward, homes: Iterator[Home], year: Year, part: float) -> None:
    """A daughter moves to the household of her husband's parents."""
    hers = next(home for home in homes if _grown(home, "female", year.year))
    his = next(home for home in homes if _grown(home, "male", year.year))
    bride = _grown(hers, "female", year.year)[0]
    move(ward, bride, his, "child", year.at(part), by=account_of(ward, his), reason="married")


def _grown(home: Home, sex: str, year: int) -> list[Resident]:
    return [
        one for one in home.members if one.relation == "child" and one.sex == sex and 20 <= year - one.birth_year <= 34
    ]


def _birth(ward: Ward, homes: Iterator[Home], this: Year) -> None:
    def mothers(home: Home) -> list[Resident]:
        return [one for one in home.members if one.sex == "female" and 22 <= this.year - one.birth_year <= 38]

    home = next(home for home in homes if mothers(home) and home.head.sex == "male")
    part = ward.book.random.uniform(0.3, 0.8)
    born, at, by = this.day(part * 0.9), this.at(part), account_of(ward, home)
    name = names.full_name(ward.book.random, str(home.row["name"]).split()[0], "female")
    child = add_person(ward.book, home, (name, this.year, born, "female", "residents"), "child", at)
    child.membership.update(guardian_id=mothers(home)[0].id, granted_by=by)
    ward.residents.append(child)
    say(ward, at, "person.add", ("person", child.id), by=by, household=str(home.id))


def _own_home(ward: Ward, homes: Iterator[Home], this: Year) -> None:
    """A grown son founds a household of his own in another community."""
    left = next(home for home in homes if _grown(home, "male", this.year))
    son, at = _grown(left, "male", this.year)[0], this.at(0.33)
    place = (left.community + 5) % len(ward.communities)
    home = add_household(ward.book, (WARD, ward.communities[place], place), son.name, at)
    ward.homes.append(home)
    move(ward, son, home, "head", at, by=open_account(ward, son, this.at(0.32)))


def _clans_lose(ward: Ward, groups: Groups, this: Year, last: Year) -> None:
    """Two households leave the largest clans: the rows stay."""
    largest = sorted(groups.clans.values(), key=lambda clan: (-len(clan.homes), clan.group.name))[:2]
    for clan, at in zip(largest, (last.at(0.4), this.at(0.3)), strict=True):
        home = next(home for home in reversed(clan.homes) if home is not clan.head.home)
        by = open_account(ward, clan.head, last.at(0.02))
        clan.belonging.pop(home.id).update(revoked_at=at, revoked_by=by)
        clan.homes.remove(home)
        say(ward, at, "clan.leave", ("clan", clan.group.id), by=by, household=str(home.id))


def _units_change(ward: Ward, groups: Groups, this: Year, last: Year) -> None:
    """The citizen changes her place of work; one co-operative closes, and some find work at another one."""
    reviewer = ward.cast["reviewer"].account_id
    citizen = ward.cast["citizen"]
    _leave(ward, groups.units[EARLIER_FOR_CITIZEN], citizen, last.at(0.55))
    _enter(ward, groups.units[FOR_CITIZEN], citizen, last.at(0.56))
    closing, at = groups.units[CLOSING], this.at(0.35)
    closing.row["closed_at"] = at
    for row in (*closing.belonging.values(), closing.mandate):
        if row["revoked_at"] is None:
            row.update(revoked_at=at, revoked_by=reviewer)
    say(ward, at, "unit.close", ("unit", closing.group.id), by=reviewer)
    others = [one for one in closing.members if one is not closing.head]
    for number, person in enumerate(others[:3]):
        _enter(ward, groups.units["Cơ sở may Gò Bưởi"], person, this.at(0.37 + number * 0.001))


def _leave(ward: Ward, unit: Party, person: Resident, at: datetime) -> None:
    by = open_account(ward, unit.head, at)
    unit.belonging.pop(person.id).update(revoked_at=at, revoked_by=by)
    unit.members.remove(person)
    say(ward, at, "unit.leave", ("unit", unit.group.id), by=by, person=str(person.id))


def _enter(ward: Ward, unit: Party, person: Resident, at: datetime) -> None:
    by = open_account(ward, unit.head, at)
    enter_unit(ward.book, unit, person, Part.MEMBER, at, by=by)
    say(ward, at, "unit.enter", ("unit", unit.group.id), by=by, person=str(person.id), part="member")


def _mandates(ward: Ward, quiet: list[Home], this: Year) -> None:
    """The citizen acts for her father; elsewhere somebody young for a head who is old."""
    citizen = ward.cast["citizen"]
    old = next(
        home
        for home in quiet
        if this.year - home.head.birth_year >= 58 and any(one is not home.head for one in home.adults(this.year))
    )
    for home, deputy, part in (
        (citizen.home, citizen, 0.1),
        (old, max(old.adults(this.year), key=lambda one: one.birth_year), 0.15),
    ):
        at = this.at(part)
        by = open_account(ward, home.head, at)
        until = date(this.year, 12, 31)
        name_speaker(ward.book, "household", home.id, deputy, at, part="deputy", until=until, by=by)
        about = {"person": str(deputy.id), "part": "deputy", "until": str(until)}
        say(ward, at, "mandate.deputy", ("household", home.id), by=by, **about)


def _at_the_door(ward: Ward, groups: Groups, quiet: list[Home], this: Year) -> None:
    """Somebody asks to be let in, and somebody is invited."""
    clan = groups.clans[f"Họ {' '.join(ACROSS)}"]
    home = next(home for home in quiet if home.id not in clan.belonging and home.head.sex == "male")
    _request(ward, clan, home.id, home.head, this.at(0.96), direction="ask", side="mother")
    unit = groups.units[FOR_CITIZEN]
    person = next(one for one in home.adults(this.year) if one.id not in unit.belonging)
    _request(ward, unit, person.id, unit.head, this.at(0.97), direction="invite", part="member")


def _request(
    ward: Ward, party: Party, joiner_id: uuid.UUID, who: Resident, at: datetime, *, direction: str, **about: str
) -> None:
    by = open_account(ward, who, at)
    row = ward.book.add(
        JoinRequest,
        id=ward.book.new_id(at),
        ward_code=WARD,
        kind=str(party.group.kind),
        group_id=party.group.id,
        joiner_id=joiner_id,
        direction=direction,
        relation=None,
        side=about.get("side"),
        branch_id=None,
        part=about.get("part"),
        reason=None,
        made_at=at,
        made_by=by,
        answered_at=None,
        answered_by=None,
        answer=None,
    )
    whom = {"kind": row["kind"], "group": str(party.group.id), "joiner": str(joiner_id)}
    say(ward, at, f"join.{direction}", ("join_request", row["id"]), by=by, **whom)
