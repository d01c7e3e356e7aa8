"""Residents from Excel: the ward's lists, uploading one, an empty one to fill in, how its columns are read."""

from __future__ import annotations

import io
import uuid
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, SelectField
from wtforms.validators import Optional

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.exports.tables import FORMATS
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.roster import actions, queries, reading, writing
from xhht_citizen.roster.columns import FIELDS, HEAD_ROWS, headings_of, letter
from xhht_citizen.web import desk, paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import found, needs
from xhht_citizen.web.paging import read_id, read_number
from xhht_citizen.web.transactions import reader, store, writer

bp = Blueprint("roster", __name__)
ACCEPT = ".xlsx,.xls,.csv"
NOT_FOUND = N_("Không tìm thấy danh sách này.")
STATES = {
    "uploaded": (N_("Chưa chọn cột"), "miss"),
    "checking": (N_("Đang kiểm tra"), "wait"),
    "checked": (N_("Đã kiểm tra, chưa nhập"), "miss"),
    "importing": (N_("Đang nhập"), "wait"),
    "imported": (N_("Đã nhập"), "yes"),
    "undoing": (N_("Đang rút lại"), "wait"),
    "undone": (N_("Đã rút lại"), ""),
    "refused": (N_("Không nhập"), ""),
}


class UploadForm(Form):
    """A list, and where those live whose community it does not name."""

    id = HiddenField()
    file = FileField(_l("Tệp danh sách"), validators=[required(_l("Chọn một tệp."))])
    community_id = SelectField(_l("Danh sách của thôn, tổ nào?"), validate_choice=False, validators=[Optional()])


class ColumnsForm(Form):
    """Which column holds what; a select for each field of `FIELDS` is added below."""

    header_row = SelectField(_l("Dòng tiêu đề"), validate_choice=False)
    community_id = SelectField(_l("Thôn, tổ của người không ghi thôn, tổ"), validate_choice=False)

    def chosen(self) -> dict[str, int]:
        """The column of each field, from 0."""
        numbers = {name: read_number(self[name].data) for name in FIELDS}
        return {name: number for name, number in numbers.items() if number is not None}


for _name, _wanted in FIELDS.items():
    setattr(
        ColumnsForm,
        _name,
        SelectField(_l(_wanted.label), description=_l(_wanted.hint) if _wanted.hint else "", validate_choice=False),
    )


def ward_desk() -> tuple[Desk, Thing]:
    """The ward whose lists one works on."""
    at = desk.desk(ward=True)
    return at, access.thing(reader(), ward_code=at.ward_code)


def open_list(import_id: uuid.UUID) -> tuple[Any, Thing]:
    """One list, for the officers of its ward."""
    row = found(queries.listed(reader(), import_id), NOT_FOUND)
    return row, access.thing(reader(), ward_code=row.ward_code)


@bp.get("/dan-cu/danh-sach")
@needs("roster.import", ward_desk)
def listed(at: Desk) -> Any:
    """The ward's lists, the newest first."""
    rows, more = paging.cut(
        queries.of_ward(reader(), at.ward_code, after=read_id(request.args.get("sau", "")), limit=paging.PAGE + 1)
    )
    noi = desk.noi(at)
    return render_template(
        "roster/listed.html",
        place=desk.place_name(at),
        desks=desk.chips(at, ward=True),
        noi=noi,
        rows=rows,
        states=STATES,
        names=people.account_names(reader(), {row.made_by for row in rows if row.made_by}),
        next_url=url_for(".listed", noi=noi, sau=str(rows[-1].id)) if more else None,
        first_url=url_for(".listed", noi=noi) if request.args.get("sau") else None,
    )


@bp.route("/dan-cu/danh-sach/moi", methods=["GET", "POST"])
@needs("roster.import", ward_desk)
def upload(at: Desk) -> Any:
    """Upload a list; what cannot be read is refused at once, beside the field."""
    form = UploadForm()
    _offer(form.community_id, at.ward_code, _("Nhiều nơi: trong danh sách có cột thôn, tổ"))
    if form.validate_on_submit():
        with form.catching():
            content = form.file.data.stream.read(reading.MAX_BYTES + 1)
            seems = actions.read_head(content)
            row = actions.upload(
                writer(),
                store(),
                content,
                seems,
                import_id=read_id(form.id.data) or new_id(),
                ward_code=at.ward_code,
                community_id=_community(form.community_id),
                file_name=form.file.data.filename or "",
                account_id=account_id(),
            )
            return redirect(url_for(".columns", import_id=row.id), 303)
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "roster/upload.html", form=form, place=desk.place_name(at), noi=desk.noi(at), accept=ACCEPT
    ), form.status


