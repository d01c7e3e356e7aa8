"""The ward's clans and units: who belongs to them, who leads them, who left; one clan lives in two wards."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xhht_citizen.demo import names
from xhht_citizen.demo.book import Book
from xhht_citizen.demo.ward import WARD, Home, Resident, Ward, add_community, add_home, family
from xhht_citizen.groups.models import Clan, ClanBranch, ClanMembership, Mandate, Unit, UnitMembership
from xhht_citizen.groups.rules import Group, Kind, Part, UnitKind
from xhht_citizen.vietnamese import fold, name_sort_key, sort_key

NEXT_WARD = "20017"  # Phường Kim Trà, beside Hương Trà
AGES = {  # who learns at a school of the ward, by the age reached in the year
    "Trường Mầm non Hoa Súng": range(3, 6),
    "Trường Tiểu học Đồng Sen": range(6, 11),
    "Trường Tiểu học Cầu Đá": range(6, 11),
    "Trường Trung học cơ sở Bến Đò": range(11, 15),
}
ADULTS_LEARN_AT = "Trung tâm học tập cộng đồng phường Hương Trà"
FOR_CITIZEN, FOR_OFFICERS = "Cơ sở may Gò Bưởi", "Ủy ban nhân dân phường Hương Trà"
EARLIER_FOR_CITIZEN = "Nhà vườn trà Vườn Chè"
CLOSING = "Hợp tác xã Mây tre Cồn Dâu"
ACROSS = ("Phan", "Đình")  # the clan of two wards, and the citizen's
LARGE = ("Cơ sở may Gò Bưởi", "Trường Trung học cơ sở Bến Đò")
LARGEST = 11  # households of a clan on the father's side


@dataclass(eq=False)
class Party:
    """A clan or unit: its row, who leads it, its open memberships (a household's or person's id: row)."""

    group: Group
    row: dict[str, Any]
    head: Resident
    homes: list[Home] = field(default_factory=list)
    members: list[Resident] = field(default_factory=list)
    learners: list[Resident] = field(default_factory=list)
    belonging: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    mandate: dict[str, Any] = field(default_factory=dict)


@dataclass
class Groups:
    """All clans and units, by name."""

    clans: dict[str, Party] = field(default_factory=dict)
    units: dict[str, Party] = field(default_factory=dict)


def found(ward: Ward, year: int, founded: datetime, lively: tuple[int, ...]) -> Groups:
    """Clans and units as one roster brought in when the ward began. No clan is at home in a `lively` community."""
    groups = Groups()
    by_father: dict[uuid.UUID, Party] = {}
    next_door = _next_door(ward.book, year, founded)
    for surname, middle in names.CLANS:
        party = _clan(ward, (surname, middle), by_father, founded, lively)
        groups.clans[party.group.name] = party
        if (surname, middle) == ACROSS:
            for home in next_door:
                enter_clan(ward.book, party, home, "father", founded)
    _mothers_side(ward, groups, founded)
    of_story = {person.household_id for person in (*ward.cast.values(), *ward.heads.values())}
    working = [
        person
        for person in ward.adults(year - 2)
        if person.group in {"workers", "officials"} and person.household_id not in of_story
    ]
    ward.book.random.shuffle(working)
    spoken = {*ward.cast.values(), *(party.head for party in groups.clans.values())}
    for kind, name, managed_by, community in names.UNITS:
        groups.units[name] = _unit(ward, (kind, name, managed_by, community), working, spoken, founded)
    _cast_at_work(ward, groups, founded)
    return groups


def _next_door(book: Book, year: int, founded: datetime) -> list[Home]:
    """A handful of households of the same clan in the ward next door."""
    homes = []
    for position, name in enumerate(names.NEIGHBOURS, 1):
        community_id = add_community(book, NEXT_WARD, f"Tổ dân phố {name}", position, founded)
        for _ in range(3):
            members = family(book.random, year, " ".join(ACROSS[:1]))
            while not members[0][1].startswith(f"{ACROSS[0]} ") or members[0][4] != "head":
                members = family(book.random, year, ACROSS[0])
            homes.append(add_home(book, (NEXT_WARD, community_id, position - 1), members, year, founded))
    return homes


def _clan(
    ward: Ward,
    called: tuple[str, str],
    by_father: dict[uuid.UUID, Party],
    founded: datetime,
    lively: tuple[int, ...],
) -> Party:
    """Households whose heads bear the clan's names; a small clan takes in others of the family name."""
    book, (surname, middle) = ward.book, called
    free = [home for home in ward.homes if home.id not in by_father and home.head.sex == "male"]
    homes = [home for home in free if home.row["name"].startswith(f"{surname} {middle} ")][:LARGEST]
    others = [home for home in free if home.row["name"].startswith(f"{surname} ") and home not in homes]
    homes += others[: max(0, 4 - len(homes))]
    eldest = sorted((home.head for home in homes), key=lambda one: (one.birth_year, one.id))
    officers = {ward.cast[key] for key in ("head", "reviewer", "signer", "second_reviewer")}
    head = next(one for one in eldest if one not in officers and one.community not in lively)
    name, clan_id = f"Họ {surname} {middle}", book.new_id(founded)
    row = book.add(
        Clan,
        id=clan_id,
        ward_code=WARD,
        community_id=ward.communities[head.community],
        name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
        note=f"Giỗ họ ngày {book.random.randint(8, 25)} tháng {book.random.randint(1, 3)} âm lịch.",
        created_at=founded,
        created_by=None,
        closed_at=None,
    )
    party = Party(_group(Kind.CLAN, row), row, head)
    branches = [
        book.add(ClanBranch, id=book.new_id(founded), clan_id=clan_id, name=branch, position=position)
        for position, branch in enumerate(names.BRANCHES[: 2 if len(homes) < 8 else 3], 1)
    ]
    for home in homes:
        by_father[home.id] = party
        branch = branches[0] if home is head.home else book.random.choice(branches)
        enter_clan(book, party, home, "father", founded, branch_id=branch["id"])
    party.mandate = name_head(book, "clan", clan_id, head, founded)
    return party


