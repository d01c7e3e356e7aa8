"""What scripts say to people: the same catalogue as the pages, sent once as a small script of its own."""

from __future__ import annotations

from xhht_citizen.errors import N_

# %(name)s are filled in on the phone by xhht.say.
WORDS = {
    "offline": N_("Không có mạng. Ông/bà vẫn ghi được, máy giữ lại và gửi khi có mạng."),
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
    "kept": N_("Mạng yếu nên đang xem bản lưu lúc %(since)s."),
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
}
