"""Asking to join a clan or unit, inviting somebody home, and the page where an invitation or request is answered."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import belonging as acts
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid
from xhht_citizen.groups import members
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import UNIT_KIND_LABELS, Kind, Part, Side, UnitKind
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.web import belonging
from xhht_citizen.web.account import account_id, one_of
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.clan import SIDES, by, offer_branches
from xhht_citizen.web.forms import Form, required, say
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.household_life import RELATION_CHOICES
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.unit import PARTS, person_by_login

bp = Blueprint("joining", __name__)
SHOWN = 30  # of a search by name: who finds more types more letters


class ClanAskForm(Form):
    """On which side, and in which branch."""

    id = HiddenField()
    side = RadioField(
        _l("Dòng họ này là họ nội hay họ ngoại của hộ?"),
        choices=SIDES,
        validate_choice=False,
        validators=[one_of([*Side], _l("Chọn họ nội hoặc họ ngoại."))],
    )
    branch_id = SelectField(_l("Chi"), validate_choice=False, validators=[Optional()])


class UnitAskForm(Form):
    """Who of the household, and as what."""

    id = HiddenField()
    person_id = RadioField(_l("Ai xin vào?"), validate_choice=False, validators=[required(_l("Xin chọn một người."))])
    part = RadioField(
        _l("Là"), choices=PARTS, validate_choice=False, validators=[one_of([*Part], _l("Xin chọn một mục."))]
    )


class HomeForm(Form):
    """Whom to invite home, by the log-in of their account."""

    id = HiddenField()
    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập của người ấy"),
        validators=[required(_l("Ghi số điện thoại hoặc tên đăng nhập."))],
    )
    relation = SelectField(
        _l("Người ấy là gì của chủ hộ?"),
        choices=RELATION_CHOICES,
        validate_choice=False,
        validators=[one_of(["spouse", "child", "parent", "other"], _l("Xin chọn một mục."))],
    )
    reason = RadioField(
        _l("Vì sao về ở chung?"),
        choices=[SelectChoice("moved", _l("Chuyển về ở")), SelectChoice("married", _l("Kết hôn"))],
        validate_choice=False,
        validators=[one_of(["moved", "married"], _l("Xin chọn một mục."))],
    )


@bp.get("/tham-gia")
@needs("year.own")
def find() -> Any:
    """Clans and units of one's ward by name: the names are public, who belongs to them is not."""
    who = actor()
    if who.ward_code is None:
        return redirect(url_for("account.residence"))
    text = request.args.get("tim", "").strip()[:100]
    db, ward = reader(), who.ward_code
    return render_template(
        "joining/find.html",
        text=text,
        ward=places.commune(db, ward),
        clans=members.orgs(db, Kind.CLAN, ward_code=ward, text=text, limit=SHOWN) if text else [],
        units=members.orgs(db, Kind.UNIT, ward_code=ward, text=text, limit=SHOWN) if text else [],
        kinds={kind.value: _(label) for kind, label in UNIT_KIND_LABELS.items()},
    )


def _own_home() -> tuple[Opened, Thing]:
    """One's own household, as one side of an invitation or request."""
    home = found(actor().household_id, N_("Xin ghi nơi ở trước."))
    return belonging.opened(belonging.group_of(Kind.HOUSEHOLD, home))


def load_clan(clan_id: uuid.UUID) -> tuple[tuple[Opened, Opened], Thing]:
    """A clan to ask, by who speaks for the own household."""
    home, thing = _own_home()
    clan = belonging.group_of(Kind.CLAN, clan_id)
    found(None if clan.closed else clan)
    return (Opened(clan, thing), home), thing


def load_home() -> tuple[Opened, Thing]:
    """One's own household."""
    return _own_home()


