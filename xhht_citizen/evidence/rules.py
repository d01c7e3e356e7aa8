"""What counts as evidence: the kinds, their words on the screen, and the limits.

Which indicator a kind may support is a suggestion for the form, never a score: no public text says it,
so it is provisional. Codes are those of the ten citizen indicators (QĐ 324/QĐ-KHVN, "1.1" to "3.2").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from xhht_citizen.errors import N_, Invalid

MAX_FILES: Final = 5
MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_PIXELS: Final = 52_000_000  # the 50-megapixel mode of a phone passes, a bomb does not
MAX_PDF_PAGES: Final = 50
MAX_TITLE: Final = 200
MAX_PROVIDER: Final = 200
MAX_WITNESS: Final = 160
MAX_NOTE: Final = 2000
MAX_HOURS: Final = 10_000  # more than a year of days and nights: a slip of the finger
EARLIEST: Final = date(1900, 1, 1)

# For <input type="file" accept="...">; what is really in a file is proved by evidence/files.py.
ACCEPT: Final = "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf,.heic,.heif"

FILES_HINT: Final = N_("Tối đa 5 tệp, mỗi tệp không quá 10 MB: ảnh chụp (JPEG, PNG, WebP, HEIC) hoặc tệp PDF.")
NO_CARD_PHOTO: Final = N_("Xin đừng gửi ảnh thẻ căn cước hay giấy tờ tùy thân khác. Việc xét không cần đến.")
MISSING_PAPER: Final = N_("Không có giấy tờ cũng được: ghi tên người làm chứng, hoặc kể lại vài câu ông/bà đã học gì.")


class Kind(StrEnum):
    """What the person did; the value is stored."""

    COURSE = "course"
    ONLINE_COURSE = "online_course"
    CERTIFICATE = "certificate"
    TALK = "talk"
    READING = "reading"
    SELF_STUDY = "self_study"
    SKILL = "skill"
    HELPING = "helping"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class KindWords:
    """How one kind speaks on the form, and the indicators it is first offered for."""

    label: str
    hint: str
    title_label: str
    title_hint: str
    provider_label: str
    provider_hint: str
    example: str
    indicators: tuple[str, ...] = ()


KINDS: Final[Mapping[Kind, KindWords]] = MappingProxyType(
    {
        Kind.COURSE: KindWords(
            label=N_("Lớp học, khóa học"),
            hint=N_("Lớp học có thầy cô, người hướng dẫn: lớp nghề, lớp bồi dưỡng, lớp ở trung tâm học tập cộng đồng."),
            title_label=N_("Tên lớp học"),
            title_hint=N_("Ghi như trên giấy mời hoặc giấy chứng nhận."),
            provider_label=N_("Nơi mở lớp"),
            provider_hint=N_("Ví dụ: Trung tâm học tập cộng đồng của phường."),
            example=N_("Lớp kỹ thuật trồng rau an toàn, học 3 buổi"),
            indicators=("1.2", "1.3", "2.3"),
        ),
        Kind.ONLINE_COURSE: KindWords(
            label=N_("Khóa học trên mạng"),
            hint=N_("Khóa học qua máy tính hoặc điện thoại, có bài học theo thứ tự."),
            title_label=N_("Tên khóa học"),
            title_hint=N_("Ghi như trên trang học."),
            provider_label=N_("Trang mạng hoặc đơn vị mở khóa học"),
            provider_hint=N_("Ví dụ: tên trang học, tên trường."),
            example=N_("Khóa học dùng dịch vụ công trên điện thoại"),
            indicators=("1.2", "2.1"),
        ),
        Kind.CERTIFICATE: KindWords(
            label=N_("Chứng chỉ, giấy chứng nhận"),
            hint=N_("Giấy tờ đã được cấp: chứng chỉ tin học, ngoại ngữ, nghề; giấy chứng nhận; giấy khen về học tập."),
            title_label=N_("Tên chứng chỉ"),
            title_hint=N_("Ghi như trên giấy."),
            provider_label=N_("Nơi cấp"),
            provider_hint=N_("Tên cơ quan, trường hoặc trung tâm ghi trên giấy."),
            example=N_("Chứng chỉ ứng dụng công nghệ thông tin cơ bản"),
            indicators=("2.1", "2.2", "2.3"),
        ),
        Kind.TALK: KindWords(
            label=N_("Buổi nói chuyện, sinh hoạt cộng đồng"),
            hint=N_("Buổi phổ biến kiến thức, pháp luật, sức khỏe; sinh hoạt câu lạc bộ, họp thôn, tổ dân phố."),
            title_label=N_("Nội dung buổi đó"),
            title_hint=N_("Vài chữ là đủ."),
            provider_label=N_("Nơi tổ chức"),
            provider_hint=N_("Ví dụ: chi hội khuyến học, hội phụ nữ, nhà văn hóa."),
            example=N_("Buổi nói chuyện về phòng chống lừa đảo qua điện thoại"),
            indicators=("1.3", "3.1"),
        ),
        Kind.READING: KindWords(
            label=N_("Đọc sách, báo, tài liệu"),
            hint=N_("Sách, báo, tài liệu đã đọc để hiểu biết thêm, bằng giấy hay trên màn hình."),
            title_label=N_("Tên sách, báo hoặc tài liệu"),
            title_hint=N_("Đọc nhiều quyển thì ghi quyển ông/bà nhớ nhất."),
            provider_label=N_("Tác giả hoặc nơi mượn"),
            provider_hint=N_("Không nhớ thì để trống."),
            example=N_("Sách về chăm sóc sức khỏe người cao tuổi, mượn ở thư viện"),
            indicators=("1.1", "2.4"),
        ),
        Kind.SELF_STUDY: KindWords(
            label=N_("Tự học"),
            hint=N_("Tự tìm hiểu qua sách, phim hướng dẫn, người quen, hoặc tự làm rồi rút kinh nghiệm."),
            title_label=N_("Ông/bà đã tự học điều gì"),
            title_hint=N_("Vài chữ là đủ."),
            provider_label=N_("Học từ đâu hoặc học từ ai"),
            provider_hint=N_("Không có thì để trống."),
            example=N_("Tự học gọi điện có hình để nói chuyện với con cháu"),
            indicators=("1.1", "1.2"),
        ),
        Kind.SKILL: KindWords(
            label=N_("Kỹ năng dùng trong việc làm"),
            hint=N_("Điều đã học, nay dùng được trong việc làm, việc nhà: máy tính, ngoại ngữ, cách làm mới."),
            title_label=N_("Kỹ năng hoặc việc đã làm được"),
            title_hint=N_("Ghi việc cụ thể."),
            provider_label=N_("Dùng ở đâu"),
            provider_hint=N_("Ví dụ: tên nơi làm việc, ruộng vườn, cửa hàng."),
            example=N_("Bán hàng qua mạng và ghi sổ thu chi bằng bảng tính"),
            indicators=("2.1", "2.3", "2.2"),
        ),
        Kind.HELPING: KindWords(
            label=N_("Giúp người khác học"),
            hint=N_("Dạy lại, kèm cặp, động viên, tạo điều kiện cho người thân, đồng nghiệp, hàng xóm học."),
            title_label=N_("Ông/bà đã giúp việc gì"),
            title_hint=N_("Không cần ghi tên trẻ em."),
            provider_label=N_("Giúp ai hoặc giúp ở đâu"),
            provider_hint=N_("Ví dụ: hàng xóm, lớp xóa mù chữ, câu lạc bộ."),
            example=N_("Chỉ cho các bác trong tổ cách đặt lịch khám bệnh trên điện thoại"),
            indicators=("1.4", "3.2"),
        ),
        Kind.OTHER: KindWords(
            label=N_("Việc khác"),
            hint=N_("Việc học không thuộc các loại trên."),
            title_label=N_("Việc đã làm"),
            title_hint=N_("Vài chữ là đủ."),
            provider_label=N_("Nơi tổ chức hoặc người cùng làm"),
            provider_hint=N_("Không có thì để trống."),
            example=N_("Tham gia hội thi tìm hiểu lịch sử địa phương"),
        ),
    }
)


# Kinds that count for the years after theirs as well. Our own rule, provisional: a certificate goes on to hold, and no
# public text says for how long.
LASTING: Final = frozenset({Kind.CERTIFICATE})


def counts_for(kind: str, learned_in: int, year: int) -> bool:
    """Whether a case of `year` may rest on it: learned in that year, or a lasting kind of a year before. Provisional.

    `evidence.queries.offered` asks the database the same.
    """
    return learned_in == year or (kind in LASTING and learned_in < year)


def check_learned_on(on: date, today: date) -> None:
    """Invalid when the day of learning is after `today` (the caller's day in Vietnam) or before 1900."""
    if on > today:
        raise Invalid(N_("Ngày học không thể sau hôm nay, %(day)s."), field="learned_on", day=f"{today:%d/%m/%Y}")
    if on < EARLIEST:
        raise Invalid(N_("Xin xem lại năm của ngày học."), field="learned_on")


def check_hours(hours: Decimal | int | None) -> int | None:
    """Hours as typed (2 or 1,5) to whole minutes, or None when the person does not know; above 0, at most MAX_HOURS."""
    if hours is None:
        return None
    if not 0 < hours <= MAX_HOURS:  # a Decimal NaN raises here; forms refuse it before
        raise Invalid(N_("Số giờ phải lớn hơn 0 và không quá 10.000. Không nhớ thì để trống."), field="hours")
    return max(1, round(hours * 60))


def check_file_count(count: int) -> int:
    """Zero files is fine, more than MAX_FILES is Invalid."""
    if count > MAX_FILES:
        raise Invalid(N_("Mỗi minh chứng chỉ kèm tối đa 5 tệp. Xin bỏ bớt tệp."), field="files")
    return count


def missing_paper(files: int, witness: str | None, note: str | None) -> bool:
    """True when nothing stands behind the title: show MISSING_PAPER, do not refuse (papers are what people lack)."""
    return files == 0 and not (witness or "").strip() and not (note or "").strip()
