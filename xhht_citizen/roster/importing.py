"""The long work of a list: checking every line, and taking the good ones over, in steps that a dead worker may leave.

The list is read twice, in a child process each time; what is kept in memory between are a few words a line. A household
is one piece: it is taken over whole in one step, or not at all, and a line taken over says so in its row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.applications.rules import open_year
from xhht_citizen.database import AlreadyThere, made_ms, now
from xhht_citizen.errors import N_, Conflict, Invalid, NotFound
from xhht_citizen.jobs.actions import Claimed, LostClaim
from xhht_citizen.jobs.rules import MOST_CLAIMS
from xhht_citizen.jobs.workshop import Workshop
from xhht_citizen.places import queries as places
from xhht_citizen.roster import queries, reading, taking, undoing, writing
from xhht_citizen.roster.matching import Decision, decide
from xhht_citizen.roster.models import RosterImport, RosterRow
from xhht_citizen.roster.plan import Family, Plan, Walker, families
from xhht_citizen.roster.records import Ward
from xhht_citizen.roster.rules import LISTS, Communities, Line, Reader
from xhht_citizen.roster.taking import Again, Taking

BATCH = 500  # lines a step: a fifth of a second, so that others may write in between
TRIES = 3
KEEP_DAYS = 7
LEFT = N_("Danh sách để quá 7 ngày chưa nhập, nên tệp đã xóa. Xin tải lên lại.")
GONE = N_("Danh sách này không còn. Xin tải tệp lên lại.")
LATE = N_("Khi nhập có %(count)s dòng chưa đúng, nên không nhập dòng nào. Xin xem lại danh sách.")


@dataclass(frozen=True)
class _List:
    """An uploaded list in a worker's hands."""

    row: RosterImport
    content: bytes
    reader: Reader
    ward: Ward

    def lines(self) -> Iterator[Line]:
        """Every line below the headings that says anything."""
        with reading.opened(self.content, first=self.row.header_row + 1) as read:
            for number, cells in read.rows:
                if any(cells):
                    yield self.reader.line(number, cells)

    def settled(self) -> Iterator[Line]:
        """Every line with its household, also where only its place in the list tells."""
        walker = Walker()
        return (walker.settle(line) for line in self.lines())

    def plan(self) -> Plan:
        """The first reading."""
        plan = Plan(self.ward.year)
        for line in self.lines():
            plan.add(line)
        plan.close()
        return plan

    def batches(self, plan: Plan, done: Callable[[int], bool]) -> Iterator[list[Family]]:
        """The second reading: households, about `BATCH` lines at a time; without those that are done."""
        batch: list[Family] = []
        count = 0
        for family in families(self.lines(), plan):
            if done(family.lines[0].number):
                continue
            batch.append(family)
            count += len(family.lines)
            if count >= BATCH:
                yield batch
                batch, count = [], 0
        if batch:
            yield batch


def check(claimed: Claimed, shop: Workshop) -> None:
    """Say of every line what would become of it. Begun again, it begins anew: nothing but rows of words is written."""
    row = _row(claimed, shop, {"checking", "checked"})
    _sweep(claimed, shop, row)
    if row.state == "checking":
        _check_all(claimed, shop, _open(row, shop))
    with claimed.step() as db:
        claimed.finish(db, result={"counts": _row_now(db, row.id).counts})


def _check_all(claimed: Claimed, shop: Workshop, listed: _List) -> None:
    row, import_id = listed.row, listed.row.id
    with claimed.step() as db:
        db.execute(delete(RosterRow).where(RosterRow.import_id == import_id))
        claimed.came_to(db, done=0)
    try:
        plan = listed.plan()
    except Invalid as refused:
        with claimed.step() as db:
            _set(db, import_id, state="refused", reason=refused.message, file_key=None)
        shop.store.delete(row.file_key or "")
        raise
    with claimed.step() as db:
        claimed.came_to(db, total=plan.lines)
    taken: dict[uuid.UUID, int] = {}
    count = moved = founded = 0
    for batch in listed.batches(plan, lambda _number: False):
        with claimed.step() as db:
            decisions = decide(db, listed.ward, batch, taken, plan.present)
            taking.note(db, import_id, decisions)
            count += len(decisions)
            moved += sum(one.moves for one in decisions)
            founded += sum(one.founds for one in decisions)
            claimed.came_to(db, done=count)
    with _faults_kept(claimed, shop, listed) as (db, faults_key):
        counts = queries.count(db, import_id) | {"moved": moved, "households": founded}
        _set(db, import_id, state="checked", counts=counts, faults_key=faults_key)


