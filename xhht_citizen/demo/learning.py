"""What people of the demonstration learned, and what they and their reviewers wrote about it."""

from __future__ import annotations

from dataclasses import dataclass

from xhht_citizen.evidence.rules import Kind


@dataclass(frozen=True)
class Learned:
    """One thing learned; `paper` says that a picture of a paper may stand behind it. Length in minutes."""

    kind: Kind
    title: str
    provider: str | None
    minutes: int | None
    indicators: tuple[str, ...]
    note: str | None = None
    paper: bool = False


CENTRE = "Trung tâm học tập cộng đồng phường Hương Trà"
BRANCH = "Chi hội khuyến học"
LEARNED = (
    Learned(Kind.COURSE, "Lớp kỹ năng số cho người bắt đầu", CENTRE, 720, ("1.3", "2.1"), paper=True),
    Learned(Kind.COURSE, "Lớp trồng rau an toàn theo hướng hữu cơ", CENTRE, 540, ("1.3", "2.3"), paper=True),
    Learned(Kind.COURSE, "Lớp nấu ăn chay xứ Huế", CENTRE, 480, ("1.2", "1.3"), paper=True),
    Learned(Kind.COURSE, "Lớp sơ cấp cứu tại nhà", "Trạm Y tế phường", 240, ("1.3", "3.2"), paper=True),
    Learned(Kind.COURSE, "Lớp tiếng Anh giao tiếp cho người bán hàng", CENTRE, 1800, ("2.2", "1.2"), paper=True),
    Learned(
        Kind.ONLINE_COURSE,
        "Khóa học dùng dịch vụ công trên điện thoại",
        "Trang học trực tuyến của thành phố",
        180,
        ("1.2", "2.1"),
    ),
    Learned(Kind.ONLINE_COURSE, "Khóa học nhận biết lừa đảo qua mạng", None, 90, ("2.1", "2.4")),
    Learned(
        Kind.ONLINE_COURSE,
        "Khóa học bảng tính cho người làm sổ sách",
        "Trang học mở của một trường cao đẳng",
        600,
        ("2.1", "2.3"),
    ),
    Learned(
        Kind.CERTIFICATE,
        "Chứng chỉ ứng dụng công nghệ thông tin cơ bản",
        "Trung tâm tin học",
        None,
        ("2.1",),
        paper=True,
    ),
    Learned(Kind.CERTIFICATE, "Chứng nhận bậc thợ may", "Cơ sở may Gò Bưởi", None, ("2.3",), paper=True),
    Learned(Kind.CERTIFICATE, "Chứng chỉ tiếng Anh bậc 2", "Trung tâm ngoại ngữ", None, ("2.2",), paper=True),
    Learned(Kind.TALK, "Buổi nói chuyện về phòng chống lừa đảo qua điện thoại", BRANCH, 120, ("1.3", "2.4")),
    Learned(Kind.TALK, "Buổi nói chuyện về dinh dưỡng cho trẻ nhỏ", "Hội Phụ nữ phường", 120, ("1.3", "3.1")),
    Learned(Kind.TALK, "Họp tổ bàn cách phân loại rác, có góp ý", "Tổ dân phố", 90, ("2.4", "3.1")),
    Learned(Kind.TALK, "Sinh hoạt câu lạc bộ gia đình hạnh phúc", "Nhà văn hóa", 150, ("1.3", "3.1")),
    Learned(Kind.TALK, "Tuần lễ hưởng ứng học tập suốt đời", CENTRE, 180, ("1.3", "1.4"), paper=True),
    Learned(
        Kind.READING,
        "Sách chăm sóc người cao tuổi",
        "Tủ sách tổ dân phố",
        None,
        ("1.1", "2.4"),
        "Đọc hết quyển, áp dụng cách xoa bóp cho mẹ.",
    ),
    Learned(
        Kind.READING,
        "Sách kỹ thuật trồng cây thanh trà",
        "Thư viện phường",
        None,
        ("1.1", "2.3"),
        "Làm theo cách tỉa cành, vụ này quả đều hơn.",
    ),
    Learned(
        Kind.READING,
        "Báo và bản tin khuyến học hằng tuần",
        None,
        None,
        ("1.1", "2.4"),
        "Mỗi tuần đọc một bài, kể lại ở buổi họp tổ.",
    ),
    Learned(
        Kind.READING, "Truyện và sách lịch sử Huế", "Mượn của hàng xóm", None, ("1.1",), "Đọc được bốn quyển trong năm."
    ),
    Learned(
        Kind.SELF_STUDY,
        "Tự học gọi có hình và chuyển tiền trên điện thoại",
        "Con gái chỉ",
        None,
        ("1.2", "2.1"),
        "Nay tự trả tiền điện, không phải nhờ ai.",
    ),
    Learned(
        Kind.SELF_STUDY,
        "Kế hoạch học trong năm của tôi",
        None,
        None,
        ("1.2",),
        "Quý 1 học kỹ năng số, quý 2 đọc hai quyển sách, quý 3 học nấu ăn.",
    ),
    Learned(
        Kind.SELF_STUDY, "Tự học sửa xe đạp điện", "Xem phim hướng dẫn", None, ("1.2", "2.3"), "Tự thay được bố thắng."
    ),
    Learned(
        Kind.SKILL,
        "Ghi sổ thu chi của quán bằng bảng tính",
        "Quán nhà",
        None,
        ("2.1", "2.3"),
        "Cuối tháng biết lãi lỗ ngay, trước đây phải cộng tay.",
    ),
    Learned(
        Kind.SKILL,
        "Nói được câu chào, mời khách bằng tiếng Anh",
        "Chợ Bến Đò",
        None,
        ("2.2",),
        "Khách nước ngoài ghé mua đã tự mời được.",
    ),
    Learned(
        Kind.SKILL,
        "Đổi cách tưới sang nhỏ giọt",
        "Vườn nhà",
        None,
        ("2.3", "1.2"),
        "Đỡ một nửa nước, hai nhà bên làm theo.",
    ),
    Learned(
        Kind.HELPING, "Chỉ các bác trong tổ đặt lịch khám bệnh trên điện thoại", "Tổ dân phố", None, ("1.4", "3.2")
    ),
    Learned(Kind.HELPING, "Kèm cháu hàng xóm học toán buổi tối", "Nhà hàng xóm", None, ("1.4", "3.2")),
    Learned(Kind.HELPING, "Động viên chồng học xong lớp lái máy gặt", "Gia đình", None, ("1.4", "3.1")),
    Learned(Kind.HELPING, "Hòa giải chuyện lối đi chung trong xóm", "Tổ hòa giải", None, ("3.1", "3.2")),
    Learned(Kind.OTHER, "Tham gia hội thi tìm hiểu lịch sử phường", "Đoàn thanh niên phường", 180, ("1.1", "3.2")),
)
NOTES = {
    "1.1": ("Đọc ba quyển ở tủ sách tổ và làm theo một việc.", "Tháng nào cũng đọc báo, kể lại cho cả nhà nghe."),
    "1.2": ("Đặt ra ba việc cần học, đã làm được hai.", "Có kế hoạch treo ở góc học tập trong nhà."),
    "1.3": ("Dự bốn buổi ở nhà văn hóa.", "Có mặt đủ các buổi chi hội mời."),
    "1.4": ("Động viên hai cháu đi học lại.", "Nhường buổi tối cho vợ đi học lớp may."),
    "2.1": ("Tự nộp hồ sơ và trả tiền điện trên mạng.", "Tra cứu, gọi có hình, chỉ lại cho mẹ."),
    "2.2": ("Chào hỏi khách bằng tiếng Anh ở chợ.", "Học mỗi ngày năm từ, nay nói được câu ngắn."),
    "2.3": ("Ghi sổ thu chi từng tuần.", "Đổi cách ủ phân, giảm được tiền mua."),
    "2.4": ("Gọi hỏi tổ trưởng trước khi tin tin đồn.", "Góp ý ở họp tổ về giờ đổ rác, được tiếp thu."),
    "3.1": ("Giữ hòa khí với hai nhà bên.", "Giúp hòa giải chuyện mượn lối đi."),
    "3.2": ("Cùng tổ dọn kênh, chia việc rõ ràng.", "Chia sẻ giống rau cho năm nhà."),
}
ASKS = (
    "Xin ghi thêm tên lớp hoặc người làm chứng.",
    "Xin cho biết việc này làm vào tháng nào.",
    "Ảnh mờ, xin chụp lại giấy chứng nhận.",
)
CHANGES = (
    "Mới thấy một lần xác nhận, theo bảng là mức thấp hơn.",
    "Minh chứng là của năm trước, chưa tính cho năm nay.",
    "Chưa có người làm chứng như bảng yêu cầu.",
)
RETURN_REASON = "Hồ sơ gần đủ, xin bổ sung các chỉ số được hỏi."
DECLINE_REASON = (
    "Điểm xác nhận chưa đủ theo bộ tiêu chí. Mời ông/bà tham gia lớp của trung tâm để năm sau đủ điều kiện."
)
OBJECT_REASON = "Hội nghị đề nghị gia đình tham gia sinh hoạt học tập của tổ trước khi bình xét lại."
APPEAL_REASON = "Tôi có dự đủ các buổi học trong năm, xin xem lại hai chỉ số bị hạ điểm."
REVOKE_REASON = "Người được công nhận đề nghị thu hồi vì hồ sơ nhập nhầm lớp học của người cùng tên."
WITNESSES = ("Chi hội trưởng", "Tổ trưởng tổ dân phố", "Hàng xóm cùng học", "Cô phụ trách tủ sách")
CITIZEN = (LEARNED[0], LEARNED[8], LEARNED[18], LEARNED[26])
