"""What an officer can do at a desk beside its list: one row a tool, shown on the page of its area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from xhht_citizen.access import queries as access
from xhht_citizen.access.rules import Thing
from xhht_citizen.errors import N_
from xhht_citizen.web import desk
from xhht_citizen.web.desk import Desk
from xhht_citizen.web.guard import allowed
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Tool:
    """A page of a desk: its endpoint takes `noi`. Shown in `area` to whoever has the permission in the desk's place."""

    area: str
    endpoint: str
    permission: str
    icon: str
    label: str
    text: str


# Areas: "people" (Dân cư), "queue" (Việc chờ), "papers" (Văn bản).
TOOLS: tuple[Tool, ...] = (
    Tool(
        "people",
        "roster.listed",
        "roster.import",
        "download",
        N_("Nhập danh sách từ Excel"),
        N_("Ghi nhiều người một lần, cập nhật khi có danh sách mới, rút lại khi nhầm"),
    ),
)


def of(area: str, at: Desk) -> list[dict[str, Any]]:
    """The rows of an area at a desk, for ui.row."""
    place = thing_of(at)
    return [
        {
            "url": url_for(tool.endpoint, noi=desk.noi(at)),
            "icon": tool.icon,
            "label": _(tool.label),
            "text": _(tool.text),
        }
        for tool in TOOLS
        if tool.area == area and allowed(tool.permission, place)
    ]


def thing_of(at: Desk) -> Thing:
    """A desk's place as the policy reads it."""
    if at.province_code is not None:
        return Thing(province_code=at.province_code, decided_by="province")
    return access.thing(reader(), ward_code=at.ward_code, community_id=at.community_id)
