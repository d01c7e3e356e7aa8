"""Pages for everybody say the marks, the floor and the indicators of the criteria set, and what is provisional."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browser import Browser
from flask import Flask

import xhht_citizen
from xhht_citizen.criteria import catalogue
from xhht_citizen.people.rules import Group

CRITERIA = catalogue.get(Group.RESIDENTS.criteria_set)
TEMPLATES = Path(xhht_citizen.__path__[0]) / "web" / "templates"


def words(app: Flask, path: str) -> str:
    page = Browser(app).get(path)
    assert page.status == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_help_speaks_of_the_set_in_force(app: Flask) -> None:
    said = words(app, "/tro-giup")
    assert [line.code for line in CRITERIA.lines if f"{line.code} {line.text}" not in said] == []
    assert [one.code for one in CRITERIA.competencies if f"{one.code}. {one.title}" not in said] == []
    for mark in CRITERIA.marks:
        assert f"tổng từ {mark.at_least} điểm trở lên" in said.lower()
        # What is not confirmed says so, with what was seen where; what is confirmed does not.
        assert (f"Mức {mark.at_least} điểm là quy tắc tạm" in said) is not mark.confirmed
        assert mark.confirmed or all(str(cite.note) in said for cite in mark.cites)
    assert f"Không chỉ số nào dưới {CRITERIA.floor.at_least} điểm" in said  # type: ignore[union-attr]
    assert all(cite.document in said for cite in CRITERIA.cites)


def test_the_front_door_says_the_mark_and_the_floor(app: Flask) -> None:
    mark, floor = CRITERIA.marks[0].at_least, CRITERIA.floor.at_least  # type: ignore[union-attr]
    assert f"Đạt từ {mark} điểm, không chỉ số nào dưới {floor}" in words(app, "/")


@pytest.mark.parametrize("name", ["public/help.html", "public/landing.html", "macros/ui.html", "score/words.html"])
def test_no_template_writes_a_mark_itself(name: str) -> None:
    text = (TEMPLATES / name).read_text("utf-8")
    assert re.findall(r"\b(?:từ|dưới|mức|mark ?=) ?\d+(?: điểm)?", text, re.IGNORECASE) == []
