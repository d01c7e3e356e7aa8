"""Certificates (giấy công nhận): one as PDF, or those of a whole decision in one PDF, made by a job part by part.

Each carries a QR code of a short link to its public page, and the same code to be typed. Points are not printed.
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from xhht_citizen.batches import letterheads
from xhht_citizen.batches import queries as batches
from xhht_citizen.batches.rules import Words, authority, day_words, signature
from xhht_citizen.errors import N_, Conflict, NotFound
from xhht_citizen.exports.paper import PDF
from xhht_citizen.exports.typesetting import qr, typeset
from xhht_citizen.groups.rules import KIND_LABELS, Kind
from xhht_citizen.jobs.actions import Asked, Claimed, ask
from xhht_citizen.jobs.workshop import Store, Workshop
from xhht_citizen.places import queries as places
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import shown_code

PRINT = "certificates.print"
PART = 100  # certificates a step: half a second, and no more is lost with a worker
HONORIFICS: Mapping[Kind, str] = {Kind.CITIZEN: "Ông (bà)", Kind.HOUSEHOLD: "Gia đình ông (bà)"}


def link(base: str, code: str) -> str:
    """The public page of a certificate; `base` is the address the app is reached at."""
    return f"{base}/kiem-tra/{code}"


def of_title(db: Session, title_id: uuid.UUID, base: str) -> bytes:
    """One certificate as PDF. NotFound where there is no such title, Conflict where it was taken back."""
    title = titles.title(db, title_id)
    if title is None:
        raise NotFound(N_("Không tìm thấy danh hiệu này."))
    if title.revoked_at is not None:
        raise Conflict(N_("Danh hiệu đã bị thu hồi nên không in giấy công nhận nữa."))
    return _typeset(db, [title], base)


def ask_to_print(
    db: Session,
    decision: Any,
    *,
    title: str,
    base: str,
    back: str,
    account_id: uuid.UUID | None,
    count: int,
    job_id: uuid.UUID,
) -> uuid.UUID:
    """Put the printing of a decision's certificates into the queue."""
    return ask(
        db,
        Asked(
            PRINT,
            title,
            "decision.view",
            account_id,
            {"decision": str(decision.id), "base": base, "back": back},
            ward_code=None if decision.province_code else decision.ward_code,
            province_code=decision.province_code,
            total=count,
            id=job_id,
        ),
    )


def print_all(claimed: Claimed, shop: Workshop) -> None:
    """The handler: a PDF for each part, kept as it is made, and all of them joined in the order of the list.

    Taken up again, it goes on after the last part that was kept. Titles taken back meanwhile are not printed.
    """
    decision_id, base = uuid.UUID(claimed.payload["decision"]), claimed.payload["base"]
    with shop.database.read(primary=True) as db:
        decision = titles.decision(db, decision_id)
        if decision is None:
            raise NotFound(N_("Không tìm thấy quyết định này."))
        order = [line.id for line in batches.decided_lines(db, decision_id, valid=True)]
        if not order:
            raise Conflict(N_("Quyết định này không còn danh hiệu nào có hiệu lực để in."))
    cursor = claimed.cursor or {"keys": [], "ids": [str(key) for key in order]}
    ids, keys = [uuid.UUID(key) for key in cursor["ids"]], list(cursor["keys"])
    for begin in range(len(keys) * PART, len(ids), PART):
        with shop.database.read(primary=True) as db:
            pdf = _part(db, ids[begin : begin + PART], base)
        # The claim's own number is for the whole; its parts have numbers no claim has.
        key = f"jobs/{claimed.id}/{claimed.number * 1000 + begin // PART}"
        shop.store.put(key, pdf)
        keys.append(key)
        with claimed.step() as db:
            done = min(begin + PART, len(ids))
            claimed.came_to(db, done=done, total=len(ids), cursor={"keys": keys, "ids": cursor["ids"]})
    whole = join(shop.store, keys)
    file_key = f"jobs/{claimed.id}/{claimed.number}"
    shop.store.put(file_key, whole)
    with claimed.step() as db:
        claimed.came_to(db, cursor={})
        claimed.finish(
            db,
            result={"certificates": len(ids)},
            file_key=file_key,
            file_name=f"giay-cong-nhan-{decision.number.split('/')[0]}-{decision.decided_year}.pdf",
            file_type=PDF,
        )
    for key in keys:
        shop.store.delete(key)


def _part(db: Session, ids: Sequence[uuid.UUID], base: str) -> bytes:
    found = {title.id: title for title in titles.by_ids(db, ids)}
    return _typeset(db, [found[key] for key in ids if key in found], base)


def join(store: Store, keys: Sequence[str]) -> bytes:
    """The PDFs behind these keys as one."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as whole:
        for key in keys:
            with pikepdf.open(io.BytesIO(store.get(key))) as part:
                whole.pages.extend(part.pages)
        whole.docinfo["/Title"] = "Giấy công nhận"
        whole.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _typeset(db: Session, rows: Sequence[Any], base: str) -> bytes:
    return typeset("certificate", {"title": "Giấy công nhận", "holders": list(holders(db, rows, base))})


def holders(db: Session, rows: Sequence[Any], base: str) -> Iterator[dict[str, Any]]:
    """What each title's certificate says. Places and letterheads are asked about once."""
    words = {code: letterheads.words_of(db, code) for code in {_body(row) for row in rows}}
    names = places.names(db, {row.ward_code for row in rows}, {row.community_id for row in rows if row.community_id})
    check = base.rsplit("://", maxsplit=1)[-1] + "/kiem-tra"
    for row in rows:
        yield {
            **_of_body(words[_body(row)], row),
            "honorific": HONORIFICS.get(Kind(row.kind), ""),
            "name": row.holder_name,
            "place": ", ".join(
                names[key]
                for key in (row.community_id, row.ward_code)
                if key in names and names[key] != row.holder_name
            ),
            "award": KIND_LABELS[Kind(row.kind)].upper(),
            "term": _term(row),
            "register": f"{row.register_number}/{row.year}",
            "code": shown_code(row.public_code),
            "qr": qr(link(base, row.public_code)),
            "check": check,
        }


def _body(row: Any) -> str:
    return str(row.decision.province_code or row.ward_code)


def _of_body(words: Words, row: Any) -> dict[str, Any]:
    day = day_words(row.decision.decided_on)
    return {
        "authority": authority(words),
        "number": row.decision.number,
        "decided_on": day,
        "place_day": f"{words.venue}, {day}",
        "signs": signature(words),
        "signatory": row.decision.signatory,
    }


def _term(row: Any) -> str:
    level = f"mức độ {row.level}, " if row.level else ""
    until = f", có giá trị đến hết ngày {row.valid_until:%d/%m/%Y}" if row.valid_until else ""
    return f"{level}năm {row.year}{until}"
