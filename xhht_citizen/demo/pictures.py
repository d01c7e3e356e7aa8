"""Small pictures that look like papers without being any: lines instead of words, marked as examples."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from xhht_citizen.evidence.files import CleanFile, clean

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

INKS = ("#7a3b2e", "#2e5d7a", "#2f6b4f", "#6b4a86")


class Papers:
    """The pictures and the PDF there are, and what of them is kept under which key of the file store."""

    def __init__(self) -> None:
        self.pictures = pictures()
        self.document = document()
        self.kept: list[tuple[str, bytes]] = []


def pictures() -> list[CleanFile]:
    """A paper in each ink, as photographed, made harmless as any upload is."""
    return [clean(_bytes(_paper(ink), "JPEG"), "giay-chung-nhan.jpg") for ink in INKS]


def document() -> CleanFile:
    """One PDF of two pages."""
    first, second = _paper(INKS[1]), _paper(INKS[2])
    buffer = io.BytesIO()
    first.save(buffer, "PDF", save_all=True, append_images=[second], resolution=100)
    return clean(buffer.getvalue(), "giay-chung-nhan.pdf")


def _bytes(picture: Picture, kind: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, quality=70)
    return buffer.getvalue()


def _paper(ink: str) -> Picture:
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (880, 620), "#d9d2c3")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, 856, 596), fill="#fffdf6", outline="#c9bfa8", width=2)
    draw.rectangle((44, 44, 836, 576), outline=ink, width=4)
    draw.rectangle((54, 54, 826, 566), outline=ink, width=1)
    draw.ellipse((404, 78, 476, 150), outline=ink, width=4)
    draw.regular_polygon((440, 114, 24), 5, rotation=0, fill=ink)
    draw.rounded_rectangle((250, 182, 630, 212), 6, fill=ink)
    for top, left, right in ((262, 150, 730), (300, 150, 690), (338, 150, 730), (376, 150, 560)):
        draw.rounded_rectangle((left, top, right, top + 12), 6, fill="#b9b1a0")
    draw.rounded_rectangle((560, 440, 740, 450), 5, fill="#b9b1a0")
    draw.line((580, 510, 610, 480, 630, 520, 660, 478, 690, 512, 720, 490), fill=ink, width=4, joint="curve")
    draw.text((130, 500), "DEMO", fill="#b9b1a0", font=ImageFont.load_default(44))
    return picture
