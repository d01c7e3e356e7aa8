"""A person's own words beside what an activity's organiser confirmed."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _

from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.evidence import actions
from xhht_citizen.web.evidence import bp, one_of_mine
from xhht_citizen.web.forms import say
from xhht_citizen.web.guard import Response, actor, needs
from xhht_citizen.web.keeping import typed_on
from xhht_citizen.web.paging import read_number
from xhht_citizen.web.transactions import writer


@bp.post("/minh-chung/<uuid:evidence_id>/loi-cua-toi")
@needs("evidence.change", one_of_mine)
@typed_on("evidence.view")
def annotate(row: Any) -> Response:
    """Keep what the person says they learned; the facts stay the organiser's."""
    words = request.form.get("note", "").replace("\r\n", "\n")
    try:
        actions.annotate(
            writer(),
            row.id,
            words,
            version=read_number(request.form.get("version")) or 0,
            account_id=actor().account_id,
        )
        flash(_("Đã lưu lời của ông/bà."), "yes")
    except (Conflict, Invalid) as refused:
        flash(say(refused), "bad")
    return redirect(url_for(".view", evidence_id=row.id), 303)
