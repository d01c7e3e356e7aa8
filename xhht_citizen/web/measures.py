"""What a page of ratios shows: the choice in its address, lines on a denominator, bars against targets, shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.errors import N_
from xhht_citizen.places.rules import bare_name
from xhht_citizen.ratios.areas import AreaRow
from xhht_citizen.ratios.rules import DECLARABLE, MEASURES, RATIOS, SHARES, Counts, Measure, percent, ratio
from xhht_citizen.ratios.targets import Progress, Target, progress, targets_for
from xhht_citizen.web import dotmap
from xhht_citizen.web.years import asked_year

BY_SLUG = {one.slug: one for one in MEASURES.values()}
BASES = {
    "total": N_("Tổng số trong danh sách"),
    "declared": N_("Tổng số do địa phương khai"),
    "registered": N_("Số đã đăng ký"),
    "assessed": N_("Số đã xét"),
}
# What the total of a measure counts, said under every table.
COUNTED = {
    "citizen": N_("người có tên trong hộ ở nơi đó hiện nay, đủ 18 tuổi trong năm."),
    "household": N_("hộ hiện có người trong danh sách."),
    "clan": N_("dòng họ chưa đóng trong năm; tính một lần, ở nơi chính của dòng họ."),
    "community": N_("thôn, tổ dân phố chưa đóng trong năm."),
    "unit": N_("trường học, cơ quan, doanh nghiệp, hợp tác xã do xã quản lý, chưa đóng trong năm."),
    "agency": N_("đơn vị do tỉnh quản lý, chưa đóng trong năm, tính ở xã nơi đặt trụ sở."),
    "commune": N_("xã, phường, đặc khu."),
    "in_household": N_("người lớn của những hộ được công nhận Gia đình học tập trong năm."),
    "in_clan": N_(
        "người lớn của những hộ thuộc dòng họ được công nhận trong năm; tính nơi đang ở, ai có hai họ tính một lần."
    ),
    "in_community": N_("người lớn đang ở những thôn, tổ được công nhận Cộng đồng học tập trong năm."),
    "in_unit": N_("người đang làm việc ở đơn vị do xã quản lý, tính ở nơi đặt đơn vị; làm ở hai nơi tính ở mỗi nơi."),
    "digital": N_("người đạt Công dân học tập của năm. Có kỹ năng số: được xác nhận từ 8 điểm ở chỉ số 2.1."),
    "own_record": N_("người đạt danh hiệu có kỹ năng số. Tự cập nhật: gửi hồ sơ từ tài khoản của chính mình."),
}


@dataclass(frozen=True)
class Choice:
    """What the address asks for: what is counted, the year, the denominator, the order of the lines."""

    year: int
    basis: str
    order: str
    measure: Measure = MEASURES["citizen"]

    @property
    def title(self) -> str:
        """What is counted, as headings say it."""
        return str(_(self.measure.title))

    @property
    def heading(self) -> str:
        """The page's subject: a title's ratio, or the share in its own words."""
        return self.title if self.measure.share else _("Tỷ lệ %(title)s", title=self.title)

    @property
    def things(self) -> str:
        """What the total counts, as the head of a column."""
        words = str(_(self.measure.things))
        return words[:1].upper() + words[1:]

    @property
    def words(self) -> str:
        """The denominator in words."""
        return self.basis_words(self.basis)

    def basis_words(self, basis: str) -> str:
        """A denominator in words: of a share it is what it is a share of."""
        if self.measure.share:
            return self.things
        return str(_(RATIOS[basis].basis, things=_(self.measure.things), ones=_(self.measure.ones)))

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The counts a table shows; of a share only the two that mean something."""
        if self.measure.share:
            return [("total", _("Tất cả")), ("recognised", _("Trong đó"))]
        return [
            ("total", self.things),
            ("registered", _("Đăng ký")),
            ("assessed", _("Đã xét")),
            ("recognised", _("Đạt")),
        ]

    @property
    def bases(self) -> list[tuple[str, str]]:
        """The denominators this can be taken of."""
        return [(name, str(_(words))) for name, words in BASES.items() if name in bases_of(self.measure)]

    @property
    def counted(self) -> str:
        """What the total counts, in a sentence."""
        return str(_(COUNTED[self.measure.name if self.measure.name in COUNTED else "citizen"]))

    def link(self, endpoint: str, **arguments: Any) -> str:
        """Another page with the same choice; what is usual stays out of the address."""
        measure = arguments.pop("measure", self.measure.name)
        basis = self.basis if self.basis in bases_of(MEASURES[measure]) else "total"
        asked: dict[str, Any] = {
            "loai": MEASURES[measure].slug if measure != "citizen" else None,
            "nam": self.year if self.year != clock.today().year else None,
            "mau": basis if basis != "total" else None,
            "xep": self.order if self.order != "ten" else None,
        }
        return url_for(endpoint, **arguments, **asked)


