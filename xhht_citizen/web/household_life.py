"""What happens in a household, written down by its head or by officers: one blueprint with household.py."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField
from wtforms.validators import Optional

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import households
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups import members as belongings
from xhht_citizen.groups.rules import Kind, is_school_age
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import RELATION_LABELS, SEX_LABELS, Group, Sex, is_adult
from xhht_citizen.web import belonging
from xhht_citizen.web.account import GROUP_OPTIONS, PersonForm, account_id, one_of
from xhht_citizen.web.belonging import Opened
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.household import bp
from xhht_citizen.web.household import load as load_household
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import looked_at, reader, writer

RELATION_CHOICES = [
    SelectChoice("", _l("Chọn")),
    SelectChoice("spouse", _l("Vợ hoặc chồng")),
    SelectChoice("child", _l("Con, dâu, rể")),
    SelectChoice("parent", _l("Cha, mẹ")),
    SelectChoice("other", _l("Ông bà, anh chị em, cháu, người khác")),
]
REASONS = [
    SelectChoice("moved", _l("Chuyển đi nơi khác")),
    SelectChoice("married", _l("Kết hôn, về nhà vợ hoặc chồng")),
    SelectChoice("left", _l("Không còn ở hộ, chưa rõ nơi mới")),
]
load = belonging.loader(Kind.HOUSEHOLD, "household_id")


@dataclass(frozen=True)
class Row:
    """Somebody of the household as who may correct its list sees them; a child is named to the own household only."""

    person_id: uuid.UUID
    name: str
    relation: str
    adult: bool
    birth_year: int
    has_account: bool
    guardian: str | None


@dataclass(frozen=True)
class OpenedMember:
    """A member of a household, opened together with it."""

    it: Opened
    row: Row

    @property
    def closed(self) -> bool:
        """Whether the household's own word is not enough: who has an account speaks for themselves."""
        return self.row.has_account and not belonging.officer(self.it.thing)


class MemberForm(PersonForm):
    """Somebody of the household who has no account."""

    id = HiddenField()
    relation = SelectField(
        _l("Là gì của chủ hộ?"),
        choices=RELATION_CHOICES,
        validate_choice=False,
        validators=[one_of(["spouse", "child", "parent", "other"], _l("Xin chọn một mục."))],
    )
    learner_group = RadioField(
        _l("Thuộc nhóm nào?"),
        description=_l("Chỉ cần cho người lớn. Trẻ em thì để trống."),
        choices=GROUP_OPTIONS,
        validate_choice=False,
        validators=[Optional(), one_of([*Group], _l("Xin chọn một nhóm."))],
    )
    guardian_id = SelectField(
        _l("Người giám hộ"),
        description=_l("Chỉ cho trẻ em. Để trống thì chủ hộ là người giám hộ."),
        validate_choice=False,
        validators=[Optional()],
    )
    consent = BooleanField(
        _l("Người này đã đồng ý cho dùng thông tin của mình"),
        description=_l("Chỉ đánh dấu khi người lớn ấy đã nghe đọc hoặc đã ký giấy đồng ý. Không đánh dấu thay ai."),
    )


class HeadForm(Form):
    """Who is head from now on."""

    person_id = RadioField(
        _l("Ai là chủ hộ từ hôm nay?"), validate_choice=False, validators=[required(_l("Xin chọn một người."))]
    )


class LeftForm(Form):
    """Why somebody lives there no longer."""

    reason = RadioField(
        _l("Vì sao?"),
        choices=REASONS,
        validate_choice=False,
        validators=[one_of(households.LEAVING, _l("Xin chọn một mục."))],
    )


class DiedForm(Form):
    """The day somebody died."""

    died_on = DayField(_l("Ngày mất"), validators=[required(_l("Ghi ngày mất."))])


class SchoolForm(Form):
    """An answer for each child, `hoc-<person>`: how many there are, only the page knows."""

    drafted = True
    of_a_year = True


