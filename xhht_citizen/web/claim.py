"""A slip in its bearer's hand: the code and the year of birth, then an account, one record out of two, or a password.

The code stands in the address after the question mark only, where no log holds it, and no page says on whence it came.
Nothing is used up before the last button.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import logout_user
from wtforms import StringField

from xhht_citizen.applications import claiming
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, TooMany
from xhht_citizen.helping import queries, slips
from xhht_citizen.helping.codes import REFUSED, Purpose, Standing, code_hash, normal_code
from xhht_citizen.people import proving, sessions
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import PRIVACY_VERSION
from xhht_citizen.vietnamese import mask_name
from xhht_citizen.web.account import NewAccountForm, account_id
from xhht_citizen.web.account_password import PasswordForm
from xhht_citizen.web.devices import device_name
from xhht_citizen.web.forms import Form, NumberField, required, say
from xhht_citizen.web.guard import actor, enter, found, needs, public
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import database, reader, writer

bp = Blueprint("claim", __name__)
PROVED_SECONDS = 1800  # how long a code and year that were right let one go on


class CodeForm(Form):
    """The code on the slip, and the year of birth of whose it is."""

    code = StringField(
        _l("Mã trên phiếu"),
        description=_l("Ba nhóm năm chữ và số, ví dụ K7Q4M-2XWRT-PCA9N. Gõ chữ thường cũng được"),
        validators=[required(_l("Xin ghi mã trên phiếu."))],
    )
    birth_year = NumberField(
        _l("Năm sinh của người có tên trên phiếu"),
        description=_l("Bốn chữ số, ví dụ 1956"),
        validators=[required(_l("Xin ghi năm sinh."))],
    )


class NewPasswordForm(PasswordForm):
    """A new password, twice: the slip stands for the present one."""

    old = None


@bp.after_request
def say_nothing_on(response: Response) -> Response:
    """Whatever is opened from here does not learn this address."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _key() -> str:
    return str(current_app.config["XHHT"].secret_key)


@bp.route("/nhan-ho-so", methods=["GET", "POST"])
@public
def start() -> Any:
    """The code, from the QR or typed, and the year of birth. Opening the page uses nothing up."""
    form = CodeForm(code=request.args.get("ma", "")[:40])
    if form.validate_on_submit():
        with form.catching():
            proving.count_code(
                database(), "slip", address=request.remote_addr or "", account_id=actor().account_id, key=_key()
            )
            slip_id, purpose = slips.prove(database(), form.code.data, form.birth_year.number or 0, key=_key())
            session["slip"] = {"id": str(slip_id), "at": int(time.time())}
            if purpose is Purpose.PASSWORD:
                return redirect(url_for(".password"), 303)
            return redirect(url_for(".account" if actor().account_id is None else ".join"), 303)
    code = normal_code(form.code.data or "")
    if (
        code is not None
        and request.method == "GET"
        and proving.many_slips(reader(), address=request.remote_addr or "", key=_key())
    ):
        raise TooMany(
            N_("Đã thử quá nhiều lần. Xin đợi %(minutes)s phút rồi thử lại."), minutes=sessions.WINDOW_MINUTES
        )
    slip = queries.slip_by_hash(reader(), code_hash(code, _key())) if code else None
    standing = queries.standing_of(slip) if slip else None
    return render_template(
        "claim/start.html",
        form=form,
        name=mask_name(slip.person.name) if slip and standing is Standing.OPEN else None,
        password=slip is not None and slip.purpose == Purpose.PASSWORD,
        refused=_(REFUSED[standing]) if standing and standing in REFUSED else None,
        unknown=bool(request.args.get("ma")) and slip is None and form.status == 200,
    ), form.status


def _proved(purpose: Purpose) -> Any:
    """The slip whose code and year were right on this device a while ago, with its person; None otherwise."""
    kept = session.get("slip")
    slip_id = read_id(kept.get("id")) if isinstance(kept, dict) else None
    if kept is None or slip_id is None or time.time() - kept.get("at", 0) > PROVED_SECONDS:
        return None
    slip = queries.slip(reader(), slip_id)
    return slip if slip is not None and slip.purpose == purpose else None


def _again() -> Any:
    """Back to the code: nothing was proved here, or too long ago."""
    flash(_("Xin ghi mã trên phiếu và năm sinh trước."), "info")
    return redirect(url_for(".start"), 303)


def _gone(slip: Any) -> str | None:
    """Why a slip that was proved may not be used any more."""
    standing = queries.standing_of(slip)
    return str(_(REFUSED[standing])) if standing in REFUSED else None


