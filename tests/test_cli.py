"""The `xhht` command, run as a process: what it prints, what it refuses, with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from factories import PASSWORD, YEAR, give_account, make_application, make_resident, make_ward
from sqlalchemy import delete, func, select, text, update

from xhht_citizen import audit, schema, server
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.audit import AuditEntry, AuditHead
from xhht_citizen.config import Settings
from xhht_citizen.database import Database
from xhht_citizen.errors import Invalid
from xhht_citizen.people.models import Account, AccountSession
from xhht_citizen.people.sessions import sign_in
from xhht_citizen.places.actions import DEFAULT_LIST
from xhht_citizen.places.models import Commune, Province
from xhht_citizen.ratios.models import Tally

SET = "citizen-324-residents"
CODES = ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "3.1", "3.2")


def xhht(*arguments: str, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in an unfriendly locale."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XHHT_", "LC_", "LANG"))}
    env |= {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", **environment}
    command = [sys.executable, "-m", "xhht_citizen.cli", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=env, timeout=120, check=False)


def one_line(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a refusal says: exit code 2, nothing on standard output, one line on standard error."""
    text = done.stderr.decode()
    assert (done.returncode, done.stdout) == (2, b""), text
    assert text.startswith("xhht: ")
    assert text.count("\n") == 1
    return text


def scored(facts: object, set_id: str = SET) -> dict:
    done = xhht("criteria", "score", "--set", set_id, "--facts", "-", stdin=json.dumps(facts).encode())
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout.decode("utf-8"))


def test_help_is_quick_because_it_loads_nothing_heavy() -> None:
    code = "import sys, xhht_citizen.cli; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.decode().split()
    assert not {"sqlalchemy", "flask", "granian", "PIL", "alembic", "rich", "xlsxwriter"} & set(loaded)
    done = xhht("--help")
    assert done.returncode == 0
    assert "Công dân học tập" in done.stdout.decode("utf-8")


@pytest.mark.parametrize(
    ("points", "area", "total", "outcome"),
    [
        ([8] * 10, [], 80, "pass"),
        ([9] * 8 + [4, 10], [], 86, "fail"),
        ([8] * 9 + [5], [], 77, "fail"),
        ([8] * 9 + [7], ["disadvantaged"], 79, "pass"),
        ([7] * 9 + [6], ["disadvantaged"], 69, "fail"),
    ],
)
def test_score_of_a_citizen(points: list[int], area: list[str], total: int, outcome: str) -> None:
    score = scored({"points": dict(zip(CODES, points, strict=True)), "area": area})
    assert {key: score[key] for key in ("set", "total", "max", "passed", "outcome")} == {
        "set": SET,
        "total": total,
        "max": 100,
        "passed": outcome == "pass",
        "outcome": outcome,
    }
    assert [line["code"] for line in score["lines"]] == list(CODES)
    assert set(score["lines"][0]) == {"code", "points", "max", "status", "reason"}


def test_score_reads_a_file_and_counts_what_is_missing(tmp_path: Path) -> None:
    facts = tmp_path / "dữ kiện.json"
    facts.write_bytes(b"\xef\xbb\xbf{}")
    done = xhht("criteria", "score", "--set", "unit-22-2020", "--facts", str(facts))
    score = json.loads(done.stdout.decode("utf-8"))
    assert (score["total"], score["outcome"]) == (0, "khong-dat")
    assert {line["status"] for line in score["lines"]} == {"missing"}


@pytest.mark.parametrize(
    "facts",
    [
        b"not json",
        b"\xff\xfe",
        b"[]",
        b'{"points": {"9.9": 5}}',
        b'{"points": {"1.1": 11}}',
        b'{"points": {"1.1": -1}}',
        b'{"points": {"1.1": 5.5}}',
        b'{"points": {"1.1": 5, "1.1": 8}}',
        b'{"score": {}}',
    ],
)
def test_bad_facts_end_in_one_line(facts: bytes) -> None:
    one_line(xhht("criteria", "score", "--set", SET, "--facts", "-", stdin=facts))


def test_a_denominator_of_nothing_ends_in_one_line() -> None:
    from xhht_citizen.criteria import catalogue

    name = min(catalogue.get("agency-24-2023").ratios)
    facts = json.dumps({"ratios": {name: [1, 0]}}).encode()
    one_line(xhht("criteria", "score", "--set", "agency-24-2023", "--facts", "-", stdin=facts))


