"""The register of titles: search, one certificate, revoking it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import NOTHING, Role, Thing, speaks_for
from xhht_citizen.applications.actions import revoke_title
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.registers import MAIN, shares_today
from xhht_citizen.applications.rules import open_year
from xhht_citizen.applications.subjects import group_of, thing_of
from xhht_citizen.batches import letterheads
from xhht_citizen.batches.rules import full_number
from xhht_citizen.errors import N_
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.places import queries as places
from xhht_citizen.ratios.facts import facts_of
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import STANDING_LABELS, Standing, shown_code
from xhht_citizen.vietnamese import fold
from xhht_citizen.web import desk, kinds, paging
from xhht_citizen.web.counting import Count, pair_of
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.kinds import RATIO_LABELS
from xhht_citizen.web.qr import qr_svg
from xhht_citizen.web.transactions import looked_at, reader, writer
from xhht_citizen.web.waiting import review_endpoint
from xhht_citizen.web.years import FIRST_YEAR, asked_year

bp = Blueprint("register", __name__)
STANDING_TAGS = {Standing.VALID: "yes", Standing.EXPIRED: "miss", Standing.REVOKED: "bad"}


class RevokeForm(Form):
    """Why a title is taken back, and by which later decision."""

    number = StringField(
        _l("Số quyết định thu hồi"),
        [required(), Length(max=60)],
        description=_l("Ghi như trên quyết định, ví dụ 205/QĐ-UBND."),
    )
    decided_on = DayField(_l("Ngày ký"), [required()])
    signatory = StringField(_l("Người ký"), [required(), Length(max=120)])

    reason = TextAreaField(
        _l("Lý do thu hồi"),
        [required(), Length(max=1000)],
        description=_l("Người có danh hiệu đọc được lý do này; trang kiểm tra công khai thì không hiện."),
    )


@dataclass(frozen=True)
class Scope:
    """Whose register is read: a ward's, a province's, or (both None) the country's."""

    ward_code: str | None
    province_code: str | None


@dataclass(frozen=True)
class Opened:
    """A title and what the policy reads of it."""

    title: Any
    thing: Thing


def scope() -> tuple[Scope, Thing]:
    """The ward the address names by `xa`, else the widest place of the actor's own roles."""
    who = actor()
    wanted = request.args.get("xa", "")
    ward = who.grant(Role.WARD_REVIEWER, Role.WARD_SIGNER)
    province = who.grant(Role.PROVINCE_OFFICER)
    if not wanted and ward is not None and province is None:
        wanted = ward.ward_code or ""
    if wanted:
        return Scope(wanted, None), access.thing(reader(), ward_code=wanted)
    if province is not None:
        return Scope(None, province.province_code), Thing(province_code=province.province_code)
    return Scope(None, None), NOTHING


def open_title(title_id: uuid.UUID) -> tuple[Opened, Thing]:
    """One title of the register."""
    row = found(titles.title(reader(), title_id), N_("Không tìm thấy danh hiệu này."))
    thing = thing_of(reader(), row, asks=actor(), today=clock.today())
    return Opened(row, thing), thing


