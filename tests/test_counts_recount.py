"""`xhht recount`: proves every kind of tally, and says what differed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from counted import give_title, make_clan
from factories import YEAR, make_application, make_resident, make_ward
from sqlalchemy import delete, update

from xhht_citizen.cli import xhht
from xhht_citizen.database import Database
from xhht_citizen.ratios.models import WARD, Tally


def recount(url: str, *arguments: str) -> tuple[int, str, list[str]]:
    """The command in this process; that it runs as one of its own is `test_cli.py`'s to see."""
    done = CliRunner().invoke(xhht, ["recount", *arguments], env={"XHHT_DATABASE_URL": url}, prog_name="xhht")
    return done.exit_code, done.stdout, done.stderr.splitlines()


@pytest.fixture
def counted(database: Database) -> str:
    """A ward with a granted case and a clan; returns the id of its first community."""
    with database.transaction() as db:
        ward = make_ward(db)
        resident = make_resident(db, ward)
        clan = make_clan(db, ward, "Họ Trần", [resident.household], community=None)
        give_title(db, "clan", clan.id, ward)
        make_application(db, resident, "granted")
        return str(ward.communities[0].id)


def test_nothing_differs(counted: str, database_url: str) -> None:
    told = f"1 wards recounted for {YEAR}: nothing differed\n"
    for place in ((), ("--place", "19996"), ("--place", "46")):
        assert recount(database_url, *place) == (0, told, [])
    assert recount(database_url, "--year", str(YEAR - 1))[:2] == (0, told.replace(str(YEAR), str(YEAR - 1)))


def test_what_differed_is_said(counted: str, database: Database, database_url: str) -> None:
    with database.transaction() as db:
        db.execute(update(Tally).where(Tally.kind == "clan").values(recognised=0))
        db.execute(delete(Tally).where(Tally.kind == "in_clan", Tally.community_id != WARD))
        db.execute(update(Tally).where(Tally.kind == "household").values(total=7))
    status, told, wrong = recount(database_url, "--place", "19996", "--year", str(YEAR))
    assert (status, told) == (1, f"1 wards recounted for {YEAR}: 5 tallies differed\n")
    assert wrong == [
        "ward 19996: clan was 1/1/1/0, is 1/1/1/1",
        "ward 19996: household was 7/0/0/0, is 1/0/0/0",
        "ward 19996, Tổ 1: household was 7/0/0/0, is 1/0/0/0",
        "ward 19996, Tổ 1: in_clan was 0/0/0/0, is 1/0/0/1",
        "ward 19996, no community: clan was 1/1/1/0, is 1/1/1/1",
    ]
    assert recount(database_url)[0] == 0


def test_what_was_never_counted_is_no_difference(counted: str, database: Database, database_url: str) -> None:
    """As an older installation left it: adults only, and wrong."""
    with database.transaction() as db:
        db.execute(delete(Tally).where(Tally.kind != "citizen"))
        db.execute(update(Tally).where(Tally.community_id == WARD).values(recognised=0))
    status, _, wrong = recount(database_url)
    assert (status, wrong) == (1, ["ward 19996: citizen was 1/1/1/0, is 1/1/1/1"])


def test_a_place_that_is_not_there(counted: str, database_url: str) -> None:
    for place in ("99999", "99", "x"):
        status, told, wrong = recount(database_url, "--place", place)
        assert (status, told, wrong) == (2, "", [f"xhht: Không có địa bàn mã {place}."])
