"""Acting for somebody: for whom one may, this device as them and as oneself again; who may act for oneself.

What officers do about it is in helping_officer.py, asking for help by a code in helping_slip.py.
"""

from __future__ import annotations

import uuid
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectChoice, SelectMultipleField, StringField

from xhht_citizen import audit, clock
from xhht_citizen.access.rules import Thing
from xhht_citizen.database import new_id
from xhht_citizen.errors import N_
from xhht_citizen.helping import acting, named, queries
from xhht_citizen.helping.named import HelperRow
from xhht_citizen.helping.rules import ACT_HINTS, ACT_LABELS, Act, last_day
from xhht_citizen.notices.actions import tell
from xhht_citizen.people import queries as people
from xhht_citizen.people import sessions
from xhht_citizen.web.account import account_id
from xhht_citizen.web.forms import DayField, Form, required
from xhht_citizen.web.guard import Response, actor, found, needs, safe_next
from xhht_citizen.web.paging import read_id
from xhht_citizen.web.transactions import after_commit, database, reader, writer

bp = Blueprint("helping", __name__)
# What a helper did, in the words of who is helped; by the audit's own.
DONE = {
    "helper.begin": N_("Bắt đầu làm thay"),
    "evidence.add": N_("Ghi một việc học"),
    "evidence.edit": N_("Sửa một việc học"),
    "evidence.attach": N_("Thêm ảnh, tệp"),
    "evidence.detach": N_("Bỏ một tệp"),
    "evidence.withdraw": N_("Bỏ một việc học"),
    "year.register": N_("Đăng ký học tập năm"),
    "year.unregister": N_("Rút đăng ký học tập năm"),
    "application.answer": N_("Chấm một chỉ số"),
    "application.submit": N_("Gửi hồ sơ"),
    "application.resubmit": N_("Gửi lại hồ sơ"),
    "application.withdraw": N_("Rút hồ sơ"),
    "application.redraft": N_("Mở lại hồ sơ"),
    "application.appeal": N_("Đề nghị xét lại"),
    "person.edit": N_("Sửa thông tin"),
    "person.move": N_("Ghi nơi ở"),
}
OTHER = N_("Việc khác")


class NamingForm(Form):
    """Who shall act, in what, until when. `id` is made with the page, so that a form sent twice is one row."""

    id = HiddenField()
    login = StringField(
        _l("Số điện thoại hoặc tên đăng nhập của người làm thay"),
        description=_l("Đúng như người ấy dùng để đăng nhập"),
        validators=[required(_l("Ghi số điện thoại hoặc tên đăng nhập."))],
    )
    name = StringField(
        _l("Họ và tên của người làm thay"),
        description=_l("Để chắc là đúng người: phải khớp với tên đăng nhập ở trên"),
        validators=[required(_l("Ghi họ và tên."))],
    )
    acts = SelectMultipleField(
        _l("Được làm thay việc gì?"),
        description=_l("Sự đồng ý cho dùng thông tin không ai làm thay được."),
        validate_choice=False,
        choices=[SelectChoice(act.value, _l(label)) for act, label in ACT_LABELS.items()],
    )
    until = DayField(_l("Đến hết ngày"), validators=[required(_l("Ghi ngày cuối được làm thay."))])

    def wanted(self, paper: str | None = None) -> acting.Named:
        """What was written."""
        return acting.Named(self.login.data, self.name.data, self.acts.data or [], self.until.day, paper)


def blank() -> dict[str, Any]:
    """What stands in the form before anybody types; nothing is ticked for anybody."""
    return {"id": str(new_id()), "acts": [], "until": last_day(clock.today())}


def name_helper(form: NamingForm, person_id: uuid.UUID, paper: str | None = None) -> None:
    """Write the row and tell both; in `form.catching()`. Counted first: nobody tries one log-in after another."""
    sessions.count_naming(database(), account_id(), key=current_app.config["XHHT"].secret_key)
    row = acting.name(
        writer(),
        person_id,
        form.wanted(paper),
        account_id=account_id(),
        today=clock.today(),
        helper_id=read_id(form.id.data),
    )
    shown = found(named.row(writer(), row.id, clock.today()))
    tell_both(shown)
    flash(_("%(name)s được làm thay đến hết ngày %(day)s.", name=shown.helper, day=f"{row.until:%d/%m/%Y}"), "yes")


def tell_both(row: HelperRow) -> None:
    """Somebody is a helper from now on: whoever is helped knows, unless their own hands wrote it, and the helper."""
    if row.person_id != actor().person_id:
        _tell(row.person_id, "helper.named", row, name=row.helper)
    _tell_helper("helper.asked", row)


def end_helper(row: HelperRow) -> None:
    """End a row and tell whoever did not do it."""
    if acting.end(writer(), row.id, account_id=account_id()):
        if row.account_id != actor().account_id:
            _tell_helper("helper.over", row)
        if row.person_id not in {actor().person_id, actor().own_person_id}:
            _tell(row.person_id, "helper.ended", row, name=row.helper)
    flash(_("%(name)s không còn được làm thay.", name=row.helper), "yes")


def _tell(person_id: uuid.UUID, kind: str, row: HelperRow, name: str) -> None:
    tell(
        writer(),
        kind,
        once=f"{kind}:{row.id}",
        person_id=person_id,
        path=url_for("helping.own"),
        day=f"{row.until:%d/%m/%Y}",
        name=name,
    )


