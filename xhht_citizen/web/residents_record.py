"""A resident's record put right: whose account it is, and a death that was recorded by mistake."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import households, twins
from xhht_citizen.errors import N_, Conflict, Forbidden, Invalid
from xhht_citizen.people import queries as people
from xhht_citizen.web import belonging, desk
from xhht_citizen.web.account import account_id
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.residents import Opened, bp
from xhht_citizen.web.residents_home import served_person
from xhht_citizen.web.transactions import looked_at, reader, writer
from xhht_citizen.web.unit import person_by_login

UNKNOWN = N_("Không tìm thấy tài khoản này.")


class LinkForm(Form):
    """Whose account, by its log-in."""

    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập của người ấy"),
        validators=[required(_l("Ghi số điện thoại hoặc tên đăng nhập."))],
    )


@dataclass(frozen=True)
class Both:
    """A resident's record, and an account whose owner may be the same person."""

    opened: Opened
    account: Any
    own: Any


def open_both(person_id: uuid.UUID, owner_id: uuid.UUID) -> tuple[tuple[Both, Thing], Thing]:
    """Both of them, for who serves the place of the record."""
    opened, thing = served_person(person_id)[0]
    account = found(people.account(reader(), owner_id), UNKNOWN)
    own = people.person(reader(), account.person_id) if account.person_id else None
    return (Both(opened, account, found(own, UNKNOWN)), thing), thing


def _check_stranger(opened: Opened, account: Any = None) -> None:
    """Never for oneself or one's own household: two other eyes."""
    if desk.is_family_person(opened.person.id) or (
        account is not None and (account.id == actor().account_id or desk.is_family_person(account.person_id))
    ):
        raise Forbidden(N_("Không tự nối tài khoản cho mình hoặc người nhà mình. Xin nhờ cán bộ khác."))


@bp.route("/dan-cu/<uuid:person_id>/noi-tai-khoan", methods=["GET", "POST"])
@needs("group.found", served_person)
def link(both: tuple[Opened, Thing]) -> Any:
    """Find the account of somebody who is written down without one."""
    opened, thing = both
    _check_stranger(opened)
    form = LinkForm()
    if form.validate_on_submit():
        with form.catching():
            account = found(people.account_of(reader(), person_by_login(form.login.data)))
            if people.account_of(reader(), opened.person.id) is not None:
                raise Conflict(N_("Người này đã có tài khoản."))
            if not twins.is_new(reader(), account):
                raise Invalid(twins.NOT_NEW, field="login")
            return redirect(url_for(".same_person", person_id=opened.person.id, owner_id=account.id), 303)
    looked_at(opened.person.id, thing.ward_code or "", "residents.person")
    return render_template("residents/link.html", form=form, person=opened.person), form.status


@bp.route("/dan-cu/<uuid:person_id>/noi-tai-khoan/<uuid:owner_id>", methods=["GET", "POST"])
@needs("group.found", open_both)
def same_person(pair: tuple[Both, Thing]) -> Any:
    """The record and the account side by side: one person, or back."""
    both, thing = pair
    record, page = both.opened.person, url_for(".person", person_id=both.opened.person.id)
    if both.account.person_id == record.id:
        return redirect(page)
    _check_stranger(both.opened, both.account)
    form = Form()
    if not twins.is_new(
        reader(), both.account
    ):  # what the account's owner has of their own is nobody's to look at here
        flash(_(twins.NOT_NEW), "miss")
        return redirect(url_for(".link", person_id=record.id))
    if form.validate_on_submit():
        with form.catching():
            twins.merge(writer(), record.id, both.account.id, account_id=account_id())
            flash(_("Đã nối tài khoản với %(name)s.", name=record.name), "yes")
            return redirect(page, 303)
    for one in (record, both.own):
        looked_at(one.id, thing.ward_code or "", "residents.person")
    return render_template(
        "residents/same_person.html",
        form=form,
        person=record,
        home=both.opened.home,
        own=both.own,
        login=both.account.login,
    ), form.status


@bp.route("/dan-cu/<uuid:person_id>/con-song", methods=["GET", "POST"])
@needs("group.found", served_person)
def alive(both: tuple[Opened, Thing]) -> Any:
    """A death was recorded by mistake: an officer of the ward takes it back."""
    opened, thing = both
    ward = thing.ward_code or ""
    if not belonging.serves_ward(ward):
        raise Forbidden(N_("Việc này của cán bộ phường, xã."))
    if opened.person.died_on is None:
        return redirect(url_for(".person", person_id=opened.person.id))
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            households.undo_death(writer(), opened.person.id, account_id=account_id(), year=belonging.year())
            flash(_("Đã bỏ ghi qua đời. Vai trò, nơi làm việc và ủy quyền cũ, nếu có, cần ghi lại."), "yes")
            return redirect(url_for(".person", person_id=opened.person.id), 303)
    looked_at(opened.person.id, ward, "residents.person")
    return render_template("residents/alive.html", form=form, person=opened.person), form.status
