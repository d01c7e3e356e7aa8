"""Nothing typed is lost: what was sent after a session had ended is kept, and given back after signing in."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import current_app, g, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from xhht_citizen.helping import named as helping
from xhht_citizen.people import queries as people
from xhht_citizen.people.sessions import ACTING_FOR, keep_form
from xhht_citizen.web.transactions import SAVED_BY_ITSELF, database, reader

View = Callable[..., Any]
# Never written down: a password, and what the database holds as a trace only (a citizen id) or opens a household.
# Secrets, and what a person must say anew each time: an agreement is never ticked for anybody, nor that
# something shall be forgotten. Where a browser is reached, and its keys, are no words of anybody.
PUSHED = ("endpoint", "p256dh", "auth", "instead")
SECRETS = ("password", "old", "again", "pin", "code")
NOT_KEPT = ("csrf_token", *SECRETS, "citizen_id", "consent", "true", "mandate", "forget", *PUSHED)
# Among the kept fields, what a page cannot have sent: that files were chosen, which are not kept.
FILES = "files_left"
RESERVED = (ACTING_FOR, FILES)
MOST_CHARACTERS = 60_000
# A page's script sends again by itself: what it brought is not put aside for another form.
BY_SCRIPT = ("X-Xhht-Owner", SAVED_BY_ITSELF)
# What nobody would want to read again: what a page says of itself, and answers that are codes.
NOT_WORDS = (*NOT_KEPT, "id", "version", "kind", "indicators", "evidence", "then", "next")


def keep_typed() -> str:
    """Keep the request's form fields (never secrets or files); returns the path that shows them again.

    Kept for somebody who had signed in on this device only, so that nobody fills the database from outside.
    """
    fields, back = without_secrets(request.form.lists()), page_path()
    if files_sent():
        fields[FILES] = []
    by_script = any(name in request.headers for name in BY_SCRIPT)
    if not fields or by_script or is_too_long(fields) or "_user_id" not in session:
        return back
    kept = keep_form(database(), urlsplit(back).path, fields, uuid.UUID(session["_user_id"]))
    if kept is None:
        return back
    session["kept"] = str(kept)
    return f"{back}{'&' if '?' in back else '?'}giu={kept}"


def without_secrets(fields: Iterable[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """What of a form's fields may be written down."""
    return {name: values for name, values in fields if name not in NOT_KEPT and name not in RESERVED}


def files_sent() -> bool:
    """Whether a photo or another file came with the request."""
    return any(file.filename for files in request.files.listvalues() for file in files)  # the camera's input first


def files_left() -> bool:
    """Whether files were chosen on this form before and are not in it any more: no page can give them back.

    They came with this very form, which is shown once more, or with the one that was kept and is given back.
    """
    if request.method != "GET":
        return files_sent()
    kept = _kept() if kept_fields() is not None else None
    return kept is not None and FILES in kept.fields


def is_too_long(fields: dict[str, list[str]]) -> bool:
    """Whether this is more than anybody types."""
    return sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > MOST_CHARACTERS


def typed_words() -> list[str]:
    """What was typed, in the person's own words, for a page that can keep it in no form."""
    return [
        value.strip()
        for name, values in request.form.lists()
        if name not in NOT_WORDS
        for value in values
        if value.strip()
    ]


def way_back() -> str:
    """Where to go on after a page that comes first: the page that was asked for, or what was typed, kept."""
    if request.method in {"GET", "HEAD"}:
        return request.full_path if request.query_string else request.path
    return keep_typed()


def page_path() -> str:
    """The page of the form that was sent: the same address when it can be opened, else the page whose form sends there
    (@typed_on), else the front door. What the address asks for, such as another year, stays in it.
    """
    page = page_of_form()
    if page is not None:
        return page
    try:
        current_app.create_url_adapter(request).match(request.path, method="GET")  # type: ignore[union-attr]
    except (MethodNotAllowed, NotFound, RequestRedirect):
        return url_for("account.desk")
    asked = [(name, value) for name, value in request.args.items(multi=True) if name != "giu"]
    return f"{request.path}?{urlencode(asked)}" if asked else request.path


def page_of_form() -> str | None:
    """The page whose form is sent to this address (@typed_on); None where the form stands at the address itself."""
    page = getattr(current_app.view_functions.get(request.endpoint or ""), "typed_on", None)
    return url_for(page, **(request.view_args or {})) if page is not None else None


def typed_on(page: str) -> Callable[[View], View]:
    """Stamp a view that only takes in: its form stands on this other page, with the same values in its address."""

    def stamp(view: View) -> View:
        view.typed_on = page  # type: ignore[attr-defined]
        return view

    return stamp


def ask_to_sign_in() -> Response:
    """To the sign-in page and back; a form's fields travel along."""
    return redirect(url_for("account.sign_in", next=way_back()), 303)


def kept_fields() -> MultiDict[str, str] | None:
    """The fields kept for this page, when its address names them, and browser and account are who kept them."""
    if "kept_fields" not in g:
        g.kept_fields = _load()
    return g.kept_fields  # type: ignore[no-any-return]


def kept_for() -> uuid.UUID | None:
    """Whom the words kept for this page were typed for by a helper; None for one's own, or when there are none."""
    kept = _kept()
    return _whose(kept) if kept is not None else None


def _load() -> MultiDict[str, str] | None:
    kept = _kept()
    if kept is None:
        return None
    who = current_user.actor
    if _whose(kept) != (who.person_id if who.acting else None):
        return None
    fields = kept.fields.items()
    return MultiDict((name, value) for name, values in fields if name not in RESERVED for value in values)


def _whose(kept: Any) -> uuid.UUID | None:
    mandate = kept.fields.get(ACTING_FOR)
    row = helping.one(reader(), uuid.UUID(mandate[0])) if mandate else None
    return row.person_id if row is not None else None


def _kept() -> Any:
    wanted = request.args.get("giu", "")
    account_id = current_user.actor.account_id if current_user.is_authenticated else None
    if account_id is None or not wanted or wanted != session.get("kept"):
        return None
    try:
        kept = people.kept_form(reader(), uuid.UUID(wanted), account_id)
    except ValueError:
        return None
    return None if kept is None or kept.path != request.path else kept
