"""The reviewers' screens: what waits, and one person's case; groups' cases: review_group, steps: review_step."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import queries, queues, subjects
from xhht_citizen.applications.rules import STATE_LABELS, TRANSITIONS, UNSENT, State, available
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.evidence.rules import KINDS
from xhht_citizen.evidence.rules import Kind as EvidenceKind
from xhht_citizen.groups.rules import Kind
from xhht_citizen.helping.named import hands
from xhht_citizen.people.rules import GROUP_LABELS, Group
from xhht_citizen.places import queries as places
from xhht_citizen.places.rules import commune_id
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import desk, kinds, paging, sieve, tools, waiting, walking
from xhht_citizen.web.backstory import backstory
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.judging import CONCLUSIONS, Opened, StepForm, judge_form, prepared, save, what_was_typed
from xhht_citizen.web.notices import unread
from xhht_citizen.web.sieve import OVERDUE, STATES
from xhht_citizen.web.transactions import looked_at, reader
from xhht_citizen.web.wording import sentence

bp = Blueprint("review", __name__)
NIL = uuid.UUID(int=0)
MOST_CAME_BACK = 10
PROVINCE_TILES = ("moi-gui", "dang-xet", "da-de-nghi")
TILES = ("moi-gui", "da-tan-thanh", "dang-xet", "da-de-nghi")


def open_case(application_id: uuid.UUID, name: str = "") -> tuple[Opened, Thing]:
    """Load a case that was sent in; drafts and withdrawn ones are nobody else's business (403)."""
    case = found(queries.application(reader(), application_id), N_("Không tìm thấy hồ sơ này."))
    sent = State(case.state) not in UNSENT
    thing = subjects.thing_of(reader(), case, asks=actor(), today=clock.today(), submitted=sent)
    return Opened(case, thing, name), thing


@bp.get("/xet-duyet")
@needs("queue.view")
def queue() -> Any:
    """Cases that wait, the longest first."""
    at = desk.desk(province=True)
    work = waiting.at_desk(at)
    wanted = sieve.read()
    communities = places.communities(reader(), at.ward_code) if at.community_id is None and at.ward_code else []
    after = wanted.read_key(request.args.get("sau", ""))
    rows, more = paging.cut(wanted.rows(at, work, after=after, limit=paging.PAGE + 1))
    kept: dict[str, Any] = {"noi": desk.noi(at), **wanted.arguments}
    # The address and the day are worked out once, not once a row.
    ways = {one: links(waiting.review_endpoint(one), kept) for one in {row.kind for row in rows}}
    today = clock.today()
    counts, late = waiting.standing(at, work)
    labels = state_labels(community_step=work.community_step)
    first = [(tile(at, OVERDUE), late, _("Quá %(days)s ngày", days=work.days))] if late else []
    return render_template(
        "review/queue.html",
        at=at,
        desks=desk.chips(at, province=True),
        place=desk.place_name(at),
        tiles=[*first, *((tile(at, one), counts[STATES[one][0]], labels[one]) for one in tiles_of(at))],
        rows=rows,
        days={row.id: (today - clock.local(row.submitted_at).date()).days for row in rows},
        overdue={row.id for row in rows if work.is_overdue(row)},
        links={row.id: str(row.id).join(ways[row.kind]) for row in rows},
        kinds=kinds.kind_words(),
        wanted=wanted,
        kept=kept,
        kind_options=kinds.options(kinds_at(at)),
        family=desk.family_of(rows),
        barred=desk.barred_of(rows),
        came_back=came_back(at) if not (wanted.filtered or request.args.get("sau")) else [],
        mixed=len(work.states) > 1 and wanted.state is None,
        words={state: labels[one] for one, (state, _label) in STATES.items()},
        picks=at.reviews and at.ward_code and at.community_id is None,
        all_ticked=request.args.get("chon") == "ca-trang",
        flags=sieve.choices(sieve.FLAGS, _("Mọi dấu hiệu")),
        scores=sieve.choices(sieve.SCORES, _("Mọi mức điểm")),
        caption=str(sieve.ORDERS[wanted.order][1]),
        sau=request.args.get("sau"),
        orders=[(slug, str(label)) for slug, (_order, label) in sieve.ORDERS.items()],
        desks_of=sieve.desks_to_choose(wanted),
        options=[("", _("Việc cần làm")), (OVERDUE, _("Quá hạn xét")), *labels.items()],
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)],
        noi=desk.noi(at),
        next_url=url_for("review.queue", **kept, sau=wanted.key(rows[-1])) if more else None,
        first_url=url_for("review.queue", **kept) if request.args.get("sau") else None,
        filtered=wanted.filtered,
        own=own_case(at),
        tools=tools.of("queue", at),
        unread=unread(),
    )


def came_back(at: Desk) -> list[queues.QueueRow]:
    """What the actor asked about and was answered: it lies on their desk first."""
    if not at.reviews:
        return []
    mine = queues.Sieve(flag="came_back", reviewer_id=actor().account_id)
    states = (State.UNDER_REVIEW,)
    return queues.queue(reader(), at.place, states=states, kinds=at.kinds, sieve=mine, limit=MOST_CAME_BACK)


