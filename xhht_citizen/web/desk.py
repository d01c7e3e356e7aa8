"""Where an officer works: a desk for each community headed, ward or province served (`?noi=`); who is family there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import g, request

from xhht_citizen import clock
from xhht_citizen.access.rules import Role, Thing
from xhht_citizen.access.standing_in import STANDS_IN_LABELS, StandsIn
from xhht_citizen.applications.queues import BY_COMMUNITY, Place
from xhht_citizen.applications.subjects import Spoken, barred, decider, spoken_for
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Desk:
    """One place of work. `community_id` is set for the head of a community, who sees nothing else of the ward.

    A province's desk has `province_code` and no ward: it is for the titles provinces decide on, and nothing else.
    `stands_in`: one works here for an association the ward does not have.
    """

    key: str
    ward_code: str
    community_id: uuid.UUID | None
    reviews: bool
    signs: bool
    province_code: str | None = None
    stands_in: StandsIn | None = None

    @property
    def place(self) -> Place:
        """Whose queue lies here."""
        if self.province_code is not None:
            return Place(province_code=self.province_code)
        return Place(self.ward_code, self.community_id)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of cases that pass here; empty for all."""
        return BY_COMMUNITY if self.community_id is not None else ()


def desks() -> list[Desk]:
    """The places where the actor reviews, in the order the roles were given; a ward's two roles are one desk."""
    if "desks" not in g:
        found: dict[str, Desk] = {}
        for grant in actor().grants:
            if grant.role is Role.PROVINCE_OFFICER and grant.province_code:
                code = grant.province_code
                found[code] = Desk(code, "", None, reviews=True, signs=True, province_code=code)
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
                    stands_in=grant.stands_in or (old.stands_in if old is not None else None),
                )
        g.desks = list(found.values())
    return g.desks  # type: ignore[no-any-return]


def fitting_desks(*, ward: bool, signs: bool, province: bool) -> list[Desk]:
    """The desks that fit: with `ward` no communities', with `signs` only where one signs, `province`: those as well."""
    return [
        one
        for one in desks()
        if (one.community_id is None or not ward)
        and (one.signs or not signs)
        and (province or one.province_code is None)
    ]


def desk(*, ward: bool = False, signs: bool = False, province: bool = False) -> Desk:
    """The desk the address names by `noi`, or the first; only wards', only those one signs for. Forbidden: none."""
    fitting = fitting_desks(ward=ward, signs=signs, province=province)
    wanted = request.values.get("noi")
    chosen = next((one for one in fitting if one.key == wanted), None)
    if chosen is None:
        if not fitting or wanted:
            raise Forbidden(N_("Ông/bà không có việc ở nơi này."))
        chosen = fitting[0]
    g.place_name = place_name(chosen)
    g.stands_in = STANDS_IN_LABELS[chosen.stands_in] if chosen.stands_in else None
    return chosen


def place_name(at: Desk) -> str:
    """What a desk's place is called: the ward, or the community and its ward. All desks are asked about at once."""
    if at.province_code is not None:
        return places.province(reader(), at.province_code).name
    if "place_names" not in g:
        every = [one for one in desks() if one.province_code is None]
        communities = {one.community_id for one in every if one.community_id is not None}
        g.place_names = places.names(reader(), {one.ward_code for one in every}, communities)
    ward: str = g.place_names[at.ward_code]
    return f"{g.place_names[at.community_id]}, {ward}" if at.community_id else ward


def chips(at: Desk, *, ward: bool = False, signs: bool = False, province: bool = False) -> list[dict[str, Any]]:
    """The choice of desks where there are several, for ui.chips; empty otherwise."""
    fitting = fitting_desks(ward=ward, signs=signs, province=province)
    if len(fitting) < 2:
        return []
    return [{"url": f"?noi={one.key}", "label": place_name(one), "current": one.key == at.key} for one in fitting]


def noi(at: Desk) -> str | None:
    """What addresses at this desk carry as `noi`: its key where there are several desks."""
    return at.key if len(desks()) > 1 else None


def noi_of(place: Thing) -> str | None:
    """What addresses of a place carry as `noi`: the key of the desk it is served from, where there are several."""
    fitting = (one for one in desks() if one.ward_code == place.ward_code)
    at = next((one for one in fitting if one.community_id in {None, place.community_id}), None)
    return noi(at) if at is not None else None


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
    """Which cases, or rows of a list, are the actor's own, of the own household, then or today, or of who they help.

    Of groups: those one speaks for, and the own clan. One look into the belongings for all of them.
    """
    rows, kin, home = list(rows), relatives() | actor().helps, actor().household_id
    found = {row.id for row in rows if row.person_id in kin or (home is not None and home == row.household_id)}
    return found | {row.id for row in rows if row.person_id is None and speaks_for_row(row)}


def barred_of(rows: Iterable[Any]) -> set[uuid.UUID]:
    """Which cases, or rows of a queue, the actor declined before they were appealed: others look at them again."""
    return {row.id for row in rows if actor().account_id in barred(row)}


def spoken() -> Spoken:
    """What the actor speaks for today, asked once a request."""
    if "spoken" not in g:
        g.spoken = spoken_for(reader(), actor(), clock.today())
    return g.spoken  # type: ignore[no-any-return]


def speaks_for_row(row: Any) -> bool:
    """Whether the group of a row is one the actor speaks for, or their own clan."""
    return (Kind(row.kind), row.subject_id) in spoken().groups or row.subject_id in spoken().clans


def is_family(row: Any) -> bool:
    """Whether a case is the actor's own or of the own household, then or today."""
    return row.id in family_of([row])


def is_family_person(person_id: uuid.UUID) -> bool:
    """Whether this is the actor, or somebody who lives in the same household today."""
    return person_id in relatives()


def thing_of(row: Any, *, submitted: bool = True, province_code: str | None = None) -> Thing:
    """A case or title as the policy reads it, without a query for each row; `province_code` of the desk it lies at."""
    households = {row.household_id} if row.household_id else set()
    if row.person_id is None:
        me, kind = actor().person_id, Kind(row.kind)
        own = frozenset({me}) if me is not None else frozenset()
        return Thing(
            None,
            frozenset(households),
            row.community_id,
            row.ward_code,
            province_code,
            submitted,
            kind=row.kind,
            speakers=own if (kind, row.subject_id) in spoken().groups else frozenset(),
            members=own if row.subject_id in spoken().clans else frozenset(),
            decided_by=decider(row.kind, row.year),
            barred=barred(row),
        )
    household = actor().household_id
    if household is not None and row.person_id in relatives():
        households.add(household)
    return Thing(
        row.person_id, frozenset(households), row.community_id, row.ward_code, None, submitted, barred=barred(row)
    )
