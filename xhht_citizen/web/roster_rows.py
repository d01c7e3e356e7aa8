"""One list line by line: what would become of each, taking it over, what came of it, taking it back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice

from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.exports.tables import FORMATS
from xhht_citizen.people import queries as people
from xhht_citizen.roster import actions, queries, reading, undoing
from xhht_citizen.roster.faults import BAD, FAULTS
from xhht_citizen.web import paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import needs
from xhht_citizen.web.roster import STATES, bp, open_list
from xhht_citizen.web.transactions import after_commit, reader, store, writer

# By the word in an address: which lines one looks at, and what they are called before and after the import.
VIEWS = {
    "sai": ("bad", N_("Cần sửa"), N_("Không nhập")),
    "nhac": ("warned", N_("Nên xem"), N_("Nên xem")),
    "moi": ("new", N_("Người mới"), N_("Người mới")),
    "doi": ("changed", N_("Có thay đổi"), N_("Đã cập nhật")),
    "nhu-cu": ("same", N_("Như đang ghi"), N_("Như đang ghi")),
}
OUTCOMES = {"new": ("yes", N_("mới")), "changed": ("wait", N_("thay đổi")), "same": ("", N_("như cũ"))}
BAD_TAG = ("bad", N_("cần sửa"))
SHOWN_NUMBERS = 200


class StartForm(Form):
    """What becomes of the good lines when others are bad."""

    skip_bad = RadioField(
        _l("Còn dòng cần sửa thì sao?"),
        choices=[
            SelectChoice("skip", _l("Nhập các dòng đúng, bỏ qua dòng cần sửa")),
            SelectChoice("none", _l("Không nhập dòng nào cho đến khi mọi dòng đều đúng")),
        ],
        validate_choice=False,
    )


@bp.route("/dan-cu/danh-sach/<uuid:import_id>", methods=["GET", "POST"])
@needs("roster.import", open_list)
def one(row: Any) -> Any:
    """What would become of every line, and the start; afterwards what came of it."""
    form = StartForm(skip_bad="skip")
    if form.validate_on_submit():
        with form.catching():
            job_id = actions.ask_import(
                writer(),
                row.id,
                skip_bad=form.skip_bad.data != "none",
                account_id=account_id(),
                back=url_for(".one", import_id=row.id),
            )
            return redirect(url_for("jobs.one", job_id=job_id), 303)
    counts = row.counts or {}
    word = request.args.get("xem", "")
    if word not in VIEWS:
        word = next((key for key, (name, *_words) in VIEWS.items() if counts.get(name)), "moi")
    lines, more = paging.cut(
        queries.rows(
            reader(),
            row.id,
            outcome=VIEWS[word][0],
            after=paging.read_number(request.args.get("sau")) or 0,
            limit=paging.PAGE + 1,
        )
    )
    over = row.imported_at is not None
    return render_template(
        "roster/one.html",
        form=form,
        row=row,
        state=STATES[row.state],
        at_work=actions.at_work(reader(), row),
        counts=counts,
        ready=counts.get("new", 0) + counts.get("changed", 0),
        views=[
            {
                "url": url_for(".one", import_id=row.id, xem=key),
                "label": f"{_(after if over else before)}: {counts.get(name, 0)}",
                "current": key == word,
            }
            for key, (name, before, after) in VIEWS.items()
        ],
        lines=_shown(row, lines),
        who=people.account_names(reader(), {row.made_by} if row.made_by else set()),
        next_url=url_for(".one", import_id=row.id, xem=word, sau=lines[-1].number) if more else None,
        first_url=url_for(".one", import_id=row.id, xem=word) if request.args.get("sau") else None,
    ), form.status


def _shown(row: Any, lines: Sequence[Any]) -> list[dict[str, Any]]:
    """Lines as the page shows them: by the list's own words while its file is there, by the person's name after."""
    cells = reading.some(store().get(row.file_key), [line.number for line in lines]) if row.file_key else {}
    names = queries.names(reader(), {line.person_id for line in lines if line.person_id})
    shown = []
    for line in lines:
        kind, label = OUTCOMES.get(line.outcome, BAD_TAG)
        said = [(code in BAD, _(FAULTS[code], **values)) for code, values in line.faults if code in FAULTS]
        shown.append(
            {
                "number": line.number,
                "name": _written(row, cells.get(line.number, [])) or names.get(line.person_id, ""),
                "birth": _cell(row, cells.get(line.number, []), "birth"),
                "person_id": line.person_id if line.person_id in names else None,
                "kind": kind,
                "label": _(label),
                "faults": said,
            }
        )
    return shown


def _written(row: Any, cells: Sequence[str]) -> str:
    whole = _cell(row, cells, "name")
    return whole or f"{_cell(row, cells, 'first')} {_cell(row, cells, 'given')}".strip()


def _cell(row: Any, cells: Sequence[str], name: str) -> str:
    index = row.columns.get(name)
    return cells[index][:80] if index is not None and index < len(cells) else ""


@bp.get("/dan-cu/danh-sach/<uuid:import_id>/can-sua")
@needs("roster.import", open_list)
def faults(row: Any) -> Any:
    """The bad lines and their households as a sheet of the same columns, with the reasons."""
    if row.faults_key is None:
        raise NotFound(N_("Danh sách này không còn tệp các dòng cần sửa."))
    content = store().get(row.faults_key)
    return send_file(
        io.BytesIO(content), mimetype=FORMATS["xlsx"], as_attachment=True, download_name="dong-can-sua.xlsx"
    )


@bp.route("/dan-cu/danh-sach/<uuid:import_id>/rut-lai", methods=["GET", "POST"])
@needs("roster.import", open_list)
def undo(row: Any) -> Any:
    """Spell out what is taken back, or what stands in the way; then take the whole list back."""
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            job_id = actions.ask_undo(writer(), row.id, account_id=account_id(), back=url_for(".one", import_id=row.id))
            return redirect(url_for("jobs.one", job_id=job_id), 303)
    if row.state not in {"imported", "importing", "undoing"}:
        raise Conflict(N_("Danh sách này chưa nhập, hoặc đã rút lại."))
    in_the_way = undoing.in_the_way(reader(), row.id)
    return render_template(
        "roster/undo.html",
        form=form,
        row=row,
        counts=row.counts | queries.count(reader(), row.id),
        people=len(undoing.lines_in_the_way(in_the_way)),
        in_the_way=[
            {
                "why": _(undoing.REASONS.get(code, undoing.OTHER)),
                "count": len(numbers),
                "numbers": spans(numbers)[:SHOWN_NUMBERS],
                "more": len(spans(numbers)) > SHOWN_NUMBERS,
            }
            for code, numbers in in_the_way
        ],
    ), form.status


def spans(numbers: Sequence[int]) -> list[str]:
    """Row numbers in few words: 2, 5–9, 12."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}–{last}" for first, last in found]


@bp.post("/dan-cu/danh-sach/<uuid:import_id>/bo")
@needs("roster.import", open_list)
def discard(row: Any) -> Any:
    """Give an uploaded list up; its file is deleted."""
    files = store()
    for key in actions.discard(writer(), row.id, account_id=account_id()):
        after_commit(partial(files.delete, key))
    flash(_("Đã bỏ danh sách và xóa tệp."), "yes")
    return redirect(url_for(".listed"), 303)
