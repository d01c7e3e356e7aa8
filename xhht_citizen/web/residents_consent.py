"""Consent on paper, written down for somebody else: the day it was signed, where the paper is kept; and taking it back.

One blueprint with residents.py.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import Length, ValidationError

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import persons
from xhht_citizen.errors import N_, Conflict, Forbidden
from xhht_citizen.notices.actions import tell
from xhht_citizen.people import actions as people_actions
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import PRIVACY_VERSION, signed_paper
from xhht_citizen.web import desk
from xhht_citizen.web.account import account_id
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.residents import Opened, bp
from xhht_citizen.web.residents_home import served_person
from xhht_citizen.web.transactions import looked_at, reader, writer


class PaperForm(Form):
    """The day on the paper, and where it lies."""

    signed_on = DayField(_l("Ngày ký trên giấy"), validators=[required(_l("Xin ghi ngày ký."))])
    paper = StringField(
        _l("Giấy giữ ở đâu?"),
        description=_l("Ví dụ: tủ hồ sơ chi hội Tổ 4, tập năm 2026"),
        validators=[
            required(_l("Xin ghi nơi giữ giấy.")),
            Length(max=200, message=_l("Dài quá 200 chữ, xin viết ngắn hơn.")),
        ],
    )
    true = BooleanField(_l("Tôi đang giữ tờ giấy này, có chữ ký của chính người ấy"))

    def validate_signed_on(self, field: Any) -> None:
        """Not a day to come."""
        if field.day is not None and field.day > clock.today():
            raise ValidationError(_("Ngày ký không thể ở sau hôm nay."))
        if field.day is not None and field.day.year < 2020:
            raise ValidationError(_("Ngày ký quá xa. Xin xem lại năm."))

    def validate_true(self, field: Any) -> None:
        """Said anew each time."""
        if not field.data:
            raise ValidationError(_("Cần xác nhận đang giữ tờ giấy có chữ ký."))


def _check_stranger(opened: Opened) -> None:
    """Never for oneself or one's own household: two other eyes."""
    if desk.is_family_person(opened.person.id):
        raise Forbidden(N_("Không tự ghi giấy đồng ý cho mình hoặc người nhà mình. Xin nhờ cán bộ khác."))


def _show(opened: Opened, thing: Thing, form: PaperForm) -> Any:
    given = people.consents(reader(), opened.person.id)
    looked_at(opened.person.id, thing.ward_code or "", "residents.paper_consent")
    return render_template(
        "residents/paper_consent.html",
        form=form,
        person=opened.person,
        given=given,
        standing=next((one for one in given if one.text_version == PRIVACY_VERSION and not one.withdrawn_at), None),
        names=people.account_names(reader(), {one.given_by for one in given if one.given_by}),
        version=PRIVACY_VERSION,
    ), form.status


@bp.route("/dan-cu/<uuid:person_id>/giay-dong-y", methods=["GET", "POST"])
@needs("consent.record", served_person)
def paper_consent(both: tuple[Opened, Thing]) -> Any:
    """Write down that somebody agreed on paper; or, while a consent stands, what it rests on and the way back."""
    opened, thing = both
    _check_stranger(opened)
    form = PaperForm()
    if form.validate_on_submit():
        with form.catching():
            if opened.person.died_on is not None:
                raise Conflict(N_("Người này đã qua đời."))
            consent = people_actions.record_paper_consent(
                writer(),
                opened.person.id,
                signed_on=form.signed_on.day,  # type: ignore[arg-type]
                paper=form.paper.data,
                account_id=account_id(),
            )
            tell(
                writer(),
                "consent.paper",
                once=f"consent:{consent.id}",
                person_id=opened.person.id,
                ward_code=thing.ward_code,
                path=url_for("account.consent"),
            )
            flash(_("Đã ghi giấy đồng ý của %(name)s.", name=opened.person.name), "yes")
            return redirect(url_for(".person", person_id=opened.person.id), 303)
    return _show(opened, thing, form)


@bp.post("/dan-cu/<uuid:person_id>/giay-dong-y/rut-lai")
@needs("consent.record", served_person)
def paper_withdrawal(both: tuple[Opened, Thing]) -> Any:
    """Write down that somebody took consent back on paper: a case in review stops, as when they do it themselves."""
    opened, thing = both
    _check_stranger(opened)
    form = PaperForm()
    if form.validate_on_submit():
        with form.catching():
            assert form.signed_on.day is not None  # noqa: S101 (the field is required)
            kept = signed_paper(form.signed_on.day, form.paper.data)
            persons.withdraw_consent(writer(), opened.person.id, actor=actor(), today=clock.today(), paper=kept)
            flash(_("Đã ghi giấy rút lại đồng ý. Hồ sơ đang xét, nếu có, đã dừng lại."), "info")
            return redirect(url_for(".person", person_id=opened.person.id), 303)
    return _show(opened, thing, form)
