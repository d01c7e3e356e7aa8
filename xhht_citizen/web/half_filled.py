"""A form somebody is filling in: what waits on the page, putting it aside, and that it was sent.

A draft belongs to an account and the person it is about, so a helper's words stand in no other person's form.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import current_app, flash, request, session
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from xhht_citizen import clock
from xhht_citizen.applications.rules import open_year
from xhht_citizen.database import now
from xhht_citizen.phones import drafting
from xhht_citizen.phones.drafting import LONGEST_PATH, Typed
from xhht_citizen.web.guard import actor
from xhht_citizen.web.keeping import NOT_KEPT, files_sent, is_too_long, page_of_form, without_secrets
from xhht_citizen.web.offline import of_a_resident
from xhht_citizen.web.transactions import before_commit, reader, writer

DRAFT = "draft"  # the value of the button "Lưu và tiếp tục"
TOO_LONG = "long"
LATEST = 8_640_000_000_000_000  # the last millisecond a script knows


@dataclass(frozen=True)
class Saving:
    """What a page needs to save what is typed on it.

    `now` is the server's clock as the page was made and `since` until when drafts are known here, both in milliseconds;
    `unsaved`: what stands in the form was typed before and is in no draft yet; `at` is when the draft that fills the
    form was typed; `without` names the fields that no draft holds, here or on the phone.
    """

    page: str
    who: str
    now: int
    since: int
    unsaved: bool
    at: datetime | None
    without: str


def page_key() -> str:
    """Which page this is, or was sent: the address, and the year where it asks for one."""
    nam, path = request.args.get("nam", ""), page_of_form() or request.path
    return f"{path}?nam={nam}" if re.fullmatch(r"[0-9]{4}", nam) else path


def whose() -> tuple[uuid.UUID, uuid.UUID] | None:
    """The account that types and the person it is about; None for who has no record."""
    who = actor()
    return (who.account_id, who.person_id) if who.account_id is not None and who.person_id is not None else None


def is_saved_here() -> bool:
    """Whether what is typed on this page may be saved while it is typed: by a resident, on a resident's page."""
    who = actor()
    return whose() is not None and who.consented and of_a_resident(who, request.blueprint)


def who_key() -> str:
    """Whose words these are, said so that nobody else can tell who."""
    secret = str(current_app.config["XHHT"].secret_key)
    return hmac.new(secret.encode(), f"draft|{whose()}".encode(), hashlib.sha256).hexdigest()[:24]


def waiting(*, of_a_year: bool) -> Typed | None:
    """What waits on this page; its fields are empty where it was sent."""
    who = whose()
    typed = drafting.waiting(reader(), *who, page_key()) if who is not None else None
    if typed is None or not of_a_year or "nam" in request.args:
        return typed
    return typed if open_year(clock.local(typed.at).date()) == open_year(clock.today()) else None


def as_sent(typed: Typed) -> MultiDict[str, str] | None:
    """A draft as if the form had been sent with it; None when nothing waits."""
    if not typed.fields:
        return None
    return MultiDict((name, value) for name, values in typed.fields.items() for value in values)


def saving(draft: Typed | None, fields: Iterable[str], *, fresh: bool) -> Saving | None:
    """What the page with these fields needs; `fresh` when it shows what is stored or drafted, not just sent or kept."""
    if whose() is None:
        return None
    moment = milliseconds(now())
    since = (milliseconds(draft.at) if draft else 0) if fresh else moment
    filled = draft.at if draft is not None and draft.fields else None
    without = " ".join(name for name in fields if name in NOT_KEPT)
    return Saving(page_key(), who_key(), moment, since, unsaved=not fresh, at=filled, without=without)


def milliseconds(moment: datetime) -> int:
    """A moment as scripts count; rounded up, so that what was typed at it is not taken for newer."""
    return int(moment.timestamp() * 1000) + 1


def put(path: str, fields: dict[str, list[str]], typed: datetime | None = None) -> str:
    """Keep what was typed on a page: "saved", "late" when later words or the sent form are here, or "long"."""
    fields, who = without_secrets(fields.items()), whose()
    fields.pop("then", None)
    if is_too_long(fields) or who is None:
        return TOO_LONG
    saved = drafting.save(writer(), *who, path, fields, typed=typed, ward_code=actor().ward_code)
    return "saved" if saved else "late"


def put_aside() -> None:
    """ "Lưu và tiếp tục": the words of the form that was sent are kept as they are."""
    if put(page_key(), dict(request.form.lists())) == TOO_LONG:
        flash(_("Bản nháp dài quá nên chưa lưu được. Chữ vẫn còn ở dưới, xin viết ngắn hơn."), "bad")
        return
    flash(_("Đã lưu bản nháp. Xin làm tiếp; để lúc khác cũng được, mở lại trang này là thấy."), "yes")
    if files_sent():
        flash(_("Ảnh, tệp vừa chọn không nằm trong bản nháp. Xin chọn lại trước khi lưu."), "miss")


def is_sent() -> None:
    """The form was sent and is right: its draft goes with the transaction that writes it, here and on the phone."""
    who, page = whose(), page_key()
    if who is None:
        return

    def drop(db: Any) -> None:
        drafting.drop(db, *who, page)
        session["sent"] = page

    before_commit(drop)


def has_arrived() -> None:
    """A phone sent a page's words in its own way: their draft goes with it, what was typed since stays."""
    who, page = whose(), named_page("draft")
    if who is not None and page is not None:
        drafting.arrived(writer(), *who, page, typed_at())


def typed_on() -> date:
    """The day, here, on which a script says something was typed; never one that has yet to come."""
    return min(clock.local(min(typed_at(), now())).date(), clock.today())


def named_page(field: str) -> str | None:
    """The page a script says something was typed on, if it is one of a resident's."""
    page = request.form.get(field, "")
    path, _mark, _year = page.partition("?")
    if len(page) > LONGEST_PATH or not re.fullmatch(r"/[^/\\?#\s][^\\?#\s]*(\?nam=[0-9]{4})?", page):
        return None
    try:
        endpoint, _values = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return None
    return page if of_a_resident(actor(), endpoint.split(".")[0]) else None


def typed_at() -> datetime:
    """When a script says something was typed, by the server's clock as its page knew it."""
    text = request.form.get("typed", "")
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > LATEST:
        return now()
    try:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return now()