@bp.get("/dan-cu/danh-sach/mau")
@needs("roster.import", ward_desk)
def template(at: Desk) -> Any:
    """An empty list with headings, examples and notes."""
    return send_file(
        io.BytesIO(writing.template()),
        mimetype=FORMATS["xlsx"],
        as_attachment=True,
        download_name="danh-sach-dan-cu-mau.xlsx",
    )


@bp.route("/dan-cu/danh-sach/<uuid:import_id>/cot", methods=["GET", "POST"])
@needs("roster.import", open_list)
def columns(row: Any) -> Any:
    """How the columns are read: guessed, to be corrected; then every line is checked."""
    if row.file_key is None or row.state not in {"uploaded", "checking", "checked"}:
        raise NotFound(N_("Danh sách này không còn tệp để đọc."))
    about, head = reading.head(store().get(row.file_key))
    form = ColumnsForm(
        header_row=str(row.header_row), community_id=str(row.community_id or ""), **_as_text(row.columns)
    )
    form.header_row.choices = [
        ("0", _("Không có dòng tiêu đề")),
        *(
            (str(number), _("Dòng %(number)s: %(cells)s", number=number, cells=_few(cells)))
            for number, cells in head[:HEAD_ROWS]
            if any(cells)
        ),
    ]
    _offer(form.community_id, row.ward_code, _("Không có: dòng thiếu thôn, tổ là dòng sai"))
    at = read_number(form.header_row.data) or 0
    choices = _choices(head, at)
    for name in FIELDS:
        form[name].choices = [("", _("Không có")), *choices]
    if form.validate_on_submit():
        with form.catching():
            job_id = actions.ask_check(
                writer(),
                row.id,
                columns=form.chosen(),
                header_row=at,
                headings=headings_of(head, at),
                community_id=_community(form.community_id),
                account_id=account_id(),
                back=url_for(".one", import_id=row.id),
            )
            return redirect(url_for("jobs.one", job_id=job_id), 303)
    return render_template(
        "roster/columns.html",
        form=form,
        row=row,
        about=about,
        fields=list(FIELDS),
        guessed=len(row.columns),
        before=queries.same_file(reader(), row.ward_code, row.file_sha256, row.id),
    ), form.status


def _as_text(chosen: dict[str, int]) -> dict[str, str]:
    return {name: str(chosen[name]) if name in chosen else "" for name in FIELDS}


def _choices(head: Sequence[tuple[int, Sequence[str]]], header_row: int) -> list[tuple[str, str]]:
    """The columns of the list as they are offered: letter, heading, what stands below it."""
    heading = headings_of(head, header_row)
    below = [cells for number, cells in head if number > header_row]
    width = max([len(heading), *(len(cells) for cells in below)], default=0)
    offered = []
    for index in range(width):
        name = heading[index] if index < len(heading) else ""
        samples = [cells[index] for cells in below if index < len(cells) and cells[index]][:2]
        if name or samples:
            words = f"{name[:40]} ({', '.join(map(_sample, samples))})" if samples else name[:40]
            offered.append((str(index), f"{letter(index)}: {words.strip()}"))
    return offered


def _sample(cell: str) -> str:
    """A cell that tells what its column holds, not whose it is: of a long number the last four digits."""
    return f"…{cell[-4:]}" if cell.isdigit() and len(cell) > 8 else cell[:18]


def _few(cells: Sequence[str]) -> str:
    return ", ".join(_sample(cell) for cell in cells if cell)[:60]


def _offer(field: Any, ward_code: str, none: str) -> None:
    rows = places.communities(reader(), ward_code)
    field.choices = [("", none), *((str(one.id), one.name) for one in rows)]


def _community(field: Any) -> uuid.UUID | None:
    """The community chosen, one of those offered."""
    return read_id(field.data) if field.data in {value for value, *_rest in field.choices} else None
