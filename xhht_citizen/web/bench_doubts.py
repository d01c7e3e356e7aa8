"""Questions the ward's rows raise: each number with its mark, and the rows behind it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import doubts as reads
from xhht_citizen.applications import shared
from xhht_citizen.applications.doubting import (
    ENOUGH_CASES,
    ENOUGH_CONCLUSIONS,
    LATEST_STEPS,
    MANY_PEOPLE,
    READING_SECONDS,
    SHORTEST_CODE,
)
from xhht_citizen.applications.shared import What
from xhht_citizen.people import queries as people
from xhht_citizen.web import desk, paging
from xhht_citizen.web.bench import bp, ward_desk
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.guard import found, needs
from xhht_citizen.web.transactions import reader

FEW = 20  # of what several people have, on a page: each is a list


def ward_desk_and(account_id: uuid.UUID) -> tuple[tuple[Desk, Any], Thing]:
    """The ward, and the account whose entries are asked about."""
    at, thing = ward_desk()
    return (at, found(people.account(reader(), account_id))), thing


def asked_year() -> int:
    """The year the address asks about, or this one."""
    year = paging.read_number(request.args.get("nam"))
    return year if year and 2000 <= year <= 2200 else clock.today().year


@bp.get("/ban-xet/dieu-can-hoi")
@needs("bench.view", ward_desk)
def doubts(at: Desk) -> str:
    """What the ward's rows of a year ask, each with the number behind it; eight statements."""
    year = asked_year()
    return render_template(
        "bench/doubts.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        year=year,
        shared=shared.count(reader(), at.ward_code, What.FILE),
        codes=shared.count(reader(), at.ward_code, What.CODE),
        busy=reads.busy(reader(), at.ward_code, year),
        own=reads.own_entry_count(reader(), at.ward_code, year),
        paces=reads.paces(reader(), at.ward_code),
        passing=reads.all_passing(reader(), at.ward_code, year),
        many=MANY_PEOPLE,
        shortest=SHORTEST_CODE,
        seconds=READING_SECONDS,
        enough=ENOUGH_CONCLUSIONS,
        latest=LATEST_STEPS,
        cases=ENOUGH_CASES,
    )


@bp.get("/ban-xet/dieu-can-hoi/cung-anh")
@needs("bench.view", ward_desk)
def files(at: Desk) -> str:
    """Files that stand in the evidence of several people, with whose they are."""
    after = request.args.get("sau", "")[:64]
    rows, more = paging.cut(shared.page(reader(), at.ward_code, What.FILE, after=after, limit=FEW + 1), FEW)
    return render_template(
        "bench/files.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        rows=rows,
        next_url=url_for("bench.files", noi=desk.noi(at), sau=rows[-1].value) if more else None,
        first_url=url_for("bench.files", noi=desk.noi(at)) if after else None,
    )


@bp.get("/ban-xet/dieu-can-hoi/cung-ma")
@needs("bench.view", ward_desk)
def codes(at: Desk) -> str:
    """Numbers of certificates that stand in the evidence of several people; the address names none of them."""
    last = paging.read_id(request.args.get("sau"))
    after = shared.code_of(reader(), at.ward_code, last) if last is not None else ""
    rows, more = paging.cut(shared.page(reader(), at.ward_code, What.CODE, after=after, limit=FEW + 1), FEW)
    return render_template(
        "bench/codes.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        rows=rows,
        next_url=url_for("bench.codes", noi=desk.noi(at), sau=rows[-1].holders[0].evidence_id) if more else None,
        first_url=url_for("bench.codes", noi=desk.noi(at)) if after else None,
    )


@bp.get("/ban-xet/dieu-can-hoi/ghi-ho/<uuid:account_id>")
@needs("bench.view", ward_desk_and)
def entries(opened: tuple[Desk, Any]) -> str:
    """For whom one account wrote down evidence."""
    at, account = opened
    year = asked_year()
    rows, more = paging.cut(
        reads.entries_of(
            reader(),
            at.ward_code,
            year,
            account.id,
            after=paging.read_name_key(request.args.get("sau", "")),
            limit=paging.PAGE + 1,
        )
    )
    if not rows and not request.args.get("sau"):
        found(None)  # an account that wrote nothing here is nobody this ward knows
    kept: dict[str, Any] = {"account_id": account.id, "noi": desk.noi(at), "nam": year}
    last = rows[-1][0] if more else None
    return render_template(
        "bench/entries.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        year=year,
        name=account.display_name,
        rows=rows,
        next_url=url_for("bench.entries", **kept, sau=paging.name_key(last.sort_key, last.id)) if last else None,
        first_url=url_for("bench.entries", **kept) if request.args.get("sau") else None,
    )


@bp.get("/ban-xet/dieu-can-hoi/tu-nhap")
@needs("bench.view", ward_desk)
def own_entries(at: Desk) -> str:
    """Cases that whoever has them on the desk entered for their owners."""
    year = asked_year()
    rows, more = paging.cut(
        reads.own_entries(
            reader(), at.ward_code, year, after=paging.read_id(request.args.get("sau")), limit=paging.PAGE + 1
        )
    )
    kept: dict[str, Any] = {"noi": desk.noi(at), "nam": year}
    return render_template(
        "bench/own_entries.html",
        place=desk.place_name(at),
        noi=desk.noi(at),
        year=year,
        rows=rows,
        title=_("Người nhập cũng là người xét"),
        next_url=url_for("bench.own_entries", **kept, sau=rows[-1].application_id) if more else None,
        first_url=url_for("bench.own_entries", **kept) if request.args.get("sau") else None,
    )
