"""A person's own words beside what an activity's organiser confirmed."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from xhht_citizen.evidence import actions
from xhht_citizen.web.evidence import FilesForm, NoteForm, bp, one_of_mine, page_of
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.keeping import typed_on
from xhht_citizen.web.paging import read_number
from xhht_citizen.web.transactions import writer


@bp.post("/minh-chung/<uuid:evidence_id>/loi-cua-toi")
@needs("evidence.change", one_of_mine)
@typed_on("evidence.view")
def annotate(row: Any) -> Any:
    """Keep what the person says they learned; the facts stay the organiser's. What is refused stays on the page."""
    form = NoteForm()
    if form.validate_on_submit():
        with form.catching():
            actions.annotate(
                writer(),
                row.id,
                (form.note.data or "").replace("\r\n", "\n"),
                version=read_number(form.version.data) or 0,
                account_id=actor().account_id,
            )
            flash(_("Đã lưu lời của ông/bà."), "yes")
            return redirect(url_for(".view", evidence_id=row.id), 303)
        if form.status == 409:
            form.version.data = str(row.version)  # told once, the person may send their own words again
    return page_of(row, FilesForm(formdata=None), words=form)
