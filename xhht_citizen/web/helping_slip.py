"""Asking for help by a code: the slip and its code for who asks, and the page where whoever was given it takes over."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectChoice, SelectMultipleField, StringField

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.database import new_id
from xhht_citizen.helping import asking, named, queries
from xhht_citizen.helping.codes import MANDATE_DAYS, MANDATE_GROUPS, Standing, mandate_code, mandate_hash, normal_code
from xhht_citizen.helping.rules import ACT_LABELS, ASKED_DAYS, Act, in_order, read_acts
from xhht_citizen.people import proving
from xhht_citizen.vietnamese import mask_name
from xhht_citizen.web.account import account_id
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import Response, found, needs
from xhht_citizen.web.helping import act_hints, act_words, bp, own_person, tell_both
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.qr import printed_url, qr_svg
from xhht_citizen.web.transactions import database, reader, writer

FOUND_SECONDS = 1800  # how long a code that was found lets one agree to it without another try
USUAL = (Act.EVIDENCE, Act.CASE)  # what people ask for; ticked beforehand and untied by a tap


class AskForm(Form):
    """In what somebody shall help, until when. `id` is made with the page, so that a form sent twice is one slip."""

    id = HiddenField()
    acts = SelectMultipleField(
        _l("Nhờ giúp việc gì?"),
        description=_l("Sự đồng ý cho dùng thông tin không ai làm thay được."),
        validate_choice=False,
        choices=[SelectChoice(act.value, _l(label)) for act, label in ACT_LABELS.items()],
    )
    until = DayField(
        _l("Nhờ giúp đến hết ngày"),
        description=_l("Ông/bà cho thôi sớm hơn lúc nào cũng được."),
        validators=[required(_l("Ghi ngày cuối được làm thay."))],
    )


class TakeForm(Form):
    """The code somebody was given."""

    code = StringField(
        _l("Mã nhờ giúp"),
        description=_l("Hai nhóm năm chữ và số, người nhờ đọc cho hoặc gửi cho. Chữ thường, không gạch nối cũng được."),
        validators=[required(_l("Xin ghi mã."))],
    )


def _key() -> str:
    return str(current_app.config["XHHT"].secret_key)


@bp.route("/nho-giup", methods=["GET", "POST"])
@needs("helper.name_own", own_person)
def ask(person: Any) -> Any:
    """For what help is wanted, until when; then a code to give away."""
    form = AskForm(
        data={
            "id": str(new_id()),
            "acts": [act.value for act in USUAL],
            "until": clock.today() + timedelta(days=ASKED_DAYS),
        }
    )
    if form.validate_on_submit():
        with form.catching():
            row = asking.make(
                writer(),
                person.id,
                asking.Wish(form.acts.data or [], form.until.day),
                slip_id=read_id(form.id.data) or new_id(),
                account_id=account_id(),
                key=_key(),
                today=clock.today(),
            )
            return redirect(url_for(".slip", slip_id=row.id), 303)
    return render_template(
        "helping/ask.html",
        form=form,
        hints=act_hints(),
        days=MANDATE_DAYS,
        slips=queries.mandate_slips(reader(), person.id, usable=True),
        acts=act_words(),
    ), form.status


def own_slip(slip_id: uuid.UUID) -> tuple[Any, Thing]:
    """A slip, for the person who made it."""
    row = found(queries.mandate_slip(reader(), slip_id), asking.NOT_FOUND)
    return row, Thing(row.person_id)


@bp.get("/nho-giup/<uuid:slip_id>")
@needs("helper.name_own", own_slip)
def slip(row: Any) -> Any:
    """The code, large, with its QR, to be shown, read aloud or printed; or what became of it."""
    open_now = queries.standing_of(row) is Standing.OPEN
    code = mandate_code(row.id, _key())
    address = printed_url(url_for(".take", ma=code))
    return render_template(
        "helping/slip.html",
        row=row,
        open=open_now,
        standing=str(queries.standing_of(row)),
        code=code if open_now else None,
        qr=qr_svg(address) if open_now else None,
        address=address.partition("?")[0].partition("://")[2],
        helper=named.row(reader(), row.helper_id, clock.today()) if row.helper_id else None,
        acts=[act_words()[act] for act in in_order(read_acts(row.acts))],
    )


@bp.post("/nho-giup/<uuid:slip_id>/huy")
@needs("helper.name_own", own_slip)
def cancel(row: Any) -> Response:
    """The code opens nothing any more."""
    asking.revoke(writer(), row.id, account_id=account_id())
    flash(_("Đã hủy mã. Không ai dùng mã ấy được nữa."), "yes")
    return redirect(url_for(".own"), 303)


@bp.route("/lam-thay/nhan", methods=["GET", "POST"])
@needs("helper.take")
def take() -> Any:
    """The code somebody gave, from the QR or typed; who asks and for what; then one is their helper."""
    form = TakeForm(code=request.args.get("ma", "")[:40])
    row = None
    if form.validate_on_submit():
        with form.catching():
            agrees = bool(request.form.get("agree"))
            if not agrees or not _found_before(form.code.data):
                _count()
            if agrees:
                helper = asking.take(writer(), form.code.data, key=_key(), account_id=account_id(), today=clock.today())
                shown = found(named.row(writer(), helper.id, clock.today()))
                tell_both(shown)
                flash(_("Ông/bà được làm thay %(name)s. Bấm nút ở tên người ấy để bắt đầu.", name=shown.person), "yes")
                return redirect(url_for(".mine"), 303)
            row = asking.find(reader(), form.code.data, key=_key(), account_id=account_id())
            session["asked"] = {"code": row.code_hash, "at": int(time.time())}
    return render_template(
        "helping/take.html",
        form=form,
        row=row,
        name=mask_name(row.person.name) if row else None,
        code=normal_code(form.code.data or "", MANDATE_GROUPS) if row else None,
        acts=[(act_words()[act], act_hints()[act.value]) for act in in_order(read_acts(row.acts))] if row else [],
    ), form.status


def _count() -> None:
    proving.count_code(database(), "mandate", address=request.remote_addr or "", account_id=account_id(), key=_key())


def _found_before(text: str | None) -> bool:
    """Whether this very code was found on this device a while ago, which was counted: agreeing to it is no guess."""
    kept, code = session.get("asked"), normal_code(text or "", MANDATE_GROUPS)
    if not isinstance(kept, dict) or code is None or time.time() - kept["at"] > FOUND_SECONDS:
        return False
    return bool(kept["code"] == mandate_hash(code, _key()))
