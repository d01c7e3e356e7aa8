"""The reviewers' screens: what waits, one case, its steps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import actions, queries
from xhht_citizen.applications.rules import (
    STATE_LABELS,
    TRANSITIONS,
    UNSENT,
    Judgement,
    State,
    Verdict,
    available,
    check_judgement,
)
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Forbidden, Invalid, NotFound
from xhht_citizen.evidence.rules import KINDS, Kind
from xhht_citizen.people.rules import GROUP_LABELS, Group
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import desk, paging, waiting
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.errors import page
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.transactions import looked_at, reader, writer

bp = Blueprint("review", __name__)
NIL = uuid.UUID(int=0)

# What a state is called in an address, and on a tile or tag.
STATES = {
    "moi-gui": (State.SUBMITTED, _l("Chờ chi hội")),
    "da-tan-thanh": (State.ENDORSED, _l("Chi hội đã tán thành")),
    "dang-xet": (State.UNDER_REVIEW, _l("Đang xét")),
    "da-de-nghi": (State.RECOMMENDED, _l("Chờ quyết định")),
    "can-bo-sung": (State.RETURNED, _l("Đã trả lại")),
    "khong-cong-nhan": (State.DECLINED, _l("Không công nhận")),
    "da-cong-nhan": (State.GRANTED, _l("Đã công nhận")),
}
OVERDUE = "qua-han"  # waited longer than the ward's days
TILES = ("moi-gui", "da-tan-thanh", "dang-xet", "da-de-nghi")
CONCLUSIONS = ("recommend", "return", "decline")


class JudgeForm(Form):
    """A case under review; three fields an indicator are added for its criteria set by `judge_form`."""

    version = HiddenField()
    rest = BooleanField(_l("Xác nhận các chỉ số chưa chọn, đúng như người nộp tự chấm"))
    reason = TextAreaField(_l("Lý do gửi cho người nộp"), [Length(max=2000)])


class StepForm(Form):
    """One step of a case: the version seen, and a reason or a note."""

    version = HiddenField()
    reason = TextAreaField(_l("Lý do"), [Length(max=2000)])


@cache
def judge_form(criteria_set: str) -> type[JudgeForm]:
    """The judging form of a criteria set: `verdict-<code>`, `points-<code>`, `reason-<code>`."""
    fields: dict[str, Any] = {}
    for line in catalogue.get(criteria_set).lines:
        rungs = [SelectChoice(str(rung.points), _l("%(points)s điểm", points=rung.points)) for rung in line.ladder]
        fields[f"verdict-{line.code}"] = StringField()
        fields[f"points-{line.code}"] = SelectField(
            _l("Điểm mới"), choices=[SelectChoice("", _l("Chọn điểm")), *rungs], validate_choice=False
        )
        fields[f"reason-{line.code}"] = TextAreaField(_l("Lý do gửi cho người nộp"), [Length(max=2000)])
    return type("JudgeForm", (JudgeForm,), fields)


@dataclass(frozen=True)
class Opened:
    """A case, what the policy reads of it, and the step asked for."""

    case: Any
    thing: Thing
    step: str = ""


def open_case(application_id: uuid.UUID, name: str = "") -> tuple[Opened, Thing]:
    """Load a case that was sent in; drafts and withdrawn ones are nobody else's business (403)."""
    case = found(queries.application(reader(), application_id), N_("Không tìm thấy hồ sơ này."))
    thing = access.thing_of_case(reader(), case, submitted=State(case.state) not in UNSENT)
    return Opened(case, thing, name), thing


