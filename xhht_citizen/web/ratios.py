"""Ratios: from the country down to a community and, for those who may, to the rows and names behind a number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, Thing
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import areas, facts, queries
from xhht_citizen.ratios.areas import AreaRow
from xhht_citizen.ratios.rules import MEASURES, SHARES, Counts
from xhht_citizen.ratios.targets import Target
from xhht_citizen.web.guard import allowed, found, public
from xhht_citizen.web.measures import Choice, Line, chosen, draw, line, shares, targets_of
from xhht_citizen.web.paging import PAGE, read_id
from xhht_citizen.web.transactions import reader
from xhht_citizen.web.years import FIRST_YEAR

bp = Blueprint("ratios", __name__)
GROUPS = {"clan": "clan", "unit": "unit", "agency": "unit"}  # listed by name, and whose pages show them


def years(choice: Choice) -> list[int]:
    """The years to choose from, the latest first."""
    return list(range(clock.today().year, FIRST_YEAR - 1, -1))


@bp.get("/ty-le")
@public
def country() -> Any:
    """The country by province."""
    choice, db = chosen(), reader()
    counted = areas.of_country(db, choice.year, [choice.measure.name])
    rows, whole = counted.rows[choice.measure.name], counted.whole[choice.measure.name]
    return page(
        choice,
        NOTHING,
        replace(whole, name=_("cả nước")),
        [
            replace(
                one,
                note=_("Có số liệu: %(wards)s/%(all)s xã", wards=row.wards, all=row.of_wards) if row.wards else "",
            )
            for row, one in lines(rows, choice, "ratios.province")
        ],
        shared=areas.shares(db, choice.year),
        covered=(whole.wards, whole.of_wards),
        drawing=draw(rows, whole, choice),
    )


@bp.get("/ty-le/tinh/<code>")
@public
def province(code: str) -> Any:
    """A province by commune, with a map."""
    choice, db = chosen(), reader()
    place = places.province(db, code)
    counted = areas.of_province(db, code, choice.year, [choice.measure.name])
    rows, whole = counted.rows[choice.measure.name], counted.whole[choice.measure.name]
    own = queries.own_targets(db, [code])
    return page(
        choice,
        Thing(province_code=code),
        replace(whole, code=code, name=place.name),
        [one for _row, one in lines(rows, choice, "ratios.ward", own)],
        own=own,
        shared=areas.shares(db, choice.year, province_code=code),
        covered=(sum(row.taken_at is not None for row in rows), len(rows)),
        drawing=draw(rows, whole, choice),
    )


@bp.get("/ty-le/xa/<code>")
@public
def ward(code: str) -> Any:
    """A commune by community; its clans and units for those who may see them."""
    choice, db = chosen(), reader()
    place = places.commune(db, code)
    counted = areas.of_ward(db, code, choice.year, [choice.measure.name])
    rows, whole = counted.rows[choice.measure.name], counted.whole[choice.measure.name]
    own = queries.own_targets(db, [code, place.province_code])
    thing = Thing(ward_code=code, province_code=place.province_code)
    behind: dict[str, Any] = {}
    if choice.measure.name in GROUPS and allowed("group.view", thing):
        behind = groups_page(choice, "ratios.ward", code, code=code)
    return page(
        choice,
        thing,
        replace(whole, code=code, name=place.name),
        [
            replace(one, code=row.code, name=row.name or _("Chưa rõ thôn, tổ dân phố"))
            for row, one in lines(rows, choice, "ratios.community", own)
        ],
        own=own,
        shared=areas.shares(db, choice.year, ward_code=code),
        province=place.province,
        may_declare=allowed("totals.declare", thing),
        **behind,
    )


@bp.get("/ty-le/to/<uuid:community_id>")
@public
def community(community_id: uuid.UUID) -> Any:
    """One community; the households, clans, units and title holders behind a number for those who may see them."""
    choice, db = chosen(), reader()
    place = places.community(db, community_id)
    commune = places.commune(db, place.ward_code)
    thing = Thing(community_id=community_id, ward_code=commune.code, province_code=commune.province_code)
    counted = areas.of_community(db, commune.code, community_id, choice.year, [choice.measure.name, *SHARES])
    showing = request.args.get("xem", "")
    behind: dict[str, Any] = {}
    if choice.measure.name in GROUPS:
        if allowed("group.view", thing):
            behind = groups_page(choice, "ratios.community", commune.code, community_id, community_id=community_id)
    elif choice.measure.name == "household":
        if allowed("household.view", thing):
            behind = recognised_page(choice, place)
    elif showing == "nguoi" and allowed("person.view", thing):
        behind = holders_page(choice, community_id)
    elif allowed("household.view", thing):
        behind = households_page(choice, commune.code, community_id)
    return page(
        choice,
        thing,
        replace(counted.whole[choice.measure.name], code="", name=place.name),
        [],
        own=queries.own_targets(db, [commune.code, commune.province_code]),
        shared={name: counted.whole[name].counts for name in SHARES},
        province=commune.province,
        commune=commune,
        community_id=community_id,
        **behind,
    )


def groups_page(
    choice: Choice, endpoint: str, ward_code: str, within: uuid.UUID | None = None, **where: Any
) -> dict[str, Any]:
    """The clans or units of a ward or community by name; the address names the last one seen, never a name."""
    db, after, kind = reader(), None, choice.measure.name
    last = read_id(request.args.get("sau", ""))
    if last is not None and (seen := groups.group(db, Kind(kind), last)) is not None:
        after = (seen.sort_key, seen.id)
    rows = queries.groups_of(db, kind, ward_code, choice.year, community_id=within, after=after, limit=PAGE + 1)

    def url(row_id: uuid.UUID) -> str:
        key: dict[str, Any] = {f"{GROUPS[kind]}_id": row_id}
        return url_for(f"{GROUPS[kind]}.view", **key)

    return {
        "groups": [(row, url(row.id)) for row in rows[:PAGE]],
        "next_url": choice.link(endpoint, **where, sau=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        "first_url": choice.link(endpoint, **where) if after else None,
    }


def recognised_page(choice: Choice, place: Any) -> dict[str, Any]:
    """The households of a community by their head's name, and which of them hold their own title."""
    db, last = reader(), read_id(request.args.get("sau", ""))
    after = people.key_of_household(db, last) if last is not None else None
    group = found(groups.group(db, Kind.COMMUNITY, place.id))
    rows = facts.behind(db, group, "households_recognised", choice.year, after=after, limit=PAGE + 1)
    here: dict[str, Any] = {"endpoint": "ratios.community", "community_id": place.id}
    return {
        "recognised": rows[:PAGE],
        "next_url": choice.link(**here, sau=rows[PAGE - 1].id) if len(rows) > PAGE else None,
        "first_url": choice.link(**here) if after else None,
    }


