"""The person behind an account: consent, details, home, who looked, a copy of it all. One blueprint with account.py."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SelectField, SelectMultipleField, StringField
from wtforms.validators import Length, Optional, ValidationError

from xhht_citizen import clock
from xhht_citizen.access.rules import NOTHING, Thing
from xhht_citizen.applications import persons
from xhht_citizen.applications.persons import ByCode, NewHousehold
from xhht_citizen.applications.rules import open_year
from xhht_citizen.audit import looks_at
from xhht_citizen.database import new_id
from xhht_citizen.people import actions as people_actions
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.people.rules import PRIVACY_VERSION, Sex, citizen_id_warnings
from xhht_citizen.places import queries as places
from xhht_citizen.web import own_data
from xhht_citizen.web.account import CONSENT_TEXT, GROUP_HINTS, PersonForm, account_id, bp, one_of
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, found, needs, safe_next, session_start
from xhht_citizen.web.looks import look_words
from xhht_citizen.web.paging import read_id, read_number
from xhht_citizen.web.transactions import database, reader, writer


class ConsentForm(Form):
    """The tick under the privacy text."""

    consent = BooleanField(CONSENT_TEXT)

    def validate_consent(self, field: Any) -> None:
        """A tick of one's own."""
        if not field.data:
            raise ValidationError(_("Cần đánh dấu đồng ý để tiếp tục."))


class DetailsForm(PersonForm):
    """One's own details; the citizen id is optional and asked here only."""

    version = HiddenField()
    citizen_id = StringField(_l("Số định danh cá nhân"), validators=[Optional()])
    forget = BooleanField(_l("Xóa số định danh đã ghi"))


class ChangeForm(Form):
    """Why one moves, and who comes along; asked of who has a home already."""

    reason = RadioField(
        _l("Vì sao chuyển?"),
        choices=[SelectChoice("moved", _l("Chuyển chỗ ở")), SelectChoice("married", _l("Kết hôn"))],
        validate_choice=False,
        validators=[Optional(), one_of(["moved", "married"], _l("Xin chọn một mục."))],
    )
    along = SelectMultipleField(
        _l("Ai cùng chuyển?"),
        description=_l("Chỉ người chưa có tài khoản. Ai có tài khoản thì tự chuyển bằng mã của hộ mới."),
        validate_choice=False,
    )

    def offer(self, home: Any) -> None:
        """Who could come along: people of the same household who have no account; a helper moves one person only."""
        rows = people.members(reader(), home.household_id) if home and not actor().acting else []
        own = people.with_account(reader(), [row.person_id for row in rows]) | {actor().person_id}
        self.along.choices = [
            SelectChoice(str(row.person_id), row.person.name) for row in rows if row.person_id not in own
        ]


class NewHouseholdForm(ChangeForm):
    """A household of one's own, in a community of the ward."""

    id = HiddenField()
    community_id = SelectField(_l("Thôn, tổ dân phố"), validate_choice=False)
    address = StringField(
        _l("Địa chỉ"),
        description=_l("Số nhà, đường, ngõ; để chi hội dễ tìm"),
        validators=[Optional(), Length(max=200, message=_l("Dài quá 200 chữ, xin viết ngắn hơn."))],
    )


class JoinForm(ChangeForm):
    """A relative's household, by its code."""

    code = StringField(
        _l("Mã hộ gia đình"),
        description=_l("Tám chữ và số, người nhà xem ở mục Gia đình"),
        validators=[required(_l("Xin ghi mã hộ gia đình."))],
    )
    relation = SelectField(
        _l("Ông/bà là gì của chủ hộ?"),
        choices=[
            SelectChoice("", _l("Chọn")),
            SelectChoice("spouse", _l("Vợ hoặc chồng")),
            SelectChoice("child", _l("Con, dâu, rể")),
            SelectChoice("parent", _l("Cha, mẹ")),
            SelectChoice("other", _l("Ông bà, anh chị em, người khác")),
        ],
        validate_choice=False,
        validators=[one_of(["spouse", "child", "parent", "other"], _l("Xin chọn một mục."))],
    )


def _own() -> tuple[Any, Thing]:
    person_id = actor().person_id
    return found(people.person(reader(), person_id) if person_id else None), NOTHING


@bp.route("/dong-y", methods=["GET", "POST"])
@needs("account.own", _own)
def consent(person: Any) -> Any:
    """Agree to the privacy text in force; then back to where one was going."""
    form = ConsentForm()
    if form.validate_on_submit():
        with form.catching():
            people_actions.give_consent(writer(), person.id, channel="web", account_id=actor().account_id)
            flash(_("Đã ghi lại sự đồng ý của ông/bà."), "yes")
            return redirect(safe_next(url_for("account.desk")), 303)
    given = people.consents(reader(), person.id)
    standing = next((one for one in given if one.text_version == PRIVACY_VERSION and not one.withdrawn_at), None)
    return render_template(
        "account/consent.html",
        form=form,
        standing=standing,
        before=bool(given),
        renewed=any(one.text_version != PRIVACY_VERSION and not one.withdrawn_at for one in given),
        withdrawn=next((one for one in given if one.withdrawn_paper and not standing), None),
        version=PRIVACY_VERSION,
    ), form.status


