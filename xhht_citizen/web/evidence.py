"""What somebody learned: the list of a year, one thing, writing it down, its files."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, MultipleFileField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing, may
from xhht_citizen.applications import queries as applications
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_
from xhht_citizen.evidence import actions, queries
from xhht_citizen.evidence.files import clean
from xhht_citizen.evidence.references import CARD, MAX_REFERENCE
from xhht_citizen.evidence.rules import (
    ACCEPT,
    FILES_HINT,
    KINDS,
    MAX_FILES,
    MAX_NOTE,
    MAX_PROVIDER,
    MAX_TITLE,
    MAX_WITNESS,
    MISSING_PAPER,
    NO_CARD_PHOTO,
    Kind,
    check_file_count,
    check_hours,
    missing_paper,
)
from xhht_citizen.helping.named import hands
from xhht_citizen.people import queries as people
from xhht_citizen.people.rules import Group
from xhht_citizen.web import explaining
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import Response, actor, allowed, found, needs
from xhht_citizen.web.offline import opens_offline, same_for_any_query
from xhht_citizen.web.paging import cut, day_key, read_day_key, read_id, read_number
from xhht_citizen.web.paper_codes import OwnPage, part_own_codes, tell_code
from xhht_citizen.web.score import YearScore, explain, this_year
from xhht_citizen.web.transactions import after_commit, looked_at, reader, store, writer
from xhht_citizen.web.wording import official

bp = Blueprint("evidence", __name__)
PAGE = 30


def _limit(most: int) -> Length:
    return Length(max=most, message=_l("Dài quá %(most)s chữ, xin viết ngắn hơn.", most=most))


class FilesForm(Form):
    """More papers for something written down."""

    files = MultipleFileField(_l("Chọn ảnh hoặc tệp"), validators=[Optional()])
    ours: OwnPage | None = None  # the page of this app that a QR code in a picture leads to

    def cleaned(self) -> list[actions.NewFile]:
        """The files made harmless; slow, so before the database is held. Invalid on `files`."""
        reader().close()  # what it read stays; its connection serves others meanwhile
        sent = [file for file in self.files.data or [] if file and file.filename]
        check_file_count(len(sent))
        files = [actions.NewFile(clean(file.read(), file.filename), file.filename) for file in sent]
        self.ours, files = part_own_codes(files)
        return files


class EvidenceForm(FilesForm):
    """One thing learned. `id` is made with the page, so that a form sent twice is one row."""

    drafted = True
    helps = explaining.EVIDENCE
    id = HiddenField()
    version = HiddenField()
    base = HiddenField()  # what the page showed: a phone that sends it late says so
    kind = RadioField(
        _l("Ông/bà học bằng cách nào?"), validators=[required(_l("Chọn một cách học."))], validate_choice=False
    )
    title = StringField(_l("Tên lớp, sách hoặc việc đã học"), validators=[required(), _limit(MAX_TITLE)])
    provider = StringField(
        _l("Nơi tổ chức, tác giả hoặc người hướng dẫn"), validators=[Optional(), _limit(MAX_PROVIDER)]
    )
    learned_on = DayField(
        _l("Ngày học xong"), validators=[required(_l("Ghi ngày học, không nhớ rõ thì ghi gần đúng."))], past=True
    )
    hours = StringField(_l("Số giờ học"), description=_l("Ví dụ 2 hoặc 1,5."), validators=[Optional()])
    certificate_ref = StringField(
        _l("Số hoặc mã trên giấy chứng nhận"),
        description=_l("Số hiệu ghi trên giấy. Giấy có mã QR thì chụp rõ mã, máy tự đọc và ghi vào đây."),
        validators=[Optional(), _limit(MAX_REFERENCE)],
    )
    witness = StringField(
        _l("Người biết việc này"),
        description=_l("Họ tên người cùng học, người hướng dẫn hoặc trưởng chi hội."),
        validators=[Optional(), _limit(MAX_WITNESS)],
    )
    note = TextAreaField(
        _l("Một điều đã học được"), description=_l("Vài câu là đủ."), validators=[Optional(), _limit(MAX_NOTE)]
    )
    indicators = SelectMultipleField(
        _l("Việc này tính cho chỉ số nào?"),
        description=_l("Chọn một hoặc nhiều. Sau này đổi được."),
        validate_choice=False,
    )

    def show(self, year: YearScore) -> None:
        """Get ready to be shown: names of the indicators, words of the kind chosen. Sending needs neither."""
        self.kind.choices = [(str(kind), _(words.label)) for kind, words in KINDS.items()]
        self.indicators.choices = [
            (line.line.code, official(f"{line.line.code} {line.line.short}")) for line in year.lines
        ]
        words = KINDS.get(Kind(self.kind.data)) if self.kind.data in set(Kind) else None
        if words is not None:
            self.title.label.text, self.title.description = _(words.title_label), _(words.title_hint)
            self.provider.label.text, self.provider.description = _(words.provider_label), _(words.provider_hint)

    def validate_hours(self, field: Any) -> None:
        """Hours as people write them: 2, 1,5, 1.5 giờ."""
        if self.minutes_text() is None:
            raise ValidationError(_("Ghi số giờ bằng chữ số, ví dụ 2 hoặc 1,5. Không nhớ thì để trống."))

    def minutes_text(self) -> Decimal | None:
        """The hours as a number, or None when it is none."""
        text = (self.hours.data or "").strip().lower().removesuffix("giờ").removesuffix("h").strip()
        return Decimal(text.replace(",", ".")) if re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", text) else None

    def details(self) -> actions.Details:
        """What was written. Invalid on `hours`."""
        # The ten indicators are the same on the four forms of QĐ 324; only what earns their points differs.
        known = catalogue.get(Group.RESIDENTS.criteria_set).by_code.keys()
        return actions.Details(
            kind=self.kind.data,
            title=self.title.data,
            learned_on=self.learned_on.day or date.min,
            indicators=frozenset(known & set(self.indicators.data or [])),
            provider=self.provider.data,
            minutes=check_hours(self.minutes_text()) if (self.hours.data or "").strip() else None,
            witness=self.witness.data,
            note=(self.note.data or "").replace("\r\n", "\n"),
            certificate_ref=self.certificate_ref.data,
        )


class NoteForm(Form):
    """One's own words beside what an organiser confirmed."""

    version = HiddenField()
    note = TextAreaField(_l("Một điều đã học được"), validators=[Optional(), _limit(MAX_NOTE)])


