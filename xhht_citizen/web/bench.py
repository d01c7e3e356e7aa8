"""Many clean cases recommended at once: spelled out first, shown with their draw afterwards, undone as a whole."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import bench as benches
from xhht_citizen.applications import bulk as bulks_of
from xhht_citizen.applications import looks, sampling
from xhht_citizen.applications.clean import BLEMISHES, MOST
from xhht_citizen.applications.rules import STATE_LABELS
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging, sieve, waiting
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.waiting import review_endpoint

bp = Blueprint("bench", __name__)


class BulkForm(Form):
    """The page's own id: sent twice it is one bulk."""

    id = HiddenField()


class UndoForm(Form):
    """Why a bulk is taken back."""

    reason = TextAreaField(_l("Lý do hoàn tác"), [required(), Length(max=2000)])


def ward_desk() -> tuple[Desk, Thing]:
    """The ward whose bench it is."""
    at = desk.desk(ward=True)
    return at, access.thing(reader(), ward_code=at.ward_code)


def ward_desk_of(ward_code: str) -> Desk | None:
    """The actor's desk in that ward; None for who has none there, whom the policy turns away."""
    at = next((one for one in desk.desks() if one.key == ward_code and one.community_id is None), None)
    if at is not None:
        g.place_name = desk.place_name(at)
    return at


def open_bulk(bulk_id: uuid.UUID) -> tuple[Any, Thing]:
    """A bulk recommendation with its ward."""
    row = found(benches.bulk(reader(), bulk_id), N_("Không tìm thấy lần đề nghị này."))
    ward_desk_of(row.ward_code)
    return row, access.thing(reader(), ward_code=row.ward_code)


def chosen(at: Desk, sent: Any) -> list[uuid.UUID]:
    """The cases ticked, or with `ca` the first of the list the address describes; no more than one bulk holds."""
    if sent.get("ca") and request.method == "GET":
        return [row.id for row in sieve.read().rows(at, waiting.at_desk(at), limit=MOST)]
    return list(dict.fromkeys(key for key in map(paging.read_id, sent.getlist("ho-so")) if key))[:MOST]


@bp.route("/ban-xet/hang-loat/moi", methods=["GET", "POST"])
@needs("bench.recommend", ward_desk)
def recommend(at: Desk) -> Any:
    """Who would be recommended, spelled out, and who is left out and why; then all of them at once, or nobody."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    wanted = chosen(at, sent)
    if not wanted:
        flash(_("Chọn ít nhất một hồ sơ trước."), "miss")
        return redirect(url_for("review.queue", noi=desk.noi(at)), 303)
    form = BulkForm(data={"id": str(new_id())})
    key = paging.read_id(form.id.data)
    if form.validate_on_submit() and key:
        with form.catching():
            bulks_of.recommend(
                writer(),
                key,
                {one: sent.get(f"phien-{one}", -1, type=int) for one in wanted},
                ward_code=at.ward_code,
                actor=actor(),
                today=clock.today(),
            )
            flash(
                _("Đã đề nghị công nhận %(count)s người. Hoàn tác được khi chưa ký quyết định.", count=len(wanted)),
                "yes",
            )
            return redirect(url_for("bench.bulk", bulk_id=key), 303)
    if form.status == 409:
        reader().rollback()  # the list shall show what changed
    cases = [case for case in benches.whole(reader(), wanted) if case.ward_code == at.ward_code]
    seen = benches.candidates(reader(), cases, ward_code=at.ward_code, actor=actor(), today=clock.today())
    left = [(why, [name_of(one.case) for one in seen if one.blemish is why]) for why in BLEMISHES]
    clean = [one.case for one in seen if one.blemish is None]
    homes = {case.community_id for case in clean if case.community_id}
    names = places.names(reader(), set(), homes)
    return render_template(
        "bench/recommend.html",
        form=form,
        place=desk.place_name(at),
        noi=desk.noi(at),
        clean=clean,
        home=next(iter(names.values())) if len(homes) == 1 and all(case.community_id for case in clean) else None,
        where=names,
        left_out=[(_(BLEMISHES[why]), who) for why, who in left if who],
        unknown=len(wanted) - len(cases),
        share=places.ward_settings(reader(), at.ward_code).second_look_share,
        name_of=name_of,
        most=MOST,
    ), form.status


@bp.get("/ban-xet/hang-loat")
@needs("bench.view", ward_desk)
def bulks(at: Desk) -> str:
    """The ward's bulk recommendations, the latest first."""
    rows, more = paging.cut(
        looks.bulks(reader(), at.ward_code, after=paging.read_id(request.args.get("sau")), limit=paging.PAGE + 1)
    )
    counts = benches.case_counts(reader(), [bulk.id for bulk, _name in rows])
    return render_template(
        "bench/bulks.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        rows=rows,
        counts=counts,
        reviews=at.reviews,
        next_url=url_for("bench.bulks", noi=desk.noi(at), sau=rows[-1][0].id) if more else None,
        first_url=url_for("bench.bulks", noi=desk.noi(at)) if request.args.get("sau") else None,
    )


@bp.get("/ban-xet/hang-loat/<uuid:bulk_id>")
@needs("bench.view", open_bulk)
def bulk(row: Any) -> Any:
    """One bulk: its cases, the draw with all one needs to do it again, and undoing it."""
    return show(row, UndoForm(formdata=None))


def show(row: Any, form: UndoForm) -> Any:
    """The page of a bulk."""
    cases = benches.drawn_cases(reader(), row.id)
    drew = {one.case.id: bool(one.lot) for one in cases if one.lot is not None}
    order = sampling.in_order(row.seed, drew)
    expected = set(sampling.drawn(row.seed, row.share, drew))
    names = people.account_names(reader(), [key for key in (row.account_id, row.undone_by) if key])
    by_id = {one.case.id: one for one in cases}
    decided = benches.decided_since(reader(), row, list(by_id))
    body = render_template(
        "bench/bulk.html",
        row=row,
        form=form,
        noi=request.args.get("noi"),
        cases=cases,
        by=names.get(row.account_id, ""),
        undone_by=names.get(row.undone_by, ""),
        draw=[(by_id[key], sampling.ticket(row.seed, key)[:12], drew[key]) for key in order],
        size=sampling.size(row.share, len(order)),
        holds=expected == {key for key, was in drew.items() if was},
        decided=decided,
        may_undo=row.undone_at is None and not decided and allowed("bench.undo", Thing(ward_code=row.ward_code)),
        states={state: _(label) for state, label in STATE_LABELS.items()},
        name_of=name_of,
        endpoint=review_endpoint,
        family=desk.family_of([one.case for one in cases]),
    )
    return body, form.status


@bp.post("/ban-xet/hang-loat/<uuid:bulk_id>/hoan-tac")
@needs("bench.undo", open_bulk)
def undo(row: Any) -> Any:
    """Take a bulk back as a whole."""
    form = UndoForm()
    if form.validate():
        with form.catching():
            done = bulks_of.undo(writer(), row.id, reason=form.reason.data, actor=actor(), today=clock.today())
            said = _("Đã hoàn tác: %(count)s hồ sơ về bước đang xét.", count=len(done.reopened))
            if done.stayed and done.reopened:
                kept = ", ".join(name_of(case) for case in done.stayed[:10])
                said += " " + _("Giữ nguyên vì đã sang bước khác: %(names)s.", names=kept)
            flash(said, "yes")
            return redirect(url_for("bench.bulk", bulk_id=row.id), 303)
    reader().rollback()
    return show(open_bulk(row.id)[0], form)
