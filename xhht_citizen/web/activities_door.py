"""The door of an activity: its code shown and printed, residents who scan it, and who says they were not there."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.activities import actions, queries
from xhht_citizen.activities.rules import is_open, plain_code
from xhht_citizen.database import now
from xhht_citizen.errors import N_
from xhht_citizen.evidence.rules import KINDS
from xhht_citizen.exports.door import poster_pdf
from xhht_citizen.web.account import account_id
from xhht_citizen.web.activities import UNKNOWN, Opened, bp, opened
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import Response, actor, found, needs
from xhht_citizen.web.qr import printed_url, qr_svg
from xhht_citizen.web.transactions import reader, writer


class DoorForm(Form):
    """Until when scanning counts."""

    until = StringField(
        _l("Mở mã đến mấy giờ hôm nay?"),
        description=_l("Ví dụ 20:30. Hết giờ, mã tự đóng."),
        validators=[required(_l("Ghi giờ đóng, ví dụ 20:30."))],
    )


@dataclass(frozen=True)
class Scanned:
    """The activity of the code in the address, if there is one, and whether the one who asks stands on its list."""

    row: Any
    there: Any
    open: bool


def door_url(row: Any) -> str:
    """What the code at the door leads to."""
    return printed_url(url_for("activities.attend", ma=row.code))


@bp.get("/hoat-dong/<uuid:activity_id>/cua")
@needs("activity.manage", opened)
def door(it: Opened) -> Any:
    """The code large on the screen, to be scanned at the door; opened and closed here."""
    return _door(it, DoorForm(formdata=None))


def _door(it: Opened, form: DoorForm) -> Any:
    row = it.row
    return render_template(
        "activities/door.html",
        form=form,
        it=it,
        row=row,
        open=is_open(row.held_on, row.open_until, now(), clock.today()),
        until=f"{clock.local(row.open_until):%H:%M}" if row.open_until else None,
        today_is_the_day=row.held_on == clock.today(),
        qr=qr_svg(door_url(row)),
        address=door_url(row).partition("?")[0].partition("://")[2],
        code=shown_code(row.code),
        tally=queries.tally(reader(), row.id),
    ), form.status


def shown_code(code: str) -> str:
    """A code as it is read aloud: in two halves."""
    return f"{code[:5]}-{code[5:]}"


@bp.post("/hoat-dong/<uuid:activity_id>/mo-cua")
@needs("activity.manage", opened)
def open_door(it: Opened) -> Any:
    """Let people scan until a time of today."""
    form = DoorForm()
    if form.validate_on_submit():
        with form.catching():
            row = actions.open_door(writer(), it.row.id, form.until.data, account_id=account_id(), today=clock.today())
            flash(_("Mã mở đến %(time)s.", time=f"{clock.local(row.open_until):%H:%M}"), "yes")  # type: ignore[arg-type]
            return redirect(url_for(".door", activity_id=it.row.id), 303)
    return _door(it, form)


@bp.post("/hoat-dong/<uuid:activity_id>/dong-cua")
@needs("activity.manage", opened)
def close_door(it: Opened) -> Response:
    """No more scanning."""
    actions.close_door(writer(), it.row.id, account_id=account_id())
    flash(_("Đã đóng mã."), "yes")
    return redirect(url_for(".door", activity_id=it.row.id), 303)


@bp.get("/hoat-dong/<uuid:activity_id>/ma-cua.pdf")
@needs("activity.manage", opened)
def poster(it: Opened) -> Any:
    """The code on a sheet of paper, to hang at the door."""
    row = it.row
    content = poster_pdf(
        {
            "name": row.name,
            "kind": KINDS[row.kind].label,
            "day": f"{row.held_on:%d/%m/%Y}",
            "provider": row.provider or "",
            "place": f"{it.community}, {it.ward}" if it.community else it.ward,
            "code": shown_code(row.code),
            "address": door_url(row).partition("?")[0].partition("://")[2],
        },
        door_url(row),
    )
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name="ma-tai-cua.pdf")


def scanned() -> tuple[Scanned, Thing]:
    """The activity whose code stands in the address or form."""
    row = queries.by_code(reader(), plain_code(request.values.get("ma", "")))
    person_id = actor().person_id
    there = queries.attendance(reader(), row.id, person_id) if row and person_id else None
    opens = row is not None and is_open(row.held_on, row.open_until, now(), clock.today())
    return Scanned(row, there, opens), Thing()


@bp.route("/den-hoc", methods=["GET", "POST"])
@needs("activity.attend", scanned)
def attend(it: Scanned) -> Any:
    """At the door: one tap says that one is there."""
    form = Form()
    if it.row is not None and form.validate_on_submit():
        with form.catching():
            row = actions.attend(
                writer(), it.row.code, found(actor().person_id), account_id=account_id(), today=clock.today()
            )
            flash(_("Đã ghi: ông/bà có mặt ở “%(name)s”.", name=row.name), "yes")
            return redirect(url_for(".attend", ma=row.code), 303)
    wrong = it.row is None and bool(request.args.get("ma"))
    return render_template(
        "activities/attend.html", form=form, it=it, row=it.row, wrong=wrong, ma=request.values.get("ma", "")[:20]
    ), 404 if wrong else form.status


def attended(activity_id: uuid.UUID) -> tuple[Any, Thing]:
    """An activity on whose list the one who asks stands, or stood until just now."""
    return found(queries.activity(reader(), activity_id), UNKNOWN), Thing()


@bp.route("/hoat-dong/<uuid:activity_id>/khong-du", methods=["GET", "POST"])
@needs("activity.attend", attended)
def not_there(row: Any) -> Any:
    """One's own name on a list by mistake: taken off, and the organiser is told."""
    person_id = found(actor().person_id)
    there = queries.attendance(reader(), row.id, person_id)
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            if actions.not_there(writer(), row.id, person_id, account_id=account_id()):
                flash(_("Đã bỏ tên ông/bà khỏi danh sách và báo người tổ chức."), "yes")
            return redirect(url_for("evidence.mine", nam=row.held_on.year), 303)
    found(there, N_("Ông/bà không có tên trong danh sách này."))
    return render_template("activities/not_there.html", form=form, row=row), form.status
