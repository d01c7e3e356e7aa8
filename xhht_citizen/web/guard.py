"""Who may come in: every endpoint is stamped by @needs(permission) or @public, and a test walks them all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, current_app, g, make_response, redirect, render_template, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import ANONYMOUS, NOTHING, Actor, Thing, may
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.helping import acting
from xhht_citizen.helping import named as helping
from xhht_citizen.web.keeping import ask_to_sign_in, keep_typed, kept_for, typed_words, way_back
from xhht_citizen.web.transactions import before_commit, database, mark, reader, wrote

NOT_ALLOWED = N_("Ông/bà không có quyền xem hoặc làm việc này.")
NOT_WHILE_ACTING = N_("Trang này không mở được khi đang làm thay, hoặc việc này không có trong phần được làm thay.")
NO_CONSENT = N_(
    "Người này chưa đồng ý, hoặc đã rút đồng ý cho dùng thông tin, nên chưa làm thay được. Xin nhờ chi hội hoặc "
    "phường, xã ghi bản đồng ý trên giấy."
)
View = Callable[..., Any]
Loader = Callable[..., tuple[Any, Thing]]
NO_CONSENT_NEEDED = {"account", "public"}
OPEN_BEFORE_A_NEW_PASSWORD = {"account.password", "account.sign_out"}
# Where one says for whom this device acts, or leaves: open whatever has become of a mandate.
OPEN_TO_WHOEVER_ACTS = {"account.sign_out", "helping.begin", "helping.give_up", "helping.mine", "helping.stop"}


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login carries: the actor behind one session row."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        """The session row's id; ending that row signs the device out."""
        return str(self.actor.session_id)


def for_script(view: View) -> View:
    """Stamp a view that a script of ours asks: every answer is JSON, also who is signed out or may not."""
    view.for_script = True  # type: ignore[attr-defined]
    return view


def asked_by_script() -> bool:
    """Whether the view asked for answers a script."""
    view = current_app.view_functions.get(request.endpoint or "")
    return bool(getattr(view, "for_script", False))


def first(path: str) -> Any:
    """To a page that comes first, such as signing in; a script is told where that is."""
    return ({"error": "first", "url": path}, 401) if asked_by_script() else redirect(path, 303)


def actor() -> Actor:
    """Who asks; ANONYMOUS when nobody is signed in."""
    if "actor" not in g:
        g.actor = current_user.actor if current_user.is_authenticated else ANONYMOUS
    return g.actor  # type: ignore[no-any-return]


def enter(session_id: uuid.UUID) -> Actor:
    """Let a device in: a fresh cookie that stands for the session row, which must be committed by now."""
    carried = {name: session[name] for name in ("lang", "kept", "slip") if session.get(name)}
    session.clear()
    session.permanent = True
    session["fresh"] = 1  # the next page settles whose phone this is now
    session.update(carried)
    with database().read(primary=True) as db:
        entered = access.actor(db, session_id, since=session_start())
    if entered is None:
        raise Forbidden(N_("Không đăng nhập được. Xin thử lại."))
    login_user(SignedIn(entered))
    wrote()  # the session row may not have reached a replica yet
    g.actor = entered
    return entered


