"""What each person learned in a year, as rows; some with a picture of a paper, a few with a PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xhht_citizen.clock import local
from xhht_citizen.demo.book import Year
from xhht_citizen.demo.learning import LEARNED, WITNESSES, Learned
from xhht_citizen.demo.ward import WARD, Resident, Ward
from xhht_citizen.evidence.files import key_for
from xhht_citizen.evidence.models import Evidence, EvidenceFile, EvidenceIndicator
from xhht_citizen.evidence.rules import Kind, counts_for

if TYPE_CHECKING:
    from xhht_citizen.demo.cases import Plan

MOST_FILES = 60


def learn(ward: Ward, plan: Plan) -> None:
    """Three to six things learned between registering and sending, or the plan's own."""
    random, year = ward.book.random, plan.year
    chosen = plan.learned or tuple(random.sample(LEARNED, random.randint(3, 6)))
    for number, learned in enumerate(chosen, 1):
        part = plan.registers + (plan.sends - plan.registers) * (number - random.random() * 0.8) / len(chosen)
        _row(ward, plan.resident, learned, year, part)


def offered(resident: Resident, year: int) -> list[tuple[dict[str, Any], tuple[str, ...]]]:
    """What counts for a year: that year's, and certificates of earlier ones (see evidence.rules.counts_for)."""
    return [(row, codes) for row, codes in resident.evidence if counts_for(row["kind"], row["year"], year)]


def _row(ward: Ward, resident: Resident, learned: Learned, year: Year, part: float) -> None:
    random, at = ward.book.random, year.at(part)
    bare = not learned.paper and not learned.note
    row = ward.book.add(
        Evidence,
        id=ward.book.new_id(at),
        ward_code=WARD,
        person_id=resident.id,
        kind=learned.kind.value,
        title=learned.title,
        provider=learned.provider,
        learned_on=local(at).date(),
        year=year.year,
        minutes=learned.minutes,
        witness=random.choice(WITNESSES) if bare or random.random() < 0.2 else None,
        note=learned.note,
        created_at=at,
        created_by=resident.account_id,
        version=1,
        used_at=None,
        locked_at=None,
        withdrawn_at=None,
        activity_id=None,
        confirmed_at=None,
        confirmed_by=None,
    )
    resident.evidence.append((row, learned.indicators))
    for code in learned.indicators:
        ward.book.add(EvidenceIndicator, evidence_id=row["id"], code=code)
    files = _files(ward, resident, learned, row) if learned.paper else 0
    ward.book.note(
        at,
        "evidence.add",
        ward_code=WARD,
        account_id=resident.account_id,
        subject_kind="evidence",
        subject_id=row["id"],
        detail={"kind": row["kind"], "files": files},
    )


def _files(ward: Ward, resident: Resident, learned: Learned, row: dict[str, Any]) -> int:
    """Everybody in the story shows their papers; of the others, some."""
    papers = ward.papers
    in_story = resident in ward.cast.values()
    if not in_story and (len(papers.kept) >= MOST_FILES or ward.book.random.random() > 0.12):
        return 0
    is_document = in_story and learned.kind is Kind.CERTIFICATE
    clean = papers.document if is_document else ward.book.random.choice(papers.pictures)
    file_id = ward.book.new_id(row["created_at"])
    key = key_for(WARD, row["year"], file_id, clean.extension)
    papers.kept.append((key, clean.content))
    ward.book.add(
        EvidenceFile,
        id=file_id,
        evidence_id=row["id"],
        ward_code=WARD,
        position=1,
        storage_key=key,
        content_type=clean.content_type,
        size_bytes=len(clean.content),
        sha256=clean.sha256,
        original_name=f"giay-chung-nhan.{'pdf' if is_document else 'jpg'}",
        created_at=row["created_at"],
    )
    return 1
