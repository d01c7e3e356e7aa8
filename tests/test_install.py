"""The wheel carries everything: unpacked alone into an empty folder it makes its tables and shows its pages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("demo")
ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def alone(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the unpacked wheel before everything else, in another folder."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("XHHT_")}
    env |= {"PYTHONPATH": str(installed), "XHHT_DATA_DIR": str(folder / "data"), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_wheel_holds_what_the_checkout_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "xhht_citizen").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    carried = {
        path.relative_to(ROOT).as_posix().replace(f"{name}/", f"xhht_citizen/_{name}/", 1)
        for name in ("migrations", "translations")
        for path in (ROOT / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in held if ".dist-info/" not in name}
    assert held == package | carried
    assert any(name.startswith("xhht_citizen/_migrations/versions/") for name in held)
    assert "xhht_citizen/_translations/en/LC_MESSAGES/messages.mo" in held


def test_it_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    where = alone(installed, tmp_path, "-c", "import xhht_citizen; print(xhht_citizen.__file__)")
    assert where.stdout.strip() == str(installed / "xhht_citizen" / "__init__.py")
    for arguments in (("db", "upgrade"), ("places", "load"), ("criteria", "check"), ("audit", "verify")):
        done = alone(installed, tmp_path, "-m", "xhht_citizen.cli", *arguments)
        assert done.returncode == 0, done.stderr
    page = (
        "from xhht_citizen.app import create_app; from xhht_citizen.config import *;"
        "from pathlib import Path; import sys;"
        "folder = Path(sys.argv[1]);"
        "app = create_app(Settings(folder, sqlite_url(folder), 'k' * 40));"
        "client = app.test_client();"
        "print(client.get('/').status_code)"
    )
    done = alone(installed, tmp_path, "-c", page, str(tmp_path / "data"))
    assert done.stdout.strip() == "200", done.stderr
