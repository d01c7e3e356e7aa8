"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(since)s."),
    "copied": N_("Đã chép đường dẫn. Ông/bà dán vào tin nhắn được rồi."),
    "not_copied": N_("Máy không chép được. Xin giữ tay vào đường dẫn đã chọn, rồi bấm chép."),
    "shared": N_("Đã đưa đường dẫn sang ứng dụng ông/bà chọn."),
    "not_shared": N_("Máy không gửi được. Xin chép đường dẫn, rồi dán vào tin nhắn."),
}
