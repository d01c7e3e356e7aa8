"""Papers as whoever holds them sees them: the PDF drawn at 150 dpi and its QR codes scanned, its text by another tool.

scanned(pdf) -> what every QR code on it says, page by page, from the top left on
text_of(pdf) -> its text, as pdftotext reads it
Both skip where poppler's tools are missing, unless XHHT_REQUIRE_BROWSER=1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

DPI = 150


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
            raise FileNotFoundError(name)
        pytest.skip(f"no {name} to read a PDF with (poppler-utils)")
    return found


def scanned(pdf: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "paper.pdf")
        path.write_bytes(pdf)
        run = [_tool("pdftoppm"), "-r", str(DPI), "-gray", "-png", str(path), str(path.with_name("page"))]
        subprocess.run(run, check=True, capture_output=True)
        said = []
        for page in sorted(path.parent.glob("page*.png")):
            with Image.open(page) as picture:
                codes = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
            codes = sorted(codes, key=lambda one: (one.position.top_left.y // 50, one.position.top_left.x))
            said += [one.text for one in codes]
        return said


def text_of(pdf: bytes) -> str:
    run = [_tool("pdftotext"), "-enc", "UTF-8", "-", "-"]
    return subprocess.run(run, input=pdf, check=True, capture_output=True).stdout.decode()