def test_an_unknown_set_or_file_ends_in_one_line(tmp_path: Path) -> None:
    assert "no-such-set" in one_line(xhht("criteria", "score", "--set", "no-such-set", "--facts", "-", stdin=b"{}"))
    none = tmp_path / "none.json"
    done = xhht("criteria", "score", "--set", SET, "--facts", str(none))
    assert one_line(done) == f"xhht: cannot read {none}: No such file or directory\n"


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("criteria", "score"), "--set"),
        (("criteria", "score", "--set", SET), "--facts"),
        (("criteria", "nonsense"), "nonsense"),
        (("nonsense",), "nonsense"),
        (("--nonsense",), "--nonsense"),
        (("serve", "--port", "none"), "--port"),
        (("account", "create", "--place", "19996"), "--role"),
    ],
)
def test_a_misspelt_command_ends_in_one_line(arguments: tuple[str, ...], what: str) -> None:
    assert what in one_line(xhht(*arguments))


def test_a_group_alone_lists_its_commands() -> None:
    for group in ((), ("criteria",)):
        done = xhht(*group)
        assert "Commands:" in (done.stdout + done.stderr).decode()


def test_criteria_check() -> None:
    done = xhht("criteria", "check")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("14 sets, ")


def test_places_are_loaded_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    refused = one_line(xhht("places", "load", XHHT_DATABASE_URL=url))
    assert "xhht db upgrade" in refused
    for _ in range(2):
        done = xhht("db", "upgrade", XHHT_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr.decode()
    for added in (3355, 0):
        done = xhht("places", "load", XHHT_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr.decode()
        told = f"34 provinces, 3321 communes: {added} added, 0 changed, 0 closed; "
        assert done.stdout.decode().startswith(told)
    wrong = tmp_path / "wrong.tsv"
    wrong.write_text("a\tb\n1\t2\n")
    one_line(xhht("places", "load", str(wrong), "--act", "x", "--date", "2026-01-01", XHHT_DATABASE_URL=url))
    for folder in (".", str(tmp_path)):
        assert "thư mục" in one_line(xhht("places", "load", folder, XHHT_DATABASE_URL=url))
    part = tmp_path / "part.tsv"
    part.write_bytes(b"".join(DEFAULT_LIST.read_bytes().splitlines(keepends=True)[:51]))
    load_part = ("places", "load", str(part), "--act", "x", "--date", "2027-01-01")
    refused = one_line(xhht(*load_part, XHHT_DATABASE_URL=url))
    assert "3271 trong số 3321 xã, phường và 33 tỉnh" in refused
    assert refused.endswith("(if that is meant: --closes 3271)\n")
    database = Database(url)
    assert schema.is_current(database)
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Province)) == 34
        assert db.scalar(select(func.count()).where(Commune.valid_to.is_(None))) == 3321
    database.dispose()
    done = xhht(*load_part, "--closes", "3271", XHHT_DATABASE_URL=url)
    assert (done.returncode, b": 0 added, 0 changed, 3304 closed;" in done.stdout) == (0, True), done.stderr.decode()
    done = xhht("places", "load", XHHT_DATABASE_URL=url)
    assert "3321 communes: ignored, the stored list of 2027-01-01 is newer; " in done.stdout.decode()


