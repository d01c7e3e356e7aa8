"""Days are Vietnam's, wherever the server stands and whatever the database keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from factories import make_ward
from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.places.actions import add_community, close_community
from xhht_citizen.places.rules import CommunityKind
from xhht_citizen.web.context import day


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (date(2026, 11, 23), "23/11/2026"),
        (datetime(2026, 11, 23, 16, 59, 59, tzinfo=UTC), "23/11/2026"),
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), "24/11/2026"),
        (datetime(2026, 12, 31, 20, 0, tzinfo=UTC), "01/01/2027"),
    ],
)
def test_the_day_of_a_moment_is_the_day_in_vietnam(value: date | None, shown: str) -> None:
    assert day(value) == shown


def test_what_opens_and_closes_today_does_so_on_vietnams_day(db: Session) -> None:
    before = clock.today()
    community = add_community(db, make_ward(db).code, "Tổ dân phố Mới", CommunityKind.TO)
    close_community(db, community)
    assert community.valid_to is not None
    assert before <= community.valid_from <= community.valid_to <= clock.today()