def _mothers_side(ward: Ward, groups: Groups, founded: datetime) -> None:
    """Some households are of the wife's clan as well."""
    random, taken = ward.book.random, set()
    for party in groups.clans.values():
        surname = party.group.name.split()[1]
        wives = [
            home
            for home in ward.homes
            if home.id not in party.belonging
            and home.id not in taken
            and any(one.sex == "female" and one.relation == "spouse" and _named(one, surname) for one in home.members)
        ]
        for home in random.sample(wives, min(len(wives), random.randint(0, 2))):
            taken.add(home.id)
            enter_clan(ward.book, party, home, "mother", founded)


def _named(person: Resident, surname: str) -> bool:
    return person.name.startswith(f"{surname} ")


def enter_clan(
    book: Book, party: Party, home: Home, side: str, at: datetime, *, branch_id: uuid.UUID | None = None
) -> None:
    """The household is of the clan from now on."""
    party.homes.append(home)
    party.belonging[home.id] = book.add(
        ClanMembership,
        id=book.new_id(at),
        ward_code=WARD,
        clan_id=party.group.id,
        household_id=home.id,
        branch_id=branch_id,
        side=side,
        granted_at=at,
        granted_by=None,
        revoked_at=None,
        revoked_by=None,
    )


def _unit(
    ward: Ward,
    about: tuple[str, str, str, int],
    working: list[Resident],
    spoken: set[Resident],
    founded: datetime,
) -> Party:
    """A unit with those who work there; its leader is one of them, and speaks for nothing else."""
    book, (kind, name, managed_by, community) = ward.book, about
    row = book.add(
        Unit,
        id=book.new_id(founded),
        ward_code=WARD,
        community_id=ward.communities[community],
        name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
        kind=kind,
        managed_by=managed_by,
        created_at=founded,
        created_by=None,
        closed_at=None,
    )
    members = [
        _taken(working, kind)
        for _ in range(book.random.randint(20, 28) if name in LARGE else book.random.randint(8, 13))
    ]
    head = min((one for one in members if one not in spoken), key=lambda one: (one.birth_year, one.id))
    spoken.add(head)
    party = Party(_group(Kind.UNIT if managed_by == "commune" else Kind.AGENCY, row), row, head)
    for person in members:
        enter_unit(book, party, person, Part.MEMBER, founded)
    party.mandate = name_head(book, "unit", row["id"], head, founded)
    return party


