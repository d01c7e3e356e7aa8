"""One phone, several people: who is known here, and in by a pin. The phone carries a random name in a cookie."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import ValidationError

from xhht_citizen.access import queries as access
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.helping import pins, queries
from xhht_citizen.helping.codes import PIN_DAYS, device_hash, short_name
from xhht_citizen.people import proving
from xhht_citizen.people import queries as people
from xhht_citizen.web.account import SHARED_PHONE, account_id
from xhht_citizen.web.devices import device_name
from xhht_citizen.web.forms import Form, required, say
from xhht_citizen.web.guard import actor, enter, needs, public
from xhht_citizen.web.transactions import database, reader, writer, wrote

bp = Blueprint("switch", __name__)
COOKIE_SECONDS = 400 * 24 * 3600  # what browsers keep at most
NOT_FOR_OFFICERS = N_("Tài khoản được giao việc thì luôn đăng nhập bằng mật khẩu, không dùng mã PIN.")


class RememberForm(Form):
    """The password once more, and a pin, twice."""

    password = PasswordField(_l("Mật khẩu"), validators=[required(_l("Xin ghi mật khẩu."))])
    pin = PasswordField(
        _l("Mã PIN"),
        description=_l("4 đến 6 chữ số, không theo dãy, không phải năm sinh. Mỗi người một mã riêng"),
        validators=[required(_l("Xin chọn một mã PIN."))],
    )
    again = PasswordField(_l("Gõ lại mã PIN"))

    def validate_again(self, field: Any) -> None:
        """Twice the same."""
        if field.data != self.pin.data:
            raise ValidationError(_("Hai lần gõ mã PIN chưa giống nhau."))


class PinForm(Form):
    """The pin."""

    pin = PasswordField(_l("Mã PIN"), validators=[required(_l("Xin ghi mã PIN."))])


def _device() -> str:
    """What this phone carries; empty where nobody was remembered on it."""
    return request.cookies.get(SHARED_PHONE, "")[:100]


def _key() -> str:
    return str(current_app.config["XHHT"].secret_key)


def known_here() -> list[queries.Known]:
    """The accounts this phone knows."""
    device = _device()
    return queries.known_on(reader(), device_hash(device, _key())) if device else []


def _check_role(of: uuid.UUID) -> None:
    """A role may have been given since: whoever works for others signs in by password."""
    account = people.account(reader(), of)
    if account is not None and access.thing_of_account(reader(), account).has_role:
        raise Conflict(NOT_FOR_OFFICERS)


@bp.get("/doi-nguoi")
@public
def people_here() -> Any:
    """Who is known on this phone."""
    rows = known_here()
    mine = actor().account_id
    return render_template(
        "switch/people_here.html",
        rows=[(row.account_id, short_name(row.name), row.account_id == mine) for row in rows],
        mine=mine,
        remembered=any(row.account_id == mine for row in rows),
        officer=bool(actor().grants),
    )


@bp.route("/doi-nguoi/<uuid:account_id>", methods=["GET", "POST"])
@public
def pin(account_id: uuid.UUID) -> Any:
    """In by a pin; who was in before goes out."""
    one = next((row for row in known_here() if row.account_id == account_id), None)
    if one is None:
        flash(_(pins.GONE), "info")
        return redirect(url_for("account.sign_in"), 303)
    if actor().account_id == account_id:
        return redirect(url_for("account.desk"))
    form = PinForm()
    if form.validate_on_submit():
        with form.catching():
            proving.count_pin(
                database(), address=request.remote_addr or "", device=device_hash(_device(), _key()), key=_key()
            )
            _check_role(account_id)
            try:
                opened = pins.enter(
                    database(),
                    account_id,
                    pin=form.pin.data,
                    device=_device(),
                    key=_key(),
                    name=device_name(request.user_agent.string),
                    leave=actor().session_id,
                )
            except NotFound as gone:
                flash(say(gone), "miss")
                return redirect(url_for("account.sign_in"), 303)
            enter(opened)
            return redirect(url_for("account.desk"), 303)
    return render_template("switch/pin.html", form=form, name=short_name(one.name)), form.status


@bp.route("/tai-khoan/may-nay", methods=["GET", "POST"])
@needs("account.own")
def remember() -> Any:
    """Let this phone open one's account by a pin."""
    if actor().grants:
        raise Conflict(NOT_FOR_OFFICERS)
    form = RememberForm()
    if form.validate_on_submit():
        with form.catching():
            proving.count_pin(
                database(), address=request.remote_addr or "", device=f"remember:{account_id()}", key=_key()
            )
            device = _device() or pins.new_device()
            pins.remember(
                database(), account_id(), password=form.password.data, pin=form.pin.data, device=device, key=_key()
            )
            wrote()
            flash(_("Máy này đã nhớ ông/bà. Lần sau chỉ cần chọn tên và ghi mã PIN."), "yes")
            answer: Any = redirect(url_for(".people_here"), 303)
            _carry(answer, device)
            return answer
    known = any(row.account_id == account_id() for row in known_here())
    return render_template("switch/remember.html", form=form, known=known, days=PIN_DAYS), form.status


def _carry(answer: Response, device: str) -> None:
    answer.set_cookie(
        SHARED_PHONE,
        device,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_app.config["XHHT"].secure_cookies,
    )


@bp.post("/tai-khoan/may-nay/quen")
@needs("account.own")
def forget() -> Any:
    """This phone does not know one any more."""
    device = _device()
    if device and pins.forget(writer(), account_id(), device=device, key=_key()):
        flash(_("Máy này không nhớ ông/bà nữa."), "yes")
    else:
        flash(_("Máy này vốn không nhớ ông/bà."), "info")
    return redirect(url_for(".people_here"), 303)
