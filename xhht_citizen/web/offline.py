"""The app on a phone's screen and without a network: manifest, service worker, and which pages a phone may keep.

A page is kept only where its view says so (@opens_offline), only as its owner reads it, never while acting for
somebody. Every page says whose phone this is by a key that names nobody; when that changes, what was kept is dropped.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, g, render_template, request, session, url_for
from flask.globals import request_ctx
from flask_babel import force_locale
from flask_babel import gettext as _

from xhht_citizen.access.rules import Actor
from xhht_citizen.criteria import catalogue
from xhht_citizen.errors import N_
from xhht_citizen.people.rules import Group
from xhht_citizen.web.assets import Asset, answer, asset, compressed
from xhht_citizen.web.context import GROUPS, LANGUAGES, RESIDENTS, language
from xhht_citizen.web.guard import View, actor, public
from xhht_citizen.web.phone_words import WORDS

bp = Blueprint("offline", __name__)
NOT_HERE = N_("Trang này chưa được lưu trên máy, nên cần có mạng mới mở được. Những gì ông/bà đã ghi vẫn còn.")
OWNER, KEEP, AHEAD = "X-Xhht-Owner", "X-Xhht-Keep", "X-Xhht-Ahead"
# Where the worker answers a broken network with a page that says so. Officers' areas are not among them.
OURS = RESIDENTS | {
    *("account", "claim", "helping", "joining", "notices", "offline"),
    *("outbox", "portfolio", "public", "switch"),
}
# Fetched ahead, so that they open without a network: forms first.
WARM = ("outbox.mine", "year.home", "evidence.mine", "evidence.new", "score.explained", "account.mine")


def opens_offline(view: View) -> View:
    """Stamp a view whose page its owner's phone may keep."""
    view.opens_offline = True  # type: ignore[attr-defined]
    return view


def same_for_any_query(view: View) -> View:
    """Stamp a view whose kept page serves under another query as well: an empty form."""
    view.any_query = True  # type: ignore[attr-defined]
    return view


def owner_key(account_id: uuid.UUID, acting_for: uuid.UUID | None = None) -> str:
    """Whose phone this is, said so that nobody else can tell who: a keyed hash of the account.

    While acting for somebody it is another's: one's own kept pages are not shown as if they were theirs.
    """
    secret = str(current_app.config["XHHT"].secret_key)
    said = f"phone|{account_id}" + (f"|{acting_for}" if acting_for else "")
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()[:24]


def _view_keeps() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "opens_offline", False))


def of_a_resident(who: Actor, area: str | None) -> bool:
    """Whether an area's pages are a resident's own; a group's are an officer's for who works for others."""
    return area in OURS or (area in GROUPS and not who.grants)


def uses_phone(who: Actor) -> bool:
    """Whether this is a resident's own page: the phone helps there, and nowhere else."""
    own = who.account_id is not None and who.person_id is not None and not who.acting and not who.must_change_password
    return own and of_a_resident(who, request.blueprint) and "looks" not in g


def _rules(wanted: Callable[[str, Any], bool]) -> list[str]:
    """The addresses of pages as patterns a browser reads."""
    found = set()
    for rule in current_app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and wanted(rule.endpoint, current_app.view_functions[rule.endpoint]):
            found.add(
                "^" + re.sub(r"<[^>]+>", "[^/]+", re.escape(rule.rule).replace(r"\<", "<").replace(r"\>", ">")) + "$"
            )
    return sorted(found)


def _plan() -> dict[str, Any]:
    assets = current_app.extensions["xhht_assets"]
    loose = (endpoint for endpoint, view in current_app.view_functions.items() if getattr(view, "any_query", False))
    pages = ("app.css", "mark.svg", "core.bundle.js", "phone.bundle.js")
    codes = catalogue.get(Group.RESIDENTS.criteria_set).by_code  # the same on the four forms
    return {
        "scripts": [asset("core.bundle.js"), asset("worker.bundle.js")],
        "assets": [
            *(asset(name) for name in pages if name in assets),
            words_url(language()),  # who changes it gets another worker with the next page
        ],
        "pages": _rules(lambda _endpoint, view: getattr(view, "opens_offline", False)),
        "fallback": _rules(lambda endpoint, _view: endpoint.split(".")[0] in OURS),
        "loose": sorted(url_for(endpoint) for endpoint in loose),
        "without": url_for(".without"),
        "inbox": url_for("notices.inbox"),
        "icon": asset("icon-192.png"),
        "warm": [url_for(endpoint) for endpoint in WARM],
        "score": url_for("score.explained"),
        "lines": [url_for("score.indicator", code=code) for code in codes],
    }


