"""Papers by NĐ 30/2020/NĐ-CP: the layout in the Word file, what LibreOffice makes of it, every Vietnamese letter."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from crowd import VIETNAMESE
from docxtpl import DocxTemplate
from sheets import converted, pages_of, words_of

from xhht_citizen.batches.queries import Line
from xhht_citizen.batches.rules import Bar, default_words
from xhht_citizen.exports import lists, paper
from xhht_citizen.exports.batch_papers import PAPERS, Revoked, Source, decision, revocation
from xhht_citizen.exports.meeting_minutes import minutes_paper
from xhht_citizen.groups.rules import Kind

COMMUNITY = uuid.uuid4()
SIGNED_ON = date(2026, 2, 5)
WORDS = default_words(
    "Phường Hương Trà", province=False, issuing_body="Ủy ban nhân dân phường Hương Trà", signatory="Nguyễn Mẫu Ký"
)


def line(name: str, kind: str = "citizen", **more: Any) -> Line:
    given: dict[str, Any] = {"birth_year": 1962, "points": 86} | more
    return Line(
        id=uuid.uuid4(),
        order=(0, "", ""),
        kind=kind,
        subject_id=uuid.uuid4(),
        person_id=None,
        name=name,
        ward_code="19996",
        community_id=COMMUNITY,
        year=2026,
        version=1,
        **given,
    )


def source(*lines: Line, signed: bool = True) -> Source:
    made = Source(WORDS, "Đợt 1", 2026, lines or (line("Trần Thị Mẫu Lan"),), {COMMUNITY: "Tổ 4"}, today=SIGNED_ON)
    if signed:
        made = replace(made, number="12/QĐ-UBND", decided_on=SIGNED_ON, signatory="Nguyễn Mẫu Ký")
    return made


def part(docx: bytes, name: str = "word/document.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read(name).decode()


def flat(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("name", PAPERS)
def test_a_word_file_keeps_the_layout_rules(name: str) -> None:
    from docx import Document

    document = Document(io.BytesIO(paper.write(PAPERS[name](source()), "docx")))
    assert len(document.sections) == 2  # the list has page numbers of its own
    for section in document.sections:
        millimetres = {
            edge: round(getattr(section, edge).mm)
            for edge in ("page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin")
        }
        assert (millimetres["page_width"], millimetres["page_height"]) == (210, 297)
        assert all(20 <= millimetres[edge] <= 25 for edge in ("top_margin", "bottom_margin"))
        assert 30 <= millimetres["left_margin"] <= 35
        assert 15 <= millimetres["right_margin"] <= 20
        assert section.different_first_page_header_footer is True
        assert section.first_page_header.paragraphs[0].text == ""
        assert "PAGE" in section.header.paragraphs[0]._p.xml
        assert 'w:val="center"' in section.header.paragraphs[0]._p.xml
        assert 'w:pgNumType w:start="1"' in section._sectPr.xml
    normal = document.styles["Normal"]
    assert (normal.font.name, normal.font.size.pt) == ("Times New Roman", 14)
    fonts = re.findall(r'w:(?:ascii|hAnsi|cs|eastAsia)="([^"]+)"', normal.element.xml)
    assert set(fonts) == {"Times New Roman"}
    running = [one for one in document.paragraphs if one.paragraph_format.first_line_indent]
    assert len(running) >= 3
    assert all(10 <= one.paragraph_format.first_line_indent.mm <= 12.71 for one in running)
    assert all(13 <= run.font.size.pt <= 14 for one in running for run in one.runs if run.text)
    assert running[-1].text.endswith("./.")
    sizes: dict[str, tuple[float, bool | None, bool | None]] = {}
    for table in document.tables:
        for cell in [cell for row in table.rows for cell in row.cells]:
            for one in cell.paragraphs:
                for run in one.runs:
                    sizes.setdefault(run.text, (run.font.size.pt, run.bold, run.italic))
    assert sizes["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"] == (12, True, None)
    assert sizes["Độc lập - Tự do - Hạnh phúc"] == (13, True, None)
    assert sizes["Nơi nhận:"] == (12, True, True)
    assert sizes["- Lưu: VT, HKH." if name == "quyet-dinh" else "- Lưu: HKH."] == (11, None, None)
    if name == "quyet-dinh":
        assert sizes["Số: 12/QĐ-UBND"] == (13, None, None)
        assert sizes["Hương Trà, ngày 05 tháng 02 năm 2026"] == (13.5, None, True)
    kind = next(one for one in document.paragraphs if one.text in {"QUYẾT ĐỊNH", "TỜ TRÌNH", "BIÊN BẢN"})
    assert (kind.runs[0].bold, kind.runs[0].font.size.pt, kind.alignment) == (True, 14, 1)


def test_libreoffice_opens_it_and_the_pages_are_numbered_but_the_first(tmp_path: Path) -> None:
    names = [line(f"Trần Văn Mẫu {number}") for number in range(90)]
    made = decision(source(*names))
    pages = pages_of(converted(paper.write(made, "docx"), tmp_path))
    by_us = pages_of(paper.write(made, "pdf"))
    for read in (pages, by_us):
        first_words = [page.split("\n")[0].strip() if page.split("\n")[0].strip().isdigit() else "" for page in read]
        annex = next(number for number, page in enumerate(read) if "DANH SÁCH CÔNG NHẬN" in page)
        assert first_words[: annex + 1] == [""] * (annex + 1)
        assert first_words[annex + 1 :] == [str(number) for number in range(2, len(read) - annex + 1)]
        whole = " ".join(" ".join(read).split())
        for words in (
            "Số: 12/QĐ-UBND",
            "Hương Trà, ngày 05 tháng 02 năm 2026",
            "Điều 1. Công nhận danh hiệu “Công dân học tập” năm 2026 cho: 90 Công dân học tập",
            "(Kèm theo Quyết định số 12/QĐ-UBND ngày 05 tháng 02 năm 2026",
            "I. Công dân học tập (90 người)",
            "thi hành Quyết định này./.",
            "Nơi nhận:",
            "Nguyễn Mẫu Ký",
        ):
            assert words in whole, words
        assert whole.count("Trần Văn Mẫu") == 90


def test_every_letter_and_tone_is_printed(tmp_path: Path) -> None:
    """67 letters with marks, in both cases: read back from our PDF, and from LibreOffice's of the Word file."""
    assert len({letter for letter in VIETNAMESE if letter.isalpha() and not letter.isascii()} - set("đĐ")) == 132
    given = VIETNAMESE + " đ Đ"
    made = decision(replace(source(line("Trần Mẫu")), words=replace(WORDS, association=given)))
    for pdf in (paper.write(made, "pdf"), converted(paper.write(made, "docx"), tmp_path)):
        assert flat(given) in flat(words_of(pdf))


