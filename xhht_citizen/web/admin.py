"""Administration: who holds which role where; how a ward runs its year; its communities."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from xhht_citizen import clock
from xhht_citizen.access import actions as access
from xhht_citizen.access import queries as grants
from xhht_citizen.access.rules import NOTHING, Role, Thing
from xhht_citizen.access.standing_in import STANDS_IN_LABELS, StandsIn
from xhht_citizen.errors import Conflict
from xhht_citizen.people import queries as people
from xhht_citizen.people.sessions import create_account, new_password
from xhht_citizen.places import actions as area_actions
from xhht_citizen.places import queries as areas
from xhht_citizen.places.rules import COMMUNITY_WORDS, CommunityKind, WardPolicy, default_issuing_body
from xhht_citizen.ratios import actions as recount
from xhht_citizen.ratios import queries as ratios
from xhht_citizen.web.forms import DayField, Form, NumberField, required, say
from xhht_citizen.web.guard import actor, found, needs
from xhht_citizen.web.paging import PAGE, read_id
from xhht_citizen.web.transactions import reader, writer

bp = Blueprint("admin", __name__)

ROLES = {
    Role.COMMUNITY_HEAD: _l("Trưởng chi hội"),
    Role.WARD_REVIEWER: _l("Người xét hồ sơ"),
    Role.WARD_SIGNER: _l("Người ghi quyết định"),
    Role.PROVINCE_OFFICER: _l("Cán bộ tỉnh, thành phố"),
    Role.ADMIN: _l("Quản trị"),
}
ROLE_HINTS = {
    Role.COMMUNITY_HEAD: _l("Xác nhận hồ sơ của một thôn, tổ trước khi phường, xã xét."),
    Role.WARD_REVIEWER: _l("Xét từng chỉ số của hồ sơ trong phường, xã, trả lại hoặc đề nghị công nhận."),
    Role.WARD_SIGNER: _l("Ghi số quyết định của phường, xã để công nhận, và thu hồi danh hiệu."),
    Role.PROVINCE_OFFICER: _l("Xem tỷ lệ, sổ danh hiệu và tải số liệu của cả tỉnh. Không xem hồ sơ của người dân."),
    Role.ADMIN: _l("Trao vai trò và sửa địa bàn. Không xem hồ sơ của người dân."),
}


STAND_INS = [SelectChoice(one.value, _l(words)) for one, words in STANDS_IN_LABELS.items()]


class GrantForm(Form):
    """A role, and the place it holds in."""

    role = RadioField(
        _l("Vai trò"),
        choices=[SelectChoice(role.value, words) for role, words in ROLES.items()],
        coerce=str,
        validators=[required(_l("Chọn một vai trò."))],
    )
    place_code = StringField(
        _l("Mã địa bàn"),
        description=_l("5 chữ số của phường, xã, hoặc 2 chữ số của tỉnh. Vai trò quản trị thì để trống."),
        validators=[Optional()],
    )
    community_id = SelectField(
        _l("Thôn, tổ dân phố"),
        description=_l("Chỉ cho trưởng chi hội. Ghi mã phường, xã rồi bấm nút ở dưới; danh sách sẽ hiện ra ở đây."),
        validators=[Optional()],
        validate_choice=False,
    )

    stands_in = RadioField(
        _l("Làm thay Hội Khuyến học?"),
        description=_l("Chỉ khi phường, xã chưa có Hội Khuyến học. Việc làm thay hiện rõ trên hồ sơ và văn bản."),
        choices=[SelectChoice("", _l("Không, là cán bộ của nơi đó")), *STAND_INS],
        default="",
        validators=[Optional()],
    )

    def offer_communities(self) -> None:
        """The communities of the ward that was typed, to choose from."""
        code = (self.place_code.data or "").strip()
        rows = areas.communities(reader(), code) if len(code) == 5 else []
        self.community_id.choices = [
            SelectChoice("", _("Chọn…")),
            *(SelectChoice(str(row.id), row.name) for row in rows),
        ]

    def grant_to(self, account_id: uuid.UUID) -> bool:
        """Grant what was chosen; False when it is held already."""
        role = Role(self.role.data)
        return access.grant_role(
            writer(),
            account_id,
            role,
            place_code="" if role is Role.ADMIN else (self.place_code.data or "").strip(),
            community_id=read_id(self.community_id.data or "") if role is Role.COMMUNITY_HEAD else None,
            granted_by=actor().account_id,
            stands_in=StandsIn(self.stands_in.data) if self.stands_in.data else None,
        )


class AccountForm(GrantForm):
    """A new officer's account with its first role."""

    name = StringField(_l("Họ và tên"), validators=[required()])
    login = StringField(
        _l("Tên đăng nhập"),
        description=_l("Số điện thoại, hoặc tên không dấu, ví dụ canbo.huongtra"),
        validators=[required()],
    )