def take(claimed: Claimed, shop: Workshop) -> None:
    """Take the list over, going on after the households that were taken before; its file is deleted at the end."""
    row = _row(claimed, shop, {"importing", "imported"})
    _sweep(claimed, shop, row)
    if row.state == "importing":
        _take_all(claimed, shop, _open(row, shop))
    if row.file_key is not None:
        shop.store.delete(row.file_key)
    with claimed.step() as db:
        _set(db, row.id, file_key=None)
        claimed.finish(db, result={"counts": queries.count(db, row.id)})


def _take_all(claimed: Claimed, shop: Workshop, listed: _List) -> None:
    row = listed.row
    assert claimed.account_id is not None  # noqa: S101 (an officer asked)
    whole = Taking(row.id, listed.ward, claimed.account_id)
    with shop.database.read(primary=True) as db:
        done = queries.done_rows(db, row.id)
        late = 0 if row.skip_bad else queries.bad_done(db, row.id)
    if late:  # whoever found them died before they took everything back
        _take_back(claimed, whole, late)
    taken = {person_id: number for number, person_id in done.items() if person_id is not None}
    plan = listed.plan()
    with claimed.step() as db:
        claimed.came_to(db, done=len(done), total=plan.lines)
    for batch in listed.batches(plan, done.__contains__):
        decisions = _take_batch(claimed, whole, batch, taken, plan)
        bad = sum(one.line.bad for one in decisions)
        if bad and not row.skip_bad:
            _take_back(claimed, whole, bad)
    with _faults_kept(claimed, shop, listed) as (db, faults_key):
        counts = _row_now(db, row.id).counts | queries.count(db, row.id)
        _set(db, row.id, state="imported", imported_at=now(), faults_key=faults_key, counts=counts, reason=None)


def _take_batch(
    claimed: Claimed, whole: Taking, batch: list[Family], taken: dict[uuid.UUID, int], plan: Plan
) -> list[Decision]:
    """One step; decided anew where somebody was faster with one of these people."""
    said = [(line, list(line.faults)) for family in batch for line in family.lines]
    for _ in range(TRIES):
        try:
            with claimed.step() as db:
                decisions = decide(db, whole.ward, batch, dict(taken), plan.present)
                person_ids = taking.take(db, whole, decisions)
                row, came = _row_now(db, whole.import_id), taking.counted(decisions)
                row.counts = row.counts | {
                    name: row.counts.get(name, 0) + came[name] for name in ("moved", "households")
                }
                claimed.came_to(db, done=queries.done(db, whole.import_id))
        except (Again, AlreadyThere):
            for line, faults in said:
                line.faults[:] = faults
            continue
        taken.update({person_id: number for number, person_id in person_ids.items()})
        return decisions
    raise Conflict(N_("Nhiều người đang sửa cùng những người này. Xin nhập tiếp sau ít phút."))


def _take_back(claimed: Claimed, whole: Taking, bad: int) -> None:
    """Nothing was to be taken over if a line is bad, and one has become so since the check.

    Where others have built on what was taken meanwhile it is kept; the officer goes on with the good lines or mends it.
    """
    with claimed.step() as db:
        lines = undoing.lines_in_the_way(undoing.in_the_way(db, whole.import_id))
        if not lines:
            undoing.put_back(db, whole)
            _set(db, whole.import_id, state="uploaded", counts={})
            db.execute(delete(RosterRow).where(RosterRow.import_id == whole.import_id))
    if lines:
        raise Conflict(undoing.BUILT_ON, count=len(lines))
    raise Conflict(LATE, count=bad)


def undo(claimed: Claimed, shop: Workshop) -> None:
    """Take a whole import back in one transaction, or nothing of it; Conflict says how many lines stand in the way."""
    row = _row(claimed, shop, {"undoing"})
    assert claimed.account_id is not None  # noqa: S101 (an officer asked)
    ward = Ward(row.ward_code, open_year(clock.today()), shop.settings.secret_key)
    with claimed.step() as db:
        lines = undoing.lines_in_the_way(undoing.in_the_way(db, row.id))
        if lines:
            _set(db, row.id, state="imported" if row.imported_at else "importing")
        else:
            undoing.put_back(db, Taking(row.id, ward, claimed.account_id))
            _set(db, row.id, state="undone", undone_at=now())
            claimed.finish(db)
    if lines:
        raise Conflict(undoing.BUILT_ON, count=len(lines))
    if row.faults_key is not None:
        shop.store.delete(row.faults_key)


