"""The one meeting of the story: the community whose head signs in spoke of its candidates, and he entered it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from xhht_citizen.clock import local
from xhht_citizen.demo.book import Book
from xhht_citizen.meetings.models import Meeting, MeetingResult
from xhht_citizen.meetings.rules import Outcome, Way, tally

PRESENT, TOTAL = 31, 42
OUTCOMES = {"endorse": Outcome.ENDORSED, "object": Outcome.OBJECTED}
VOTES = {Outcome.ENDORSED: (22, 31), Outcome.OBJECTED: (8, 14)}


class Told:
    """The meeting as it is told: made with the first candidate spoken of, closed with the last."""

    def __init__(self, book: Book, ward_code: str, year: int, at: datetime) -> None:
        self.book, self.ward_code, self.year, self.at = book, ward_code, year, at
        self.row: dict[str, Any] | None = None
        self.outcomes: list[Outcome] = []

    def say(self, case: dict[str, Any], resident: Any, step: str, reason: str | None) -> dict[str, Any]:
        """What the meeting said of a case by this step; what its event notes."""
        if self.row is None:
            self.row = self._open(case["community_id"])
        outcome = OUTCOMES[step]
        self.outcomes.append(outcome)
        votes = self.book.random.randint(*VOTES[outcome])
        self.book.add(
            MeetingResult,
            meeting_id=self.row["id"],
            application_id=case["id"],
            name=resident.name,
            sort_key=resident.sort_key,
            self_total=case["self_total"],
            outcome=str(outcome),
            votes=votes,
            reason=reason,
        )
        held_on = self.row["held_on"].isoformat()
        return {"meeting": str(self.row["id"]), "held_on": held_on, "votes": votes, "present": PRESENT}

    def _open(self, community_id: uuid.UUID) -> dict[str, Any]:
        return self.book.add(
            Meeting,
            id=self.book.new_id(self.at),
            ward_code=self.ward_code,
            community_id=community_id,
            year=self.year,
            held_on=local(self.at).date(),
            venue="Nhà sinh hoạt cộng đồng",
            chair="Chi hội trưởng",
            secretary="Thư ký chi hội",
            present=PRESENT,
            total=TOTAL,
            way=str(Way.VOTES),
            note=None,
            entered_at=self.at,
            entered_by=None,
        )

    def close(self, head: Any) -> None:
        """Name who led it and typed it in, and tell the audit."""
        if self.row is None:
            return
        self.row["chair"], self.row["entered_by"] = head.name, head.account_id
        self.book.note(
            self.at,
            "meeting.enter",
            ward_code=self.ward_code,
            account_id=head.account_id,
            subject_kind="meeting",
            subject_id=self.row["id"],
            detail={
                "community": str(self.row["community_id"]),
                "year": self.year,
                "present": PRESENT,
                "total": TOTAL,
                **{str(outcome): count for outcome, count in tally(self.outcomes).items()},
            },
        )
