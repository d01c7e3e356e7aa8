"""The base of every form: Vietnamese messages, domain errors beside their field, kept fields given back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, ClassVar

from flask import g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto
from werkzeug.datastructures import MultiDict
from wtforms import FileField, HiddenField, MultipleFileField, PasswordField, StringField, TextAreaField
from wtforms.validators import ValidationError

from xhht_citizen import clock
from xhht_citizen.errors import N_, Conflict, DomainError, Invalid, TooMany
from xhht_citizen.phones.drafting import Typed
from xhht_citizen.web import half_filled
from xhht_citizen.web.days import read_day
from xhht_citizen.web.explaining import Help
from xhht_citizen.web.keeping import NOT_KEPT, SECRETS, kept_fields
from xhht_citizen.web.paging import read_amount

STATUS: dict[type[DomainError], int] = {Invalid: 422, Conflict: 409, TooMany: 429}


# What WTForms says by itself, in English; said in the reader's language.
BUILT_IN = {
    "Not a valid choice.": N_("Xin chọn một mục trong danh sách."),
    "Invalid Choice: could not coerce.": N_("Xin chọn một mục trong danh sách."),
    "'%(value)s' is not a valid choice for this field.": N_("Xin chọn một mục trong danh sách."),
    "This field is required.": N_("Xin ghi vào chỗ này."),
    "Not a valid integer value.": N_("Xin ghi một số nguyên, ví dụ 30."),
    "Field cannot be longer than %(max)d character.": N_("Dài quá %(max)d chữ, xin viết ngắn hơn."),
}
BEYOND = N_("Xin xem lại chỗ này.")


class BuiltIn:
    """The translations WTForms asks for; what it says beyond `BUILT_IN` is said in general words."""

    def gettext(self, text: str) -> str:
        """One message of WTForms; it fills in the values itself."""
        return str(_(BUILT_IN.get(text, BEYOND)))

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The same words for one and many."""
        return self.gettext(one)


class Form(FlaskForm):  # type: ignore[misc]
    """`status` is what the page should answer with: 200 untouched, 422 with errors, 409 when somebody was faster.

    `drafted`: what is typed is saved while it is typed, and given back when the page is opened again; gone when it is
    sent. Where a form does not say, its fields do (`saved`). `of_a_year`: it is about the open year, so a draft of the
    year before is none. `draft` is what was given back, `given` all that stands in the form instead of what is stored.
    `helps`: what stands behind "Giải thích và ví dụ" of a field, by its name.
    """

    status = 200
    form_errors: list[str]
    drafted: bool | None = None
    of_a_year = False
    given: MultiDict[str, str] | None = None
    draft: Typed | None = None
    helps: ClassVar[Mapping[str, Help]] = {}

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Flask-WTF's, with what was kept before signing in as the data of a GET.

        `today`: the day on which the form was filled in, where that is not now; "hôm qua" is the day before it.
        """

        locales = False
        today: date | None = None

        def get_translations(self, form: Form) -> BuiltIn:
            """WTForms' own messages in Vietnamese, which it does not know."""
            return BuiltIn()

        def wrap_formdata(self, form: Form, formdata: Any) -> Any:
            """The posted fields; on a GET the kept ones its address names, else the draft that waits on this page."""
            if formdata is not _Auto or request.method != "GET":
                return super().wrap_formdata(form, formdata)
            form.given = kept_fields()
            if form.given is None and form.saved:
                form.draft = half_filled.waiting(of_a_year=form.of_a_year)
                self.today = clock.local(form.draft.at).date() if form.draft else None
                form.given = half_filled.as_sent(form.draft) if form.draft else None
            return form.given

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        for name, words in self.helps.items():
            self._fields[name].help = words

    @property
    def saved(self) -> bool:
        """Whether what is typed is saved while it is typed: on a resident's page whatever would be missed when lost,
        which is a long text, a line among other things, or more than two things; of what asks for a secret, nothing.
        """
        if self.drafted is not None:
            return self.drafted
        if not half_filled.is_saved_here() or any(is_secret(field) for field in self):
            return False
        asked = [field for field in self if is_asked(field)]
        kinds = {type(field) for field in asked}
        return TextAreaField in kinds or len(asked) > 2 or (len(asked) > 1 and StringField in kinds)

    def saving(self) -> half_filled.Saving | None:
        """What the page's script and buttons need for saving while it is typed; None where nothing is."""
        if not self.saved:
            return None
        fresh = request.method == "GET" and kept_fields() is None
        return half_filled.saving(self.draft, self._fields, fresh=fresh)

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """As WTForms. "Lưu và tiếp tục" only puts the words aside, unchecked; what is sent has no draft any more."""
        if self.is_submitted() and request.form.get("then") == half_filled.DRAFT:
            if self.saved:  # no more, where somebody took back that they agree: nothing is sent by this button
                half_filled.put_aside()
            return False
        valid = bool(super().validate_on_submit(extra_validators))
        if valid and self.saved:
            half_filled.is_sent()
        return valid

    def validate(self, extra_validators: Any = None) -> bool:
        """As WTForms; a failed check answers 422."""
        valid = bool(super().validate(extra_validators))
        self.status = 200 if valid else 422
        return valid

    @contextmanager
    def catching(self) -> Iterator[None]:
        """Run an action; what it refuses stands beside its field, everything typed stays, nothing is written."""
        try:
            yield
        except (Invalid, Conflict, TooMany) as error:
            g.failed = True
            if "writer" in g:
                g.writer.rollback()
            message = say(error)
            field = self._fields.get(error.field) if error.field else None
            if field is not None:
                field.errors = [*field.errors, message]
            else:
                self.form_errors = [*self.form_errors, message]
            self.status = STATUS[next(kind for kind in type(error).__mro__ if kind in STATUS)]