def test_nothing_in_a_name_is_markup(tmp_path: Path) -> None:
    names = ("Nguyễn A & B", "Lê <b>Văn</b> C", "#let x = [1] *đậm* _ng_", "{{ 7*7 }} {% raw %}", "$x$ `mã` @a \\ “ ”")
    made = decision(source(*(line(name) for name in names)))
    docx = paper.write(made, "docx")
    from docx import Document

    table = Document(io.BytesIO(docx)).tables[-1]
    assert [row.cells[1].text for row in table.rows][1:] == list(names)
    for pdf in (paper.write(made, "pdf"), converted(docx, tmp_path)):
        read = flat(words_of(pdf))
        assert [name for name in names if flat(name) not in read] == []


def test_a_list_gets_its_widths_while_what_was_filled_in_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was once in thousands of papers: a reference somewhere, and an element keeps the class it was parsed as."""
    held, put_in = [], DocxTemplate.map_tree
    monkeypatch.setattr(DocxTemplate, "map_tree", lambda self, tree: (held.append(tree), put_in(self, tree)))
    paper.write(decision(source(line("Trần Mẫu"))), "docx")
    assert len(held) == 1


def test_a_draft_has_room_for_number_and_day() -> None:
    made = decision(source(signed=False))
    assert (made.number, made.place_day) == ("Số:       /QĐ-UBND", "Hương Trà, ngày      tháng      năm 2026")
    assert "Số: /QĐ-UBND" in words_of(paper.write(made, "pdf"))
    assert "Số:       /QĐ-UBND" in part(paper.write(made, "docx"))


def test_both_forms_say_the_same(tmp_path: Path) -> None:
    kinds = [line("Trần Thị Mẫu Lan"), line("Lê Văn Mẫu Bách", "household"), line("Họ Võ Mẫu", "clan")]
    for name, make in PAPERS.items():
        folder = tmp_path / name
        folder.mkdir()
        made = make(source(*kinds))
        ours, theirs = words_of(paper.write(made, "pdf")), words_of(converted(paper.write(made, "docx"), folder))
        assert sorted(re.findall(r"\w+", ours)) == sorted(re.findall(r"\w+", theirs))


@pytest.mark.parametrize(
    ("signs_for", "lines", "authority"),
    [
        ("", ("CHỦ TỊCH",), "CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG HƯƠNG TRÀ"),
        ("TM. ỦY BAN NHÂN DÂN", ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), "ỦY BAN NHÂN DÂN PHƯỜNG HƯƠNG TRÀ"),
        ("KT. CHỦ TỊCH", ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "CHỦ TỊCH ỦY BAN NHÂN DÂN PHƯỜNG HƯƠNG TRÀ"),
    ],
)
def test_who_signs_stands_as_the_letterhead_says(signs_for: str, lines: tuple[str, ...], authority: str) -> None:
    words = replace(WORDS, signs_for=signs_for, signatory_post=lines[-1])
    made = decision(replace(source(), words=words))
    assert (made.signs.lines, made.authority) == (lines, authority)


def test_a_title_is_taken_back_by_a_paper() -> None:
    asked = Revoked(
        WORDS, Kind.CITIZEN, "Trần Thị Mẫu Lan", "Tổ 4, Phường Hương Trà", 2026, 7, "12/QĐ-UBND", SIGNED_ON, "Khai sai."
    )
    draft = words_of(paper.write(revocation(asked), "pdf"))
    assert "thu hồi danh hiệu “Công dân học tập” năm 2026" in draft
    assert "Căn cứ Quyết định số 12/QĐ-UBND ngày 05 tháng 02 năm 2026" in draft
    whole = revocation(replace(asked, number="15/QĐ-UBND", decided_on=date(2026, 3, 1), signatory="Lê Mẫu"))
    assert (whole.number, whole.place_day, whole.signs.name, whole.annex) == (
        *("Số: 15/QĐ-UBND", "Hương Trà, ngày 01 tháng 3 năm 2026", "Lê Mẫu"),
        None,
    )
    assert len(paper.write(whole, "docx")) > 10_000


class Said:
    """A result of a meeting, as meetings.queries gives it."""

    def __init__(self, name: str, kind: str = "citizen", votes: int | None = None, reason: str | None = None) -> None:
        self.name, self.kind, self.votes, self.reason = name, kind, votes, reason
        self.birth_year, self.self_total = 1970, 84


class Meeting:
    """A meeting, as meetings.queries.minutes gives it."""

    community, ward, year, held_on = "Tổ 4", "Phường Hương Trà", 2026, date(2026, 1, 9)
    venue, chair, secretary, present, total, way = "Nhà văn hóa", "Lê Mẫu Chủ", "Võ Mẫu Ghi", 41, 56, "votes"
    note = "Không."
    endorsed = (Said("Trần Thị Mẫu Lan", votes=40), Said("Lê Văn Mẫu Bách", "household", votes=39))
    objected = (Said("Ngô Mẫu Sen", votes=3, reason="Chưa có minh chứng."),)


def test_a_body_may_name_its_own_grounds() -> None:
    def said(made: paper.Paper) -> list[str]:
        return [para.text for para in made.paras if para.kind == "ground"]

    usual = said(decision(source()))
    assert (len(usual), usual[1][:39]) == (3, "Căn cứ Quyết định số 677/QĐ-TTg ngày 03")
    words = replace(WORDS, grounds="Căn cứ Luật Mẫu ngày 01 tháng 01 năm 2026;\n\n- Căn cứ Nghị định Mẫu;")
    own = ["Căn cứ Luật Mẫu ngày 01 tháng 01 năm 2026;", "Căn cứ Nghị định Mẫu;"]
    assert said(decision(replace(source(), words=words))) == [*own, usual[-1]]
    asked = Revoked(words, Kind.CITIZEN, "Trần Thị Mẫu Lan", "Tổ 4", 2026, 7, "12/QĐ-UBND", SIGNED_ON, "Khai sai.")
    assert said(revocation(asked))[:2] == own
    assert said(revocation(replace(asked, words=WORDS)))[0] == usual[0]


def test_the_minutes_of_a_meeting() -> None:
    made = minutes_paper(Meeting(), WORDS)
    read = words_of(paper.write(made, "pdf"))
    for words in (
        *("BIÊN BẢN", "ngày 09 tháng 01 năm 2026", "có mặt 41/56 người", "tán thành 2 hồ sơ, chưa tán thành 1 hồ sơ"),
        *("Tán thành: Công dân học tập (1 người)", "Chưa có minh chứng.", "THƯ KÝ", "CHỦ TRÌ", "Võ Mẫu Ghi"),
    ):
        assert words in read, words
    assert "quá nửa" not in read  # our own provisional rule is no word of the paper
    assert len(paper.write(made, "docx")) > 10_000


def test_the_list_for_excel() -> None:
    rows = [line("Trần Thị Mẫu Lan", receipt="19996-26-00001"), line("=1+1", bar=Bar.LOOK)]
    book = openpyxl.load_workbook(io.BytesIO(lists.xlsx(source(*rows, signed=False))))
    cells = list(book["Danh sách"].iter_rows(values_only=True))
    assert cells[0][2:4] == ("Họ và tên", "Năm sinh")
    assert cells[1] == (1, "Công dân học tập", "Trần Thị Mẫu Lan", 1962, "Tổ 4", 86, 2026, "19996-26-00001", "") or (
        cells[1][:8] == (1, "Công dân học tập", "Trần Thị Mẫu Lan", 1962, "Tổ 4", 86, 2026, "19996-26-00001")
    )
    assert (cells[2][2], cells[2][8]) == ("=1+1", "Chờ người thứ hai xem lại")
    decided = [line("Trần Thị Mẫu Lan", register_number=7, public_code="ABCDE23456")]
    cells = list(openpyxl.load_workbook(io.BytesIO(lists.xlsx(source(*decided))))["Danh sách"].values)
    assert cells[1][7:] == (7, "ABCDE-23456")