class WardForm(Form):
    """How a ward runs its year."""

    community_step = BooleanField(
        _l("Chi hội thôn, tổ xác nhận trước"),
        description=_l("Hồ sơ qua trưởng chi hội rồi mới tới phường, xã. Bỏ chọn nếu nơi này chưa có chi hội."),
    )
    disadvantaged = BooleanField(
        _l("Địa bàn khó khăn: đạt từ 70 điểm"),
        description=_l(
            "Chọn khi có văn bản xếp nơi này vào vùng sâu, vùng xa, vùng đặc biệt khó khăn hoặc vùng đồng bào dân tộc "
            "thiểu số. Người dân đạt từ 70 điểm thay vì 80; vẫn không chỉ số nào dưới 5."
        ),
    )
    submit_by = DayField(_l("Hạn gửi hồ sơ của năm"), validators=[Optional()])
    review_days = NumberField(_l("Số ngày xét một hồ sơ"), validators=[required(_l("Ghi số ngày, từ 1 đến 365."))])
    appeal_days = NumberField(
        _l("Số ngày được đề nghị xét lại, kể từ khi có kết luận"),
        validators=[required(_l("Ghi số ngày, từ 1 đến 365."))],
    )
    second_look_share = NumberField(
        _l("Phần hồ sơ đề nghị hàng loạt phải có người thứ hai xem lại (%)"),
        validators=[required(_l("Ghi một số từ 1 đến 100."))],
    )
    issuing_body = StringField(_l("Cơ quan ra quyết định"), validators=[required()])


class CommunityForm(Form):
    """A community's name, and its kind when it is new."""

    name = StringField(_l("Tên thôn, tổ dân phố"), description=_l("Ví dụ: Tổ dân phố 4"), validators=[required()])


class NewCommunityForm(CommunityForm):
    """A new community."""

    kind = SelectField(
        _l("Loại"), choices=[SelectChoice(kind.value, _l(word)) for kind, word in COMMUNITY_WORDS.items()]
    )


def an_account(account_id: uuid.UUID) -> tuple[Any, Thing]:
    """An account, whose roles an administrator may change."""
    return found(people.account(reader(), account_id)), NOTHING


def a_ward(code: str) -> tuple[Any, Thing]:
    """A commune."""
    return areas.commune(reader(), code), NOTHING


def a_community(community_id: uuid.UUID) -> tuple[Any, Thing]:
    """A community."""
    return areas.community(reader(), community_id), NOTHING


@bp.get("/quan-tri")
@needs("admin.roles")
def roles() -> Any:
    """The open roles by log-in; accounts found by log-in or name."""
    text, last = request.args.get("tim", "").strip(), request.args.get("sau", "")
    login, _dot, grant_id = last.rpartition("~")
    key = read_id(grant_id)
    after = (login, key) if login and key else None
    rows = [] if text else grants.open_grants(reader(), after=after, limit=PAGE + 1)
    return render_template(
        "admin/roles.html",
        text=text,
        accounts=people.accounts(reader(), text) if text else [],
        grants=rows[:PAGE],
        role_names=ROLES,
        next_url=url_for("admin.roles", sau=f"{rows[PAGE - 1].login}~{rows[PAGE - 1].id}")
        if len(rows) > PAGE
        else None,
        first_url=url_for("admin.roles") if after else None,
    )


@bp.route("/quan-tri/tai-khoan-moi", methods=["GET", "POST"])
@needs("admin.roles")
def new_account() -> Any:
    """Make an account for an officer; its one-time password is shown on this answer, and kept nowhere."""
    form = AccountForm(place_code=request.args.get("noi", ""))
    form.offer_communities()
    if form.validate_on_submit():
        password = new_password()
        with form.catching():
            made = create_account(
                writer(),
                login=form.login.data,
                password=password,
                name=form.name.data,
                must_change_password=True,
                created_by=actor().account_id,
            )
            form.grant_to(made.id)
            # No redirect: only the password's hash is ever written down, neither it nor a cookie holds the password.
            back = url_for("admin.account", account_id=made.id)
            return render_template("account/one_time.html", row=made, password=password, back=back, made=True)
    return render_template("admin/new_account.html", form=form, role_hints=ROLE_HINTS), form.status


@bp.route("/quan-tri/tai-khoan/<uuid:account_id>", methods=["GET", "POST"])
@needs("admin.roles", an_account)
def account(row: Any) -> Any:
    """An account: its roles, and one more."""
    form = GrantForm(place_code=request.args.get("noi", ""))
    form.offer_communities()
    if form.validate_on_submit():
        with form.catching():
            if form.grant_to(row.id):
                flash(_("Đã trao vai trò. Người này dùng được ngay, không cần đăng nhập lại."), "yes")
            else:
                flash(_("Người này đã có vai trò đó."), "info")
            return redirect(url_for("admin.account", account_id=row.id), 303)
    return render_template(
        "admin/account.html",
        form=form,
        row=row,
        may_reset=row.id != actor().account_id and row.closed_at is None,
        grants=grants.open_grants(reader(), row.id),
        stands_in=STANDS_IN_LABELS,
        role_names=ROLES,
        role_hints=ROLE_HINTS,
    ), form.status


