"""Clans: one's own, its page, and what its head or officers write down."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import belonging as acts
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups import actions, mandates, members
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.actions import NewClan
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import SIDE_LABELS, Kind, Side
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, desk, naming, paging
from xhht_citizen.web.account import account_id, one_of
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.registering_own import group_year
from xhht_citizen.web.transactions import database, reader, writer

bp = Blueprint("clan", __name__)
load = belonging.loader(Kind.CLAN, "clan_id")
SIDES = [SelectChoice(side.value, _l(label)) for side, label in SIDE_LABELS.items()]


class ClanForm(Form):
    """What is written down of a clan."""

    id = HiddenField()
    name = StringField(
        _l("Tên dòng họ"),
        description=_l("Ví dụ Họ Trần làng Mẫu, để phân biệt với họ khác cùng tên"),
        validators=[required(_l("Xin ghi tên dòng họ."))],
    )
    community_id = SelectField(
        _l("Thôn, tổ nơi có nhà thờ hoặc đông con cháu nhất"), validate_choice=False, validators=[Optional()]
    )
    note = TextAreaField(
        _l("Ghi chú"), validators=[Optional(), Length(max=500, message=_l("Dài quá 500 chữ, xin viết ngắn hơn."))]
    )


class BranchForm(Form):
    """A branch's name."""

    id = HiddenField()
    name = StringField(
        _l("Tên chi"), description=_l("Ví dụ Chi trưởng, Chi hai"), validators=[required(_l("Xin ghi tên chi."))]
    )


class EnterForm(Form):
    """Which household, on which side, in which branch: found by the code it reads out, or picked from the roster."""

    id = HiddenField()
    household_id = RadioField(_l("Hộ tìm thấy"), validate_choice=False, validators=[Optional()])
    code = StringField(
        _l("Mã hộ gia đình"),
        description=_l("Tám chữ và số, người trong hộ xem ở mục Gia đình"),
        validators=[Optional()],
    )
    side = RadioField(
        _l("Hộ thuộc dòng họ ở bên nào?"),
        choices=SIDES,
        validate_choice=False,
        validators=[one_of([*Side], _l("Chọn họ nội hoặc họ ngoại."))],
    )
    branch_id = SelectField(_l("Chi"), validate_choice=False, validators=[Optional()])


def offer_communities(field: Any, ward_code: str, only: uuid.UUID | None = None) -> None:
    """The communities of a ward to choose from; who founds as a community's head has no other choice than that one."""
    rows = places.communities(reader(), ward_code)
    some = [row for row in rows if only is None or row.id == only]
    field.choices = [SelectChoice(str(row.id), row.name) for row in some]
    if only is None:
        field.choices.insert(0, SelectChoice("", _("Không thuộc riêng thôn, tổ nào")))


def offer_branches(field: Any, clan_id: uuid.UUID) -> None:
    """The clan's branches to choose from."""
    rows = members.branches(reader(), clan_id)
    field.choices = [SelectChoice("", _("Không ghi chi")), *(SelectChoice(str(row.id), row.name) for row in rows)]


@bp.get("/dong-ho")
@needs("year.own")
def mine() -> Any:
    """The clans of one's household; straight to the only one."""
    who = actor()
    rows = members.clan_memberships(reader(), who.household_id) if who.household_id else []
    if len(rows) == 1:
        return redirect(url_for(".view", clan_id=rows[0].clan_id))
    return render_template("clan/mine.html", rows=rows, sides={side.value: _(SIDE_LABELS[side]) for side in Side})