@bp.get("/sw.js")
@public
def worker() -> Response:
    """The service worker, with what it needs to know of this version before it; switched off, one that goes away."""
    on = current_app.config["XHHT"].offline
    text = f"self.XHHT = {json.dumps(_plan())};\n" if on else ""
    body = current_app.extensions["xhht_assets"]["worker.js" if on else "worker-off.js"].bodies[""].decode()
    made = _worker(text + body)
    response = answer(made, "")
    response.set_etag(made.version, weak=True)  # the same for every encoding
    return _if_changed(response)


@lru_cache(maxsize=4)
def _worker(text: str) -> Asset:
    """The service worker's script as it is sent; there are few: one a language."""
    return compressed("sw.js", text.encode())


@bp.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """What a phone needs to put the app among the others."""
    icons = [
        {"src": asset(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any"}
        for size in (192, 512)
    ]
    icons.append({"src": asset("icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"})
    icons.append({"src": asset("mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"})
    made = {
        "id": "/",
        "name": _("Công dân học tập"),
        "short_name": _("Học tập"),
        "description": _("Ghi việc học mỗi năm, tự chấm, gửi hồ sơ và nhận giấy công nhận."),
        "lang": language(),
        "start_url": url_for("year.home"),
        "scope": "/",
        "display": "standalone",
        "orientation": "any",
        "background_color": "#fbf7f0",
        "theme_color": "#7c161d",
        "icons": icons,
        "shortcuts": [
            {"name": _("Ghi một việc đã học"), "url": url_for("evidence.new")},
            {"name": _("Điểm"), "url": url_for("score.explained")},
        ],
    }
    return _if_changed(Response(json.dumps(made, ensure_ascii=False), content_type="application/manifest+json"))


def _if_changed(response: Response) -> Response:
    """Browsers ask for it at every page; it weighs 4 kB only where it is not what they have."""
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


@bp.get("/ngoai-tuyen")
@public
def without() -> str:
    """What one sees where no page was kept and there is no network."""
    other = "en" if language() == "vi" else "vi"
    with force_locale(other):
        same = _(NOT_HERE)
    return render_template("offline/without.html", said=_(NOT_HERE), other=other, same=same)


@cache
def _sentences(lang: str) -> Asset:
    """A script that holds the sentences of one language; the catalogue never changes."""
    with force_locale(lang):
        said = {key: _(text) for key, text in WORDS.items()}
    text = f"self.xhht = self.xhht || {{}};\nself.xhht.words = {json.dumps(said, ensure_ascii=False)};\n"
    return compressed(f"{lang}.js", text.encode())


def words_url(lang: str) -> str:
    """The address of the scripts' sentences in one language, with their content's hash in it."""
    return url_for("offline.words", version=_sentences(lang).version, lang=lang)


@bp.get("/tinh/loi/<version>/<lang>.js")
@public
def words(version: str, lang: str) -> Response:
    """The scripts' sentences."""
    if lang not in LANGUAGES:
        abort(404)
    return answer(_sentences(lang), version)


def install(app: Flask) -> None:
    """Say on every page whose phone this is, and which page may be kept."""

    @app.before_request
    def ahead() -> None:
        """A page that the worker fetches ahead is read by nobody yet: what is to be said waits for the next one."""
        if AHEAD in request.headers:
            request_ctx.flashes = []

    @app.context_processor
    def phone() -> dict[str, Any]:
        who = actor()
        on = uses_phone(who)
        # The first page after signing in settles whose phone this is, an officer's too; after signing out, nobody's.
        fresh = who.account_id is not None and session.pop("fresh", None) is not None
        g.nobody = who.account_id is None and session.pop("wipe", None) is not None
        g.ended = who.account_id is None and "_user_id" in session  # elsewhere, or it ran out
        return {
            "phone": {
                "on": on,
                "worker": app.config["XHHT"].offline,
                "owner": owner_key(who.account_id) if who.account_id is not None and (on or fresh) else None,
                "wipe": g.nobody,
                "words": words_url,
            }
        }

    @app.after_request
    def owner(response: Response) -> Response:
        who = g.get("actor")
        if g.get("nobody"):
            response.headers[OWNER] = "none"
        elif g.get("ended"):
            response.headers[OWNER] = "out"
        if response.mimetype != "text/html" or who is None or who.account_id is None:
            return response
        response.headers[OWNER] = owner_key(who.account_id, who.person_id if who.acting else None)
        if request.method == "GET" and response.status_code == 200 and _view_keeps() and uses_phone(who):
            response.headers[KEEP] = "1"
        return response
