"""A title's papers: its certificate, the decision that takes it back, and a misspelt name mended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.batches import actions, letterheads
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.exports import certificates
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports.batch_papers import Revoked, revocation
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.places import queries as places
from xhht_citizen.web import paging
from xhht_citizen.web.batches import send
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, needs
from xhht_citizen.web.register import Opened, bp, is_own, open_title, public_base, seen_by_others
from xhht_citizen.web.transactions import reader, writer


class CorrectForm(Form):
    """The right name, and how one knows."""

    id = HiddenField()
    name = StringField(_l("Tên đúng"), [required(), Length(max=160)])
    reason = TextAreaField(
        _l("Lý do sửa"),
        [required(), Length(max=1000)],
        description=_l("Ví dụ: viết sai dấu so với căn cước, đã xem bản gốc ngày 12/11/2026."),
    )


@dataclass(frozen=True)
class Paper:
    """The paper of a title that is asked for."""

    opened: Opened
    form: str


def open_paper(title_id: uuid.UUID, form: str) -> tuple[Paper, Thing]:
    """A title's paper in a form there is."""
    if form not in papers.TYPES:
        raise NotFound(N_("Không có văn bản này."))
    opened, thing = open_title(title_id)
    return Paper(opened, form), thing


@bp.get("/danh-hieu/<uuid:title_id>/giay-cong-nhan.pdf")
@needs("title.view", open_title)
def certificate(opened: Opened) -> Any:
    """The certificate to print: the holder's own, or again by an officer."""
    row = opened.title
    if not is_own(opened):
        seen_by_others(opened, "register.certificate")
    pdf = certificates.of_title(reader(), row.id, public_base())
    return send(pdf, papers.PDF, f"giay-cong-nhan-{row.register_number}-{row.year}.pdf")


@bp.get("/danh-hieu/<uuid:title_id>/quyet-dinh-thu-hoi.<form>")
@needs("title.view", open_paper)
def revocation_paper(asked: Paper) -> Any:
    """The decision that takes the title back: a draft for who may enter it, whole once it was entered."""
    row, later = asked.opened.title, asked.opened.title.revoke_decision
    if not allowed("title.revoke", asked.opened.thing):
        raise Forbidden(N_("Ông/bà không có quyền xem hoặc làm việc này."))
    if row.revoked_at is not None and later is None:
        raise NotFound(N_("Danh hiệu này được thu hồi không kèm quyết định."))
    seen_by_others(asked.opened, "register.revocation_paper")
    names = places.names(reader(), {row.ward_code}, {row.community_id} if row.community_id else ())
    made = revocation(
        Revoked(
            words=letterheads.words_of(reader(), row.decision.province_code or row.ward_code),
            kind=Kind(row.kind),
            holder=row.holder_name,
            place=", ".join(names[key] for key in (row.community_id, row.ward_code) if key in names),
            year=row.year,
            register_number=row.register_number,
            given_by=row.decision.number,
            given_on=row.decision.decided_on,
            reason=row.revoke_reason or "",
            number=later.number if later else None,
            decided_on=later.decided_on if later else None,
            signatory=later.signatory if later else None,
            today=clock.today(),
        )
    )
    return send(papers.write(made, asked.form), papers.TYPES[asked.form], f"{made.file_name}.{asked.form}")


@bp.route("/danh-hieu/<uuid:title_id>/sua-ten", methods=["GET", "POST"])
@needs("title.correct", open_title)
def correct(opened: Opened) -> Any:
    """Mend a misspelt name on the certificate; what it was stays known."""
    row = opened.title
    here = url_for("register.title", title_id=row.id)
    form = CorrectForm(data={"id": str(new_id()), "name": row.holder_name} if request.method == "GET" else None)
    if form.validate_on_submit():
        with form.catching():
            key = paging.read_id(form.id.data) or new_id()
            actions.correct(writer(), key, row.id, name=form.name.data, reason=form.reason.data, actor=actor())
            flash(_("Đã sửa tên trên giấy công nhận. Xin in lại giấy."), "yes")
            return redirect(here, 303)
    if request.method != "POST":
        seen_by_others(opened, "register.correct")
    return render_template(
        "register/correct.html", title=row, form=form, kind=_(KIND_LABELS[Kind(row.kind)]), here=here
    ), form.status
