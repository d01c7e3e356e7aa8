"""A resident's first page: this year's score, where the case is, what is left to do and until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, keeps, records, sends
from xhht_citizen.applications import actions, queues
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.returning import Spent, spent
from xhht_citizen.applications.rules import EDITABLE, STATE_LABELS, State, deadline
from xhht_citizen.applications.subjects import cases_of, groups_named
from xhht_citizen.criteria.rules import NextStep
from xhht_citizen.database import now
from xhht_citizen.errors import N_
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import ADULT_AGE, is_adult
from xhht_citizen.places import queries as places
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.ratios.rules import percent
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
from xhht_citizen.web.wording import official

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
REVIEWING = {State.SUBMITTED, State.ENDORSED, State.OBJECTED, State.UNDER_REVIEW}  # the ward's days run


@dataclass(frozen=True)
class Due:
    """A day somebody is bound to: `what` is send, review or appeal; `left` are whole days, negative once it is past."""

    what: str
    day: date
    left: int


@dataclass(frozen=True)
class Main:
    """The one thing to do now. `post`: a button that does it; `gain`: the points a smallest next step adds."""

    label: str
    url: str
    post: bool = False
    text: str = ""
    gain: int | None = None
    icon: str = ""
    quiet: bool = False  # nothing needs doing: it only shows where things stand


@dataclass(frozen=True)
class HomeState:
    """The household: how many adults hold the title of the year, and where the case of Gia đình học tập stands."""

    counts: Any
    percent: Any
    label: str
    tag: str
    case_url: str | None


@bp.get("/nam-nay")
@needs("year.view")
@opens_offline
def home() -> Any:
    """My learning year."""
    db = reader()
    year = explain(found(actor().person_id), this_year())
    lives = people.home_of(db, year.person.id)
    # Deadline and order of review are those of the ward that has the case; before it is sent, of the home.
    ward_code = year.case.ward_code if year.case and year.case.ward_code else lives.ward_code if lives else None
    policy = places.ward_settings(db, ward_code) if ward_code else None
    title = titles.title_of(db, year.person.id, year.year) if year.state is State.GRANTED else None
    steps = next_steps(year)
    registration = titles.registration(db, year.person.id, year.year)
    adult = is_adult(year.person.birth_year, year.year)
    learned = next((row.count for row in evidence.years(db, year.person.id) if row.year == year.year), 0)
    sent = spent(applications.events(db, year.case.id), now()) if year.case and year.case.receipt else None
    appeal_until = appealing.last_day(year.case)
    return render_template(
        "year/home.html",
        appeal_until=appeal_until,
        year=year,
        home=lives,
        unread=unread(),
        adult=adult,
        adult_from=year.person.birth_year + ADULT_AGE,
        registration=registration,
        registered_by=registrar(registration),
        learned=learned,
        main=main_action(
            year, steps, title, at_home=lives is not None, unregistered=adult and registration is None, new=not learned
        ),
        steps=steps,
        reached=year.score.total + sum(gain for _step, gain in steps),
        due=due(year, policy, sent, appeal_until),
        household=household(lives, year.year),
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
        spent=sent,
    )


def due(year: YearScore, policy: Any, sent: Spent | None, appeal_until: date | None) -> Due | None:
    """The day that matters now: of the owner to send or to appeal, of the ward to have reviewed. None where none is."""
    what, last = "", None
    if policy is not None and year.state in {State.DRAFT, State.WITHDRAWN}:
        what, last = "send", deadline(policy.submit_by, year.year)
    elif policy is not None and year.state in REVIEWING and sent is not None and sent.sent_at is not None:
        # Days it lay with its owner again are not the ward's.
        begun = clock.local(sent.sent_at + sent.with_owner).date()
        what, last = "review", begun + timedelta(days=policy.review_days)
    elif appeal_until is not None:
        what, last = "appeal", appeal_until
    return Due(what, last, (last - clock.today()).days) if last else None


def household(lives: Any, year: int) -> HomeState | None:
    """How the own household stands; None without one, and for a helper: what is the household's is not theirs."""
    if lives is None or actor().acting:
        return None
    db = reader()
    counts = ratios.household_counts(db, lives.household_id, year)
    state = applications.states_of(db, [lives.household_id], year, Kind.HOUSEHOLD).get(lives.household_id)
    speaks = (Kind.HOUSEHOLD, lives.household_id) in desk.spoken().groups
    return HomeState(
        counts,
        percent(counts.recognised, counts.total),
        STATE_LABELS[state] if state else N_("Chưa có hồ sơ"),
        TAGS[state] if state else "",
        case_url(Kind.HOUSEHOLD, lives.household_id) if speaks else None,
    )


