"""Every page that shows somebody else's record has words for who reads who looked."""

from __future__ import annotations

import ast
from pathlib import Path

import xhht_citizen.web
from xhht_citizen.web.looks import SCREENS


def test_every_page_that_is_looked_at_has_its_words() -> None:
    """The third word of each `looked_at` in web/; where it is a parameter, what its callers hand on."""
    named: set[str] = set()
    for path in Path(xhht_citizen.web.__path__[0]).glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        calls = [(node, _called(node)) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        handed = {"looked_at", "note_look", "_note_look", "seen_by_others", "find", "name_head", "_taken_by_helper"}
        named |= {
            one.value
            for node, name in calls
            if name in handed
            for one in node.args
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        }
        for definition in ast.walk(tree):
            if isinstance(definition, ast.FunctionDef) and definition.name not in handed:
                for node in ast.walk(definition):
                    if isinstance(node, ast.Call) and _called(node) == "looked_at":
                        assert isinstance(node.args[2], ast.Constant), f"{path.name}: {definition.name}"
    assert "review.group" in named
    # The others: an older page that looks were noted of, and the job that prints slips.
    assert named - {""} == set(SCREENS) - {"application.status", "slips.printed"}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
