"""Classes, talks and clubs of a place: written down, corrected, confirmed, cancelled. Their lists: activities_list."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.activities import actions, queries
from xhht_citizen.activities.queries import ActivityRow
from xhht_citizen.activities.rules import KINDS_LED, WAY_LABELS, Plan, Way, is_open
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import new_id, now
from xhht_citizen.errors import N_
from xhht_citizen.evidence.rules import KINDS, check_hours
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import Group
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.context import number
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.transactions import looked_at, reader, writer
from xhht_citizen.web.wording import official

bp = Blueprint("activities", __name__)
PAGE = 100
UNKNOWN = N_("Không tìm thấy buổi này.")


class HoursField(StringField):  # type: ignore[misc]
    """Hours as people write them (2, 1,5, 1.5 giờ); `minutes` once read, None when empty."""

    minutes: int | None = None

    def pre_validate(self, form: Any) -> None:
        """Refuse text that is no number of hours."""
        text = (self.data or "").strip().lower().removesuffix("giờ").removesuffix("h").strip()
        if not text:
            return
        if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", text):
            raise ValidationError(_("Ghi số giờ bằng chữ số, ví dụ 2 hoặc 1,5. Không nhớ thì để trống."))
        hours = Decimal(text.replace(",", "."))
        if not 0 < hours <= 10_000:
            raise ValidationError(_("Số giờ phải lớn hơn 0 và không quá 10.000. Không nhớ thì để trống."))
        self.minutes = check_hours(hours)


class ActivityForm(Form):
    """One class, talk or club. `id` is made with the page, so that a form sent twice is one activity."""

    id = HiddenField()
    version = HiddenField()
    kind = SelectField(_l("Loại hoạt động"), validate_choice=False, validators=[required(_l("Chọn một loại."))])
    name = StringField(
        _l("Tên lớp hoặc nội dung buổi"),
        description=_l("Người dự đọc tên này trong mục Việc học của mình."),
        validators=[required(_l("Ghi tên lớp hoặc nội dung buổi."))],
    )
    held_on = DayField(_l("Ngày tổ chức"), validators=[required(_l("Ghi ngày tổ chức."))])
    hours = HoursField(_l("Số giờ"), description=_l("Ví dụ 2 hoặc 1,5."), validators=[Optional()])
    provider = StringField(
        _l("Nơi tổ chức, đơn vị mở lớp"),
        description=_l("Ví dụ: Trung tâm học tập cộng đồng của phường."),
        validators=[Optional()],
    )
    community_id = SelectField(_l("Dành cho"), validate_choice=False, validators=[Optional()])
    indicators = SelectMultipleField(
        _l("Người dự được tính cho chỉ số nào?"),
        description=_l("Chọn một hoặc nhiều. Khi xác nhận, các chỉ số này tự được đánh dấu cho từng người."),
        validate_choice=False,
    )
    note = TextAreaField(_l("Ghi chú của người tổ chức"), validators=[Optional()])

    def show(self, at_ward: str | None = None) -> None:
        """Get ready to be shown; at a ward's desk with its communities to choose from."""
        self.kind.choices = [(str(kind), _(KINDS[kind].label)) for kind in KINDS_LED]
        led = {value for value, _label in self.kind.choices}
        if self.kind.data in KINDS and self.kind.data not in led:
            self.kind.choices.append((self.kind.data, _(KINDS[self.kind.data].label)))
        lines = catalogue.get(Group.RESIDENTS.criteria_set).lines
        self.indicators.choices = [(line.code, official(f"{line.code} {line.short}")) for line in lines]
        if at_ward is not None:
            communities = places.communities(reader(), at_ward)
            self.community_id.choices = [("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)]

    def plan(self) -> Plan:
        """What was written."""
        return Plan(
            kind=self.kind.data,
            name=self.name.data,
            held_on=self.held_on.day or date.min,
            indicators=frozenset(self.indicators.data or []),
            provider=self.provider.data,
            minutes=self.hours.minutes,
            note=(self.note.data or "").replace("\r\n", "\n"),
        )


class CountForm(Form):
    """How many the page spelled out."""

    seen = HiddenField()


@dataclass(frozen=True)
class Opened:
    """An activity, its place, and the desk it is led from."""

    row: Any
    community: str | None
    ward: str
    at: Desk | None

    @property
    def place(self) -> str:
        """Where its people live."""
        return self.community or self.ward

    @property
    def noi(self) -> str | None:
        """What addresses of the desk carry."""
        return desk.noi(self.at) if self.at else None


def at_desk() -> tuple[Desk, Thing]:
    """The community or ward whose activities one leads."""
    at = desk.desk()
    return at, access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)


def opened(activity_id: uuid.UUID) -> tuple[Opened, Thing]:
    """An activity; belongs to its community, or to the ward."""
    row = found(queries.activity(reader(), activity_id), UNKNOWN)
    thing = access.thing(reader(), ward_code=row.ward_code, community_id=row.community_id)
    ids = {row.community_id} if row.community_id else set()
    known = places.names(reader(), {row.ward_code}, ids)
    fitting = (one for one in desk.desks() if one.ward_code == row.ward_code)
    at = next((one for one in fitting if one.community_id in {None, row.community_id}), None)
    return Opened(row, known.get(row.community_id), known[row.ward_code], at), thing


def codes() -> frozenset[str]:
    """The ten indicators: the same on all four forms of QĐ 324."""
    return frozenset(catalogue.get(Group.RESIDENTS.criteria_set).by_code)


def people_count(count: int) -> str:
    """37 người."""
    return str(ngettext("%(count)s người", "%(count)s người", count, count=number(count)))


@bp.get("/hoat-dong")
@needs("activity.manage", at_desk)
def overview(at: Desk) -> Any:
    """The activities of a place, the latest first."""
    listed = queries.of_place(
        reader(),
        at.ward_code,
        at.community_id,
        after=paging.read_day_key(request.args.get("sau", "")),
        limit=paging.PAGE + 1,
    )
    rows, more = paging.cut(listed)
    noi = desk.noi(at)
    last = rows[-1] if more else None
    return render_template(
        "activities/overview.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        rows=rows,
        tags={row.id: state_tag(row) for row in rows},
        kinds=KINDS,
        noi=noi,
        next_url=url_for(".overview", noi=noi, sau=paging.day_key(last.held_on, last.id)) if last else None,
        first_url=url_for(".overview", noi=noi) if request.args.get("sau") else None,
    )


def state_tag(row: ActivityRow) -> tuple[str, str]:
    """The kind of tag and its words for an activity in a list."""
    if row.cancelled_at is not None:
        return "", _("Đã hủy")
    if row.confirmed_at is None:
        return ("wait", _("Chờ xác nhận")) if row.attendants else ("miss", _("Chưa có danh sách"))
    if row.pending:
        return "wait", _("Còn %(who)s chờ xác nhận", who=people_count(row.pending))
    return "yes", _("Đã xác nhận")


@bp.route("/hoat-dong/moi", methods=["GET", "POST"])
@needs("activity.manage", at_desk)
def new(at: Desk) -> Any:
    """Write an activity down; `nhu` names one that it is like, such as last week's class."""
    form = ActivityForm(data={"id": str(new_id()), "held_on": clock.today(), **_like(at)})
    if form.validate_on_submit():
        with form.catching():
            chosen = paging.read_id(form.community_id.data)
            fits = {one.id for one in places.communities(reader(), at.ward_code)}
            row = actions.plan(
                writer(),
                paging.read_id(form.id.data) or new_id(),
                form.plan(),
                ward_code=at.ward_code,
                community_id=at.community_id or (chosen if chosen in fits else None),
                known=codes(),
                account_id=account_id(),
                today=clock.today(),
            )
            flash(_("Đã ghi “%(name)s”. Bây giờ ghi danh sách người dự.", name=row.name), "yes")
            return redirect(url_for(".one", activity_id=row.id), 303)
    form.show(None if at.community_id else at.ward_code)
    return render_template(
        "activities/new.html", form=form, at=at, place=desk.place_name(at), noi=desk.noi(at)
    ), form.status


def _like(at: Desk) -> dict[str, Any]:
    """The fields of an earlier activity of this desk's place."""
    asked = paging.read_id(request.args.get("nhu"))
    row = queries.activity(reader(), asked) if asked else None
    if row is None or row.ward_code != at.ward_code or at.community_id not in {None, row.community_id}:
        return {"kind": str(KINDS_LED[0]), "indicators": list(KINDS[KINDS_LED[0]].indicators)}
    return _fields(row)


def _fields(row: Any) -> dict[str, Any]:
    hours = f"{Decimal(row.minutes) / 60:.2f}".rstrip("0").rstrip(".").replace(".", ",") if row.minutes else ""
    return {
        "kind": row.kind,
        "name": row.name,
        "hours": hours,
        "provider": row.provider,
        "community_id": str(row.community_id or ""),
        "indicators": list(row.indicators),
        "note": row.note,
    }


@bp.get("/hoat-dong/<uuid:activity_id>")
@needs("activity.manage", opened)
def one(it: Opened) -> Any:
    """One activity: what it is, who was there, what is to do next."""
    row, text = it.row, request.args.get("tim", "").strip()[:100]
    pending_only = request.args.get("xem") == "cho"
    listed = queries.attendants(
        reader(),
        row.id,
        text=text,
        pending=pending_only,
        after=paging.read_name_key(request.args.get("sau", "")),
        limit=PAGE + 1,
    )
    rows, more = paging.cut(listed, PAGE)
    kin = desk.relatives()
    for person in rows:
        if person.person_id not in kin:
            looked_at(person.person_id, row.ward_code, "activities.one")
    kept: dict[str, Any] = {"activity_id": row.id, "tim": text or None, "xem": "cho" if pending_only else None}
    last = rows[-1] if more else None
    names = people.account_names(reader(), {one for one in (row.created_by, row.confirmed_by) if one})
    return render_template(
        "activities/one.html",
        it=it,
        row=row,
        rows=rows,
        tally=queries.tally(reader(), row.id),
        kin=kin,
        kin_waiting=len(queries.attendants(reader(), row.id, ids=kin, pending=True)) if kin else 0,
        ways={way: _(WAY_LABELS[way]) for way in Way},
        kind=_(KINDS[row.kind].label),
        shorts={line.code: line.short for line in catalogue.get(Group.RESIDENTS.criteria_set).lines},
        names=names,
        open=is_open(row.held_on, row.open_until, now(), clock.today()),
        text=text,
        pending_only=pending_only,
        next_url=url_for(".one", **kept, sau=paging.name_key(last.sort_key, last.person_id)) if last else None,
        first_url=url_for(".one", **kept) if request.args.get("sau") else None,
    )


@bp.route("/hoat-dong/<uuid:activity_id>/sua", methods=["GET", "POST"])
@needs("activity.manage", opened)
def edit(it: Opened) -> Any:
    """Correct an activity; evidence made from its list follows."""
    row = it.row
    form = ActivityForm(data={"version": str(row.version), "held_on": row.held_on, **_fields(row)})
    if form.validate_on_submit():
        with form.catching():
            came = actions.change(
                writer(),
                row.id,
                form.plan(),
                version=paging.read_number(form.version.data) or 0,
                known=codes(),
                account_id=account_id(),
                spared=desk.relatives() | actor().helps,
                today=clock.today(),
            )
            flash(_("Đã lưu."), "yes")
            if came.changed:
                flash(_("Việc học của %(who)s được sửa theo.", who=people_count(came.changed)), "info")
            if came.locked:
                flash(
                    _("Việc học của %(who)s nằm trong hồ sơ đã gửi nên giữ nguyên.", who=people_count(came.locked)),
                    "miss",
                )
            return redirect(url_for(".one", activity_id=row.id), 303)
        if form.status == 409:
            form.version.data = str(row.version)  # told once, the organiser may send their own words again
    form.show()
    return render_template("activities/edit.html", form=form, it=it), form.status


@bp.route("/hoat-dong/<uuid:activity_id>/xac-nhan", methods=["GET", "POST"])
@needs("activity.manage", opened)
def confirm(it: Opened) -> Any:
    """Spell out who waits, and confirm that they attended: it is evidence for each of them."""
    row, kin = it.row, desk.relatives() | actor().helps
    form = CountForm()
    if form.validate_on_submit():
        with form.catching():
            count = actions.confirm(
                writer(),
                row.id,
                seen=paging.read_number(form.seen.data) or 0,
                account_id=account_id(),
                spared=kin,
                today=clock.today(),
            )
            if count:
                flash(_("Đã xác nhận %(who)s. Mỗi người có thêm một việc học.", who=people_count(count)), "yes")
            else:
                flash(_("Danh sách này đã xác nhận từ trước."), "info")
            return redirect(url_for(".one", activity_id=row.id), 303)
        reader().rollback()
    waiting = queries.attendants(reader(), row.id, pending=True)
    ready = [person for person in waiting if person.person_id not in kin]
    form.seen.data = str(len(ready))
    return render_template(
        "activities/confirm.html",
        form=form,
        it=it,
        ready=ready,
        spared=[person for person in waiting if person.person_id in kin],
        who=people_count(len(ready)),
        early=row.held_on > clock.today(),
        shorts={line.code: line.short for line in catalogue.get(Group.RESIDENTS.criteria_set).lines},
    ), form.status


@bp.route("/hoat-dong/<uuid:activity_id>/huy", methods=["GET", "POST"])
@needs("activity.manage", opened)
def cancel(it: Opened) -> Any:
    """The activity never was."""
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            actions.cancel(writer(), it.row.id, account_id=account_id())
            flash(_("Đã hủy “%(name)s”.", name=it.row.name), "yes")
            return redirect(url_for(".overview", noi=it.noi), 303)
    return render_template(
        "activities/cancel.html", form=form, it=it, tally=queries.tally(reader(), it.row.id)
    ), form.status
