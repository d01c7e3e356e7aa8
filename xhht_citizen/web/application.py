"""One's own case: check and send it, follow it, take it back, read the result."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import ValidationError

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import actions, queries, queues
from xhht_citizen.applications.returning import community_word, spent
from xhht_citizen.applications.rules import STATE_LABELS, TRANSITIONS, State, available, is_late
from xhht_citizen.database import now
from xhht_citizen.errors import N_
from xhht_citizen.helping.named import hands
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import GROUP_LABELS, Group
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import shown_code
from xhht_citizen.web import appealing
from xhht_citizen.web.appealing import AppealForm
from xhht_citizen.web.changes import changes
from xhht_citizen.web.context import day, moment
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import Response, actor, allowed, found, needs
from xhht_citizen.web.offline import opens_offline
from xhht_citizen.web.score import YearScore, asked_year, explain, this_year
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("application", __name__)
REVOKED = N_("Thu hồi danh hiệu")
OPEN_TO_THE_COMMUNITY = {State.OBJECTED, State.UNDER_REVIEW, State.RETURNED}  # where what it said is not answered yet
# The kind of tag a state is shown with, here and on the first page. A refusal is no alarm: next year is open.
TAGS = {
    State.DRAFT: "",
    State.SUBMITTED: "wait",
    State.ENDORSED: "wait",
    State.OBJECTED: "wait",
    State.UNDER_REVIEW: "wait",
    State.RETURNED: "miss",
    State.RECOMMENDED: "wait",
    State.DECLINED: "miss",
    State.APPEALED: "wait",
    State.GRANTED: "yes",
    State.WITHDRAWN: "",
}


@dataclass(frozen=True)
class Stop:
    """One stop on a case's way. `mood` is done, now, or "" for what is still to come."""

    mood: str
    title: str
    text: str = ""
    quote: str = ""


def ticked(message: Any) -> Any:
    """A box that has to be ticked; `message` says which."""

    def check(form: Any, field: Any) -> None:
        if not field.data:
            raise ValidationError(message)

    return check


TRUE = _l("Xin đánh dấu vào ô “là đúng”, rồi bấm gửi lần nữa.")
AGREED = _l("Xin đánh dấu vào ô “Tôi đồng ý”, rồi bấm gửi lần nữa.")


class SendForm(Form):
    """What the person declares on sending; nothing is ticked for them."""

    true = BooleanField(_l("Những việc học tôi ghi ở trên là đúng."), validators=[ticked(TRUE)])
    consent = BooleanField(
        _l("Tôi đồng ý để chi hội và phường, xã xem hồ sơ này để xét danh hiệu."), validators=[ticked(AGREED)]
    )


def _own() -> tuple[YearScore, Thing]:
    person_id = found(actor().person_id)
    return explain(person_id, asked_year()), Thing(person_id)


def _followed() -> tuple[YearScore, Thing]:
    """The case of the year asked for; else this year's, or while there is none the latest one not decided yet."""
    year, thing = _own()
    if year.case is None and not request.args.get("nam"):
        older = queries.undecided(reader(), year.person.id)
        if older:
            return explain(year.person.id, older[0].year), thing
    return year, thing


def _case(application_id: uuid.UUID) -> tuple[Any, Thing]:
    case = found(queries.application(reader(), application_id), N_("Không tìm thấy hồ sơ này."))
    return case, Thing(case.person_id, ward_code=case.ward_code, community_id=case.community_id)


def _nam(year: int) -> int | None:
    return None if year == this_year() else year


