"""A group's own case, for who speaks for it: what is counted, what is to be answered, check, send and follow."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import actions, queries, queues
from xhht_citizen.applications.groups import start_group
from xhht_citizen.applications.returning import community_word, spent
from xhht_citizen.applications.rules import State, available, choices, is_late
from xhht_citizen.applications.subjects import decider
from xhht_citizen.criteria.rules import Line, Reads
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import STANDING_LABELS, shown_code
from xhht_citizen.web import appealing, paging
from xhht_citizen.web.appealing import AppealForm
from xhht_citizen.web.application import OPEN_TO_THE_COMMUNITY, TAGS, TRUE, ticked, way
from xhht_citizen.web.changes import changes
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.group_year import Answered, GroupYear, explain_group, named_group
from xhht_citizen.web.guard import Response, actor, found, needs
from xhht_citizen.web.kinds import SLUGS, case_url, state_label
from xhht_citizen.web.score import asked_year, this_year
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.wording import sentence

bp = Blueprint("group_case", __name__)
BASE = "/ho-so-nhom/<kind>/<uuid:group_id>"


class GroupSendForm(Form):
    """What who speaks for the group declares on sending; nothing is ticked for them."""

    true = BooleanField(_l("Những điều trả lời ở trên là đúng."), validators=[ticked(TRUE)])
    mandate = BooleanField(
        _l("Tôi được thay mặt nhóm gửi hồ sơ này."),
        validators=[ticked(_l("Xin đánh dấu vào ô “Tôi được thay mặt nhóm”, rồi bấm gửi lần nữa."))],
    )


class GroupAnswer(Form):
    """The answer to one line: its points, and a few words on what they stand; `was` is the answer the page showed."""

    drafted = True
    of_a_year = True
    was = HiddenField()
    points = RadioField(
        _l("Mức nào đúng với nhóm?"), validators=[required(_l("Chọn một mức.")), Length(max=4)], validate_choice=False
    )
    note = TextAreaField(
        _l("Ghi thêm cho người xét"),
        description=_l("Kể việc đã làm, thời gian, người xác nhận. Không ghi tên hay điểm số của con em."),
        validators=[Length(max=2000, message=_l("Dài quá 2.000 chữ, xin viết ngắn hơn."))],
    )


def _of_year(kind: str, group_id: uuid.UUID) -> tuple[GroupYear, Thing]:
    return explain_group(named_group(kind, group_id), asked_year())


def _followed(kind: str, group_id: uuid.UUID) -> tuple[GroupYear, Thing]:
    """The case of the year asked for; else this year's, or while there is none the latest one."""
    group = named_group(kind, group_id)
    year = asked_year()
    if not request.args.get("nam"):
        known = [case.year for case in queries.applications_of(reader(), group.kind, group.id)]
        year = next(iter(known), year)
    return explain_group(group, year)


def _line(kind: str, group_id: uuid.UUID, code: str) -> tuple[tuple[GroupYear, Answered], Thing]:
    of, thing = _of_year(kind, group_id)
    found(of.case is not None or of.may_begin or None, N_("Năm này nhóm không có hồ sơ."))
    one = next((one for one in of.lines if one.line.code == code), None)
    return (of, found(one, N_("Không có nội dung này trong hồ sơ."))), thing


@bp.get(BASE)
@needs("group.apply", _of_year)
def overview(of: GroupYear) -> Any:
    """The group's year: what is counted, what is answered, what is missing, and the way to send it."""
    db = reader()
    found(of.case is not None or of.may_begin or None, N_("Năm này nhóm không có hồ sơ."))
    return render_template(
        "group_case/overview.html",
        **_words(of),
        registration=titles.registration(db, of.group.id, of.year, of.group.kind),
        outcome=sentence(of.seen.score.words),
        wait=sentence(of.seen.score.wait),
    )


def _words(of: GroupYear) -> dict[str, Any]:
    """What every page of the case says of it."""
    db = reader()
    community = places.community(db, of.group.community_id).name if of.group.community_id else None
    own = community if of.group.kind is not Kind.COMMUNITY else None
    ward = None if of.group.kind is Kind.COMMUNE else places.commune(db, of.group.ward_code).name
    return {
        "of": of,
        "kind": _(KIND_LABELS[of.group.kind]),
        "place": ", ".join(name for name in (own, ward) if name),
        "years": _years(of),
        "label": state_label(of.state, province=of.thing.decided_by == "province"),
        "tag": TAGS[of.state],
    }


