"""The inbox: what one was told about one's cases and work, the newest first."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_
from xhht_citizen.notices import actions, queries
from xhht_citizen.notices.queries import Reader
from xhht_citizen.notices.rules import NOTICES, STATES
from xhht_citizen.web import paging
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.pushing import push_section
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("notices", __name__)


def who_reads() -> Reader:
    """The account signed in, and the person it stands for."""
    return Reader(actor().account_id, actor().person_id)


def unread() -> int:
    """How many notices wait for whoever looks; one statement. None for who acts for somebody: the inbox, where people
    are warned of their helpers too, is closed to these.
    """
    return queries.unread(reader(), who_reads()) if allowed("notice.inbox") else 0


def a_notice(notice_id: uuid.UUID) -> tuple[Any, Thing]:
    """Load a notice; it is for its reader only."""
    one = found(queries.notice(reader(), notice_id), N_("Không tìm thấy thông báo này."))
    return one, Thing(person_id=one.person_id, owner_id=one.account_id)


@bp.get("/thong-bao")
@needs("notice.inbox")
def inbox() -> Any:
    """What one was told; following a line marks it as read."""
    rows, more = paging.cut(
        queries.inbox(reader(), who_reads(), after=paging.read_id(request.args.get("sau", "")), limit=paging.PAGE + 1)
    )
    return render_template(
        "notices/inbox.html",
        rows=[(one, NOTICES[one.kind], dict(one.values)) for one in rows],
        unread=unread(),
        newest=rows[0].id if rows else None,
        next_url=url_for("notices.inbox", sau=str(rows[-1].id)) if more else None,
        first_url=url_for("notices.inbox") if request.args.get("sau") else None,
        push=None if request.args.get("sau") else push_section(),
    )


@bp.post("/thong-bao/<uuid:notice_id>")
@needs("notice.read", a_notice)
def follow(one: Any) -> Any:
    """Mark it as read and go to what it is about."""
    actions.mark_read(writer(), one.id)
    return redirect(one.path or url_for("notices.inbox"), 303)


@bp.post("/thong-bao/da-doc")
@needs("notice.inbox")
def read_all() -> Any:
    """Mark everything up to the newest one that was on the page as read."""
    upto = paging.read_id(request.form.get("den", ""))
    count = actions.mark_all_read(writer(), who_reads(), upto) if upto else 0
    flash(
        ngettext("Đã đánh dấu %(num)s thông báo là đã đọc.", "Đã đánh dấu %(num)s thông báo là đã đọc.", count), "yes"
    )
    return redirect(url_for("notices.inbox"), 303)


@bp.get("/quan-tri/tin-bao")
@needs("admin.outbox")
def outbox() -> Any:
    """How notices leave: which channels there are, how many stand where, what went wrong lately. No address."""
    settings = current_app.config["XHHT"]
    counts = queries.outbox(reader())
    names = {"email": _("Thư điện tử"), "hook": _("Cổng tin nhắn"), "push": _("Báo trên máy")}
    set_up = {"email": settings.smtp_url, "hook": settings.hook_url, "push": settings.push_key}
    states = [(state, _(label)) for state, label in STATES.items()]
    return render_template(
        "notices/outbox.html",
        heads=[_("Đường gửi"), *((label, "n") for _state, label in states)],
        names=names,
        channels=[(channel, label, set_up[channel]) for channel, label in names.items()],
        states=states,
        counts=counts,
        troubles=queries.troubles(reader()),
    )