@bp.route("/ho-so/gui", methods=["GET", "POST"])
@needs("application.own", _own)
@opens_offline
def check(year: YearScore) -> Any:
    """Everything once more on one page, and the button that sends it."""
    home = people.home_of(reader(), year.person.id)
    if home is None:
        flash(_("Xin ghi nơi ở trước khi gửi, để hồ sơ về đúng chi hội và phường, xã."), "miss")
        return redirect(url_for("account.residence", next=url_for(".check", nam=_nam(year.year))), 303)
    form = SendForm()
    if year.editable and form.validate_on_submit():
        with form.catching():
            case = _send(year)
            flash(_("Đã gửi. Số biên nhận là %(receipt)s.", receipt=case.receipt), "yes")
            return redirect(url_for(".status", nam=_nam(year.year)), 303)
    if not year.editable:  # sent before, perhaps by the same button pressed twice
        return redirect(url_for(".status", nam=_nam(year.year)), 303)
    return render_template(
        "application/check.html",
        form=form,
        year=year,
        home=home,
        group=GROUP_LABELS[Group(year.person.learner_group)],
        gaps=[line for line in year.lines if line.bare and line.open],
        changes=changes(year.case, year.criteria, {line.line.code: line.evidence for line in year.asked})
        if year.state is State.RETURNED
        else [],
        late_after=_late_after(year, home.ward_code),
    ), form.status


def _late_after(year: YearScore, ward_code: str) -> date | None:
    """The ward's last day when it is over; a case that was sent before is not late for being asked about."""
    submit_by = places.ward_settings(reader(), ward_code).submit_by
    return submit_by if year.state is State.DRAFT and is_late(submit_by, year.year, clock.today()) else None


def _send(year: YearScore) -> Any:
    db = writer()
    case_id = year.case.id if year.case else None
    if case_id is None:
        case_id = actions.start(db, found(people.person(db, year.person.id)), year.year, actor=actor()).id
    return actions.submit(db, case_id, actor=actor(), today=clock.today())


@bp.get("/ho-so")
@needs("application.own", _followed)
@opens_offline
def status(year: YearScore) -> str:
    """Where the case of a year is, what was asked, what was decided."""
    db, case = reader(), year.case
    cases = queries.own_applications(db, year.person.id)
    if case is None:
        return render_template("application/status.html", year=year, case=None, cases=cases)
    thing = Thing(case.person_id)
    settings = places.ward_settings(db, case.ward_code) if case.ward_code else None
    step = queues.community_step(db, case)
    steps = [one for one in available(year.state, community_step=step) if allowed(one.permission, thing)]
    title = titles.title_of_application(db, case.id)
    events = queries.events(db, case.id)
    return render_template(
        "application/status.html",
        year=year,
        case=case,
        cases=cases,
        label=STATE_LABELS[year.state],
        tag=TAGS[year.state],
        steps={one.name: one.label for one in steps if one.permission == "application.own"},
        way=way(year.state, events, community_step=step),
        spent=spent(events, now()),
        objection=community_word(events) if year.state in OPEN_TO_THE_COMMUNITY else None,
        appeal_until=appealing.last_day(case),
        final=appealing.final(case),
        body=settings.issuing_body if settings else "",
        hands=hands(db, [case.id]).get(case.id, []),
        title=title,
        code=shown_code(title.public_code) if title else "",
    )


@bp.post("/ho-so/<uuid:application_id>/rut")
@needs("application.own", _case)
def withdraw(case: Any) -> Response:
    """Take a case back before it is decided. Pressed twice it is taken back once."""
    if State(case.state) is not State.WITHDRAWN:
        actions.move(writer(), case.id, "withdraw", actor=actor(), today=clock.today())
        flash(_("Đã rút hồ sơ. Việc học đã ghi vẫn còn."), "yes")
    return redirect(url_for(".status", nam=_nam(case.year)), 303)


@bp.route("/ho-so/<uuid:application_id>/xet-lai", methods=["GET", "POST"])
@needs("application.own", _case)
def appeal(case: Any) -> Any:
    """Ask for another look at a refusal, with the reason, until the ward's last day."""
    back = url_for(".status", nam=_nam(case.year))
    form = AppealForm()
    if form.validate_on_submit() and appealing.send(form, case):
        flash(appealing.said(), "yes")
        return redirect(back, 303)
    if request.method != "POST" and appealing.last_day(case) is None:
        return redirect(back, 303)
    until = appealing.last_day(case)
    return render_template("application/appeal.html", form=form, case=case, until=until, back=back), form.status


