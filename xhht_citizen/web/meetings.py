"""Meetings of a community: the list of them, one entered at once, one as it was entered."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import Length, Optional

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications.rules import STATE_LABELS, open_year
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.meetings import actions, queries
from xhht_citizen.meetings.actions import Spoken
from xhht_citizen.meetings.queries import Candidate, Minutes
from xhht_citizen.meetings.rules import (
    MAJORITY,
    MAX_NAME,
    MAX_REASON,
    MAX_TEXT,
    OUTCOME_LABELS,
    WAY_LABELS,
    Details,
    Outcome,
    Said,
    Way,
    check_details,
    check_said,
)
from xhht_citizen.web import desk, paging, waiting, years
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import DayField, Form, NumberField, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.kinds import kind_words
from xhht_citizen.web.transactions import looked_at, reader, writer

bp = Blueprint("meetings", __name__)
MOST = 150  # candidates on one page; the rest wait for the next one
# In which states a case stands where the meeting's word is still its last.
RESULT = re.compile("result-([0-9a-f]{32})")
AFTER = {Outcome.ENDORSED: "endorsed", Outcome.OBJECTED: "objected"}


def _limit(most: int) -> Length:
    return Length(max=most, message=_l("Dài quá %(most)s chữ, xin viết ngắn hơn.", most=most))


class MeetingForm(Form):
    """One meeting; `result-`, `votes-`, `reason-` and `seen-<id>` of each candidate are added by `form_for`.

    `id` is made with the page, so that a meeting sent twice is one.
    """

    id = HiddenField()
    held_on = DayField(_l("Ngày họp"), validators=[required(_l("Ghi ngày họp."))])
    venue = StringField(
        _l("Nơi họp"),
        description=_l("Ví dụ: nhà sinh hoạt cộng đồng."),
        validators=[required(_l("Ghi nơi họp.")), _limit(MAX_TEXT)],
    )
    chair = StringField(_l("Người chủ trì"), validators=[required(_l("Ghi họ tên người chủ trì.")), _limit(MAX_NAME)])
    secretary = StringField(_l("Thư ký"), validators=[required(_l("Ghi họ tên thư ký.")), _limit(MAX_NAME)])
    total = NumberField(_l("Số người được mời"), validators=[required(_l("Ghi số người được mời."))])
    present = NumberField(_l("Số người có mặt"), validators=[required(_l("Ghi số người có mặt."))])
    way = RadioField(
        _l("Cách quyết định"),
        choices=[SelectChoice(str(way), _l(label)) for way, label in WAY_LABELS.items()],
        validators=[required(_l("Chọn cách quyết định."))],
        validate_choice=False,
    )
    gone: tuple[tuple[str, str, str], ...] = ()  # name, outcome and reason sent of cases that went on meanwhile
    rest = BooleanField(_l("Những người chưa ghi kết quả: để lần họp sau"))
    note = TextAreaField(_l("Ghi chú của cuộc họp"), validators=[Optional(), _limit(MAX_REASON)])

    def details(self) -> Details:
        """The meeting as it was written; the rules say what is amiss."""
        return Details(
            held_on=self.held_on.day or date.min,
            venue=self.venue.data or "",
            chair=self.chair.data or "",
            secretary=self.secretary.data or "",
            present=self.present.number or 0,
            total=self.total.number or 0,
            way=Way(self.way.data),
            note=(self.note.data or "").replace("\r\n", "\n"),
        )

    def validate_way(self, field: Any) -> None:
        """One of the two ways."""
        if field.data not in set(Way):
            field.data = None
            required(_l("Chọn cách quyết định."))(self, field)


@dataclass(frozen=True)
class Opening:
    """The page of a new meeting: whose, of which year, who is spoken of and whom others must speak of."""

    at: Desk
    year: int
    candidates: list[Candidate]
    others: list[Candidate]


def _desk() -> tuple[Desk, Thing]:
    """A community's desk, or a ward's, for reading."""
    at = desk.desk()
    return at, access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)


def _community() -> tuple[Opening, Thing]:
    """The desk of a community one heads, with its candidates of the year asked for."""
    heads = [one for one in desk.desks() if one.community_id is not None]
    wanted = request.values.get("noi")
    at = next((one for one in heads if one.key == wanted), heads[0] if heads and not wanted else None)
    if at is None or at.community_id is None:
        raise Forbidden(N_("Ông/bà không có việc ở nơi này."))
    open_years = queries.years(reader(), at.community_id)
    this_year = open_year(clock.today())
    year = years.read_year(request.args.get("nam", ""), last=this_year) or next(iter(open_years), this_year)
    rows = queries.candidates(reader(), at.community_id, year, limit=MOST)
    family = desk.family_of(rows)
    own = [row for row in rows if row.id not in family]
    opening = Opening(at, year, own, [row for row in rows if row.id in family])
    return opening, access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)


def open_minutes(meeting_id: uuid.UUID) -> tuple[Minutes, Thing]:
    """A meeting whole."""
    minutes = queries.minutes(reader(), meeting_id)
    return minutes, access.thing(reader(), ward_code=minutes.ward_code, community_id=minutes.community_id)


@bp.get("/hop-binh-xet")
@needs("meeting.view", _desk)
def overview(at: Desk) -> str:
    """The meetings of a desk's community, or of all communities of its ward, the latest first."""
    rows, more = paging.cut(
        queries.meetings(
            reader(),
            at.ward_code,
            at.community_id,
            after=paging.read_day_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    noi = desk.noi(at)
    open_years = queries.years(reader(), at.community_id) if at.community_id is not None else {}
    return render_template(
        "meetings/overview.html",
        at=at,
        place=desk.place_name(at),
        desks=desk.chips(at),
        noi=noi,
        rows=rows,
        waiting=open_years,
        may_enter=at.community_id is not None,
        next_url=url_for(".overview", noi=noi, sau=paging.day_key(rows[-1].held_on, rows[-1].id)) if more else None,
        first_url=url_for(".overview", noi=noi) if request.args.get("sau") else None,
    )


@bp.route("/hop-binh-xet/moi", methods=["GET", "POST"])
@needs("meeting.enter", _community)
def new(opening: Opening) -> Any:
    """Enter a meeting: when, where, who, and what was said of each candidate."""
    at = opening.at
    form = form_for(opening)
    if request.method == "POST" and request.form.get("then") == "all":
        for row in opening.candidates:
            field = form[f"result-{row.id.hex}"]
            field.data = field.data or str(Outcome.ENDORSED)
        return _page(opening, form)
    stands = (
        queries.meeting(reader(), paging.read_id(form.id.data) or uuid.UUID(int=0)) if form.is_submitted() else None
    )
    if stands is not None and stands.community_id == at.community_id:
        return _entered_before(stands.id, at)
    if form.validate_on_submit():
        meeting = _enter(opening, form)
        if meeting is not None:
            flash(_("Đã ghi cuộc họp bình xét ngày %(day)s.", day=f"{meeting.held_on:%d/%m/%Y}"), "yes")
            return redirect(url_for(".view", meeting_id=meeting.id, noi=desk.noi(at)), 303)
        if form.status == 409:  # what the other one wrote shall be on the page
            reader().rollback()
            opening = _community()[0]
            return _page(opening, form_for(opening, before=form))
    return _page(opening, form)


def _page(opening: Opening, form: Any) -> Any:
    at = opening.at
    noi = desk.noi(at)
    open_years = queries.years(reader(), at.community_id) if at.community_id is not None else {}
    shown = {opening.year, *open_years}
    heads = [one for one in desk.desks() if one.community_id is not None]
    return render_template(
        "meetings/new.html",
        form=form,
        opening=opening,
        place=desk.place_name(at),
        noi=noi,
        desks=[
            {"url": url_for(".new", noi=one.key), "label": desk.place_name(one), "current": one.key == at.key}
            for one in heads
        ]
        if len(heads) > 1
        else [],
        years=[
            {"url": url_for(".new", noi=noi, nam=year), "label": year, "current": year == opening.year}
            for year in sorted(shown, reverse=True)
        ]
        if len(shown) > 1
        else [],
        more=max(0, open_years.get(opening.year, 0) - len(opening.candidates) - len(opening.others)),
        kinds=kind_words(),
        outcomes=OUTCOME_LABELS,
        majority=_(MAJORITY),
        action=url_for(".new", noi=noi, nam=opening.year),
    ), form.status


def form_for(opening: Opening, before: Any = None) -> Any:
    """The form of a meeting with the fields of its candidates; `before` is a refused one whose words are kept."""
    fields: dict[str, Any] = {}
    for row in opening.candidates:
        key = row.id.hex
        fields[f"result-{key}"] = StringField()
        fields[f"votes-{key}"] = NumberField(_l("Số phiếu tán thành"))
        fields[f"reason-{key}"] = TextAreaField(_l("Lý do chưa tán thành"), [_limit(MAX_REASON)])
        fields[f"seen-{key}"] = HiddenField()
    kind = type("MeetingForm", (MeetingForm,), fields)
    seen = {f"seen-{row.id.hex}": str(row.version) for row in opening.candidates}
    if before is not None:  # told once, what was typed may be sent again as the cases stand now
        form = kind()
        form.status, form.form_errors, form.gone = before.status, before.form_errors, before.gone
        for name, version in seen.items():
            form[name].data = version
        return form
    last = queries.last_of(reader(), opening.at.community_id) if opening.at.community_id else None
    offered = {"venue": last.venue, "chair": last.chair, "secretary": last.secretary} if last is not None else {}
    return kind(data={"id": str(new_id()), "held_on": clock.today(), **offered, **seen})


def _entered_before(meeting_id: uuid.UUID, at: Desk) -> Any:
    """The button pressed twice, or the page sent again with other words: it was entered once, and is shown."""
    stands = {one.application_id: (str(one.outcome), one.reason or "") for one in _minutes(meeting_id).results}
    if stands == {key: (said, reason if said == Outcome.OBJECTED else "") for key, said, reason in _sent()}:
        flash(_("Cuộc họp này đã được ghi."), "yes")
    else:
        flash(
            _("Cuộc họp này đã được ghi trước đó nên lần gửi này không đổi gì. Muốn sửa, xin mở hồ sơ từng người."),
            "miss",
        )
    return redirect(url_for(".view", meeting_id=meeting_id, noi=desk.noi(at)), 303)


def _minutes(meeting_id: uuid.UUID) -> Minutes:
    return queries.minutes(reader(), meeting_id)


def _enter(opening: Opening, form: Any) -> Any:
    """Write it, or say beside each field what is amiss; None then."""
    details = form.details()
    with form.catching():
        check_details(details, clock.today())
    checked = details if form.status == 200 else replace(details, way=Way.CONSENSUS)  # votes of how many?
    spoken: dict[uuid.UUID, Spoken] = {}
    silent = []
    for row in opening.candidates:
        key = row.id.hex
        said = form[f"result-{key}"].data
        if said not in set(Outcome):
            silent.append(row.name)
            continue
        one = Said(Outcome(said), form[f"votes-{key}"].number, (form[f"reason-{key}"].data or "").replace("\r\n", "\n"))
        with form.catching():
            check_said(one, checked, row.name, key)
        spoken[row.id] = Spoken(paging.read_number(form[f"seen-{key}"].data) or 0, one)
    if silent and not form.rest.data:
        names = ", ".join(silent[:5]) + ("…" if len(silent) > 5 else "")
        form.rest.errors = [_("Còn %(count)s người chưa ghi kết quả: %(names)s.", count=len(silent), names=names)]
        form.status = 422
    _refuse_gone(opening, form)
    if form.status != 200:
        return None
    with form.catching():
        return actions.enter(
            writer(),
            meeting_id=paging.read_id(form.id.data) or new_id(),
            ward_code=opening.at.ward_code,
            community_id=found(opening.at.community_id),
            year=opening.year,
            details=details,
            spoken=spoken,
            actor=actor(),
            today=clock.today(),
        )
    return None


def _sent() -> list[tuple[uuid.UUID, str, str]]:
    """Of whom the sent form says something: the case, what, and why."""
    found_keys = [match[1] for match in map(RESULT.fullmatch, request.form) if match]
    return [
        (
            uuid.UUID(key),
            request.form[f"result-{key}"],
            request.form.get(f"reason-{key}", "").replace("\r\n", "\n").strip(),
        )
        for key in found_keys
        if request.form[f"result-{key}"]
    ]


def _refuse_gone(opening: Opening, form: Any) -> None:
    """Nobody is spoken of whose case went on meanwhile; of one's own family never."""
    known = {row.id for row in opening.candidates}
    sent = {key: (said, reason) for key, said, reason in _sent()}
    if sent.keys() & {row.id for row in opening.others}:
        raise Forbidden(N_("Hồ sơ của ông/bà hoặc của người cùng nhà: người khác ghi."))
    gone = queries.names_of(reader(), set(sent) - known, found(opening.at.community_id))
    if len(gone) < len(set(sent) - known):
        raise Forbidden(N_("Có hồ sơ không thuộc thôn, tổ này. Chưa ghi gì."))
    if not gone:
        return
    form.gone = [(name, *sent[key]) for key, name in gone.items()]
    form.form_errors = [
        *form.form_errors,
        _("Hồ sơ vừa thay đổi: %(names)s. Chưa ghi kết quả của ai.", names=", ".join(gone.values())),
    ]
    form.status = 409


@bp.get("/hop-binh-xet/<uuid:meeting_id>")
@needs("meeting.view", open_minutes)
def view(minutes: Minutes) -> str:
    """A meeting as it was entered, and where each case stands today."""
    look_at_objected(minutes)
    at = next(
        (
            one
            for one in desk.desks()
            if one.community_id in {None, minutes.community_id} and one.ward_code == minutes.ward_code
        ),
        None,
    )
    return render_template(
        "meetings/view.html",
        minutes=minutes,
        noi=desk.noi(at) if at else None,
        way=_(WAY_LABELS[minutes.way]),
        majority=_(MAJORITY),
        labels=STATE_LABELS,
        kinds=kind_words(),
        after=AFTER,
        endpoint=waiting.review_endpoint,
    )


def look_at_objected(minutes: Minutes) -> None:
    """Why somebody was not endorsed is read, on the page or the paper: they see who read it."""
    for one in minutes.objected:
        if one.person_id is not None:
            looked_at(one.person_id, minutes.ward_code, "meetings.view")
