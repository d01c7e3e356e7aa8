"""The list of an activity: ticked among the place's people, copied from an earlier one, pasted, struck off."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from xhht_citizen import clock
from xhht_citizen.activities import actions, queries
from xhht_citizen.activities.actions import Put
from xhht_citizen.activities.names import Index, Known, Match, Sureness, decide
from xhht_citizen.activities.rules import MAX_AT_ONCE, MAX_LINES, Typed, Way, read_list
from xhht_citizen.errors import N_, Invalid
from xhht_citizen.evidence.rules import KINDS
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.activities import PAGE, Opened, bp, opened, people_count
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.transactions import reader, writer

LATER = "de-lai"


class PasteForm(Form):
    """A list as it was typed or copied, one person a line."""

    names = TextAreaField(
        _l("Danh sách tên, mỗi dòng một người"),
        description=_l(
            "Có dấu hoặc không dấu đều được. Sau tên có thể ghi năm sinh, số điện thoại, tên chủ hộ hoặc tổ, "
            "cách nhau bằng dấu phẩy hoặc cột của Excel."
        ),
    )


@bp.get("/hoat-dong/<uuid:activity_id>/chon")
@needs("activity.manage", opened)
def tick(it: Opened) -> Any:
    """The place's adults by name, to be ticked."""
    row = it.row
    text, to = request.args.get("tim", "").strip()[:100], request.args.get("to", "")
    scope = queries.scope_of(row)
    if row.community_id is None and (chosen := paging.read_id(to)) is not None:
        scope = queries.Scope(row.ward_code, chosen, scope.year)
    listed = queries.adults(
        reader(),
        scope,
        row.id,
        text=text,
        after=paging.read_name_key(request.args.get("sau", "")),
        limit=PAGE + 1,
    )
    rows, more = paging.cut(listed, PAGE)
    communities = [] if row.community_id else places.communities(reader(), row.ward_code)
    kept: dict[str, Any] = {"activity_id": row.id, "tim": text or None, "to": to or None}
    last = rows[-1] if more else None
    here = {**kept, "sau": request.args.get("sau") or None}
    return render_template(
        "activities/tick.html",
        it=it,
        rows=rows,
        text=text,
        to=to,
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)] if communities else [],
        all_ticked=request.args.get("chon") == "ca-trang",
        all_url=url_for(".tick", **here, chon="ca-trang"),
        free=sum(not one.there for one in rows),
        next_url=url_for(".tick", **kept, sau=paging.name_key(last.sort_key, last.person_id)) if last else None,
        first_url=url_for(".tick", **kept) if request.args.get("sau") else None,
    )


def chosen_ids(most: int) -> set[uuid.UUID]:
    """The people ticked on the page before, from its address or its form."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    return {key for key in map(paging.read_id, sent.getlist("ai")[:most]) if key}


@bp.route("/hoat-dong/<uuid:activity_id>/them", methods=["GET", "POST"])
@needs("activity.manage", opened)
def add(it: Opened) -> Any:
    """Spell out who was ticked, and put them on the list."""
    row, wanted = it.row, chosen_ids(MAX_AT_ONCE)
    back = url_for(".tick", activity_id=row.id)
    if not wanted:
        flash(_("Chọn ít nhất một người."), "miss")
        return redirect(back, 303)
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            _tell(_put(it, wanted, Way.TICKED))
            return redirect(url_for(".one", activity_id=row.id), 303)
    rows = queries.adults(reader(), queries.scope_of(row), row.id, ids=wanted)
    fresh = [one for one in rows if not one.there]
    return render_template(
        "activities/add.html",
        form=form,
        it=it,
        fresh=fresh,
        before=[one for one in rows if one.there],
        strangers=len(wanted) - len(rows),
        who=people_count(len(fresh)),
        back_url=back,
    ), form.status


@bp.route("/hoat-dong/<uuid:activity_id>/tu-buoi-truoc", methods=["GET", "POST"])
@needs("activity.manage", opened)
def earlier(it: Opened) -> Any:
    """Choose an earlier activity of the place; then everybody of its list, ticked off where they did not come again."""
    row = it.row
    asked = paging.read_id(request.values.get("buoi"))
    if asked is None:
        listed = queries.of_place(
            reader(),
            row.ward_code,
            row.community_id,
            but=row.id,
            after=paging.read_day_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
        rows, more = paging.cut(listed)
        last = rows[-1] if more else None
        return render_template(
            "activities/earlier.html",
            it=it,
            other=None,
            rows=[one for one in rows if one.attendants],
            kinds=KINDS,
            next_url=url_for(".earlier", activity_id=row.id, sau=paging.day_key(last.held_on, last.id))
            if last
            else None,
        )
    other = found(queries.activity(reader(), asked), N_("Không tìm thấy buổi này."))
    same = other.ward_code == row.ward_code and row.community_id in {None, other.community_id}
    found(other if same else None, N_("Không tìm thấy buổi này."))
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            wanted = chosen_ids(MAX_AT_ONCE)
            if not wanted:
                raise Invalid(N_("Chọn ít nhất một người."))
            _tell(_put(it, wanted, Way.TICKED))
            return redirect(url_for(".one", activity_id=row.id), 303)
    came = queries.adults(reader(), queries.scope_of(row), row.id, of_activity=other.id, limit=MAX_AT_ONCE)
    return render_template(
        "activities/earlier.html",
        form=form,
        it=it,
        other=other,
        fresh=[one for one in came if not one.there],
        before=sum(one.there for one in came),
        gone=queries.tally(reader(), other.id).total - len(came),
        ticked=chosen_ids(MAX_AT_ONCE) if form.is_submitted() else {one.person_id for one in came},
    ), form.status


@bp.route("/hoat-dong/<uuid:activity_id>/dan", methods=["GET", "POST"])
@needs("activity.manage", opened)
def paste(it: Opened) -> Any:
    """A list of names, matched to residents: sure ones ticked, doubtful ones to choose, unknown ones kept as typed."""
    form = PasteForm()
    then = request.form.get("then", "")
    matches: list[Match] = []
    if form.validate_on_submit() and then != "sua":
        with form.catching():
            matches = match(it, read_list(form.names.data or ""))
            if then == "ghi":
                left = _keep_chosen(it, matches)
                if not left:
                    return redirect(url_for(".one", activity_id=it.row.id), 303)
                form.names.data = "\n".join(one.line for one in left)
                form = PasteForm(formdata=None, data={"names": form.names.data})
                matches = []
    return render_template(
        "activities/paste.html",
        form=form,
        it=it,
        matches=matches,
        counts={kind: sum(one.sureness is kind for one in matches) for kind in Sureness},
        there=_standing(it, matches),
        chosen=request.form,
        most=MAX_LINES,
        later=LATER,
    ), form.status


def match(it: Opened, typed: list[Typed]) -> list[Match]:
    """Whom each line means among the adults of the activity's place."""
    db = reader()
    index = Index(queries.names(db, queries.scope_of(it.row)))
    near = [index.near(one.name) for one in typed]
    known = queries.known(db, {key for keys in near for key in keys})
    return [decide(one, [known[key] for key in keys if key in known]) for one, keys in zip(typed, near, strict=True)]


