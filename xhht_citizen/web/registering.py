"""The roll of the year at an officer's desk: who has not registered yet, many registered at once, a mistake undone."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup
from wtforms import HiddenField

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import registering, rolls
from xhht_citizen.applications.registering import Registered
from xhht_citizen.applications.rolls import RollRow, Scope
from xhht_citizen.applications.rules import open_year
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.groups.rules import Group, Kind
from xhht_citizen.people import queries as people
from xhht_citizen.places import queries as places
from xhht_citizen.ratios.rules import percent
from xhht_citizen.titles import queries as titles
from xhht_citizen.web import belonging, desk, paging
from xhht_citizen.web.context import number
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.forms import Form
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.keeping import kept_fields
from xhht_citizen.web.kinds import NO_GROUP, SLUGS
from xhht_citizen.web.transactions import looked_at, reader, writer

bp = Blueprint("registering", __name__)
PAGE = 100  # a community of 850 adults is nine pages; the ids ticked on one travel as one address
# The kinds with a roll, by their word in an address, as the list of them calls them.
KINDS = {
    SLUGS[kind]: (kind, label)
    for kind, label in (
        (Kind.CITIZEN, N_("Người lớn")),
        (Kind.HOUSEHOLD, N_("Hộ gia đình")),
        (Kind.CLAN, N_("Dòng họ")),
        (Kind.UNIT, N_("Đơn vị")),
        (Kind.COMMUNITY, N_("Thôn, tổ")),
    )
}
PEOPLE = SLUGS[Kind.CITIZEN]
DONE = "roi"  # ?xem=roi shows who has registered


class ConfirmForm(Form):
    """The year the page was made for: what is sent after New Year's Eve is not for the old year."""

    nam = HiddenField()


@dataclass(frozen=True)
class Opened:
    """A person or group, and where its registration of the year stands."""

    kind: Kind
    id: uuid.UUID
    name: str
    group: Group | None
    thing: Thing

    @property
    def word(self) -> str:
        """The kind in an address."""
        return SLUGS[self.kind]


def roll_desk() -> tuple[Desk, Thing]:
    """The community or ward whose people one registers."""
    at = desk.desk()
    return at, access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)