def forget_old(shop: Workshop) -> int:
    """Delete the files of lists nobody took over, and of lines to be mended, after a week; and lists that no import
    names, which a process left that died between the store and the commit. Returns how many imports and lists.
    """
    with shop.database.read(primary=True) as db:
        old = queries.with_old_files(db, now() - timedelta(days=KEEP_DAYS))
    for row in old:
        for key in (row.file_key, row.faults_key):
            if key is not None:
                shop.store.delete(key)
        with shop.database.transaction() as db:
            late = {"state": "refused", "reason": LEFT} if row.state in {"uploaded", "checking", "checked"} else {}
            _set(db, row.id, file_key=None, faults_key=None, **late)
    return len(old) + _forget_unnamed(shop)


def _forget_unnamed(shop: Workshop) -> int:
    """A list is named by the commit that follows it; one that is a day old and still nobody's will never be."""
    until = int((now() - timedelta(days=1)).timestamp() * 1000)
    removed, there = 0, shop.store.list(LISTS)
    while keys := list(islice(there, 200)):
        left = {key for key in keys if made_ms(uuid.UUID(key[len(LISTS) :].removesuffix(".list"))) < until}
        with shop.database.read(primary=True) as db:
            left -= queries.lists_in_use(db, left)
        for key in left:
            shop.store.delete(key)
        removed += len(left)
    return removed


@contextmanager
def _faults_kept(claimed: Claimed, shop: Workshop, listed: _List) -> Iterator[tuple[Session, str | None]]:
    """The step that names the new sheet of faults, with its key; the old one goes when that was committed.

    The sheet lies in the store before it is named, with citizen ids in clear: its key is the claim's, so that `_sweep`
    finds it where this worker dies.
    """
    key = _keep_faults(claimed, shop, listed)
    try:
        with claimed.step() as db:
            yield db, key
    except LostClaim:
        if key is not None:
            shop.store.delete(key)
        raise
    if listed.row.faults_key not in {None, key}:
        shop.store.delete(listed.row.faults_key)


def _sweep(claimed: Claimed, shop: Workshop, row: RosterImport) -> None:
    """Remove the sheets that dead claims left, of this job and of the list's job before it; never the one in use."""
    before = claimed.payload.get("before")
    left = [_sheet_key(claimed.id, number) for number in range(1, claimed.number)]
    left += [_sheet_key(before, number) for number in range(1, MOST_CLAIMS + 1)] if before else []
    for key in left:
        if key != row.faults_key:
            shop.store.delete(key)


def _sheet_key(job_id: object, number: int) -> str:
    return f"jobs/{job_id}/{number}"


def _keep_faults(claimed: Claimed, shop: Workshop, listed: _List) -> str | None:
    """The bad lines with their reasons as a sheet in the store, amid the other lines of their households.

    So mended lines find their household again when the sheet comes back. None where no line is bad.
    """
    row = listed.row
    with shop.database.read(primary=True) as db:
        faulty = queries.faulty(db, row.id)
    if not faulty:
        return None
    near = {
        number + step for number in faulty for step in (-1, 0, 1)
    }  # who a line stands beside is often its household
    of = {line.household for line in listed.settled() if line.number in near and line.household is not None}
    wanted = {*faulty, *(line.number for line in listed.settled() if line.household in of)}
    with reading.opened(listed.content, first=row.header_row + 1) as read:
        content = writing.fault_sheet(row.headings, (one for one in read.rows if one[0] in wanted), faulty)
    key = _sheet_key(claimed.id, claimed.number)
    shop.store.put(key, content)
    return key


def _row(claimed: Claimed, shop: Workshop, states: set[str]) -> RosterImport:
    with shop.database.read(primary=True) as db:
        row = queries.listed(db, uuid.UUID(str(claimed.payload["import"])))
    if row is None or row.state not in states:
        raise NotFound(GONE)
    return row


def _open(row: RosterImport, shop: Workshop) -> _List:
    if row.file_key is None:
        raise NotFound(GONE)
    with shop.database.read(primary=True) as db:
        known = [(one.id, one.name) for one in places.communities(db, row.ward_code)]
    ward = Ward(row.ward_code, open_year(clock.today()), shop.settings.secret_key)
    reader = Reader(row.columns, Communities(known), row.community_id, clock.today())
    return _List(row, shop.store.get(row.file_key), reader, ward)


def _row_now(db: Session, import_id: uuid.UUID) -> RosterImport:
    return db.get_one(RosterImport, import_id, populate_existing=True)


def _set(db: Session, import_id: uuid.UUID, **values: Any) -> None:
    db.execute(update(RosterImport).where(RosterImport.id == import_id).values(**values))
