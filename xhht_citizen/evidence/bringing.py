"""What a phone sends late: written where nobody was faster, left alone and told of where somebody was."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from xhht_citizen.errors import N_, Forbidden, NotFound
from xhht_citizen.evidence.actions import Details, add, check_details, edit, held, said, said_of
from xhht_citizen.evidence.files import Store
from xhht_citizen.evidence.models import Evidence
from xhht_citizen.phones.rules import Said, changed_meanwhile

NOT_FOUND = N_("Không tìm thấy việc học này.")
GONE = N_("Việc học này đã bị bỏ ở nơi khác. Bấm “Gửi lại” để ghi thành một việc mới, hoặc xóa khỏi máy.")


def bring(
    db: Session,
    store: Store,
    *,
    evidence_id: uuid.UUID,
    person_id: uuid.UUID,
    ward_code: str | None,
    details: Details,
    seen: list[Said],
    account_id: uuid.UUID | None,
    today: date,
    correction: bool = False,
) -> tuple[Evidence, bool]:
    """Write what a phone sends late: new, or over what the phone has `seen`.

    Returns the row and whether it was written. It was not when somebody changed it meanwhile to something else.
    NotFound for a `correction` of what was withdrawn meanwhile: it is not made anew.
    """
    row = held(db, evidence_id)
    if correction and (row is None or row.withdrawn_at is not None):
        raise NotFound(GONE)
    if row is None:
        made = add(
            db,
            store,
            evidence_id=evidence_id,
            person_id=person_id,
            ward_code=ward_code,
            details=details,
            files=[],
            account_id=account_id,
            today=today,
        )
        return made, True
    if row.person_id != person_id:
        raise Forbidden(N_("Không lưu được: mã của biểu mẫu đã thuộc về người khác."))
    if row.certificate_ref and not any(one.texts.get("certificate_ref") for one in seen):
        # Read off a photo that this phone sent before: who never saw the number did not take it away.
        details = replace(details, certificate_ref=details.certificate_ref or row.certificate_ref)
    check_details(details, today)
    if said_of(details) == said(row):
        return row, True
    if changed_meanwhile(said_of(details), seen, said(row)):
        return row, False
    return edit(db, row.id, details, version=row.version, account_id=account_id, today=today), True
