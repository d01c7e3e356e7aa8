"""The year's score, explained: per indicator the points, the evidence, the reviewer's word, the smallest next step."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import actions, queries
from xhht_citizen.applications.returning import is_changed
from xhht_citizen.applications.rules import EDITABLE, STATE_LABELS, State, Verdict, may_answer, open_year
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import (
    DISADVANTAGED,
    Competency,
    CriteriaSet,
    Facts,
    Line,
    LineResult,
    Mark,
    NextStep,
    Score,
    Status,
    score,
)
from xhht_citizen.errors import N_, Invalid, NotFound
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import Group, is_adult
from xhht_citizen.phones.rules import Said
from xhht_citizen.places import queries as places
from xhht_citizen.web import explaining, years
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.offline import opens_offline
from xhht_citizen.web.paging import read_number
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("score", __name__)
NOT_ANY_MORE = N_("Năm %(year)s đã hết và ông/bà chưa có hồ sơ của năm ấy, nên không ghi thêm vào năm ấy được nữa.")
NO_CASE = N_("Năm này ông/bà không có hồ sơ.")
MOST_OFFERED = 40  # pieces of evidence beside an indicator; ticked ones are always shown


@dataclass(frozen=True)
class Question:
    """What a reviewer asks about an indicator of a case that was sent back, and whether its owner changed anything."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Explained:
    """One indicator as its owner reads it. `points` stand: confirmed where a reviewer has spoken, claimed elsewhere.

    `open`: it may be answered now; `question`: what is asked about it while the case is with its owner again.
    """

    line: Line
    result: LineResult
    next: NextStep | None
    claimed: int | None
    confirmed: int | None
    verdict: Verdict | None
    reason: str | None
    note: str | None
    evidence: list[Any]
    open: bool = True
    question: Question | None = None

    @property
    def status(self) -> str:
        """What the tag says: yes (có), wait (chờ xác nhận), miss (thiếu)."""
        if self.result.status is not Status.MET or self.verdict is Verdict.ASK:
            return "miss"
        return "yes" if self.confirmed is not None else "wait"

    @property
    def rung(self) -> str:
        """What the standing points say the person did; empty when nothing was answered."""
        if self.claimed is None and self.confirmed is None:
            return ""
        return next((rung.text for rung in self.line.ladder if rung.points == self.result.points), "")

    @property
    def bare(self) -> bool:
        """Points claimed with nothing behind them: neither evidence nor a note."""
        return bool(self.claimed) and not self.evidence and not self.note


@dataclass(frozen=True)
class YearScore:
    """A person's score of a year; `case` is None before the first answer."""

    year: int
    person: Any
    case: Any
    criteria: CriteriaSet
    score: Score
    mark: int
    confirmed: int
    lines: tuple[Explained, ...]

    @property
    def waiting(self) -> int:
        """Points of the total that no reviewer has confirmed yet."""
        return self.score.total - self.confirmed

    @property
    def state(self) -> State:
        """Where the case stands; a draft before it exists."""
        return State(self.case.state) if self.case else State.DRAFT

    @property
    def editable(self) -> bool:
        """Whether answers may be changed now."""
        return self.state in EDITABLE and (self.case is not None or self.year == this_year())

    @property
    def asked(self) -> list[Explained]:
        """What the reviewer asks about, while the case is with its owner again."""
        return [line for line in self.lines if line.question is not None]

    @property
    def groups(self) -> list[tuple[Competency, list[Explained], int, int]]:
        """Competencies with their indicators, points and most points."""
        made = []
        for competency in self.criteria.competencies:
            own = [line for line in self.lines if line.line.competency == competency.code]
            most = sum(line.result.max for line in own)
            made.append((competency, own, sum(line.result.points for line in own), most))
        return made

    @property
    def missing(self) -> list[Explained]:
        """Indicators nobody has answered."""
        return [line for line in self.lines if line.claimed is None]

    @property
    def low(self) -> list[str]:
        """Codes of the indicators below the floor."""
        return [line.line.code for line in self.lines if line.result.status is not Status.MET]


