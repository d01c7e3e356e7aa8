"""Helpers named on paper, by who serves the person's place; all who act for people of a desk's place."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.helping import acting, named
from xhht_citizen.helping.named import HelperRow
from xhht_citizen.helping.rules import check_paper
from xhht_citizen.people import queries as people
from xhht_citizen.web import desk, paging, residents, tools
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import DayField, required
from xhht_citizen.web.guard import Response, actor, found, needs
from xhht_citizen.web.helping import NamingForm, act_hints, act_words, blank, bp, end_helper, name_helper, words_of
from xhht_citizen.web.transactions import looked_at, reader


class PaperForm(NamingForm):
    """The same, as the person's signed paper says it."""

    drafted = False  # about somebody who comes to the desk, by an officer
    place = StringField(
        _l("Tờ giấy có chữ ký của người được làm thay giữ ở đâu?"),
        description=_l("Ví dụ: Cặp giấy ủy quyền năm 2026, chi hội Tổ 3"),
        validators=[required(_l("Ghi nơi giữ tờ giấy có chữ ký."))],
    )
    signed_on = DayField(_l("Ngày ký"), validators=[required(_l("Ghi ngày ký."))])


def load_row(person_id: uuid.UUID, helper_id: uuid.UUID) -> tuple[HelperRow, Thing]:
    """A row of a person, for who serves the place where they live."""
    row = found(named.row(reader(), helper_id, clock.today()), acting.NOT_FOUND)
    found(row if row.person_id == person_id else None, acting.NOT_FOUND)
    return row, residents.open_person(person_id)[1]


@bp.route("/dan-cu/<uuid:person_id>/nguoi-lam-thay", methods=["GET", "POST"])
@needs("helper.name_on_paper", residents.open_person)
def on_paper(opened: residents.Opened) -> Any:
    """Who acts for a resident; name somebody by the resident's signed paper."""
    person, today = opened.person, clock.today()
    form = PaperForm(data=blank())
    if form.validate_on_submit():
        with form.catching():
            name_helper(form, person.id, check_paper(form.place.data, form.signed_on.day, today))
            return redirect(url_for(".on_paper", person_id=person.id), 303)
    if person.id != actor().person_id:
        looked_at(person.id, person.ward_code or opened.home.ward_code, "residents.person")
    rows = named.of_person(reader(), person.id, today)
    return render_template(
        "helping/on_paper.html",
        form=form,
        person=person,
        rows=[row for row in rows if row.open],
        ended=[row for row in rows if not row.open],
        done=words_of(rows),
        acts=act_words(),
        hints=act_hints(),
        names=people.account_names(reader(), {row.by for row in rows if row.by}),
    ), form.status


@bp.post("/dan-cu/<uuid:person_id>/nguoi-lam-thay/<uuid:helper_id>/thoi")
@needs("helper.name_on_paper", load_row)
def end(row: HelperRow) -> Response:
    """An officer ends it: the person asked for it, or something is wrong."""
    end_helper(row)
    return redirect(url_for(".on_paper", person_id=row.person_id), 303)


def load_place() -> tuple[Desk, Thing]:
    """The desk asked for."""
    at = desk.desk()
    return at, tools.thing_of(at)


@bp.get("/dan-cu/nguoi-lam-thay")
@needs("helper.name_on_paper", load_place)
def of_place(at: Desk) -> str:
    """All who act for people of this desk's place, by the people's names."""
    text = request.args.get("tim", "").strip()[:100]
    rows, more = paging.cut(
        named.of_place(
            reader(),
            at.ward_code,
            clock.today(),
            community_id=at.community_id,
            text=text,
            after=paging.read_name_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    kept: dict[str, Any] = {"noi": desk.noi(at), "tim": text or None}
    return render_template(
        "helping/of_place.html",
        desks=desk.chips(at),
        place=desk.place_name(at),
        rows=[row for _key, row in rows],
        acts=act_words(),
        text=text,
        noi=desk.noi(at),
        next_url=url_for(".of_place", **kept, sau=paging.name_key(rows[-1][0], rows[-1][1].id)) if more else None,
        first_url=url_for(".of_place", **kept) if request.args.get("sau") else None,
    )
