"""Long work one asked for: how far it is, what it left to fetch. The page may be closed meanwhile."""

from __future__ import annotations

import io
import uuid
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.jobs import actions, queries
from xhht_citizen.jobs.rules import ENDED, KEPT_DAYS, STATE_LABELS, State, share
from xhht_citizen.web import paging
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.transactions import reader, store, writer

bp = Blueprint("jobs", __name__)


def own_job(job_id: uuid.UUID) -> tuple[Any, Thing]:
    """Load a job. Its owner sees it while they may still do in its place what they asked for."""
    job = found(queries.job(reader(), job_id), N_("Không tìm thấy việc này."))
    place = access.thing(reader(), ward_code=job.ward_code, community_id=job.community_id)
    place = replace(place, province_code=job.province_code or place.province_code)
    if job.account_id == actor().account_id and not allowed(job.permission, place):
        raise Forbidden(N_("Ông/bà không còn quyền làm việc này ở đây."))
    return job, replace(place, owner_id=job.account_id)


def title_of(job: Any) -> str:
    """Its title in the reader's language where it is a marked sentence; else as it was said when asked for."""
    return str(_(job.title))


@bp.get("/viec-may")
@needs("account.own")
def mine() -> Any:
    """What one asked for, the newest first."""
    who = actor().account_id
    assert who is not None  # noqa: S101 (the permission asks for an account)
    rows, more = paging.cut(
        queries.of_account(reader(), who, after=paging.read_id(request.args.get("sau", "")), limit=paging.PAGE + 1)
    )
    return render_template(
        "jobs/mine.html",
        rows=rows,
        labels=STATE_LABELS,
        share=share,
        title_of=title_of,
        next_url=url_for("jobs.mine", sau=str(rows[-1].id)) if more else None,
        first_url=url_for("jobs.mine") if request.args.get("sau") else None,
    )


@bp.get("/viec-may/<uuid:job_id>")
@needs("job.view", own_job)
def one(job: Any) -> Any:
    """How far it is. The page looks again by itself until it has ended."""
    state = State(job.state)
    return render_template(
        "jobs/one.html",
        job=job,
        title=title_of(job),
        state=state,
        ended=state in ENDED,
        label=STATE_LABELS[state],
        percent=share(job.done, job.total),
        reason=_(job.reason, **(job.result or {}).get("values", {})) if job.reason else None,
        back=job.payload.get("back"),
        kept_days=KEPT_DAYS,
    )


@bp.post("/viec-may/<uuid:job_id>/dung")
@needs("job.view", own_job)
def stop(job: Any) -> Any:
    """Stop it; what was done so far stays."""
    if actions.stop(writer(), job.id):
        flash(_("Đã dừng. Phần đã làm xong vẫn giữ nguyên."), "yes")
    else:
        flash(_("Việc này đã kết thúc từ trước."), "info")
    return redirect(url_for("jobs.one", job_id=job.id), 303)


@bp.get("/viec-may/<uuid:job_id>/tep")
@needs("job.view", own_job)
def file(job: Any) -> Any:
    """What it left to fetch."""
    if job.file_key is None or job.state != State.DONE:
        raise NotFound(N_("Việc này chưa có tệp để tải."))
    content = store().get(job.file_key)
    return send_file(io.BytesIO(content), mimetype=job.file_type, as_attachment=True, download_name=job.file_name)
