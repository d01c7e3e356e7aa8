"""Mandates: the head of a group names somebody of it to act until a day, and takes it back at once."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.groups import mandates, members
from xhht_citizen.groups.rules import Kind, last_mandate_day
from xhht_citizen.web import belonging, naming
from xhht_citizen.web.account import account_id
from xhht_citizen.web.belonging import NOT_FOUND, Opened
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.kinds import SLUGS
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("mandate", __name__)


class DeputyForm(Form):
    """Who acts, and until when."""

    person_id = RadioField(
        _l("Ủy quyền cho ai?"), validate_choice=False, validators=[required(_l("Xin chọn một người."))]
    )
    until = DayField(_l("Đến hết ngày"), validators=[required(_l("Ghi ngày hết ủy quyền."))])


def load(kind: str, group_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A group that can have deputies; a commune's are its officers."""
    it, thing = belonging.by_slug(kind, group_id)
    found(None if it.kind is Kind.COMMUNE else it, NOT_FOUND)
    return it, thing


def load_mandate(kind: str, group_id: uuid.UUID, mandate_id: uuid.UUID) -> tuple[tuple[Opened, uuid.UUID], Thing]:
    """A mandate of a group."""
    it, thing = load(kind, group_id)
    return (it, mandate_id), thing


def page_of(it: Opened) -> str:
    """The group's own page, for who looks."""
    if it.kind is Kind.HOUSEHOLD:
        own = actor().household_id == it.id
        return url_for("household.mine") if own else url_for("household.view", household_id=it.id)
    if it.kind is Kind.CLAN:
        return url_for("clan.view", clan_id=it.id)
    if it.kind is Kind.COMMUNITY:
        return url_for("community.view", community_id=it.id)
    return url_for("unit.view", unit_id=it.id)


@bp.route("/uy-quyen/<kind>/<uuid:group_id>", methods=["GET", "POST"])
@needs("group.manage", load)
def overview(it: Opened) -> Any:
    """Who acts for the group and until when; its head or an officer names one more."""
    today = clock.today()
    leads = belonging.leads(it)
    people_found = naming.find(it, "mandate.overview") if leads else None
    form = DeputyForm(data={"until": last_mandate_day(today).replace(year=today.year)})
    form.person_id.choices = [
        one for one in (people_found.choices if people_found else []) if one.value != str(actor().person_id)
    ]
    if form.validate_on_submit():
        belonging.check_leads(it)
        with form.catching():
            mandates.name_deputy(
                writer(),
                it.group,
                read_id(form.person_id.data) or uuid.UUID(int=0),
                until=form.until.day,
                account_id=account_id(),
                today=today,
            )
            flash(_("Đã ủy quyền."), "yes")
            return redirect(url_for(".overview", kind=SLUGS[it.kind], group_id=it.id), 303)
    return render_template(
        "mandate/overview.html",
        form=form,
        it=it,
        slug=SLUGS[it.kind],
        leads=leads,
        found=people_found,
        back=page_of(it),
        rows=[row for row in members.mandates(reader(), it.kind, it.id, today) if row.part == "deputy"],
    ), form.status


@bp.post("/uy-quyen/<kind>/<uuid:group_id>/<uuid:mandate_id>/thoi")
@needs("group.manage", load_mandate)
def revoke(both: tuple[Opened, uuid.UUID]) -> Any:
    """Take a mandate back at once: the head, an officer, or who holds it."""
    it, mandate_id = both
    own = any(
        row.id == mandate_id and row.person_id == actor().person_id
        for row in members.mandates(reader(), it.kind, it.id, clock.today())
    )
    if not own:
        belonging.check_leads(it)
    mandates.revoke(writer(), it.group, mandate_id, account_id=account_id())
    flash(_("Đã thôi ủy quyền."), "yes")
    if own and not belonging.leads(it):
        return redirect(url_for("account.desk"), 303)
    return redirect(url_for(".overview", kind=SLUGS[it.kind], group_id=it.id), 303)
