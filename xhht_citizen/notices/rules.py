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
    "slip.apart": Words(
        N_("Phiếu nhận hồ sơ: hai hồ sơ của một người"),
        N_("Có người dùng phiếu ông/bà đã phát, nhưng đã có hồ sơ riêng. Xin mở trang của người ấy để xem cách nối."),
    ),
    "slip.password": Words(
        N_("Mật khẩu vừa đặt lại bằng phiếu"),
        N_(
            "Mật khẩu của ông/bà vừa được đặt lại bằng phiếu của phường, xã. Không phải ông/bà thì xin báo ngay nơi đó."
        ),
    ),
    "consent.paper": Words(
        N_("Đã ghi tờ giấy đồng ý của ông/bà"),
        N_("Chi hội hoặc phường, xã vừa ghi tờ giấy ông/bà đã ký về thông tin cá nhân. Xin mở mục Quyền riêng tư."),
    ),
}
