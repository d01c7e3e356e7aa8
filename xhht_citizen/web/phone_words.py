"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(since)s."),
    # states of what was made on the phone
    "state-phone": N_("Trên máy"),
    "state-sending": N_("Đang gửi"),
    "state-received": N_("Đã nhận"),
    "state-care": N_("Cần sửa"),
    "state-conflict": N_("Hai bản khác nhau"),
    "kind-evidence": N_("Việc đã học"),
    "kind-edit": N_("Sửa việc đã học"),
    "kind-answer": N_("Tự chấm điểm"),
    "made-at": N_("ghi lúc %(time)s"),
    "received-at": N_("nhận lúc %(time)s"),
    # the line on every page and the list of what waits
    "waiting": N_("%(count)s việc còn trên máy, chưa gửi"),
    "nothing-waits": N_("Không còn việc nào chờ gửi."),
    "on-this-phone": N_("Việc còn trên máy này"),
    "sign-in-to-send": N_("Đăng nhập lại để gửi %(count)s việc còn trên máy"),
    "signed-out": N_("Đã hết phiên đăng nhập nên chưa gửi được. Việc ông/bà ghi vẫn còn trên máy."),
    "sign-in": N_("Đăng nhập lại để gửi"),
    "retry": N_("Gửi lại"),
    "retry-not": N_("Chưa gửi được. Việc này vẫn còn trên máy, có mạng thì máy tự gửi."),
    "mend": N_("Sửa"),
    "remove": N_("Xóa khỏi máy"),
    "remove-sure": N_("Xóa “%(title)s” khỏi máy này? Việc này chưa được gửi, xóa rồi không lấy lại được."),
    "remove-yes": N_("Xóa"),
    "remove-not": N_("Giữ lại"),
    "look-at-it": N_("Xem"),
    # two versions
    "conflict-words": N_("Nội dung này vừa được sửa ở nơi khác. Xin chọn bản đúng ở từng chỗ; chưa có gì bị ghi đè."),
    "mine": N_("Bản trên máy này"),
    "theirs": N_("Bản đang lưu"),
    "left-empty": N_("để trống"),
    "send-chosen": N_("Gửi bản đã chọn"),
    "all-mine": N_("Lấy hết bản trên máy này"),
    "all-theirs": N_("Lấy hết bản đang lưu"),
    "see-both": N_("Xem hai bản"),
    # while a form is sent
    "keeping": N_("Đang cất trên máy…"),
    "preparing": N_("Đang thu nhỏ ảnh và cất trên máy…"),
    "sending-now": N_("Đang gửi…"),
    "sending-part": N_("Đang gửi… %(percent)s phần trăm"),
    "sending-before": N_("Đang gửi những việc ghi trước…"),
    "kept-here": N_("Đã cất “%(title)s” trên máy này. Có mạng thì máy tự gửi, ông/bà không phải ghi lại."),
    "filled-from-here": N_("Ông/bà đã ghi lúc %(time)s, đang sửa tiếp bản trên máy này."),
    "only-here": N_("Còn trên máy này, sẽ gửi trước"),
    "evidence": N_("Việc đã học làm minh chứng"),
    "photo-off": N_("Bỏ ảnh “%(name)s”"),
    "full": N_(
        "Máy hết chỗ nên chưa cất được. Xin xóa bớt ảnh hoặc ứng dụng trên máy rồi bấm lưu lại. "
        "Chữ đã gõ vẫn còn ở đây."
    ),
    # what the forms say themselves
    "errors": N_("Còn %(num)s chỗ cần sửa"),
    "error": N_("Lỗi: %(message)s"),
    "fill-in": N_("Xin ghi vào chỗ này."),
    "fill-day": N_("Ghi ngày học, không nhớ rõ thì ghi gần đúng."),
    "bad-day": N_("Ghi ngày/tháng/năm, ví dụ 21/11/2026."),
    "pick-kind": N_("Chọn một cách học."),
    "pick-points": N_("Chọn một mức điểm."),
    "most-photos": N_("Mỗi việc học kèm được tối đa %(count)s tệp."),
    # signing out
    "part-words": N_("Còn %(count)s việc trên máy chưa gửi. Thoát bây giờ thì những việc đó bị xóa khỏi máy."),
    "part-send": N_("Gửi ngay rồi thoát"),
    "part-stay": N_("Ở lại, chưa thoát"),
    "part-go": N_("Thoát và xóa việc chưa gửi"),
    "part-not-all": N_("Chưa gửi được hết, còn %(count)s việc trên máy."),
}
