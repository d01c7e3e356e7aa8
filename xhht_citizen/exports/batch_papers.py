"""The papers of a batch: minutes of the review, submission, decision, each with its list; the decision that revokes.

All come from one source, `Source`: the batch's lines and the words of the place's letterhead. Before the decision is
entered they are drafts, with room for number and day; afterwards they carry both.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from xhht_citizen.batches.queries import Line
from xhht_citizen.batches.rules import Words, authority, day_words, number_line, signature
from xhht_citizen.exports.paper import Annex, Column, Paper, Para, Part, Signs, by_lines
from xhht_citizen.groups.rules import KIND_LABELS, YEARLY, Kind

# What a decision on each kind rests on where its letterhead names no grounds; provisional, the office checks them.
# Texts whose number is not known for sure are left to the office.
LOCAL_GOVERNMENT = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025;"
GROUNDS: Mapping[Kind, str] = {
    Kind.CITIZEN: (
        "Căn cứ Quyết định số 677/QĐ-TTg ngày 03 tháng 6 năm 2022 của Thủ tướng Chính phủ phê duyệt Chương trình "
        "“Xây dựng mô hình ‘Công dân học tập’ giai đoạn 2021 - 2030”;"
    ),
    Kind.AGENCY: (
        "Căn cứ Thông tư số 24/2023/TT-BGDĐT của Bộ trưởng Bộ Giáo dục và Đào tạo quy định về đánh giá, công nhận "
        "“Đơn vị học tập” cấp huyện, tỉnh;"
    ),
    Kind.COMMUNE: (
        "Căn cứ Thông tư số 25/2023/TT-BGDĐT của Bộ trưởng Bộ Giáo dục và Đào tạo quy định về đánh giá, công nhận "
        "“Cộng đồng học tập” cấp xã, huyện, tỉnh;"
    ),
}
OF_GROUPS = (
    "Căn cứ Quyết định số 387/QĐ-TTg ngày 25 tháng 3 năm 2022 của Thủ tướng Chính phủ phê duyệt Chương trình “Đẩy mạnh "
    "phong trào học tập suốt đời trong gia đình, dòng họ, cộng đồng, đơn vị giai đoạn 2021 - 2030”;"
)
UNITS: Mapping[Kind, str] = {
    Kind.CITIZEN: "người",
    Kind.HOUSEHOLD: "gia đình",
    Kind.CLAN: "dòng họ",
    Kind.COMMUNITY: "cộng đồng",
    Kind.UNIT: "đơn vị",
    Kind.AGENCY: "đơn vị",
    Kind.COMMUNE: "xã, phường",
}
DOTS = "…" * 20


@dataclass(frozen=True)
class Source:
    """What a batch's papers are made from. `where` names wards and communities by code and id.

    `number`, `decided_on` and `signatory` are of the decision once it is entered; until then None.
    """

    words: Words
    name: str
    year: int
    lines: tuple[Line, ...]
    where: Mapping[str | uuid.UUID, str] = field(default_factory=dict)
    of_province: bool = False
    number: str | None = None
    decided_on: date | None = None
    signatory: str | None = None
    today: date | None = None

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of titles in it, in the order of the list."""
        present = {line.kind for line in self.lines}
        return [kind for kind in Kind if str(kind) in present]

    @property
    def years(self) -> str:
        """The years of the titles: mostly one."""
        return ", ".join(str(year) for year in sorted({line.year for line in self.lines} or {self.year}))

    def place(self, line: Line) -> str:
        """Where the line's subject lives: its community, and its ward on a province's list."""
        ward = self.where.get(line.ward_code, "") if self.of_province else ""
        community = self.where.get(line.community_id, "") if line.community_id else ""
        return ", ".join(name for name in (community, ward) if name)


def thousands(number: int) -> str:
    """A number as Vietnamese papers write it: 1.234."""
    return f"{number:,}".replace(",", ".")


def counted(source: Source) -> str:
    """How many of each kind, in words: "37 Công dân học tập, 5 Gia đình học tập"."""
    numbers = {kind: sum(line.kind == kind for line in source.lines) for kind in source.kinds}
    return ", ".join(f"{thousands(number)} {KIND_LABELS[kind]}" for kind, number in numbers.items())


def titles_of(source: Source) -> str:
    """The titles' names in quotation marks: “Công dân học tập”, “Gia đình học tập”."""
    return ", ".join(f"“{KIND_LABELS[kind]}”" for kind in source.kinds) or "học tập"


def columns_of(kind: Kind) -> tuple[Column, ...]:
    """A list's columns, 162 mm together."""
    points = Column("Điểm" if kind in YEARLY else "Yêu cầu đạt", 18, True)
    first = (Column("TT", 13, True),)
    if kind is Kind.CITIZEN:
        return (*first, Column("Họ và tên", 60), Column("Năm sinh", 20, True), Column("Nơi ở", 51), points)
    return (*first, Column("Tên", 76), Column("Địa bàn", 55), points)


