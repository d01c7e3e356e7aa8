"""A province names who works for a ward without a Hội Khuyến học of its own: its officer, or the committee's."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, SelectField, StringField

from xhht_citizen.access import actions
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Role, Thing
from xhht_citizen.access.standing_in import STANDS_IN_LABELS, StandsIn
from xhht_citizen.errors import N_
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("standing_in", __name__)
ROLES = {Role.WARD_REVIEWER: _l("Người xét hồ sơ"), Role.WARD_SIGNER: _l("Người ký quyết định")}


class NameForm(Form):
    """Who works for which ward, as what, from which body."""

    ward_code = SelectField(_l("Phường, xã"), validators=[required(_l("Chọn phường, xã."))])
    login = StringField(
        _l("Tên đăng nhập của cán bộ"),
        description=_l("Tài khoản phải có sẵn. Người quản trị tạo được tài khoản mới."),
        validators=[required()],
    )
    role = RadioField(
        _l("Việc được giao"),
        choices=[SelectChoice(role.value, words) for role, words in ROLES.items()],
        validators=[required(_l("Chọn việc được giao."))],
    )
    stands_in = RadioField(
        _l("Người này thuộc về"),
        choices=[
            SelectChoice(StandsIn.PROVINCE.value, _l("Hội Khuyến học cấp tỉnh")),
            SelectChoice(StandsIn.COMMITTEE.value, _l("Ủy ban nhân dân phường, xã")),
        ],
        validators=[required(_l("Chọn nơi người này thuộc về."))],
    )


def province_desk() -> tuple[Any, Thing]:
    """The province one serves."""
    at = next((one for one in desk.desks() if one.province_code is not None), None)
    return at, Thing(province_code=at.province_code if at is not None else None)


def open_grant(grant_id: uuid.UUID) -> tuple[Any, Thing]:
    """A stand-in's role, in its province."""
    row = found(access.grant(reader(), grant_id), N_("Không tìm thấy vai trò này."))
    found(row.stands_in, N_("Không tìm thấy vai trò này."))
    return row, Thing(province_code=row.province_code)


@bp.route("/lam-thay-hoi", methods=["GET", "POST"])
@needs("standin.name", province_desk)
def overview(at: Any) -> Any:
    """Who stands in where, and one more."""
    if at is None:  # an administrator without a province grants it with the other roles
        return redirect(url_for("admin.roles"), 303)
    wards = places.communes(reader(), at.province_code)
    form = NameForm()
    form.ward_code.choices = [SelectChoice("", _("Chọn…")), *(SelectChoice(one.code, one.name) for one in wards)]
    if form.validate_on_submit():
        with form.catching():
            made = actions.name_stand_in(
                writer(),
                form.login.data,
                Role(form.role.data),
                form.ward_code.data,
                StandsIn(form.stands_in.data),
                granted_by=actor().account_id,
            )
            flash(_("Đã giao việc, dùng được ngay.") if made else _("Người này đã có vai trò đó."), "yes")
            return redirect(url_for("standing_in.overview"), 303)
    return render_template(
        "standing_in/overview.html",
        form=form,
        place=desk.place_name(at),
        rows=access.open_grants(reader(), standing_in=at.province_code),
        roles=ROLES,
        labels=STANDS_IN_LABELS,
    ), form.status


@bp.post("/lam-thay-hoi/<uuid:grant_id>/thoi")
@needs("standin.name", open_grant)
def end(row: Any) -> Any:
    """The officer works there no longer, from now."""
    actions.revoke_role(writer(), row.id, revoked_by=actor().account_id)
    flash(_("Đã thôi giao việc, có hiệu lực ngay."), "yes")
    return redirect(url_for("standing_in.overview"), 303)
