"""Declared totals: the official numbers of a ward and its communities, with their source and their history."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.database import new_id
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import areas, queries
from xhht_citizen.ratios.declaring import declare
from xhht_citizen.ratios.rules import DECLARABLE, MEASURES
from xhht_citizen.web.forms import Form, NumberField, required
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.years import FIRST_YEAR, asked_year

bp = Blueprint("totals", __name__)


class TotalForm(Form):
    """One number: what of, where, how many, and who says so."""

    id = HiddenField()
    kind = SelectField(_l("Con số của"), choices=[SelectChoice(name, _l(MEASURES[name].things)) for name in DECLARABLE])
    community_id = SelectField(_l("Nơi"))
    total = NumberField(_l("Tổng số"), [required(_l("Ghi tổng số, ví dụ 1.250."))])
    source = StringField(
        _l("Nguồn"),
        [required(_l("Ghi nguồn của con số.")), Length(max=300)],
        description=_l("Văn bản hoặc sổ nào, ngày nào. Ví dụ: Báo cáo 45/BC-UBND ngày 20/11/2026."),
    )


def a_ward(code: str) -> tuple[Any, Thing]:
    """The commune of the address."""
    place = places.commune(reader(), code)
    return place, Thing(ward_code=place.code, province_code=place.province_code)


@bp.route("/tong-so-khai-bao/<code>", methods=["GET", "POST"])
@needs("totals.declare", a_ward)
def ward(place: Any) -> Any:
    """The declared totals of a ward for a year beside those of the roster; enter another one; what was entered."""
    year, db = asked_year(clock.today().year), reader()
    there = places.communities(db, place.code)
    form = TotalForm(id=str(new_id()))
    form.community_id.choices = [
        SelectChoice("", _("Toàn %(name)s", name=place.name)),
        *(SelectChoice(str(row.id), row.name) for row in there),
    ]
    if form.validate_on_submit():
        with form.catching():
            declare(
                writer(),
                place.code,
                read_id(form.community_id.data),
                form.kind.data,
                year,
                total=-1 if form.total.number is None else form.total.number,
                source=form.source.data,
                account_id=actor().account_id,
                declared_id=read_id(form.id.data) or uuid.uuid4(),
            )
            flash(_("Đã ghi. Con số trước, nếu có, vẫn giữ trong lịch sử."), "yes")
            warn_of_less(place.code, read_id(form.community_id.data), form.kind.data, year, form.total.number or 0)
            return redirect(url_for(".ward", code=place.code, nam=year), 303)
    counted = areas.of_ward(db, place.code, year, DECLARABLE)
    this_year = clock.today().year
    return render_template(
        "totals/ward.html",
        form=form,
        place=place,
        year=year,
        years=[(one, str(one)) for one in range(this_year, FIRST_YEAR - 1, -1)],
        kinds=[(MEASURES[kind], counted.whole[kind]) for kind in DECLARABLE],
        history=queries.declared_history(db, place.code, year),
        things={name: _(MEASURES[name].things) for name in DECLARABLE},
    ), form.status


def warn_of_less(ward_code: str, community_id: uuid.UUID | None, kind: str, year: int, total: int) -> None:
    """A declared number below what the list holds is taken, and said: one of the two is wrong."""
    counted = areas.of_ward(reader(), ward_code, year, [kind])
    rows = counted.rows[kind] if community_id else [counted.whole[kind]]
    there = next((row.counts.total for row in rows if not community_id or row.code == str(community_id)), None)
    if there is not None and total < there:
        flash(
            _(
                "Con số khai (%(total)s) ít hơn số có trong danh sách (%(there)s). Xin xem lại một trong hai.",
                total=total,
                there=there,
            ),
            "info",
        )