def test_account_create(database: Database, database_url: str) -> None:
    with database.transaction() as db:
        make_ward(db, communities=2)
    made = xhht(
        *("account", "create", "--role", "ward_reviewer", "--place", "19996", "--name", "Nguyễn Mẫu Xét"),
        XHHT_DATABASE_URL=database_url,
    )
    assert made.returncode == 0, made.stderr.decode()
    printed = dict(line.split(": ") for line in made.stdout.decode().splitlines())
    assert printed["login"] == "ward-reviewer-19996"
    account_id, _ = sign_in(
        database, login=printed["login"], password=printed["password"], address="", device="", key="k"
    )
    with database.read() as db:
        grant = db.scalars(select(RoleGrant).where(RoleGrant.account_id == account_id)).one()
        assert (grant.role, grant.ward_code, grant.province_code) == ("ward_reviewer", "19996", "46")
        made_account = db.get_one(Account, account_id)
        assert (made_account.display_name, made_account.must_change_password) == ("Nguyễn Mẫu Xét", True)

    head = ("account", "create", "--role", "community_head", "--place", "19996", "--password-stdin")
    done = xhht(
        *head,
        "--community",
        "to 2",
        "--login",
        "0912 345 678",
        stdin=b"mot-mat-khau-dai\n",
        XHHT_DATABASE_URL=database_url,
    )
    assert (done.returncode, done.stdout) == (0, b"login: 0912345678\n"), done.stderr.decode()

    refusals = (
        (*head, "--community", "Tổ 9"),
        (*head,),
        ("account", "create", "--role", "ward_reviewer", "--place", "19996"),  # the login is taken
        ("account", "create", "--role", "ward_signer", "--place", "46"),
        ("account", "create", "--role", "province_officer", "--place", "19996"),
    )
    for arguments in refusals:
        one_line(xhht(*arguments, stdin=b"mot-mat-khau-dai\n", XHHT_DATABASE_URL=database_url))
    for role, place, why in (
        ("ward_reviewer", "99999", "Không có phường, xã mã 99999."),
        ("province_officer", "99", "Không có tỉnh, thành phố mã 99."),
        ("ward_reviewer", "999", "Mã phường, xã gồm 5 chữ số, ví dụ 19996."),
    ):
        refused = xhht("account", "create", "--role", role, "--place", place, XHHT_DATABASE_URL=database_url)
        assert one_line(refused) == f"xhht: {why}\n"
    with database.read() as db:
        assert db.scalar(select(func.count()).select_from(Account)) == 2


def test_a_forgotten_password_is_printed_anew(database: Database, database_url: str) -> None:
    def enter(password: str) -> uuid.UUID:
        return sign_in(database, login="0912345678", password=password, address="", device="", key="k")[1]

    with database.transaction() as db:
        give_account(db, "0912345678")
    before = enter(PASSWORD)
    done = xhht("account", "password", "--login", "+84 912 345 678", XHHT_DATABASE_URL=database_url)
    assert (done.returncode, done.stdout.decode()[:10]) == (0, "password: "), done.stderr.decode()
    password = done.stdout.decode().removeprefix("password: ").strip()
    with pytest.raises(Invalid):
        enter(PASSWORD)
    enter(password)
    with database.read() as db:
        assert db.get_one(AccountSession, before).ended_at is not None
        assert db.scalars(select(Account)).one().must_change_password is True
        assert db.scalars(select(AuditEntry.action)).all() == ["account.password_reset"]
    one_line(xhht("account", "password", "--login", "nobody", XHHT_DATABASE_URL=database_url))


def test_audit_verify_names_the_broken_row(database: Database, database_url: str, database_kind: str) -> None:
    with database.transaction() as db:
        for number in range(4):
            audit.append(
                db,
                "test",
                ward_code="19996",
                account_id=None,
                subject_kind="test",
                subject_id=None,
                detail={"number": number},
            )
    good = xhht("audit", "verify", XHHT_DATABASE_URL=database_url)
    assert (good.returncode, good.stdout) == (0, b"1 chains, 4 rows: every link holds\n")
    with database.transaction() as db:
        for trigger in ("_append_only ON audit_entry",) if database_kind == "postgresql" else ("_no_update",):
            db.execute(text(f"DROP TRIGGER audit_entry{trigger}"))  # somebody who owns the database can do this
        db.execute(update(AuditEntry).where(AuditEntry.seq == 3).values(detail='{"number":9}'))
    for place in ((), ("--place", "19996")):
        bad = xhht("audit", "verify", *place, XHHT_DATABASE_URL=database_url)
        assert (bad.returncode, bad.stdout) == (1, b"")
        assert bad.stderr.decode() == "ward 19996, row 3: the row was changed after it was written\n"


