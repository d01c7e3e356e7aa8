"""Papers read back by programs of others: poppler for PDF, LibreOffice for Word.

    words_of(pdf) -> its text on one line; pages_of(pdf) -> a list of them
    pictures_of(pdf, folder, dpi=110) -> a picture of every page, as PIL images
    converted(docx, folder) -> the PDF LibreOffice makes of it

Where the program is missing the test is skipped and says so; with XHHT_REQUIRE_BROWSER=1 it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image


def need(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        words = f"no {program} to read papers with (Debian: libreoffice-writer-nogui poppler-utils)"
        if os.environ.get("XHHT_REQUIRE_BROWSER") == "1":
            pytest.fail(words)
        pytest.skip(words)
    return found


def pages_of(pdf: bytes) -> list[str]:
    done = subprocess.run([need("pdftotext"), "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode().removesuffix("\f").split("\f")


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages_of(pdf)).split())


def pictures_of(pdf: bytes, folder: Path, dpi: int = 110) -> list[Image.Image]:
    (folder / "paper.pdf").write_bytes(pdf)
    command = [need("pdftoppm"), "-r", str(dpi), "-gray", str(folder / "paper.pdf"), str(folder / "page")]
    subprocess.run(command, check=True)
    return [Image.open(path) for path in sorted(folder.glob("page-*.pgm"))]


def converted(docx: bytes, folder: Path) -> bytes:
    (folder / "paper.docx").write_bytes(docx)
    home = f"-env:UserInstallation=file://{folder / 'office'}"
    command = [need("soffice"), home, "--headless", "--convert-to", "pdf", "--outdir", str(folder), "paper.docx"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=240)
    return (folder / "paper.pdf").read_bytes()