def open_subject(kind: str, subject_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A person or group by the word of its kind; belongs to where it is counted today."""
    if kind == PEOPLE:
        person = found(people.person(reader(), subject_id), N_("Không tìm thấy người này."))
        home = people.home_of(reader(), subject_id)
        thing = access.thing(
            reader(),
            ward_code=home.ward_code if home else person.ward_code,
            community_id=home.community_id if home else None,
            person_id=subject_id,
        )
        return Opened(Kind.CITIZEN, subject_id, person.name, None, thing), thing
    return open_group(kind, subject_id)


def open_group(kind: str, group_id: uuid.UUID) -> tuple[Opened, Thing]:
    """A group by the word of its kind; a unit is found whichever title it can get, a commune registers nothing."""
    it, thing = belonging.by_slug(kind, group_id)
    found(None if it.kind is Kind.COMMUNE else it, NO_GROUP)
    return Opened(it.kind, it.id, it.group.name, it.group, thing), thing


def this_year() -> int:
    """The one year registration is open for."""
    return open_year(clock.today())


@bp.get("/dang-ky-nam")
@needs("year.register_others", roll_desk)
def roll(at: Desk) -> Any:
    """Who has not registered yet, to be ticked; or who has, each to be taken back when it was a mistake."""
    word = request.args.get("loai", "")
    word = word if word in KINDS else PEOPLE
    text, to = request.args.get("tim", "").strip()[:100], request.args.get("to", "")
    done = request.args.get("xem") == DONE
    scope = scope_of(at, word, to)
    rows, more = paging.cut(
        rolls.rows(
            reader(),
            scope,
            registered=done,
            text=text,
            after=paging.read_name_key(request.args.get("sau", "")),
            limit=PAGE + 1,
        ),
        PAGE,
    )
    counts = rolls.counts(reader(), scope)
    noi = desk.noi(at)
    kept: dict[str, Any] = {
        "noi": noi,
        "loai": word if word != PEOPLE else None,
        "to": to or None,
        "tim": text or None,
        "xem": DONE if done else None,
    }
    here = {**kept, "sau": request.args.get("sau") or None}
    last = rows[-1] if more else None
    communities = [] if at.community_id or word == "cong-dong" else places.communities(reader(), at.ward_code)
    return render_template(
        "registering/roll.html",
        year=scope.year,
        desks=desk.chips(at),
        place=desk.place_name(at),
        kinds=[
            {"url": url_for(".roll", **{**kept, "loai": one, "tim": None}), "label": _(label), "current": one == word}
            for one, (_kind, label) in KINDS.items()
        ],
        word=word,
        whole=_(KINDS[word][1]),
        counts=counts,
        percent=percent(counts.registered, counts.total),
        rows=rows,
        names=people.account_names(reader(), {row.registered_by for row in rows if row.registered_by}),
        done=done,
        text=text,
        to=to,
        noi=noi,
        places_to=[("", _("Cả phường, xã")), *((str(one.id), one.name) for one in communities)] if communities else [],
        all_ticked=request.args.get("chon") == "ca-trang",
        all_url=url_for(".roll", **here, chon="ca-trang"),
        other_url=url_for(".roll", **{**kept, "xem": None if done else DONE}),
        next_url=url_for(".roll", **kept, sau=paging.name_key(last.sort_key, last.id)) if last else None,
        first_url=url_for(".roll", **kept) if request.args.get("sau") else None,
        filtered=bool(text or to),
    )


@bp.route("/dang-ky-nam/xac-nhan", methods=["GET", "POST"])
@needs("year.register_others", roll_desk)
def confirm(at: Desk) -> Any:
    """Spell out who was ticked, and register them: all of them at once, or nobody."""
    sent = request.form if request.method == "POST" else kept_fields() or request.args
    word = sent.get("loai", "")
    word, to = word if word in KINDS else PEOPLE, sent.get("to", "")
    wanted = {key for key in map(paging.read_id, sent.getlist("ai")[:PAGE]) if key}
    scope, noi = scope_of(at, word), desk.noi(at)
    back: dict[str, Any] = {"noi": noi, "loai": word, "to": to or None}
    if not wanted:
        flash(_("Chọn ít nhất một dòng trước khi đăng ký."), "miss")
        return redirect(url_for(".roll", **back), 303)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.catching():
            if form.nam.data != str(scope.year):
                raise Conflict(N_("Đã sang năm %(year)s. Xin xem lại danh sách rồi đăng ký."), year=scope.year)
            rows = rolls.rows(writer(), scope, ids=wanted)  # whoever is of another place is not among them
            came = registering.register_many(writer(), rows, scope.year, actor=actor())
            tell(at, scope, rows, came, url_for(".roll", **back, xem=DONE), strangers=len(wanted) - len(rows))
            return redirect(url_for(".roll", **back), 303)
    rows = rolls.rows(reader(), scope, ids=wanted)
    chosen = [row for row in rows if row.registered_at is None]
    form.nam.data = str(scope.year)
    return render_template(
        "registering/confirm.html",
        form=form,
        year=scope.year,
        word=word,
        to=to,
        noi=noi,
        back_url=url_for(".roll", **back),
        chosen=chosen,
        before=[row for row in rows if row.registered_at is not None],
        strangers=len(wanted) - len(rows),
        headline=headline(at, scope, chosen),
        who=counted(scope.kind, len(chosen)),
    ), form.status


@bp.route("/dang-ky-nam/rut/<kind>/<uuid:subject_id>", methods=["GET", "POST"])
@needs("year.register_others", open_subject)
def take_back(opened: Opened) -> Any:
    """Take a mistaken registration of somebody else, or of a group, back."""
    at = desk_of(opened.thing)
    to_roll = url_for(".roll", noi=at.key if at and desk.noi(at) else None, loai=opened.word, xem=DONE)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.catching():
            withdraw(opened.kind, opened.id, opened.name)
            return redirect(to_roll, 303)
    if opened.kind is Kind.CITIZEN and opened.id != actor().person_id:
        looked_at(opened.id, opened.thing.ward_code or "", "registering.take_back")
    registration = titles.registration(reader(), opened.id, this_year(), str(opened.kind))
    return render_template(
        "registering/take_back.html",
        form=form,
        opened=opened,
        year=this_year(),
        registration=registration,
        by=registrar(registration),
        rests=rolls.rests_on(reader(), opened.kind, opened.id, this_year()),
        back_url=to_roll,
    ), form.status


def registrar(registration: Any) -> str | None:
    """Who registered somebody, where it was another account than the one that looks; to a helper, everybody."""
    by = registration.registered_by if registration else None
    own = None if actor().acting else actor().account_id
    return people.account_names(reader(), [by]).get(by) if by and by != own else None


def scope_of(at: Desk, word: str, to: str = "") -> Scope:
    """The roll of a desk's place; a ward's may be one of its communities."""
    return Scope(KINDS[word][0], this_year(), at.ward_code, at.community_id or paging.read_id(to))


def desk_of(thing: Thing) -> Desk | None:
    """The desk from which the actor serves the thing's place."""
    fitting = (one for one in desk.desks() if one.ward_code == thing.ward_code)
    return next((one for one in fitting if one.community_id in {None, thing.community_id}), None)


def withdraw(kind: Kind, subject_id: uuid.UUID, name: str) -> None:
    """Take the year's registration back and say what became of it."""
    if registering.unregister(writer(), kind, subject_id, this_year(), actor=actor()):
        flash(_("Đã rút đăng ký năm %(year)s của %(name)s.", year=this_year(), name=name), "yes")
    else:
        flash(_("%(name)s không có đăng ký nào của năm %(year)s.", year=this_year(), name=name), "info")


def headline(at: Desk, scope: Scope, rows: Collection[RollRow]) -> str:
    """What is about to be done, in one sentence with its number and place."""
    return str(
        _(
            "Đăng ký học tập năm %(year)s cho %(who)s ở %(place)s",
            year=scope.year,
            who=counted(scope.kind, len(rows)),
            place=place_of(at, scope, rows),
        )
    )


def tell(at: Desk, scope: Scope, rows: Collection[RollRow], came: Registered, done_url: str, *, strangers: int) -> None:
    """One line with what came of it, and where to take single ones back."""
    where = place_of(at, scope, rows)
    said = [
        _(
            "Đã đăng ký học tập năm %(year)s cho %(who)s ở %(place)s.",
            year=scope.year,
            who=counted(scope.kind, came.new),
            place=where,
        )
    ]
    if came.before:
        said.append(_("%(who)s đã đăng ký từ trước.", who=counted(scope.kind, came.before)))
    if strangers:
        said.append(_("%(count)s dòng không thuộc nơi này nên không đăng ký.", count=strangers))
    link = Markup('<a href="{}">{}</a>').format(done_url, _("Xem đã đăng ký, rút lại nếu nhầm"))
    flash(Markup("{} {}").format(" ".join(said), link), "yes" if came.new else "info")


def place_of(at: Desk, scope: Scope, rows: Collection[RollRow]) -> str:
    """The one community all of them are of, or the desk's place."""
    of = {row.community for row in rows}
    only = next(iter(of)) if len(of) == 1 and scope.kind is not Kind.COMMUNITY else None
    return only or desk.place_name(at)


def counted(kind: Kind, count: int) -> str:
    """37 người, 1 hộ: a number of what the kind registers."""
    shown = number(count)
    said = {
        Kind.CITIZEN: ngettext("%(count)s người", "%(count)s người", count, count=shown),
        Kind.HOUSEHOLD: ngettext("%(count)s hộ", "%(count)s hộ", count, count=shown),
        Kind.CLAN: ngettext("%(count)s dòng họ", "%(count)s dòng họ", count, count=shown),
        Kind.UNIT: ngettext("%(count)s đơn vị", "%(count)s đơn vị", count, count=shown),
        Kind.COMMUNITY: ngettext("%(count)s thôn, tổ", "%(count)s thôn, tổ", count, count=shown),
    }
    return str(said[kind])
