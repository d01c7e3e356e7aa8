"""What people are told: each kind with its sentence. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from xhht_citizen.errors import N_


@dataclass(frozen=True)
class Words:
    """A subject line and a sentence; `%(name)s` places are filled with the notice's values.

    The sentence goes out by e-mail and gateways: it names no evidence, no points of others, no reason.
    """

    subject: str
    text: str


# kind -> its words.
NOTICES: dict[str, Words] = {
    "title.corrected": Words(
        N_("Tên trên giấy công nhận đã được sửa"),
        N_("Tên trên giấy công nhận năm %(year)s của ông/bà đã được sửa cho đúng. Xin mở danh hiệu để xem và tải lại."),
    ),
    "case.returned": Words(
        N_("Hồ sơ cần bổ sung"),
        N_("Hồ sơ %(receipt)s năm %(year)s được trả lại để bổ sung. Xin mở hồ sơ để xem chỗ cần sửa."),
    ),
}