@bp.route("/nhan-ho-so/tai-khoan", methods=["GET", "POST"])
@public
def account() -> Any:
    """A log-in, a password and consent: an account for the record that is there, and in."""
    slip = _proved(Purpose.CLAIM)
    if slip is None:
        return _again()
    if actor().account_id is not None:
        return redirect(url_for(".join"))
    form = NewAccountForm()
    if form.validate_on_submit():
        with form.catching():
            sessions.count_sign_up(database(), address=request.remote_addr or "", key=_key())
            opened = claiming.open_account(
                database(),
                slip.id,
                login=form.login.data,
                password=form.password.data,
                account_id=read_id(form.id.data) or new_id(),
                device=device_name(request.user_agent.string),
            )
            return _enter(opened, _("Đã nhận hồ sơ. Những gì đã ghi giúp ông/bà trước đây đều ở đây."))
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "claim/account.html",
        form=form,
        person=slip.person,
        home=people.home_of(reader(), slip.person_id),
        gone=_gone(slip),
        version=PRIVACY_VERSION,
    ), form.status


def _enter(opened: uuid.UUID, words: str) -> Any:
    """In by a session that stands; whoever was signed in on this device is out."""
    before = actor().session_id
    if before is not None:
        sessions.sign_out(writer(), before)
    session.pop("slip", None)
    enter(opened)
    flash(words, "yes")
    return redirect(url_for("account.desk"), 303)


def _own_account() -> Any:
    return found(people.account(reader(), account_id()))


@bp.route("/nhan-ho-so/noi", methods=["GET", "POST"])
@needs("account.own")
def join() -> Any:
    """Signed in with an own account: its record and the one of the slip become one, where that can be."""
    slip = _proved(Purpose.CLAIM)
    if slip is None:
        return _again()
    mine = _own_account()
    if mine.person_id == slip.person_id:
        session.pop("slip", None)
        flash(_("Hồ sơ này đã là của ông/bà rồi."), "info")
        return redirect(url_for("account.desk"), 303)
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            claiming.join(writer(), slip.id, mine)
            session.pop("slip", None)
            flash(_("Hai hồ sơ đã thành một. Những gì đã ghi giúp ông/bà trước đây đều ở đây."), "yes")
            return redirect(url_for("account.desk"), 303)
    cannot = claiming.may_join(reader(), slip.person_id, mine)
    return render_template(
        "claim/join.html",
        form=form,
        person=slip.person,
        home=people.home_of(reader(), slip.person_id),
        own=people.person(reader(), mine.person_id) if mine.person_id else None,
        gone=_gone(slip),
        cannot=say(cannot) if cannot else None,
    ), form.status


@bp.post("/nhan-ho-so/bao")
@needs("account.own")
def tell() -> Any:
    """Both records have something of their own: who made the slip is told, and looks at them with the person."""
    slip = _proved(Purpose.CLAIM)
    if slip is None:
        return _again()
    claiming.tell_officer(writer(), slip.id, _own_account())
    flash(_("Đã báo cho người phát phiếu. Xin mang phiếu và giấy tờ đến gặp khi được hẹn."), "yes")
    return redirect(url_for("account.desk"), 303)


@bp.post("/nhan-ho-so/nguoi-khac")
@needs("account.own")
def apart() -> Any:
    """The slip is of somebody else than who is signed in on this phone: they go out, the slip stays."""
    kept = {name: session[name] for name in ("lang", "size", "slip") if session.get(name)}
    session_id = actor().session_id
    assert session_id is not None  # noqa: S101 (signed in)
    sessions.sign_out(writer(), session_id)
    logout_user()
    session.clear()
    session.update(kept)
    return redirect(url_for(".account"), 303)


@bp.route("/nhan-ho-so/mat-khau", methods=["GET", "POST"])
@public
def password() -> Any:
    """Somebody who forgot the password chooses a new one; every other device goes out."""
    slip = _proved(Purpose.PASSWORD)
    if slip is None:
        return _again()
    form = NewPasswordForm()
    if form.validate_on_submit():
        with form.catching():
            opened = claiming.new_password(
                database(), slip.id, password=form.password.data, device=device_name(request.user_agent.string)
            )
            return _enter(opened, _("Đã đổi mật khẩu. Các máy khác đã được thoát ra."))
    gone = _gone(slip)
    return render_template(
        "claim/password.html",
        form=form,
        person=slip.person,
        login=None if gone else claiming.account_of_slip(reader(), slip.id).login,
        gone=gone,
    ), form.status
