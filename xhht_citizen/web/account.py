"""One's account: signing up, in and out, the devices.

The person behind it is in account_person.py, passwords are in account_password.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import logout_user
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectChoice, StringField
from wtforms.validators import Optional, ValidationError

from xhht_citizen import clock
from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Actor, Role
from xhht_citizen.access.standing_in import STANDS_IN_LABELS
from xhht_citizen.database import new_id
from xhht_citizen.helping import named as helping
from xhht_citizen.helping import pins
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.rules import GROUP_LABELS, PRIVACY_VERSION, SEX_LABELS, Group, Sex, parse_birth
from xhht_citizen.web.devices import device_name
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor, allowed, enter, needs, public, safe_next, session_start
from xhht_citizen.web.notices import unread
from xhht_citizen.web.offline import opens_offline
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.pushing import push_section
from xhht_citizen.web.transactions import database, reader, writer

bp = Blueprint("account", __name__)

SHARED_PHONE = "xhht_may"  # the cookie of a phone that knows accounts by their pins (switch.py)
GROUP_HINTS = {
    Group.RESIDENTS: _l("Làm ruộng, buôn bán, nội trợ, đã nghỉ hưu, hoặc không thuộc ba nhóm dưới"),
    Group.WORKERS: _l("Công nhân, thợ, người làm công ở xí nghiệp, hợp tác xã, hộ kinh doanh"),
    Group.OFFICIALS: _l("Cán bộ, công chức, viên chức, nhân viên cơ quan, chủ doanh nghiệp"),
    Group.STUDENTS: _l("Đang học trường phổ thông, trường nghề, cao đẳng, đại học"),
}
CONSENT_TEXT = _l("Tôi đã đọc và đồng ý cho dùng thông tin của tôi để xét danh hiệu Công dân học tập")


def one_of(values: Collection[str], message: Any) -> Any:
    """The answer must be one of these; WTForms' own check speaks English."""

    def check(form: Any, field: Any) -> None:
        if (field.data or "") not in values:
            raise ValidationError(message)

    return check


def _options(labels: Any) -> list[SelectChoice]:
    return [SelectChoice(value.value, _l(label)) for value, label in labels.items()]


GROUP_OPTIONS = _options(GROUP_LABELS)


class PersonForm(Form):
    """What is asked of a person, and nothing more."""

    name = StringField(
        _l("Họ và tên"),
        description=_l("Như trên giấy tờ, ví dụ Trần Thị Lan"),
        validators=[required(_l("Xin ghi họ và tên."))],
    )
    birth = StringField(
        _l("Ngày sinh"),
        description=_l("Ví dụ 05/03/1992. Chỉ nhớ năm thì ghi 1992"),
        validators=[required(_l("Xin ghi ngày sinh hoặc năm sinh."))],
    )
    sex = RadioField(
        _l("Giới tính"),
        choices=_options(SEX_LABELS),
        validate_choice=False,
        validators=[Optional(), one_of([*Sex], _l("Xin chọn Nam hoặc Nữ, hoặc để trống."))],
    )
    learner_group = RadioField(
        _l("Ông/bà thuộc nhóm nào?"),
        description=_l("Chọn nhóm gần với ông/bà nhất. Mỗi nhóm có mẫu tự chấm riêng, theo Quyết định 324/QĐ-KHVN."),
        choices=GROUP_OPTIONS,
        validate_choice=False,
        validators=[one_of([*Group], _l("Xin chọn một nhóm."))],
    )

    def person(self, **more: Any) -> NewPerson:
        """What was typed; Invalid on `birth`."""
        birth = parse_birth(self.birth.data, clock.today())
        group = self.learner_group.data or Group.RESIDENTS
        return NewPerson(self.name.data, birth, self.sex.data or None, learner_group=group, **more)


class NewAccountForm(Form):
    """What makes an account: a log-in, a password, one's own consent."""

    id = HiddenField()
    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập"),
        description=_l("Cả nhà dùng chung một số thì mỗi người chọn một tên riêng, ví dụ lan1992"),
        validators=[required(_l("Xin ghi số điện thoại hoặc tên đăng nhập."))],
    )
    password = PasswordField(
        _l("Mật khẩu"),
        description=_l("Ít nhất 8 chữ hoặc số, không phải dãy dễ đoán như 12345678"),
        validators=[required(_l("Xin chọn một mật khẩu."))],
    )
    consent = BooleanField(CONSENT_TEXT)

    def validate_consent(self, field: Any) -> None:
        """A tick of one's own."""
        if not field.data:
            raise ValidationError(_("Cần đánh dấu đồng ý để tiếp tục."))


class SignUpForm(PersonForm, NewAccountForm):
    """Everything a new account needs, on one page."""


class EmailForm(Form):
    """Where notices go as well."""

    email = StringField(_l("Thư điện tử"), description=_l("Ví dụ: lan@thu.vn"), validators=[Optional()])


class SignInForm(Form):
    """Log-in and password."""

    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập"),
        validators=[required(_l("Xin ghi số điện thoại hoặc tên đăng nhập."))],
    )
    password = PasswordField(_l("Mật khẩu"), validators=[required(_l("Xin ghi mật khẩu."))])


@bp.route("/dang-ky", methods=["GET", "POST"])
@public
def sign_up() -> Any:
    """A new account with its person and consent; then where one lives."""
    if actor().account_id is not None:
        return redirect(url_for(".desk"))
    form = SignUpForm()
    if form.validate_on_submit():
        with form.catching():
            _open_account(form)
            return redirect(url_for(".residence"), 303)
    form.id.data = form.id.data or str(new_id())
    hints = {group.value: hint for group, hint in GROUP_HINTS.items()}
    return render_template("account/sign_up.html", form=form, hints=hints, version=PRIVACY_VERSION), form.status