def _taken(working: list[Resident], kind: str) -> Resident:
    """The next one for a kind of unit: officials for schools and offices, as far as there are."""
    wanted = "officials" if kind in {"school", "office"} else "workers"
    index = next((place for place, one in enumerate(working) if one.group == wanted), 0)
    return working.pop(index)


def _cast_at_work(ward: Ward, groups: Groups, founded: datetime) -> None:
    """Those who can sign in work somewhere too; the citizen begins at one place and moves on (see lives.py)."""
    for name, keys in ((EARLIER_FOR_CITIZEN, ("citizen",)), (FOR_OFFICERS, ("reviewer", "signer"))):
        for key in keys:
            enter_unit(ward.book, groups.units[name], ward.cast[key], Part.MEMBER, founded)


def enter_unit(
    book: Book, party: Party, person: Resident, part: Part, at: datetime, *, by: uuid.UUID | None = None
) -> None:
    """The person works or learns in the unit from now on."""
    (party.members if part is Part.MEMBER else party.learners).append(person)
    party.belonging[person.id] = book.add(
        UnitMembership,
        id=book.new_id(at),
        ward_code=WARD,
        unit_id=party.group.id,
        person_id=person.id,
        part=str(part),
        granted_at=at,
        granted_by=by,
        revoked_at=None,
        revoked_by=None,
    )


def learn_there(ward: Ward, groups: Groups, year: int, at: datetime) -> None:
    """Most children of an age are written down at their school; some adults learn at the centre."""
    random = ward.book.random
    upper = len(ward.communities) // 2
    for name, ages in AGES.items():
        for person in ward.residents:
            far = ages.start == 6 and (person.community < upper) is (name == "Trường Tiểu học Cầu Đá")
            if year - person.birth_year in ages and not far and random.random() < 0.6:
                enter_unit(ward.book, groups.units[name], person, Part.LEARNER, at)
    centre = groups.units[ADULTS_LEARN_AT]
    free = [
        person
        for person in ward.adults(year - 2)
        if person.group in {"residents", "students"}
        and year - person.birth_year < 62
        and person not in ward.cast.values()
    ]
    for person in random.sample(free, 12):
        enter_unit(ward.book, centre, person, Part.LEARNER, at)


def name_head(book: Book, kind: str, group_id: uuid.UUID, head: Resident, at: datetime) -> dict[str, Any]:
    """The head of a clan or unit."""
    return name_speaker(book, kind, group_id, head, at, part="head")


def name_speaker(
    book: Book,
    kind: str,
    group_id: uuid.UUID,
    person: Resident,
    at: datetime,
    *,
    part: str,
    until: Any = None,
    by: uuid.UUID | None = None,
) -> dict[str, Any]:
    """Who speaks for a group: its head, or until a day a deputy."""
    return book.add(
        Mandate,
        id=book.new_id(at),
        ward_code=WARD,
        kind=kind,
        group_id=group_id,
        person_id=person.id,
        part=part,
        until=until,
        granted_at=at,
        granted_by=by,
        revoked_at=None,
        revoked_by=None,
    )


def _group(kind: Kind, row: dict[str, Any]) -> Group:
    return Group(
        kind,
        row["id"],
        row["name"],
        row["sort_key"],
        row["search_key"],
        row["ward_code"],
        row["community_id"],
        unit_kind=UnitKind(row["kind"]) if "kind" in row else None,
    )


def household(home: Home) -> Group:
    """A household as a group, under the name it has now."""
    row = home.row
    name = str(row["name"])
    return Group(Kind.HOUSEHOLD, home.id, name, name_sort_key(name), fold(name), row["ward_code"], row["community_id"])