def _standing(it: Opened, matches: list[Match]) -> set[uuid.UUID]:
    """Who of these stands on the list already."""
    ids = {one.person_id for match in matches for one in match.choices}
    return {one.person_id for one in queries.attendants(reader(), it.row.id, ids=ids)} if ids else set()


def _keep_chosen(it: Opened, matches: list[Match]) -> list[Typed]:
    """Put whom the page's marks name on the list; the lines of which nobody was named are left."""
    chosen: dict[int, Known] = {}
    for one in matches:
        marked = paging.read_id(request.form.get(f"dong-{one.typed.number}"))
        who = next((known for known in one.choices if known.person_id == marked), None)
        if who is not None:
            chosen[one.typed.number] = who
    left = [one.typed for one in matches if one.typed.number not in chosen and not _dropped(one.typed)]
    if chosen:
        _tell(_put(it, {one.person_id for one in chosen.values()}, Way.PASTED))
    if left:
        flash(_("Còn %(count)s dòng chưa ghi, giữ lại ở dưới để ông/bà xem.", count=len(left)), "miss")
    return left


def _dropped(typed: Typed) -> bool:
    return request.form.get(f"dong-{typed.number}") == "bo"


def _put(it: Opened, wanted: set[uuid.UUID], way: Way) -> Put:
    return actions.put(
        writer(),
        it.row.id,
        wanted,
        way=way,
        account_id=account_id(),
        spared=desk.relatives() | actor().helps,
        today=clock.today(),
    )


def _tell(came: Put) -> None:
    """One line with what came of it."""
    said = [_("Đã ghi %(who)s vào danh sách.", who=people_count(came.new))]
    if came.before:
        said.append(_("%(who)s đã có tên từ trước.", who=people_count(came.before)))
    if came.strangers:
        said.append(_("%(who)s không ở nơi này nên không ghi.", who=people_count(came.strangers)))
    flash(" ".join(said), "yes" if came.new else "info")


@bp.route("/hoat-dong/<uuid:activity_id>/bo-ten", methods=["GET", "POST"])
@needs("activity.manage", opened)
def strike(it: Opened) -> Any:
    """Spell out who is struck off, and take them off the list with their evidence."""
    row, wanted = it.row, chosen_ids(PAGE)
    back = url_for(".one", activity_id=row.id)
    rows = queries.attendants(reader(), row.id, ids=wanted) if wanted else []
    if not rows:
        flash(_("Chọn ít nhất một người có tên trong danh sách."), "miss")
        return redirect(back, 303)
    form = Form()
    if form.validate_on_submit():
        with form.catching():
            count = actions.strike(writer(), row.id, wanted, account_id=account_id())
            flash(_("Đã bỏ %(who)s khỏi danh sách.", who=people_count(count)), "yes")
            return redirect(back, 303)
    return render_template(
        "activities/strike.html",
        form=form,
        it=it,
        rows=rows,
        locked=[one for one in rows if one.locked],
        who=people_count(len(rows)),
        back_url=back,
    ), form.status
