"""The minutes (biên bản) of a meeting as a file, to be printed and signed by who was there."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from xhht_citizen.access.rules import Thing
from xhht_citizen.batches import letterheads
from xhht_citizen.errors import N_, NotFound
from xhht_citizen.exports import paper as papers
from xhht_citizen.exports.meeting_minutes import minutes_paper
from xhht_citizen.meetings.queries import Minutes
from xhht_citizen.web.batches import send
from xhht_citizen.web.guard import needs
from xhht_citizen.web.meetings import bp, look_at_objected, open_minutes
from xhht_citizen.web.transactions import reader


@dataclass(frozen=True)
class Asked:
    """The minutes of a meeting that are asked for, and in which form."""

    minutes: Minutes
    form: str


def open_paper(meeting_id: uuid.UUID, form: str) -> tuple[Asked, Thing]:
    """The minutes of a meeting: known by form."""
    minutes, thing = open_minutes(meeting_id)
    if form not in papers.TYPES:
        raise NotFound(N_("Không có văn bản này."))
    return Asked(minutes, form), thing


@bp.get("/hop-binh-xet/<uuid:meeting_id>/bien-ban.<form>")
@needs("meeting.view", open_paper)
def paper(asked: Asked) -> Any:
    """The minutes as PDF or Word, under the letterhead of the ward."""
    look_at_objected(asked.minutes)
    made = minutes_paper(asked.minutes, letterheads.words_of(reader(), asked.minutes.ward_code))
    return send(papers.write(made, asked.form), papers.TYPES[asked.form], f"{made.file_name}.{asked.form}")
