"""The ward's people: communities, households, accounts and roles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any

from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Role
from xhht_citizen.demo import names
from xhht_citizen.demo.accounts import NOBODY
from xhht_citizen.demo.book import DAY, Book, Year
from xhht_citizen.demo.meeting import Told
from xhht_citizen.demo.pictures import Papers
from xhht_citizen.people.models import (
    Account,
    Consent,
    Household,
    HouseholdMembership,
    Person,
)
from xhht_citizen.people.rules import CODE_ALPHABET, PRIVACY_VERSION, is_adult
from xhht_citizen.places.models import Community
from xhht_citizen.places.rules import CommunityKind, search_key
from xhht_citizen.vietnamese import fold, name_sort_key

WARD, PROVINCE = "19996", "46"
HOUSEHOLDS = 560
COMMUNITIES_SINCE = date(2025, 7, 1)

# The families of those who can sign in: (key, name, age, sex, relation, group). Made up, like everybody here.
Member = tuple[str, str, int, str, str, str]
FAMILIES: dict[int, tuple[tuple[Member, ...], ...]] = {
    0: (
        (
            ("father", "Phan Đình Thuận", 59, "male", "head", "residents"),
            ("mother", "Trần Thị Diệu Lành", 56, "female", "spouse", "residents"),
            ("citizen", "Phan Thị Hương Sen", 29, "female", "child", "workers"),
            ("", "Phan Đình Khôi", 15, "male", "child", "students"),
        ),
        (
            ("head", "Lê Quang Điền", 63, "male", "head", "residents"),
            ("", "Hồ Thị Nhàn", 61, "female", "spouse", "residents"),
            ("head_daughter", "Lê Thị Thanh Trúc", 30, "female", "child", "officials"),
        ),
    ),
    4: (
        (
            ("reviewer_husband", "Võ Quốc Lĩnh", 41, "male", "head", "workers"),
            ("reviewer", "Nguyễn Thị Kim Khuê", 38, "female", "spouse", "officials"),
            ("", "Võ Ngọc Khuê An", 9, "female", "child", "residents"),
        ),
    ),
    9: (
        (
            ("signer", "Hoàng Hữu Cảnh", 52, "male", "head", "officials"),
            ("signer_wife", "Đặng Thị Lụa", 49, "female", "spouse", "residents"),
            ("", "Hoàng Hữu Nhật", 21, "male", "child", "students"),
        ),
    ),
    14: ((("second_reviewer", "Ngô Thị Bích Duyên", 45, "female", "head", "officials"),),),
}


@dataclass(eq=False)
class Resident:
    """One person of the ward, with what the story needs to know again."""

    id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    sex: str
    group: str
    home: Home
    person: dict[str, Any]
    membership: dict[str, Any]  # the open one
    account_id: uuid.UUID | None = None
    locks: dict[int, bool] = field(default_factory=dict)  # year: whether its case is with others now
    evidence: list[tuple[dict[str, Any], tuple[str, ...]]] = field(default_factory=list)

    @property
    def household_id(self) -> uuid.UUID:
        """Where they live."""
        return self.home.id

    @property
    def community(self) -> int:
        """The place of their community among the ward's."""
        return self.home.community

    @property
    def relation(self) -> str:
        """What they are to the head of their household."""
        return str(self.membership["relation"])


@dataclass(eq=False)
class Home:
    """One household with those who live in it now; `community` is its place among the communities of its ward."""

    id: uuid.UUID
    community: int
    row: dict[str, Any]
    members: list[Resident] = field(default_factory=list)

    @property
    def head(self) -> Resident:
        """Its head."""
        return next(member for member in self.members if member.relation == "head")

    def adults(self, year: int) -> list[Resident]:
        """Who of it counts as an adult of a year."""
        return [member for member in self.members if is_adult(member.birth_year, year)]


@dataclass
class Ward:
    """Everybody, and those with a part in the story."""

    book: Book
    papers: Papers
    communities: list[uuid.UUID] = field(default_factory=list)
    homes: list[Home] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    cast: dict[str, Resident] = field(default_factory=dict)
    heads: dict[int, Resident] = field(default_factory=dict)
    logins: set[str] = field(default_factory=set)
    meeting: Told | None = None

    def adults(self, year: int) -> list[Resident]:
        """Who counts as an adult of a year."""
        return [resident for resident in self.residents if is_adult(resident.birth_year, year)]


