"""Exports: choose a year and a place, and fetch the file.

Files hold counts of areas and no person's name, so fetching one is a GET that writes nothing, not even an audit link.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request, send_file
from flask_babel import gettext as _

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, Role, Thing
from xhht_citizen.errors import N_, Invalid, NotFound
from xhht_citizen.exports import titles as title_counts
from xhht_citizen.exports import upward as statistics
from xhht_citizen.exports.tables import FORMATS
from xhht_citizen.places import queries as places
from xhht_citizen.web.guard import actor, needs
from xhht_citizen.web.transactions import reader
from xhht_citizen.web.years import FIRST_YEAR, asked_year, read_year

bp = Blueprint("exports", __name__)


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    year: int | None
    place_code: str | None
    form: str


def asked() -> tuple[Asked, Thing]:
    """The file of the address and the place it is about; the country belongs to no place."""
    code = request.args.get("noi", "").strip()
    if not code:
        thing = NOTHING
    elif len(code) == 2:
        thing = Thing(province_code=places.province(reader(), code).code)
    elif len(code) == 5:
        commune = places.commune(reader(), code)
        thing = Thing(ward_code=commune.code, province_code=commune.province_code)
    else:
        raise NotFound(N_("Không có địa bàn này."))
    text = request.args.get("nam", "").strip()
    year = read_year(text, last=clock.today().year) if text else clock.today().year
    return Asked(year, code or None, request.args.get("dang", "xlsx")), thing


@bp.get("/so-lieu")
@needs("export.open")
def titles() -> Any:
    """The page: which year, which place, which kind of file."""
    this_year = clock.today().year
    return render_template(
        "exports/titles.html",
        places_to_choose=own_places(),
        years=[(year, str(year)) for year in range(this_year, FIRST_YEAR - 1, -1)],
        chosen_place=request.args.get("noi", ""),
        chosen_year=asked_year(this_year),
        denominators=[
            ("roster", _("Tổng số trong danh sách"), _("Như Thành phố Hồ Chí Minh: số đạt trên tổng số.")),
            (
                "declared",
                _("Tổng số do địa phương khai"),
                _("Số chính thức ghi kèm nguồn; nơi chưa khai để trống."),
            ),
            ("registered", _("Số đã đăng ký"), _("Như Hà Nội: số đạt trên số đăng ký.")),
        ],
        roundings=[
            ("half_up", _("Nửa trở lên làm tròn lên"), _("76,805 thành 76,81.")),
            ("truncate", _("Bỏ phần còn lại"), _("76,805 thành 76,80.")),
        ],
    )


@bp.get("/so-lieu/danh-hieu")
@needs("export.titles", asked)
def download(what: Asked) -> Any:
    """The file."""
    if what.year is None:
        raise Invalid(N_("Chưa có số liệu của năm này."), field="year")
    out = io.BytesIO()
    title_counts.export(reader(), year=what.year, place_code=what.place_code, format=what.form, out=out)
    return _file(out, what.form, title_counts.file_name(what.year, what.place_code, what.form))


@bp.get("/so-lieu/thong-ke")
@needs("export.titles", asked)
def upward(what: Asked) -> Any:
    """The statistics table that goes up, with the denominator and rounding of the address."""
    if what.year is None:
        raise Invalid(N_("Chưa có số liệu của năm này."), field="year")
    choice = statistics.Choice(request.args.get("mau", "roster"), request.args.get("tron", "half_up"))
    out = io.BytesIO()
    statistics.export(reader(), year=what.year, place_code=what.place_code, choice=choice, format=what.form, out=out)
    return _file(out, what.form, statistics.file_name(what.year, what.place_code, what.form))


def _file(out: io.BytesIO, form: str, name: str) -> Any:
    out.seek(0)
    mimetype = FORMATS[form].partition(";")[0]  # Flask adds the charset of text itself
    return send_file(out, mimetype=mimetype, as_attachment=True, download_name=name)


def own_places() -> list[tuple[str, str]]:
    """The places whose counts the one who looks may fetch: pairs of code and name, the widest first."""
    who, db = actor(), reader()
    found: dict[str, str] = {}
    if Role.ADMIN in who.roles():
        found[""] = _("Cả nước, theo tỉnh, thành phố")
        found |= {row.code: _("%(place)s, theo xã, phường", place=row.name) for row in places.provinces(db)}
    for grant in who.grants:
        if grant.role is Role.PROVINCE_OFFICER and grant.province_code:
            found[grant.province_code] = _(
                "%(place)s, theo xã, phường", place=places.province(db, grant.province_code).name
            )
            found |= {row.code: row.name for row in places.communes(db, grant.province_code)}
        elif grant.role in {Role.WARD_REVIEWER, Role.WARD_SIGNER} and grant.ward_code:
            found[grant.ward_code] = places.commune(db, grant.ward_code).name
    return list(found.items())