def _mine() -> tuple[uuid.UUID, Thing]:
    person_id = found(actor().person_id)
    return person_id, Thing(person_id)


@dataclass(frozen=True)
class Seen:
    """Something learned or one of its files, and the case by which an officer may see it (the owner needs none)."""

    row: Any
    case: Any = None


def case_behind(evidence: Any) -> tuple[Any, Thing]:
    """The case that lets the one who asks see it (None: their own, or nothing does), and what the policy reads."""
    who = actor()
    if evidence.person_id == who.person_id:
        return None, Thing(evidence.person_id)
    for case in applications.cases_sent_with(reader(), evidence.id):
        thing = access.thing_of_case(reader(), case)
        if may(who, "evidence.view", thing):
            return case, thing
    return None, Thing(evidence.person_id, ward_code=evidence.ward_code)


def _seen(evidence_id: uuid.UUID) -> tuple[Seen, Thing]:
    row = found(queries.evidence(reader(), evidence_id), N_("Không tìm thấy việc học này."))
    case, thing = case_behind(row)
    return Seen(row, case), thing


def one_of_mine(evidence_id: uuid.UUID) -> tuple[Any, Thing]:
    seen, thing = _seen(evidence_id)
    return seen.row, thing


def note_look(case: Any, screen: str) -> None:
    """An officer saw it by this case."""
    if case is not None:
        looked_at(case.person_id, case.ward_code, screen)


