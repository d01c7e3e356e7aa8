"""Pages that show somebody else's record: what who looks at one's record had open, in the words of who is looked at.

Every name that is handed to `transactions.looked_at` is here.
"""

from __future__ import annotations

from flask_babel import gettext as _

from xhht_citizen.errors import N_

SCREENS = {
    "review.case": N_("Hồ sơ gửi xét"),
    "bench.look": N_("Xem lại một hồ sơ đã xét"),
    "review.group": N_("Hồ sơ của gia đình gửi xét"),
    "group_case.behind": N_("Danh sách người được đếm trong một nhóm"),
    "meetings.view": N_("Họp bình xét"),
    "evidence.view": N_("Một việc đã học"),
    "evidence.file": N_("Tệp minh chứng"),
    "residents.person": N_("Trang trong danh sách dân cư"),
    "slips.person": N_("Phiếu nhận hồ sơ, phiếu đặt lại mật khẩu"),
    "slips.printed": N_("In phiếu nhận hồ sơ, phiếu đặt lại mật khẩu"),
    "residents.paper_consent": N_("Ghi tờ giấy đồng ý"),
    "household.view": N_("Hộ gia đình"),
    "household.members": N_("Hộ gia đình"),
    "unit.people_of": N_("Danh sách người của đơn vị"),
    "clan.head": N_("Tìm người đứng đầu dòng họ"),
    "unit.head": N_("Tìm người đứng đầu đơn vị"),
    "mandate.overview": N_("Tìm người để ủy quyền"),
    "register.title": N_("Danh hiệu trong sổ"),
    "register.certificate": N_("Giấy công nhận"),
    "register.revocation_paper": N_("Dự thảo quyết định thu hồi"),
    "register.correct": N_("Sửa tên trên giấy công nhận"),
    "application.status": N_("Tiến trình hồ sơ"),
    "helping.begin": N_("Mở hồ sơ để làm thay"),
    "activities.one": N_("Danh sách người dự một buổi học"),
    "sheets.enter": N_("Phiếu tự đánh giá bằng giấy"),
    "sheets.receipt": N_("Phiếu tự đánh giá bằng giấy"),
    "portfolio.paper": N_("Tải quá trình học tập (PDF)"),
    "portfolio.data": N_("Tải quá trình học tập (tệp dữ liệu)"),
    "registering.take_back": N_("Đăng ký học tập của năm"),
}


def look_words() -> dict[str, str]:
    """What each page is called in the reader's language."""
    return {screen: str(_(label)) for screen, label in SCREENS.items()}
