"""Every word on a screen can be translated, and the English catalogue has them all."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).parent.parent / "xhht_citizen"
ENGLISH = PACKAGE.parent / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
MARKS = {*KEYWORDS, "say"}
VIETNAMESE = re.compile("[ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE)
PLACE = re.compile(r"%\((\w+)\)[a-z]")
METHODS = [("web/templates/**.html", "jinja2"), ("**.py", "python")]
TEMPLATES = sorted((PACKAGE / "web" / "templates").rglob("*.html"))
# Said in Vietnamese whoever reads: a language's and a browser's own name, the words of a state paper, a unit as typed.
STAYS = ("Tiếng Việt", "Cốc Cốc", "CỘNG HÒA XÃ HỘI CHỦ", "GIẤY CÔNG NHẬN", "giờ")


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


@pytest.mark.xfail(not ENGLISH.exists(), reason="the English catalogue is not written yet", strict=True)
def test_english_is_complete() -> None:
    done = {str(entry.id): entry for entry in english() if entry.id}
    assert sorted(set(messages()) - set(done)) == []
    assert sorted(set(done) - set(messages())) == []
    assert [text for text, entry in done.items() if not entry.string or entry.fuzzy] == []
    assert list(english().obsolete) == []


@pytest.mark.xfail(not ENGLISH.exists(), reason="the English catalogue is not written yet", strict=True)
def test_english_keeps_the_values_and_is_english() -> None:
    for entry in english():
        if entry.id:
            source, target = str(entry.id), str(entry.string)
            assert sorted(PLACE.findall(source)) == sorted(PLACE.findall(target)), source
            assert source.startswith(" ") == target.startswith(" "), source
            assert source.endswith(("\n", " ")) == target.endswith(("\n", " ")), source
            assert "%%" in target or ("%%" in source) is False, source
