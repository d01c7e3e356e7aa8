"""Where people without an account live, as officers write it down: a new household, another one, one of their own."""

from __future__ import annotations

import uuid
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import Length, Optional

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import households, persons
from xhht_citizen.applications.persons import ByHousehold, NewHousehold
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups.rules import Kind
from xhht_citizen.people import queries as people
from xhht_citizen.web import belonging, desk
from xhht_citizen.web.account import PersonForm, account_id, one_of
from xhht_citizen.web.clan import offer_communities
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import needs
from xhht_citizen.web.household_life import RELATION_CHOICES
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.residents import Opened, bp, open_person
from xhht_citizen.web.transactions import looked_at, reader, writer

ADDRESS = {
    "description": _l("Số nhà, đường, ngõ; để chi hội dễ tìm"),
    "validators": [Optional(), Length(max=200, message=_l("Dài quá 200 chữ, xin viết ngắn hơn."))],
}


class FoundForm(PersonForm):
    """A household by its head, who has no account."""

    id = HiddenField()
    community_id = SelectField(_l("Thôn, tổ dân phố"), validate_choice=False)
    address = StringField(_l("Địa chỉ"), **ADDRESS)
    consent = BooleanField(
        _l("Người này đã ký giấy đồng ý cho dùng thông tin của mình"),
        description=_l("Chỉ đánh dấu khi đã có giấy. Không đánh dấu thay ai."),
    )


class MoveForm(Form):
    """Into which household, as what, and why."""

    household_id = RadioField(_l("Hộ tìm thấy"), validate_choice=False, validators=[Optional()])
    code = StringField(
        _l("Mã hộ gia đình"),
        description=_l("Khi hộ ở nơi khác: người trong hộ ấy đọc mã ở mục Gia đình."),
        validators=[Optional()],
    )
    relation = SelectField(
        _l("Là gì của chủ hộ ấy?"),
        choices=RELATION_CHOICES,
        validate_choice=False,
        validators=[one_of(["spouse", "child", "parent", "other"], _l("Xin chọn một mục."))],
    )
    reason = RadioField(
        _l("Vì sao?"),
        choices=[SelectChoice("moved", _l("Chuyển về ở")), SelectChoice("married", _l("Kết hôn"))],
        validate_choice=False,
        validators=[one_of(["moved", "married"], _l("Xin chọn một mục."))],
    )
    apart = BooleanField(
        _l("Hộ ấy có người trùng tên, trùng năm sinh: đó là hai người khác nhau"),
        description=_l("Chỉ đánh dấu khi đã biết rõ cả hai người."),
    )


class ApartForm(Form):
    """A household of one's own, in the same ward."""

    id = HiddenField()
    community_id = SelectField(_l("Thôn, tổ dân phố"), validate_choice=False)
    address = StringField(_l("Địa chỉ"), **ADDRESS)


@bp.route("/dan-cu/ho-moi", methods=["GET", "POST"])
@needs("residents.view")
def found_home() -> Any:
    """Write down a household by its head; the others are added on its page."""
    at = desk.desk()
    form = FoundForm(community_id=request.args.get("to", ""))
    offer_communities(form.community_id, at.ward_code, at.community_id)
    if form.validate_on_submit():
        with form.catching():
            home = households.found_for(
                writer(),
                _place(form, at.ward_code, at.community_id),
                form.person(phone=None),
                consent="paper" if form.consent.data else None,
                account_id=account_id(),
                id_key=current_app.config["XHHT"].secret_key,
                year=belonging.year(),
            )
            flash(_("Đã lập hộ %(name)s.", name=home.household), "yes")
            return redirect(url_for("household.view", household_id=home.household_id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "residents/found_home.html", form=form, place=desk.place_name(at), noi=desk.noi(at)
    ), form.status


def _place(form: Any, ward_code: str, only: uuid.UUID | None) -> NewHousehold:
    community_id = only or read_id(form.community_id.data)
    return NewHousehold(ward_code, community_id, form.address.data, read_id(form.id.data))


def served_person(person_id: uuid.UUID) -> tuple[tuple[Opened, Thing], Thing]:
    """A person, for who serves the place where they live."""
    opened, thing = open_person(person_id)
    return (opened, thing), thing


@bp.route("/dan-cu/<uuid:person_id>/chuyen-ho", methods=["GET", "POST"])
@needs("group.found", served_person)
def move(both: tuple[Opened, Thing]) -> Any:
    """Move somebody into another household: one of the officer's own place, or one whose code is known."""
    opened, thing = both
    form = MoveForm()
    text = request.args.get("tim", "").strip()[:100]
    ward = thing.ward_code or ""
    only = None if belonging.serves_ward(ward) else thing.community_id
    rows = people.households(reader(), ward_code=ward, community_id=only, text=text, limit=20) if text else []
    form.household_id.choices = [
        SelectChoice(str(row.id), _("Hộ %(name)s, %(place)s", name=row.name, place=row.community or "")) for row in rows
    ]
    if form.validate_on_submit():
        with form.catching():
            where = _target(form)
            if where is not None:
                home = persons.settle(
                    writer(),
                    opened.person.id,
                    where,
                    account_id=account_id(),
                    year=belonging.year(),
                    reason=form.reason.data,
                )
                flash(_("Đã chuyển về hộ %(name)s.", name=home.household), "yes")
                return redirect(_after(opened.person.id, home), 303)
    looked_at(opened.person.id, ward, "residents.person")
    return render_template("residents/move.html", form=form, person=opened.person, text=text, rows=rows), form.status


def _target(form: MoveForm) -> Any:
    household_id = read_id(form.household_id.data)
    if household_id is not None:
        group = belonging.group_of(Kind.HOUSEHOLD, household_id)
        if not belonging.officer(belonging.opened(group)[1]):
            raise Forbidden(N_("Hộ này ở nơi khác: xin dùng mã của hộ."))
        return ByHousehold(household_id, form.relation.data, apart=form.apart.data)
    if (form.code.data or "").strip():
        return persons.ByCode(form.code.data, form.relation.data, apart=form.apart.data)
    form.code.errors = [_("Ghi mã hộ, hoặc tìm rồi chọn một hộ.")]
    form.status = 422
    return None


@bp.route("/dan-cu/<uuid:person_id>/tach-ho", methods=["GET", "POST"])
@needs("group.found", served_person)
def apart(both: tuple[Opened, Thing]) -> Any:
    """Somebody founds a household of their own in the ward."""
    opened, thing = both
    ward = thing.ward_code or ""
    only = None if belonging.serves_ward(ward) else thing.community_id
    form = ApartForm()
    offer_communities(form.community_id, ward, only)
    if form.validate_on_submit():
        with form.catching():
            home = persons.settle(
                writer(),
                opened.person.id,
                _place(form, ward, only),
                account_id=account_id(),
                year=belonging.year(),
            )
            flash(_("Đã lập hộ %(name)s.", name=home.household), "yes")
            return redirect(_after(opened.person.id, home), 303)
    form.id.data = form.id.data or str(new_id())
    looked_at(opened.person.id, ward, "residents.person")
    return render_template("residents/apart.html", form=form, person=opened.person), form.status


def _after(person_id: uuid.UUID, home: Any) -> str:
    """The person's page; the roster, where they live elsewhere by now."""
    place = Thing(community_id=home.community_id, ward_code=home.ward_code)
    return url_for(".person", person_id=person_id) if belonging.officer(place) else url_for(".roster")
