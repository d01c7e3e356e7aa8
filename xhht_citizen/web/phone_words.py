"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_
from xhht_citizen.web import days

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
    "needs-network": N_(
        "Việc này cần có mạng nên chưa làm được. Những gì ở trang này còn nguyên: "
        "xin đừng đóng trang, có mạng thì bấm lại."
    ),
    "photo_shrinking": N_("Đang thu nhỏ ảnh %(number)s trên %(count)s…"),
    "photo_ready": N_("Đã có %(count)s tệp. Bấm nút ở dưới để lưu."),
    "photo_off": N_("Bỏ"),
    "photo_none": N_("Chưa có tệp nào."),
    "photo_remove": N_("Bỏ “%(name)s”"),
    "photo_size": N_("%(size)s kB"),
    "photo_most": N_("Kèm được tối đa %(count)s tệp, nên có tệp chưa lấy vào."),
    "photo_heavy": N_("Tệp “%(name)s” nặng hơn 10 MB nên chưa lấy vào. Xin chụp lại ở cỡ nhỏ hơn."),
    "photo_list": N_("Ảnh và tệp đã chọn"),
    "photo_code": N_("Đã đọc mã trên giấy: %(code)s"),
    "photo_card": N_("Ảnh này có vẻ là thẻ căn cước. Việc xét không cần đến: xin bỏ ảnh ấy đi."),
    "photo_title": N_("Mã trong ảnh là của giấy công nhận do chính trang này cấp. Bấm để xem giấy ấy."),
    "photo_door": N_("Mã trong ảnh là mã ở cửa một buổi học. Bấm để ghi là ông/bà có mặt."),
    "day_today": N_("Hôm nay"),
    "day_yesterday": N_("Hôm qua"),
    "day_sunday": N_("Chủ nhật vừa rồi"),
    "day_pick": N_("Mở lịch"),
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(time)s ngày %(day)s."),
    "kept-back": N_("Đã có mạng. Đang xem bản lưu lúc %(time)s ngày %(day)s."),
    "kept-fresh": N_("Xem bản mới"),
    "push_asking": N_("Xin bấm Cho phép trên máy, rồi chờ một lát."),
    "push_denied": N_(
        "Máy đang chặn thông báo của trang này. Muốn bật, xin mở cài đặt của trình duyệt, "
        "chọn trang này và cho phép thông báo."
    ),
    "push_failed": N_(
        "Chưa bật được: máy không nối được với nơi chuyển thông báo. "
        "Xin thử lại khi mạng tốt hơn, hoặc bằng Chrome, Cốc Cốc."
    ),
    "copied": N_("Đã chép đường dẫn. Ông/bà dán vào tin nhắn được rồi."),
    "not_copied": N_("Máy không chép được. Xin giữ tay vào đường dẫn đã chọn, rồi bấm chép."),
    "shared": N_("Đã đưa đường dẫn sang ứng dụng ông/bà chọn."),
    "not_shared": N_("Máy không gửi được. Xin chép đường dẫn, rồi dán vào tin nhắn."),
    "install_title": N_("Đặt ra màn hình chính?"),
    "install_why": N_("Lần sau chạm một lần là vào, không phải gõ địa chỉ. Không có mạng vẫn mở được."),
    "install_do": N_("Đặt ra màn hình chính"),
    "install_apple": N_("Trong Safari: chạm nút Chia sẻ (ô vuông có mũi tên đi lên), rồi chọn “Thêm vào MH chính”."),
    "install_how": N_("Xem từng bước"),
    "install_no": N_("Không cần"),
    "install_done": N_("Đã đặt ra màn hình chính. Lần sau xin mở bằng biểu tượng “Học tập”."),
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
    "remove-sure-row": N_(
        "Xóa “%(title)s” khỏi danh sách này? Chữ đã được nhận và còn trong Việc học; "
        "ảnh chưa gửi thì không lấy lại được."
    ),
    "remove-yes": N_("Xóa"),
    "remove-not": N_("Giữ lại"),
    "look-at-it": N_("Xem"),
    "answered": N_("đã chấm %(points)s điểm lúc %(time)s"),
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
    "kept-for-writer": N_(
        "Máy này đang mở cho người khác hoặc đã thoát, nên chưa gửi. “%(title)s” được cất trên máy cho người đã viết: "
        "xin đăng nhập lại đúng tên mình, hoặc bấm Thôi làm thay, rồi máy tự gửi."
    ),
    "filled-from-here": N_("Ông/bà đã ghi lúc %(time)s, đang sửa tiếp bản trên máy này."),
    "only-here": N_("Còn trên máy này, sẽ gửi trước"),
    "evidence": N_("Việc đã học làm minh chứng"),
    "photo-off": N_("Bỏ ảnh “%(name)s”"),
    "full": N_(
        "Máy hết chỗ nên chưa cất được. Xin xóa bớt ảnh hoặc ứng dụng trên máy rồi bấm lưu lại. "
        "Chữ đã gõ vẫn còn ở đây."
    ),
    "unkept": N_(
        "Máy này không cất được và cũng chưa gửi được. Chữ và ảnh vẫn còn ở dưới: "
        "xin đừng đóng trang, có mạng thì bấm lưu lại."
    ),
    "too-large": N_(
        "Ảnh hoặc tệp này lớn quá nên đường truyền không nhận. Xin bỏ tệp ấy ra, hoặc chụp lại ở cỡ nhỏ hơn."
    ),
    # what the forms say themselves
    "errors": N_("Còn %(num)s chỗ cần sửa"),
    "error": N_("Lỗi: %(message)s"),
    "fill-in": N_("Xin ghi vào chỗ này."),
    "fill-day": N_("Ghi ngày học, không nhớ rõ thì ghi gần đúng."),
    "bad-day": days.NO_DAY,
    "no-day": days.NOT_THERE,
    "only-month": days.ONLY_MONTH,
    "late-day": N_("Ngày học không thể sau hôm nay, %(day)s."),
    "pick-kind": N_("Chọn một cách học."),
    "pick-points": N_("Chọn một mức điểm."),
    "most-photos": N_("Mỗi việc học kèm được tối đa %(count)s tệp."),
    # signing out
    "part-words": N_("Còn %(count)s việc trên máy chưa gửi. Thoát bây giờ thì những việc đó bị xóa khỏi máy."),
    "part-drafts": N_(
        "Có %(count)s bản nháp chỉ nằm trên máy này, chưa lưu lên được. Thoát bây giờ thì những chữ đó bị xóa."
    ),
    "part-send": N_("Gửi ngay rồi thoát"),
    "part-stay": N_("Ở lại, chưa thoát"),
    "part-go": N_("Thoát và xóa việc chưa gửi"),
    "left-title": N_("Đã thoát"),
    "left-words": N_("Trang và chữ của ông/bà không còn trên máy này. Khi có mạng, máy tự báo là ông/bà đã thoát."),
    "part-not-all": N_("Chưa gửi được hết, còn %(count)s việc trên máy."),
    "draft_saved": N_("Đã lưu nháp lúc %(at)s."),
    "draft_here": N_("Chưa có mạng, giữ trên máy lúc %(at)s."),
    "draft_signed": N_("Đã hết phiên đăng nhập. Chữ giữ trên máy lúc %(at)s, đăng nhập lại là còn."),
    "draft_unkept": N_("Chưa lưu nháp được. Chữ vẫn còn trên trang này."),
    "draft_filled": N_("Đã điền lại bản nháp giữ trên máy lúc %(at)s."),
    "draft_drop": N_("Bỏ bản nháp"),
    "aloud": N_("Đọc to"),
    "aloud_stop": N_("Dừng đọc"),
}
