"""What the house asks of a database, the same on both."""

from __future__ import annotations

from xhht_citizen.audit import AuditHead
from xhht_citizen.database import Database, insert_new


def test_insert_new_says_who_made_the_row(database: Database) -> None:
    said = []
    for given in ("first", "second"):
        with database.transaction() as db:
            said += [insert_new(db, AuditHead, ward_code="19996", seq=0, hash=given) for _ in range(2)]
    assert said == [True, False, False, False]
    with database.read() as db:
        assert db.get_one(AuditHead, "19996").hash == "first"
