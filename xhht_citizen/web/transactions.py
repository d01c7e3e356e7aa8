"""One transaction a request: reads in a read-only one, writes in one that commits after a non-GET below 400."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request, session
from sqlalchemy.orm import Session

from xhht_citizen.audit import also, record_looks
from xhht_citizen.database import Database
from xhht_citizen.evidence.files import Store

log = structlog.get_logger()
SHOWN = {200, 409, 422}  # a form that is refused stands on the page with everything the page shows
SAVED_BY_ITSELF = "X-Xhht-Draft"  # names the requests of static/drafts.js
PRIMARY_SECONDS = 5  # how long somebody who has just written reads from the primary, not from a replica


def database() -> Database:
    """The process's database."""
    return current_app.extensions["xhht_database"]  # type: ignore[no-any-return]


def store() -> Store:
    """The process's file store."""
    return current_app.extensions["xhht_store"]  # type: ignore[no-any-return]


def reader() -> Session:
    """The request's reading session; its transaction refuses writes."""
    if "reader" not in g:
        recent = time.time() - session.get("wrote", 0) < PRIMARY_SECONDS
        g.reader = database().read(primary=recent or request.method not in {"GET", "HEAD"})
    return g.reader  # type: ignore[no-any-return]


def writer() -> Session:
    """The request's writing session, begun when first used; a GET has none."""
    if request.method in {"GET", "HEAD"}:
        raise RuntimeError("a GET cannot write")
    if "writer" not in g:
        # A snapshot taken before the write would show yesterday's rows on the page after it.
        g.writer = database().write()
        also(g.writer, g.get("marks", {}))
    return g.writer  # type: ignore[no-any-return]


def wrote() -> None:
    """Say that an own transaction has just written, so that the next page is not read from a replica that lags.

    Not for what a page saves by itself while somebody types: an answer that comes late would put back the cookie of
    then, after somebody has signed in or changed for whom they act.
    """
    if current_app.config["XHHT"].replica_url and SAVED_BY_ITSELF not in request.headers:
        session["wrote"] = time.time()


def mark(detail: dict[str, str]) -> None:
    """Every audit link of this request says this too: for whom its account acts."""
    g.marks = detail
    if "writer" in g:
        also(g.writer, detail)


def before_commit(check: Callable[[Session], Any]) -> None:
    """Ask once more when all is written: a check that answers has rolled back, and its answer is sent instead."""
    g.setdefault("before_commit", []).append(check)


def after_commit(act: Callable[[], None]) -> None:
    """Run something once the request's transaction is safe, such as removing a file no row points at any more."""
    g.setdefault("after_commit", []).append(act)


def looked_at(person_id: object, ward_code: str, screen: str) -> None:
    """Remember that this page shows somebody else's record; kept after the page is made, in its own transaction.

    A page that shows several people says it for each of them.
    """
    g.setdefault("looks", []).append({"person_id": person_id, "ward_code": ward_code, "screen": screen})


def install(app: Flask) -> None:
    """Hang the transactions on the app."""

    @app.after_request
    def commit(response: Response) -> Response:
        writing: Session | None = g.get("writer")
        if writing is not None:
            if response.status_code < 400 and not g.get("failed"):
                for check in g.get("before_commit", []):
                    refused: Response | None = check(writing)
                    if refused is not None:
                        return refused
                writing.commit()
                wrote()
                _tidy()
            else:
                writing.rollback()
        if response.status_code in SHOWN and g.get("looks"):
            record_looks(database(), account_id=g.actor.account_id, looks=g.looks)
        return response

    @app.teardown_request
    def close(error: BaseException | None) -> None:
        for name in ("writer", "reader"):
            opened = g.pop(name, None)
            if opened is not None:
                opened.close()


def _tidy() -> None:
    """What waited for the commit: the answer is true already, so nothing that fails here may take it back."""
    for act in g.get("after_commit", []):
        try:
            act()
        except Exception as error:
            log.error("after commit", error=type(error).__name__, endpoint=request.endpoint)
