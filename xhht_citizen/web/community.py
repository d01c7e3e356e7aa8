"""One's community: what is counted in it, who heads its chi hội; its households for who serves it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.groups import members
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, paging
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.guard import actor, allowed, needs
from xhht_citizen.web.registering_own import group_year
from xhht_citizen.web.transactions import reader

bp = Blueprint("community", __name__)
load = belonging.loader(Kind.COMMUNITY, "community_id")


@bp.get("/cong-dong")
@needs("year.own")
def mine() -> Any:
    """On to the community of one's home."""
    community_id = actor().community_id
    if community_id is None:
        return redirect(url_for("account.residence"))
    return redirect(url_for(".view", community_id=community_id))


@bp.get("/cong-dong/<uuid:community_id>")
@needs("group.view", load)
def view(it: Opened) -> Any:
    """The community in numbers: households, clans and adults with their titles, and how near its own is."""
    db = reader()
    speaking = members.mandates(db, Kind.COMMUNITY, it.id, clock.today())
    return render_template(
        "community/view.html",
        it=it,
        ward=places.commune(db, it.group.ward_code),
        heads=access.heads_of(db, it.id),
        deputies=[row.person.name for row in speaking],
        ready=belonging.ready(it),
        registered=group_year(it.group, it.thing),
        manages=allowed("group.manage", it.thing),
    )


@bp.get("/cong-dong/<uuid:community_id>/ho")
@needs("group.manage", load)
def households(it: Opened) -> Any:
    """The community's households by their head's name, and where each one's title stands."""
    db = reader()
    text = request.args.get("tim", "").strip()[:100]
    after = paging.read_name_key(request.args.get("sau", ""))
    rows, more = paging.cut(
        people.households(
            db,
            ward_code=it.group.ward_code,
            community_id=it.id,
            text=text,
            after=after,
            limit=paging.PAGE + 1,
        )
    )
    kept: dict[str, Any] = {"community_id": it.id, "tim": text or None}
    return render_template(
        "community/households.html",
        it=it,
        text=text,
        rows=rows,
        opens=belonging.officer(it.thing),
        standing=titles.standing_of(db, [row.id for row in rows], belonging.year(), "household"),
        next_url=url_for(".households", **kept, sau=paging.name_key(rows[-1].sort_key, rows[-1].id)) if more else None,
        first_url=url_for(".households", **kept) if after else None,
    )
