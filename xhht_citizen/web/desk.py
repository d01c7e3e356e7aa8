"""Where an officer works: one desk a community headed or ward served, chosen by `?noi=`, and who is family there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import g, request

from xhht_citizen.access.rules import Role, Thing
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Desk:
    """One place of work. `community_id` is set for the head of a community, who sees nothing else of the ward."""

    key: str
    ward_code: str
    community_id: uuid.UUID | None
    reviews: bool
    signs: bool


def desks() -> list[Desk]:
    """The places where the actor reviews, in the order the roles were given; a ward's two roles are one desk."""
    if "desks" not in g:
        found: dict[str, Desk] = {}
        for grant in actor().grants:
            if grant.ward_code is None:
                continue
            if grant.role is Role.COMMUNITY_HEAD:
                key = str(grant.community_id)
                found[key] = Desk(key, grant.ward_code, grant.community_id, reviews=False, signs=False)
            elif grant.role in {Role.WARD_REVIEWER, Role.WARD_SIGNER}:
                old = found.get(grant.ward_code)
                found[grant.ward_code] = Desk(
                    grant.ward_code,
                    grant.ward_code,
                    None,
                    reviews=grant.role is Role.WARD_REVIEWER or (old is not None and old.reviews),
                    signs=grant.role is Role.WARD_SIGNER or (old is not None and old.signs),
                )
        g.desks = list(found.values())
    return g.desks  # type: ignore[no-any-return]


def desk(*, ward: bool = False, signs: bool = False) -> Desk:
    """The desk the address names by `noi`, or the first; only wards', only those one signs for. Forbidden: none."""
    fitting = [one for one in desks() if (one.community_id is None or not ward) and (one.signs or not signs)]
    wanted = request.values.get("noi")
    chosen = next((one for one in fitting if one.key == wanted), None)
    if chosen is None:
        if not fitting or wanted:
            raise Forbidden(N_("Ông/bà không có việc ở nơi này."))
        chosen = fitting[0]
    g.place_name = place_name(chosen)
    return chosen


def place_name(at: Desk) -> str:
    """What a desk's place is called: the ward, or the community and its ward. All desks are asked about at once."""
    if "place_names" not in g:
        every = desks()
        communities = {one.community_id for one in every if one.community_id is not None}
        g.place_names = places.names(reader(), {one.ward_code for one in every}, communities)
    ward: str = g.place_names[at.ward_code]
    return f"{g.place_names[at.community_id]}, {ward}" if at.community_id else ward


def chips(at: Desk, *, ward: bool = False, signs: bool = False) -> list[dict[str, Any]]:
    """The choice of desks where there are several, for ui.chips; empty otherwise."""
    fitting = [one for one in desks() if (one.community_id is None or not ward) and (one.signs or not signs)]
    if len(fitting) < 2:
        return []
    return [{"url": f"?noi={one.key}", "label": place_name(one), "current": one.key == at.key} for one in fitting]


def noi(at: Desk) -> str | None:
    """What addresses at this desk carry as `noi`: its key where there are several desks."""
    return at.key if len(desks()) > 1 else None


def relatives() -> frozenset[uuid.UUID]:
    """Who lives in the actor's household today, the actor too."""
    if "relatives" not in g:
        who = actor()
        found = (
            {member.person_id for member in people.members(reader(), who.household_id)} if who.household_id else set()
        )
        g.relatives = frozenset(found | ({who.person_id} if who.person_id else set()))
    return g.relatives  # type: ignore[no-any-return]


def family_of(rows: Iterable[Any]) -> set[uuid.UUID]:
    """Which cases, or rows of a list, are the actor's own or of the own household, then or today."""
    kin, home = relatives(), actor().household_id
    return {row.id for row in rows if row.person_id in kin or (home is not None and home == row.household_id)}


def is_family(row: Any) -> bool:
    """Whether a case is the actor's own or of the own household, then or today."""
    return row.id in family_of([row])


def is_family_person(person_id: uuid.UUID) -> bool:
    """Whether this is the actor, or somebody who lives in the same household today."""
    return person_id in relatives()


def thing_of(row: Any, *, submitted: bool = True) -> Thing:
    """A case or title as the policy reads it, without a query for each row."""
    households = {row.household_id} if row.household_id else set()
    household = actor().household_id
    if household is not None and row.person_id in relatives():
        households.add(household)
    return Thing(row.person_id, frozenset(households), row.community_id, row.ward_code, None, submitted)
