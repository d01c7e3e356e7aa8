"""Slips at an officer's desk: for whom, what the paper is for, the print and its file."""

from __future__ import annotations

import io
import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from wtforms import HiddenField

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications.rules import open_year
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.helping import queries, slips
from xhht_citizen.helping.codes import DAYS, KEPT_DAYS, MOST_SLIPS, STANDING_LABELS, Purpose, Standing
from xhht_citizen.helping.queries import HAS, NEEDS, Bearers
from xhht_citizen.jobs.actions import Asked
from xhht_citizen.jobs.rules import ENDED, STATE_LABELS, State
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging
from xhht_citizen.web.account import account_id
from xhht_citizen.web.account_password import forgotten
from xhht_citizen.web.context import number
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.jobs import own_job
from xhht_citizen.web.residents import Opened, open_person
from xhht_citizen.web.transactions import looked_at, reader, store, writer

bp = Blueprint("slips", __name__)
PAGE = 100
NAMED = 100  # names spelled out before a print; of more the first ones, and how many follow
ALL = "tat-ca"
NONE_LEFT = N_("Không có ai để in phiếu: những người này đã có tài khoản, đã chuyển đi, hoặc chưa đủ tuổi.")


class PrintForm(Form):
    """The id of the job, made with the page: sent twice is one print."""

    id = HiddenField()


def slips_desk() -> tuple[Desk, Thing]:
    """The ward or community for whose people one prints."""
    at = desk.desk()
    return at, access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)


def _year() -> int:
    return open_year(clock.today())


def base_url() -> str:
    """The address of this app as phones reach it."""
    return str(current_app.config["XHHT"].public_url or request.url_root.rstrip("/"))


def _whom(at: Desk, sent: Any) -> Bearers:
    """The filter an address names, within the desk's place: a community, letters of a name, a household, a state."""
    state = sent.get("phieu", NEEDS)
    return Bearers(
        at.ward_code,
        _year(),
        at.community_id or paging.read_id(sent.get("to", "")),
        slips=state if state in {NEEDS, HAS} else "",
        text=sent.get("tim", "").strip()[:100],
        household_id=paging.read_id(sent.get("ho", "")),
    )


@bp.get("/phieu-nhan")
@needs("slip.make", slips_desk)
def overview(at: Desk) -> Any:
    """Who has no account, and whether they have a slip that works; what was printed lately."""
    whom = _whom(at, request.args)
    rows, more = paging.cut(
        queries.bearers(reader(), whom, after=paging.read_name_key(request.args.get("sau", "")), limit=PAGE + 1),
        PAGE,
    )
    noi = desk.noi(at)
    to, state = request.args.get("to", ""), request.args.get("phieu", NEEDS)
    kept: dict[str, Any] = {"noi": noi, "to": to or None, "tim": whom.text or None, "phieu": state}
    last = rows[-1] if more else None
    communities = [] if at.community_id else places.communities(reader(), at.ward_code)
    return render_template(
        "slips/overview.html",
        at=at,
        place=desk.place_name(at),
        desks=desk.chips(at),
        noi=noi,
        rows=rows,
        total=queries.count_bearers(reader(), whom),
        most=MOST_SLIPS,
        to=to,
        text=whom.text,
        state=state,
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)] if communities else [],
        whole_url=url_for(".confirm", ca="1", **kept),
        all_ticked=request.args.get("chon") == "ca-trang",
        all_url=url_for(".overview", **kept, sau=request.args.get("sau"), chon="ca-trang"),
        prints=queries.prints_of(reader(), account_id(), ward_code=at.ward_code),
        state_labels=STATE_LABELS,
        next_url=url_for(".overview", **kept, sau=paging.name_key(last.sort_key, last.person_id)) if last else None,
        first_url=url_for(".overview", **kept) if request.args.get("sau") else None,
    )


