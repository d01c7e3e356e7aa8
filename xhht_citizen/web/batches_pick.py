"""Choosing who is in a batch: recommended cases in, one by one or all that a filter finds, and out again."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen.batches import actions, queries
from xhht_citizen.batches.rules import Bar
from xhht_citizen.places import queries as places
from xhht_citizen.web import kinds, paging
from xhht_citizen.web.batches import Opened, bp, here, lines_of, open_one, place_name
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.review import kinds_at
from xhht_citizen.web.transactions import reader, writer


@bp.route("/dot-quyet-dinh/<uuid:batch_id>/chon", methods=["GET", "POST"])
@needs("batch.compose", open_one)
def pick(opened: Opened) -> Any:
    """Choose recommended cases: some of a page, the whole page, or everything that a filter finds."""
    batch = opened.batch
    place = queries.place_of(batch)
    given = request.values
    kind = kinds.BY_SLUG.get(given.get("loai", ""))
    community_id, text = paging.read_id(given.get("to", "")), given.get("tim", "").strip()[:100]
    asked: dict[str, Any] = {"kind": kind, "community_id": community_id, "text": text}
    kept: dict[str, Any] = {"loai": given.get("loai") if kind else None, "to": community_id, "tim": text or None}
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            whole = request.form.get("tat-ca") == "1"
            ids = [key for key in map(paging.read_id, request.form.getlist("ho-so")) if key]
            came = actions.add(
                writer(), batch.id, queries.candidate_ids(reader(), place, **asked) if whole else ids, actor=actor()
            )
            flash(
                _("Đã đưa %(count)s hồ sơ vào đợt.", count=came) if came else _("Chưa chọn hồ sơ nào."),
                "yes" if came else "miss",
            )
            return redirect(url_for("batches.pick", batch_id=batch.id, **kept) if came == 0 else here(batch), 303)
    rows, more = paging.cut(
        queries.candidates(
            reader(), place, **asked, after=paging.read_name_key(given.get("sau", "")), limit=paging.PAGE + 1
        )
    )
    at_ward = batch.ward_code is not None
    communities = places.communities(reader(), batch.ward_code) if at_ward else []
    return render_template(
        "batches/pick.html",
        batch=batch,
        form=form,
        place=place_name(batch),
        rows=rows,
        count=len(queries.candidate_ids(reader(), place, **asked)),
        kinds=kinds.kind_words(),
        kind_options=kinds.options(kinds_at(desk_like(batch))),
        communities=[("", _("Mọi thôn, tổ")), *((str(one.id), one.name) for one in communities)],
        loai=kept["loai"] or "",
        to=str(community_id or ""),
        text=text,
        filtered=kind is not None or community_id is not None or bool(text),
        kept=kept,
        all_ticked=given.get("chon") == "ca-trang",
        sau=given.get("sau") or None,
        next_url=url_for("batches.pick", batch_id=batch.id, **kept, sau=paging.name_key(rows[-1].key, rows[-1].id))
        if more
        else None,
        first_url=url_for("batches.pick", batch_id=batch.id, **kept) if given.get("sau") else None,
    ), form.status


def desk_like(batch: Any) -> Desk:
    """The desk a batch is worked at, for the kinds it decides on."""
    code = queries.place_code(batch)
    return Desk(code, batch.ward_code or "", None, reviews=True, signs=True, province_code=batch.province_code)


@bp.post("/dot-quyet-dinh/<uuid:batch_id>/bo-ra")
@needs("batch.compose", open_one)
def remove(opened: Opened) -> Any:
    """Take the ticked cases out, or all that cannot be granted."""
    batch = opened.batch
    if request.form.get("khong-duoc") == "1":
        ids = [line.id for line in lines_of(batch) if line.bar not in {None, Bar.KIN}]
    else:
        ids = [key for key in map(paging.read_id, request.form.getlist("ho-so")) if key]
    gone = actions.remove(writer(), batch.id, ids, actor=actor())
    flash(
        _("Đã bỏ %(count)s hồ sơ ra khỏi đợt.", count=gone) if gone else _("Chưa chọn hồ sơ nào."),
        "yes" if gone else "miss",
    )
    return redirect(here(batch), 303)