def _changeable(row: Any) -> bool:
    """Whether its facts are the owner's to change now; what came from an activity's list is the organiser's."""
    return row.withdrawn_at is None and row.locked_at is None and row.activity_id is None


@bp.get("/minh-chung")
@needs("evidence.view", _mine)
@opens_offline
def mine(person_id: uuid.UUID) -> str:
    """The evidence of a year, the newest first."""
    db = reader()
    counts = queries.years(db, person_id)
    asked = request.args.get("nam", "")
    year = int(asked) if re.fullmatch(r"[0-9]{4}", asked) else this_year()
    found_rows = queries.of_person(db, person_id, year, after=read_day_key(request.args.get("sau", "")), limit=PAGE + 1)
    rows, more = cut(found_rows, PAGE)
    next_url = url_for(".mine", nam=year, sau=day_key(rows[-1].learned_on, rows[-1].id)) if more else None
    years = sorted({this_year(), year, *(count.year for count in counts)}, reverse=True)
    by_year = {count.year: count.count for count in counts}
    # Who writes for themselves made each row by their own account: nobody else's hand is looked for.
    by_others = actor().acting or any(row.created_by not in {None, actor().account_id} for row in rows)
    return render_template(
        "evidence/mine.html",
        rows=rows,
        year=year,
        years=years,
        by_year=by_year,
        next_url=next_url,
        kinds=KINDS,
        hands=hands(db, [row.id for row in rows]) if by_others else {},
    )


@bp.route("/minh-chung/moi", methods=["GET", "POST"])
@needs("evidence.change", _mine)
@opens_offline
@same_for_any_query
def new(person_id: uuid.UUID) -> Any:
    """Write down one thing learned."""
    wanted, kind = request.args.get("chi-so", ""), request.args.get("loai", "")
    form = EvidenceForm(
        data={
            "id": str(new_id()),
            "kind": kind if kind in set(Kind) else None,
            "indicators": [wanted] if wanted else [],
        },
    )
    if form.validate_on_submit():
        with form.catching():
            details, files = form.details(), form.cleaned()
            row = actions.add(
                writer(),
                store(),
                evidence_id=read_id(form.id.data) or new_id(),
                person_id=person_id,
                ward_code=actor().ward_code,
                details=details,
                files=files,
                account_id=actor().account_id,
                today=clock.today(),
            )
            say_saved(row, len(row.files))
            for file in files:
                if file.clean.note:
                    flash(_(file.clean.note), "miss" if file.clean.note == CARD else "info")
            tell_code(row.certificate_ref if not details.certificate_ref else None, form.ours)
            return redirect(onward(row.year, wanted, kind), 303)
        if form.status == 409:
            form.id.data = str(new_id())  # told once, the person may keep their words as another row
    year = explain(person_id, this_year())
    form.show(year)
    return render_template("evidence/new.html", form=form, year=year, **_words()), form.status


def say_saved(row: Any, files: int) -> None:
    """That it is saved, and what would still make it worth more."""
    flash(_("Đã lưu “%(title)s”.", title=row.title), "yes")
    if missing_paper(files, row.witness, row.note):
        flash(_(MISSING_PAPER), "miss")


def onward(year: int, wanted: str, kind: str) -> str:
    """Where one goes on after writing something down: the next one, the indicator it was for, or the list."""
    if request.form.get("then") == "again":
        asked: dict[str, Any] = {"chi-so": wanted or None, "loai": kind or None}
        return url_for("evidence.new", **asked)
    if wanted and allowed("application.own", Thing(actor().person_id)):
        return url_for("score.indicator", code=wanted)
    return url_for("evidence.mine", nam=year if year != this_year() else None)


def _words() -> dict[str, Any]:
    return {"kinds": KINDS, "accept": ACCEPT, "files_hint": FILES_HINT, "no_card": NO_CARD_PHOTO, "most": MAX_FILES}


