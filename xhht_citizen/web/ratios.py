"""Ratios: from the country down to a community and, for those who may, to the households and names behind a number."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, Thing
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.places.rules import bare_name
from xhht_citizen.ratios import queries
from xhht_citizen.ratios.rules import RATIOS, Counts, ratio
from xhht_citizen.web import dotmap
from xhht_citizen.web.guard import allowed, public
from xhht_citizen.web.paging import PAGE, read_id
from xhht_citizen.web.transactions import reader
from xhht_citizen.web.years import FIRST_YEAR, asked_year

bp = Blueprint("ratios", __name__)


@dataclass(frozen=True)
class Choice:
    """What the address asks for: the year, the denominator, the order of the lines."""

    year: int
    basis: str
    order: str

    @property
    def words(self) -> str:
        """The denominator in words."""
        return str(_(RATIOS[self.basis].basis))

    def link(self, endpoint: str, **arguments: Any) -> str:
        """Another page with the same choice; what is usual stays out of the address."""
        asked: dict[str, Any] = {
            "nam": self.year if self.year != clock.today().year else None,
            "mau": self.basis if self.basis != "total" else None,
            "xep": self.order if self.order != "ten" else None,
        }
        return url_for(endpoint, **arguments, **asked)


@dataclass(frozen=True)
class Line:
    """One line of a table, or the area of the page: its counts, the share on the chosen denominator, where it leads."""

    code: str
    name: str
    counts: Counts
    below: int | None
    share: Decimal | None
    url: str | None = None
    note: str = ""


def chosen() -> Choice:
    """The choice in the address; what cannot be is the usual."""
    this_year = clock.today().year
    basis, order = request.args.get("mau", ""), request.args.get("xep", "")
    return Choice(
        asked_year(this_year),
        basis if basis in RATIOS else "total",
        order if order in {"cao", "thap"} else "ten",
    )


def years(choice: Choice) -> list[int]:
    """The years to choose from, the latest first."""
    return list(range(clock.today().year, FIRST_YEAR - 1, -1))


@bp.get("/ty-le")
@public
def country() -> Any:
    """The country by province."""
    choice = chosen()
    rows = queries.provinces(reader(), choice.year)
    lines = [
        replace(
            line(row, choice, "ratios.province", code=row.code),
            note=_("Có số liệu: %(wards)s/%(all)s xã", wards=row.wards, all=row.of_wards) if row.wards else "",
        )
        for row in rows
    ]
    return page(
        choice,
        NOTHING,
        _("cả nước"),
        lines,
        rows,
        covered=(sum(row.wards or 0 for row in rows), sum(row.of_wards or 0 for row in rows)),
    )


@bp.get("/ty-le/tinh/<code>")
@public
def province(code: str) -> Any:
    """A province by commune, with a map."""
    choice, db = chosen(), reader()
    place = places.province(db, code)
    rows = queries.wards(db, code, choice.year)
    lines = [line(row, choice, "ratios.ward", code=row.code) for row in rows]
    return page(
        choice,
        Thing(province_code=code),
        place.name,
        lines,
        rows,
        place_code=code,
        covered=(sum(row.taken_at is not None for row in rows), len(rows)),
        drawing=draw(rows, choice),
    )


@bp.get("/ty-le/xa/<code>")
@public
def ward(code: str) -> Any:
    """A commune by community."""
    choice, db = chosen(), reader()
    place = places.commune(db, code)
    rows = queries.communities(db, code, choice.year)
    lines = [
        line(row, choice, "ratios.community", community_id=row.code)
        if row.code
        else replace(line(row, choice), name=_("Chưa rõ thôn, tổ dân phố"))
        for row in rows
    ]
    return page(
        choice,
        Thing(ward_code=code, province_code=place.province_code),
        place.name,
        lines,
        rows,
        place_code=code,
        province=place.province,
    )


@bp.get("/ty-le/to/<uuid:community_id>")
@public
def community(community_id: uuid.UUID) -> Any:
    """One community; its households and title holders for those who may see them."""
    choice, db = chosen(), reader()
    place = places.community(db, community_id)
    commune = places.commune(db, place.ward_code)
    thing = Thing(community_id=community_id, ward_code=commune.code, province_code=commune.province_code)
    row = queries.community_counts(db, community_id, choice.year) or queries.AreaRow("", place.name, Counts())
    showing = request.args.get("xem", "")
    behind: dict[str, Any] = {}
    if showing == "nguoi" and allowed("person.view", thing):
        behind = holders_page(choice, community_id)
    elif allowed("household.view", thing):
        behind = households_page(choice, commune.code, community_id)
    return page(
        choice,
        thing,
        place.name,
        [],
        [row],
        province=commune.province,
        commune=commune,
        community_id=community_id,
        **behind,
    )


def households_page(choice: Choice, ward_code: str, community_id: uuid.UUID) -> dict[str, Any]:
    """The households of a community by name; the address names the last one seen, never a name."""
    db, after = reader(), None
    last = read_id(request.args.get("sau", ""))
    if last is not None and (seen := people.household(db, last)) is not None:
        after = (seen.name, seen.id)
    rows = queries.households(db, ward_code, community_id, choice.year, after=after, limit=PAGE + 1)
    here: dict[str, Any] = {"endpoint": "ratios.community", "community_id": community_id}
    return {
        "households": [line(row, replace(choice, basis="total")) for row in rows[:PAGE]],
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


def line(row: queries.AreaRow, choice: Choice, endpoint: str | None = None, **arguments: Any) -> Line:
    """An area's counts on the chosen denominator; `endpoint` is the page of the rows behind them."""
    return Line(
        code=row.code,
        name=row.name,
        counts=row.counts,
        below=getattr(row.counts, RATIOS[choice.basis].denominator),
        share=ratio(row.counts, choice.basis),
        url=choice.link(endpoint, **arguments) if endpoint else None,
    )


