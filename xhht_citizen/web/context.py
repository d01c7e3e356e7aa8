"""What every template knows: the reader's language and places, and how numbers and dates are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask import Flask, g, request, session, url_for
from flask_babel import Babel, get_locale, get_translations
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, Actor, Role, keeps, records, sends
from xhht_citizen.errors import N_
from xhht_citizen.evidence.references import link_host
from xhht_citizen.helping.rules import Act
from xhht_citizen.web.guard import actor, allowed
from xhht_citizen.web.keeping import files_left

LANGUAGES = ("vi", "en")
TEXT_SIZES = {"": N_("Vừa"), "large": N_("Lớn"), "largest": N_("Rất lớn")}
RESIDENTS = {"year", "evidence", "score", "application", "household", "group_case", "portfolio"}
# Pages of groups: a resident's, unless one serves their place and does not belong to them.
GROUPS = {"clan", "unit", "community", "joining", "mandate"}
# Reached from the list of residents.
ON_PAPER = ("registering", "roster", "slips", "activities", "sheets")
NBSP = "\u00a0"
VIETNAMESE = str.maketrans(",.", ".,")


def language() -> str:
    """The reader's choice; Vietnamese unless they said otherwise."""
    chosen = session.get("lang")
    return chosen if isinstance(chosen, str) and chosen in LANGUAGES else "vi"


def text_size() -> str:
    """How large the reader wants the letters."""
    chosen = session.get("size")
    return chosen if isinstance(chosen, str) and chosen in TEXT_SIZES else ""


def number(value: int | Decimal | float | None) -> str:
    """1.234,5 in Vietnamese; an unknown number is "chưa rõ", never 0."""
    if isinstance(value, int):  # nearly always, and hundreds of them in a table
        return _grouped(f"{value:,}")
    return str(_("chưa rõ") if value is None else format_decimal(value, locale=_locale()))


def percent(value: Decimal | float | None) -> str:
    """71,28 % with a space that does not break."""
    if value is None:
        return str(_("chưa rõ"))
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{_grouped(text)}{NBSP}%"


def _grouped(text: str) -> str:
    """1,234.5 as the reader's language writes it."""
    return text if _locale().startswith("en") else text.translate(VIETNAMESE)


def day(value: date | None) -> str:
    """23/11/2026; of a moment, the day it was in Vietnam."""
    if value is None:
        return ""
    return f"{clock.local(value) if isinstance(value, datetime) else value:%d/%m/%Y}"


def moment(value: datetime | None) -> str:
    """19:42 ngày 28/11/2026, as clocks in Vietnam showed it."""
    if value is None:
        return ""
    local = clock.local(value)
    return str(_("%(time)s ngày %(day)s", time=f"{local:%H:%M}", day=f"{local:%d/%m/%Y}"))


def places(who: Actor) -> list[dict[str, Any]]:
    """The four or five places of the bottom bar: a resident's, or an officer's, by the screen one is on."""
    if who.account_id is None or who.must_change_password:
        return []
    if who.acting:
        return [
            _place("year.home", _("Năm nay"), "calendar", "portfolio"),
            *([_place("evidence.mine", _("Việc học"), "book")] if who.acts & {Act.EVIDENCE, Act.CASE} else []),
            *(
                [_place("score.explained", _("Điểm"), "gauge"), _place("application.status", _("Hồ sơ"), "file")]
                if Act.CASE in who.acts
                else []
            ),
            _place("helping.mine", _("Làm thay"), "people", "account"),
        ]
    # An officer who reads another's record, or the page of a group of their place, stays at the desk.
    at_desk = "looks" in g or "place_name" in g or g.get("serves", False)
    own = request.blueprint in RESIDENTS | GROUPS and not at_desk
    if who.person_id is not None and (own or not who.grants):
        return [
            _place("year.home", _("Năm nay"), "calendar", "portfolio"),
            _place("evidence.mine", _("Việc học"), "book"),
            _place("score.explained", _("Điểm"), "gauge"),
            _place("application.status", _("Hồ sơ"), "file"),
            _place("household.mine", _("Gia đình"), "home", *GROUPS),
        ]
    desk: list[dict[str, Any]] = []
    roles = who.roles()
    if allowed("queue.view"):
        desk.append(_place("review.queue", _("Việc chờ"), "inbox", "meetings", "bench"))
    if allowed("residents.view"):
        desk.append(_place("residents.roster", _("Dân cư"), "people", *ON_PAPER, *GROUPS))
    if roles & {Role.WARD_REVIEWER, Role.WARD_SIGNER, Role.PROVINCE_OFFICER}:
        desk.append(_place("decisions.overview", _("Văn bản"), "stamp", "batches", "letterheads"))
    if roles & {Role.PROVINCE_OFFICER, Role.ADMIN} and not roles & {Role.WARD_REVIEWER, Role.WARD_SIGNER}:
        desk.append(_place("register.search", _("Danh hiệu"), "stamp"))
    desk.append(_place("ratios.country", _("Tỷ lệ"), "chart"))
    if allowed("export.open"):
        desk.append(_place("exports.titles", _("Số liệu"), "download"))
    if Role.ADMIN in roles:
        desk.append(_place("admin.roles", _("Quản trị"), "gear"))
    return desk[:5]


def _place(endpoint: str, label: str, icon: str, *also: str) -> dict[str, Any]:
    """One place; it is the current one on its own screens, and on those of the areas reached from it."""
    return {
        "url": url_for(endpoint),
        "label": label,
        "icon": icon,
        "current": (request.endpoint or "").split(".")[0] in {endpoint.split(".", maxsplit=1)[0], *also},
        "count": None,
    }


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def _locale() -> str:
    return str(get_locale() or "vi")


def install(app: Flask) -> None:
    """Hang language, filters and the frame's variables on the app."""
    Babel(app, locale_selector=language, default_locale="vi")
    # A list page says a hundred words: the reader's catalogue is looked up once a request, not once a word.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda words: _catalogue().ugettext(words),
        lambda one, many, count: _catalogue().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.filters.update(number=number, percent=percent, day=day, moment=moment, link_host=link_host)
    app.jinja_env.globals["allowed"] = allowed
    app.jinja_env.globals["files_left"] = files_left
    app.jinja_env.globals["today"] = clock.today

    @app.context_processor
    def frame() -> dict[str, Any]:
        who = actor()
        own = who.own_name if who.acting else who.name
        home = "helping.mine" if who.acting else "account.mine"
        name = own.split()[-1] if own else who.login
        return {
            "lang": language(),
            "text_size": text_size(),
            "text_sizes": TEXT_SIZES,
            "screen": request.endpoint or "errors.error",
            "places": places(who),
            "place_name": g.get("place_name"),
            "stands_in_words": g.get("stands_in"),
            "demo": app.config["XHHT"].demo,
            "me": who,
            # What of one's own pages one may do: everything, or what a mandate names.
            "may_record": records(who, NOTHING),
            "may_send": sends(who, NOTHING),
            "may_keep": keeps(who, NOTHING),
            "account": {"name": name, "initial": name[:1].upper(), "url": url_for(home)} if who.account_id else None,
        }
