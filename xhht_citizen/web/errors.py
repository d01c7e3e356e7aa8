"""Domain errors and HTTP errors become pages here, once."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, g, render_template, request, session
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from xhht_citizen.access.rules import ANONYMOUS
from xhht_citizen.database import AlreadyThere
from xhht_citizen.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany
from xhht_citizen.web.forms import say
from xhht_citizen.web.guard import actor, asked_by_script, ended, signed_out
from xhht_citizen.web.keeping import ask_to_sign_in, keep_typed

log = structlog.get_logger()

STATUS: dict[type[DomainError], int] = {NotFound: 404, Forbidden: 403, Conflict: 409, Invalid: 422, TooMany: 429}


def page(status: int, message: str, *, back: str | None = None, back_text: str | None = None) -> tuple[Any, int]:
    """The one error page. `back` is where to go on, `back_text` what that is called. A script gets the words alone."""
    g.failed = True
    if asked_by_script():
        return {"message": message}, status
    return render_template(
        "errors/error.html", status=status, message=message, back_url=back, back_text=back_text
    ), status


def install(app: Flask) -> None:
    """Map every error of the domain and of HTTP."""

    @app.errorhandler(DomainError)
    def domain(error: DomainError) -> Any:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
        back = request.path if status == 409 and request.method == "POST" and _opens(app) else None
        return page(status, say(error), back=back, back_text=_("Xem trạng thái mới") if back else None)

    @app.errorhandler(AlreadyThere)
    def faster(error: AlreadyThere) -> Any:
        """Two wrote the same at once, and no action could have seen it coming: as any other Conflict.

        A script of ours tries again by itself after a 503; a 409 it would show as something to be mended.
        """
        if "writer" in g:
            g.writer.rollback()  # before what was typed is kept, in a transaction of its own
        message = _("Có người vừa ghi cùng lúc, nên lần này chưa lưu. Xin mở lại rồi gửi lần nữa.")
        if asked_by_script():
            return page(503, message)
        back = keep_typed() if request.method == "POST" and _opens(app) else None
        return page(409, message, back=back, back_text=_("Mở lại trang đã điền") if back else None)

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Any:
        if asked_by_script():
            return signed_out() if actor().account_id is None else ({"error": "token"}, 400)
        if actor().account_id is not None and "expired" not in str(error.description) and session.pop("switched", None):
            return ended(None)
        view = app.view_functions.get(request.endpoint or "")
        if actor().account_id is None:
            if getattr(view, "permission", "public") != "public":
                return ask_to_sign_in()
            return page(
                400, _("Trang đã mở quá lâu. Xin mở lại rồi gửi lần nữa."), back=request.path, back_text=_("Mở lại")
            )
        return page(
            400,
            _("Trang đã mở quá lâu nên chưa gửi đi. Những gì ông/bà đã gõ vẫn còn, trừ tệp và mật khẩu."),
            back=keep_typed(),
            back_text=_("Mở lại trang đã điền"),
        )

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(error: RequestEntityTooLarge) -> Any:
        return page(413, _("Tệp gửi lên quá lớn. Mỗi tệp tối đa 10 MB, xin chọn ảnh nhỏ hơn."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Any:
        status = error.code or 500
        if status < 400:
            return error
        if status in {404, 405}:
            return page(status, _("Địa chỉ này không có, hoặc đã đổi."))
        return page(status, _("Yêu cầu chưa đúng. Xin quay lại và thử lần nữa."))

    @app.errorhandler(Exception)
    def crash(error: Exception) -> Any:
        if app.testing or app.debug:
            raise error
        # The path names no person; the exception's text may, so only its type and place are logged.
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        g.actor = ANONYMOUS  # the page must come even when the database does not
        log.error("crash", error=type(error).__name__, where=where, endpoint=request.endpoint)
        return page(500, _("Lỗi ở phía máy chủ, không phải tại ông/bà. Xin thử lại sau ít phút."))


def _opens(app: Flask) -> bool:
    return any(rule.endpoint == request.endpoint and "GET" in (rule.methods or ()) for rule in app.url_map.iter_rules())