def _open_account(form: SignUpForm) -> None:
    """Own transactions: the try counts even when it fails, and the session must stand before anybody enters by it."""
    details = form.person()
    key = current_app.config["XHHT"].secret_key
    sessions.count_sign_up(database(), address=request.remote_addr or "", key=key)
    with database().transaction() as db:
        account = sessions.sign_up(
            db,
            login=form.login.data,
            password=form.password.data,
            details=details,
            id_key=key,
            account_id=read_id(form.id.data),
        )
        opened = sessions.open_session(db, account.id, device_name(request.user_agent.string))
    enter(opened.id)
    flash(_("Đã mở tài khoản. Chỉ còn một bước: ghi nơi ở."), "yes")


@bp.route("/dang-nhap", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """Log in, and back to where one was going."""
    target = safe_next(url_for(".desk"))
    if actor().account_id is not None:
        return redirect(target)
    form = SignInForm()
    if form.validate_on_submit():
        with form.catching():
            _account, opened = sessions.sign_in(
                database(),
                login=form.login.data,
                password=form.password.data,
                address=request.remote_addr or "",
                device=device_name(request.user_agent.string),
                key=current_app.config["XHHT"].secret_key,
                session_days=current_app.config["XHHT"].session_days,
            )
            enter(opened)
            return redirect(target, 303)
    asked = "giu" if "giu=" in target else "next" if request.args.get("next") else ""
    return render_template("account/sign_in.html", form=form, asked=asked), form.status


@bp.post("/dang-xuat")
@needs("session.own")
def sign_out() -> Response:
    """This device goes out."""
    session_id = actor().session_id
    assert session_id is not None  # noqa: S101 (signed in)
    sessions.sign_out(writer(), session_id)
    _forget()
    flash(_("Đã thoát. Hẹn gặp lại ông/bà."), "info")
    # On a phone that a family shares the next one is about to come in.
    shared = SHARED_PHONE in request.cookies
    return redirect(url_for("switch.people_here" if shared else "public.landing"), 303)  # type: ignore[return-value]


@bp.post("/tai-khoan/dang-xuat-moi-noi")
@needs("account.own")
def sign_out_everywhere() -> Response:
    """Every device goes out, this one too, and none lets one in by a pin."""
    sessions.sign_out_everywhere(writer(), account_id())
    pins.forget_everywhere(writer(), account_id())
    _forget()
    flash(_("Đã thoát trên mọi máy. Xin đăng nhập lại."), "info")
    return redirect(url_for(".sign_in"), 303)  # type: ignore[return-value]


@bp.get("/ban-lam-viec")
@needs("session.own")
def desk() -> Response:
    """On to the first page of one's role."""
    return redirect(desk_of(actor()))  # type: ignore[return-value]


def desk_of(who: Actor) -> str:
    """Where an account's work begins: an officer's desk before one's own year."""
    return officer_desk(who) or own_desk(who) or url_for(".mine")


def officer_desk(who: Actor) -> str | None:
    """The first page of the highest role held; None without one."""
    if Role.ADMIN in who.roles():
        return url_for("admin.roles")
    province = who.grant(Role.PROVINCE_OFFICER)
    if province is not None:
        return url_for("ratios.province", code=province.province_code)
    return url_for("review.queue") if allowed("queue.view") else None


def own_desk(who: Actor) -> str | None:
    """A resident's first page; None for an account without a person."""
    if who.person_id is None:
        return None
    return url_for("year.home") if who.household_id or who.acting else url_for(".residence")


@bp.get("/tai-khoan")
@needs("account.own")
@opens_offline
def mine() -> str:
    """Own data, devices, consent, and the way out."""
    who, db = actor(), reader()
    person = people.person(db, who.person_id) if who.person_id else None
    return render_template(
        "account/mine.html",
        person=person,
        group=GROUP_LABELS[Group(person.learner_group)] if person else None,
        sex=SEX_LABELS[Sex(person.sex)] if person and person.sex else None,
        home=people.home_of(db, who.person_id) if who.person_id else None,
        consent=people.consent_of(db, who.person_id, PRIVACY_VERSION) if who.person_id else None,
        helpers=[row for row in helping.of_person(db, who.person_id, clock.today()) if row.open]
        if who.person_id
        else [],
        devices=people.open_sessions(db, account_id(), session_start()),
        grants=access.open_grants(db, account_id()) if who.grants else [],
        officer_desk=officer_desk(who),
        own_desk=own_desk(who),
        unread=unread(),
        email=people.email_of(db, account_id()),
        push=push_section(),
        stands_in=STANDS_IN_LABELS,
    )


@bp.route("/tai-khoan/thu-dien-tu", methods=["GET", "POST"])
@needs("account.own")
def email() -> Any:
    """Where notices are sent as well; leaving it empty is fine, the inbox holds them all."""
    form = EmailForm(data={"email": people.email_of(reader(), account_id())})
    if form.validate_on_submit():
        with form.catching():
            sessions.set_email(writer(), account_id(), form.email.data or "")
            flash(_("Đã lưu."), "yes")
            return redirect(url_for("account.mine"), 303)
    return render_template("account/email.html", form=form), form.status


def account_id() -> uuid.UUID:
    """The account that asks; for views nobody enters without one."""
    who = actor().account_id
    assert who is not None  # noqa: S101 (the guard let nobody else in)
    return who


def _forget() -> None:
    """The cookie keeps the reader's language and size of text, nothing else; the next page makes the phone forget what
    it keeps."""
    chosen = {name: session[name] for name in ("lang", "size") if session.get(name)}
    logout_user()
    session.clear()
    session["wipe"] = 1
    session.update(chosen)
