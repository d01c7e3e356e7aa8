"""A paper as .docx, which offices edit: a template laid out by NĐ 30/2020/NĐ-CP, made here and filled by docxtpl.

The template is built by code, so that its every measure can be read and reviewed; nothing in a name becomes markup.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

FACE = "Times New Roman"
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 30, 18, 20, 20
INDENT_MM = 12.7
HEAD_MM = (68, 94)  # the two columns of the paper's head
# The kinds of tables a list may have, by their number of columns: a template's table cannot grow columns.
COLUMNS = (3, 4, 5, 6)


def fill(data: Mapping[str, Any]) -> bytes:
    """The .docx of a paper's data (`paper.Paper.data`)."""
    from docxtpl import DocxTemplate

    document = DocxTemplate(io.BytesIO(template()))
    document.render(dict(data), autoescape=True)
    out = io.BytesIO()
    document.save(out)
    parts = (data.get("annex") or {}).get("parts", ())
    return _with_widths(out, parts) if parts else out.getvalue()


def _with_widths(filled: io.BytesIO, parts: Sequence[Mapping[str, Any]]) -> bytes:
    """Each list's columns as wide as its data says, and centred or not.

    The paper is read anew: elements docxtpl has put in are of lxml's own class as long as somebody holds them, and have
    no tables then.
    """
    from docx import Document
    from docx.oxml.ns import qn
    from docx.shared import Mm

    document = Document(filled)
    lists = [table for table in document.tables if table.style is not None and table.style.name == "Table Grid"]
    for table, part in zip(lists, parts, strict=True):
        grid = table._tbl.tblGrid.gridCol_lst
        for number, column in enumerate(part["columns"]):
            grid[number].w = Mm(column["width"])
        for number, row in enumerate(table._tbl.tr_lst):
            for cell, column in zip(row.tc_lst, part["columns"], strict=True):
                cell.width = Mm(column["width"])
                if number and not column["centred"]:
                    for mark in cell.iter(qn("w:jc")):
                        mark.getparent().remove(mark)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@cache
def template() -> bytes:
    """The template's .docx, made once a process."""
    return Builder().build()


