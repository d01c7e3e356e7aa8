"""The household: its own members' page, and the officers' view of it. What happens in it is in household_life.py."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.readiness import Readiness
from xhht_citizen.applications.rules import UNDECIDED, State, open_year
from xhht_citizen.criteria.rules import lacking
from xhht_citizen.errors import N_
from xhht_citizen.groups import members as belongings
from xhht_citizen.groups.rules import SIDE_LABELS, Kind, Side, is_school_age
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import RELATION_LABELS, Birth, age, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import percent
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, desk
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.registering_own import group_year
from xhht_citizen.web.transactions import looked_at, reader

bp = Blueprint("household", __name__)


@dataclass(frozen=True)
class Member:
    """Somebody of the household as the page shows them: no score, only where the year's title stands.

    `state` is 'granted', 'recommended', 'sent', 'registered' or ''; `school` is for children of school age.
    """

    person_id: uuid.UUID
    name: str
    about: str
    adult: bool
    registered: bool
    title_id: uuid.UUID | None
    since: Any
    granted_at: Any = None
    state: str = ""
    of_school_age: bool = False
    school: bool | None = None


@bp.get("/gia-dinh")
@needs("year.own")
def mine() -> Any:
    """One's own household: who lives in it, how near its title is, its clans, what waits, the code for relatives."""
    db = reader()
    home = people.home_of(db, found(actor().person_id))
    if home is None:
        return redirect(url_for("account.residence"))
    code = found(people.household(db, home.household_id)).join_code
    shown = _shown(home.household_id, own=True)
    it, thing = belonging.opened(belonging.group_of(Kind.HOUSEHOLD, home.household_id))
    speaks = allowed("group.manage", thing)
    clans = {row.side: row for row in belongings.clan_memberships(db, home.household_id)}
    own = [found(actor().person_id)]  # who is an adult answers what waits for them alone, as joining.one has it
    joiners = [home.household_id, *own, *(row.person_id for row in shown["children"])] if speaks else own
    return render_template(
        "household/mine.html",
        home=home,
        join_code=code,
        speaks=speaks,
        registered=group_year(it.group, thing),
        ready=belonging.ready(it, lambda stands: _turned_back(stands, shown["adults"], shown["year"])),
        clans=[(side.value, _(SIDE_LABELS[side]), clans.get(side.value)) for side in Side],
        units=belongings.unit_memberships(db, found(actor().person_id)),
        waiting=belonging.waiting_for(joiners) + belonging.waiting_at(home.household_id),
        **shown,
    )


def load(household_id: uuid.UUID) -> tuple[Any, Thing]:
    """A household, for those who may see it."""
    db = reader()
    household = found(people.household(db, household_id), N_("Không tìm thấy hộ này."))
    thing = access.thing(
        db, ward_code=household.ward_code, community_id=household.community_id, household_id=household.id
    )
    return household, thing


@bp.get("/ho-gia-dinh/<uuid:household_id>")
@needs("household.view", load)
def view(household: Any) -> Any:
    """The household as officers see it: adults by name, each of them looked at; children only as a number."""
    if household.id == actor().household_id:
        return redirect(url_for(".mine"))
    shown = _shown(household.id, own=False)
    for member in shown["adults"]:
        looked_at(member.person_id, household.ward_code, "household.view")
    db = reader()
    community = places.community(db, household.community_id) if household.community_id else None
    ward = places.commune(db, household.ward_code)
    it, thing = belonging.opened(belonging.group_of(Kind.HOUSEHOLD, household.id))
    clans = {row.side: row for row in belongings.clan_memberships(db, household.id)}
    return render_template(
        "household/view.html",
        household=household,
        community=community,
        ward=ward,
        slips_url=_slips_url(household, shown["adults"]),
        registered=group_year(it.group, thing),
        ready=belonging.ready(it, lambda stands: _turned_back(stands, shown["adults"], shown["year"])),
        clans=[(side.value, _(SIDE_LABELS[side]), clans.get(side.value)) for side in Side],
        waiting=belonging.waiting_for([household.id]) + belonging.waiting_at(household.id),
        **shown,
    )


def _slips_url(household: Any, adults: list[Member]) -> str | None:
    """Where slips are printed for the adults without an account, for who serves the place."""
    place = Thing(community_id=household.community_id, ward_code=household.ward_code)
    if not allowed("slip.make", place):
        return None
    without = {one.person_id for one in adults} - people.with_account(reader(), [one.person_id for one in adults])
    return url_for("slips.confirm", ho=household.id, noi=desk.noi_of(place)) if without else None


def _shown(household_id: uuid.UUID, *, own: bool) -> dict[str, Any]:
    db, today = reader(), clock.today()
    year = open_year(today)
    rows = people.members(db, household_id)
    ids = [row.person_id for row in rows]
    standing = titles.standing_of(db, ids, year)
    states = applications.states_of(db, ids, year) if own else {}
    school = belongings.schooling(db, ids, year) if own else {}
    since = people.arrivals(db, household_id)
    members = [
        Member(
            row.person_id,
            row.person.name,
            _(
                "%(age)s tuổi, %(relation)s",
                age=age(Birth(row.person.birth_year, row.person.birth_date), today),
                relation=_(RELATION_LABELS[row.relation]),
            ),
            is_adult(row.person.birth_year, year),
            standing[row.person_id].registered,
            standing[row.person_id].title_id,
            since[row.person_id],
            standing[row.person_id].granted_at,
            _state(standing[row.person_id], states.get(row.person_id)),
            is_school_age(row.person.birth_year, year),
            school.get(row.person_id),
        )
        for row in rows
    ]
    counts = ratios.household_counts(db, household_id, year)
    return {
        "year": year,
        "counts": counts,
        "percent": percent(counts.recognised, counts.total),
        "adults": [member for member in members if member.adult],
        "children": [member for member in members if not member.adult],
        "head_name": next((row.person.name for row in rows if row.relation == "head"), None),
    }


def _state(standing: Any, state: State | None) -> str:
    """How near somebody is, by state alone: who was sent back or not recognised is as somebody who registered."""
    if standing.title_id:
        return "granted"
    if state is State.RECOMMENDED:
        return "recommended"
    if state in UNDECIDED:
        return "sent"
    return "registered" if standing.registered else ""


def _turned_back(stands: Readiness, adults: list[Member], year: int) -> str | None:
    """Why a household that was ready is so no more: the adults who came since it was, this year, without a title."""
    short = next((one for one in stands.requirements if one.line.ratio == "adults_citizen" and not one.met), None)
    if short is None:
        return None
    came = sorted((one for one in adults if not one.title_id), key=lambda one: one.since, reverse=True)
    for last in came:
        if clock.local(last.since).year != year:
            return None
        there = [one for one in adults if one.since < last.since]
        held = sum(1 for one in there if one.granted_at is not None and one.granted_at <= last.since)
        if there and not lacking(short.at_least, held, len(there)):
            return str(
                _(
                    "Hộ có thêm %(names)s trong năm nay, chưa là công dân học tập, nên tỷ lệ người lớn không còn đủ.",
                    names=", ".join(one.name for one in reversed(came) if one.since >= last.since),
                )
            )
    return None