@dataclass(frozen=True)
class Line:
    """One line of a table, or the area of the page: its counts, the share on the chosen denominator, where it leads.

    `goals` are the targets that hold for it, the strictest first, with how many more reach them.
    """

    code: str
    name: str
    counts: Counts
    below: int | None
    share: Decimal | None
    url: str | None = None
    note: str = ""
    goals: tuple[Progress, ...] = ()

    @property
    def target(self) -> Decimal | None:
        """Where the gold pin of the bar stands."""
        return self.goals[0].target.percent if self.goals else None

    @property
    def met(self) -> bool | None:
        """Whether the strictest target is reached, by whole numbers."""
        return self.goals[0].met if self.goals else None


def bases_of(measure: Measure) -> tuple[str, ...]:
    """Shares have one denominator; totals are declared for some kinds."""
    if measure.share:
        return ("total",)
    return ("total", "declared", "registered", "assessed") if measure.name in DECLARABLE else (
        "total", "registered", "assessed",
    )  # fmt: skip


def chosen() -> Choice:
    """The choice in the address; what cannot be is the usual."""
    measure = BY_SLUG.get(request.args.get("loai", ""), MEASURES["citizen"])
    basis, order = request.args.get("mau", ""), request.args.get("xep", "")
    return Choice(
        asked_year(clock.today().year),
        basis if basis in bases_of(measure) else "total",
        order if order in {"cao", "thap"} else "ten",
        measure,
    )


def line(
    row: AreaRow, choice: Choice, endpoint: str | None = None, targets: Sequence[Target] = (), **arguments: Any
) -> Line:
    """An area's counts on the chosen denominator; `endpoint` is the page of the rows behind them.

    Targets speak of all: a share of those registered or assessed is not measured against them.
    """
    below = getattr(row.counts, RATIOS[choice.basis].denominator)
    reached = (
        [progress(target, row.counts.recognised, below) for target in targets]
        if choice.basis in {"total", "declared"}
        else []
    )
    return Line(
        code=row.code,
        name=row.name,
        counts=row.counts,
        below=below,
        share=ratio(row.counts, choice.basis),
        url=choice.link(endpoint, **arguments) if endpoint else None,
        goals=tuple(one for one in reached if one is not None),
    )


def targets_of(choice: Choice, own: Sequence[Target]) -> list[Target]:
    """The targets of the chosen measure and year, the strictest first."""
    return targets_for(choice.measure.name, choice.year, own)


@dataclass(frozen=True)
class Share:
    """One of the nested shares: people inside recognised groups, skills among holders, and so on."""

    label: str
    url: str
    counts: Counts
    percent: Decimal | None
    provisional: bool
    goal: Progress | None


def shares(rows: dict[str, Counts], choice: Choice, own: Sequence[Target], endpoint: str, **where: Any) -> list[Share]:
    """The shares of QĐ 677 in an area, each with its strictest target."""
    found = []
    for name in SHARES:
        counts = rows[name]
        targets = targets_for(name, choice.year, own)
        goal = progress(targets[0], counts.recognised, counts.total) if targets else None
        found.append(
            Share(
                str(_(MEASURES[name].title)),
                choice.link(endpoint, measure=name, **where),
                counts,
                percent(counts.recognised, counts.total),
                MEASURES[name].provisional,
                goal,
            )
        )
    return found


def draw(rows: Sequence[AreaRow], whole: AreaRow, choice: Choice) -> dict[str, Any] | None:
    """The dots of a map: at or above the whole area's own share, below it, or not known."""
    overall = ratio(whole.counts, choice.basis)
    placed = [row for row in rows if row.lat is not None and row.lon is not None]
    if overall is None or not placed:
        return None
    layout = dotmap.lay_out(tuple((row.code, row.lat, row.lon) for row in placed))
    dots = []
    for row in placed:
        x, y = layout.spots[row.code]
        own = line(row, choice)
        state = "unknown" if own.share is None else "full" if own.share >= overall else "below"
        label = bare_name(row.name) if row.code in layout.far else None
        dots.append({"x": x, "y": y, "state": state, "line": own, "label": label})
    return {
        "width": int(dotmap.WIDTH),
        "height": layout.height,
        "radius": layout.radius,
        "dots": dots,
        "overall": overall,
    }