def settle(book: Book, papers: Papers, this: Year, founded: datetime) -> Ward:
    """Communities and households with their people, as one roster brought in when the ward began."""
    ward = Ward(book, papers)
    for position, name in enumerate(names.community_names(), 1):
        ward.communities.append(add_community(book, WARD, name, position, founded))
    share, more = divmod(HOUSEHOLDS, len(ward.communities))
    for community, community_id in enumerate(ward.communities):
        special = FAMILIES.get(community, ())
        for number in range(share + (community < more)):
            members = special[number] if number < len(special) else family(book.random, this.year)
            home = add_home(book, (WARD, community_id, community), members, this.year, founded)
            ward.homes.append(home)
            ward.residents += home.members
            ward.cast |= {key: one for (key, *_), one in zip(members, home.members, strict=True) if key}
    return ward


def add_community(book: Book, ward_code: str, name: str, position: int, founded: datetime) -> uuid.UUID:
    """A tổ dân phố."""
    community_id = book.new_id(founded)
    book.add(
        Community,
        id=community_id,
        ward_code=ward_code,
        name=name,
        kind=CommunityKind.TO.value,
        search_key=search_key(name),
        position=position,
        valid_from=COMMUNITIES_SINCE,
        valid_to=None,
        act="",
    )
    return community_id


def family(random: Random, year: int, surname: str | None = None) -> tuple[Member, ...]:
    """Two or three generations under one roof, or an old couple."""
    surname = surname or names.family_name(random)

    def member(sex: str, age: int, relation: str, called: str | None = None) -> Member:
        name = names.full_name(random, called or names.family_name(random), sex)
        return ("", name, age, sex, relation, _group(random, age))

    if random.random() < 0.1:
        age = random.randint(62, 84)
        couple = [member("male", age, "head", surname)] if random.random() < 0.5 else []
        couple.append(member("female", age - random.randint(0, 5), "spouse" if couple else "head"))
        return tuple(couple)
    age = random.randint(26, 60)
    wife = max(22, age - random.randint(-2, 6))
    male_head = random.random() < 0.78
    members = [member("male", age, "head" if male_head else "spouse", surname)] if random.random() < 0.93 else []
    members.append(member("female", wife, "spouse" if members and male_head else "head"))
    for _ in range(random.choices(range(5), (10, 25, 41, 18, 6))[0]):
        child = wife - random.randint(21, 34)
        if 0 <= child <= 22 or (child > 22 and random.random() < 0.45):
            members.append(member(random.choice(("male", "female")), child, "child", surname))
    if random.random() < 0.22:
        members.append(member("female", min(95, age + random.randint(22, 32)), "parent"))
    if random.random() < 0.12:
        members.append(member("male", min(95, age + random.randint(23, 34)), "parent", surname))
    return tuple(members)


def _group(random: Random, age: int) -> str:
    if 6 <= age <= 22:
        return "students" if age < 18 or random.random() < 0.6 else "workers"
    return random.choices(("residents", "workers", "officials"), (58, 30, 12))[0] if 23 <= age <= 60 else "residents"


Place = tuple[str, uuid.UUID, int]  # ward, community, and the community's place among the ward's


def add_home(book: Book, place: Place, members: tuple[Member, ...], year: int, founded: datetime) -> Home:
    """A household with its people; children have the head as their guardian."""
    random = book.random
    home = add_household(
        book, place, next(name for _, name, _, _, relation, _ in members if relation == "head"), founded
    )
    for _, name, age, sex, relation, group in members:
        born = year - age
        day = date(born, 1, 1) + random.randrange(365) * DAY
        birth_date = None if age > 64 and random.random() < 0.5 else day
        add_person(book, home, (name, born, birth_date, sex, group), relation, founded)
    for member in home.members:
        if not is_adult(member.birth_year, year):
            member.membership["guardian_id"] = home.head.id
    return home


def add_household(book: Book, place: Place, name: str, at: datetime) -> Home:
    """A household nobody is in yet."""
    random, (ward_code, community_id, community) = book.random, place
    row = book.add(
        Household,
        id=book.new_id(at),
        ward_code=ward_code,
        community_id=community_id,
        name=name,
        address=f"Số {random.randint(1, 180)}, kiệt {random.randint(1, 24)}",
        join_code="".join(random.choices(CODE_ALPHABET, k=8)),
        created_at=at,
    )
    return Home(row["id"], community, row)