def rows_of(it: Opened) -> list[Row]:
    """The household's members, the head first."""
    found_rows = people.members(reader(), it.id)
    own = actor().household_id == it.id
    accounts = people.with_account(reader(), [row.person_id for row in found_rows])
    names = {row.person_id: row.person.name for row in found_rows}
    return [
        Row(
            row.person_id,
            row.person.name if own or is_adult(row.person.birth_year, belonging.year()) else _child(row.person),
            _(RELATION_LABELS[row.relation]),
            is_adult(row.person.birth_year, belonging.year()),
            row.person.birth_year,
            row.person_id in accounts,
            names.get(row.guardian_id) if row.guardian_id else None,
        )
        for row in found_rows
    ]


def _child(person: Any) -> str:
    """A child on a page of somebody else's household."""
    if person.sex:
        return str(
            _("Trẻ em %(sex)s, sinh năm %(year)s", sex=_(SEX_LABELS[Sex(person.sex)]).lower(), year=person.birth_year)
        )
    return str(_("Trẻ em sinh năm %(year)s", year=person.birth_year))


def load_member(household_id: uuid.UUID, person_id: uuid.UUID) -> tuple[OpenedMember, Thing]:
    """Somebody of a household."""
    it, thing = load(household_id=household_id)
    row = next((one for one in rows_of(it) if one.person_id == person_id), None)
    return OpenedMember(it, found(row, N_("Không tìm thấy người này trong hộ."))), thing


def back_to(household_id: uuid.UUID) -> str:
    """The household's page for who looks."""
    if actor().household_id == household_id:
        return url_for("household.mine")
    return url_for("household.view", household_id=household_id)


def _seen(it: Opened, *rows: Row) -> None:
    if actor().household_id != it.id:
        for row in rows:
            if row.adult:
                looked_at(row.person_id, it.group.ward_code, "household.members")


@bp.get("/ho-gia-dinh/<uuid:household_id>/nguoi")
@needs("group.manage", load)
def members(it: Opened) -> Any:
    """Everybody of the household, for who corrects its list."""
    rows = rows_of(it)
    _seen(it, *rows)
    leads = belonging.leads(it)
    return render_template("household/members.html", it=it, rows=rows, leads=leads, back=back_to(it.id))


@bp.route("/ho-gia-dinh/<uuid:household_id>/them-nguoi", methods=["GET", "POST"])
@needs("group.manage", load)
def add(it: Opened) -> Any:
    """Write down a relative without an account, or a new-born."""
    form = MemberForm()
    adults = [row for row in rows_of(it) if row.adult]
    form.guardian_id.choices = [
        SelectChoice("", _("Chủ hộ")),
        *(SelectChoice(str(row.person_id), row.name) for row in adults),
    ]
    if form.validate_on_submit():
        with form.catching():
            details = form.person(phone=None)
            grown = is_adult(details.birth.year, belonging.year())
            if grown and not form.learner_group.data:
                form.learner_group.errors = [_("Xin chọn một nhóm cho người lớn.")]
                form.status = 422
            else:
                paper = "paper" if belonging.officer(it.thing) else "assisted"
                households.add_member(
                    writer(),
                    it.id,
                    details,
                    relation=form.relation.data,
                    guardian_id=read_id(form.guardian_id.data),
                    consent=paper if form.consent.data else None,
                    person_id=read_id(form.id.data),
                    account_id=account_id(),
                    id_key=current_app.config["XHHT"].secret_key,
                    year=belonging.year(),
                )
                flash(_("Đã thêm %(name)s vào hộ.", name=details.name), "yes")
                return redirect(back_to(it.id), 303)
    form.id.data = form.id.data or str(new_id())
    _seen(it, *adults)
    return render_template("household/add.html", form=form, it=it, back=back_to(it.id)), form.status


@bp.route("/ho-gia-dinh/<uuid:household_id>/chu-ho", methods=["GET", "POST"])
@needs("group.manage", load)
def head(it: Opened) -> Any:
    """Name another head: the head's word, or an officer's; a mandate is not enough."""
    belonging.check_leads(it)
    rows = rows_of(it)
    adults = [row for row in rows if row.adult]
    form = HeadForm()
    form.person_id.choices = [SelectChoice(str(row.person_id), f"{row.name} ({row.relation})") for row in adults]
    if form.validate_on_submit():
        with form.catching():
            households.name_head(
                writer(),
                it.id,
                read_id(form.person_id.data) or uuid.UUID(int=0),
                account_id=account_id(),
                year=belonging.year(),
            )
            flash(_("Đã ghi chủ hộ mới."), "yes")
            return redirect(back_to(it.id), 303)
    _seen(it, *adults)
    return render_template("household/head.html", form=form, it=it, back=back_to(it.id)), form.status