@bp.route("/tham-gia/dong-ho/<uuid:clan_id>", methods=["GET", "POST"])
@needs("group.manage", load_clan)
def ask_clan(both: tuple[Opened, Opened]) -> Any:
    """Ask the clan to let the household in."""
    clan, home = both
    form = ClanAskForm()
    offer_branches(form.branch_id, clan.id)
    if form.validate_on_submit():
        with form.catching():
            details = NewRequest(
                "clan",
                clan.id,
                home.id,
                "ask",
                clan.group.ward_code,
                side=form.side.data,
                branch_id=read_id(form.branch_id.data),
                id=read_id(form.id.data),
            )
            acts.request(writer(), details, account_id=account_id())
            flash(_("Đã gửi. Trưởng họ, chi hội hoặc phường, xã sẽ trả lời."), "yes")
            return redirect(url_for("household.mine"), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template("joining/ask_clan.html", form=form, clan=clan.group), form.status


def load_unit(unit_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A unit to ask: anybody at home in the system may."""
    unit = belonging.group_of(Kind.UNIT, unit_id)
    found(None if unit.closed else unit)
    thing = Thing()
    return Opened(unit, thing), thing


@bp.route("/tham-gia/don-vi/<uuid:unit_id>", methods=["GET", "POST"])
@needs("year.own", load_unit)
def ask_unit(unit: Opened) -> Any:
    """Ask the unit to let oneself in, or a child of the own household."""
    form = UnitAskForm()
    school = unit.group.unit_kind is UnitKind.SCHOOL
    who = _may_ask()
    form.person_id.choices = [SelectChoice(str(key), name) for key, name in who.items()]
    form.part.choices = PARTS if school else PARTS[:1]
    if form.validate_on_submit():
        with form.catching():
            person_id = read_id(form.person_id.data)
            if person_id not in who:
                raise Forbidden(N_("Chỉ xin cho chính mình, hoặc cho trẻ em trong hộ của mình."))
            details = NewRequest(
                "unit",
                unit.id,
                person_id,
                "ask",
                unit.group.ward_code,
                part=form.part.data,
                id=read_id(form.id.data),
            )
            acts.request(writer(), details, account_id=account_id())
            flash(_("Đã gửi. Người đứng đầu đơn vị, chi hội hoặc phường, xã sẽ trả lời."), "yes")
            return redirect(url_for("household.mine"), 303)
    form.id.data = form.id.data or str(new_id())
    if request.method == "GET" and len(who) == 1:
        form.person_id.data = str(next(iter(who)))
    if not school:
        form.part.data = form.part.data or "member"
    return render_template("joining/ask_unit.html", form=form, unit=unit.group), form.status


def _may_ask() -> dict[uuid.UUID, str]:
    """Oneself; for who speaks for the household, its children too."""
    who = actor()
    own = found(who.person_id)
    found_people = {own: str(_("%(name)s (ông/bà)", name=who.name))}
    if who.household_id is not None:
        home, thing = _own_home()
        if allowed("group.manage", thing):
            for row in people.members(reader(), home.id):
                if not is_adult(row.person.birth_year, belonging.year()):
                    found_people[row.person_id] = row.person.name
    return found_people


@bp.route("/gia-dinh/moi", methods=["GET", "POST"])
@needs("group.manage", load_home)
def invite_home(home: Opened) -> Any:
    """Invite somebody who has an account into the own household; they answer."""
    form = HomeForm()
    if form.validate_on_submit():
        with form.catching():
            details = NewRequest(
                "household",
                home.id,
                person_by_login(form.login.data),
                "invite",
                home.group.ward_code,
                relation=form.relation.data,
                reason=form.reason.data,
                id=read_id(form.id.data),
            )
            acts.request(writer(), details, account_id=account_id())
            flash(_("Đã mời. Người ấy sẽ thấy lời mời ở mục Gia đình."), "yes")
            return redirect(url_for("household.mine"), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template("joining/invite_home.html", form=form), form.status


def _sides(request_id: uuid.UUID) -> tuple[Any, Thing, Thing]:
    """A request, the side that answers it and the side that made it."""
    row = found(members.request(reader(), request_id), N_("Không tìm thấy lời mời hoặc yêu cầu này."))
    group = belonging.opened(belonging.group_of(Kind(row.kind), row.group_id))[1]
    if row.kind == "clan":
        joiner = belonging.opened(belonging.group_of(Kind.HOUSEHOLD, row.joiner_id))[1]
    else:
        joiner = belonging.thing_of_person(row.joiner_id)
    return (row, joiner, group) if row.direction == "invite" else (row, group, joiner)


def load_answer(request_id: uuid.UUID) -> tuple[Any, Thing]:
    """For the side that answers."""
    row, answering, _making = _sides(request_id)
    return row, answering


def load_made(request_id: uuid.UUID) -> tuple[Any, Thing]:
    """For the side that made it."""
    row, _answering, making = _sides(request_id)
    return row, making


def load_either(request_id: uuid.UUID) -> tuple[Any, Thing]:
    """For either side."""
    row, answering, making = _sides(request_id)
    return row, answering if allowed("group.manage", answering) else making


@bp.get("/tham-gia/<uuid:request_id>")
@needs("group.manage", load_either)
def one(row: Any) -> Any:
    """An invitation or request: answer it, or take it back."""
    _row, answering, making = _sides(row.id)
    shown = next(
        (each for each in members.open_requests(reader(), joiner_ids=[row.joiner_id]) if each.id == row.id), None
    )
    answers = allowed("group.manage", answering)
    at_group = (row.direction == "ask") == answers
    return render_template(
        "joining/one.html",
        row=row,
        words=belonging.request_words(shown, at_group=at_group) if shown else None,
        answers=answers,
        withdraws=allowed("group.manage", making),
        moves=row.kind == "household",
        back=_back(row),
    )


@bp.post("/tham-gia/<uuid:request_id>/dong-y")
@needs("group.manage", load_answer)
def accept(row: Any) -> Any:
    """Say yes."""
    return _answered(row, accept=True)


@bp.post("/tham-gia/<uuid:request_id>/tu-choi")
@needs("group.manage", load_answer)
def decline(row: Any) -> Any:
    """Say no."""
    return _answered(row, accept=False)


@bp.post("/tham-gia/<uuid:request_id>/rut")
@needs("group.manage", load_made)
def withdraw(row: Any) -> Any:
    """Take it back."""
    acts.withdraw(writer(), row.id, account_id=account_id())
    flash(_("Đã rút lại."), "info")
    return redirect(_back(row), 303)


def _answered(row: Any, *, accept: bool) -> Any:
    try:
        acts.answer(writer(), row.id, accept=accept, **by())
    except (Conflict, Invalid) as refused:
        writer().rollback()
        flash(say(refused), "miss")
        return redirect(url_for(".one", request_id=row.id), 303)
    flash(_("Đã đồng ý.") if accept else _("Đã từ chối."), "yes" if accept else "info")
    return redirect(_back(row), 303)


def _back(row: Any) -> str:
    """Where who answered or asked came from: the group's page for its side, one's own household otherwise."""
    who = actor()
    if row.joiner_id in {who.person_id, who.household_id}:
        return url_for("household.mine")
    group, thing = belonging.opened(belonging.group_of(Kind(row.kind), row.group_id))
    if allowed("group.view", thing):
        if group.kind is Kind.CLAN:
            return url_for("clan.view", clan_id=group.id)
        if group.kind is Kind.HOUSEHOLD:
            return url_for("household.mine") if who.household_id == group.id else url_for("residents.roster")
        return url_for("unit.view", unit_id=group.id)
    return url_for("account.desk")
