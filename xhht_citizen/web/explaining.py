"""Plain words and examples beside every question of the ten indicators and of what one learned.

They are this project's, for whoever is not used to forms; no document says them, and nothing is scored by them. What
counts is in criteria/sets, with its sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xhht_citizen.errors import N_

ELDER, WORKER, STUDENT = N_("Người cao tuổi"), N_("Người đang đi làm"), N_("Học sinh, sinh viên")


@dataclass(frozen=True)
class Help:
    """One question in plain words; `examples` are pairs of who and what, or of an empty word and what."""

    words: str
    examples: tuple[tuple[str, str], ...]


def _three(words: str, elder: str, worker: str, student: str) -> Help:
    return Help(words, ((ELDER, elder), (WORKER, worker), (STUDENT, student)))


def _one(words: str, example: str) -> Help:
    return Help(words, (("", example),))


INDICATORS: Final[Mapping[str, Help]] = {
    "1.1": _three(
        N_(
            "Trong năm, ông/bà có đọc, nghe hay tìm hiểu điều gì mới không? Sách giấy, báo, loa phường, "
            "trang mạng đều là đọc và tìm hiểu. Điểm cao hơn khi đọc nhiều hơn và dùng được điều đã đọc."
        ),
        N_(
            "Bà Sáu mượn ở thư viện quyển sách về bệnh huyết áp, đọc xong thì bớt ăn mặn. Bà chọn mức có đọc "
            "ít nhất một quyển."
        ),
        N_("Anh Tư xem tài liệu về giống lúa mới, làm thử một sào, rồi kể lại cho tổ. Anh đọc ba tài liệu và có dùng."),
        N_("Em Mai mỗi tháng đọc một quyển ngoài bài học và giới thiệu lại cho nhóm bạn."),
    ),
    "1.2": _three(
        N_(
            "Ông/bà có định trước năm nay sẽ học gì và làm được đến đâu? Không cần viết thành bản: nói được "
            "muốn học gì, khi nào, là đã có kế hoạch."
        ),
        N_(
            "Ông Ba định học gọi điện có hình trước Tết. Đến tháng mười ông gọi được cho cháu: đã làm được "
            "điều mình đặt ra."
        ),
        N_(
            "Chị Hoa ghi vào sổ: quý một học sổ sách, quý ba học bán hàng qua mạng. Chị học xong việc thứ "
            "nhất, tức là được một nửa."
        ),
        N_("Em Nam đặt mục tiêu học 500 từ tiếng Anh trong học kỳ và ghi lại mỗi tuần được bao nhiêu từ."),
    ),
    "1.3": _three(
        N_(
            "Ông/bà có dự buổi học, buổi nói chuyện nào cùng bà con, cơ quan hay trường lớp không? Đếm số "
            "buổi nhớ được."
        ),
        N_(
            "Bà Năm dự buổi nói chuyện về phòng lừa đảo qua điện thoại ở nhà văn hóa và hai buổi sinh hoạt "
            "câu lạc bộ: ba buổi."
        ),
        N_("Anh Hải dự lớp phòng cháy của xã và buổi tập huấn ở công ty: hai buổi."),
        N_("Em Lan cùng đoàn thanh niên mở một buổi đọc sách cho các em nhỏ trong xóm: vừa dự vừa cùng tổ chức."),
    ),
    "1.4": _three(
        N_(
            "Ông/bà có khuyên, giúp hoặc tạo điều kiện cho người khác học không? Giúp con cháu, hàng xóm, "
            "bạn cùng làm đều tính."
        ),
        N_("Ông Bảy trông cháu mỗi tối thứ ba để con dâu đi học lớp may, đến khi con dâu học xong."),
        N_("Chị Thu nhận làm thay một ca để bạn cùng tổ đi thi lấy chứng chỉ nghề."),
        N_("Em Đức mỗi tuần kèm toán cho một bạn trong lớp suốt học kỳ."),
    ),
    "2.1": _three(
        N_("Ông/bà có dùng điện thoại, máy tính để học hoặc làm việc không? Dùng được việc gì thì kể việc ấy."),
        N_("Bà Tám biết nhắn tin, xem tin tức và tra giờ khám bệnh trên điện thoại."),
        N_("Anh Sơn học xong một khóa trên mạng và ghi sổ thu chi của cửa hàng bằng bảng tính."),
        N_("Em Vy làm một đoạn phim ngắn cho bài học và chỉ bà cách nhận ra tin nhắn lừa đảo."),
    ),
    "2.2": _three(
        N_("Ông/bà có học hay dùng thêm một tiếng khác không? Tiếng nước ngoài hoặc tiếng của dân tộc khác đều được."),
        N_(
            "Ông Páo học thêm tiếng Việt để đọc được giấy hẹn khám; hoặc người Kinh học tiếng Mông để nói "
            "chuyện với hàng xóm."
        ),
        N_("Chị Yến bán hàng ở chợ, học những câu tiếng Anh để chào và nói giá với khách."),
        N_("Em Khôi ngoài giờ ở lớp còn học xong một lớp tiếng Anh giao tiếp."),
    ),
    "2.3": _three(
        N_(
            "Ông/bà có tính toán, đổi cách làm nào để việc nhẹ hơn, tốt hơn không? Việc nhỏ trong nhà, ngoài "
            "ruộng cũng tính."
        ),
        N_("Bà Sáu ghi tiền chợ mỗi ngày, thấy tốn nhiều tiền ga nên đổi cách nấu và bớt được một phần."),
        N_("Anh Tư tính lại lượng phân bón cho từng sào, chi phí vụ này giảm rõ so với vụ trước."),
        N_("Em Mai làm bảng chia giờ học và giờ chơi, nhờ vậy nộp bài đúng hạn cả học kỳ."),
    ),
    "2.4": _three(
        N_("Ông/bà có tự kiểm tra một tin trước khi tin, nêu câu hỏi hay góp ý có lý do không?"),
        N_("Ông Ba nghe tin đồn về thuốc chữa bách bệnh, đem hỏi trạm y tế rồi mới tin, và nói lại cho hàng xóm biết."),
        N_("Chị Hoa góp ý ở cuộc họp tổ về chỗ để rác, nói rõ vì sao; tổ làm theo."),
        N_("Em Nam trong giờ thảo luận đưa ra ý khác với cả nhóm, có dẫn số liệu, và nhóm sửa bài theo."),
    ),
    "3.1": _three(
        N_("Ông/bà sống với mọi người thế nào, có giúp gỡ chuyện bất hòa hay quen được với nơi ở mới, việc mới không?"),
        N_("Bà Năm khuyên hai nhà bên cạnh thôi giận nhau vì cái rãnh nước; hai nhà đã cùng sửa rãnh."),
        N_("Anh Hải mới về làm ở xưởng khác, sau hai tháng đã quen việc và thân với cả tổ."),
        N_("Em Lan đứng ra giảng hòa cho hai bạn cãi nhau trong lớp."),
    ),
    "3.2": _three(
        N_("Ông/bà có cùng làm việc chung và chia sẻ điều mình biết cho người khác không?"),
        N_("Ông Bảy cùng tổ dọn đường làng và chỉ cho mấy nhà cách ghép cành bưởi."),
        N_("Chị Thu phụ trách góc sách của tổ dân phố và hai lần kể lại điều học được ở lớp tập huấn."),
        N_("Em Đức cùng nhóm làm xong tủ sách lớp; em lo phần xin sách."),
    ),
}

EVIDENCE: Final[Mapping[str, Help]] = {
    "kind": _one(
        N_("Chọn cách gần đúng nhất. Chọn chưa đúng cũng không mất điểm, sau này sửa được."),
        N_("Nghe nói chuyện về sức khỏe ở nhà văn hóa thì chọn “Buổi nói chuyện, sinh hoạt cộng đồng”."),
    ),
    "title": _one(
        N_("Gọi tên việc đã học sao cho người khác đọc là hiểu. Không cần đúng từng chữ như trên giấy."),
        N_("“Lớp trồng rau sạch ở xã” hoặc “Tự học gọi điện có hình”."),
    ),
    "provider": _one(
        N_("Ai mở lớp, ai viết sách hoặc ai chỉ cho ông/bà. Không có hoặc không nhớ thì để trống."),
        N_("“Hội phụ nữ xã”, hoặc “cháu Lan chỉ cho”."),
    ),
    "learned_on": _one(
        N_("Học nhiều buổi thì ghi ngày cuối. Không nhớ ngày thì ghi ngày gần đúng trong tháng ấy."),
        N_("Học xong khoảng giữa tháng 3 năm 2026 thì ghi 15/3/2026."),
    ),
    "hours": _one(
        N_("Cộng các buổi lại, tính gần đúng. Đọc sách hay tự học mà không tính giờ thì để trống."),
        N_("Ba buổi, mỗi buổi hai giờ thì ghi 6."),
    ),
    "files": _one(
        N_("Chụp giấy chứng nhận, quyển sách, sản phẩm hoặc buổi học. Không có ảnh vẫn lưu được."),
        N_("Đặt giấy lên bàn chỗ sáng, chụp thẳng từ trên xuống cho đọc được chữ."),
    ),
    "certificate_ref": _one(
        N_("Chép số hoặc mã như in trên giấy để người xét tra được. Không có hoặc giấy không có số thì để trống."),
        N_("Trên giấy in “Số: 125/GCN” thì ghi 125/GCN."),
    ),
    "witness": _one(
        N_("Người biết ông/bà có học việc này. Nhất là khi không có giấy tờ, ghi một người để người xét hỏi được."),
        N_("“Bà Nguyễn Thị Mẫu, tổ trưởng tổ 4”, hoặc tên người học cùng lớp."),
    ),
    "note": _one(
        N_("Kể bằng lời của mình: học được điều gì, đã dùng vào việc gì. Viết sai chính tả cũng không sao."),
        N_("“Tôi biết cách đo huyết áp tại nhà và mỗi sáng ghi lại vào sổ.”"),
    ),
    "indicators": _one(
        N_("Một việc có thể tính cho nhiều chỉ số. Chưa rõ thì chọn một chỉ số gần nhất."),
        N_("Lớp học dùng điện thoại ở nhà văn hóa: tính cho 1.3 (học cùng cộng đồng) và 2.1 (công nghệ)."),
    ),
}

ANSWER: Final[Mapping[str, Help]] = {
    "points": _one(
        N_(
            "Đọc từ trên xuống và dừng ở mức cao nhất mà ông/bà đã làm được. Chọn thấp hay cao đều sửa được "
            "trước khi gửi; người xét sẽ xem lại cùng minh chứng."
        ),
        N_("Mức 5 đã làm được, mức 8 mới được một nửa: chọn 5."),
    ),
    "evidence": _one(
        N_("Đánh dấu việc đã ghi mà nói lên điều ông/bà chọn ở trên. Không có việc nào hợp thì để trống và kể ở dưới."),
        N_("Chọn mức “dự từ 3 buổi” thì đánh dấu ba buổi đã ghi."),
    ),
    "note": _one(
        N_("Vài câu nói vì sao ông/bà chọn mức ấy. Rất có ích khi không có giấy tờ."),
        N_("“Tôi dự hai buổi ở nhà văn hóa tháng 4 và tháng 9, bà Mẫu tổ trưởng biết.”"),
    ),
}

REASON: Final[Mapping[str, Help]] = {
    "reason": _one(
        N_("Nói rõ chỗ nào người xét có thể đã hiểu chưa đúng và ông/bà có gì để xem lại chỗ ấy."),
        N_("“Chỉ số 1.3: tôi dự bốn buổi chứ không phải một; tôi đã ghi thêm ba buổi và tên người biết.”"),
    ),
}
