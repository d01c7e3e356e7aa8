"""Registering oneself, and the groups one speaks for; the card that shows it on a group's page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import registering, rolls
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import desk
from xhht_citizen.web.guard import actor, allowed, found, needs, safe_next
from xhht_citizen.web.kinds import SLUGS
from xhht_citizen.web.registering import Opened, bp, desk_of, open_group, registrar, this_year, withdraw
from xhht_citizen.web.transactions import reader, writer


@dataclass(frozen=True)
class GroupYear:
    """What the card of registering/parts.html shows of a group; `help_url` is for who registers others."""

    word: str
    id: uuid.UUID
    name: str
    year: int
    registered_at: datetime | None
    by: str | None
    may_register: bool
    help_url: str | None
    closed: bool


@bp.route("/dang-ky-nam/nhom/<kind>/<uuid:group_id>", methods=["GET", "POST"])
@needs("group.apply", open_group)
def group(opened: Opened) -> Any:
    """A group's registration of the year, by who speaks for it; tapping again changes nothing."""
    one = opened.group
    assert one is not None  # noqa: S101 (a group was opened)
    if request.method == "POST":
        registering.register_group(writer(), one, this_year(), actor=actor())
        flash(_("Đã đăng ký học tập năm %(year)s cho %(name)s.", year=this_year(), name=one.name), "yes")
        return redirect(safe_next(url_for(".group", kind=opened.word, group_id=one.id)), 303)
    return render_template("registering/group.html", one=group_year(one, opened.thing))


@bp.post("/dang-ky-nam/nhom/<kind>/<uuid:group_id>/rut")
@needs("group.apply", open_group)
def group_back(opened: Opened) -> Any:
    """Take back a group's registration, by who speaks for it."""
    withdraw(opened.kind, opened.id, opened.name)
    return redirect(safe_next(url_for(".group", kind=opened.word, group_id=opened.id)), 303)


@bp.post("/dang-ky-nam/toi/rut")
@needs("year.register")
def own_back() -> Any:
    """Take back one's own registration."""
    withdraw(Kind.CITIZEN, found(actor().person_id), actor().name)
    return redirect(url_for("year.home"), 303)


def group_year(group: Group, thing: Thing) -> GroupYear:
    """Where a group's registration of the year stands, for the card of registering/parts.html."""
    registration = titles.registration(reader(), group.id, this_year(), str(group.kind))
    at = desk_of(thing)
    helps = at is not None and group.kind in rolls.KINDS and allowed("year.register_others", thing)
    word = SLUGS[group.kind]
    return GroupYear(
        word,
        group.id,
        group.name,
        this_year(),
        registration.registered_at if registration else None,
        registrar(registration),
        may_register=allowed("group.apply", thing),
        help_url=url_for("registering.confirm", noi=at.key if desk.noi(at) else None, loai=word, ai=group.id)
        if at is not None and helps
        else None,
        closed=group.closed,
    )
