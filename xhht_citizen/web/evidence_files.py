"""The files of something learned: added, taken off, and sent to whoever may see them."""

from __future__ import annotations

import io
import re
import uuid
from functools import partial
from typing import Any

from flask import flash, redirect, send_file, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_
from xhht_citizen.evidence import actions, queries
from xhht_citizen.evidence.references import CARD
from xhht_citizen.web.evidence import FilesForm, Seen, bp, case_behind, note_look, one_of_mine, page_of
from xhht_citizen.web.guard import Response, actor, found, needs
from xhht_citizen.web.keeping import typed_on
from xhht_citizen.web.paper_codes import tell_code
from xhht_citizen.web.transactions import after_commit, reader, store, writer

# A file may draw itself and nothing more: no script, no form, no other address, in nobody's frame.
SANDBOX = "default-src 'none'; frame-ancestors 'none'; sandbox"


def _file(evidence_id: uuid.UUID, file_id: uuid.UUID) -> tuple[Any, Thing]:
    row, thing = one_of_mine(evidence_id)
    return (row, file_id), thing


def _bytes(file_id: uuid.UUID) -> tuple[Seen, Thing]:
    row = found(queries.file(reader(), file_id), N_("Không tìm thấy tệp này."))
    case, thing = case_behind(row.evidence)
    return Seen(row, case), thing


@bp.post("/minh-chung/<uuid:evidence_id>/tep")
@needs("evidence.change", one_of_mine)
@typed_on("evidence.view")
def add_files(row: Any) -> Any:
    """Add papers to something written down."""
    form = FilesForm()
    if form.validate_on_submit():
        with form.catching():
            files = form.cleaned()
            if files:
                known = row.certificate_ref
                row = actions.attach(
                    writer(), store(), row.id, files, account_id=actor().account_id, today=clock.today()
                )
                flash(_("Đã thêm tệp."), "yes")
                if any(file.clean.note == CARD for file in files):
                    flash(_(CARD), "miss")
                tell_code(row.certificate_ref if not known else None, form.ours)
            else:
                flash(_("Chưa chọn tệp nào."), "miss")
            return redirect(url_for(".view", evidence_id=row.id), 303)
    return page_of(row, form)


@bp.post("/minh-chung/<uuid:evidence_id>/tep/<uuid:file_id>/bo")
@needs("evidence.change", _file)
def remove_file(loaded: tuple[Any, uuid.UUID]) -> Response:
    """Take one paper off."""
    row, file_id = loaded
    key = actions.detach(writer(), row.id, file_id, account_id=actor().account_id)
    after_commit(partial(store().delete, key))
    flash(_("Đã bỏ tệp."), "yes")
    return redirect(url_for(".view", evidence_id=row.id), 303)


@bp.get("/tep/<uuid:file_id>")
@needs("evidence.view", _bytes)
def file(seen: Seen) -> Response:
    """The bytes of one paper, as the database says what they are."""
    row = seen.row
    note_look(seen.case, "evidence.file")
    content = store().get(row.storage_key)
    extension = row.storage_key.rpartition(".")[2]
    stem = re.sub(r"[^\w .()-]", "", row.original_name.rpartition(".")[0] or row.original_name).strip(" .") or "tep"
    response = send_file(
        io.BytesIO(content), mimetype=row.content_type, download_name=f"{stem[:80]}.{extension}", etag=row.sha256
    )
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
