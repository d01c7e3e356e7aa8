"""The reviewer's page of a group's case: what is counted, what was answered, and the word on each answer."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import speaks_for
from xhht_citizen.applications import queries
from xhht_citizen.applications.measuring import STANDING, Measured, measure, recorded
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import group_of
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.places import queries as places
from xhht_citizen.web import kinds, waiting, walking
from xhht_citizen.web.backstory import backstory
from xhht_citizen.web.counting import counts
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.judging import Opened, StepForm, judge_form, save
from xhht_citizen.web.review import bp, open_case, standing
from xhht_citizen.web.transactions import looked_at, reader
from xhht_citizen.web.wording import sentence


@bp.route("/xet-duyet/nhom/<uuid:application_id>", methods=["GET", "POST"])
@needs("application.view", open_case)
def group(opened: Opened) -> Any:
    """One group's case; who speaks for the group is led to their own page of it."""
    case = opened.case
    if case.kind == Kind.CITIZEN:
        return redirect(url_for("review.case", application_id=case.id, **walking.kept()), 303)
    if request.method != "POST":
        if speaks_for(actor(), opened.thing):
            return redirect(kinds.case_url(case.kind, case.subject_id, "group_case.status", nam=case.year))
        if case.kind == Kind.HOUSEHOLD:
            for person_id in opened.thing.speakers:
                looked_at(person_id, case.ward_code, "review.group")
        return show_group(opened)
    if not allowed("application.review", opened.thing):
        raise Forbidden(N_("Ông/bà không xét hồ sơ này được."))
    form = judge_form(case.criteria_set)()
    onward = walking.onward(case, opened.thing)
    if form.validate() and save(form, opened, request.form.get("then", "")):
        return redirect(onward, 303)
    reader().rollback()  # what the other one wrote shall be on the page
    return show_group(open_case(case.id)[0], form)


def show_group(opened: Opened, form: Any = None, step_form: StepForm | None = None) -> Any:
    """The page of a group's case; a form that was refused is shown with everything typed."""
    case, thing = opened.case, opened.thing
    db, today = reader(), clock.today()
    whole = found(group_of(db, case))
    stands = standing(opened, form, step_form)
    state, title = stands["state"], stands["title"]
    live = measure(db, whole, case.year, today, case=case, whose=STANDING)
    scored = at_decision(case, whole, title) if title is not None else live
    decides = thing.province_code if thing.decided_by == "province" else None
    here = walking.desk_of(case, thing)
    rows = {row.code: row for row in case.lines}
    points = {line.code: result for line, result in scored.lines}
    events = queries.events(db, case.id, inner=True)
    body = render_template(
        "review/group.html",
        case=case,
        group=whole,
        kind=_(KIND_LABELS[Kind(case.kind)]),
        community=places.community(db, case.community_id).name if case.community_id else None,
        ward=places.commune(db, case.ward_code).name,
        state_label=kinds.state_label(state, province=decides is not None),
        days=(today - clock.local(case.submitted_at).date()).days,
        overdue=here is not None and waiting.at_desk(here).is_overdue(case),
        counts=counts(live, whole, case.year, title.facts if title is not None else case.facts),
        decided=title is not None,
        lines=[(line, rows.get(line.code), points.get(line.code)) for line in scored.answerable],
        criteria=scored.criteria,
        score=scored.score,
        level=scored.criteria.shape == "levels",
        unmet=live.unmet,
        wait=sentence(scored.score.wait) if state in {State.UNDER_REVIEW, State.RECOMMENDED} else "",
        too_early=live.too_early,
        outcome=sentence(scored.score.words),
        waiting=waiting_points(case, scored),
        events=events,
        story=backstory(case, events, scored.criteria, {}),
        **stands,
        **walking.beside(here, case, thing),
    )
    return body, stands["problem"].status if stands["problem"] else 200


def at_decision(case: Any, whole: Any, title: Any) -> Measured:
    """The case as it was decided: on the counts the title rests on."""
    day = title.decision.decided_on
    return measure(reader(), whole, case.year, day, case=case, whose=STANDING, counts=recorded(case, title.facts))


def waiting_points(case: Any, scored: Measured) -> int:
    """Points of the total that stand on answers no reviewer has spoken of yet."""
    asked = {line.code for line in scored.answerable}
    return sum(row.claimed_points or 0 for row in case.lines if row.code in asked and row.confirmed_points is None)
