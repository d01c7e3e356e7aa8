"""The signed decisions: who waits for one, which ones the ward took, and entering a new one."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import granting, queues, second_looks
from xhht_citizen.applications import queries as applications
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.subjects import name_of
from xhht_citizen.errors import N_, Forbidden
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import desk, kinds, paging, tools
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import actor, allowed, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.review import kinds_at
from xhht_citizen.web.transactions import reader, writer
from xhht_citizen.web.waiting import review_endpoint

bp = Blueprint("decisions", __name__)
MOST = 500  # people in one decision: its form travels as one address


class DecisionForm(Form):
    """The decision as it was signed on paper."""

    number = StringField(
        _l("Số quyết định"), [required(), Length(max=60)], description=_l("Ghi như trên quyết định, ví dụ 128/QĐ-UBND.")
    )
    decided_on = DayField(_l("Ngày ký"), [required()])
    signatory = StringField(
        _l("Người ký"), [required(), Length(max=120)], description=_l("Họ và tên người ký quyết định.")
    )


def ward_desk() -> tuple[Desk, Thing]:
    """The ward or province whose decisions these are."""
    at = desk.desk(ward=True, province=True)
    return at, thing_at(at)


def signing_desk() -> tuple[Desk, Thing]:
    """The ward or province the actor signs for."""
    at = desk.desk(ward=True, signs=True, province=True)
    return at, thing_at(at)


def thing_at(at: Desk) -> Thing:
    """A body's decisions as the policy reads them."""
    if at.province_code is not None:
        return Thing(province_code=at.province_code, decided_by="province")
    return access.thing(reader(), ward_code=at.ward_code)


