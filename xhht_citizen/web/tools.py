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
        "papers",
        "standing_in.overview",
        "standin.name",
        "people",
        N_("Làm thay Hội Khuyến học"),
        N_("Cử người xét và ký cho phường, xã chưa có Hội Khuyến học"),
    ),
    Tool(
        "people",
        "helping.of_place",
        "helper.name_on_paper",
        "people",
        N_("Người làm thay"),
        N_("Ai được ghi và gửi giúp cho ai, đến khi nào"),
    ),
    Tool(
        "people",
        "slips.overview",
        "slip.make",
        "print",
        N_("In phiếu nhận hồ sơ"),
        N_("Cho người chưa có tài khoản: quét mã trên giấy, tự đặt mật khẩu"),
    ),
    Tool(
        "people",
        "activities.overview",
        "activity.manage",
        "book",
        N_("Lớp học, buổi sinh hoạt"),
        N_("Ghi ai đã dự; xác nhận một lần, mọi người có minh chứng"),
    ),
    Tool(
        "people",
        "sheets.choose",
        "sheet.print",
        "print",
        N_("Phiếu tự đánh giá bằng giấy"),
        N_("In phiếu có mã cho người không dùng điện thoại, rồi nhập lại"),
    ),
    Tool(
        "queue",
        "meetings.overview",
        "meeting.view",
        "people",
        N_("Họp bình xét"),
        N_("Ghi kết quả họp ở thôn, tổ dân phố một lần cho nhiều hồ sơ, xem các cuộc họp đã ghi"),
    ),
    Tool(
        "queue",
        "bench.looks",
        "bench.view",
        "search",
        N_("Xem lại lần hai"),
        N_("Hồ sơ chờ người thứ hai xem trước khi ký quyết định."),
    ),
    Tool(
        "queue",
        "bench.bulks",
        "bench.view",
        "stamp",
        N_("Các lần đề nghị hàng loạt"),
        N_("Danh sách, phần rút thăm, và hoàn tác."),
    ),
    Tool(
        "queue",
        "bench.desks",
        "bench.assign",
        "people",
        N_("Ai đang giữ bao nhiêu hồ sơ"),
        N_("Bàn của từng người xét ở phường, xã."),
    ),
    Tool(
        "queue",
        "bench.doubts",
        "bench.view",
        "info",
        N_("Điều cần hỏi"),
        N_("Những chỗ nên xem kỹ: ảnh giống nhau, ghi hộ nhiều người, xét quá nhanh."),
    ),
    Tool(
        "papers",
        "batches.overview",
        "decision.view",
        "people",
        N_("Đợt quyết định"),
        N_("Lập danh sách, in tờ trình và dự thảo, ghi quyết định đã ký cho cả đợt"),
    ),
    Tool(
        "papers",
        "letterheads.edit",
        "letterhead.set",
        "pencil",
        N_("Mẫu văn bản"),
        N_("Tên cơ quan, số, người ký, nơi nhận in trên văn bản"),
    ),
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