def part_of(source: Source, kind: Kind, place: int) -> Part:
    """The table of one kind."""
    rows = []
    for number, line in enumerate((line for line in source.lines if line.kind == kind), 1):
        birth = (str(line.birth_year or ""),) if kind is Kind.CITIZEN else ()
        rows.append((thousands(number), line.name, *birth, source.place(line), str(line.points)))
    heading = f"{ROMAN[place]}. {KIND_LABELS[kind]} ({thousands(len(rows))} {UNITS[kind]})"
    return Part(heading, columns_of(kind), tuple(rows))


ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def annex_of(source: Source, title: str, note: str) -> Annex:
    """The list that goes with a paper."""
    return Annex(
        title,
        f"danh hiệu {titles_of(source)} năm {source.years}",
        note,
        tuple(part_of(source, kind, place) for place, kind in enumerate(source.kinds)),
    )


def _lines_of(text: str) -> tuple[str, ...]:
    return tuple(line.lstrip("-– ").strip() for line in text.splitlines() if line.strip())


def _place_day(words: Words, day: date | None, year: int) -> str:
    return f"{words.venue}, {day_words(day, year)}"


def usual_grounds(kinds: Iterable[Kind]) -> tuple[str, ...]:
    """What a decision on titles of these kinds rests on where the letterhead says nothing else."""
    kinds = list(kinds)
    groups = any(kind not in GROUNDS for kind in kinds)
    return (
        LOCAL_GOVERNMENT,
        *(GROUNDS[kind] for kind in kinds if kind in GROUNDS),
        *((OF_GROUPS,) if groups else ()),
    )


def decision(source: Source) -> Paper:
    """Quyết định công nhận, with the list of everybody it names."""
    words = source.words
    year = (source.decided_on or source.today or date(source.year, 1, 1)).year
    number = number_line(source.number, words.number_format, year)
    grounds = [
        *(_lines_of(words.grounds) or usual_grounds(source.kinds)),
        f"Theo đề nghị của Chủ tịch {words.association}.",
    ]
    head = "Chánh Văn phòng, " if source.of_province else ""
    paras = (
        *(Para(text, "ground") for text in grounds),
        Para("QUYẾT ĐỊNH:", "verb"),
        Para(
            f"Công nhận danh hiệu {titles_of(source)} năm {source.years} cho: {counted(source)} "
            "(có danh sách kèm theo).",
            lead="Điều 1.",
        ),
        Para(
            f"Giao {words.association} cấp giấy công nhận, ghi sổ danh hiệu và công bố kết quả theo quy định.",
            lead="Điều 2.",
        ),
        Para(
            f"Quyết định này có hiệu lực kể từ ngày ký. {head}{words.association}, các cơ quan, đơn vị có liên quan và "
            "các tập thể, cá nhân có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.",
            lead="Điều 3.",
        ),
    )
    given = source.number or number_line(None, words.number_format, year)
    return Paper(
        file_name="quyet-dinh-cong-nhan",
        above=words.superior_body,
        body=by_lines(words.issuing_body),
        number=f"Số: {number}",
        place_day=_place_day(words, source.decided_on, year),
        kind="QUYẾT ĐỊNH",
        subject=f"Về việc công nhận danh hiệu {titles_of(source)} năm {source.years}",
        authority=authority(words),
        paras=paras,
        recipients=_lines_of(words.recipients),
        signs=Signs(signature(words), source.signatory or words.signatory),
        annex=annex_of(
            source,
            "DANH SÁCH CÔNG NHẬN",
            f"(Kèm theo Quyết định số {given} {day_words(source.decided_on, year)} của {signer(words)})",
        ),
    )


def signer(words: Words) -> str:
    """Whose decision it is, inside a sentence."""
    body = words.issuing_body
    return body if words.signs_for.upper().startswith("TM") else f"Chủ tịch {body}"


def submission(source: Source) -> Paper:
    """Tờ trình of the association, which asks for the decision."""
    words = source.words
    year = (source.today or date(source.year, 1, 1)).year
    number = number_line(None, words.submission_format, year)
    paras = (
        Para(
            f"Thực hiện việc đánh giá, công nhận danh hiệu {titles_of(source)} năm {source.years}, "
            f"{words.association} đã tổ chức xét hồ sơ theo bộ tiêu chí, trên cơ sở kết quả bình xét ở thôn, "
            "tổ dân phố và minh chứng kèm theo từng hồ sơ."
        ),
        Para(f"Kết quả, có {thousands(len(source.lines))} hồ sơ đủ điều kiện, gồm: {counted(source)}."),
        Para(
            f"{words.association} kính trình {signer(words)} xem xét, ra quyết định công nhận "
            "(có danh sách và biên bản xét kèm theo)./."
        ),
    )
    return Paper(
        file_name="to-trinh",
        above="",
        body=by_lines(words.association),
        number=f"Số: {number}",
        place_day=_place_day(words, None, year),
        kind="TỜ TRÌNH",
        subject=f"Về việc đề nghị công nhận danh hiệu {titles_of(source)} năm {source.years}",
        addressed_to=f"{signer(words)}.",
        paras=paras,
        recipients=("Như trên;", "Lưu: HKH."),
        signs=Signs(("TM. BAN CHẤP HÀNH", "CHỦ TỊCH"), words.association_head),
        annex=annex_of(
            source, "DANH SÁCH ĐỀ NGHỊ CÔNG NHẬN", f"(Kèm theo Tờ trình số {number} {day_words(None, year)})"
        ),
    )


