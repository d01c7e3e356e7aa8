"""What stands on the papers of a ward or province: bodies, numbers, who signs, who gets a copy."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.batches import actions, letterheads
from xhht_citizen.batches.rules import SIGNS_FOR, Words, check_words
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports.batch_papers import Source, decision, usual_grounds
from xhht_citizen.groups.rules import Kind
from xhht_citizen.web import desk, paging
from xhht_citizen.web.batches import send
from xhht_citizen.web.decisions import thing_at
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("letterheads", __name__)
SHORT, LONG = [Optional(), Length(max=80)], [Optional(), Length(max=160)]


class LetterheadForm(Form):
    """A place's own words; what is left empty is printed as the default beside it says."""

    version = HiddenField()
    superior_body = StringField(
        _l("Cơ quan cấp trên"), LONG, description=_l("Dòng trên cùng bên trái. Ủy ban nhân dân thường không ghi.")
    )
    issuing_body = StringField(_l("Cơ quan ban hành"), LONG)
    association = StringField(_l("Hội Khuyến học"), LONG, description=_l("Đứng tên biên bản và tờ trình."))
    venue = StringField(_l("Địa danh"), SHORT, description=_l("Đứng trước ngày, tháng, năm."))
    number_format = StringField(
        _l("Mẫu số quyết định"),
        [Optional(), Length(max=40)],
        description=_l("%(number)s là chỗ của số, %(year)s là chỗ của năm.", number="{number}", year="{year}"),
    )
    submission_format = StringField(_l("Mẫu số tờ trình"), [Optional(), Length(max=40)])
    signs_for = SelectField(_l("Ký thay mặt, ký thay"), choices=[])
    signatory_post = StringField(_l("Chức vụ người ký"), SHORT)
    signatory = StringField(_l("Người ký quyết định"), [Optional(), Length(max=120)])
    association_head = StringField(_l("Chủ tịch Hội Khuyến học"), [Optional(), Length(max=120)])
    recipients = TextAreaField(_l("Nơi nhận"), [Optional(), Length(max=1000)], description=_l("Mỗi nơi một dòng."))
    grounds = TextAreaField(_l("Căn cứ của quyết định"), [Optional(), Length(max=4000)])

    def words(self) -> Words:
        """What was typed."""
        return Words(**{one.name: self[one.name].data or "" for one in fields(Words)})


def own_desk() -> tuple[Desk, Thing]:
    """The ward or province whose papers these are."""
    at = desk.desk(ward=True, province=True)
    return at, thing_at(at)


def code_of(at: Desk) -> str:
    """Its code: two digits of a province, five of a ward."""
    return at.province_code or at.ward_code


def sample(at: Desk, words: Words) -> Any:
    """A decision as these words would head and sign it, without anybody's name in it."""
    year = clock.today().year
    return decision(Source(words, _("Mẫu"), year, (), of_province=at.province_code is not None, today=clock.today()))


@bp.route("/mau-van-ban", methods=["GET", "POST"])
@needs("letterhead.set", own_desk)
def edit(at: Desk) -> Any:
    """Change the words, look at them, keep them."""
    code = code_of(at)
    own, version = letterheads.own_words(reader(), code)
    default = letterheads.default_of(reader(), code)
    first = {one.name: getattr(own, one.name) for one in fields(Words)} | {"version": version}
    form = LetterheadForm(data=first if request.method == "GET" else None)
    form.signs_for.choices = [(value, _(label)) for value, label in SIGNS_FOR]
    shown = own.or_else(default)
    noi = desk.noi(at)
    if form.validate_on_submit():
        with form.catching():
            if request.form.get("then") == "preview":
                shown = check_words(form.words()).or_else(default)
            else:
                seen = paging.read_number(form.version.data) or 0
                actions.save_letterhead(writer(), code, form.words(), version=seen, actor=actor())
                flash(_("Đã lưu mẫu văn bản."), "yes")
                return redirect(url_for("letterheads.edit", noi=noi), 303)
    return render_template(
        "letterheads/edit.html",
        form=form,
        default=default,
        usual=usual_grounds(Kind),
        place=desk.place_name(at),
        desks=desk.chips(at, ward=True, province=True),
        noi=noi,
        sheet=sample(at, shown),
        previewed=request.form.get("then") == "preview" and form.status == 200,
    ), form.status


@bp.get("/mau-van-ban/xem-thu.pdf")
@needs("letterhead.set", own_desk)
def preview(at: Desk) -> Any:
    """The words that are kept, on a sheet of paper."""
    made = sample(at, letterheads.words_of(reader(), code_of(at)))
    return send(papers.write(made, "pdf"), papers.PDF, "mau-quyet-dinh.pdf")
