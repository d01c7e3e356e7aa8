"""Who gets a self-assessment sheet on paper, and whose a code typed from one is."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.applications.models import Application
from xhht_citizen.applications.rules import EDITABLE
from xhht_citizen.people.models import Household, HouseholdMembership, Person
from xhht_citizen.people.rules import CODE_ALPHABET, Group, adult_born_by
from xhht_citizen.places.models import Community
from xhht_citizen.vietnamese import fold

CODE_LETTERS = 8


@dataclass(frozen=True)
class SheetPlace:
    """Whose people: a ward's, one community's, or one household's of these; for a year."""

    ward_code: str
    community_id: uuid.UUID | None
    year: int
    household_id: uuid.UUID | None = None


@dataclass(frozen=True)
class SheetRow:
    """An adult who may get a sheet; `state` is where their case of the year stands, if there is one."""

    person_id: uuid.UUID
    name: str
    sort_key: str
    birth_year: int
    learner_group: str
    household: str
    community: str | None
    state: str | None
    pinned_set: str | None

    @property
    def criteria_set(self) -> str:
        """The set the sheet asks: that of the case once there is one, else of the person's own group."""
        return self.pinned_set or Group(self.learner_group).criteria_set


def sheet_code(person_id: uuid.UUID, year: int) -> str:
    """The code printed on a person's sheet of a year: found again only among the people one serves; no secret.

    Two digits of the year, then eight letters and digits that no other person of a ward will share.
    """
    number = int.from_bytes(hashlib.sha256(f"sheet:{person_id.hex}:{year}".encode()).digest()[:8])
    letters = []
    for _ in range(CODE_LETTERS):
        number, rest = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[rest])
    return f"{year % 100:02d}{''.join(letters)}"


def shown_code(code: str) -> str:
    """A code as it is printed and read aloud."""
    return f"{code[:2]}-{code[2:6]}-{code[6:]}"


def plain_code(text: str) -> str:
    """A code as typed, with or without spaces and hyphens."""
    return "".join(char for char in text.upper() if char.isalnum())[: CODE_LETTERS + 2]


def bearers(db: Session, places: Collection[SheetPlace], code: str) -> list[uuid.UUID]:
    """Whose sheet the code stands on, among the adults of these places."""
    found = []
    for place in places:
        if code[:2] != f"{place.year % 100:02d}":
            continue
        ids = db.scalars(_of_place(select(Person.id), place))
        found += [one for one in ids if sheet_code(one, place.year) == code]
    return sorted(set(found))


def rows(
    db: Session,
    place: SheetPlace,
    *,
    unsent: bool = False,
    text: str = "",
    ids: Collection[uuid.UUID] | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    limit: int | None = None,
) -> list[SheetRow]:
    """Adults of the place by name, searched without marks; `unsent`: only who has not sent a case of the year."""
    query = (
        _with_case(
            select(
                Person.id,
                Person.name,
                Person.sort_key,
                Person.birth_year,
                Person.learner_group,
                Household.name,
                Community.name,
                Application.state,
                Application.criteria_set,
            ),
            place,
            unsent=unsent,
        )
        .order_by(Person.sort_key, Person.id)
        .limit(limit)
    )
    if text.strip():
        query = query.where(Person.search_key.contains(fold(text), autoescape=True))
    if ids is not None:
        query = query.where(Person.id.in_(ids))
    if after is not None:
        key, last = after
        query = query.where((Person.sort_key > key) | ((Person.sort_key == key) & (Person.id > last)))
    return [SheetRow(*row) for row in db.execute(query)]


def count(db: Session, place: SheetPlace, *, unsent: bool = False) -> int:
    """How many adults of the place there are."""
    return int(db.scalars(_with_case(select(func.count(Person.id)), place, unsent=unsent)).one())


def _with_case(query: Any, place: SheetPlace, *, unsent: bool) -> Any:
    query = _of_place(query, place).outerjoin(
        Application,
        and_(Application.person_id == Person.id, Application.year == place.year, Application.kind == "citizen"),
    )
    return query.where(or_(Application.id.is_(None), Application.state.in_(EDITABLE))) if unsent else query


def _of_place(query: Any, place: SheetPlace) -> Any:
    query = (
        query.select_from(Person)
        .join(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .join(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(Community, Community.id == Household.community_id)
        .where(
            Household.ward_code == place.ward_code,
            Person.birth_year <= adult_born_by(place.year),
            Person.died_on.is_(None),
        )
    )
    if place.community_id is not None:
        query = query.where(Household.community_id == place.community_id)
    return query if place.household_id is None else query.where(Household.id == place.household_id)
