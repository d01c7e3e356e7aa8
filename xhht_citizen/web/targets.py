"""Targets: the national ones, and those a province or ward sets itself with the act that says so."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
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
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries
from xhht_citizen.ratios.declaring import end_target, set_target
from xhht_citizen.ratios.rules import MEASURES
from xhht_citizen.ratios.targets import national
from xhht_citizen.web.forms import Form, NumberField, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("targets", __name__)


class TargetForm(Form):
    """One target: of what, by when, how much, by which act."""

    id = HiddenField()
    measure = SelectField(
        _l("Mục tiêu về"), choices=[SelectChoice(name, _l(one.title)) for name, one in MEASURES.items()]
    )
    year = NumberField(_l("Năm phải đạt"), [required(_l("Ghi năm bằng 4 chữ số, ví dụ 2030."))])
    percent = StringField(_l("Tỷ lệ (%)"), [required(_l("Ghi một tỷ lệ lớn hơn 0, không quá 100, ví dụ 62,5."))])
    act = StringField(
        _l("Văn bản đặt ra"),
        [required(_l("Ghi văn bản đặt ra mục tiêu này.")), Length(max=300)],
        description=_l("Ví dụ: Kế hoạch 112/KH-UBND ngày 05/02/2026."),
    )


def read_percent(text: str | None) -> int:
    """Hundredths of a percent: "62,5" or "62.5" are 6250; 0 for what is no percentage."""
    text = (text or "").strip().removesuffix("%").strip().replace(",", ".")
    return int(Decimal(text) * 100) if re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text) and text.isascii() else 0


def a_place(code: str) -> tuple[Any, Thing]:
    """The province (2 digits) or commune (5) of the address."""
    if len(code) == 2:
        place = places.province(reader(), code)
        return place, Thing(province_code=place.code)
    if len(code) == 5:
        ward = places.commune(reader(), code)
        return ward, Thing(ward_code=ward.code, province_code=ward.province_code)
    raise NotFound(N_("Không có địa bàn này."))


def a_target(target_id: uuid.UUID) -> tuple[Any, Thing]:
    """A place's own target."""
    row = found(queries.place_target(reader(), target_id))
    return row, a_place(row.place_code)[1]


@bp.route("/muc-tieu/<code>", methods=["GET", "POST"])
@needs("targets.set", a_place)
def place(where: Any) -> Any:
    """The national targets, the place's own, and a form for another one."""
    form = TargetForm(id=str(new_id()))
    if form.validate_on_submit():
        with form.catching():
            set_target(
                writer(),
                where.code,
                form.measure.data,
                form.year.number or 0,
                hundredths=read_percent(form.percent.data),
                act=form.act.data,
                account_id=actor().account_id,
                target_id=read_id(form.id.data) or uuid.uuid4(),
            )
            flash(_("Đã đặt mục tiêu. Các trang tỷ lệ theo ngay."), "yes")
            return redirect(url_for(".place", code=where.code), 303)
    rows = queries.target_history(reader(), where.code)
    return render_template(
        "targets/place.html",
        form=form,
        place=where,
        year=clock.today().year,
        national=[(_(MEASURES[name].title), targets) for name, targets in national().items()],
        standing=[row for row in rows if row.stands],
        ended=[row for row in rows if not row.stands],
        titles={name: _(one.title) for name, one in MEASURES.items()},
        ratios_url=url_for("ratios.province" if len(where.code) == 2 else "ratios.ward", code=where.code),
    ), form.status


@bp.post("/muc-tieu/<uuid:target_id>/thoi")
@needs("targets.set", a_target)
def end(row: Any) -> Any:
    """A place's own target holds no more."""
    end_target(writer(), row.id, account_id=actor().account_id)
    flash(_("Đã thôi mục tiêu này. Nó vẫn giữ trong lịch sử."), "yes")
    return redirect(url_for(".place", code=row.place_code), 303)