@bp.get("/xet-duyet")
@needs("queue.view")
def queue() -> Any:
    """Cases that wait, the longest first."""
    at = desk.desk()
    work = waiting.at_desk(at)
    slug = request.args.get("trang-thai", "")
    one_state = STATES[slug][0] if slug in STATES else None
    states = work.states if one_state is None else (one_state,)
    text = request.args.get("tim", "").strip()[:100]
    communities = [] if at.community_id else places.communities(reader(), at.ward_code)
    to = request.args.get("to", "")
    rows, more = paging.cut(
        queries.queue(
            reader(),
            states=states,
            headless=work.headless and one_state is None,
            ward_code=at.ward_code,
            community_id=at.community_id or paging.read_id(to),
            text=text,
            sent_before=work.due if slug == OVERDUE else None,
            after=paging.read_moment_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    kept: dict[str, Any] = {"noi": desk.noi(at), "tim": text or None, "to": to or None, "trang-thai": slug or None}
    following = paging.moment_key(rows[-1].submitted_at, rows[-1].id) if more else None
    # The address and the day are worked out once, not once a row.
    before, behind = url_for("review.case", application_id=NIL, noi=desk.noi(at)).split(str(NIL))
    today = clock.today()
    counts = queries.queue_counts(reader(), ward_code=at.ward_code, community_id=at.community_id)
    late = waiting.overdue(at, work, at.community_id)
    labels = state_labels(community_step=work.community_step)
    first = [(tile(at, OVERDUE), late, _("Quá %(days)s ngày", days=work.days))] if late else []
    return render_template(
        "review/queue.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        tiles=[*first, *((tile(at, one), counts[STATES[one][0]], labels[one]) for one in TILES)],
        rows=rows,
        days={row.id: (today - clock.local(row.submitted_at).date()).days for row in rows},
        overdue={row.id for row in rows if work.is_overdue(row)},
        links={row.id: f"{before}{row.id}{behind}" for row in rows},
        family=desk.family_of(rows),
        mixed=len(states) > 1,
        words={state: labels[one] for one, (state, _label) in STATES.items()},
        text=text,
        slug=slug if slug in STATES or slug == OVERDUE else "",
        to=to,
        options=[("", _("Việc cần làm")), (OVERDUE, _("Quá hạn xét")), *labels.items()],
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)],
        noi=desk.noi(at),
        next_url=url_for("review.queue", **kept, sau=following) if following else None,
        first_url=url_for("review.queue", **kept) if request.args.get("sau") else None,
        filtered=bool(text or to or slug),
    )


def tile(at: Desk, slug: str) -> str:
    """The address of the queue in one state."""
    where: dict[str, Any] = {"noi": desk.noi(at), "trang-thai": slug}
    return url_for("review.queue", **where)


def state_labels(*, community_step: bool) -> dict[str, str]:
    """The names of the states by their word in an address; without the community's step a new case is the ward's."""
    labels = {one: str(label) for one, (_state, label) in STATES.items()}
    if not community_step:
        labels["moi-gui"] = _("Mới gửi")
    return labels


@bp.route("/xet-duyet/<uuid:application_id>", methods=["GET", "POST"])
@needs("application.view", open_case)
def case(opened: Opened) -> Any:
    """One case: who, what is claimed, on what it rests, and the reviewer's word on each indicator."""
    if request.method != "POST":
        if opened.case.person_id == actor().person_id:
            return redirect(url_for("application.status", nam=opened.case.year))
        looked_at(opened.case.person_id, opened.case.ward_code, "review.case")
        return show(opened)
    if not allowed("application.review", opened.thing):
        raise Forbidden(N_("Ông/bà không xét hồ sơ này được."))
    form = judge_form(opened.case.criteria_set)()
    then = request.form.get("then", "")
    if form.validate() and save(form, opened, then):
        return redirect(url_for("review.case", application_id=opened.case.id, noi=request.args.get("noi")), 303)
    reader().rollback()  # what the other one wrote shall be on the page
    return show(open_case(opened.case.id)[0], form)


def save(form: Any, opened: Opened, then: str) -> bool:
    """Keep the judgements and take the step of the button pressed, both or neither; False when something is amiss."""
    wanted = list(judgements(form, opened.case))
    if form.status != 200:
        return False
    with form.catching():
        version = seen(form)
        if wanted:
            version = actions.judge(writer(), opened.case.id, wanted, actor=actor(), version=version).version
        if then in CONCLUSIONS:
            actions.move(
                writer(),
                opened.case.id,
                then,
                actor=actor(),
                today=clock.today(),
                version=version,
                reason=form.reason.data,
            )
            flash(f"{_(TRANSITIONS[then].done)}: {opened.case.person.name}.", "yes")
        elif wanted:
            flash(_("Đã lưu ý kiến ở %(count)s/%(all)s chỉ số.", count=len(wanted), all=len(opened.case.lines)), "yes")
        else:
            flash(_("Chưa chọn chỉ số nào nên chưa có gì để lưu."), "info")
    return form.status == 200  # type: ignore[no-any-return]


def judgements(form: Any, case: Any) -> Iterator[Judgement]:
    """What the form says of each indicator; what it lacks stands beside its field."""
    criteria = catalogue.get(case.criteria_set)
    for row in case.lines:
        said = form[f"verdict-{row.code}"].data or ("confirm" if form.rest.data else "")
        if said not in set(Verdict):
            continue
        given = Judgement(
            row.code,
            Verdict(said),
            paging.read_number(form[f"points-{row.code}"].data),
            form[f"reason-{row.code}"].data if said != Verdict.CONFIRM else None,
        )
        rungs = tuple(rung.points for rung in criteria.by_code[row.code].ladder)
        with form.catching():
            yield check_judgement(given, row.claimed_points, rungs)
        for field in (form[f"points-{row.code}"], form[f"reason-{row.code}"]):
            field.errors = [_("Chỉ số %(code)s: %(message)s", code=row.code, message=one) for one in field.errors]