@bp.post("/dong-y/rut-lai")
@needs("account.own", _own)
def withdraw_consent(person: Any) -> Response:
    """Take consent back; a case in review stops."""
    persons.withdraw_consent(writer(), person.id, actor=actor(), today=clock.today())
    flash(_("Đã rút lại sự đồng ý. Hồ sơ đang xét, nếu có, đã dừng lại."), "info")
    return redirect(url_for("account.consent"), 303)  # type: ignore[return-value]


@bp.route("/tai-khoan/thong-tin", methods=["GET", "POST"])
@needs("person.change", _own)
def details(person: Any) -> Any:
    """Correct one's own details."""
    born = f"{person.birth_date:%d/%m/%Y}" if person.birth_date else str(person.birth_year)
    shown = {"name": person.name, "birth": born, "sex": person.sex, "learner_group": person.learner_group}
    form = DetailsForm(data={**shown, "version": str(person.version)})
    if form.validate_on_submit():
        with form.catching():
            number = (form.citizen_id.data or "").strip()
            corrected = form.person(phone=person.phone, citizen_id=number or None)
            if number:  # counted in its own transaction: the answer says whether a number is on the list
                sessions.count_citizen_id(database(), account_id(), key=current_app.config["XHHT"].secret_key)
            warnings = citizen_id_warnings(number, corrected.birth.year, _sex(form)) if number else []
            persons.correct(
                writer(),
                person.id,
                corrected,
                version=read_number(form.version.data) or 0,
                id_key=current_app.config["XHHT"].secret_key,
                account_id=account_id(),
                year=open_year(clock.today()),
                forget_citizen_id=form.forget.data and not number,
            )
            flash(_("Đã lưu thông tin."), "yes")
            for warning in warnings:
                flash(_("%(warning)s Đã lưu; nếu ghi nhầm, xin sửa lại.", warning=_(warning)), "miss")
            return redirect(url_for("helping.mine" if actor().acting else "account.mine"), 303)
    form.version.data = person.version if form.status == 409 else form.version.data
    hints = {group.value: hint for group, hint in GROUP_HINTS.items()}
    return render_template("account/details.html", form=form, person=person, hints=hints), form.status


@bp.get("/tai-khoan/ai-da-xem")
@needs("account.own", _own)
def looks(person: Any) -> str:
    """Who looked at one's record, when, and which page."""
    rows = looks_at(reader(), person.id, 100)
    names = people.account_names(reader(), {row.account_id for row in rows})
    return render_template("account/looks.html", looks=rows, names=names, screens=look_words())


@bp.get("/tai-khoan/du-lieu")
@needs("account.own", _own)
def data(person: Any) -> Response:
    """A copy of everything kept about oneself, as a file."""
    answer = jsonify(own_data.of(reader(), person, account_id(), actor().login, session_start()))
    answer.headers["Content-Disposition"] = 'attachment; filename="du-lieu-cua-toi.json"'
    return answer


@bp.route("/noi-o", methods=["GET", "POST"])
@needs("person.change")
def residence() -> Any:
    """Where one lives: find the ward by name, or enter a relative's household by its code."""
    form = JoinForm()
    home = people.home_of(reader(), found(actor().person_id))
    form.offer(home)
    if form.validate_on_submit():
        with form.catching():
            # Counted in its own transaction, before anything else: a wrong code is written nowhere.
            sessions.count_join(database(), account_id(), key=current_app.config["XHHT"].secret_key)
            return _settle(ByCode(form.code.data, form.relation.data), form)
    text = request.args.get("tim", "").strip()[:80]
    return render_template(
        "account/residence.html",
        form=form,
        text=text,
        hits=places.search_communes(reader(), text) if text else [],
        home=home,
        official=places.newest_list(reader()),
    ), form.status


@bp.route("/noi-o/<ward_code>", methods=["GET", "POST"])
@needs("person.change")
def residence_ward(ward_code: str) -> Any:
    """A household of one's own in this ward; or a relative's, by its code."""
    ward = places.commune(reader(), ward_code)
    found(ward if ward.valid_to is None else None)
    communities = places.communities(reader(), ward_code)
    form, join = NewHouseholdForm(), JoinForm(formdata=None)
    home = people.home_of(reader(), found(actor().person_id))
    form.offer(home)
    join.offer(home)
    form.community_id.choices = [
        SelectChoice("", _("Chọn")),
        *(SelectChoice(str(one.id), one.name) for one in communities),
    ]
    if form.validate_on_submit():
        community_id = read_id(form.community_id.data)
        if communities and community_id is None:
            form.community_id.errors = [_("Xin chọn thôn, tổ dân phố.")]
            form.status = 422
        else:
            with form.catching():
                where = NewHousehold(ward_code, community_id, form.address.data, read_id(form.id.data))
                return _settle(where, form)
    form.id.data = form.id.data or str(new_id())
    return render_template(
        "account/residence_ward.html", form=form, join=join, ward=ward, communities=communities, home=home
    ), form.status


def _settle(where: NewHousehold | ByCode, form: ChangeForm) -> Any:
    home = persons.settle(
        writer(),
        found(actor().person_id),
        where,
        account_id=account_id(),
        year=open_year(clock.today()),
        reason=form.reason.data or "moved",
        along=[key for key in map(read_id, form.along.data or []) if key is not None and not actor().acting],
    )
    place = ", ".join(name for name in (home.community, home.ward) if name)
    flash(_("Đã ghi nơi ở: hộ %(household)s, %(place)s.", household=home.household, place=place), "yes")
    return redirect(url_for("year.home"), 303)


def _sex(form: PersonForm) -> Sex | None:
    return Sex(form.sex.data) if form.sex.data else None