def page(
    choice: Choice,
    thing: Thing,
    place_name: str,
    lines: list[Line],
    rows: Sequence[queries.AreaRow],
    *,
    place_code: str = "",
    **more: Any,
) -> str:
    """The page of an area: itself, the sum of its rows, and the lines in the order asked for."""
    whole = line(queries.AreaRow(place_code, place_name, queries.total_of(rows)), choice)
    if choice.order != "ten":
        high = choice.order == "cao"
        lines = sorted(
            lines,
            key=lambda one: (one.share is None, (-one.share if high else one.share) if one.share is not None else 0),
        )
    endpoint = request.endpoint or ""
    return render_template(
        f"{endpoint.replace('.', '/')}.html",
        choice=choice,
        years=[(year, str(year)) for year in years(choice)],
        whole=whole,
        lines=lines,
        taken_at=queries.taken_of(rows),
        may_export=endpoint != "ratios.community" and allowed("export.titles", thing),
        may_search=allowed("register.view", thing),
        sees_people=allowed("person.view", thing),
        **more,
    )


def draw(rows: Sequence[queries.AreaRow], choice: Choice) -> dict[str, Any] | None:
    """The dots of a province's map: at or above the province's own share, below it, or not known."""
    overall = ratio(queries.total_of(rows), choice.basis)
    placed = [row for row in rows if row.lat is not None and row.lon is not None]
    if overall is None or not placed:
        return None
    layout = dotmap.lay_out(tuple((row.code, row.lat, row.lon) for row in placed))
    dots = []
    for row in placed:
        x, y = layout.spots[row.code]
        own = line(row, choice)
        state = "unknown" if own.share is None else "full" if own.share >= overall else "below"
        label = bare_name(row.name) if row.code in layout.far else None
        dots.append({"x": x, "y": y, "state": state, "line": own, "label": label})
    return {
        "width": int(dotmap.WIDTH),
        "height": layout.height,
        "radius": layout.radius,
        "dots": dots,
        "overall": overall,
    }
