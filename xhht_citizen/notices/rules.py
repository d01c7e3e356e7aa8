"""What people are told: each kind with its sentence. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from xhht_citizen.errors import N_


@dataclass(frozen=True)
class Words:
    """A subject line and a sentence; `%(name)s` places are filled with the notice's values.

    Neither names evidence, points of others, a reason. What goes out by e-mail and gateways may be read by whoever
    shares the phone, and names no third person either: `outside` says it there where the inbox's sentence would.
    """

    subject: str
    text: str
    outside: str | None = None


# kind -> its words.
NOTICES: dict[str, Words] = {
    "title.corrected": Words(
        N_("Tên trên giấy công nhận đã được sửa"),
        N_("Tên trên giấy công nhận năm %(year)s của ông/bà đã được sửa cho đúng. Xin mở danh hiệu để xem và tải lại."),
    ),
    "case.received": Words(
        N_("Đã nhận hồ sơ"),
        N_("Hồ sơ năm %(year)s đã được nhận, số biên nhận %(receipt)s. Số này không đổi."),
    ),
    "case.endorsed": Words(
        N_("Chi hội đã tán thành hồ sơ"),
        N_("Chi hội ở thôn, tổ đã tán thành hồ sơ %(receipt)s năm %(year)s. Hồ sơ sang bước xét của phường, xã."),
    ),
    "case.objected": Words(
        N_("Chi hội chưa tán thành hồ sơ"),
        N_(
            "Chi hội ở thôn, tổ chưa tán thành hồ sơ %(receipt)s năm %(year)s. Phường, xã vẫn xét và quyết định. "
            "Xin mở hồ sơ để xem lý do."
        ),
    ),
    "case.taken": Words(
        N_("Hồ sơ đang được xét"),
        N_("Đã có người nhận xét hồ sơ %(receipt)s năm %(year)s."),
    ),
    "helper.named": Words(
        N_("Có người được làm thay ông/bà"),
        N_("%(name)s được ghi là người làm thay ông/bà đến hết ngày %(day)s. Nếu không đúng, xin cho thôi ngay."),
        N_("Có người được ghi là làm thay ông/bà đến hết ngày %(day)s. Nếu không đúng, xin cho thôi ngay."),
    ),
    "helper.asked": Words(
        N_("Ông/bà được nhờ làm thay"),
        N_("%(name)s nhờ ông/bà ghi và gửi giúp đến hết ngày %(day)s."),
        N_("Có người nhờ ông/bà ghi và gửi giúp đến hết ngày %(day)s. Xin mở mục Làm thay để xem."),
    ),
    "helper.over": Words(
        N_("Việc làm thay đã thôi"),
        N_("Ông/bà không còn được làm thay %(name)s."),
        N_("Ông/bà không còn được làm thay một người. Xin mở mục Làm thay để xem."),
    ),
    "helper.ended": Words(
        N_("Người làm thay đã thôi"),
        N_("%(name)s không còn làm thay ông/bà."),
        N_("Một người không còn làm thay ông/bà."),
    ),
    "case.returned": Words(
        N_("Hồ sơ cần bổ sung"),
        N_("Hồ sơ %(receipt)s năm %(year)s được trả lại để bổ sung. Xin mở hồ sơ để xem chỗ cần sửa."),
    ),
    "desk.given": Words(
        N_("Hồ sơ được giao cho ông/bà"),
        N_("%(officer)s giao %(count)s hồ sơ cho ông/bà xét. Xin mở Việc chờ, phần của tôi."),
        N_("%(count)s hồ sơ được giao cho ông/bà xét. Xin mở Việc chờ, phần của tôi."),
    ),
    "desk.look_disagreed": Words(
        N_("Hồ sơ xem lại lần hai chưa được đồng ý"),
        N_("%(officer)s xem lại hồ sơ %(receipt)s và chưa đồng ý. Hồ sơ đã về bàn của ông/bà, kèm lý do."),
        N_("Người xem lại hồ sơ %(receipt)s chưa đồng ý. Hồ sơ đã về bàn của ông/bà, kèm lý do."),
    ),
    "case.came_back": Words(
        N_("Hồ sơ đã bổ sung, chờ xét tiếp"),
        N_("Hồ sơ %(receipt)s năm %(year)s đã được bổ sung và gửi lại. Xin mở hồ sơ để xem chỗ đã sửa."),
    ),
    "case.recommended": Words(
        N_("Hồ sơ được đề nghị công nhận"),
        N_("Hồ sơ %(receipt)s năm %(year)s đã được đề nghị công nhận, đang chờ ký quyết định."),
    ),
    "case.declined": Words(
        N_("Hồ sơ chưa được công nhận"),
        N_(
            "Hồ sơ %(receipt)s năm %(year)s chưa được công nhận. Xin mở hồ sơ để xem lý do. "
            "Nếu thấy chưa đúng, ông/bà đề nghị xét lại được đến hết ngày %(until)s; người khác sẽ xét."
        ),
    ),
    "case.declined_again": Words(
        N_("Kết quả xét lại hồ sơ"),
        N_("Hồ sơ %(receipt)s năm %(year)s đã được xét lại và chưa được công nhận. Xin mở hồ sơ để xem lý do."),
    ),
    "case.appealed": Words(
        N_("Có hồ sơ đề nghị xét lại"),
        N_("Hồ sơ %(receipt)s năm %(year)s được đề nghị xét lại. Người đã kết luận không xét hồ sơ này nữa."),
    ),
    "case.granted": Words(
        N_("Đã được công nhận"),
        N_("Chúc mừng! Hồ sơ %(receipt)s năm %(year)s đã được công nhận theo quyết định. Xin mở hồ sơ để xem giấy."),
    ),
    "case.reopened": Words(
        N_("Hồ sơ được mở lại để xét"),
        N_("Hồ sơ %(receipt)s năm %(year)s được mở lại để xét. Xin mở hồ sơ để xem lý do."),
    ),
    "case.withdrawn": Words(
        N_("Hồ sơ đã được rút"),
        N_("Hồ sơ %(receipt)s năm %(year)s đã được người khác rút. Xin mở hồ sơ để xem."),
    ),
    "title.revoked": Words(
        N_("Danh hiệu bị thu hồi"),
        N_("Danh hiệu theo hồ sơ %(receipt)s năm %(year)s bị thu hồi. Xin mở hồ sơ để xem lý do."),
    ),
    "activity.not_there": Words(
        N_("Có người báo không dự buổi học"),
        N_("%(who)s báo không dự “%(name)s” ngày %(day)s, nên đã được bỏ khỏi danh sách."),
        N_("Có người báo không dự một buổi học ngày %(day)s, nên đã được bỏ khỏi danh sách."),
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

# Refusals over HTTP that are not for good: of our key or address, or it was slow, too early, too much.
FOR_NOW = frozenset({401, 403, 404, 407, 408, 425, 429})
AT_ONCE = 10  # notices made into deliveries by one transaction
SENDING_SECONDS = 600  # a delivery in a hand for longer is in a dead worker's
# How long to wait after each refusal; one refusal more, and it has failed.
WAITS_SECONDS = (60, 300, 1800, 7200, 43200)
STATES = {
    "waiting": N_("Chờ gửi"),
    "sending": N_("Đang gửi"),
    "sent": N_("Đã gửi"),
    "failed": N_("Không gửi được"),
    "unsure": N_("Không rõ đã gửi chưa, không gửi lại"),
}

# The push services of browsers, by host and by the end of a host; whatever else a page names is never spoken to.
PUSH_HOSTS = frozenset({"fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"})
PUSH_ENDS = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
ENDPOINT_LONGEST = 2000
MOST_DEVICES = 5  # browsers of an account that show notices; one more, and the oldest shows none
PUSH_TTL_SECONDS = 3 * 24 * 3600  # how long a push service keeps what a phone that is off has not fetched


def is_push_service(endpoint: str, more: Collection[str] = ()) -> bool:
    """Whether this address is of a push service that is known, or is one of `more` ("host" or "host:port").

    Always https, on its own port; plain http only to this machine, where `more` names it.
    """
    if len(endpoint) > ENDPOINT_LONGEST or not endpoint.isascii() or not endpoint.isprintable():
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or " " in endpoint or "\\" in endpoint:
        return False
    if parts.netloc.lower() in more:
        return parts.scheme == "https" or (parts.scheme == "http" and stays_here(host))
    known = host in PUSH_HOSTS or host.endswith(PUSH_ENDS)
    return known and parts.scheme == "https" and port in {None, 443}


def stays_here(host: str) -> bool:
    """Whether what goes to this host never leaves the machine: a loopback address, or the name localhost."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