@bp.get("/danh-hieu")
@needs("register.view", scope)
def search(of: Scope) -> Any:
    """The register by name, a page at a time."""
    this_year = open_year(clock.today())
    year = asked_year(this_year)
    text, loai = request.args.get("tim", "").strip()[:100], request.args.get("loai", "")
    kind = kinds.BY_SLUG.get(loai)
    decision_id = paging.read_id(request.args.get("quyet-dinh", ""))
    decision = titles.decision(reader(), decision_id) if decision_id else None
    whole_country = of.ward_code is None and of.province_code is None
    too_short = whole_country and 0 < len(fold(text)) < 2  # a single letter is in most names of the country
    rows, more = paging.cut(
        []
        if too_short
        else titles.register(
            reader(),
            year=None if decision else year,
            ward_code=of.ward_code,
            province_code=of.province_code,
            decision_id=decision_id,
            kind=kind,
            text=text,
            after=paging.read_name_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    province = next((one.province_code for one in actor().grants if one.role is Role.PROVINCE_OFFICER), None)
    wards = {one.code: one.name for one in places.communes(reader(), province)} if province else {}
    if of.ward_code:
        place = places.commune(reader(), of.ward_code).name
    else:
        place = places.province(reader(), of.province_code).name if of.province_code else _("cả nước")
    communities = {row.community_id for row in rows if row.community_id} if of.ward_code else set()
    names = places.names(reader(), {row.ward_code for row in rows}, communities)
    kept: dict[str, Any] = {
        "nam": year if year != this_year else None,
        "tim": text or None,
        "loai": loai if kind else None,
        "xa": request.args.get("xa") or None,
        "quyet-dinh": decision_id,
    }
    last = rows[-1] if more else None
    return render_template(
        "register/search.html",
        rows=rows,
        standing=standing_words(rows),
        kinds=kinds.kind_words(),
        loai=loai if kind else "",
        kind_options=kinds.options(),
        shares=shares(rows),
        where={row.id: names.get(row.community_id or "") or names[row.ward_code] for row in rows},
        too_short=too_short,
        place=place,
        year=year,
        text=text,
        years=[(one, str(one)) for one in range(this_year, FIRST_YEAR - 1, -1)],
        wards=[("", _("Cả tỉnh, thành phố")), *wards.items()] if wards else [],
        of=of,
        decision=decision if decision and decision_in(decision, of) else None,
        wards_of=[
            (one.ward_code, desk.place_name(one)) for one in desk.desks() if one.community_id is None and one.ward_code
        ],
        next_url=url_for("register.search", **kept, sau=paging.name_key(last.sort_key, last.id)) if last else None,
        first_url=url_for("register.search", **kept) if request.args.get("sau") else None,
    )


def decision_in(decision: Any, of: Scope) -> bool:
    """Whether a decision is of the place whose register is read."""
    if of.ward_code is not None:
        return bool(decision.ward_code == of.ward_code and decision.province_code is None)
    return of.province_code is not None and bool(decision.province_code == of.province_code)


def standing_words(rows: Any) -> dict[uuid.UUID, tuple[str, str]]:
    """Each title's standing today: the kind of tag and its words."""
    today = clock.today()
    stands = {row.id: titles.standing(row, today) for row in rows}
    return {key: (STANDING_TAGS[one], _(STANDING_LABELS[one])) for key, one in stands.items()}


def shares(rows: Any) -> dict[uuid.UUID, Count]:
    """The main share of each group: at the decision, and today."""
    today = shares_today(reader(), rows)
    made = {}
    for row in rows:
        name = MAIN.get(Kind(row.kind)) if row.person_id is None else None
        if name is not None:
            made[row.id] = Count(name, _(RATIO_LABELS[name]), today.get(row.id), pair_of(row.facts, name))
    return made


@bp.get("/danh-hieu/<uuid:title_id>")
@needs("title.view", open_title)
def title(opened: Opened) -> Any:
    """One title as its certificate, with what stands behind it."""
    row, thing = opened.title, opened.thing
    speaks = row.person_id is None and speaks_for(actor(), thing)
    own = is_own(opened)
    if not own:
        seen_by_others(opened, "register.title")
    link = public_link(row.public_code)
    ward = places.commune(reader(), row.ward_code)
    community = places.community(reader(), row.community_id).name if row.community_id else None
    case_url = None
    if speaks:
        case_url = kinds.case_url(row.kind, row.subject_id, "group_case.status", nam=row.year)
    elif own:
        open_now = row.year == open_year(clock.today()) and allowed("application.own", thing)
        case_url = url_for("application.status") if open_now else None
    elif allowed("application.view", opened.thing):
        case_url = url_for(review_endpoint(row.kind), application_id=row.application_id)
    stands = titles.standing(row, clock.today())
    return render_template(
        "register/title.html",
        title=row,
        kind=_(KIND_LABELS[Kind(row.kind)]),
        code=shown_code(row.public_code),
        link=link,
        qr=qr_svg(link),
        place=", ".join(name for name in (community, ward.name, ward.province.name) if name),
        issuer=places.issuing_body(reader(), row.ward_code, row.decision.province_code),
        own=own,
        stands=str(stands),
        counts=counted(row),
        case_url=case_url,
        register_url=url_for("register.search", xa=row.ward_code, nam=row.year)
        if allowed("register.view", opened.thing)
        else None,
        may_revoke=row.revoked_at is None and allowed("title.revoke", opened.thing),
        may_correct=row.revoked_at is None and allowed("title.correct", opened.thing),
        may_draft=allowed("title.revoke", opened.thing) and (row.revoked_at is None or row.revoke_decision is not None),
        corrections=letterheads.corrections(reader(), row.id) if own or allowed("register.view", opened.thing) else [],
    )


def is_own(opened: Opened) -> bool:
    """Whether the one who looks holds the title, or speaks for the group that does."""
    row = opened.title
    if row.person_id is None:
        return speaks_for(actor(), opened.thing)
    return bool(row.person_id == actor().person_id)


def seen_by_others(opened: Opened, screen: str) -> None:
    """Remember whose record was looked at: a household goes by its head's name, so it is theirs."""
    row = opened.title
    heads = opened.thing.speakers if row.kind == Kind.HOUSEHOLD and actor().household_id != row.subject_id else ()
    for person_id in heads if row.person_id is None else (row.person_id,):
        looked_at(person_id, row.ward_code, screen)


def counted(row: Any) -> list[Count]:
    """The shares a group's title rested on at the decision, and what they are today."""
    whole = group_of(reader(), row)
    if whole is None:
        return []
    today = facts_of(reader(), whole, row.year).ratios
    return [
        Count(name, _(RATIO_LABELS[name]), today.get(name), pair_of(row.facts, name))
        for name in row.facts
        if name in RATIO_LABELS
    ]


@bp.route("/danh-hieu/<uuid:title_id>/thu-hoi", methods=["GET", "POST"])
@needs("title.revoke", open_title)
def revoke(opened: Opened) -> Any:
    """Take a title back, with a reason; the row stays in the register."""
    row = opened.title
    here = url_for("register.title", title_id=row.id)
    if request.method != "POST" and row.revoked_at is not None:
        return redirect(here)
    words = letterheads.words_of(reader(), row.decision.province_code or row.ward_code)
    form = RevokeForm(data={"signatory": words.signatory} if request.method == "GET" else None)
    if form.validate_on_submit() and form.decided_on.day:
        with form.catching():
            day = form.decided_on.day
            number = full_number(form.number.data, words.number_format, day.year)
            revoke_title(
                writer(),
                row.id,
                reason=form.reason.data,
                actor=actor(),
                decision=DecisionDetails(number, day, form.signatory.data.strip()),
                today=clock.today(),
            )
            flash(_("Đã thu hồi danh hiệu của %(name)s.", name=row.holder_name), "yes")
            return redirect(here, 303)
    return render_template(
        "register/revoke.html", title=row, form=form, kind=_(KIND_LABELS[Kind(row.kind)]), here=here
    ), form.status


def public_link(code: str) -> str:
    """The short address anyone may check a certificate at."""
    return public_base() + url_for("public.verify_result", code=code)


def public_base() -> str:
    """The address the app is reached at, without a slash at its end."""
    base: str = current_app.config["XHHT"].public_url or request.url_root
    return base.rstrip("/")