@bp.route("/phieu-nhan/in", methods=["GET", "POST"])
@needs("slip.make", slips_desk)
def confirm(at: Desk) -> Any:
    """Spell out for whom slips are printed, and how many; then print them, older slips of theirs being void."""
    sent = request.form if request.method == "POST" else request.args
    ticked = [key for key in map(paging.read_id, sent.getlist("ai")[:PAGE]) if key]
    whole = bool(sent.get("ca") or sent.get("ho"))
    noi = desk.noi(at)
    back_url = url_for(".overview", noi=noi, to=sent.get("to") or None)
    if not ticked and not whole:
        flash(_("Chọn ít nhất một người trước khi in."), "miss")
        return redirect(back_url, 303)
    whom = _whom(at, sent)
    if not whole:
        whom = Bearers(at.ward_code, whom.year, at.community_id, ids=frozenset(ticked))
    elif sent.get("ho"):
        whom = Bearers(at.ward_code, whom.year, at.community_id, household_id=whom.household_id)
    count = queries.count_bearers(reader(), whom)
    form = PrintForm()
    if form.validate_on_submit():
        with form.catching():
            return _ask(
                form,
                whom,
                Thing(community_id=whom.community_id, ward_code=whom.ward_code),
                count=count,
                back_url=back_url,
            )
    form.id.data = form.id.data or str(new_id())
    rows = queries.bearers(reader(), whom, limit=NAMED)
    kept = {name: sent.get(name) for name in ("ca", "ho", "to", "tim", "phieu") if sent.get(name)} if whole else {}
    return render_template(
        "slips/confirm.html",
        form=form,
        rows=rows,
        count=count,
        who=_people(count),
        place=_place(at, whom),
        replaced=sum(1 for row in rows if row.until),
        kept=kept,
        ticked=[] if whole else [row.person_id for row in rows],
        strangers=0 if whole else len(set(ticked)) - count,
        too_many=count > MOST_SLIPS,
        most=MOST_SLIPS,
        none_left=_(NONE_LEFT),
        days=DAYS[Purpose.CLAIM],
        noi=noi,
        back_url=url_for("household.view", household_id=whom.household_id) if whom.household_id else back_url,
    ), form.status


def _people(count: int) -> str:
    return str(ngettext("%(count)s người", "%(count)s người", count, count=number(count)))


def _place(at: Desk, whom: Bearers) -> str:
    """The community or ward the print is of."""
    if whom.community_id is None or at.community_id is not None:
        return desk.place_name(at)
    community = places.community(reader(), whom.community_id)
    return f"{community.name}, {desk.place_name(at)}" if community else desk.place_name(at)


def _ask(form: PrintForm, whom: Bearers, place: Thing, *, count: int, back_url: str) -> Any:
    """Put the print into the queue, and go to the page that says how far it is."""
    job_id = paging.read_id(form.id.data) or new_id()
    title = (
        _("In phiếu nhận hồ sơ cho %(who)s", who=_people(count))
        if whom.purpose is Purpose.CLAIM
        else _("In phiếu đặt lại mật khẩu cho %(who)s", who=_people(count))
    )
    asked = Asked(
        slips.PRINT,
        title,
        "slip.make" if whom.purpose is Purpose.CLAIM else "password.reset",
        account_id(),
        payload={"back": url_for(".printed", job_id=job_id), "from": back_url},
        ward_code=place.ward_code,
        community_id=place.community_id,
        id=job_id,
    )
    slips.ask_print(writer(), whom, asked, base=base_url())
    return redirect(url_for("jobs.one", job_id=job_id), 303)


def own_print(job_id: uuid.UUID) -> tuple[Any, Thing]:
    """A print of slips, for who asked for it while they may still print here."""
    _job, thing = own_job(job_id)
    return found(queries.printed(reader(), job_id), N_("Không tìm thấy lần in này.")), thing


@bp.get("/phieu-nhan/in/<uuid:job_id>")
@needs("job.view", own_print)
def printed(it: Any) -> Any:
    """How far the print is; then its file, until it was fetched and a day more, and what became of the slips."""
    state = State(it.job.state)
    return render_template(
        "slips/printed.html",
        it=it,
        state=state,
        ended=state in ENDED,
        label=STATE_LABELS[state],
        reason=_(it.job.reason, **(it.job.result or {}).get("values", {})) if it.job.reason else None,
        ready=state is State.DONE and it.row.file_key is not None and it.row.removed_at is None,
        password=it.job.payload.get("purpose") == Purpose.PASSWORD,
        days=DAYS[Purpose(it.job.payload.get("purpose", Purpose.CLAIM))],
        kept_days=KEPT_DAYS,
        back_url=it.job.payload.get("from") or url_for(".overview"),
    )