def is_secret(field: Any) -> bool:
    """Whether a form with this field is saved nowhere. An identity number is one of many details: it alone is not."""
    return isinstance(field, PasswordField) or field.name in SECRETS


def is_asked(field: Any) -> bool:
    """Whether somebody fills this in, and it may be written down."""
    return not isinstance(field, (HiddenField, FileField, MultipleFileField)) and field.name not in NOT_KEPT


def say(error: DomainError) -> str:
    """A domain error's sentence in the reader's language."""
    return str(_(error.message, **error.values) if error.values else _(error.message))


class DayField(StringField):  # type: ignore[misc]
    """A day typed as 21/11/2026 or as web/days.py understands it; `day` is the date, None when it is empty.

    `past`: a day that has been. Scripts offer a calendar for it, and days that are chosen often.
    """

    data: str | None
    day: date | None = None
    problem: str | None = None

    def __init__(self, *args: Any, past: bool = False, **kwargs: Any) -> None:
        """As a StringField; its input says by data-day that a day goes in."""
        self.past = past
        kwargs["render_kw"] = {"data-day": "past" if past else "any", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the text as typed, and read it; what was typed on a day before stands as the date it meant then."""
        super().process_formdata(valuelist)
        today = clock.today()
        typed = self.meta.today or today
        self.day, self.problem = read_day(self.data or "", typed, past=self.past)
        if self.day is not None and typed != today:
            self.data = f"{self.day:%d/%m/%Y}"

    def process_data(self, value: date | str | None) -> None:
        """Show a date as people here write it."""
        if isinstance(value, date):
            self.day = value
            value = f"{value:%d/%m/%Y}"
        super().process_data(value)

    def pre_validate(self, form: Any) -> None:
        """Refuse text that is no day."""
        if self.problem is not None:
            raise ValidationError(_(self.problem))


class NumberField(StringField):  # type: ignore[misc]
    """A whole number of plain digits, thousands parted by dots or not; `number` is None when empty or no number."""

    number: int | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the text as typed, and read it."""
        super().process_formdata(valuelist)
        self.number = read_amount(self.data)

    def process_data(self, value: int | str | None) -> None:
        """Show a stored number."""
        if isinstance(value, int):
            self.number = value
            value = str(value)
        super().process_data(value)

    def pre_validate(self, form: Any) -> None:
        """Refuse text that is no number."""
        if (self.data or "").strip() and self.number is None:
            raise ValidationError(_("Ghi một số nguyên bằng chữ số, ví dụ 30."))


def required(message: Any = None) -> Any:
    """The field must be filled in; says what to write."""

    def check(form: Any, field: Any) -> None:
        data = field.data
        if data is None or (isinstance(data, str) and not data.strip()) or (isinstance(data, list) and not data):
            raise ValidationError(message or _l("Xin ghi vào chỗ này."))

    check.field_flags = {"required": True}  # type: ignore[attr-defined]
    return check