def test_audit_verify_misses_a_whole_chain_and_knows_no_unknown_place(
    database: Database, database_url: str, database_kind: str
) -> None:
    def verify(*place: str) -> subprocess.CompletedProcess[bytes]:
        return xhht("audit", "verify", *place, XHHT_DATABASE_URL=database_url)

    with database.transaction() as db:
        make_ward(db, "20350")  # nothing happened there: no chain, and none is missed
        make_application(db, make_resident(db, make_ward(db)), "granted")
    for place in ((), ("--place", "19996"), ("--place", "20350"), ("--place", "00000")):
        assert verify(*place).returncode == 0
    for unknown in ("99999", "46", "x"):
        assert one_line(verify("--place", unknown)) == f"xhht: Không có địa bàn mã {unknown}.\n"
    one_line(xhht("ratios", "recount", "--place", "99999", XHHT_DATABASE_URL=database_url))
    with database.transaction() as db:
        for trigger in ("_append_only ON audit_entry",) if database_kind == "postgresql" else ("_no_delete",):
            db.execute(text(f"DROP TRIGGER audit_entry{trigger}"))
        db.execute(delete(AuditEntry).where(AuditEntry.ward_code == "19996"))
        db.execute(delete(AuditHead).where(AuditHead.ward_code == "19996"))
    for place in ((), ("--place", "19996")):
        bad = verify(*place)
        assert (bad.returncode, bad.stdout) == (1, b"")
        assert bad.stderr.decode() == "ward 19996, row 1: the whole chain is missing, and the ward has cases\n"
    assert verify("--place", "20350").returncode == 0


def test_recount_finds_a_wrong_tally(database: Database, database_url: str) -> None:
    with database.transaction() as db:
        make_application(db, make_resident(db, make_ward(db)), "granted")
    right = xhht("ratios", "recount", XHHT_DATABASE_URL=database_url)
    assert (right.returncode, right.stdout.decode()) == (0, f"1 wards counted for {YEAR}, 0 tallies were wrong\n")
    with database.transaction() as db:
        db.execute(update(Tally).values(recognised=0))
    wrong = xhht("ratios", "recount", "--place", "46", "--year", str(YEAR), XHHT_DATABASE_URL=database_url)
    assert (wrong.returncode, wrong.stderr.decode()) == (1, "ward 19996: the tally was wrong, now it is right\n")
    assert xhht("ratios", "recount", XHHT_DATABASE_URL=database_url).returncode == 0


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_titles(database: Database, database_url: str, tmp_path: Path, kind: str) -> None:
    with database.transaction() as db:
        make_application(db, make_resident(db, make_ward(db)), "granted")
    out = tmp_path / f"out.{kind}"
    arguments = ("export", "titles", "--year", str(YEAR), "--format", kind, "--out", str(out))
    done = xhht(*arguments, "--place", "19996", XHHT_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr.decode()
    assert out.read_bytes().startswith({"csv": b"\xef\xbb\xbf", "xlsx": b"PK"}[kind])
    out.unlink()
    one_line(xhht(*arguments, "--place", "99999", XHHT_DATABASE_URL=database_url))
    assert list(tmp_path.glob("out*")) == []
    nowhere = tmp_path / "nowhere" / out.name
    refused = xhht(*arguments[:-1], str(nowhere), XHHT_DATABASE_URL=database_url)
    assert one_line(refused) == f"xhht: cannot write {nowhere}: No such file or directory\n"


def test_serve_wants_a_secret_and_tables(tmp_path: Path) -> None:
    assert "XHHT_SECRET_KEY" in one_line(xhht("serve", XHHT_DATA_DIR=str(tmp_path)))
    settings = {"XHHT_DATA_DIR": str(tmp_path), "XHHT_SECRET_KEY": "k" * 40}
    assert "xhht db upgrade" in one_line(xhht("serve", **settings))
    assert "XHHT_SESSION_DAYS" in one_line(xhht("serve", **settings, XHHT_SESSION_DAYS="many"))
    one_line(xhht("audit", "verify", XHHT_DATABASE_URL="nothing"))


def test_serve_names_an_unusable_file_store_before_it_starts_workers(tmp_path: Path) -> None:
    settings = {"XHHT_DATA_DIR": str(tmp_path), "XHHT_SECRET_KEY": "k" * 40}
    assert xhht("db", "upgrade", **settings).returncode == 0
    for address in ("ftp://x", "x", "memory:///", "s3:///prefix", "file://host/x", "http://[x"):
        assert "XHHT_FILES_URL" in one_line(xhht("serve", **settings, XHHT_FILES_URL=address))
    below_a_file = tmp_path / "xhht.sqlite3" / "files"
    assert str(below_a_file) in one_line(xhht("serve", **settings, XHHT_FILES_URL=below_a_file.as_uri()))
    for address in ("s3://bucket/prefix", (tmp_path / "tệp").as_uri(), None):
        server.check_files(Settings(tmp_path, "", "", files_url=address))
    assert (tmp_path / "tệp").is_dir()
