"""The floors of the house hold: who may import whom, how long a module is, what it is called."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "xhht_citizen"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "_migrations" not in path.parts)
FLOORS = {"rules": 0, "models": 1, "queries": 2, "actions": 3}
# Domain modules with a name of their own, and the floor they stand on.
NAMED = {
    "access/standing_in.py": "rules",
    "people/sessions.py": "actions",
    "people/households.py": "actions",
    "people/arriving.py": "actions",
    "people/proving.py": "actions",
    "phones/drafting.py": "actions",
    "groups/belonging.py": "actions",
    "groups/mandates.py": "actions",
    "groups/requests.py": "actions",
    "groups/members.py": "queries",
    "helping/acting.py": "actions",
    "helping/asking.py": "actions",
    "evidence/references.py": "rules",
    "helping/named.py": "queries",
    "applications/effects.py": "actions",
    "applications/assigning.py": "actions",
    "applications/bench.py": "queries",
    "applications/bringing.py": "actions",
    "applications/bulk.py": "actions",
    "applications/clean.py": "rules",
    "applications/doubting.py": "rules",
    "applications/doubts.py": "queries",
    "applications/drawing.py": "actions",
    "applications/looks.py": "queries",
    "applications/sampling.py": "rules",
    "applications/shared.py": "queries",
    "applications/second_looks.py": "actions",
    "applications/persons.py": "actions",
    "applications/snapshots.py": "actions",
    "applications/returning.py": "rules",
    "applications/telling.py": "actions",
    "applications/households.py": "actions",
    "applications/belonging.py": "actions",
    "applications/groups.py": "actions",
    "applications/group_effects.py": "actions",
    "applications/subjects.py": "queries",
    "applications/measuring.py": "queries",
    "applications/many.py": "actions",
    "batches/signing.py": "actions",
    "batches/letterheads.py": "queries",
    "applications/granting.py": "actions",
    "applications/queues.py": "queries",
    "applications/registers.py": "queries",
    "applications/readiness.py": "queries",
    "applications/registering.py": "actions",
    "applications/rolls.py": "queries",
    "applications/twins.py": "actions",
    "applications/claiming.py": "actions",
    "helping/codes.py": "rules",
    "helping/slips.py": "actions",
    "helping/pins.py": "actions",
    "groups/handing.py": "actions",
    "groups/history.py": "queries",
    "ratios/areas.py": "queries",
    "ratios/counting.py": "queries",
    "ratios/declaring.py": "actions",
    "ratios/targets.py": "rules",
    "jobs/workshop.py": "actions",
    "notices/outbox.py": "actions",
    "notices/channels.py": "actions",
    "notices/posting.py": "actions",
    "notices/devices.py": "actions",
    "notices/keys.py": "actions",
    "notices/webpush.py": "actions",
    "activities/names.py": "rules",
    "activities/making.py": "actions",
    "applications/sheets.py": "actions",
    "applications/sheet_rolls.py": "queries",
    "evidence/bringing.py": "actions",
    "evidence/files.py": "actions",
    "evidence/pdf.py": "actions",
    "criteria/catalogue.py": "rules",
    "criteria/shapes.py": "rules",
    "criteria/facts.py": "rules",
    "ratios/facts.py": "queries",
    "roster/letters.py": "rules",
    "roster/faults.py": "rules",
    "roster/columns.py": "rules",
    "roster/plan.py": "rules",
    "roster/records.py": "queries",
    "roster/matching.py": "queries",
    "roster/sheet.py": "actions",
    "roster/reading.py": "actions",
    "roster/writing.py": "actions",
    "roster/taking.py": "actions",
    "roster/undoing.py": "actions",
    "roster/importing.py": "actions",
}
DOMAINS = [
    *("jobs", "places", "people", "groups", "helping", "access", "criteria", "notices", "evidence", "titles"),
    *("activities", "ratios", "applications", "roster", "meetings", "batches"),
]
BESIDE_THE_FLOORS = {"xhht_citizen", "xhht_citizen.errors", "xhht_citizen.vietnamese", "xhht_citizen.config"}
TABLES = BESIDE_THE_FLOORS | {"xhht_citizen.clock", "xhht_citizen.database", "xhht_citizen.audit"}
KNOW_FLASK = {"app.py", "cli.py", "server.py"}


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, also inside functions; `from a import b` is a.b where that is a module."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: a relative import"
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                place = PACKAGE.parent / inner.replace(".", "/")
                yield inner if place.is_dir() or place.with_suffix(".py").exists() else str(node.module)


def floor(path: Path) -> int | None:
    return FLOORS.get(NAMED.get(name(path), path.stem))


def domain_modules() -> list[Path]:
    return [path for path in MODULES if path.parent.name in DOMAINS and path.stem != "__init__"]


@pytest.mark.parametrize("path", domain_modules(), ids=name)
def test_a_floor_stands_on_the_floors_below(path: Path) -> None:
    own = floor(path)
    assert own is not None, f"{name(path)} stands on no floor: name it after one or declare it in NAMED"
    for module in imports(path):
        if module.startswith("xhht_citizen."):
            below = floor(PACKAGE.parent / f"{module.replace('.', '/')}.py")
            allowed = module in (TABLES if own else BESIDE_THE_FLOORS) if below is None else below <= own
            assert allowed, f"{name(path)} imports {module}"
        elif own == 0:
            assert module.split(".")[0] in sys.stdlib_module_names, f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name in {"web", "exports"}], ids=name)
def test_screens_and_exports_know_no_tables(path: Path) -> None:
    text = path.read_text("utf-8")
    for module in imports(path):
        if module == "sqlalchemy.orm" and re.search(r"^from sqlalchemy.orm import Session$", text, re.MULTILINE):
            continue  # the name of a type
        assert module.split(".")[0] != "sqlalchemy", f"{name(path)} imports {module}"
        assert not module.endswith(".models"), f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", [p for p in MODULES if p.parent.name != "web" and name(p) not in KNOW_FLASK], ids=name)
def test_only_the_web_knows_flask(path: Path) -> None:
    for module in imports(path):
        assert not module.startswith(("flask", "werkzeug", "wtforms", "jinja2")), f"{name(path)} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_modules_are_short_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "misc"}
    assert ast.get_docstring(ast.parse(text)), "what does it do?"


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_domain_says_what_it_answers(domain: str) -> None:
    said = ast.get_docstring(ast.parse((PACKAGE / domain / "__init__.py").read_text("utf-8"))) or ""
    assert 3 <= len(said.splitlines()) <= 6
    assert "table" in said.lower()


def test_what_is_imported_is_asked_for_by_name() -> None:
    """An installation has what pyproject.toml names; the libraries of a framework come with it."""
    asked = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = {re.split(r"[\[<>=]", one)[0].replace("-", "_") for one in asked}
    brought = packages_distributions()
    found = {imported.split(".")[0] for path in PACKAGE.rglob("*.py") for imported in imports(path)}
    foreign = found - set(sys.stdlib_module_names) - {PACKAGE.name}
    bare = {one for one in foreign if not named & {of.lower().replace("-", "_") for of in brought.get(one, [])}}
    assert bare == {"docx", "markupsafe", "werkzeug", "wtforms"}  # of docxtpl, Flask and Flask-WTF


def test_layers_of_the_import_contract_hold() -> None:
    run = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    answer = subprocess.run(
        [sys.executable, "-c", run], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout[-2000:]


@pytest.mark.parametrize("process", ["app", "worker"])
def test_every_process_knows_all_tables(process: str) -> None:
    """A foreign key to a table nobody imported fails at the first row that is written."""
    run = (
        f"import xhht_citizen.{process}; from xhht_citizen.database import Base; "
        "[key.column for table in Base.metadata.tables.values() for key in table.foreign_keys]"
    )
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-300:]
