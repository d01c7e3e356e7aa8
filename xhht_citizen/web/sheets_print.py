"""Sheets printed: for one person at once, for a household, people ticked or a whole community by a job."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from wtforms import HiddenField

from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import sheet_rolls
from xhht_citizen.applications.rules import STATE_LABELS
from xhht_citizen.applications.sheet_rolls import SheetPlace, SheetRow
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.exports.sheets import KIND, NIL, sheets_pdf
from xhht_citizen.jobs import actions as jobs
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.activities import PAGE, people_count
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.qr import printed_url
from xhht_citizen.web.residents import Opened, open_person
from xhht_citizen.web.score import this_year
from xhht_citizen.web.sheets import at_desk, bp
from xhht_citizen.web.transactions import reader, writer

EVERYBODY = "tat-ca"


class AskForm(Form):
    """A print job's id, made with the page: pressed twice it is one."""

    id = HiddenField()


@dataclass(frozen=True)
class Chosen:
    """Whose sheets: people ticked, a household's adults, or everybody of a community who has not sent a case."""

    place: SheetPlace
    count: int
    rows: list[SheetRow]
    where: str


def entry_link() -> str:
    """The address of the entry page of NIL."""
    return printed_url(url_for("sheets.enter", person_id=NIL))


@bp.get("/phieu/in")
@needs("sheet.print", at_desk)
def choose(at: Desk) -> Any:
    """The place's adults, to be ticked; or a whole community at once."""
    text, to = request.args.get("tim", "").strip()[:100], request.args.get("to", "")
    everybody = request.args.get("xem") == EVERYBODY
    place = SheetPlace(at.ward_code, at.community_id or paging.read_id(to), this_year())
    listed = sheet_rolls.rows(
        reader(),
        place,
        unsent=not everybody,
        text=text,
        after=paging.read_name_key(request.args.get("sau", "")),
        limit=PAGE + 1,
    )
    rows, more = paging.cut(listed, PAGE)
    communities = [] if at.community_id else places.communities(reader(), at.ward_code)
    noi = desk.noi(at)
    kept: dict[str, Any] = {
        "noi": noi,
        "tim": text or None,
        "to": to or None,
        "xem": EVERYBODY if everybody else None,
    }
    here = {**kept, "sau": request.args.get("sau") or None}
    last = rows[-1] if more else None
    return render_template(
        "sheets/choose.html",
        at=at,
        desks=desk.chips(at),
        place=desk.place_name(at),
        year=place.year,
        rows=rows,
        labels={state: _(label) for state, label in STATE_LABELS.items()},
        text=text,
        to=to,
        noi=noi,
        everybody=everybody,
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)] if communities else [],
        whole=sheet_rolls.count(reader(), place, unsent=True) if place.community_id else None,
        whole_url=url_for(".ask", noi=noi, ca=1, to=str(place.community_id)) if place.community_id else None,
        all_ticked=request.args.get("chon") == "ca-trang",
        all_url=url_for(".choose", **here, chon="ca-trang"),
        next_url=url_for(".choose", **kept, sau=paging.name_key(last.sort_key, last.person_id)) if last else None,
        first_url=url_for(".choose", **kept) if request.args.get("sau") else None,
    )


@bp.route("/phieu/in/xac-nhan", methods=["GET", "POST"])
@needs("sheet.print", at_desk)
def ask(at: Desk) -> Any:
    """Spell out whose sheets are printed, and have them printed."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    whole, to = sent.get("ca") == "1", sent.get("to", "")
    ids = {key for key in map(paging.read_id, sent.getlist("ai")[:PAGE]) if key}
    home = paging.read_id(sent.get("ho"))
    back = url_for(".choose", noi=desk.noi(at), to=to or None)
    chosen = _chosen(at, whole=whole, to=to, ids=ids, home=home)
    if not chosen.count:
        flash(_("Chọn ít nhất một người cần in phiếu."), "miss")
        return redirect(back, 303)
    form = AskForm(data={"id": str(new_id())})
    if form.validate_on_submit():
        with form.catching():
            return redirect(url_for("jobs.one", job_id=_ask(at, form, chosen, back)), 303)
    return render_template(
        "sheets/ask.html",
        form=form,
        chosen=chosen,
        who=people_count(chosen.count),
        whole=whole,
        to=to,
        home=home,
        noi=desk.noi(at),
        back_url=back,
    ), form.status


def _chosen(at: Desk, *, whole: bool, to: str, ids: set[uuid.UUID], home: uuid.UUID | None) -> Chosen:
    db, community = reader(), at.community_id or (paging.read_id(to) if whole else None)
    place = SheetPlace(at.ward_code, community, this_year(), home)
    if whole and community is not None:
        count = sheet_rolls.count(db, place, unsent=True)
        return Chosen(place, count, [], places.community(db, community).name)
    if home is not None:
        rows = sheet_rolls.rows(db, place)
        return Chosen(place, len(rows), rows, _("Hộ %(name)s", name=rows[0].household) if rows else "")
    rows = sheet_rolls.rows(db, place, ids=ids) if ids else []
    only = {row.community for row in rows}
    return Chosen(place, len(rows), rows, (only.pop() or "") if len(only) == 1 else desk.place_name(at))


def _ask(at: Desk, form: AskForm, chosen: Chosen, back: str) -> uuid.UUID:
    return jobs.ask(
        writer(),
        Asked(
            KIND,
            _("In phiếu tự đánh giá: %(who)s, %(place)s", who=people_count(chosen.count), place=chosen.where),
            "sheet.print",
            account_id(),
            {
                "year": chosen.place.year,
                "community": str(chosen.place.community_id) if chosen.place.community_id else None,
                "people": [str(row.person_id) for row in chosen.rows] if chosen.rows else None,
                "ward": places.commune(reader(), at.ward_code).name,
                "link": entry_link(),
                "back": back,
            },
            ward_code=at.ward_code,
            community_id=at.community_id,
            total=chosen.count,
            id=paging.read_id(form.id.data),
        ),
    )


def printed(person_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A person of the roster; belongs to where they live now."""
    return open_person(person_id)


@bp.get("/phieu/<uuid:person_id>/phieu.pdf")
@needs("sheet.print", printed)
def one(opened: Opened) -> Any:
    """One person's sheet, at once."""
    home = people.home_of(reader(), opened.person.id)
    if home is None:
        raise NotFound(N_("Người này chưa có nơi ở, nên chưa in phiếu được."))
    place = SheetPlace(home.ward_code, home.community_id, this_year(), home.household_id)
    rows = sheet_rolls.rows(reader(), place, ids=[opened.person.id])
    if not rows:
        raise NotFound(N_("Danh hiệu Công dân học tập dành cho người từ 18 tuổi trong năm xét."))
    content = sheets_pdf(rows, year=place.year, ward=home.ward, link=entry_link())
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name="phieu-tu-danh-gia.pdf")