def this_year() -> int:
    """The year that is being assessed today."""
    return open_year(clock.today())


def asked_year() -> int:
    """The year the address asks for (?nam=2025), else the open one."""
    return years.asked_year(this_year())


def answered_year() -> int:
    """The year an answer is for: the address's, else the one its page showed, also when it was sent after New Year."""
    shown: Any = (kept_fields() or {}) if request.method == "GET" else request.form
    told = years.read_year(shown.get("year", ""), last=this_year())
    return told if told is not None and "nam" not in request.args else asked_year()


def explain(person_id: uuid.UUID, year: int) -> YearScore:
    """The person's score of a year, drafted or not; NotFound for a year long past without a case."""
    db = reader()
    case = queries.own_application(db, person_id, year)
    if case is None:
        if year != this_year():
            raise NotFound(NOT_ANY_MORE if request.method == "POST" else NO_CASE, year=year)
        person = found(people.person(db, person_id))
        criteria = catalogue.get(Group(person.learner_group).criteria_set)
        hard = bool(person.ward_code) and places.ward_settings(db, person.ward_code).disadvantaged
        total = score(criteria, Facts(area=frozenset({DISADVANTAGED} if hard else ())))
    else:
        person, criteria = case.person, catalogue.get(case.criteria_set)
        total = queries.standing_score(case)
    used = queries.behind(db, case) if case is not None else queries.tagged_evidence(db, person_id, year)
    rows = {row.code: row for row in case.lines} if case else {}
    steps = {step.code: step for step in total.next_steps}
    lines = []
    for line, result in zip(criteria.lines, total.lines, strict=True):
        row = rows.get(line.code)
        lines.append(
            Explained(
                line,
                result,
                steps.get(line.code),
                row.claimed_points if row else None,
                row.confirmed_points if row else None,
                Verdict(row.verdict) if row and row.verdict else None,
                row.review_reason if row else None,
                row.note if row else None,
                used.get(line.code, []),
                may_answer(case, row) if case is not None else year == this_year(),
                _question(case, row, used.get(line.code, [])),
            )
        )
    confirmed = sum(line.confirmed or 0 for line in lines)
    assert isinstance(total.rule, Mark)  # noqa: S101  (a citizen's set is one of points)
    return YearScore(year, person, case, criteria, total, total.rule.at_least, confirmed, tuple(lines))


def _question(case: Any, row: Any, evidence: list[Any]) -> Question | None:
    if case is None or State(case.state) is not State.RETURNED or row is None or row.returned_as is None:
        return None
    behind = {str(item.id): item.version for item in evidence}
    return Question(row.returned_as["question"], is_changed(row, behind))


def _own() -> tuple[YearScore, Thing]:
    return _own_year(asked_year())


def _own_year(year: int) -> tuple[YearScore, Thing]:
    person_id = found(actor().person_id)
    return explain(person_id, year), Thing(person_id)


def own_line(code: str) -> tuple[tuple[YearScore, Explained], Thing]:
    """One indicator of one's own year."""
    year, thing = _own_year(answered_year())
    line = next((line for line in year.lines if line.line.code == code), None)
    return (year, found(line, N_("Không có chỉ số này trong hồ sơ."))), thing


@bp.get("/diem")
@needs("application.own", _own)
@opens_offline
def explained(year: YearScore) -> str:
    """The score of a year, indicator by indicator."""
    adult = is_adult(year.person.birth_year, year.year)
    return render_template("score/explained.html", year=year, labels=STATE_LABELS, adult=adult)


class Answer(Form):
    """One indicator: the rung that fits, the evidence behind it, a few words."""

    drafted = True
    of_a_year = True
    helps = explaining.ANSWER
    year = HiddenField()  # the page's: its words may come when another year is open
    base = HiddenField()  # what the page showed: a phone that sends it late says so
    points = RadioField(
        _l("Mức nào đúng với ông/bà?"), validators=[required(_l("Chọn một mức điểm."))], validate_choice=False
    )
    evidence = SelectMultipleField(_l("Việc đã học làm minh chứng"), validate_choice=False)
    note = TextAreaField(
        _l("Ghi thêm"),
        description=_l("Không có giấy tờ thì kể vài câu, hoặc ghi tên người biết việc này."),
        validators=[Length(max=2000, message=_l("Dài quá 2.000 chữ, xin viết ngắn hơn."))],
    )