def _years(of: GroupYear) -> list[dict[str, Any]]:
    """The years one may open: those with a case, this year, and the year before where its cases are handed in now."""
    known = {case.year for case in queries.applications_of(reader(), of.group.kind, of.group.id)} | {this_year()}
    if decider(of.group.kind, of.year) == "province":
        known.add(this_year() - 1)
    url = {year: case_url(of.group.kind, of.group.id, nam=year) for year in known}
    return [{"url": url[year], "label": year, "current": year == of.year} for year in sorted(known, reverse=True)]


@bp.route(BASE + "/noi-dung/<code>", methods=["GET", "POST"])
@needs("group.apply", _line)
def line(loaded: tuple[GroupYear, Answered]) -> Any:
    """One line: read it, answer it, see what the reviewer said."""
    of, one = loaded
    code = one.line.code
    last = _last_year(of, code) if not one.given and of.editable else None
    note = one.row.note if one.row is not None else last
    given = str(one.row.claimed_points) if one.given else None
    form = GroupAnswer(data={"points": given, "note": note, "was": _answer_of(one.row)})
    form.points.choices = [
        (str(points), _choice(one.line, points)) for points in sorted(choices(one.line), reverse=True)
    ]
    codes = [other.line.code for other in of.lines if other.open]
    if code not in codes:
        codes = [code]
    following = next(iter(codes[codes.index(code) + 1 :]), None)
    if form.validate_on_submit():
        with form.catching():
            _save(of, code, form)
            flash(_("Đã lưu nội dung %(code)s.", code=code), "yes")
            on = None if request.form.get("then") == "back" else following
            return redirect(of.url("line", code=on) if on else of.url("overview"), 303)
        reader().rollback()  # what the other one wrote shall be on the page
        of, one = _line(SLUGS[of.group.kind], of.group.id, code)[0]
        form.was.data = _answer_of(one.row)
    return render_template(
        "group_case/line.html", **_words(of), one=one, form=form, following=following, last=last
    ), form.status


def _answer_of(row: Any) -> str:
    """A mark of an answer as it stands, to see whether somebody else has answered meanwhile; empty for none."""
    if row is None or row.claimed_points is None:
        return ""
    return hashlib.sha256(f"{row.claimed_points} {row.note or ''}".encode()).hexdigest()[:16]


def _choice(line: Line, points: int) -> str:
    """What an answer of so many points says."""
    if line.reads is Reads.MET:
        return str(_("Đạt yêu cầu") if points else _("Chưa đạt yêu cầu"))
    return next((rung.text for rung in line.ladder if rung.points == points), str(points))


def _last_year(of: GroupYear, code: str) -> str | None:
    """What was written beside the line last year, offered as a beginning."""
    case = queries.application_of(reader(), of.group.kind, of.group.id, of.year - 1)
    row = queries.line(case, code) if case is not None else None
    return row.note if row is not None else None


def _save(of: GroupYear, code: str, form: GroupAnswer) -> None:
    points = paging.read_number(form.points.data)
    if points is None:
        raise Invalid(N_("Chọn một mức điểm của chỉ số này."), field="points")
    note = (form.note.data or "").replace("\r\n", "\n").strip()
    case = actions.lock(writer(), _begun(of))
    row = queries.line(case, code)
    stands = _answer_of(row)
    # The head and somebody with a mandate may answer at once; sending the same twice is no quarrel.
    if row is not None and stands not in {"", form.was.data} and (row.claimed_points, row.note or "") != (points, note):
        raise Conflict(
            N_("Người khác vừa trả lời nội dung này. Lời ông/bà ghi còn ở dưới; bấm Lưu lần nữa nếu muốn thay."),
        )
    actions.answer(writer(), case.id, code, points=points, note=note, evidence=set())


def _begun(of: GroupYear) -> uuid.UUID:
    """The id of the case, begun by the first answer."""
    if of.case is not None:
        return of.case.id  # type: ignore[no-any-return]
    group = found(groups.group(writer(), of.group.kind, of.group.id))
    return start_group(writer(), group, of.year, actor=actor()).id


