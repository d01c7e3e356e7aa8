"""Notices on one's own browser: switched on where one sits, off from anywhere."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _

from xhht_citizen.errors import DomainError
from xhht_citizen.notices import devices
from xhht_citizen.notices.keys import public_key
from xhht_citizen.notices.queries import Shows, shows
from xhht_citizen.web.context import language
from xhht_citizen.web.errors import page
from xhht_citizen.web.forms import say
from xhht_citizen.web.guard import actor, allowed, for_script, needs, session_start
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("pushing", __name__)


@dataclass(frozen=True)
class Section:
    """What the inbox says of it: the key a browser asks for, the browsers that show notices, whether this one does."""

    key: str
    rows: list[Shows]
    here: bool


def push_section() -> Section | None:
    """One's own browsers; None where the settings name no key, or for whom there is nothing to show."""
    key = current_app.config["XHHT"].push_key
    if not key or not allowed("notice.push"):
        return None
    account_id, session_id = _who()
    rows = shows(reader(), account_id, session_start())
    return Section(public_key(key), rows, any(row.session_id == session_id for row in rows))


@bp.post("/thong-bao/may")
@needs("notice.push")
def on() -> Any:
    """This browser shows notices from now on."""
    try:
        devices.agree(writer(), *_who(), _given(), lang=language(), hosts=current_app.config["XHHT"].push_hosts)
    except DomainError as refused:
        return page(422, say(refused), back=url_for("notices.inbox"), back_text=_("Thông báo"))
    flash(_("Từ nay máy này tự báo khi có tin mới."), "yes")
    return redirect(url_for("notices.inbox", _anchor="push"), 303)


@bp.post("/thong-bao/may/doi")
@needs("notice.push")
@for_script
def renew() -> Any:
    """This browser was given another address; its script says so, and hears 204 or 409."""
    hosts = current_app.config["XHHT"].push_hosts
    devices.renew(writer(), *_who(), _given(), instead=request.form.get("instead", ""), hosts=hosts)
    return "", 204


@bp.post("/thong-bao/may/<uuid:subscription_id>/thoi")
@needs("notice.push")
def off(subscription_id: uuid.UUID) -> Any:
    """One of the account's browsers shows nothing any more; another account's is not touched."""
    devices.end(writer(), _who()[0], subscription_id)
    flash(_("Máy ấy không báo nữa."), "yes")
    return redirect(url_for("notices.inbox", _anchor="push"), 303)


def _who() -> tuple[uuid.UUID, uuid.UUID]:
    account_id, session_id = actor().account_id, actor().session_id
    assert account_id is not None  # noqa: S101 (the guard let nobody else in)
    assert session_id is not None  # noqa: S101
    return account_id, session_id


def _given() -> devices.Given:
    return devices.Given(*(request.form.get(name, "").strip() for name in ("endpoint", "p256dh", "auth")))
