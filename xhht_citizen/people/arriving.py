"""Many people written down at once, as lists bring them: the same rows as one by one, by a few statements."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from xhht_citizen.database import new_id, now
from xhht_citizen.people.actions import NewPerson, filled, new_join_code
from xhht_citizen.people.models import Household, HouseholdMembership, Person


@dataclass(frozen=True)
class NewHome:
    """A household to be founded, called after its head."""

    id: uuid.UUID
    community_id: uuid.UUID | None
    name: str
    address: str | None = None


@dataclass(frozen=True)
class Arrival:
    """Somebody new in a household: as what, and who is guardian of a child."""

    person_id: uuid.UUID
    details: NewPerson
    household_id: uuid.UUID
    relation: str
    guardian_id: uuid.UUID | None = None


def found(db: Session, ward_code: str, homes: Collection[NewHome]) -> None:
    """Found these households; their members are written down in the same transaction."""
    if homes:
        moment = now()
        rows = [
            {
                "id": home.id,
                "ward_code": ward_code,
                "community_id": home.community_id,
                "name": home.name,
                "address": home.address,
                "join_code": new_join_code(),
                "created_at": moment,
            }
            for home in homes
        ]
        db.execute(insert(Household), rows, execution_options={"render_nulls": True})


def arrive(
    db: Session, ward_code: str, arrivals: Collection[Arrival], *, account_id: uuid.UUID | None, id_key: str
) -> None:
    """Write these people down, each in their household. Counts and audit are the caller's.

    Invalid on what a person cannot have; AlreadyThere (database.py) where a citizen id is somebody's by now.
    """
    if not arrivals:
        return
    moment = now()
    persons: list[dict[str, Any]] = []
    memberships: list[dict[str, Any]] = []
    for one in arrivals:
        persons.append(
            {
                **filled(one.details, id_key),
                "id": one.person_id,
                "ward_code": ward_code,
                "created_at": moment,
                "version": 1,
            }
        )
        memberships.append(
            {
                "id": new_id(),
                "ward_code": ward_code,
                "household_id": one.household_id,
                "person_id": one.person_id,
                "relation": one.relation,
                "guardian_id": one.guardian_id,
                "granted_at": moment,
                "granted_by": account_id,
            }
        )
    nulls = {"render_nulls": True}  # or rows that lack something else each make a statement of their own
    db.execute(insert(Person), persons, execution_options=nulls)
    db.execute(insert(HouseholdMembership), memberships, execution_options=nulls)