@bp.get("/dong-ho/<uuid:clan_id>")
@needs("group.view", load)
def view(it: Opened) -> Any:
    """The clan: who heads it, how near its title is, its branches and households by their titles."""
    db = reader()
    after = paging.read_name_key(request.args.get("sau", ""))
    rows, more = paging.cut(members.clan_households(db, it.id, after=after, limit=paging.PAGE + 1))
    speaking = members.mandates(db, Kind.CLAN, it.id, clock.today())
    manages = allowed("group.manage", it.thing)
    own = actor().household_id
    names = places.names(db, {it.group.ward_code}, {it.group.community_id} if it.group.community_id else ())
    mine_too = bool(own) and any(row.clan_id == it.id for row in members.clan_memberships(db, own or it.id))
    return render_template(
        "clan/view.html",
        it=it,
        place=", ".join(names.values()),
        head=next((row.person.name for row in speaking if row.part == "head"), None),
        branches=members.branches(db, it.id),
        rows=rows,
        sides={side.value: _(SIDE_LABELS[side]) for side in Side},
        standing=titles.standing_of(db, [row.id for row in rows], belonging.year(), "household"),
        ready=belonging.ready(it),
        registered=group_year(it.group, it.thing),
        waiting=belonging.waiting_at(it.id) if manages else [],
        manages=manages,
        leads=belonging.leads(it),
        officer=belonging.officer(it.thing),
        leave_url=url_for(".part", clan_id=it.id, household_id=own)
        if mine_too and own and _speaks_for_household(own)
        else None,
        next_url=url_for(".view", clan_id=it.id, sau=paging.name_key(rows[-1].sort_key, rows[-1].id)) if more else None,
        first_url=url_for(".view", clan_id=it.id) if after else None,
    )


def _speaks_for_household(household_id: uuid.UUID) -> bool:
    return actor().person_id in groups.speakers(reader(), Kind.HOUSEHOLD, household_id, clock.today())


@bp.get("/dia-ban/dong-ho")
@needs("residents.view")
def of_ward() -> Any:
    """The clans of this desk's place."""
    at = desk.desk()
    text = request.args.get("tim", "").strip()[:100]
    after = paging.read_name_key(request.args.get("sau", ""))
    found_rows = members.orgs(
        reader(),
        Kind.CLAN,
        ward_code=at.ward_code,
        community_id=at.community_id,
        text=text,
        after=after,
        limit=paging.PAGE + 1,
    )
    rows, more = paging.cut(found_rows)
    kept: dict[str, Any] = {"noi": desk.noi(at), "tim": text or None}
    return render_template(
        "clan/of_ward.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        noi=desk.noi(at),
        text=text,
        rows=rows,
        standing=titles.standing_of(reader(), [row.id for row in rows], belonging.year(), "clan"),
        next_url=url_for(".of_ward", **kept, sau=paging.name_key(rows[-1].sort_key, rows[-1].id)) if more else None,
        first_url=url_for(".of_ward", **kept) if after else None,
    )


