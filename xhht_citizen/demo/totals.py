"""Declared totals and own targets: the official numbers an officer entered, and what the places set themselves."""

from __future__ import annotations

import uuid

from xhht_citizen.demo import names
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.officers import Outsider
from xhht_citizen.demo.ward import PROVINCE, WARD, Ward
from xhht_citizen.ratios.models import WARD as WHOLE
from xhht_citizen.ratios.models import DeclaredTotal, PlaceTarget

SOURCE = "Báo cáo dân số 6 tháng đầu năm %(year)s của Ủy ban nhân dân phường Hương Trà"
OF_COMMUNITY = "Sổ hộ khẩu của tổ dân phố, tháng 1 năm %(year)s"
# More than the roster has: not everybody was brought in.
OFFICIAL = {
    "citizen": {"last": 1536, "this": 1552},
    "household": {"last": 598, "this": 604},
    "clan": {"last": 16, "this": 16},
    "community": {"last": names.COMMUNITIES, "this": names.COMMUNITIES},
    "unit": {"last": 15, "this": 14},
}
OWN_TARGETS = (  # whose, measure, hundredths of a percent, act
    (PROVINCE, "household", 7500, "Kế hoạch 58/KH-UBND của Ủy ban nhân dân thành phố"),
    (PROVINCE, "in_household", 5000, "Kế hoạch 58/KH-UBND của Ủy ban nhân dân thành phố"),
    (WARD, "household", 4500, "Nghị quyết 12/NQ-HĐND của Hội đồng nhân dân phường Hương Trà"),
    (WARD, "citizen", 3500, "Nghị quyết 12/NQ-HĐND của Hội đồng nhân dân phường Hương Trà"),
)


def declare(ward: Ward, this: Year, last: Year, province: Outsider) -> None:
    """The ward's official numbers of both years, some communities', and own targets of this year."""
    random = ward.book.random
    for when, year in (("last", last), ("this", this)):
        for kind, numbers in OFFICIAL.items():
            _total(ward, WHOLE, kind, year, total=numbers[when], source=SOURCE)
        for place in (0, 12, 21):
            homes = [home for home in ward.homes if home.community == place]
            adults = sum(len(home.adults(year.year)) for home in homes)
            more = {"household": len(homes) + random.randint(0, 2), "citizen": adults + random.randint(1, 6)}
            for kind, total in more.items():
                _total(ward, ward.communities[place], kind, year, total=total, source=OF_COMMUNITY)
    for code, measure, hundredths, act in OWN_TARGETS:
        of_province = code == PROVINCE
        at, by = this.at(0.05), province.account_id if of_province else ward.cast["signer"].account_id
        row = ward.book.add(
            PlaceTarget,
            id=ward.book.new_id(at),
            place_code=code,
            measure=measure,
            year=this.year,
            hundredths=hundredths,
            act=act,
            entered_by=by,
            entered_at=at,
            superseded_at=None,
        )
        ward.book.note(
            at,
            "target.set",
            ward_code=None if of_province else WARD,
            account_id=by,
            subject_kind="place_target",
            subject_id=row["id"],
            detail={"place": code, "measure": measure, "year": this.year, "hundredths": hundredths},
        )


def _total(ward: Ward, community_id: uuid.UUID, kind: str, year: Year, *, total: int, source: str) -> None:
    at, by = year.at(0.56 if community_id == WHOLE else 0.06), ward.cast["reviewer"].account_id
    row = ward.book.add(
        DeclaredTotal,
        id=ward.book.new_id(at),
        ward_code=WARD,
        community_id=community_id,
        kind=kind,
        year=year.year,
        total=total,
        source=source % {"year": year.year},
        entered_by=by,
        entered_at=at,
        superseded_at=None,
    )
    community = None if community_id == WHOLE else str(community_id)
    ward.book.note(
        at,
        "total.declare",
        ward_code=WARD,
        account_id=by,
        subject_kind="declared_total",
        subject_id=row["id"],
        detail={"community": community, "kind": kind, "year": year.year, "total": total},
    )