@bp.post("/phieu-nhan/in/<uuid:job_id>/tai")
@needs("job.view", own_print)
def fetch(it: Any) -> Any:
    """The PDF, for who asked for it; from now on it is kept for a day."""
    key = slips.fetch(writer(), it.row.job_id, account_id=account_id())
    name = "phieu-mat-khau.pdf" if it.job.payload.get("purpose") == Purpose.PASSWORD else "phieu-nhan-ho-so.pdf"
    content = store().get(key)
    return send_file(io.BytesIO(content), mimetype="application/pdf", as_attachment=True, download_name=name)


@bp.route("/dan-cu/<uuid:person_id>/phieu", methods=["GET", "POST"])
@needs("slip.make", open_person)
def person(opened: Opened) -> Any:
    """One person's slip: whether one is out there, and a new one to claim the record by."""
    row, home = opened.person, opened.home
    page = url_for("residents.person", person_id=row.id)
    account = people.account_of(reader(), row.id)
    form = PrintForm()
    if form.validate_on_submit():
        with form.catching():
            if home is None or account is not None:
                raise Conflict(slips.NOBODY)
            whom = Bearers(home.ward_code, _year(), ids=frozenset({row.id}))
            return _ask(
                form, whom, Thing(community_id=home.community_id, ward_code=home.ward_code), count=1, back_url=page
            )
    form.id.data = form.id.data or str(new_id())
    if row.id != actor().person_id:
        looked_at(row.id, home.ward_code if home else row.ward_code, "slips.person")
    last = queries.slip_of(reader(), row.id)
    resets = account is not None and allowed("password.reset", access.thing_of_account(reader(), account))
    may_print = (
        home is not None
        and account is None
        and bool(queries.count_bearers(reader(), Bearers(home.ward_code, _year(), ids=frozenset({row.id}))))
    )
    return render_template(
        "slips/person.html",
        form=form,
        person=row,
        home=home,
        holder=account,
        may_print=may_print,
        password_url=url_for(".password", account_id=account.id) if account and resets else None,
        last=last,
        standing=queries.standing_of(last) if last else None,
        open_standing=Standing.OPEN,
        labels=STANDING_LABELS,
        days=DAYS[Purpose.CLAIM],
    ), form.status


@bp.post("/dan-cu/<uuid:person_id>/phieu/huy")
@needs("slip.make", open_person)
def revoke(opened: Opened) -> Any:
    """A slip was lost: it opens nothing any more."""
    last = queries.slip_of(reader(), opened.person.id)
    last = found(last if last and request.form.get("phieu") == str(last.id) else None, N_("Không tìm thấy phiếu này."))
    if slips.revoke(writer(), last.id, account_id=account_id()):
        flash(_("Đã hủy phiếu. Mã trên phiếu ấy không mở được gì nữa."), "yes")
    else:
        flash(_("Phiếu ấy không còn dùng được từ trước."), "info")
    return redirect(url_for(".person", person_id=opened.person.id), 303)


@bp.route("/tai-khoan/<uuid:account_id>/phieu-mat-khau", methods=["GET", "POST"])
@needs("password.reset", forgotten)
def password(row: Any) -> Any:
    """A slip by which somebody who forgot their password chooses a new one; nothing changes before it is used."""
    if row.id == account_id():
        raise Conflict(N_("Mật khẩu của mình thì đổi ở trang Tài khoản."))
    person_id = found(row.person_id, N_("Không tìm thấy tài khoản này."))
    home = people.home_of(reader(), person_id)
    back = url_for("admin.account", account_id=row.id) if allowed("admin.roles") else None
    back = back or url_for("residents.person", person_id=person_id)
    form = PrintForm()
    if form.validate_on_submit():
        with form.catching():
            if home is None:
                raise Conflict(N_("Người này chưa ghi nơi ở, nên phiếu chưa in được. Xin đặt mật khẩu dùng một lần."))
            if access.thing_of_account(reader(), row).has_role:
                raise Conflict(N_("Tài khoản được giao việc thì không đặt lại mật khẩu bằng phiếu."))
            whom = Bearers(home.ward_code, _year(), purpose=Purpose.PASSWORD, ids=frozenset({person_id}))
            place = Thing(community_id=home.community_id, ward_code=home.ward_code)
            return _ask(form, whom, place, count=1, back_url=back)
    form.id.data = form.id.data or str(new_id())
    if person_id != actor().person_id and home is not None:
        looked_at(person_id, home.ward_code, "slips.person")
    return render_template(
        "slips/password.html",
        form=form,
        row=row,
        back=back,
        days=DAYS[Purpose.PASSWORD],
        once_url=url_for("account.reset", account_id=row.id),
    ), form.status