@bp.route(BASE + "/gui", methods=["GET", "POST"])
@needs("group.apply", _of_year)
def check(of: GroupYear) -> Any:
    """Everything once more on one page, and the button that sends it."""
    form = GroupSendForm()
    if of.editable and form.validate_on_submit():
        with form.catching():
            case = actions.submit(writer(), _begun(of), actor=actor(), today=clock.today())
            flash(_("Đã gửi. Số biên nhận là %(receipt)s.", receipt=case.receipt), "yes")
            return redirect(of.url("status"), 303)
    if not of.editable:  # sent before, perhaps by the same button pressed twice
        return redirect(of.url("status"), 303)
    return render_template(
        "group_case/check.html",
        **_words(of),
        form=form,
        outcome=sentence(of.seen.score.words),
        wait=sentence(of.seen.score.wait) if of.seen.too_early else "",
        gaps=[one for one in of.lines if one.open and one.given and one.row.claimed_points and not one.row.note],
        changes=changes(of.case, of.seen.criteria, {}) if of.state is State.RETURNED else [],
        late_after=_late_after(of),
    ), form.status


def _late_after(of: GroupYear) -> date | None:
    """The ward's last day when it is over; a case that was sent before is not late for being asked about."""
    submit_by = places.ward_settings(reader(), of.group.ward_code).submit_by
    return submit_by if of.state is State.DRAFT and is_late(submit_by, of.year, clock.today()) else None


@bp.get(BASE + "/theo-doi")
@needs("group.apply", _followed)
def status(of: GroupYear) -> Any:
    """Where the case of a year is, what was asked, what was decided."""
    if of.case is None:
        return redirect(of.url("overview"))
    db, case, title = reader(), of.case, of.title
    step = queues.community_step(db, case)
    province = queries.decided_by(case) == "province"
    revoked = title is not None and title.revoked_at is not None
    own = available(of.state, community_step=step, revoked=revoked)
    settings = places.ward_settings(db, case.ward_code) if case.ward_code and not province else None
    events = queries.events(db, case.id)
    return render_template(
        "group_case/status.html",
        **_words(of),
        case=case,
        steps={one.name: one.label for one in own if one.permission == "application.own"},
        way=way(of.state, events, community_step=step, province=province, level=of.by_level),
        spent=spent(events, now()),
        objection=community_word(events) if of.state in OPEN_TO_THE_COMMUNITY else None,
        appeal_until=appealing.last_day(case),
        final=appealing.final(case),
        body=settings.issuing_body if settings else "",
        title=title,
        stands=_(STANDING_LABELS[titles.standing(title, clock.today())]) if title is not None else "",
        code=shown_code(title.public_code) if title is not None else "",
    )


@bp.post(BASE + "/rut")
@needs("group.apply", _of_year)
def withdraw(of: GroupYear) -> Response:
    """Take a case back before it is decided. Pressed twice it is taken back once."""
    case = found(of.case, N_("Năm này nhóm không có hồ sơ."))
    if of.state is not State.WITHDRAWN:
        actions.move(writer(), case.id, "withdraw", actor=actor(), today=clock.today())
        flash(_("Đã rút hồ sơ. Các câu trả lời vẫn còn."), "yes")
    return redirect(of.url("status"), 303)


@bp.route(BASE + "/xet-lai", methods=["GET", "POST"])
@needs("group.apply", _of_year)
def appeal(of: GroupYear) -> Any:
    """Ask for another look at a refusal, with the reason, until the ward's last day."""
    case = found(of.case, N_("Năm này nhóm không có hồ sơ."))
    form = AppealForm()
    if form.validate_on_submit() and appealing.send(form, case):
        flash(appealing.said(), "yes")
        return redirect(of.url("status"), 303)
    until = appealing.last_day(case)
    if request.method != "POST" and until is None:
        return redirect(of.url("status"), 303)
    return render_template("group_case/appeal.html", **_words(of), form=form, case=case, until=until), form.status


@bp.post(BASE + "/mo-lai")
@needs("group.apply", _of_year)
def redraft(of: GroupYear) -> Response:
    """Open a case that was taken back, to correct and send it again."""
    case = found(of.case, N_("Năm này nhóm không có hồ sơ."))
    if of.state is not State.DRAFT:
        actions.move(writer(), case.id, "redraft", actor=actor(), today=clock.today())
        flash(_("Đã mở lại hồ sơ. Sửa xong, xin gửi lại."), "yes")
    return redirect(of.url("overview"), 303)
