"""Whose desk the cases lie on: who holds how many, and giving a selection to a colleague or to oneself."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.applications import assigning, bench
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.bench import bp, chosen, ward_desk
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.transactions import reader, writer


class AssignForm(Form):
    """To whom, and a word along."""

    to = RadioField(_l("Giao cho"), [required(_l("Xin chọn một người."))], validate_choice=False)
    note = TextAreaField(
        _l("Lời nhắn cho người nhận"),
        [Length(max=1000)],
        description=_l("Không bắt buộc. Chỉ cán bộ thấy, và người nộp thấy khi xin bản dữ liệu của mình."),
    )


@bp.get("/ban-xet")
@needs("bench.assign", ward_desk)
def desks(at: Desk) -> str:
    """Who holds how many cases in the ward."""
    return render_template(
        "bench/desks.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        colleagues=bench.colleagues(reader(), at.ward_code),
    )


@bp.route("/ban-xet/giao", methods=["GET", "POST"])
@needs("bench.assign", ward_desk)
def assign(at: Desk) -> Any:
    """Lay the chosen cases on somebody's desk; they are spelled out first."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    wanted = chosen(at, sent)
    if not wanted:
        flash(_("Chọn ít nhất một hồ sơ trước."), "miss")
        return redirect(url_for("review.queue", noi=desk.noi(at)), 303)
    form = AssignForm()
    staff = bench.colleagues(reader(), at.ward_code)
    form.to.choices = [(str(one.account_id), label(one)) for one in staff]
    to = paging.read_id(form.to.data)
    if form.validate_on_submit():
        with form.catching():
            given = assigning.assign(
                writer(),
                wanted,
                to or uuid.UUID(int=0),
                ward_code=at.ward_code,
                actor=actor(),
                today=clock.today(),
                note=form.note.data,
            )
            name = next((one.name for one in staff if one.account_id == to), "")
            flash(_("Đã giao %(count)s hồ sơ cho %(name)s.", count=len(given), name=name), "yes")
            return redirect(url_for("review.queue", noi=desk.noi(at)), 303)
    if form.status == 409:
        reader().rollback()
    cases = [case for case in bench.whole(reader(), wanted) if case.ward_code == at.ward_code]
    names = {one.account_id: one.name for one in staff}
    return render_template(
        "bench/assign.html",
        form=form,
        place=desk.place_name(at),
        noi=desk.noi(at),
        cases=cases,
        holders=names,
        where=places.names(reader(), set(), {case.community_id for case in cases if case.community_id}),
        unknown=len(wanted) - len(cases),
        name_of=name_of,
    ), form.status


def label(one: Any) -> str:
    """A colleague, with what lies on their desk."""
    name = _("%(name)s (ông/bà)", name=one.name) if one.account_id == actor().account_id else one.name
    return str(_("%(name)s, đang giữ %(count)s hồ sơ", name=name, count=one.load))
