"""Every word on a screen can be translated, and the English catalogue has them all.

After changing words: `.venv/bin/python tests/test_translations.py` brings the catalogue up to date and names what wants
English; write it in `translations/en/LC_MESSAGES/messages.po`, run the command again, and commit both files
(an installed wheel has no build step, so the compiled one is kept too).
"""

from __future__ import annotations

import ast
import io
import re
import tempfile
from collections import defaultdict
from contextlib import chdir
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parent.parent / "xhht_citizen"
ENGLISH = PACKAGE.parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
MARKS = {*KEYWORDS, "say"}
VIETNAMESE = re.compile("[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE)
PLACE = re.compile(r"%\((\w+)\)[a-z]")
MARKUP = re.compile(r"<[^>]*>|&\w+;")
METHODS = [("web/templates/**.html", "jinja2"), ("**.py", "python")]
TEMPLATES = sorted((PACKAGE / "web" / "templates").rglob("*.html"))
# Said in Vietnamese whoever reads: a language's and a browser's own name, the words of a state paper, a unit as typed.
STAYS = ("Tiếng Việt", "Cốc Cốc", "CỘNG HÒA XÃ HỘI CHỦ", "<i>Nơi nhận:</i>", "giờ")


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@cache
def messages() -> dict[str, set[str]]:
    """Every message of the package -> the files it stands in."""
    found: dict[str, set[str]] = defaultdict(set)
    for file, _, message, _, _ in extract_from_dir(PACKAGE, METHODS, keywords=KEYWORDS):  # type: ignore[arg-type]
        for text in message if isinstance(message, tuple) else (message,):
            found[text].add(file)
    return found


@cache
def english() -> Catalog:
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_no_word_of_a_template_stands_outside_gettext(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    outside = [line.strip() for line in text.splitlines() if VIETNAMESE.search(line)]
    assert [line for line in outside if not any(word in line for word in STAYS)] == []


@pytest.mark.parametrize("path", sorted((PACKAGE / "web").glob("*.py")), ids=name)
def test_no_word_of_a_view_stands_outside_gettext(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    said = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS
        for part in ast.walk(node)
    }
    documented = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    bare = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and VIETNAMESE.search(node.value)
        if node not in said and node not in documented and node.value not in STAYS
    ]
    assert bare == []


@pytest.mark.parametrize(
    "path", [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent.name != "cli"], ids=name
)
def test_what_is_marked_can_be_found(path: Path) -> None:
    """A message put together at run time is in no catalogue; an error's sentence is marked where it is raised."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS and node.args:
            first = node.args[0]
            assert not isinstance(first, ast.JoinedStr | ast.BinOp), f"{name(path)}:{node.lineno}"
            if isinstance(first, ast.Constant) and first.value:  # one mark inside another is not seen
                assert first.value in messages(), f"{name(path)}:{node.lineno} {first.value}"
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            first = node.exc.args[0]
            bare = isinstance(first, ast.Constant) and VIETNAMESE.search(str(first.value))
            assert not bare, f"{name(path)}:{node.lineno} raises a sentence without N_"


def test_percent_signs_of_templates_are_formatted_and_doubled() -> None:
    """Jinja formats every message: a lone % breaks the page."""
    for text, files in messages().items():
        if any(file.endswith(".html") for file in files):
            assert text % defaultdict(str), text


def test_values_have_names() -> None:
    assert [text for text in messages() if re.search(r"%[sd]|\{\w*\}", text)] == []


def entries() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Each message of the catalogue with its English; one of each, or as many as there are plural forms."""
    found = []
    for entry in english():
        if entry.id:
            one = (entry.id, entry.string)
            found.append(one if isinstance(entry.id, tuple) else ((entry.id,), (entry.string,)))
    return found  # type: ignore[return-value]


def test_english_is_complete() -> None:
    known = {text for source, _ in entries() for text in source}
    assert sorted(set(messages()) - known) == []
    assert sorted(known - set(messages())) == []
    assert [source for source, target in entries() if not all(text.strip() for text in target)] == []
    assert [entry.id for entry in english() if entry.id and entry.fuzzy] == []
    assert list(english().obsolete) == []


def test_english_keeps_the_values_and_is_english() -> None:
    for sources, targets in entries():
        assert len(sources) == len(targets), sources
        for source, target in zip(sources, targets, strict=True):
            assert sorted(PLACE.findall(source)) == sorted(PLACE.findall(target)), source
            assert source.count("%%") == target.count("%%"), source
            assert sorted(MARKUP.findall(source)) == sorted(MARKUP.findall(target)), source
            assert (source.startswith(" "), source.endswith((" ", "\n"))) == (
                target.startswith(" "),
                target.endswith((" ", "\n")),
            ), source
            assert "ông/bà" not in target, source


def test_the_compiled_catalogue_is_the_written_one() -> None:
    compiled = io.BytesIO()
    write_mo(compiled, english())
    assert ENGLISH.with_suffix(".mo").read_bytes() == compiled.getvalue()


def refresh() -> None:
    """Bring messages.po up to date with the code, compile it, and name what wants English."""
    with tempfile.TemporaryDirectory() as folder, chdir(PACKAGE.parent):
        found, written, compiled = f"{folder}/messages.pot", str(ENGLISH), str(ENGLISH.with_suffix(".mo"))
        keep = ["--no-fuzzy-matching", "--ignore-obsolete", "--ignore-pot-creation-date"]
        for command in (
            ["extract", "-F", "pyproject.toml", "-k", "N_", "-k", "_l", "--add-location", "file", "-o", found, "."],
            ["update", "-i", found, "-o", written, "-l", "en", *keep],
            ["compile", "-i", written, "-o", compiled],
        ):
            CommandLineInterface().run(["pybabel", "-q", *command])
    for sources, targets in entries():
        if not all(targets):
            print("wants English:", sources[0])


if __name__ == "__main__":
    refresh()
