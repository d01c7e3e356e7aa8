"""The members behind a ratio of a group, for who speaks for it and for its officers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing, speaks_for
from xhht_citizen.applications.subjects import thing_of_group
from xhht_citizen.errors import N_
from xhht_citizen.groups.rules import KIND_LABELS, Group
from xhht_citizen.ratios import facts
from xhht_citizen.web import paging
from xhht_citizen.web.group_case import BASE, bp
from xhht_citizen.web.group_year import named_group
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.kinds import NAMED, RATIO_LABELS, case_url
from xhht_citizen.web.score import asked_year
from xhht_citizen.web.transactions import looked_at, reader

PEOPLE = {"adults_citizen", "citizen_members", "citizen_learners"}  # ratios whose members are persons


@dataclass(frozen=True)
class Listed:
    """A ratio whose members are asked for."""

    group: Group
    thing: Thing
    year: int
    name: str


def _listed(kind: str, group_id: uuid.UUID, name: str) -> tuple[Listed, Thing]:
    group, year = named_group(kind, group_id), asked_year()
    found(name in NAMED.get(group.kind, frozenset()) or None, N_("Tỷ lệ này chỉ đếm, không nêu tên."))
    thing = thing_of_group(reader(), group, year, asks=actor(), today=clock.today())
    return Listed(group, thing, year, name), thing


@bp.get(BASE + "/dem/<name>")
@needs("group.counted", _listed)
def behind(of: Listed) -> Any:
    """Who is counted in a ratio, and who of them holds the year's title: names, and nothing else of anybody."""
    db = reader()
    rows, more = paging.cut(
        facts.behind(
            db,
            of.group,
            of.name,
            of.year,
            after=paging.read_name_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    speaks = speaks_for(actor(), of.thing)
    if not speaks and of.name in PEOPLE:
        for row in rows:
            looked_at(row.id, of.group.ward_code, "group_case.behind")
    last = rows[-1] if more else None
    here = {"name": of.name, "nam": of.year}
    return render_template(
        "group_case/behind.html",
        group=of.group,
        year=of.year,
        kind=_(KIND_LABELS[of.group.kind]),
        label=_(RATIO_LABELS[of.name]),
        pair=facts.facts_of(db, of.group, of.year).ratios.get(of.name),
        rows=rows,
        back_url=case_url(of.group.kind, of.group.id, nam=of.year) if speaks else url_for("review.queue"),
        speaks=speaks,
        next_url=case_url(
            of.group.kind, of.group.id, "group_case.behind", **here, sau=paging.name_key(last.sort_key, last.id)
        )
        if last
        else None,
        first_url=case_url(of.group.kind, of.group.id, "group_case.behind", **here)
        if request.args.get("sau")
        else None,
    )
