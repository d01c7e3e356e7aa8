"""The paper bridge: a self-assessment on paper, found by its code; ten marks copied by keyboard, checked, sent."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from xhht_citizen import clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.applications import queries, sheets
from xhht_citizen.applications.rules import EDITABLE, STATE_LABELS, State, choices, read_mark
from xhht_citizen.applications.sheet_rolls import SheetPlace, bearers, plain_code
from xhht_citizen.applications.sheets import Sheet
from xhht_citizen.criteria import catalogue
from xhht_citizen.criteria.rules import DISADVANTAGED, Facts, score
from xhht_citizen.errors import N_, Conflict, Invalid
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import PRIVACY_VERSION
from xhht_citizen.places import queries as places
from xhht_citizen.web import desk, paging, tools
from xhht_citizen.web.forms import DayField, Form
from xhht_citizen.web.guard import actor, allowed, found, needs
from xhht_citizen.web.residents import Opened, open_person
from xhht_citizen.web.score import YearScore, explain, this_year
from xhht_citizen.web.transactions import looked_at, reader, writer
from xhht_citizen.web.wording import official, sentence

bp = Blueprint("sheets", __name__)
PAPER_SIDE, CASE_SIDE = "phieu", "ho-so"


class MarkField(StringField):  # type: ignore[misc]
    """One mark as it is copied: 0, 5, 8, 10, or which box from the left; `points` once read."""

    points: int | None = None

    def __init__(self, label: Any = None, rungs: tuple[int, ...] = (), **more: Any) -> None:
        super().__init__(label, **more)
        self.rungs = rungs

    def pre_validate(self, form: Any) -> None:
        """Refuse what no box of the line stands for."""
        self.points = read_mark((self.data or "").strip(), self.rungs)
        if self.points is None:
            allowed_points = ", ".join(str(one) for one in self.rungs)
            raise ValidationError(_("Gõ %(points)s, hoặc thứ tự ô từ 1.", points=allowed_points))


class SignedDay(DayField):
    """A day typed short: 2811 or 28/11 is this year's."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Make the short ways whole, then read them."""
        text = (valuelist[0] if valuelist else "").strip().replace(" ", "")
        if text.isascii() and text.isdigit() and len(text) == 4:
            text = f"{text[:2]}/{text[2:]}"
        parts = text.replace("-", "/").replace(".", "/").split("/")
        if len(parts) == 2 and all(part.isdigit() for part in parts):
            text = f"{parts[0]}/{parts[1]}/{clock.today().year}"
        super().process_formdata([text])


class SheetForm(Form):
    """A sheet as it is copied; a mark and a note for each line are added by `sheet_form`."""

    version = HiddenField()
    consent = BooleanField(_l("Đã ký đồng ý trên giấy"))
    signed_on = SignedDay(_l("Ngày ký"), description=_l("Như trên phiếu, ví dụ 28/11. Gõ 2811 cũng được."))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for field in (form_of(code) for code in self.codes for form_of in (self.mark, self.note)):
            field.label.text = official(field.label.text)

    @property
    def codes(self) -> list[str]:
        """The codes of the lines, in the order of the paper."""
        return [name.removeprefix("m_").replace("_", ".") for name in self._fields if name.startswith("m_")]

    def mark(self, code: str) -> Any:
        """The field of a line's mark."""
        return self._fields[field_name("m", code)]

    def note(self, code: str) -> Any:
        """The field of a line's note."""
        return self._fields[field_name("g", code)]

    def points(self) -> dict[str, int]:
        """The marks of a form that was found valid."""
        return {code: self.mark(code).points for code in self.codes}

    def notes(self) -> dict[str, str]:
        """What was written beside the marks, where anything was."""
        said = {code: (self.note(code).data or "").replace("\r\n", "\n").strip() for code in self.codes}
        return {code: text for code, text in said.items() if text}

    def to_keep(self) -> list[tuple[str, str]]:
        """Names and values of everything typed, for the page that asks once more."""
        kept = [(name, self._fields[name].data or "") for name in self._fields if name[:2] in {"m_", "g_"}]
        day = [("signed_on", self.signed_on.data or "")] if self.consent.data else []
        return [*kept, ("version", self.version.data or ""), *([("consent", "y")] if self.consent.data else []), *day]


