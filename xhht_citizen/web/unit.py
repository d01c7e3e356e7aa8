"""Units: schools, offices, enterprises, co-operatives; their page, their people, and what leaders or officers write."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import Optional

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import belonging as acts
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden, Invalid
from xhht_citizen.groups import members
from xhht_citizen.groups.actions import NewUnit
from xhht_citizen.groups.requests import NewRequest
from xhht_citizen.groups.rules import PART_LABELS, UNIT_KIND_LABELS, Kind, Part, UnitKind
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.people.rules import normal_login
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, desk, paging
from xhht_citizen.web.account import account_id, one_of
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.clan import by, close_group, name_head, offer_communities
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.registering_own import group_year
from xhht_citizen.web.transactions import database, looked_at, reader, writer

bp = Blueprint("unit", __name__)
load = belonging.loader(Kind.UNIT, "unit_id")
PARTS = [SelectChoice(part.value, _l(label)) for part, label in PART_LABELS.items()]


class UnitForm(Form):
    """What is written down of a unit."""

    id = HiddenField()
    name = StringField(_l("Tên đơn vị"), validators=[required(_l("Xin ghi tên đơn vị."))])
    kind = RadioField(
        _l("Loại đơn vị"),
        choices=[SelectChoice(kind.value, _l(label)) for kind, label in UNIT_KIND_LABELS.items()],
        validate_choice=False,
        validators=[one_of([*UnitKind], _l("Chọn loại đơn vị."))],
    )
    managed_by = RadioField(
        _l("Ai quản lý?"),
        choices=[
            SelectChoice("commune", _l("Phường, xã: danh hiệu của Hội Khuyến học")),
            SelectChoice("province", _l("Tỉnh, bộ, ngành: danh hiệu theo Thông tư 24/2023")),
        ],
        validate_choice=False,
        validators=[one_of(["commune", "province"], _l("Chọn cấp quản lý."))],
    )
    community_id = SelectField(_l("Thôn, tổ nơi có trụ sở"), validate_choice=False, validators=[Optional()])


class EnterForm(Form):
    """Who, and as what: picked from the roster, or found by the log-in of their account."""

    id = HiddenField()
    person_id = RadioField(_l("Người tìm thấy"), validate_choice=False, validators=[Optional()])
    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập của người ấy"),
        description=_l("Người ấy thấy lời mời ở mục Gia đình và tự trả lời."),
        validators=[Optional()],
    )
    part = RadioField(
        _l("Người ấy là"), choices=PARTS, validate_choice=False, validators=[one_of([*Part], _l("Xin chọn một mục."))]
    )


@bp.get("/don-vi")
@needs("year.own")
def mine() -> Any:
    """Where one works or learns; straight to the only one."""
    rows = members.unit_memberships(reader(), found(actor().person_id))
    if len(rows) == 1:
        return redirect(url_for(".view", unit_id=rows[0].unit_id))
    parts = {part.value: _(label) for part, label in PART_LABELS.items()}
    return render_template("unit/mine.html", rows=rows, parts=parts)


@bp.get("/don-vi/<uuid:unit_id>")
@needs("group.view", load)
def view(it: Opened) -> Any:
    """The unit: how many work and learn there, how near its title is. Names are for its leader and officers."""
    db = reader()
    speaking = members.mandates(db, Kind.UNIT, it.id, clock.today())
    manages = allowed("group.manage", it.thing)
    names = places.names(db, {it.group.ward_code}, {it.group.community_id} if it.group.community_id else ())
    person_id = actor().person_id
    belongs = person_id is not None and person_id in it.thing.members
    return render_template(
        "unit/view.html",
        it=it,
        place=", ".join(names.values()),
        kind=_(UNIT_KIND_LABELS[UnitKind(it.group.unit_kind or "other")]),
        head=next((row.person.name for row in speaking if row.part == "head"), None),
        counts=members.unit_counts(db, it.id, belonging.year()),
        ready=belonging.ready(it),
        registered=group_year(it.group, it.thing),
        waiting=belonging.waiting_at(it.id) if manages else [],
        manages=manages,
        leads=belonging.leads(it),
        officer=belonging.officer(it.thing),
        leave_url=url_for(".part", unit_id=it.id, person_id=person_id) if belongs else None,
    )


@bp.get("/don-vi/<uuid:unit_id>/nguoi")
@needs("group.manage", load)
def people_of(it: Opened) -> Any:
    """The unit's adults by name, and who of them holds the year's title; who is younger is a number."""
    db = reader()
    text = request.args.get("tim", "").strip()[:100]
    after = paging.read_name_key(request.args.get("sau", ""))
    rows, more = paging.cut(
        members.adults(db, it.group, belonging.year(), text=text, after=after, limit=paging.PAGE + 1)
    )
    for row in rows:
        if row.id != actor().person_id:
            looked_at(row.id, it.group.ward_code, "unit.people_of")
    kept: dict[str, Any] = {"unit_id": it.id, "tim": text or None}
    return render_template(
        "unit/people_of.html",
        it=it,
        text=text,
        rows=rows,
        parts={part.value: _(label) for part, label in PART_LABELS.items()},
        standing=titles.standing_of(db, [row.id for row in rows], belonging.year()),
        young=members.unit_counts(db, it.id, belonging.year()).young,
        next_url=url_for(".people_of", **kept, sau=paging.name_key(rows[-1].sort_key, rows[-1].id)) if more else None,
        first_url=url_for(".people_of", **kept) if after else None,
    )


@bp.get("/dia-ban/don-vi")
@needs("residents.view")
def of_ward() -> Any:
    """The units of this desk's place."""
    at = desk.desk()
    text = request.args.get("tim", "").strip()[:100]
    after = paging.read_name_key(request.args.get("sau", ""))
    rows, more = paging.cut(
        members.orgs(
            reader(),
            Kind.UNIT,
            ward_code=at.ward_code,
            community_id=at.community_id,
            text=text,
            after=after,
            limit=paging.PAGE + 1,
        )
    )
    ids = [row.id for row in rows]
    standing = titles.standing_of(reader(), ids, belonging.year(), "unit")
    above = titles.standing_of(reader(), ids, belonging.year(), "agency")
    kept: dict[str, Any] = {"noi": desk.noi(at), "tim": text or None}
    return render_template(
        "unit/of_ward.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        noi=desk.noi(at),
        text=text,
        rows=rows,
        kinds={row.id: _(UNIT_KIND_LABELS[UnitKind(row.kind or "other")]) for row in rows},
        standing={row.id: standing[row.id] if row.managed_by == "commune" else above[row.id] for row in rows},
        next_url=url_for(".of_ward", **kept, sau=paging.name_key(rows[-1].sort_key, rows[-1].id)) if more else None,
        first_url=url_for(".of_ward", **kept) if after else None,
    )


