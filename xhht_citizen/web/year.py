"""A resident's first page: this year's score, where the case is, and what is left to do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.applications import actions, queues
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.returning import spent
from xhht_citizen.applications.rules import EDITABLE, STATE_LABELS, State, deadline
from xhht_citizen.applications.subjects import cases_of, groups_named
from xhht_citizen.criteria.rules import NextStep
from xhht_citizen.database import now
from xhht_citizen.errors import N_
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.groups.rules import KIND_LABELS
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import ADULT_AGE, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import shown_code
from xhht_citizen.web import appealing, desk
from xhht_citizen.web.application import TAGS
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.kinds import case_url
from xhht_citizen.web.notices import unread
from xhht_citizen.web.offline import opens_offline
from xhht_citizen.web.registering import registrar
from xhht_citizen.web.score import YearScore, explain, this_year
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("year", __name__)
MOST_STEPS = 3
# What happens next, for whoever waits.
WAITING = {
    State.SUBMITTED: N_("Phường, xã sẽ nhận xét hồ sơ này. Ông/bà không cần làm gì thêm."),
    State.ENDORSED: N_("Chi hội đã tán thành và chuyển lên phường, xã. Ông/bà không cần làm gì thêm."),
    State.OBJECTED: N_("Chi hội chưa tán thành. Phường, xã vẫn xét và quyết định, ông/bà không cần làm gì thêm."),
    State.APPEALED: N_("Phường, xã đã nhận đề nghị xét lại. Người khác sẽ xét, ông/bà không cần làm gì thêm."),
    State.UNDER_REVIEW: N_("Người xét đang xem từng chỉ số. Nếu cần hỏi thêm, hồ sơ sẽ được trả lại kèm lý do."),
    State.RECOMMENDED: N_("Phường, xã đã đề nghị công nhận, đang chờ ký quyết định."),
}
COMMUNITY_FIRST = N_("Chi hội ở thôn, tổ dân phố bình xét trước, rồi phường, xã xét.")


@bp.get("/nam-nay")
@needs("year.view")
@opens_offline
def home() -> Any:
    """My learning year."""
    db, today = reader(), clock.today()
    year = explain(found(actor().person_id), this_year())
    lives = people.home_of(db, year.person.id)
    # Deadline and order of review are those of the ward that has the case; before it is sent, of the home.
    ward_code = year.case.ward_code if year.case and year.case.ward_code else lives.ward_code if lives else None
    policy = places.ward_settings(db, ward_code) if ward_code else None
    last = deadline(policy.submit_by, year.year) if policy else None
    title = titles.title_of(db, year.person.id, year.year) if year.state is State.GRANTED else None
    steps = next_steps(year)
    registration = titles.registration(db, year.person.id, year.year)
    return render_template(
        "year/home.html",
        appeal_until=appealing.last_day(year.case),
        year=year,
        home=lives,
        unread=unread(),
        adult=is_adult(year.person.birth_year, year.year),
        adult_from=year.person.birth_year + ADULT_AGE,
        registration=registration,
        registered_by=registrar(registration),
        learned=next((row.count for row in evidence.years(db, year.person.id) if row.year == year.year), 0),
        steps=steps,
        reached=year.score.total + sum(gain for _step, gain in steps),
        deadline=last,
        days_left=(last - today).days if last else None,
        title=title,
        code=shown_code(title.public_code) if title else None,
        tag=TAGS[year.state],
        label=STATE_LABELS[year.state],
        waiting=COMMUNITY_FIRST
        if year.state is State.SUBMITTED and queues.community_step(db, year.case)
        else WAITING.get(year.state),
        older=[
            (case, STATE_LABELS[State(case.state)], TAGS[State(case.state)])
            for case in applications.undecided(db, year.person.id)
            if case.year != year.year
        ],
        groups=spoken(year.year),
        spent=spent(applications.events(db, year.case.id), now()) if year.case and year.case.receipt else None,
    )


def spoken(year: int) -> list[dict[str, Any]]:
    """The groups the person speaks for, with where their case of the year stands."""
    db = reader()
    known = groups_named(db, desk.spoken().groups)
    cases = cases_of(db, [(group.kind, group.id) for group in known], year)
    rows = []
    for group in known:
        case = cases.get((group.kind, group.id))
        if group.closed and case is None:
            continue
        rows.append(
            {
                "name": group.name,
                "kind": KIND_LABELS[group.kind],
                "url": case_url(group.kind, group.id),
                "label": STATE_LABELS[State(case.state)] if case else N_("Chưa có hồ sơ"),
                "tag": TAGS[State(case.state)] if case else "",
            }
        )
    return rows


def next_steps(year: YearScore) -> list[tuple[NextStep, int]]:
    """The few smallest things that would do, each with the points it adds; none before anything is answered."""
    if year.state not in EDITABLE or len(year.missing) == len(year.lines) or year.score.passed:
        return []
    points = {line.line.code: line.result.points for line in year.lines}
    open_now = {line.line.code for line in year.lines if line.open}
    found_steps = [
        (step, step.points - points[step.code])
        for step in year.score.next_steps
        if step.code in open_now and step.points is not None
    ]
    # Below the floor first, because without these no total is enough; then what adds most.
    found_steps.sort(key=lambda pair: (pair[0].code not in year.low, -pair[1]))
    return found_steps[:MOST_STEPS]


@bp.post("/nam-nay/dang-ky")
@needs("year.register")
def register() -> Any:
    """Register for the year with one tap; tapping again changes nothing."""
    who = actor()
    if who.ward_code is None:
        flash(_("Xin ghi nơi ở trước, để đăng ký với đúng phường, xã."), "miss")
        return redirect(url_for("account.residence"), 303)
    person = found(people.person(writer(), found(who.person_id)))
    actions.register(writer(), person, this_year(), actor=who)
    flash(_("Đã đăng ký học tập năm %(year)s.", year=this_year()), "yes")
    return redirect(url_for(".home"), 303)