@bp.post("/ho-so/<uuid:application_id>/mo-lai")
@needs("application.own", _case)
def redraft(case: Any) -> Response:
    """Open a case that was taken back, to correct and send it again."""
    if State(case.state) is not State.DRAFT:
        actions.move(writer(), case.id, "redraft", actor=actor(), today=clock.today())
        flash(_("Đã mở lại hồ sơ. Sửa xong, xin gửi lại."), "yes")
    return redirect(url_for("score.explained", nam=_nam(case.year)), 303)


def way(
    state: State, events: list[Any], *, community_step: bool, province: bool = False, level: bool = False
) -> list[Stop]:
    """The way of a case: what happened, where it stands, what is to come.

    `province`: the province decides on it. `level`: requirements are met or not, and earn no points.
    """
    stops = [_past(event, level=level) for event in events]
    ahead = _ahead(state, community_step=community_step, province=province)
    if ahead:
        return [*stops, Stop("now", ahead[0]), *(Stop("", text) for text in ahead[1:])]
    if stops:
        stops[-1] = Stop("now", stops[-1].title, stops[-1].text, stops[-1].quote)
    return stops


def _ahead(state: State, *, community_step: bool, province: bool) -> list[str]:
    """What is still to come, the first of it being where the case stands now."""
    community = [_("Chi hội ở thôn, tổ bình xét")] if community_step else []
    review = _("Tỉnh, thành phố xét hồ sơ") if province else _("Phường, xã xét hồ sơ")
    decide, paper = _("Ủy ban nhân dân quyết định"), _("Nhận giấy công nhận")
    return {
        State.DRAFT: [_("Ông/bà chấm điểm và gửi hồ sơ"), *community, review, decide, paper],
        State.SUBMITTED: [*community, review, decide, paper],
        State.ENDORSED: [review, decide, paper],
        State.UNDER_REVIEW: [review, decide, paper],
        State.OBJECTED: [review, decide, paper],
        State.RETURNED: [_("Ông/bà bổ sung và gửi lại"), review, decide, paper],
        State.APPEALED: [_("Người khác xét lại hồ sơ"), decide, paper],
        State.RECOMMENDED: [decide, paper],
    }.get(state, [])


def _past(event: Any, *, level: bool) -> Stop:
    name = _(TRANSITIONS[event.name].done) if event.name in TRANSITIONS else _(REVOKED)
    parts = [f"{moment(event.at)}."]
    if event.name in {"submit", "resubmit"}:
        if level:
            parts.append(_("Tự chấm đạt %(count)s yêu cầu.", count=event.detail.get("self_total")))
        else:
            parts.append(_("Tự chấm %(points)s điểm.", points=event.detail.get("self_total")))
        if event.detail.get("again"):
            parts.append(_("Số biên nhận giữ nguyên."))
        if event.detail.get("channel") == "paper":
            parts.append(_("Nhập từ phiếu giấy."))
    elif event.name in {"recommend", "decline"} and event.detail.get("confirmed_total") is not None:
        if level:
            parts.append(_("Đạt %(count)s yêu cầu.", count=event.detail["confirmed_total"]))
        else:
            parts.append(_("Điểm xác nhận %(points)s.", points=event.detail["confirmed_total"]))
    elif event.name == "grant":
        parts.append(_("Quyết định số %(number)s.", number=event.detail.get("decision")))
    if event.detail.get("meeting"):
        parts.append(_("Hội nghị bình xét ngày %(day)s.", day=day(date.fromisoformat(event.detail["held_on"]))))
    if (event.account_id != actor().account_id or actor().acting) and event.actor_name:
        parts.append(_("Người làm: %(name)s.", name=event.actor_name))
    return Stop("done", name, " ".join(parts), event.reason or "")