def field_name(kind: str, code: str) -> str:
    """What a line's field is called in the form."""
    return f"{kind}_{code.replace('.', '_')}"


@cache
def sheet_form(set_id: str) -> type[SheetForm]:
    """The form of a criteria set's sheet: its lines in the order of the paper."""
    fields: dict[str, Any] = {}
    for line in catalogue.get(set_id).lines:
        fields[field_name("m", line.code)] = MarkField(f"{line.code} {line.short}", choices(line))
        fields[field_name("g", line.code)] = TextAreaField(
            f"{line.code} {line.short}",
            validators=[Optional(), Length(max=2000, message=_l("Dài quá 2.000 chữ, xin viết ngắn hơn."))],
        )
    return type("SetSheetForm", (SheetForm,), fields)


@dataclass(frozen=True)
class Differing:
    """A line of which the paper and the case do not say the same."""

    code: str
    name: str
    paper: int
    case: int
    note: str | None


@dataclass(frozen=True)
class Copied:
    """A sheet under somebody's hands: the person, the year as it stands, their consent."""

    opened: Opened
    year: YearScore
    consent: Any
    thing: Thing

    @property
    def sent(self) -> bool:
        """The case of the year is with others, or was taken back: no paper writes over it."""
        return self.year.case is not None and self.year.state not in EDITABLE

    @property
    def standing(self) -> dict[str, Any]:
        """The lines of the case that are answered."""
        return {line.line.code: line for line in self.year.lines if line.claimed is not None}

    def differing(self, points: Mapping[str, int]) -> list[Differing]:
        """Where the case says something else than the paper."""
        return [
            Differing(code, line.line.short, points[code], line.claimed, line.note)
            for code, line in self.standing.items()
            if points.get(code) not in {None, line.claimed}
        ]


def copied(person_id: uuid.UUID) -> tuple[Copied, Thing]:
    """The person whose sheet it is; belongs to where they live now."""
    opened, thing = open_person(person_id)
    if not allowed("sheet.enter", thing):  # nothing of the case is read for who may not come in
        return Copied(opened, None, None, thing), thing  # type: ignore[arg-type]
    year = explain(person_id, this_year())
    return Copied(opened, year, people.consent_of(reader(), person_id, PRIVACY_VERSION), thing), thing


def at_desk() -> tuple[Any, Thing]:
    """The community or ward whose people's sheets one prints and copies."""
    at = desk.desk()
    return at, tools.thing_of(at)


@bp.get("/phieu")
@needs("sheet.print", at_desk)
def find(at: Any) -> Any:
    """Type the code of a sheet; it leads to the page where its marks are copied."""
    text = request.args.get("ma", "").strip()[:40]
    hits = bearers(reader(), served(), plain_code(text)) if text else []
    if len(hits) == 1:
        return redirect(url_for(".enter", person_id=hits[0]))
    return render_template("sheets/find.html", text=text, noi=desk.noi(at), place=desk.place_name(at)), (
        404 if text else 200
    )


def served() -> list[SheetPlace]:
    """The wards and communities one serves."""
    fitting = (one for one in desk.desks() if one.province_code is None)
    return [SheetPlace(one.ward_code, one.community_id, this_year()) for one in fitting]


@bp.route("/phieu/<uuid:person_id>", methods=["GET", "POST"])
@needs("sheet.enter", copied)
def enter(it: Copied) -> Any:
    """Ten marks copied from paper; then everything once more, and only then it is sent."""
    looked_at(it.opened.person.id, it.thing.ward_code or "", "sheets.enter")
    case = it.year.case
    form = sheet_form(it.year.criteria.id)(data={"version": str(case.version) if case else ""})
    then = request.form.get("then", "")
    if request.method == "POST" and then != "sua" and form.validate() and _checked(it, form):
        if then == "gui":
            with form.catching():
                sent = _send(it, form)
                flash(_("Đã gửi. Số biên nhận là %(receipt)s.", receipt=sent.receipt), "yes")
                return redirect(url_for(".receipt", person_id=it.opened.person.id), 303)
            reader().rollback()
            it = copied(it.opened.person.id)[0]
            form.version.data = str(it.year.case.version) if it.year.case else ""
        return check(it, form)
    first = next((code for code in form.codes if form.mark(code).errors), form.codes[0])
    if form.consent.errors and not any(form.mark(code).errors for code in form.codes):
        first = ""
    return render_template(
        "sheets/enter.html",
        form=form,
        it=it,
        first=first,
        lines=it.year.criteria.lines,
        label=STATE_LABELS[it.year.state],
        most=max(max(choices(line)) for line in it.year.criteria.lines),
    ), form.status


