"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(since)s."),
}