class Builder:
    """Writes the template from top to bottom."""

    def __init__(self) -> None:
        from docx import Document
        from docx.shared import Mm, Pt

        self.document = Document()
        self.mm, self.pt = Mm, Pt
        normal = self.document.styles["Normal"]
        self._face(normal)
        normal.font.size = Pt(14)
        normal.paragraph_format.space_after = Pt(0)
        self._page(self.document.sections[0])

    def build(self) -> bytes:
        """Head, body, signatures, and the annex in a section of its own."""
        self._head()
        self._body()
        self._foot()
        self._annex()
        out = io.BytesIO()
        self.document.core_properties.author = ""
        self.document.core_properties.comments = ""
        self.document.save(out)
        return out.getvalue()

    def _face(self, style: Any) -> None:
        from docx.oxml.ns import qn

        style.font.name = FACE
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for part in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
            fonts.set(qn(part), FACE)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)

    def _page(self, section: Any) -> None:
        """A4, the margins, the page number in the middle of the header of every page but the first."""
        section.page_width, section.page_height = self.mm(210), self.mm(297)
        section.left_margin, section.right_margin = self.mm(LEFT_MM), self.mm(RIGHT_MM)
        section.top_margin, section.bottom_margin = self.mm(TOP_MM), self.mm(BOTTOM_MM)
        section.header_distance = self.mm(10)
        section.different_first_page_header_footer = True
        begins = self._element("w:pgNumType", **{"w:start": "1"})
        section._sectPr.append(begins)
        section._sectPr.remove(begins)
        section._sectPr.insert_element_before(begins, "w:cols", "w:titlePg", "w:docGrid")

    def _number(self, section: Any) -> None:
        paragraph = section.header.paragraphs[0]
        self._centre(paragraph)
        run = paragraph.add_run()
        run.font.size = self.pt(13)
        for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
            if kind is not None:
                run._r.append(self._element("w:fldChar", **{"w:fldCharType": kind}))
            else:
                code = self._element("w:instrText")
                code.text = text
                run._r.append(code)

    def _element(self, tag: str, **attributes: str) -> Any:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        made = OxmlElement(tag)
        for name, value in attributes.items():
            made.set(qn(name), value)
        return made

    def _centre(self, paragraph: Any) -> Any:
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return paragraph

    def _write(self, paragraph: Any, text: str, size: float, *, bold: bool = False, italic: bool = False) -> Any:
        run = paragraph.add_run(text)
        run.font.size, run.bold, run.italic = self.pt(size), bold or None, italic or None
        return paragraph

    def _tag(self, text: str, where: Any = None) -> None:
        """A line that steers the filling and leaves nothing behind."""
        (where or self.document).add_paragraph(text)

    def _rule(self, where: Any, indent_mm: float) -> None:
        """A thin line below words: a tiny paragraph with a border, so much narrower on both sides."""
        paragraph = where.add_paragraph()
        form = paragraph.paragraph_format
        form.left_indent = form.right_indent = self.mm(indent_mm)
        form.line_spacing = self.pt(3)
        borders = self._element("w:pBdr")
        borders.append(self._element("w:top", **{"w:val": "single", "w:sz": "6", "w:space": "1", "w:color": "000000"}))
        properties = paragraph._p.get_or_add_pPr()
        properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")

    def _grid(self, widths: tuple[float, ...]) -> Any:
        """A table without lines, for things that stand beside each other."""
        table = self.document.add_table(rows=1, cols=len(widths))
        table.autofit = False
        for cell, width in zip(table.rows[0].cells, widths, strict=True):
            cell.width = self.mm(width)
        for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
            column.w = self.mm(width)
        return table

    def _first(self, cell: Any) -> Any:
        return self._centre(cell.paragraphs[0])

    def _head(self) -> None:
        self._number(self.document.sections[0])
        table = self._grid(HEAD_MM)
        left, right = table.rows[0].cells
        left.paragraphs[0].text = "{%p if above %}"
        self._write(self._centre(left.add_paragraph()), "{{ above|upper }}", 12)
        self._tag("{%p endif %}", left)
        self._tag("{%p for line in body %}", left)
        self._write(self._centre(left.add_paragraph()), "{{ line|upper }}", 12, bold=True)
        self._tag("{%p endfor %}", left)
        self._rule(left, 22)
        self._write(self._first(right), "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 12, bold=True)
        self._write(self._centre(right.add_paragraph()), "Độc lập - Tự do - Hạnh phúc", 13, bold=True)
        self._rule(right, 17)
        row = self._grid(HEAD_MM).rows[0]
        self._write(self._first(row.cells[0]), "{{ number }}", 13)
        self._write(self._first(row.cells[1]), "{{ place_day }}", 13.5, italic=True)

    def _spaced(self, paragraph: Any, before: float, after: float = 0) -> Any:
        paragraph.paragraph_format.space_before = self.pt(before)
        paragraph.paragraph_format.space_after = self.pt(after)
        return paragraph

    def _body(self) -> None:
        add = self.document.add_paragraph
        self._write(self._spaced(self._centre(add()), 14), "{{ kind }}", 14, bold=True)
        self._tag("{%p if subject %}")
        about = self._write(self._centre(add()), "{{ subject }}", 14, bold=True)
        about.paragraph_format.left_indent = about.paragraph_format.right_indent = self.mm(13)
        self._rule(self.document, 56)
        self._tag("{%p endif %}")
        for name, text, bold in (
            ("authority", "{{ authority }}", True),
            ("addressed_to", "Kính gửi: {{ addressed_to }}", False),
        ):
            self._tag(f"{{%p if {name} %}}")
            self._write(self._spaced(self._centre(add()), 8, 4), text, 14, bold=bold)
            self._tag("{%p endif %}")
        self._tag("{%p for para in paras %}")
        self._tag("{%p if para.kind == 'verb' %}")
        self._write(self._spaced(self._centre(add()), 6, 6), "{{ para.text }}", 14, bold=True)
        self._tag("{%p elif para.kind == 'ground' %}")
        self._write(self._running(add()), "{{ para.text }}", 14, italic=True)
        self._tag("{%p elif para.kind == 'item' %}")
        item = self._running(add())
        item.paragraph_format.first_line_indent = self.mm(0)
        item.paragraph_format.left_indent = self.mm(INDENT_MM)
        self._led(item)
        self._tag("{%p else %}")
        self._led(self._running(add()))
        self._tag("{%p endif %}")
        self._tag("{%p endfor %}")

    def _running(self, paragraph: Any) -> Any:
        """A paragraph of the text: justified, its first line set in."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = self.mm(INDENT_MM)
        paragraph.paragraph_format.line_spacing = 1.1
        return self._spaced(paragraph, 3, 3)

    def _led(self, paragraph: Any) -> None:
        self._write(paragraph, "{% if para.lead %}{{ para.lead }} {% endif %}", 14, bold=True)
        self._write(paragraph, "{{ para.text }}", 14)

    def _signs(self, cell: Any, who: str) -> None:
        self._tag(f"{{%p for line in {who}.lines %}}", cell)
        self._write(self._centre(cell.add_paragraph()), "{{ line }}", 14, bold=True)
        self._tag("{%p endfor %}", cell)
        for _ in range(4):
            self._write(self._centre(cell.add_paragraph()), " ", 14)
        self._write(self._centre(cell.add_paragraph()), f"{{{{ {who}.name }}}}", 14, bold=True)

    def _foot(self) -> None:
        self._spaced(self.document.add_paragraph(), 0)
        left, right = self._grid((81, 81)).rows[0].cells
        left._tc.getparent().get_or_add_trPr().append(self._element("w:cantSplit"))
        left.paragraphs[0].text = "{%p if signs_left %}"
        self._signs(left, "signs_left")
        self._tag("{%p endif %}", left)
        self._tag("{%p if recipients %}", left)
        self._write(left.add_paragraph(), "Nơi nhận:", 12, bold=True, italic=True)
        self._tag("{%p endif %}", left)
        self._tag("{%p for one in recipients %}", left)
        self._write(left.add_paragraph(), "- {{ one }}", 11)
        self._tag("{%p endfor %}", left)
        left.add_paragraph()  # a cell ends with a paragraph, whatever is left out above it
        right.paragraphs[0].text = "{%p if signs %}"
        self._signs(right, "signs")
        self._tag("{%p endif %}", right)
        right.add_paragraph()

    def _annex(self) -> None:
        from docx.enum.section import WD_SECTION

        self._tag("{%p if annex %}")
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.different_first_page_header_footer = True
        add = self.document.add_paragraph
        self._write(self._centre(add()), "{{ annex.title }}", 14, bold=True)
        self._write(self._centre(add()), "{{ annex.about }}", 14, bold=True)
        self._write(self._spaced(self._centre(add()), 0, 6), "{{ annex.note }}", 14, italic=True)
        self._tag("{%p for part in annex.parts %}")
        self._tag("{%p if part.heading %}")
        heading = self._write(self._spaced(add(), 8, 4), "{{ part.heading }}", 13, bold=True)
        heading.paragraph_format.keep_with_next = True
        self._tag("{%p endif %}")
        for count in COLUMNS:
            self._tag(f"{{%p if part.columns|length == {count} %}}")
            self._list(count)
            self._tag("{%p endif %}")
        self._tag("{%p endfor %}")
        self._tag("{%p endif %}")

    def _list(self, count: int) -> None:
        """A table of so many columns; its head is repeated on every page."""
        table = self.document.add_table(rows=4, cols=count, style="Table Grid")
        table.autofit = False
        head, begin, row, end = table.rows
        head._tr.get_or_add_trPr().append(self._element("w:tblHeader"))
        begin.cells[0].text = "{%tr for row in part.rows %}"
        end.cells[0].text = "{%tr endfor %}"
        for number in range(count):
            self._write(self._first(head.cells[number]), f"{{{{ part.columns[{number}].head }}}}", 12, bold=True)
            paragraph = row.cells[number].paragraphs[0]
            self._write(paragraph, f"{{{{ row[{number}] }}}}", 12)
            self._spaced(self._centre(paragraph), 2, 2)  # undone where the data says so
