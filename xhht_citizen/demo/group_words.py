"""What households, clans, communities and units wrote beside their answers, and what reviewers wrote back."""

from __future__ import annotations

from xhht_citizen.groups.rules import Kind

NOTES: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.HOUSEHOLD: {
        "1.2": ("Cô giáo nhận xét cuối năm: hoàn thành, ngoan.", "Các cháu đều lên lớp, rèn luyện tốt."),
        "1.3": (
            "Các cháu dự trại hè và buổi dọn vườn trường.",
            "Cháu lớn kèm em đọc sách ở nhà văn hóa mỗi chiều thứ bảy.",
        ),
        "2.2": ("Cả nhà đều đọc, viết được.", "Không ai trong nhà còn chưa biết chữ."),
        "2.3": (
            "Ông học gọi có hình, mẹ học nấu ăn, con học tin học.",
            "Vợ học may, chồng học ghép cây, cả hai đã làm được việc.",
            "Mỗi người một lớp ở trung tâm học tập cộng đồng.",
        ),
        "3.1": (
            "Có bàn học riêng, đèn đủ sáng, tủ sách nhỏ ở phòng khách.",
            "Cả nhà dùng chung một máy tính và ba mươi quyển sách.",
        ),
        "3.2": (
            "Bảy giờ đến chín giờ tối tắt ti vi để cả nhà học.",
            "Đăng ký học tập từ đầu năm, góp một ngày công cho lớp của tổ.",
        ),
        "4.1": (
            "Đổi cách tưới vườn thanh trà, đỡ một nửa nước.",
            "Bán hàng qua mạng, thu thêm được vào ngày mưa.",
            "Biết ghi sổ thu chi, cuối tháng không còn thiếu trước hụt sau.",
        ),
        "4.2": (
            "Dự ba buổi khuyến học của tổ, góp sách cho tủ sách.",
            "Rủ được nhà bên cùng đăng ký học.",
        ),
    },
    Kind.CLAN: {
        "1.1": ("Ban khuyến học nắm từng cháu đang đi học; năm nay không cháu nào bỏ học.",),
        "1.2": ("Ngày giỗ họ có khen các cháu chăm học, bạn lớn kèm em nhỏ trong hè.",),
        "3.1": ("Có ban khuyến học năm người, chương trình treo ở nhà thờ họ.", "Ban khuyến học họp hai kỳ trong năm."),
        "3.2": ("Quỹ khuyến học thu chi báo ở ngày giỗ, tủ sách họ cho mượn đều.",),
        "4.1": ("Nhiều nhà trong họ học được cách trồng rau sạch, bảo nhau làm ăn.",),
        "4.2": ("Họ góp công sửa phòng đọc của tổ dân phố.", "Con cháu trong họ dạy tin học cho các bác lớn tuổi."),
    },
    Kind.COMMUNITY: {
        "2.2": ("Bốn buổi trong năm: kỹ năng số, sơ cứu, nấu ăn, phòng lừa đảo.",),
        "3.1": ("Nhà văn hóa mở tối thứ ba và thứ năm, có mạng và tủ sách.",),
        "3.2": ("Chi hội họp mỗi quý, thu chi quỹ dán ở nhà văn hóa.",),
        "4.1": ("Ba hộ áp dụng cách tưới nhỏ giọt, thu thêm được một vụ.",),
        "4.2": ("Nhóm giúp nhau học họp chiều chủ nhật, giúp người gặp khó học tiếp.",),
    },
    Kind.UNIT: {
        "1.1": ("Kế hoạch học tập ban hành đầu năm, cuối năm có báo cáo.",),
        "1.2": ("Mỗi tuần một buổi chiều để học, có phòng máy và kinh phí mua sách.",),
        "2.2": ("Ai cũng học ít nhất một nội dung, danh sách giữ ở văn phòng.",),
        "3.1": ("Quá nửa anh chị em học xong một lớp ngắn về chuyên môn.",),
        "3.2": ("Dùng sổ sách điện tử, mở hai buổi hướng dẫn lẫn nhau.",),
        "4.1": ("Rút ngắn được thời gian làm việc nhờ cách làm mới học.",),
        "4.2": ("Cho mượn phòng mở lớp của phường, cử người dạy hai buổi.",),
    },
    Kind.AGENCY: {
        "5": ("Đã đối chiếu hồ sơ với bảng của Thông tư, lưu ở văn phòng.",),
        "6": ("Đang đối chiếu với bảng của Thông tư.",),
    },
    Kind.COMMUNE: {str(number): ("Đã đối chiếu với bản gốc của Thông tư.",) for number in range(1, 17)},
}
ASKS = (
    "Xin ghi rõ ngày hoặc tháng làm việc này.",
    "Xin nêu tên hoạt động và nơi tổ chức.",
    "Xin cho biết ai xác nhận được việc này.",
)
CHANGES = (
    "Mới nêu được một việc, theo bảng là mức thấp hơn.",
    "Việc này làm từ năm trước, chưa tính cho năm nay.",
    "Chưa có lời xác nhận như bảng yêu cầu.",
)
RETURN_REASON = "Hồ sơ gần đủ, xin bổ sung những nội dung được hỏi rồi gửi lại."
OBJECT_REASON = "Hội nghị đề nghị gia đình cùng dự sinh hoạt học tập của tổ rồi bình xét lại."
APPEAL_REASON = "Chúng tôi có sổ theo dõi và người xác nhận, xin xem lại phần bị hạ điểm."
DECLINE_REASON = "Chưa đủ điều kiện theo bộ tiêu chí của năm. Mời tiếp tục đăng ký học tập để xét vào năm sau."
REVOKE_REASON = "Gia đình đề nghị thu hồi vì đã kê nhầm việc học của hộ cùng tên."