@bp.get("/ho-gia-dinh/<uuid:household_id>/nguoi/<uuid:person_id>")
@needs("group.manage", load_member)
def member(one: OpenedMember) -> Any:
    """One of the household: what is written down, and what may be recorded."""
    _seen(one.it, one.row)
    return render_template("household/member.html", it=one.it, row=one.row, closed=one.closed)


@bp.route("/ho-gia-dinh/<uuid:household_id>/nguoi/<uuid:person_id>/roi-di", methods=["GET", "POST"])
@needs("group.manage", load_member)
def left(one: OpenedMember) -> Any:
    """Record that somebody lives there no longer."""
    _check_open(one)
    form = LeftForm()
    if form.validate_on_submit():
        with form.catching():
            households.leave(
                writer(),
                one.it.id,
                one.row.person_id,
                reason=form.reason.data,
                account_id=account_id(),
                year=belonging.year(),
            )
            flash(_("Đã ghi: người này không còn ở hộ."), "yes")
            return redirect(_after(one), 303)
    _seen(one.it, one.row)
    return render_template("household/left.html", form=form, it=one.it, row=one.row), form.status


@bp.route("/ho-gia-dinh/<uuid:household_id>/nguoi/<uuid:person_id>/qua-doi", methods=["GET", "POST"])
@needs("group.manage", load_member)
def died(one: OpenedMember) -> Any:
    """Record that somebody died; of who works for others, the ward's officers alone: their roles end with it."""
    _check_open(one)
    account = people.account_of(reader(), one.row.person_id)
    if (
        account is not None
        and access.thing_of_account(reader(), account).has_role
        and not belonging.serves_ward(one.it.group.ward_code or "")
    ):
        raise Forbidden(N_("Người này đang giữ vai trò. Xin báo phường, xã ghi việc này."))
    form = DiedForm()
    if form.validate_on_submit():
        with form.catching():
            households.die(writer(), one.row.person_id, form.died_on.day, account_id=account_id(), today=clock.today())
            flash(_("Đã ghi ngày mất. Xin chia buồn cùng gia đình."), "info")
            return redirect(_after(one), 303)
    _seen(one.it, one.row)
    return render_template("household/died.html", form=form, it=one.it, row=one.row), form.status


@bp.route("/ho-gia-dinh/<uuid:household_id>/di-hoc", methods=["GET", "POST"])
@needs("household.view", load_household)
def schooling(household: Any) -> Any:
    """Whether each child of school age goes to school this year: yes or no, never a mark."""
    it, _thing = belonging.opened(belonging.group_of(Kind.HOUSEHOLD, household.id))
    children = [row for row in rows_of(it) if is_school_age(row.birth_year, belonging.year())]
    form = SchoolForm()
    if form.validate_on_submit():
        with form.catching():
            answers = {
                row.person_id: request.form.get(f"hoc-{row.person_id}") == "1"
                for row in children
                if request.form.get(f"hoc-{row.person_id}") in {"0", "1"}
            }
            households.school(writer(), it.id, answers, account_id=account_id(), year=belonging.year())
            flash(_("Đã ghi việc đi học của trẻ em trong hộ."), "yes")
            return redirect(back_to(it.id), 303)
    said = belongings.schooling(reader(), [row.person_id for row in children], belonging.year())
    for row in children:
        given = form.given.get(f"hoc-{row.person_id}") if form.given is not None else None
        if given in {"0", "1"}:
            said = {**said, row.person_id: given == "1"}
    return render_template(
        "household/schooling.html", form=form, it=it, children=children, said=said, year=belonging.year()
    ), form.status


def _check_open(one: OpenedMember) -> None:
    if one.closed:
        raise Forbidden(
            N_("Người này có tài khoản riêng nên tự ghi khi chuyển đi; việc khác xin báo chi hội hoặc phường, xã.")
        )


def _after(one: OpenedMember) -> str:
    """The household once more; the roster, where nobody is left in it."""
    return back_to(one.it.id) if actor().household_id == one.it.id else url_for("residents.roster")