def _tell_helper(kind: str, row: HelperRow) -> None:
    account = found(people.account(writer(), row.account_id))
    tell(
        writer(),
        kind,
        once=f"{kind}:{row.id}:helper",
        path=url_for("helping.mine"),
        name=row.person,
        person_id=account.person_id,
        account_id=None if account.person_id else account.id,
        day=f"{row.until:%d/%m/%Y}",
    )


def words_of(rows: list[HelperRow]) -> dict[uuid.UUID, list[tuple[str, int, Any]]]:
    """What was done under each row lately: words, how often in a row, when last."""
    shown: dict[uuid.UUID, list[tuple[str, int, Any]]] = {}
    for key, done in named.lately(reader(), rows).items():
        runs = [list(run) for _action, run in groupby(done, key=lambda one: one.action)]
        shown[key] = [(_(DONE.get(run[0].action, OTHER)), len(run), run[0].at) for run in runs]
    return shown


def act_words() -> dict[Act, str]:
    """The acts in the reader's language."""
    return {act: str(_(label)) for act, label in ACT_LABELS.items()}


def act_hints() -> dict[str, str]:
    """What each act takes in, by its value."""
    return {act.value: str(_(hint)) for act, hint in ACT_HINTS.items()}


@bp.get("/lam-thay")
@needs("helper.mine")
def mine() -> str:
    """For whom one may act, in what, until when; what this person's pages are while one does."""
    return render_template(
        "helping/mine.html",
        rows=named.of_account(reader(), account_id(), clock.today()),
        acts=act_words(),
        may_change=Act.DETAILS in actor().acts,
        next=safe_next("") or None,
        own=actor().own_person_id if actor().acting else actor().person_id,
    )


def load_mandate(helper_id: uuid.UUID) -> tuple[HelperRow, Thing]:
    """A row, for the account it names."""
    row = found(named.row(reader(), helper_id, clock.today()), acting.NOT_FOUND)
    return row, Thing(owner_id=row.account_id)


@bp.post("/lam-thay/<uuid:helper_id>")
@needs("helper.act", load_mandate)
def begin(row: HelperRow) -> Response:
    """This device is the person's from now on, for what the mandate names."""
    person = acting.begin(writer(), _session_id(), row.id, account_id=account_id(), today=clock.today())
    _note_look(person, "helping.begin")
    _switched()
    return redirect(safe_next(url_for("year.home")), 303)


@bp.post("/lam-thay/thoi")
@needs("helper.mine")
def stop() -> Response:
    """This device is one's own again."""
    acting.stop(writer(), _session_id())
    _switched()
    return redirect(safe_next(url_for("account.desk")), 303)


@bp.post("/lam-thay/<uuid:helper_id>/thoi")
@needs("helper.act", load_mandate)
def give_up(row: HelperRow) -> Response:
    """The helper does not want to any more."""
    end_helper(row)
    if actor().helper_id == row.id:
        acting.stop(writer(), _session_id())
        _switched()
    return redirect(url_for(".mine"), 303)


def _note_look(person: Any, screen: str) -> None:
    """Once a beginning, not once a page; the answer leads on, so it is kept when the beginning is."""
    look = {"person_id": person.id, "ward_code": person.ward_code or audit.NATION, "screen": screen}
    after_commit(partial(audit.record_looks, database(), account_id=account_id(), looks=[look]))


def _session_id() -> uuid.UUID:
    return found(actor().session_id)  # type: ignore[no-any-return]


def _switched() -> None:
    """Forms opened before, in whatever window, were opened for another person: their token fits no more."""
    session.pop("csrf_token", None)
    session["switched"] = True


def own_person() -> tuple[Any, Thing]:
    """One's own record."""
    person_id = actor().person_id
    return found(people.person(reader(), person_id) if person_id else None), Thing(person_id)


@bp.route("/tai-khoan/nguoi-lam-thay", methods=["GET", "POST"])
@needs("helper.name_own", own_person)
def own(person: Any) -> Any:
    """Who may act for oneself, what they did lately; name one more."""
    form = NamingForm(data=blank())
    if form.validate_on_submit():
        with form.catching():
            name_helper(form, person.id)
            return redirect(url_for(".own"), 303)
    rows = named.of_person(reader(), person.id, clock.today())
    return render_template(
        "helping/own.html",
        form=form,
        slips=queries.mandate_slips(reader(), person.id, usable=True),
        rows=[row for row in rows if row.open],
        ended=[row for row in rows if not row.open],
        done=words_of(rows),
        acts=act_words(),
        hints=act_hints(),
        names=people.account_names(reader(), {row.by for row in rows if row.by}),
    ), form.status


def load_own(helper_id: uuid.UUID) -> tuple[HelperRow, Thing]:
    """A row, for the person it helps."""
    row = found(named.row(reader(), helper_id, clock.today()), acting.NOT_FOUND)
    return row, Thing(row.person_id)


@bp.post("/tai-khoan/nguoi-lam-thay/<uuid:helper_id>/thoi")
@needs("helper.name_own", load_own)
def revoke(row: HelperRow) -> Response:
    """Nobody acts for one against one's will: over at once."""
    end_helper(row)
    return redirect(url_for(".own"), 303)
