"""Second looks: what waits for another person, giving one, and how often the two disagreed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import looks as reads
from xhht_citizen.applications import queries, second_looks, subjects
from xhht_citizen.applications.doubting import QUESTIONS, Question
from xhht_citizen.applications.rules import UNSENT, State
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_
from xhht_citizen.evidence.rules import KINDS
from xhht_citizen.evidence.rules import Kind as EvidenceKind
from xhht_citizen.helping.named import hands
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import GROUP_LABELS
from xhht_citizen.people.rules import Group as LearnerGroup
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.bench import bp, ward_desk, ward_desk_of
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.transactions import looked_at, reader, writer


@dataclass(frozen=True)
class OpenedLook:
    """A second look, its case, and what the policy reads of it."""

    look: Any
    case: Any
    thing: Thing


class LookForm(Form):
    """The second person's word."""

    word = RadioField(
        _l("Ông/bà thấy thế nào?"),
        [required(_l("Xin chọn một câu trả lời."))],
        choices=[
            SelectChoice("yes", _l("Đồng ý đề nghị công nhận")),
            SelectChoice("no", _l("Chưa đồng ý, trả về bàn người xét")),
        ],
        validate_choice=False,
    )
    note = TextAreaField(
        _l("Lý do"),
        [Length(max=2000)],
        description=_l("Chưa đồng ý thì phải ghi. Người xét lần đầu và người nộp đọc được."),
    )


def open_look(look_id: uuid.UUID) -> tuple[OpenedLook, Thing]:
    """A second look as the policy reads its case; whoever had a hand in the recommendation is barred from giving it."""
    look = found(reads.look(reader(), look_id), N_("Không tìm thấy lần xem lại này."))
    case = found(queries.application(reader(), look.application_id))
    sent = State(case.state) not in UNSENT
    thing = subjects.thing_of(reader(), case, asks=actor(), today=clock.today(), submitted=sent)
    thing = replace(thing, barred=thing.barred | second_looks.first_readers(reader(), look, case))
    ward_desk_of(look.ward_code)
    return OpenedLook(look, case, thing), thing


@bp.get("/ban-xet/xem-lai")
@needs("bench.view", ward_desk)
def looks(at: Desk) -> str:
    """What waits for a second look in the ward, the oldest first."""
    rows, more = paging.cut(
        reads.waiting(reader(), at.ward_code, after=paging.read_id(request.args.get("sau")), limit=paging.PAGE + 1)
    )
    return render_template(
        "bench/looks.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        rows=rows,
        family=desk.family_of(rows),
        handled=handled(rows),
        questions={str(name): _(asked.title) for name, asked in QUESTIONS.items()},
        next_url=url_for("bench.looks", noi=desk.noi(at), sau=rows[-1].id) if more else None,
        first_url=url_for("bench.looks", noi=desk.noi(at)) if request.args.get("sau") else None,
    )


@bp.route("/ban-xet/xem-lai/<uuid:look_id>", methods=["GET", "POST"])
@needs("application.look_again", open_look)
def look(opened: OpenedLook) -> Any:
    """One second look: the case as it was sent, without the first officer's marks, and one's own word."""
    case, row = opened.case, opened.look
    form = LookForm()
    if form.validate_on_submit():
        with form.catching():
            agrees = form.word.data == "yes"
            second_looks.give(writer(), row.id, agrees=agrees, note=form.note.data, actor=actor(), today=clock.today())
            said = _("Đã ghi: đồng ý") if agrees else _("Đã ghi: chưa đồng ý, hồ sơ về bàn người xét")
            flash(f"{said}. {name_of(case)}.", "yes")
            following = next(iter(others(opened)), None) if request.form.get("then") == "next" else None
            if following is not None:
                return redirect(url_for("bench.look", look_id=following.id), 303)
            return redirect(url_for("bench.looks", noi=request.args.get("noi")), 303)
    if form.status == 409:
        reader().rollback()
        opened = open_look(row.id)[0]
        case, row = opened.case, opened.look
    if case.person_id is not None:
        looked_at(case.person_id, case.ward_code, "bench.look")
    evidence = queries.used_evidence(reader(), case.id)
    lines, criteria = {line.code: line for line in case.lines}, catalogue.get(case.criteria_set)
    said_by = people.account_names(reader(), [row.first_by, *([row.looked_by] if row.looked_by else [])])
    return render_template(
        "bench/look.html",
        look=row,
        case=case,
        form=form,
        name=name_of(case),
        noi=request.args.get("noi"),
        open=row.looked_at is None and row.closed_at is None,
        first=said_by.get(row.first_by, ""),
        second=said_by.get(row.looked_by, ""),
        community=places.community(reader(), case.community_id).name if case.community_id else None,
        group=_(GROUP_LABELS[LearnerGroup(case.person.learner_group)]) if case.person else None,
        lines=[(line, lines.get(line.code), evidence.get(line.code, [])) for line in criteria.lines],
        kinds={kind: _(KINDS[kind].label) for kind in EvidenceKind},
        hands=hands(reader(), [case.id, *{item.id for found_rows in evidence.values() for item in found_rows}]),
        questions=[_(QUESTIONS[Question(name)].title) for name in row.doubts],
        following=next(iter(others(opened)), None),
    ), form.status


def others(opened: OpenedLook) -> list[Any]:
    """What else waits here that this person may look at: not family's, not what they entered, judged or recommended."""
    rows = reads.waiting(reader(), opened.look.ward_code, limit=paging.PAGE)
    me = actor().account_id
    kept_off = desk.family_of(rows) | handled(rows)
    return [row for row in rows if row.id != opened.look.id and row.id not in kept_off and row.first_by != me]


def handled(rows: Sequence[Any]) -> set[uuid.UUID]:
    """Which looks are of cases the actor entered or judged a line of, by the looks' ids."""
    mine = reads.handled(reader(), [row.application_id for row in rows], actor().account_id)
    return {row.id for row in rows if row.application_id in mine}


@bp.get("/ban-xet/xem-lai/ket-qua")
@needs("bench.view", ward_desk)
def rates(at: Desk) -> str:
    """Second looks of a year: how many each officer's recommendations got, how many disagreed, and the looks."""
    known = reads.years(reader(), at.ward_code)
    year = paging.read_number(request.args.get("nam")) or (known[0] if known else clock.today().year)
    whose = paging.read_id(request.args.get("nguoi"))
    rows = reads.rates(reader(), at.ward_code, year)
    given, more = paging.cut(
        reads.given(
            reader(),
            at.ward_code,
            year,
            first_by=whose,
            after=paging.read_id(request.args.get("sau")),
            limit=paging.PAGE + 1,
        )
    )
    kept: dict[str, Any] = {"noi": desk.noi(at), "nam": year, "nguoi": whose}
    return render_template(
        "bench/rates.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        year=year,
        years=[
            {"url": url_for("bench.rates", noi=desk.noi(at), nam=one), "label": str(one), "current": one == year}
            for one in known
        ],
        rows=rows,
        looked=sum(row.looked for row in rows),
        disagreed=sum(row.disagreed for row in rows),
        waiting=sum(row.waiting for row in rows),
        whose=next((row.name for row in rows if row.account_id == whose), None),
        given=given,
        family=desk.family_of([case for _look, case, *_names in given]),
        next_url=url_for("bench.rates", **kept, sau=given[-1][0].id) if more else None,
        first_url=url_for("bench.rates", **kept) if request.args.get("sau") else None,
    )