def add_person(
    book: Book, home: Home, about: tuple[str, int, date | None, str, str], relation: str, at: datetime
) -> Resident:
    """Somebody of a household from this moment on."""
    name, born, birth_date, sex, group = about
    person = book.add(
        Person,
        id=book.new_id(at),
        ward_code=home.row["ward_code"],
        name=name,
        sort_key=name_sort_key(name),
        search_key=fold(name),
        birth_year=born,
        birth_date=birth_date,
        sex=sex,
        phone=None,
        learner_group=group,
        citizen_id_hash=None,
        citizen_id_last4=None,
        died_on=None,
        created_at=at,
        version=1,
    )
    membership = add_membership(book, home, person["id"], relation, at)
    resident = Resident(person["id"], name, person["sort_key"], born, sex, group, home, person, membership)
    home.members.append(resident)
    return resident


def add_membership(
    book: Book,
    home: Home,
    person_id: uuid.UUID,
    relation: str,
    at: datetime,
    *,
    by: uuid.UUID | None = None,
    guardian_id: uuid.UUID | None = None,
) -> dict[str, Any]:
    """A person in a household, from this moment on."""
    return book.add(
        HouseholdMembership,
        id=book.new_id(at),
        ward_code=home.row["ward_code"],
        household_id=home.id,
        person_id=person_id,
        relation=relation,
        guardian_id=guardian_id,
        granted_at=at,
        granted_by=by,
        revoked_at=None,
        revoked_by=None,
        end_reason=None,
    )


def open_account(
    ward: Ward, resident: Resident, at: datetime, *, login: str = "", password_hash: str = NOBODY
) -> uuid.UUID:
    """The resident's account with consent given on the web; the one there is, when there is one."""
    if resident.account_id is None:
        book = ward.book
        resident.account_id = account(ward, login or _login(ward, resident), resident.name, at, password_hash)
        book.rows[Account][-1]["person_id"] = resident.id
        book.add(
            Consent,
            id=book.new_id(at),
            person_id=resident.id,
            text_version=PRIVACY_VERSION,
            channel="web",
            given_at=at,
            given_by=resident.account_id,
            withdrawn_at=None,
        )
        book.note(
            at,
            "consent.give",
            ward_code=WARD,
            account_id=resident.account_id,
            subject_kind="person",
            subject_id=resident.id,
            detail={"version": PRIVACY_VERSION, "channel": "web"},
        )
    return resident.account_id


def account(ward: Ward, login: str, name: str, at: datetime, password_hash: str) -> uuid.UUID:
    """An account that belongs to no resident."""
    ward.logins.add(login)
    account_id = ward.book.new_id(at)
    ward.book.add(
        Account,
        id=account_id,
        login=login,
        display_name=name,
        search_key=fold(name),
        password_hash=password_hash,
        person_id=None,
        created_at=at,
        password_changed_at=at,
        closed_at=None,
    )
    return account_id


def _login(ward: Ward, resident: Resident) -> str:
    words = fold(resident.name).split()
    base = f"{words[-1]}.{words[0]}.{resident.birth_year}"
    return next(login for login in (base, *(f"{base}.{number}" for number in range(2, 99))) if login not in ward.logins)


def grant_role(
    book: Book, account_id: uuid.UUID, role: Role, at: datetime, *, by: uuid.UUID, community_id: uuid.UUID | None = None
) -> None:
    """A role in the demonstration's ward, its province, or everywhere."""
    province = None if role is Role.ADMIN else PROVINCE
    ward_code = None if role in {Role.ADMIN, Role.PROVINCE_OFFICER} else WARD
    key = str(community_id) if community_id else ward_code or province or "*"
    book.add(
        RoleGrant,
        id=book.new_id(at),
        account_id=account_id,
        role=str(role),
        place_key=key,
        province_code=province,
        ward_code=ward_code,
        community_id=community_id,
        granted_at=at,
        granted_by=by,
        revoked_at=None,
        revoked_by=None,
    )
    book.note(
        at,
        "role.grant",
        ward_code=ward_code,
        account_id=by,
        subject_kind="account",
        subject_id=account_id,
        detail={"role": str(role), "place": key},
    )
