"""The household: its own members' page, and the officers' view of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications.rules import open_year
from xhht_citizen.errors import N_
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import Birth, age, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import percent
from xhht_citizen.titles import queries as titles
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.transactions import looked_at, reader

bp = Blueprint("household", __name__)
RELATIONS = {
    "head": N_("chủ hộ"),
    "spouse": N_("vợ hoặc chồng chủ hộ"),
    "child": N_("con của chủ hộ"),
    "parent": N_("cha hoặc mẹ của chủ hộ"),
    "other": N_("người nhà"),
}


@dataclass(frozen=True)
class Member:
    """Somebody of the household as the page shows them: no score, only whether the year's title is there."""

    person_id: uuid.UUID
    name: str
    about: str
    adult: bool
    registered: bool
    title_id: uuid.UUID | None


@bp.get("/gia-dinh")
@needs("year.own")
def mine() -> Any:
    """One's own household: who lives in it, who holds the year's title, the code for relatives."""
    home = people.home_of(reader(), found(actor().person_id))
    if home is None:
        return redirect(url_for("account.residence"))
    code = found(people.household(reader(), home.household_id)).join_code
    return render_template("household/mine.html", home=home, join_code=code, **_shown(home.household_id))


def _household(household_id: uuid.UUID) -> tuple[Any, Thing]:
    db = reader()
    household = found(people.household(db, household_id), N_("Không tìm thấy hộ này."))
    thing = access.thing(
        db, ward_code=household.ward_code, community_id=household.community_id, household_id=household.id
    )
    return household, thing


@bp.get("/ho-gia-dinh/<uuid:household_id>")
@needs("household.view", _household)
def view(household: Any) -> Any:
    """The household as officers see it: adults by name, each of them looked at; children only as a number."""
    if household.id == actor().household_id:
        return redirect(url_for(".mine"))
    shown = _shown(household.id)
    for member in shown["adults"]:
        looked_at(member.person_id, household.ward_code, "household.view")
    db = reader()
    community = places.community(db, household.community_id) if household.community_id else None
    ward = places.commune(db, household.ward_code)
    return render_template("household/view.html", household=household, community=community, ward=ward, **shown)


def _shown(household_id: uuid.UUID) -> dict[str, Any]:
    db, today = reader(), clock.today()
    year = open_year(today)
    rows = people.members(db, household_id)
    standing = titles.standing_of(db, [row.person_id for row in rows], year)
    members = [
        Member(
            row.person_id,
            row.person.name,
            _(
                "%(age)s tuổi, %(relation)s",
                age=age(Birth(row.person.birth_year, row.person.birth_date), today),
                relation=_(RELATIONS[row.relation]),
            ),
            is_adult(row.person.birth_year, year),
            standing[row.person_id].registered,
            standing[row.person_id].title_id,
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
    }
