"""What is typed and not sent yet, as pages save it while somebody types, and how it is thrown away."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, current_app, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from xhht_citizen.database import now
from xhht_citizen.phones import drafting
from xhht_citizen.phones.drafting import LONGEST_PATH
from xhht_citizen.web import half_filled
from xhht_citizen.web.guard import found, needs
from xhht_citizen.web.offline import OURS
from xhht_citizen.web.transactions import writer

bp = Blueprint("drafts", __name__)
LATEST = 8_640_000_000_000_000  # the last millisecond a script knows


@bp.post("/nhap")
@needs("draft.keep")
def save() -> Any:
    """Keep what a page's script saw typed. `typed` is when, by the server's clock as the page knows it."""
    page, fields = _page(), _fields()
    if request.form.get("who") != half_filled.who_key():  # typed as somebody else, before the device changed hands
        return jsonify(state="other"), 409
    if page is None or fields is None:
        return jsonify(state="wrong"), 422
    state = half_filled.put(page, fields, _typed())
    return jsonify(state=state), 422 if state == half_filled.TOO_LONG else 200


@bp.post("/nhap/bo")
@needs("draft.keep")
def drop() -> Any:
    """Throw a draft away, and show the page as it is without it."""
    page = str(found(_page()))
    account_id, person_id = found(half_filled.whose())
    drafting.drop(writer(), account_id, person_id, page)
    session["sent"] = page
    flash(_("Đã bỏ bản nháp."), "yes")
    return redirect(page, 303)


def _page() -> str | None:
    """The page it was typed on, if it is one of a resident's."""
    page = request.form.get("path", "")
    path, _mark, _year = page.partition("?")
    if len(page) > LONGEST_PATH or not re.fullmatch(r"/[^/\\?#\s][^\\?#\s]*(\?nam=[0-9]{4})?", page):
        return None
    try:
        endpoint, _values = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return None
    return page if endpoint.split(".")[0] in OURS else None


def _fields() -> dict[str, list[str]] | None:
    try:
        fields = json.loads(request.form.get("fields", ""))
    except ValueError:
        return None
    right = isinstance(fields, dict) and all(
        isinstance(values, list) and all(isinstance(value, str) and "\0" not in value for value in values)
        for values in fields.values()
    )
    return fields if right and not any("\0" in name for name in fields) else None


def _typed() -> datetime:
    text = request.form.get("typed", "")
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > LATEST:
        return now()
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return now()


@bp.app_context_processor
def sent() -> dict[str, Any]:
    """The page that was sent just now, said once: the phone forgets what it kept of it."""
    return {"sent": session.pop("sent", None), "drop_draft": url_for("drafts.drop")}