def minutes(source: Source) -> Paper:
    """Biên bản of the association's review in the ward or province, to be completed by hand."""
    words = source.words
    year = (source.today or date(source.year, 1, 1)).year
    paras = (
        Para(f"Thời gian bắt đầu: …… giờ ……, {day_words(None, year)}."),
        Para(f"Địa điểm: {DOTS}"),
        Para(f"Thành phần tham dự: {DOTS}"),
        Para(f"Chủ trì: {words.association_head or DOTS}"),
        Para(f"Thư ký: {DOTS}"),
        Para(
            f"Nội dung: xét hồ sơ đề nghị công nhận danh hiệu {titles_of(source)} năm {source.years} ({source.name})."
        ),
        Para(
            "Sau khi xem từng hồ sơ theo bộ tiêu chí, hội nghị thống nhất đề nghị công nhận "
            f"{counted(source)}, tổng cộng {thousands(len(source.lines))} hồ sơ (có danh sách kèm theo)."
        ),
        Para(f"Ý kiến khác: {DOTS}"),
        Para(f"Cuộc họp kết thúc vào …… giờ ……, {day_words(None, year)}./."),
    )
    return Paper(
        file_name="bien-ban-xet",
        above="",
        body=by_lines(words.association),
        number=f"Số: {number_line(None, '{number}/BB-HKH', year)}",
        place_day="",
        kind="BIÊN BẢN",
        subject=f"Xét đề nghị công nhận danh hiệu {titles_of(source)} năm {source.years}",
        paras=paras,
        recipients=("Thành viên dự họp;", "Lưu: HKH."),
        signs=Signs(("CHỦ TRÌ",), words.association_head),
        signs_left=Signs(("THƯ KÝ",)),
        annex=annex_of(source, "DANH SÁCH ĐỀ NGHỊ CÔNG NHẬN", f"(Kèm theo Biên bản xét {day_words(None, year)})"),
    )


@dataclass(frozen=True)
class Revoked:
    """What the paper that takes a title back says of the title and of its decision."""

    words: Words
    kind: Kind
    holder: str
    place: str
    year: int
    register_number: int
    given_by: str
    given_on: date
    reason: str
    number: str | None = None
    decided_on: date | None = None
    signatory: str | None = None
    today: date | None = None


def revocation(source: Revoked) -> Paper:
    """Quyết định thu hồi: a draft before it is entered, whole afterwards."""
    words = source.words
    year = (source.decided_on or source.today or source.given_on).year
    label = KIND_LABELS[source.kind]
    paras = (
        *(Para(text, "ground") for text in _lines_of(words.grounds) or (LOCAL_GOVERNMENT,)),
        Para(
            f"Căn cứ Quyết định số {source.given_by} {day_words(source.given_on)} về việc công nhận danh hiệu "
            f"“{label}” năm {source.year};",
            "ground",
        ),
        Para(f"Theo đề nghị của Chủ tịch {words.association}.", "ground"),
        Para("QUYẾT ĐỊNH:", "verb"),
        Para(
            f"Thu hồi danh hiệu “{label}” năm {source.year} của {source.holder}, {source.place} (số sổ "
            f"{source.register_number}/{source.year}), đã công nhận theo Quyết định số {source.given_by} "
            f"{day_words(source.given_on)}.",
            lead="Điều 1.",
        ),
        Para(f"Lý do: {source.reason or DOTS}"),
        Para("Giấy công nhận đã cấp không còn giá trị.", lead="Điều 2."),
        Para(
            f"Quyết định này có hiệu lực kể từ ngày ký. {words.association}, các cơ quan, đơn vị có liên quan và "
            f"{source.holder} chịu trách nhiệm thi hành Quyết định này./.",
            lead="Điều 3.",
        ),
    )
    return Paper(
        file_name="quyet-dinh-thu-hoi",
        above=words.superior_body,
        body=by_lines(words.issuing_body),
        number=f"Số: {number_line(source.number, words.number_format, year)}",
        place_day=_place_day(words, source.decided_on, year),
        kind="QUYẾT ĐỊNH",
        subject=f"Về việc thu hồi danh hiệu “{label}” năm {source.year}",
        authority=authority(words),
        paras=paras,
        recipients=_lines_of(words.recipients),
        signs=Signs(signature(words), source.signatory or words.signatory),
    )


# By what its address is called.
PAPERS: Mapping[str, Callable[[Source], Paper]] = {
    "bien-ban-xet": minutes,
    "to-trinh": submission,
    "quyet-dinh": decision,
}