def needs(permission: str, loader: Loader | None = None) -> Callable[[View], View]:
    """Load once (404), check once (403), hand the loaded object to the view.

    Nobody signed in: what was typed is kept, and signing in leads back to it.
    """

    def stamp(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            who = actor()
            if who.account_id is None:
                return signed_out()
            if who.must_change_password and request.endpoint not in OPEN_BEFORE_A_NEW_PASSWORD:
                return first(url_for("account.password", next=_next()))
            if asked_by_script() and (who.acting or who.lapsed is not None):
                raise Forbidden(NOT_WHILE_ACTING)
            if request.endpoint not in OPEN_TO_WHOEVER_ACTS and (turned := _not_for_helpers(who)) is not None:
                return turned
            if (
                who.person_id is not None
                and not who.acting
                and not who.consented
                and request.blueprint not in NO_CONSENT_NEEDED
            ):
                return first(url_for("account.consent", next=_next()))
            loaded, thing = loader(**arguments) if loader else (None, NOTHING)
            if not may(who, permission, thing):
                raise Forbidden(NOT_WHILE_ACTING if who.acting else NOT_ALLOWED)
            return view(loaded) if loader else view(**arguments)

        guarded.permission = permission  # type: ignore[attr-defined]
        return guarded

    return stamp


def signed_out() -> Any:
    """Nobody is signed in: to the sign-in page and back."""
    return first(url_for("account.sign_in", next=_next())) if asked_by_script() else ask_to_sign_in()


def _next() -> str:
    """Where to go on: what a script sent stays on the phone, so there is nothing to keep of it here."""
    return url_for("outbox.mine") if asked_by_script() else way_back()


def _not_for_helpers(who: Actor) -> Any:
    """Where the mandate has ended, or somebody else's words wait: another page than the one asked for, or None."""
    if who.lapsed is not None:
        return ended(who.lapsed)
    if request.method == "GET" and "giu" in request.args:
        whose = kept_for()
        if whose is not None and not (who.acting and who.person_id == whose):
            return redirect(url_for("helping.mine", next=request.full_path), 303)
    if who.helper_id is None or who.person_id is None:
        return None
    if not who.consented:
        raise Forbidden(NO_CONSENT)
    mark(acting.marks(who.person_id, who.helper_id))
    if request.method not in {"GET", "HEAD"}:
        before_commit(_still_acting)
    return None


def _still_acting(db: Any) -> Any:
    """The mandate stands until what was written is safe; the page that says so when it does not."""
    helper_id = actor().helper_id
    assert helper_id is not None  # noqa: S101 (registered while acting only)
    try:
        acting.hold(db, helper_id, today=clock.today())
    except Forbidden:
        db.rollback()  # before what was typed is kept, in a transaction of its own
        session.pop("_flashes", None)  # of what was not done
        return make_response(ended(helper_id))
    return None


def ended(helper_id: uuid.UUID | None) -> tuple[str, int]:
    """The page of who acted for somebody and does no more (None: who has changed for whom): nothing was written."""
    g.failed = True
    row = helping.row(reader(), helper_id, clock.today()) if helper_id else None
    posted = request.method not in {"GET", "HEAD"}
    back = keep_typed() if posted and row is not None else None
    return render_template("helping/ended.html", row=row, typed=typed_words() if posted else [], back=back), 403


def public(view: View) -> View:
    """Anyone may come in."""
    view.permission = "public"  # type: ignore[attr-defined]
    return view


def found(thing: Any, message: str = N_("Không tìm thấy trang này.")) -> Any:
    """The thing, or a 404."""
    if thing is None:
        raise NotFound(message)
    return thing


def allowed(permission: str, thing: Thing = NOTHING) -> bool:
    """What templates and views ask: may the one who looks do this?"""
    return may(actor(), permission, thing)


def safe_next(fallback: str) -> str:
    """Where to go after signing in: a path of this app, never another host.

    Browsers read a backslash as a slash and drop tabs and line ends, so an address with one of these is refused.
    """
    target = request.values.get("next", "")
    if not target.startswith("/") or target.startswith("//") or any(char <= " " or char == "\\" for char in target):
        return fallback
    try:
        parts = urlsplit(target)
    except ValueError:
        return fallback
    return fallback if parts.scheme or parts.netloc else target


def session_start() -> datetime:
    """Sessions that began before this moment have run out."""
    return now() - timedelta(days=current_app.config["XHHT"].session_days)


def _behind(session_id: uuid.UUID) -> Actor | None:
    """Who stands behind a device; asked of the primary too before somebody is turned away by a replica that lags."""
    found_actor = access.actor(reader(), session_id, since=session_start())
    if found_actor is None and current_app.config["XHHT"].replica_url:
        with database().read(primary=True) as db:
            found_actor = access.actor(db, session_id, since=session_start())
    return found_actor


def install(app: Flask) -> None:
    """Hang the log-in on the app."""

    @app.before_request
    def refuse_nul() -> None:
        """No text here holds a NUL, and PostgreSQL cannot store or compare one."""
        names = (*request.args.items(multi=True), *request.form.items(multi=True))
        if "\0" in request.path or any("\0" in key or "\0" in value for key, value in names):
            request.path = request.path.replace("\0", "")  # which the error page repeats
            raise BadRequest

    login = LoginManager(app)
    login.session_protection = None  # a phone changes networks all day long

    @login.user_loader  # type: ignore[untyped-decorator]
    def load(session_id: str) -> SignedIn | None:
        try:
            key = uuid.UUID(session_id)
        except ValueError:
            return None
        found_actor = _behind(key)
        return SignedIn(found_actor) if found_actor else None


__all__ = ["Response", "actor", "allowed", "enter", "found", "install", "needs", "public", "safe_next", "session_start"]
