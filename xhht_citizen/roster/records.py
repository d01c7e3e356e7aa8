"""What a ward's own records know of a batch of lines: one statement for each question, whatever its size."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from xhht_citizen.people.models import Account, Household, HouseholdMembership, Person
from xhht_citizen.people.rules import Birth, citizen_id_hash
from xhht_citizen.roster.plan import Family
from xhht_citizen.roster.rules import name_key, turned


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody on record, and where they live today."""

    id: uuid.UUID
    ward_code: str | None
    name: str
    birth_year: int
    birth_date: Any
    sex: str | None
    phone: str | None
    learner_group: str
    citizen_id_hash: str | None
    died_on: Any
    version: int
    household_id: uuid.UUID | None
    relation: str | None
    community_id: uuid.UUID | None
    account_id: uuid.UUID | None

    @property
    def birth(self) -> Birth:
        """When they were born, as far as known."""
        return Birth(self.birth_year, self.birth_date)


@dataclass(frozen=True)
class Ward:
    """Whose list it is: the ward, the year that decides who is adult, the key of the hashes."""

    code: str
    year: int
    id_key: str


@dataclass(frozen=True, slots=True)
class Head:
    """Who leads a household on record: by which name and year of birth, and whether they sign in themselves."""

    id: uuid.UUID
    called: tuple[str, int]
    signs_in: bool


class Records:
    """What the database knows of a batch: people by number and by name, and the households of heads."""

    def __init__(self, db: Session, ward: Ward, families: Sequence[Family]) -> None:
        lines = [line for family in families for line in family.lines if not line.bad]
        self.hashes = {
            line.number: citizen_id_hash(line.citizen_id, ward.id_key) for line in lines if line.citizen_id is not None
        }
        self.by_hash: dict[str, Known] = {}
        self.by_name: dict[str, list[Known]] = {}
        self.led: dict[tuple[str, uuid.UUID | None], list[uuid.UUID]] = {}
        self.heads: dict[uuid.UUID, Head] = {}
        if self.hashes:
            for row in db.execute(_people().where(Person.citizen_id_hash.in_(set(self.hashes.values())))):
                self.by_hash[row.citizen_id_hash] = Known(*row)
        names = {way for line in lines for way in turned(line.name)}
        if names:
            found = db.execute(_people().where(Person.ward_code == ward.code, Person.search_key.in_(names)))
            for row in found:
                self.by_name.setdefault(name_key(row.name), []).append(Known(*row))
        self._read_heads(db, ward, families)

    def _read_heads(self, db: Session, ward: Ward, families: Sequence[Family]) -> None:
        people = [*self.by_hash.values(), *(one for every in self.by_name.values() for one in every)]
        homes = {one.household_id for one in people if one.household_id is not None}
        keys = {way for family in families if family.head_key for way in turned(family.head_key)}
        rows = db.execute(
            select(Household.id, Household.community_id, Person.id, Person.name, Person.birth_year, Account.id)
            .join(HouseholdMembership, HouseholdMembership.household_id == Household.id)
            .join(Person, Person.id == HouseholdMembership.person_id)
            .outerjoin(Account, and_(Account.person_id == Person.id, Account.closed_at.is_(None)))
            .where(
                HouseholdMembership.revoked_at.is_(None),
                HouseholdMembership.relation == "head",
                or_(Household.id.in_(homes), and_(Person.ward_code == ward.code, Person.search_key.in_(keys))),
            )
        )
        for household_id, community_id, person_id, name, born, account_id in rows:
            self.heads[household_id] = Head(person_id, (name_key(name), born), account_id is not None)
            self.led.setdefault((name_key(name), community_id), []).append(household_id)


def _people() -> Select[*tuple[Any, ...]]:
    """The columns of `Known`, in its order."""
    columns: list[Any] = [
        Person.id,
        Person.ward_code,
        Person.name,
        Person.birth_year,
        Person.birth_date,
        Person.sex,
        Person.phone,
        Person.learner_group,
        Person.citizen_id_hash,
        Person.died_on,
        Person.version,
        HouseholdMembership.household_id,
        HouseholdMembership.relation,
        Household.community_id,
        Account.id.label("account_id"),
    ]
    return (
        select(*columns)
        .outerjoin(
            HouseholdMembership,
            and_(HouseholdMembership.person_id == Person.id, HouseholdMembership.revoked_at.is_(None)),
        )
        .outerjoin(Household, Household.id == HouseholdMembership.household_id)
        .outerjoin(Account, and_(Account.person_id == Person.id, Account.closed_at.is_(None)))
        .order_by(Person.id)
    )
