"""What somebody learned over the years, and their titles: to read, to keep as a file, to show to others."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_, Conflict
from xhht_citizen.evidence import queries as evidence
from xhht_citizen.evidence.queries import KindTotal
from xhht_citizen.evidence.rules import KINDS, Kind
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports import portfolio as exports
from xhht_citizen.groups.rules import KIND_LABELS
from xhht_citizen.groups.rules import Kind as TitleKind
from xhht_citizen.titles import queries as titles
from xhht_citizen.titles.rules import STANDING_LABELS, shown_code
from xhht_citizen.vietnamese import mask_name
from xhht_citizen.web.batches import send
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.offline import opens_offline
from xhht_citizen.web.paging import cut, day_key, read_day_key
from xhht_citizen.web.qr import qr_svg
from xhht_citizen.web.register import STANDING_TAGS, public_base, public_link
from xhht_citizen.web.transactions import looked_at, reader

bp = Blueprint("portfolio", __name__)
PAGE = 30


@dataclass(frozen=True)
class Sum:
    """So many pieces, so many minutes, so many files."""

    pieces: int
    minutes: int
    files: int


def _mine() -> tuple[uuid.UUID, Thing]:
    person_id = found(actor().person_id)
    return person_id, Thing(person_id)


def _title(title_id: uuid.UUID) -> tuple[Any, Thing]:
    row = found(titles.title(reader(), title_id), N_("Không tìm thấy danh hiệu này."))
    return row, Thing(row.person_id)


@bp.get("/qua-trinh-hoc")
@needs("portfolio.view", _mine)
@opens_offline
def mine(person_id: uuid.UUID) -> str:
    """All that was learned, the newest first, year by year."""
    db, today = reader(), clock.today()
    after = read_day_key(request.args.get("sau", ""))
    rows, more = cut(evidence.over_the_years(db, person_id, after=after, limit=PAGE + 1), PAGE)
    totals, files = evidence.kind_totals(db, person_id), evidence.files_by_year(db, person_id)
    granted = [
        (row, STANDING_LABELS[stands], STANDING_TAGS[stands])
        for row in titles.titles_of(db, person_id)
        for stands in (titles.standing(row, today),)
    ]
    return render_template(
        "portfolio/mine.html",
        years=[(year, list(own)) for year, own in groupby(rows, key=lambda row: row.year)],
        sums={year: _sum([one for one in totals if one.year == year], files.get(year, 0)) for year in years_of(totals)},
        whole=_sum(totals, sum(files.values())),
        by_kind=_by_kind(totals),
        titles=granted if after is None else [],
        title_words={str(kind): _(label) for kind, label in KIND_LABELS.items()},
        next_url=url_for(".mine", sau=day_key(rows[-1].learned_on, rows[-1].id)) if more else None,
        first_page=after is None,
        kinds=KINDS,
    )


def years_of(totals: list[KindTotal]) -> list[int]:
    """The years something was learned in, the latest first."""
    return sorted({one.year for one in totals}, reverse=True)


def _sum(totals: list[KindTotal], files: int) -> Sum:
    return Sum(sum(one.count for one in totals), sum(one.minutes for one in totals), files)


def _by_kind(totals: list[KindTotal]) -> list[tuple[str, int, int]]:
    """Each way of learning there is something of: its words, pieces and minutes, in the order of the form."""
    pieces, minutes = Counter[str](), Counter[str]()
    for one in totals:
        pieces[one.kind] += one.count
        minutes[one.kind] += one.minutes
    return [(str(_(KINDS[kind].label)), pieces[kind], minutes[kind]) for kind in Kind if pieces[kind]]


@bp.get("/qua-trinh-hoc/qua-trinh-hoc-tap.pdf")
@needs("portfolio.view", _mine)
def paper(person_id: uuid.UUID) -> Any:
    """The same as a paper to keep."""
    _taken_by_helper(person_id, "portfolio.paper")
    return send(exports.as_pdf(reader(), person_id, public_base()), papers.PDF, "qua-trinh-hoc-tap.pdf")


@bp.get("/qua-trinh-hoc/qua-trinh-hoc-tap.json")
@needs("portfolio.view", _mine)
def data(person_id: uuid.UUID) -> Any:
    """The same as a file another system reads; exports/portfolio.py says what stands in it."""
    _taken_by_helper(person_id, "portfolio.data")
    return send(exports.as_json(reader(), person_id, public_base()), "application/json", "qua-trinh-hoc-tap.json")


def _taken_by_helper(person_id: uuid.UUID, screen: str) -> None:
    """A helper takes away a whole record: its owner reads who did and when. One's own file is nobody's look."""
    if actor().acting:
        looked_at(person_id, actor().ward_code or "", screen)


@bp.get("/qua-trinh-hoc/danh-hieu/<uuid:title_id>")
@needs("portfolio.view", _title)
@opens_offline
def share(title: Any) -> str:
    """Show a certificate to others: its public page as a link and a code to scan, and what they see there."""
    if title.revoked_at is not None:
        raise Conflict(N_("Danh hiệu đã bị thu hồi nên không chia sẻ được nữa."))
    link = public_link(title.public_code)
    return render_template(
        "portfolio/share.html",
        title=title,
        kind=_(KIND_LABELS[TitleKind(title.kind)]),
        link=link,
        qr=qr_svg(link),
        code=shown_code(title.public_code),
        masked=mask_name(title.holder_name),
    )
