"""A refusal its owner does not agree with: until when they may ask for another look, and in what form they do."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from xhht_citizen import clock
from xhht_citizen.applications import actions, queries
from xhht_citizen.applications.rules import State
from xhht_citizen.applications.telling import appeal_until
from xhht_citizen.web import explaining
from xhht_citizen.web.forms import Form, required
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import reader, writer


class AppealForm(Form):
    """Why the owner does not agree."""

    drafted = True
    helps = explaining.REASON
    reason = TextAreaField(
        _l("Ông/bà thấy chỗ nào chưa đúng?"),
        [
            required(_l("Ghi vài câu, để người xét lại biết cần xem chỗ nào.")),
            Length(max=2000, message=_l("Dài quá 2.000 chữ, xin viết ngắn hơn.")),
        ],
        description=_l("Ghi rõ chỉ số hoặc nội dung nào, vì sao. Người xét lại đọc được lời này."),
    )


def last_day(case: Any) -> date | None:
    """The last day on which this refusal may be appealed; None when it may not, or no more."""
    if case is None or State(case.state) is not State.DECLINED or queries.was_appealed(reader(), case.id):
        return None
    until = appeal_until(reader(), case)
    return until if clock.today() <= until else None


def final(case: Any) -> bool:
    """Whether a refusal was said after an appeal, and is the last word of the year."""
    return State(case.state) is State.DECLINED and queries.was_appealed(reader(), case.id)


def send(form: AppealForm, case: Any) -> bool:
    """Take the step with what was written; False when it was refused. Pressed twice it is taken once."""
    if State(case.state) is State.APPEALED:
        return True
    with form.catching():
        reason = (form.reason.data or "").replace("\r\n", "\n")
        actions.move(writer(), case.id, "appeal", actor=actor(), today=clock.today(), reason=reason)
    return form.status == 200


def said() -> str:
    """What is flashed once it was sent."""
    return str(_("Đã gửi đề nghị xét lại. Người khác sẽ xét, số biên nhận giữ nguyên."))
