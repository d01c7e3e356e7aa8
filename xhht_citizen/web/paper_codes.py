"""QR codes in pictures of certificates: what is said about them, and codes of this app that lead elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import current_app, flash, request
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from xhht_citizen.errors import N_
from xhht_citizen.evidence.actions import NewFile
from xhht_citizen.evidence.references import own_path

# What a code of this app may be on paper: what to say, and what the link says.
PAGES = {
    "public.verify_result": (
        N_("Mã trong ảnh là của giấy công nhận do chính trang này cấp."),
        N_("Xem giấy công nhận"),
    ),
    "activities.attend": (
        N_("Mã trong ảnh là mã ở cửa một buổi học. Mở trang của buổi ấy để ghi là ông/bà có mặt."),
        N_("Mở trang có mặt"),
    ),
}


@dataclass(frozen=True)
class OwnPage:
    """A page of this app that a code leads to."""

    endpoint: str
    path: str


def own_page(code: str) -> OwnPage | None:
    """The page of this app that a code on paper leads to; None when it is another's."""
    bases = {request.url_root.rstrip("/").lower(), (current_app.config["XHHT"].public_url or "").rstrip("/").lower()}
    path = own_path(code, frozenset(bases - {""}))
    adapter = current_app.create_url_adapter(request)
    if path is None or adapter is None:
        return None
    try:
        endpoint = adapter.match(path.partition("?")[0], method="GET")[0]
    except (HTTPException, RequestRedirect):
        return None
    return OwnPage(endpoint, path) if endpoint in PAGES else None


def part_own_codes(files: Iterable[NewFile]) -> tuple[OwnPage | None, list[NewFile]]:
    """The first page of this app that a picture's code leads to, and the files without such codes."""
    page, kept = None, []
    for file in files:
        ours = own_page(file.clean.code) if file.clean.code else None
        page = page or ours
        kept.append(replace(file, clean=replace(file.clean, code="")) if ours else file)
    return page, kept


def tell_code(read: str | None, ours: OwnPage | None) -> None:
    """Say what was read off a picture, and where a code of this app leads."""
    if read:
        flash(_("Đã đọc mã trên giấy: %(code)s", code=read), "info")
    if ours:
        said, words = PAGES[ours.endpoint]
        flash(Markup('{} <a href="{}">{}</a>').format(_(said), ours.path, _(words)), "info")
