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
    "case.returned": Words(
        N_("Hồ sơ cần bổ sung"),
        N_("Hồ sơ %(receipt)s năm %(year)s được trả lại để bổ sung. Xin mở hồ sơ để xem chỗ cần sửa."),
    ),
    "desk.given": Words(
        N_("Hồ sơ được giao cho ông/bà"),
        N_("%(officer)s giao %(count)s hồ sơ cho ông/bà xét. Xin mở Việc chờ, phần của tôi."),
    ),
    "desk.look_disagreed": Words(
        N_("Hồ sơ xem lại lần hai chưa được đồng ý"),
        N_("%(officer)s xem lại hồ sơ %(receipt)s và chưa đồng ý. Hồ sơ đã về bàn của ông/bà, kèm lý do."),
    ),
}