def seen(form: Any) -> int:
    """The version of the case the person had on the screen."""
    version = paging.read_number(form.version.data)
    if version is None:
        raise Invalid(N_("Trang thiếu thông tin. Xin mở lại hồ sơ rồi làm lại."))
    return version


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
    here = url_for("review.case", application_id=opened.case.id, noi=request.args.get("noi"))
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
            flash(f"{_(wanted.done)}: {opened.case.person.name}.", "yes")
            return redirect(here, 303)
    if form.status == 409:
        return page(409, " ".join(form.form_errors), back=here, back_text=_("Xem trạng thái mới"))
    return show(opened, step_form=form)


def show(opened: Opened, form: Any = None, step_form: StepForm | None = None) -> Any:
    """The page of a case; a form that was refused is shown with everything typed."""
    case, thing = opened.case, opened.thing
    state = State(case.state)
    judging = state is State.UNDER_REVIEW and allowed("application.review", thing)
    problem = form or step_form
    typed = [] if form is None or judging else list(what_was_typed(form, case))
    if judging and form is None:
        given = {} if request.method == "GET" else {"formdata": None}  # a GET may give back what was typed before
        form = judge_form(case.criteria_set)(data=saved(case), **given)
        if step_form is not None:
            form.reason.data, form.reason.errors = step_form.reason.data, step_form.reason.errors
    if judging and (not form.version.data or (problem is not None and problem.status == 409)):
        form.version.data = str(case.version)
    title = titles.title_of_application(reader(), case.id) if state is State.GRANTED else None
    revoked = title is not None and title.revoked_at is not None
    steps = [
        one
        for one in available(state, community_step=queries.community_step(reader(), case), revoked=revoked)
        if one.permission != "application.own" and allowed(one.permission, thing)
    ]
    criteria = catalogue.get(case.criteria_set)
    score = queries.standing_score(case)
    here = next((one for one in desk.desks() if at_desk(one, case)), None)
    rows = {row.code: row for row in case.lines}
    evidence = queries.used_evidence(reader(), case.id)
    days = (clock.today() - clock.local(case.submitted_at).date()).days
    body = render_template(
        "review/case.html",
        case=case,
        person=case.person,
        group=_(GROUP_LABELS[Group(case.person.learner_group)]),
        community=places.community(reader(), case.community_id).name if case.community_id else None,
        state=state,
        state_label=_(STATE_LABELS[state]),
        days=days,
        overdue=here is not None and waiting.at_desk(here).is_overdue(case),
        lines=[(line, rows.get(line.code), evidence.get(line.code, [])) for line in criteria.lines],
        result={line.code: line for line in score.lines},
        criteria=criteria,
        score=score,
        outcome=_(score.words.text, **score.words.values),
        waiting=sum(row.claimed_points or 0 for row in case.lines if row.confirmed_points is None),
        kinds={kind: _(KINDS[kind].label) for kind in Kind},
        events=queries.events(reader(), case.id),
        done={name: _(one.done) for name, one in TRANSITIONS.items()} | {"revoke": _("Thu hồi danh hiệu")},
        title=title,
        judging=judging,
        form=form,
        step_form=step_form or StepForm(formdata=None),
        problem=problem,
        typed=typed,
        steps=[one for one in steps if one.name not in {*CONCLUSIONS, "grant"}],
        conclusions=[TRANSITIONS[name] for name in CONCLUSIONS if TRANSITIONS[name] in steps],
        may_grant=TRANSITIONS["grant"] in steps,
        family=desk.is_family(case),
        noi=desk.noi(here) if here else None,
        following=waiting.next_case(here, case) if here else None,
    )
    return body, problem.status if problem else 200


def saved(case: Any) -> dict[str, Any]:
    """What was saved, as the judging form's data."""
    data: dict[str, Any] = {}
    for row in case.lines:
        data[f"verdict-{row.code}"] = row.verdict
        data[f"points-{row.code}"] = "" if row.verdict != Verdict.CHANGE else str(row.confirmed_points)
        data[f"reason-{row.code}"] = row.review_reason
    return data


def what_was_typed(form: Any, case: Any) -> Iterator[tuple[str, str, str]]:
    """Code, choice and reason of each indicator, for the page that can take them no more."""
    words = {"confirm": _("Xác nhận"), "change": _("Đổi điểm"), "ask": _("Hỏi thêm")}
    for row in case.lines:
        said, reason = form[f"verdict-{row.code}"].data, form[f"reason-{row.code}"].data
        if said in words:
            points = form[f"points-{row.code}"].data if said == "change" else ""
            yield row.code, f"{words[said]} {points}".strip(), reason or ""


def at_desk(at: Desk, case: Any) -> bool:
    """Whether the case is one of this desk's."""
    return at.ward_code == case.ward_code and at.community_id in {None, case.community_id}