@bp.route("/diem/<code>", methods=["GET", "POST"])
@needs("application.own", own_line)
@opens_offline
def indicator(loaded: tuple[YearScore, Explained]) -> Any:
    """One indicator: read it, answer it, see what the reviewer said."""
    year, line = loaded
    code = line.line.code
    offer = _offer(year, code) if line.open and year.editable else []
    ticked = [str(item.id) for item in offer if _supports(item, code)]
    points = None if line.claimed is None else str(line.claimed)
    base = Said({"points": points or "", "note": line.note or ""}, frozenset(ticked)).text()
    stored = {"year": str(year.year), "base": base, "points": points, "evidence": ticked, "note": line.note}
    form = Answer(data=stored)
    if request.method == "GET" and form.year.data not in {None, "", stored["year"]}:
        form = Answer(formdata=None, data=stored)  # a draft of another year's page
    form.year.data = stored["year"]
    form.points.choices = [(str(rung.points), rung.text) for rung in line.line.ladder]
    form.evidence.choices = [(str(item.id), item.title) for item in offer]
    following = _following(year, code)
    if form.validate_on_submit():
        with form.catching():
            _save(year, code, form)
            flash(_("Đã lưu chỉ số %(code)s.", code=code), "yes")
            return redirect(after_answer(year, code), 303)
    return render_template(
        "score/indicator.html",
        year=year,
        line=line,
        form=form,
        offer=offer,
        following=following,
        labels=STATE_LABELS,
        explained=explaining.INDICATORS.get(code),
    ), form.status


def after_answer(year: YearScore, code: str) -> str:
    """Where one goes on after an answer: the next indicator, the last look before sending, or the score."""
    back = request.form.get("then") == "back"
    on = None if back else _following(year, code)
    nam = year.year if year.year != this_year() else None
    end = "application.check" if year.asked and not back else "score.explained"
    return url_for("score.indicator", code=on, nam=nam) if on else url_for(end, nam=nam)


def _following(year: YearScore, code: str) -> str | None:
    codes = [other.line.code for other in (year.asked or year.lines)]
    if code not in codes:
        codes = [code]
    return next(iter(codes[codes.index(code) + 1 :]), None)


def given(form: Answer) -> dict[str, Any]:
    """What was answered. Invalid on `evidence` and `points`."""
    try:
        wanted = {uuid.UUID(text) for text in form.evidence.data or []}
    except ValueError:
        raise Invalid(N_("Không tìm thấy minh chứng này."), field="evidence") from None
    points = read_number(form.points.data)
    if points is None:
        raise Invalid(N_("Chọn một mức điểm của chỉ số này."), field="points")
    return {"points": points, "note": (form.note.data or "").replace("\r\n", "\n").strip(), "evidence": wanted}


def _save(year: YearScore, code: str, form: Answer) -> None:
    answer = given(form)
    db = writer()
    case_id = year.case.id if year.case else None
    if case_id is None:
        person = people.person(db, year.person.id)
        case_id = actions.start(db, found(person), year.year, actor=actor()).id
    actions.answer(db, case_id, code, **answer, actor=actor())


def _offer(year: YearScore, code: str) -> list[Any]:
    """What may be ticked: what is ticked already, then what this indicator has not, the newest first."""
    own = evidence.offered(reader(), year.person.id, year.year)
    ticked = [item for item in own if _supports(item, code)]
    others = [item for item in own if not _supports(item, code)]
    return ticked + others[: max(0, MOST_OFFERED - len(ticked))]


def _supports(item: Any, code: str) -> bool:
    return any(tag.code == code for tag in item.indicators)
