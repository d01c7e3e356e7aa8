"""What is typed and not sent yet, as pages save it while somebody types, and how it is thrown away."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, session, url_for
from flask_babel import gettext as _

from xhht_citizen.phones import drafting
from xhht_citizen.web import half_filled
from xhht_citizen.web.guard import found, needs
from xhht_citizen.web.transactions import writer

bp = Blueprint("drafts", __name__)


@bp.post("/nhap")
@needs("draft.keep")
def save() -> Any:
    """Keep what a page's script saw typed. `typed` is when, by the server's clock as the page knows it."""
    page, fields = half_filled.named_page("path"), _fields()
    if request.form.get("who") != half_filled.who_key():  # typed as somebody else, before the device changed hands
        return jsonify(state="other"), 409
    if page is None or fields is None:
        return jsonify(state="wrong"), 422
    state = half_filled.put(page, fields, half_filled.typed_at())
    return jsonify(state=state), 422 if state == half_filled.TOO_LONG else 200


@bp.post("/nhap/bo")
@needs("draft.keep")
def drop() -> Any:
    """Throw a draft away, and show the page as it is without it."""
    page = str(found(half_filled.named_page("path")))
    account_id, person_id = found(half_filled.whose())
    drafting.drop(writer(), account_id, person_id, page)
    session["sent"] = page
    flash(_("Đã bỏ bản nháp."), "yes")
    return redirect(page, 303)


def _fields() -> dict[str, list[str]] | None:
    try:
        fields = json.loads(request.form.get("fields", ""))
    except (ValueError, RecursionError):
        return None
    right = isinstance(fields, dict) and all(
        isinstance(values, list) and all(isinstance(text, str) and _is_text(text) for text in [name, *values])
        for name, values in fields.items()
    )
    return fields if right else None


def _is_text(text: str) -> bool:
    """Whether the database can keep it and a page show it: no NUL, no half of a sign."""
    return "\0" not in text and text.encode("utf-8", "ignore").decode() == text


@bp.app_context_processor
def sent() -> dict[str, Any]:
    """The page that was sent just now, said once: the phone forgets what it kept of it."""
    return {"sent": session.pop("sent", None), "drop_draft": url_for("drafts.drop")}
