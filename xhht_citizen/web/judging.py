"""The reviewer's word on a case of any kind: the form made for its criteria set, and what is done with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import actions
from xhht_citizen.applications.rules import TRANSITIONS, Judgement, Verdict, check_judgement, choices
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.web import paging
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import writer

CONCLUSIONS = ("recommend", "return", "decline")


@dataclass(frozen=True)
class Opened:
    """A case, what the policy reads of it, and the step asked for."""

    case: Any
    thing: Thing
    step: str = ""


class JudgeForm(Form):
    """A case under review; three fields a line that is answered are added for its criteria set by `judge_form`."""

    version = HiddenField()
    rest = BooleanField(_l("Xác nhận các chỉ số chưa chọn, đúng như người nộp tự chấm"))
    reason = TextAreaField(_l("Lý do gửi cho người nộp"), [Length(max=2000)])


class StepForm(Form):
    """One step of a case: the version seen, and a reason or a note."""

    version = HiddenField()
    reason = TextAreaField(_l("Lý do"), [Length(max=2000)])


@cache
def judge_form(criteria_set: str) -> type[JudgeForm]:
    """The judging form of a criteria set: `verdict-<code>`, `points-<code>`, `reason-<code>` of what is answered."""
    fields: dict[str, Any] = {}
    for line in catalogue.get(criteria_set).lines:
        given = choices(line)
        if not given:
            continue
        rungs = [SelectChoice(str(points), _l("%(points)s điểm", points=points)) for points in given]
        fields[f"verdict-{line.code}"] = StringField()
        fields[f"points-{line.code}"] = SelectField(
            _l("Điểm mới"), choices=[SelectChoice("", _l("Chọn điểm")), *rungs], validate_choice=False
        )
        fields[f"reason-{line.code}"] = TextAreaField(_l("Lý do gửi cho người nộp"), [Length(max=2000)])
    return type("JudgeForm", (JudgeForm,), fields)


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
            flash(f"{_(TRANSITIONS[then].done)}: {name_of(opened.case)}.", "yes")
        elif wanted:
            asked = sum(1 for _row in judged(form, opened.case))
            said = _("Đã lưu ý kiến ở %(count)s/%(all)s chỉ số.", count=len(wanted), all=asked)
            flash(f"{name_of(opened.case)}: {said}" if then == "next" else said, "yes")
        elif then != "next":
            flash(_("Chưa chọn chỉ số nào nên chưa có gì để lưu."), "info")
    return form.status == 200  # type: ignore[no-any-return]


def judged(form: Any, case: Any) -> Iterator[Any]:
    """The rows of a case the form asks about: those that were answered and not counted."""
    return (row for row in case.lines if f"verdict-{row.code}" in form)


def judgements(form: Any, case: Any) -> Iterator[Judgement]:
    """What the form says of each indicator; what it lacks stands beside its field."""
    criteria = catalogue.get(case.criteria_set)
    for row in judged(form, case):
        said = form[f"verdict-{row.code}"].data or ("confirm" if form.rest.data else "")
        if said not in set(Verdict):
            continue
        given = Judgement(
            row.code,
            Verdict(said),
            paging.read_number(form[f"points-{row.code}"].data),
            form[f"reason-{row.code}"].data if said != Verdict.CONFIRM else None,
        )
        with form.catching():
            yield check_judgement(given, row.claimed_points, choices(criteria.by_code[row.code]))
        for field in (form[f"points-{row.code}"], form[f"reason-{row.code}"]):
            field.errors = [_("Chỉ số %(code)s: %(message)s", code=row.code, message=one) for one in field.errors]


def seen(form: Any) -> int:
    """The version of the case the person had on the screen."""
    version = paging.read_number(form.version.data)
    if version is None:
        raise Invalid(N_("Trang thiếu thông tin. Xin mở lại hồ sơ rồi làm lại."))
    return version


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
    for row in judged(form, case):
        said, reason = form[f"verdict-{row.code}"].data, form[f"reason-{row.code}"].data
        if said in words:
            points = form[f"points-{row.code}"].data if said == "change" else ""
            yield row.code, f"{words[said]} {points}".strip(), reason or ""


def prepared(opened: Opened, form: Any, step_form: StepForm | None, *, judging: bool, fresh: bool) -> Any:
    """The judging form to show: the refused one with all that was typed, or one filled with what was saved."""
    problem = form or step_form
    if judging and form is None:
        given = {} if fresh else {"formdata": None}  # a GET may give back what was typed before
        form = judge_form(opened.case.criteria_set)(data=saved(opened.case), **given)
        if step_form is not None:
            form.reason.data, form.reason.errors = step_form.reason.data, step_form.reason.errors
    if judging and (not form.version.data or (problem is not None and problem.status == 409)):
        form.version.data = str(opened.case.version)
    return form


def at_desk(at: Desk, case: Any, province_code: str | None) -> bool:
    """Whether the case is one of this desk's; `province_code` is that of the case where the province decides on it."""
    if province_code is not None:
        return at.province_code == province_code
    return at.province_code is None and at.ward_code == case.ward_code and at.community_id in {None, case.community_id}
