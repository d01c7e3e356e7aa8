"""Slips on paper: eight on a sheet of A4 to be cut apart, each with name, code, QR and what to do with them."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.database import now
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.exports.typesetting import qr, typeset
from xhht_citizen.helping import queries, slips
from xhht_citizen.helping.codes import DAYS, Purpose, expires, new_code
from xhht_citizen.helping.queries import Bearer, Bearers
from xhht_citizen.helping.slips import Coded
from xhht_citizen.jobs.actions import Claimed, LostClaim
from xhht_citizen.jobs.rules import MOST_CLAIMS
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.people import queries as people

PATH = "/nhan-ho-so"
QR_AT_ONCE = 250
MOST_TURNS = 3
MOVED_ON = N_("Trong lúc in, danh sách người nhận phiếu thay đổi liên tục. Xin in lại.")
# What stands on the paper; papers are in Vietnamese whatever the screen's language.
TITLES = {Purpose.CLAIM: "PHIẾU NHẬN HỒ SƠ HỌC TẬP", Purpose.PASSWORD: "PHIẾU ĐẶT LẠI MẬT KHẨU"}
STEPS = {
    Purpose.CLAIM: (
        "Quét hình vuông bằng điện thoại, hoặc mở địa chỉ trên, rồi ghi mã và năm sinh.",
        "Tự chọn tên đăng nhập và mật khẩu; đừng đưa phiếu cho người khác.",
    ),
    Purpose.PASSWORD: (
        "Quét hình vuông bằng điện thoại, hoặc mở địa chỉ trên, rồi ghi mã và năm sinh.",
        "Tự chọn mật khẩu mới; đừng đưa phiếu cho người khác.",
    ),
}


def print_slips(claimed: Claimed, shop: Workshop) -> None:
    """The job: make codes, set the paper, then keep codes and file in one step, or neither.

    Whoever opened an account, moved or died since it was asked for is left out.
    """
    payload: dict[str, Any] = claimed.payload
    purpose = Purpose(payload["purpose"])
    whom = Bearers(
        claimed.ward_code or "",
        payload["year"],
        purpose=purpose,
        ids=frozenset(uuid.UUID(one) for one in payload["people"]),
    )
    for number in range(1, claimed.number):  # of a worker that died before it was kept: codes that never counted
        shop.store.delete(file_key(claimed.id, number))
    key = file_key(claimed.id, claimed.number)
    for _turn in range(MOST_TURNS):
        with shop.database.read(primary=True) as db:
            found = [one for one in queries.bearers(db, whom, limit=len(payload["people"])) if _may(db, one, purpose)]
            if not found:
                raise Conflict(slips.NOBODY)
            asked_at = _asked_at(db, found)
        with claimed.step() as db:
            claimed.came_to(db, total=len(found))
        coded = [Coded(one, new_code()) for one in found]
        pdf = paper(coded, purpose, base=payload["base"], ask=asked_at, claimed=claimed)
        shop.store.delete(key)
        shop.store.put(key, pdf)
        try:
            with claimed.step() as db:
                kept = slips.keep_print(
                    db,
                    claimed.id,
                    whom,
                    coded,
                    file_key=key,
                    account_id=claimed.account_id,
                    key=shop.settings.secret_key,
                )
                if kept:
                    claimed.came_to(db, done=len(coded))
                    claimed.finish(db, result={"slips": len(coded)})
                    return
        except LostClaim:
            shop.store.delete(key)
            raise
    shop.store.delete(key)
    raise Conflict(MOVED_ON)


def file_key(job_id: uuid.UUID, number: int) -> str:
    """Where the PDF of a job's claim lies in the store."""
    return f"jobs/{job_id}/{number}"


def _may(db: Any, one: Bearer, purpose: Purpose) -> bool:
    """A new password on paper is for residents: an account with a role by now is left out."""
    if purpose is Purpose.CLAIM:
        return True
    account = people.account_of(db, one.person_id)
    return account is not None and not access.thing_of_account(db, account).has_role


def _asked_at(db: Any, found: list[Bearer]) -> dict[uuid.UUID | None, str]:
    """Who is asked about a slip, by community: the heads of its chi hội, and the association of the ward."""
    wards = {one.community_id: one.ward for one in found}
    return {
        community_id: ", ".join(
            [
                *(f"trưởng chi hội {name}" for name in (access.heads_of(db, community_id) if community_id else [])[:2]),
                f"Hội Khuyến học {ward}",
            ]
        )
        for community_id, ward in wards.items()
    }


def paper(
    coded: list[Coded],
    purpose: Purpose,
    *,
    base: str,
    ask: dict[uuid.UUID | None, str],
    claimed: Claimed | None = None,
) -> bytes:
    """The PDF of these slips, eight on a sheet."""
    until = clock.local(expires(purpose, now()))
    rows = []
    for number, one in enumerate(coded, 1):
        bearer = one.bearer
        rows.append(
            {
                "name": bearer.name,
                "about": ", ".join(
                    part
                    for part in (f"sinh năm {bearer.birth_year}", f"hộ {bearer.household}", bearer.community or "")
                    if part
                ),
                "code": one.code,
                "qr": qr(link(base, one.code)),
                "ask": ask[bearer.community_id],
            }
        )
        if claimed is not None and number % QR_AT_ONCE == 0:
            with claimed.step() as db:
                claimed.came_to(db, done=number // 2)  # the other half is setting the pages
    return typeset(
        "slips",
        {
            "title": TITLES[purpose],
            "address": short_address(base),
            "until": f"{until:%d/%m/%Y}",
            "days": DAYS[purpose],
            "todo": STEPS[purpose],
            "slips": rows,
        },
    )


def link(base: str, code: str) -> str:
    """What the QR leads to. The code stands after the question mark: logs hold paths only."""
    return f"{base}{PATH}?ma={quote(code)}"


def short_address(base: str) -> str:
    """The address as one types it into a phone."""
    parts = urlsplit(base)
    return f"{parts.netloc}{parts.path}{PATH}"


def tidy(shop: Workshop) -> int:
    """The round: files that were fetched yesterday, or that nobody fetched for a week, go; returns how many."""
    with shop.database.transaction() as db:
        rows = slips.remove_files(db)
        for job_id, key in rows:
            for one in {key, *(file_key(job_id, number) for number in range(1, MOST_CLAIMS + 1))} - {None}:
                with suppress(FileNotFoundError):
                    shop.store.delete(one)  # type: ignore[arg-type]
    return len(rows)