@bp.post("/quan-tri/vai-tro/<uuid:grant_id>/thu-lai")
@needs("admin.roles")
def revoke(grant_id: uuid.UUID) -> Any:
    """Take a role back."""
    who = actor().account_id
    account_id = read_id(request.form.get("account", ""))
    try:
        access.revoke_role(writer(), grant_id, revoked_by=who)
    except Conflict as error:
        flash(say(error), "bad")
    else:
        flash(_("Đã thu lại vai trò, có hiệu lực ngay."), "yes")
    return redirect(url_for("admin.account", account_id=account_id) if account_id else url_for("admin.roles"), 303)


@bp.get("/quan-tri/dia-ban")
@needs("admin.places")
def places() -> Any:
    """Find a ward by its name, today's or a former one."""
    text = request.args.get("tim", "").strip()
    db = reader()
    return render_template(
        "admin/places.html",
        text=text,
        hits=areas.search_communes(db, text, limit=PAGE) if text else [],
        newest=areas.newest_list(db),
    )


@bp.route("/quan-tri/dia-ban/<code>", methods=["GET", "POST"])
@needs("admin.places", a_ward)
def ward(place: Any) -> Any:
    """A ward's settings, and its communities."""
    policy = areas.ward_settings(reader(), place.code)
    form = WardForm(obj=policy)
    if form.validate_on_submit():
        body = " ".join(form.issuing_body.data.split())
        with form.catching():
            area_actions.save_ward_settings(
                writer(),
                WardPolicy(
                    ward_code=place.code,
                    community_step=form.community_step.data,
                    disadvantaged=form.disadvantaged.data,
                    submit_by=form.submit_by.day,
                    review_days=form.review_days.number or 0,
                    appeal_days=form.appeal_days.number or 0,
                    second_look_share=form.second_look_share.number or 0,
                    # Kept empty while it is the usual one, so that it follows the ward's name.
                    issuing_body="" if body == default_issuing_body(place.name) else body,
                ),
                account_id=actor().account_id,
            )
            flash(_("Đã lưu. Hồ sơ đã bắt đầu vẫn theo mức đạt cũ; hồ sơ mới theo cài đặt này."), "yes")
            return redirect(url_for("admin.ward", code=place.code), 303)
    return render_template(
        "admin/ward.html",
        form=form,
        place=place,
        communities=areas.communities(reader(), place.code, closed=True),
        today=clock.today(),
    ), form.status


@bp.route("/quan-tri/dia-ban/<code>/thon-to-moi", methods=["GET", "POST"])
@needs("admin.places", a_ward)
def add_community(place: Any) -> Any:
    """Open a community."""
    form = NewCommunityForm(kind=CommunityKind.TO.value if place.kind == "phuong" else CommunityKind.THON.value)
    if form.validate_on_submit():
        with form.catching():
            row = area_actions.add_community(
                writer(),
                place.code,
                form.name.data,
                CommunityKind(form.kind.data),
                on=clock.today(),
                account_id=actor().account_id,
            )
            counts_follow(row)
            flash(_("Đã thêm %(name)s.", name=form.name.data.strip()), "yes")
            return redirect(url_for("admin.ward", code=place.code), 303)
    return render_template("admin/add_community.html", form=form, place=place), form.status


@bp.route("/quan-tri/thon-to/<uuid:community_id>", methods=["GET", "POST"])
@needs("admin.places", a_community)
def community(place: Any) -> Any:
    """Rename a community, or close it."""
    form = CommunityForm(obj=place)
    if form.validate_on_submit():
        with form.catching():
            row = areas.community(writer(), place.id)
            area_actions.rename_community(
                writer(), row, form.name.data, on=clock.today(), account_id=actor().account_id
            )
            flash(_("Đã đổi tên. Tên cũ được giữ trong lịch sử."), "yes")
            return redirect(url_for("admin.ward", code=place.ward_code), 303)
    counted = ratios.community_counts(reader(), place.id, clock.today().year)
    return render_template(
        "admin/community.html",
        form=form,
        place=place,
        ward=areas.commune(reader(), place.ward_code),
        adults=counted.counts.total if counted else None,
    ), form.status


@bp.post("/quan-tri/thon-to/<uuid:community_id>/dong")
@needs("admin.places", a_community)
def close_community(place: Any) -> Any:
    """Close a community from today on."""
    row = areas.community(writer(), place.id)
    area_actions.close_community(writer(), row, on=clock.today(), account_id=actor().account_id)
    counts_follow(row)
    flash(_("Đã đóng %(name)s từ hôm nay.", name=row.name), "yes")
    return redirect(url_for("admin.ward", code=place.ward_code), 303)


def counts_follow(row: Any) -> None:
    """A community more or less, in the years its ward was counted for; one that never was stays unknown."""
    years = ratios.years_of(writer(), {row.ward_code})
    recount.touch_all(writer(), {(row.ward_code, row.id, year) for year in years})