@bp.route("/dia-ban/dong-ho/moi", methods=["GET", "POST"])
@needs("residents.view")
def found_new() -> Any:
    """Found a clan in this desk's ward; a community's head does so in the own community."""
    at = desk.desk()
    form = ClanForm()
    offer_communities(form.community_id, at.ward_code, at.community_id)
    if form.validate_on_submit():
        with form.catching():
            home = at.community_id or paging.read_id(form.community_id.data)
            clan = acts.found_clan(writer(), _details(form, at.ward_code, home), **by())
            flash(_("Đã lập %(name)s. Xin mời các hộ rồi ghi trưởng họ.", name=clan.name), "yes")
            return redirect(url_for(".view", clan_id=clan.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template("clan/found_new.html", form=form, place=desk.place_name(at), noi=desk.noi(at)), form.status


@bp.route("/dong-ho/<uuid:clan_id>/sua", methods=["GET", "POST"])
@needs("group.manage", load)
def edit(it: Opened) -> Any:
    """Correct name, home community and note."""
    belonging.check_leads(it)
    row = members.clan(reader(), it.id)
    form = ClanForm(data={"name": row.name, "community_id": str(row.community_id or ""), "note": row.note})
    # A head moves the clan to no other community, and a community's head not out of the own one.
    moves = belonging.serves_ward(it.group.ward_code)
    offer_communities(form.community_id, it.group.ward_code)
    if form.validate_on_submit():
        with form.catching():
            home = paging.read_id(form.community_id.data) if moves else it.group.community_id
            acts.correct_clan(writer(), it.id, _details(form, it.group.ward_code, home), **by())
            flash(_("Đã lưu."), "yes")
            return redirect(url_for(".view", clan_id=it.id), 303)
    return render_template("clan/edit.html", form=form, it=it, moves=moves), form.status


def _details(form: ClanForm, ward_code: str, home: uuid.UUID | None) -> NewClan:
    return NewClan(ward_code, home, form.name.data, form.note.data, paging.read_id(form.id.data))


def by() -> dict[str, Any]:
    """Who acts, and in which year, as actions want it."""
    return {"account_id": account_id(), "year": belonging.year()}


@bp.route("/dong-ho/<uuid:clan_id>/chi", methods=["GET", "POST"])
@needs("group.manage", load)
def branches(it: Opened) -> Any:
    """The clan's branches: one more, or another name for one (`?chi=`)."""
    rows = members.branches(reader(), it.id)
    chosen = next((row for row in rows if str(row.id) == request.values.get("chi")), None)
    form = BranchForm(data={"name": chosen.name} if chosen else None)
    if form.validate_on_submit():
        with form.catching():
            if chosen is not None:
                actions.rename_branch(writer(), it.id, chosen.id, form.name.data, account_id=account_id())
            else:
                made = paging.read_id(form.id.data)
                actions.add_branch(writer(), it.id, form.name.data, account_id=account_id(), branch_id=made)
            flash(_("Đã lưu chi."), "yes")
            return redirect(url_for(".branches", clan_id=it.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template("clan/branches.html", form=form, it=it, rows=rows, chosen=chosen), form.status


@bp.route("/dong-ho/<uuid:clan_id>/moi-ho", methods=["GET", "POST"])
@needs("group.manage", load)
def invite(it: Opened) -> Any:
    """Bring a household in: by its code, as an invitation; an officer of the household's place writes it in at once."""
    form = EnterForm()
    offer_branches(form.branch_id, it.id)
    text = request.args.get("tim", "").strip()[:100]
    at = _roster(it)
    rows = people.households(reader(), ward_code=at[0], community_id=at[1], text=text, limit=20) if at and text else []
    form.household_id.choices = [
        SelectChoice(str(row.id), _("Hộ %(name)s, %(place)s", name=row.name, place=row.community or "")) for row in rows
    ]
    if form.validate_on_submit():
        with form.catching():
            done = _enter(it, form)
            if done:
                flash(done, "yes")
                return redirect(url_for(".view", clan_id=it.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "clan/invite.html", form=form, it=it, searches=at is not None, text=text, rows=rows
    ), form.status


def _roster(it: Opened) -> tuple[str, uuid.UUID | None] | None:
    """Where the one who looks may search households: the ward, or the own community; None for a clan's head."""
    if belonging.serves_ward(it.group.ward_code):
        return it.group.ward_code, None
    return (it.group.ward_code, it.group.community_id) if belonging.officer(it.thing) else None


def _enter(it: Opened, form: EnterForm) -> str | None:
    household_id = paging.read_id(form.household_id.data)
    if household_id is None:
        if not (form.code.data or "").strip():
            form.code.errors = [_("Ghi mã hộ, hoặc tìm rồi chọn một hộ.")]
            form.status = 422
            return None
        # Counted in its own transaction: no code is found by guessing.
        sessions.count_join(database(), account_id(), key=current_app.config["XHHT"].secret_key)
        household = people.household_by_code(reader(), form.code.data)
        if household is None:
            form.code.errors = [_("Không có hộ nào mang mã này. Xin xem lại từng chữ.")]
            form.status = 422
            return None
        household_id = household.id
        picked = False
    else:
        picked = True
    home = belonging.group_of(Kind.HOUSEHOLD, household_id)
    _it, thing = belonging.opened(home)
    branch = paging.read_id(form.branch_id.data)
    if belonging.officer(thing):
        acts.enter_clan(writer(), it.id, household_id, side=form.side.data, branch_id=branch, **by())
        return str(_("Đã ghi hộ %(name)s vào dòng họ.", name=home.name))
    if picked:
        raise Forbidden(N_("Hộ này ở nơi khác: xin dùng mã của hộ để gửi lời mời."))
    details = NewRequest(
        "clan",
        it.id,
        household_id,
        "invite",
        it.group.ward_code,
        side=form.side.data,
        branch_id=branch,
        id=paging.read_id(form.id.data),
    )
    acts.request(writer(), details, account_id=account_id())
    return str(_("Đã mời. Chủ hộ ấy, hoặc chi hội, phường, xã nơi hộ ở, sẽ trả lời."))


class HeadForm(Form):
    """Who heads the group from now on."""

    person_id = RadioField(_l("Ai đứng đầu?"), validate_choice=False, validators=[required(_l("Xin chọn một người."))])


@bp.route("/dong-ho/<uuid:clan_id>/truong-ho", methods=["GET", "POST"])
@needs("group.manage", load)
def head(it: Opened) -> Any:
    """Name the clan's head, an adult of a member household, found by name."""
    return name_head(it, "clan.head", url_for(".view", clan_id=it.id))


def name_head(it: Opened, screen: str, back: str) -> Any:
    """The page that names a head, for a clan or a unit."""
    belonging.check_leads(it)
    people_found = naming.find(it, screen)
    form = HeadForm()
    form.person_id.choices = people_found.choices
    if form.validate_on_submit():
        with form.catching():
            chosen = paging.read_id(form.person_id.data) or uuid.UUID(int=0)
            mandates.name_head(writer(), it.group, chosen, account_id=account_id(), today=clock.today())
            flash(_("Đã ghi người đứng đầu."), "yes")
            return redirect(back, 303)
    template = f"{screen.replace('.', '/')}.html"
    return render_template(template, form=form, it=it, found=people_found, back=back), form.status


def load_part(clan_id: uuid.UUID, household_id: uuid.UUID) -> tuple[tuple[Opened, Any], Thing]:
    """A household of a clan, for the clan's side or the household's."""
    it, thing = load(clan_id=clan_id)
    row = next((one for one in members.clan_memberships(reader(), household_id) if one.clan_id == clan_id), None)
    found(row, N_("Hộ này không thuộc dòng họ."))
    home = belonging.group_of(Kind.HOUSEHOLD, household_id)
    if not allowed("group.manage", thing):
        thing = belonging.opened(home)[1]
    return (it, home), thing


@bp.route("/dong-ho/<uuid:clan_id>/ho/<uuid:household_id>/roi", methods=["GET", "POST"])
@needs("group.manage", load_part)
def part(both: tuple[Opened, Any]) -> Any:
    """The household leaves the clan."""
    it, home = both
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            acts.leave_clan(writer(), it.id, home.id, **by())
            flash(_("Hộ %(name)s không còn ở %(clan)s.", name=home.name, clan=it.group.name), "yes")
            back = url_for(".view", clan_id=it.id) if allowed("group.manage", it.thing) else url_for("household.mine")
            return redirect(back, 303)
    return render_template("clan/part.html", form=form, it=it, home=home), form.status


@bp.route("/dong-ho/<uuid:clan_id>/dong", methods=["GET", "POST"])
@needs("group.found", load)
def close(it: Opened) -> Any:
    """Close the clan: kept in the book, counted no more."""
    return close_group(it, "clan/close.html")


def close_group(it: Opened, template: str) -> Any:
    """The page that closes a clan or unit, and leads back to the list of them."""
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            acts.close(writer(), it.kind, it.id, **by())
            flash(_("Đã đóng %(name)s.", name=it.group.name), "yes")
            return redirect(url_for(".of_ward"), 303)
    return render_template(template, form=form, it=it), form.status
