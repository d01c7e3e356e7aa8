"""One step of a case's workflow, pressed on its page; a refused one shows the page again with what was typed."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.applications import actions
from xhht_citizen.applications.rules import TRANSITIONS
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.groups.rules import Kind
from xhht_citizen.web import review_group, walking
from xhht_citizen.web.errors import page
from xhht_citizen.web.guard import actor, allowed, needs
from xhht_citizen.web.judging import Opened, StepForm, seen
from xhht_citizen.web.review import bp, open_case, show
from xhht_citizen.web.transactions import writer
from xhht_citizen.web.waiting import review_endpoint


@bp.post("/xet-duyet/<uuid:application_id>/<name>")
@needs("application.view", open_case)
def step(opened: Opened) -> Any:
    """Take one step of the workflow."""
    wanted = TRANSITIONS.get(opened.step)
    if wanted is None or wanted.permission == "application.own" or wanted.name == "grant":
        raise NotFound(N_("Không có bước này."))
    if not allowed(wanted.permission, opened.thing):
        raise Forbidden(N_("Ông/bà không xét hồ sơ này được."))
    form = StepForm()
    here = url_for(review_endpoint(opened.case.kind), application_id=opened.case.id, **walking.kept())
    if form.validate():
        with form.catching():
            actions.move(
                writer(),
                opened.case.id,
                wanted.name,
                actor=actor(),
                today=clock.today(),
                version=seen(form),
                reason=form.reason.data,
            )
            flash(f"{_(wanted.done)}: {name_of(opened.case)}.", "yes")
            return redirect(here, 303)
    if form.status == 409:
        return page(409, " ".join(form.form_errors), back=here, back_text=_("Xem trạng thái mới"))
    again = show if opened.case.kind == Kind.CITIZEN else review_group.show_group
    return again(opened, step_form=form)