def own_case(at: Desk) -> tuple[str, str] | None:
    """The case of the place itself, which whoever works at this desk speaks for: its address and words."""
    if at.community_id is not None:
        return kinds.case_url(Kind.COMMUNITY, at.community_id), _("Hồ sơ Cộng đồng học tập của thôn, tổ dân phố")
    if at.ward_code:
        return kinds.case_url(Kind.COMMUNE, commune_id(at.ward_code)), _("Hồ sơ Cộng đồng học tập cấp xã")
    return None


def links(endpoint: str, kept: dict[str, Any]) -> list[str]:
    """What stands before and behind a case's id in its address, which keeps the list it stands in."""
    return url_for(endpoint, application_id=NIL, **kept).split(str(NIL))


def tiles_of(at: Desk) -> tuple[str, ...]:
    """The states a desk has a tile for: nothing of a province's passes a community."""
    return TILES if at.province_code is None else PROVINCE_TILES


def kinds_at(at: Desk) -> tuple[Kind, ...]:
    """The kinds of cases a desk may see in its queue."""
    if at.kinds:
        return tuple(Kind(one) for one in at.kinds)
    who = "ward" if at.province_code is None else "province"
    year = clock.today().year
    return tuple(kind for kind in Kind if subjects.decider(kind, year) == who)


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
    if opened.case.kind != Kind.CITIZEN:
        return redirect(url_for("review.group", application_id=opened.case.id, **walking.kept()), 303)
    if request.method != "POST":
        if opened.case.person_id == actor().person_id:
            return redirect(url_for("application.status", nam=opened.case.year))
        looked_at(opened.case.person_id, opened.case.ward_code, "review.case")
        return show(opened)
    if not allowed("application.review", opened.thing):
        raise Forbidden(N_("Ông/bà không xét hồ sơ này được."))
    form = judge_form(opened.case.criteria_set)()
    onward = walking.onward(opened.case, opened.thing)
    if form.validate() and save(form, opened, request.form.get("then", "")):
        return redirect(onward, 303)
    reader().rollback()  # what the other one wrote shall be on the page
    return show(open_case(opened.case.id)[0], form)


def show(opened: Opened, form: Any = None, step_form: StepForm | None = None) -> Any:
    """The page of a case; a form that was refused is shown with everything typed."""
    case, thing = opened.case, opened.thing
    stands = standing(opened, form, step_form)
    state: State = stands["state"]
    criteria = catalogue.get(case.criteria_set)
    score = queries.standing_score(case)
    here = walking.desk_of(case, thing)
    rows = {row.code: row for row in case.lines}
    evidence = queries.used_evidence(reader(), case.id)
    days = (clock.today() - clock.local(case.submitted_at).date()).days
    events = queries.events(reader(), case.id, inner=True)
    body = render_template(
        "review/case.html",
        case=case,
        person=case.person,
        group=_(GROUP_LABELS[Group(case.person.learner_group)]),
        community=places.community(reader(), case.community_id).name if case.community_id else None,
        state_label=_(STATE_LABELS[state]),
        days=days,
        overdue=here is not None and waiting.at_desk(here).is_overdue(case),
        lines=[(line, rows.get(line.code), evidence.get(line.code, [])) for line in criteria.lines],
        result={line.code: line for line in score.lines},
        criteria=criteria,
        score=score,
        outcome=sentence(score.words),
        waiting=sum(row.claimed_points or 0 for row in case.lines if row.confirmed_points is None),
        kinds={kind: _(KINDS[kind].label) for kind in EvidenceKind},
        events=events,
        story=backstory(case, events, criteria, evidence),
        hands=hands(reader(), [case.id, *{item.id for found_rows in evidence.values() for item in found_rows}]),
        **stands,
        **walking.beside(here, case, thing),
    )
    return body, stands["problem"].status if stands["problem"] else 200


def standing(opened: Opened, form: Any, step_form: StepForm | None) -> dict[str, Any]:
    """What the page of a case of any kind knows: its state, what was typed and refused, what may be done next."""
    case, thing = opened.case, opened.thing
    state = State(case.state)
    judging = state is State.UNDER_REVIEW and allowed("application.review", thing)
    title = titles.title_of_application(reader(), case.id) if state is State.GRANTED else None
    revoked = title is not None and title.revoked_at is not None
    steps = [
        one
        for one in available(state, community_step=queues.community_step(reader(), case), revoked=revoked)
        if one.permission != "application.own" and allowed(one.permission, thing)
    ]
    return {
        "state": state,
        "done": walking.event_words(),
        "title": title,
        "judging": judging,
        "typed": [] if form is None or judging else list(what_was_typed(form, case)),
        "form": prepared(opened, form, step_form, judging=judging, fresh=request.method == "GET"),
        "step_form": step_form or StepForm(formdata=None),
        "problem": form or step_form,
        "steps": [one for one in steps if one.name not in {*CONCLUSIONS, "grant"}],
        "conclusions": [TRANSITIONS[name] for name in CONCLUSIONS if TRANSITIONS[name] in steps],
        "may_grant": TRANSITIONS["grant"] in steps,
        "family": desk.is_family(case),
    }