def main_action(
    year: YearScore, steps: list[tuple[NextStep, int]], title: Any, *, at_home: bool, unregistered: bool, new: bool
) -> Main | None:
    """The one thing to do now, by where the case stands and what who looks may do; None where there is nothing.

    `unregistered`: of age and not registered yet; `new`: nothing of the year is written down.
    """
    who = actor()
    record = Main(str(_("Ghi một việc đã học")), url_for("evidence.new"), icon="plus")
    if not sends(who, NOTHING):
        return record if records(who, NOTHING) else None
    if year.state is not State.DRAFT:
        return _sent(year, title)
    if not at_home and keeps(who, NOTHING):
        return Main(str(_("Ghi nơi ở")), url_for("account.residence"), icon="map-pin")
    if at_home and unregistered:
        return Main(
            str(_("Đăng ký học tập năm %(year)s", year=year.year)), url_for("year.register"), post=True, icon="pencil"
        )
    return _drafted(year, steps, record, new=new)


def _drafted(year: YearScore, steps: list[tuple[NextStep, int]], record: Main, *, new: bool) -> Main:
    """Of a draft: the smallest step of all, from nothing written down to sending it."""
    if year.score.passed and is_adult(year.person.birth_year, year.year):
        return Main(str(_("Xem lại và gửi hồ sơ")), url_for("application.check"), icon="send")
    if steps:
        step, gain = steps[0]
        line = year.criteria.by_code[step.code or ""]
        rung = next((one.text for one in line.ladder if one.points == step.points), line.short)
        about = str(_("Bước nhỏ nhất, chỉ số %(code)s", code=step.code))
        return Main(official(rung.rstrip(".")), url_for("score.indicator", code=step.code), text=about, gain=gain)
    if new and records(actor(), NOTHING):
        return record
    if year.missing:
        code = year.missing[0].line.code
        return Main(str(_("Chấm chỉ số %(code)s", code=code)), url_for("score.indicator", code=code), icon="pencil")
    return record


def _sent(year: YearScore, title: Any) -> Main:
    """Of a case that was sent, whatever has become of it."""
    if year.state is State.RETURNED:
        open_one = next((line.line.code for line in year.asked if line.question and not line.question.changed), None)
        if open_one is None:
            return Main(str(_("Xem lại và gửi lại")), url_for("application.check"), icon="send")
        label = str(_("Bổ sung chỉ số %(code)s", code=open_one))
        return Main(label, url_for("score.indicator", code=open_one), icon="pencil")
    if year.state is State.WITHDRAWN:
        label = str(_("Mở lại để sửa và gửi"))
        return Main(label, url_for("application.redraft", application_id=year.case.id), post=True, icon="pencil")
    if title is not None:
        return Main(str(_("Chia sẻ giấy công nhận")), url_for("portfolio.share", title_id=title.id), icon="send")
    return Main(str(_("Theo dõi từng bước")), url_for("application.status"), quiet=True, icon="clock")


def spoken(year: int) -> list[dict[str, Any]]:
    """The groups the person speaks for beside the household, with where their case of the year stands."""
    db = reader()
    # The own household has a card of its own.
    known = groups_named(db, {one for one in desk.spoken().groups if one[0] is not Kind.HOUSEHOLD})
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