@bp.get("/minh-chung/<uuid:evidence_id>")
@needs("evidence.view", _seen)
@opens_offline
def view(seen: Seen) -> Any:
    """One thing learned, with its files."""
    note_look(seen.case, "evidence.view")
    return page_of(seen.row, FilesForm(), seen.case)


def page_of(row: Any, form: FilesForm, case: Any = None, words: NoteForm | None = None) -> Any:
    """The page of one thing learned; `case` is the one by which an officer sees it."""
    own = row.person_id == actor().person_id
    if words is None and own and row.activity_id is not None:
        more: dict[str, Any] = {"formdata": None} if request.method == "POST" else {}  # another form was sent
        words = NoteForm(data={"version": str(row.version), "note": row.note}, **more)
    names = {}
    for line in explain(row.person_id, this_year()).lines if own else ():
        names[line.line.code] = line.line.short
    return render_template(
        "evidence/view.html",
        row=row,
        form=form,
        own=own,
        names=names,
        back=url_for("review.case", application_id=case.id) if case else None,
        changeable=own and _changeable(row) and allowed("evidence.change", Thing(row.person_id)),
        hands=hands(reader(), [row.id]).get(row.id, []),
        confirmer=_confirmer(row),
        words=words,
        **_words(),
    ), max(form.status, words.status if words else form.status)


def _confirmer(row: Any) -> str | None:
    """Who led the activity it came from, where it came from one."""
    return people.account_names(reader(), [row.confirmed_by]).get(row.confirmed_by) if row.confirmed_by else None


def written(row: Any) -> dict[str, Any]:
    """What is written about it, as the form shows it."""
    hours = f"{Decimal(row.minutes) / 60:.2f}".rstrip("0").rstrip(".").replace(".", ",") if row.minutes else ""
    return {
        "id": str(row.id),
        "version": str(row.version),
        "base": actions.said(row).text(),
        "kind": row.kind,
        "title": row.title,
        "provider": row.provider,
        "learned_on": row.learned_on,
        "hours": hours,
        "witness": row.witness,
        "note": row.note,
        "certificate_ref": row.certificate_ref,
        "indicators": [tag.code for tag in row.indicators],
    }


@bp.route("/minh-chung/<uuid:evidence_id>/sua", methods=["GET", "POST"])
@needs("evidence.change", one_of_mine)
@opens_offline
def edit(row: Any) -> Any:
    """Correct one thing learned."""
    if request.method != "POST" and not _changeable(row):
        flash(_("Việc học này không sửa được lúc này."), "miss")
        return redirect(url_for(".view", evidence_id=row.id), 303)
    form = EvidenceForm(data=written(row))
    if form.validate_on_submit():
        with form.catching():
            details = form.details()
            actions.edit(
                writer(),
                row.id,
                details,
                version=read_number(form.version.data) or 0,
                account_id=actor().account_id,
                today=clock.today(),
            )
            flash(_("Đã lưu “%(title)s”.", title=details.title), "yes")
            return redirect(url_for(".view", evidence_id=row.id), 303)
        if form.status == 409:
            form.version.data = str(row.version)  # told once, the person may send their own words again
    year = explain(row.person_id, this_year())
    form.show(year)
    return render_template(
        "evidence/edit.html", form=form, row=row, year=year, changeable=_changeable(row), **_words()
    ), form.status


@bp.post("/minh-chung/<uuid:evidence_id>/rut")
@needs("evidence.change", one_of_mine)
def withdraw(row: Any) -> Response:
    """Take one thing back: gone when no case used it, kept and marked when one did."""
    for key in actions.withdraw(writer(), row.id, account_id=actor().account_id):
        after_commit(partial(store().delete, key))
    flash(_("Đã bỏ “%(title)s”.", title=row.title), "yes")
    return redirect(url_for(".mine", nam=row.year if row.year != this_year() else None), 303)