@bp.route("/dia-ban/don-vi/moi", methods=["GET", "POST"])
@needs("residents.view")
def found_new() -> Any:
    """Found a unit in this desk's ward; who manages it above the ward is for the ward's officers to say."""
    at = desk.desk()
    form = UnitForm(data={"managed_by": "commune"})
    offer_communities(form.community_id, at.ward_code, at.community_id)
    says = belonging.serves_ward(at.ward_code)
    if not says:
        form.managed_by.data = "commune"
    if form.validate_on_submit():
        with form.catching():
            home = at.community_id or paging.read_id(form.community_id.data)
            unit = acts.found_unit(writer(), _details(form, at.ward_code, home), **by())
            flash(_("Đã lập %(name)s. Xin ghi người của đơn vị rồi ghi người đứng đầu.", name=unit.name), "yes")
            return redirect(url_for(".view", unit_id=unit.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "unit/found_new.html", form=form, place=desk.place_name(at), noi=desk.noi(at), says=says
    ), form.status


@bp.route("/don-vi/<uuid:unit_id>/sua", methods=["GET", "POST"])
@needs("group.manage", load)
def edit(it: Opened) -> Any:
    """Correct name and kind; where it stands and who manages it is for the ward's officers."""
    belonging.check_leads(it)
    managed_by = "commune" if it.kind is Kind.UNIT else "province"
    form = UnitForm(
        data={
            "name": it.group.name,
            "kind": str(it.group.unit_kind),
            "managed_by": managed_by,
            "community_id": str(it.group.community_id or ""),
        }
    )
    says = belonging.serves_ward(it.group.ward_code)
    offer_communities(form.community_id, it.group.ward_code)
    if not says:
        form.managed_by.data = managed_by
    if form.validate_on_submit():
        with form.catching():
            home = paging.read_id(form.community_id.data) if says else it.group.community_id
            acts.correct_unit(writer(), it.id, _details(form, it.group.ward_code, home), **by())
            flash(_("Đã lưu."), "yes")
            return redirect(url_for(".view", unit_id=it.id), 303)
    return render_template("unit/edit.html", form=form, it=it, says=says), form.status


def _details(form: UnitForm, ward_code: str, home: uuid.UUID | None) -> NewUnit:
    made = paging.read_id(form.id.data)
    return NewUnit(ward_code, home, form.name.data, form.kind.data, form.managed_by.data, made)


@bp.route("/don-vi/<uuid:unit_id>/moi-nguoi", methods=["GET", "POST"])
@needs("group.manage", load)
def invite(it: Opened) -> Any:
    """Bring somebody in: by their account's log-in, as an invitation; officers write in people of their roster."""
    form = EnterForm()
    if it.group.unit_kind is not UnitKind.SCHOOL:
        form.part.choices = PARTS[:1]
        form.part.data = form.part.data or "member"
    text = request.args.get("tim", "").strip()[:100]
    ward = it.group.ward_code
    everywhere = belonging.serves_ward(ward)
    searches = everywhere or belonging.officer(it.thing)
    rows = (
        people.residents(
            reader(), ward_code=ward, community_id=None if everywhere else it.group.community_id, text=text, limit=20
        )
        if searches and text
        else []
    )
    form.person_id.choices = [SelectChoice(str(row.person_id), _resident(row)) for row in rows]
    if form.validate_on_submit():
        with form.catching():
            done = _enter(it, form)
            flash(done, "yes")
            return redirect(url_for(".view", unit_id=it.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template("unit/invite.html", form=form, it=it, searches=searches, text=text, rows=rows), form.status


def _resident(row: Any) -> str:
    """Somebody of the roster; a child by what tells it apart, without its name."""
    name = belonging.named(row.name, row.birth_year)
    return f"{name}, {row.birth_year} ({row.household})" if name == row.name else f"{name} ({row.household})"


def _enter(it: Opened, form: EnterForm) -> str:
    person_id = paging.read_id(form.person_id.data)
    if person_id is not None:
        if not belonging.officer(belonging.thing_of_person(person_id)):
            raise Forbidden(N_("Người này ở nơi khác: xin mời bằng số điện thoại của họ."))
        acts.enter_unit(writer(), it.id, person_id, part=form.part.data, **by())
        return str(_("Đã ghi vào đơn vị."))
    person_id = person_by_login(form.login.data)
    details = NewRequest(
        "unit",
        it.id,
        person_id,
        "invite",
        it.group.ward_code,
        part=form.part.data,
        id=paging.read_id(form.id.data),
    )
    acts.request(writer(), details, account_id=account_id())
    return str(_("Đã mời. Người ấy sẽ thấy lời mời ở mục Gia đình."))


def person_by_login(text: str | None) -> uuid.UUID:
    """Whose account this is; Invalid on `login`. Counted, so that nobody tries one number after another."""
    if not (text or "").strip():
        raise Invalid(N_("Ghi số điện thoại hoặc tên đăng nhập."), field="login")
    sessions.count_join(database(), account_id(), key=current_app.config["XHHT"].secret_key)
    account = people.account_by_login(reader(), normal_login(text or ""))
    if account is None or account.person_id is None or account.closed_at is not None:
        raise Invalid(N_("Không có tài khoản nào như vậy. Xin hỏi lại người ấy."), field="login")
    return account.person_id


@bp.route("/don-vi/<uuid:unit_id>/dung-dau", methods=["GET", "POST"])
@needs("group.manage", load)
def head(it: Opened) -> Any:
    """Name the unit's leader, an adult of the unit, found by name."""
    return name_head(it, "unit.head", url_for(".view", unit_id=it.id))


def load_part(unit_id: uuid.UUID, person_id: uuid.UUID) -> tuple[tuple[Opened, Any], Thing]:
    """Somebody of a unit, for the unit's side or their own."""
    it, thing = load(unit_id=unit_id)
    row = next((one for one in members.unit_memberships(reader(), person_id) if one.unit_id == unit_id), None)
    found(row, N_("Người này không thuộc đơn vị."))
    if not allowed("group.manage", thing):
        thing = belonging.thing_of_person(person_id)
    return (it, found(people.person(reader(), person_id))), thing


@bp.route("/don-vi/<uuid:unit_id>/nguoi/<uuid:person_id>/roi", methods=["GET", "POST"])
@needs("group.manage", load_part)
def part(both: tuple[Opened, Any]) -> Any:
    """Somebody leaves the unit."""
    it, person = both
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            acts.leave_unit(writer(), it.id, person.id, **by())
            flash(_("Đã ghi: không còn ở %(unit)s.", unit=it.group.name), "yes")
            back = url_for(".view", unit_id=it.id) if allowed("group.manage", it.thing) else url_for("household.mine")
            return redirect(back, 303)
    own = desk.is_family_person(person.id)
    name = person.name if own else belonging.named(person.name, person.birth_year)
    return render_template("unit/part.html", form=form, it=it, name=name), form.status


@bp.route("/don-vi/<uuid:unit_id>/dong", methods=["GET", "POST"])
@needs("group.found", load)
def close(it: Opened) -> Any:
    """Close the unit: kept in the book, counted no more."""
    return close_group(it, "unit/close.html")