def _checked(it: Copied, form: SheetForm) -> bool:
    """What WTForms cannot see: a consent that is needed, with its day."""
    if it.consent is not None or it.sent:
        return True
    if not form.consent.data:
        form.consent.errors = [_("Người này chưa đồng ý. Chỉ gửi khi trên phiếu có chữ ký đồng ý.")]
    elif form.signed_on.day is None:
        form.signed_on.errors = [_("Ghi ngày ký như trên phiếu.")]
    elif form.signed_on.day > clock.today():
        form.signed_on.errors = [_("Ngày ký không thể sau hôm nay.")]
    else:
        return True
    form.status = 422
    return False


def check(it: Copied, form: SheetForm) -> Any:
    """The page before sending: the total, each line in words, and both sides where the case says something else."""
    points = form.points()
    differing = it.differing(points)
    criteria = it.year.criteria
    ward = it.thing.ward_code
    hard = bool(ward) and places.ward_settings(reader(), ward or "").disadvantaged
    taken = {**points, **{one.code: one.case for one in differing if _side(one.code) == CASE_SIDE}}
    result = score(criteria, Facts(points=taken, area=frozenset({DISADVANTAGED} if hard else ())))
    return render_template(
        "sheets/check.html",
        form=form,
        it=it,
        lines=[
            (line, points[line.code], next(rung.text for rung in line.ladder if rung.points == points[line.code]))
            for line in criteria.lines
        ],
        notes=form.notes(),
        differing=differing,
        sides={one.code: _side(one.code) for one in differing},
        result=result,
        outcome=sentence(result.words),
        paper_total=sum(points.values()),
        case_total=sum(line.claimed for line in it.standing.values()),
        label=STATE_LABELS[it.year.state],
        consent_on=form.signed_on.day if it.consent is None else None,
    ), form.status


def _side(code: str) -> str:
    """Which side was chosen for a line: the paper's, the case's, or none yet."""
    said = request.form.get(field_name("ben", code), "")
    return said if said in {PAPER_SIDE, CASE_SIDE} else ""


def _send(it: Copied, form: SheetForm) -> Any:
    points, seen = form.points(), paging.read_number(form.version.data)
    if not it.sent and seen != (it.year.case.version if it.year.case else None):
        raise Conflict(sheets.MOVED_ON)
    differing = {one.code for one in it.differing(points)}
    undecided = [code for code in sorted(differing) if not _side(code)]
    if undecided and not it.sent:
        raise Invalid(N_("Chọn lấy bên nào ở chỉ số %(codes)s."), codes=", ".join(undecided))
    kept = {code for code in differing if _side(code) == CASE_SIDE}
    signed: date | None = form.signed_on.day if form.consent.data else None
    sheet = Sheet(
        points={code: value for code, value in points.items() if code not in kept},
        notes={code: text for code, text in form.notes().items() if code not in kept},
        signed_on=signed,
        kept_at=_kept_at(it),
    )
    return sheets.enter(
        writer(),
        it.opened.person.id,
        it.year.year,
        sheet,
        actor=actor(),
        today=clock.today(),
        version=seen,
    )


def _kept_at(it: Copied) -> str:
    """Where the paper lies from now on: with whoever copies it."""
    home = it.opened.home
    if home is None:
        return ""
    at = next((one for one in desk.desks() if one.ward_code == home.ward_code), None)
    return desk.place_name(at) if at is not None else home.ward


@bp.get("/phieu/<uuid:person_id>/bien-nhan")
@needs("sheet.enter", copied)
def receipt(it: Copied) -> Any:
    """What to write on the paper, and the next sheet."""
    case = found(it.year.case, N_("Người này chưa có hồ sơ năm nay."))
    found(case.receipt, N_("Người này chưa có hồ sơ năm nay."))
    looked_at(it.opened.person.id, it.thing.ward_code or "", "sheets.receipt")
    by_me = queries.entered_from_paper(reader(), [case.id]).get(case.id) == actor().account_id
    return render_template("sheets/receipt.html", it=it, case=case, label=STATE_LABELS[State(case.state)], by_me=by_me)