@bp.get("/quyet-dinh")
@needs("decision.view", ward_desk)
def overview(at: Desk) -> Any:
    """Recommended people and groups who wait for a decision, and the decisions taken."""
    loai = request.args.get("loai", "")
    kind = kinds.BY_SLUG.get(loai)
    waiting, more = paging.cut(
        queues.queue(
            reader(),
            at.place,
            states=(State.RECOMMENDED,),
            kinds=(kind,) if kind else (),
            after=paging.read_moment_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    taken, older = paging.cut(
        titles.decisions(
            reader(),
            at.ward_code,
            province_code=at.province_code,
            after=paging.read_day_key(request.args.get("sau-qd", "")),
            limit=paging.PAGE + 1,
        )
    )
    noi = desk.noi(at)
    last = taken[-1][0] if older else None
    older_page: dict[str, Any] = {"noi": noi, "sau-qd": paging.day_key(last.decided_on, last.id) if last else None}
    return render_template(
        "decisions/overview.html",
        at=at,
        desks=desk.chips(at, ward=True, province=True),
        place=desk.place_name(at),
        waiting=waiting,
        count=queues.queue_counts(reader(), at.place, kinds=(kind,) if kind else ())[State.RECOMMENDED],
        kinds=kinds.kind_words(),
        kind_chips=kind_chips(at, loai if kind else ""),
        loai=loai if kind else None,
        endpoint=review_endpoint,
        family=desk.family_of(waiting),
        all_ticked=request.args.get("chon") == "ca-trang",
        noi=noi,
        sau=request.args.get("sau") or None,
        next_url=next_page(at, loai if kind else None, waiting[-1]) if more else None,
        taken=taken,
        tools=tools.of("papers", at),
        older_url=url_for("decisions.overview", **older_page) if last else None,
    )


def next_page(at: Desk, loai: str | None, last: Any) -> str:
    """Where the list of who waits goes on."""
    return url_for("decisions.overview", noi=desk.noi(at), loai=loai, sau=paging.moment_key(last.submitted_at, last.id))


def kind_chips(at: Desk, chosen: str) -> list[dict[str, Any]]:
    """The choice of a kind, by the kinds this desk decides on."""
    return [
        {
            "url": url_for("decisions.overview", noi=desk.noi(at), loai=slug or None),
            "label": label,
            "current": slug == chosen,
        }
        for slug, label in kinds.options(kinds_at(at))
    ]


@bp.route("/quyet-dinh/moi", methods=["GET", "POST"])
@needs("decision.make", signing_desk)
def new(at: Desk) -> Any:
    """Enter a signed decision: everybody and every group it names gets the title at once, or nobody does."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    wanted = [key for key in map(paging.read_id, sent.getlist("ho-so")) if key][:MOST]
    if not wanted:
        flash(_("Chọn ít nhất một hồ sơ trước khi ghi quyết định."), "miss")
        return redirect(url_for("decisions.overview", noi=request.values.get("noi")), 303)
    form = DecisionForm(data={"signatory": last_signatory(at)} if request.method == "GET" else None)
    seen = {key: sent.get(f"phien-{key}", -1, type=int) for key in wanted}
    wards = wards_of(at)
    if form.validate_on_submit() and form.decided_on.day:
        refuse_strangers(at, wanted, wards)
        with form.catching():
            granted = granting.grant_all(
                writer(),
                wanted,
                actor=actor(),
                today=clock.today(),
                decision=DecisionDetails(form.number.data.strip(), form.decided_on.day, form.signatory.data.strip()),
                versions=seen,
            )
            flash(
                said(granted, form.number.data.strip()),
                "yes",
            )
            return redirect(url_for("decisions.overview", noi=desk.noi(at)), 303)
    if form.status == 409:
        reader().rollback()  # the list shall show what changed
    cases = [case for case in applications.cases(reader(), wanted) if lies_here(at, case, wards)]
    held = second_looks.open_of(reader(), wanted)
    chosen = [case for case in cases if case.id not in held and grantable(at, case)]
    return render_template(
        "decisions/new.html",
        form=form,
        place=desk.place_name(at),
        noi=desk.noi(at),
        chosen=chosen,
        versions={
            case.id: case.version if seen[case.id] < 0 or form.status == 409 else seen[case.id] for case in chosen
        },
        left_out=[
            (case, _("còn chờ người thứ hai xem lại") if case.id in held else reason(case))
            for case in cases
            if case not in chosen
        ],
        unknown=len(set(wanted)) - len(cases),
        where=places.names(
            reader(),
            {case.ward_code for case in chosen if case.ward_code} if at.province_code else set(),
            {case.community_id for case in chosen if case.community_id},
        ),
        kinds=kinds.kind_words(),
        name_of=name_of,
        groups_too=any(case.person is None for case in chosen),
        years=sorted({case.year for case in chosen}),
    ), form.status


def said(granted: list[Any], number: str) -> Any:
    """What was done, people counted as people."""
    if all(case.person_id is not None for case in granted):
        return _("Đã công nhận %(count)s người theo quyết định %(number)s.", count=len(granted), number=number)
    return _("Đã công nhận %(count)s hồ sơ theo quyết định %(number)s.", count=len(granted), number=number)


def wards_of(at: Desk) -> frozenset[str]:
    """The wards this desk's body decides for; asked once a request, whatever the number of cases."""
    if at.province_code is None:
        return frozenset({at.ward_code})
    return frozenset(one.code for one in places.communes(reader(), at.province_code))


def lies_here(at: Desk, case: Any, wards: frozenset[str]) -> bool:
    """Whether the case is one this desk's body decides on."""
    by_province = applications.decided_by(case) == "province"
    return by_province is (at.province_code is not None) and case.ward_code in wards


def grantable(at: Desk, case: Any) -> bool:
    """Recommended, and not the signer's own or family."""
    thing = desk.thing_of(case, province_code=at.province_code)
    return State(case.state) is State.RECOMMENDED and allowed("application.grant", thing)


def reason(case: Any) -> Any:
    """Why a chosen case is left out."""
    if desk.is_family(case):
        if case.person is None:
            return _("nhóm của ông/bà, người khác ký")
        return _("hồ sơ của ông/bà, người cùng nhà hoặc người ông/bà làm thay, người khác ký")
    if State(case.state) is State.GRANTED:
        return _("đã được công nhận")
    return _("chưa ở bước chờ quyết định")


def refuse_strangers(at: Desk, wanted: list[uuid.UUID], wards: frozenset[str]) -> None:
    """Forbidden when one of the cases is another ward's, the signer's own or family's."""
    cases = applications.cases(reader(), wanted)
    if len(cases) != len(set(wanted)) or not all(
        lies_here(at, case, wards) and allowed("application.grant", desk.thing_of(case, province_code=at.province_code))
        for case in cases
    ):
        raise Forbidden(N_("Trong danh sách có hồ sơ ông/bà không được quyết định. Chưa công nhận ai."))


def last_signatory(at: Desk) -> str:
    """Who signed the ward's latest decision: mostly the one who signs the next."""
    latest = titles.decisions(reader(), at.ward_code, province_code=at.province_code, limit=1)
    return latest[0][0].signatory if latest else ""
