"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(since)s."),
    "draft_saved": N_("Đã lưu nháp lúc %(at)s."),
    "draft_here": N_("Chưa có mạng, giữ trên máy lúc %(at)s."),
    "draft_unkept": N_("Chưa lưu nháp được. Chữ vẫn còn trên trang này."),
    "draft_filled": N_("Đã điền lại bản nháp giữ trên máy lúc %(at)s."),
    "draft_drop": N_("Bỏ bản nháp"),
    "aloud": N_("Đọc to"),
    "aloud_stop": N_("Dừng đọc"),
}
