"""Passwords: one's own, and a one-time one for somebody who forgot theirs. One blueprint with account.py."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import ValidationError

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.web.account import account_id, bp
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs, safe_next
from xhht_citizen.web.transactions import database, reader, wrote


class PasswordForm(Form):
    """The present password and a new one, twice; `old` is left out where a one-time password was typed just now."""

    old = PasswordField(_l("Mật khẩu hiện tại"), validators=[required(_l("Xin ghi mật khẩu hiện tại."))])
    password = PasswordField(
        _l("Mật khẩu mới"),
        description=_l("Ít nhất 8 chữ hoặc số, không phải dãy dễ đoán như 12345678"),
        validators=[required(_l("Xin chọn một mật khẩu."))],
    )
    again = PasswordField(_l("Gõ lại mật khẩu mới"))

    def validate_again(self, field: Any) -> None:
        """Twice the same."""
        if field.data != self.password.data:
            raise ValidationError(_("Hai lần gõ mật khẩu mới chưa giống nhau."))


@bp.route("/tai-khoan/mat-khau", methods=["GET", "POST"])
@needs("account.own")
def password() -> Any:
    """A new password; other devices go out. Who came in by a one-time password opens no other page before."""
    form = PasswordForm()
    first = actor().must_change_password
    if first:
        del form.old
    if form.validate_on_submit():
        with form.catching():
            sessions.change_password(
                database(),
                account_id(),
                old=None if first else form.old.data,
                new=form.password.data,
                keep=actor().session_id,
            )
            wrote()
            flash(_("Đã đổi mật khẩu. Các máy khác đã được thoát ra."), "yes")
            return redirect(safe_next(url_for(".desk" if first else ".mine")), 303)
    return render_template("account/password.html", form=form, first=first), form.status


def forgotten(account_id: uuid.UUID) -> tuple[Any, Thing]:
    """The account of somebody who forgot the password."""
    row = found(people.account(reader(), account_id), N_("Không tìm thấy tài khoản này."))
    return row, access.thing_of_account(reader(), row)


@bp.route("/tai-khoan/<uuid:account_id>/mat-khau-moi", methods=["GET", "POST"])
@needs("password.reset", forgotten)
def reset(row: Any) -> Any:
    """Give somebody who forgot theirs a one-time password: shown on this answer, and kept nowhere."""
    if row.id == actor().account_id:
        raise Conflict(N_("Mật khẩu của mình thì đổi ở trang Tài khoản."))
    back = url_for("admin.account", account_id=row.id) if allowed("admin.roles") else None
    if back is None:
        back = url_for("residents.person", person_id=row.person_id)
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            made = sessions.reset_password(database(), row.id, by=actor().account_id)
            return render_template("account/one_time.html", row=row, password=made, back=back)
    slip_url = url_for("slips.password", account_id=row.id) if row.person_id is not None else None
    return render_template("account/reset.html", form=form, row=row, back=back, slip_url=slip_url), form.status
