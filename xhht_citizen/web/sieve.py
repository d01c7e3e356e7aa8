"""What a reviewer asked of a queue, read from the address and kept in it: state, place, kind, flag, desk, score, order.

It travels with a case's address, so that the next and the one before are those of the list one came from.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from xhht_citizen.applications import queues
from xhht_citizen.applications.queues import Place, Sieve
from xhht_citizen.applications.rules import State
from xhht_citizen.groups.rules import Kind
from xhht_citizen.web import desk, kinds, paging
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.guard import actor
from xhht_citizen.web.transactions import reader
from xhht_citizen.web.waiting import Waiting

# What a state is called in an address, and on a tile or tag.
STATES = {
    "moi-gui": (State.SUBMITTED, _l("Chờ chi hội")),
    "da-tan-thanh": (State.ENDORSED, _l("Chi hội đã tán thành")),
    "chua-tan-thanh": (State.OBJECTED, _l("Chi hội chưa tán thành")),
    "xet-lai": (State.APPEALED, _l("Đề nghị xét lại")),
    "dang-xet": (State.UNDER_REVIEW, _l("Đang xét")),
    "da-de-nghi": (State.RECOMMENDED, _l("Chờ quyết định")),
    "can-bo-sung": (State.RETURNED, _l("Đã trả lại")),
    "khong-cong-nhan": (State.DECLINED, _l("Không công nhận")),
    "da-cong-nhan": (State.GRANTED, _l("Đã công nhận")),
}
OVERDUE = "qua-han"  # waited longer than the ward's days
FLAGS = {
    "sach": ("clean", _l("Đủ minh chứng, chưa có gì phải hỏi")),
    "thieu": ("gaps", _l("Thiếu minh chứng")),
    "tre": ("late", _l("Gửi trễ")),
    "chua-tan-thanh": ("objected", _l("Chi hội chưa tán thành")),
    "gui-lai": ("resubmitted", _l("Đã gửi lại sau khi bổ sung")),
    "xet-lai": ("appealed", _l("Đề nghị xét lại")),
    "nguoi-giup": ("helper", _l("Người giúp gửi hộ")),
    "giay": ("paper", _l("Nhập từ giấy")),
}
SCORES = {
    "90": (Sieve(at_least=90), _l("Từ 90 điểm")),
    "80": (Sieve(at_least=80), _l("Từ 80 điểm")),
    "duoi-80": (Sieve(below=80), _l("Dưới 80 điểm")),
}
ORDERS = {
    "": (queues.OLDEST, _l("Chờ lâu nhất trước")),
    "moi": ("newest", _l("Mới gửi trước")),
    "cao": ("highest", _l("Điểm cao trước")),
    "thap": ("lowest", _l("Điểm thấp trước")),
}
MINE, NOBODYS = "toi", "chua"


@dataclass(frozen=True)
class Wanted:
    """The filters and the order as they stand in the address; empty where nothing was asked."""

    slug: str = ""
    text: str = ""
    to: str = ""
    loai: str = ""
    flag: str = ""
    whose: str = ""
    score: str = ""
    order: str = ""

    @property
    def state(self) -> State | None:
        """The one state asked for."""
        return STATES[self.slug][0] if self.slug in STATES else None

    @property
    def kind(self) -> Kind | None:
        """The kind of title asked for."""
        return kinds.BY_SLUG.get(self.loai)

    @property
    def filtered(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.text or self.to or self.slug or self.kind or self.closer)

    @property
    def closer(self) -> bool:
        """Whether one of the filters behind "Lọc thêm" was asked for, or an order."""
        return bool(self.flag or self.whose or self.score or self.order)

    @property
    def arguments(self) -> dict[str, str]:
        """What the address of a page of this list carries, without the desk."""
        named = {
            "trang-thai": self.slug,
            "tim": self.text,
            "to": self.to,
            "loai": self.loai if self.kind else "",
            "co": self.flag,
            "nguoi": self.whose,
            "diem": self.score,
            "thu-tu": self.order,
        }
        return {name: value for name, value in named.items() if value}

    def key(self, row: Any) -> str:
        """The page key of a row, or of a case, under this order."""
        if self.order in {"cao", "thap"}:
            return f"{row.self_total}-{row.id.hex}"
        return paging.moment_key(row.submitted_at, row.id)

    def read_key(self, text: str) -> tuple[Any, uuid.UUID] | None:
        """What `key` wrote, or None."""
        if self.order not in {"cao", "thap"}:
            return paging.read_moment_key(text)
        total, _sep, row_id = text.partition("-")
        value, key = paging.read_number(total), paging.read_id(row_id)
        return (value, key) if value is not None and key is not None else None

    def rows(
        self,
        at: Desk,
        work: Waiting,
        *,
        after: tuple[Any, uuid.UUID] | None = None,
        backwards: bool = False,
        limit: int,
    ) -> list[queues.QueueRow]:
        """Cases of the desk that fit, after a key; one statement."""
        community = paging.read_id(self.to)
        narrowed = at.community_id is None and at.ward_code and community
        score = SCORES[self.score][0] if self.score else Sieve()
        return queues.queue(
            reader(),
            Place(at.ward_code, community) if narrowed else at.place,
            states=work.states if self.state is None else (self.state,),
            headless=work.headless and self.state is None,
            kinds=(self.kind,) if self.kind else at.kinds,
            text=self.text,
            sent_before=work.due if self.slug == OVERDUE else None,
            sieve=Sieve(
                flag=FLAGS[self.flag][0] if self.flag else "",
                reviewer_id=actor().account_id if self.whose == MINE else paging.read_id(self.whose),
                unassigned=self.whose == NOBODYS,
                at_least=score.at_least,
                below=score.below,
            ),
            order=ORDERS[self.order][0],
            after=after,
            backwards=backwards,
            limit=limit,
        )

    def beside(self, at: Desk, work: Waiting, case: Any, *, backwards: bool = False) -> Any:
        """The case that follows this one in the list, or stands before it; never a relative's. None at its end.

        After the last one the list is begun anew, so that nothing that came in meanwhile is missed.
        """
        own = self.read_key(self.key(case))
        for after in (own,) if backwards else (own, None):
            rows = self.rows(at, work, after=after, backwards=backwards, limit=20)
            family = desk.family_of(rows) | desk.barred_of(rows)
            for row in rows:
                if row.id != case.id and row.id not in family:
                    return row
        # Whoever looked for one name goes on with the rest of the list.
        return replace(self, text="").beside(at, work, case, backwards=backwards) if self.text else None


def read() -> Wanted:
    """What the address asks for; nonsense is nothing."""
    args = request.args
    whose = args.get("nguoi", "")

    def one_of(name: str, known: dict[str, Any]) -> str:
        return args.get(name, "") if args.get(name, "") in known else ""

    return Wanted(
        slug=args.get("trang-thai", "") if args.get("trang-thai") == OVERDUE else one_of("trang-thai", STATES),
        text=args.get("tim", "").strip()[:100],
        to=args.get("to", "") if paging.read_id(args.get("to")) else "",
        loai=one_of("loai", kinds.BY_SLUG),
        flag=one_of("co", FLAGS),
        whose=whose if whose in {MINE, NOBODYS} or paging.read_id(whose) else "",
        score=one_of("diem", SCORES),
        order=one_of("thu-tu", ORDERS),
    )


def choices(labels: dict[str, Any], everything: str) -> list[tuple[str, str]]:
    """The choices of one filter, for forms.find."""
    return [("", everything), *((slug, str(label)) for slug, (_value, label) in labels.items())]


def desks_to_choose(wanted: Wanted) -> list[tuple[str, str]]:
    """Whose desk the list may be narrowed to; a colleague's where the address names one."""
    named = [(wanted.whose, _("Bàn của người xét đã chọn"))] if wanted.whose not in {"", MINE, NOBODYS} else []
    return [("", _("Bàn của mọi người")), (MINE, _("Của tôi")), (NOBODYS, _("Chưa ai nhận")), *named]