def households_page(choice: Choice, ward_code: str, community_id: uuid.UUID) -> dict[str, Any]:
    """The households of a community by their head's name; the address names the last one seen, never a name."""
    db, last = reader(), read_id(request.args.get("sau", ""))
    after = people.key_of_household(db, last) if last is not None else None
    rows = queries.households(db, ward_code, community_id, choice.year, after=after, limit=PAGE + 1)
    here: dict[str, Any] = {"endpoint": "ratios.community", "community_id": community_id}
    return {
        "households": [line(row, Choice(choice.year, "total", choice.order)) for row in rows[:PAGE]],
        "next_url": choice.link(**here, sau=rows[PAGE - 1].code) if len(rows) > PAGE else None,
        "first_url": choice.link(**here) if after else None,
    }


def holders_page(choice: Choice, community_id: uuid.UUID) -> dict[str, Any]:
    """The people of a community who hold the year's title, by name."""
    db, after = reader(), None
    last = read_id(request.args.get("sau", ""))
    if last is not None and (seen := people.person(db, last)) is not None:
        after = (seen.sort_key, seen.id)
    rows = queries.holders(db, choice.year, community_id, recognised_only=True, after=after, limit=PAGE + 1)
    here: dict[str, Any] = {"endpoint": "ratios.community", "community_id": community_id, "xem": "nguoi"}
    return {
        "holders": rows[:PAGE],
        "next_url": choice.link(**here, sau=rows[PAGE - 1].person_id) if len(rows) > PAGE else None,
        "first_url": choice.link(**here) if after else None,
    }


def lines(
    rows: Sequence[AreaRow], choice: Choice, endpoint: str, own: Sequence[Target] = ()
) -> list[tuple[AreaRow, Line]]:
    """Each row with its line; a row without a code leads nowhere."""
    name = "community_id" if endpoint == "ratios.community" else "code"
    targets = targets_of(choice, own)
    return [(row, line(row, choice, endpoint if row.code else None, targets, **{name: row.code})) for row in rows]


def page(
    choice: Choice,
    thing: Thing,
    whole: AreaRow,
    rows: list[Line],
    *,
    shared: dict[str, Counts],
    own: Sequence[Target] = (),
    **more: Any,
) -> str:
    """The page of an area: itself, its nested shares, and the lines in the order asked for."""
    if choice.order != "ten":
        high = choice.order == "cao"
        rows = sorted(
            rows,
            key=lambda one: (one.share is None, (-one.share if high else one.share) if one.share is not None else 0),
        )
    endpoint = request.endpoint or ""
    return render_template(
        f"{endpoint.replace('.', '/')}.html",
        choice=choice,
        years=[(year, str(year)) for year in years(choice)],
        measures=[(one.slug, _(one.title)) for one in MEASURES.values()],
        whole=line(whole, choice, targets=targets_of(choice, own)),
        declared=(whole.declared_parts, whole.of_parts),
        lines=rows,
        shares=shares(shared, choice, own, endpoint, **(request.view_args or {})),
        taken_at=whole.taken_at,
        place_code=whole.code,
        may_export=endpoint != "ratios.community" and allowed("export.titles", thing),
        may_set_targets=bool(whole.code) and allowed("targets.set", thing),
        may_search=allowed("register.view", thing),
        sees_people=allowed("person.view", thing),
        **more,
    )
