"""The decisions, the ward's and for two kinds the province's, and the titles they gave in the order of the register."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xhht_citizen.applications.models import ApplicationEvent
from xhht_citizen.applications.rules import State
from xhht_citizen.demo import group_cases
from xhht_citizen.demo.book import Book, Year
from xhht_citizen.demo.cases import Case, Plan, step
from xhht_citizen.demo.group_cases import GroupCase, decisive, last_day
from xhht_citizen.demo.group_plans import GroupPlan
from xhht_citizen.demo.plans import SIGNED
from xhht_citizen.demo.steps import Actor
from xhht_citizen.demo.ward import PROVINCE, WARD, Ward
from xhht_citizen.groups.rules import Kind, Subject
from xhht_citizen.people.rules import CODE_ALPHABET
from xhht_citizen.ratios.rules import DIGITAL_INDICATOR, DIGITAL_POINTS
from xhht_citizen.titles.models import Counter, Decision, Title
from xhht_citizen.titles.rules import CODE_LENGTH, decision_key
from xhht_citizen.vietnamese import fold

ORDER = (Kind.CITIZEN, Kind.HOUSEHOLD, Kind.CLAN, Kind.UNIT, Kind.COMMUNITY, Kind.AGENCY, Kind.COMMUNE)
# The province's two decisions: when (parts of the year so far) and their numbers, by the kind of title they gave.
OF_PROVINCE = {Kind.AGENCY: (0.97, 2817), Kind.COMMUNE: (0.24, 1042)}
PROVINCE_SIGNATORY = "Trần Hữu Vệ"
REVOKING = 305  # the number of the decision that takes a citizen's title back
AnyPlan = Plan | GroupPlan


@dataclass
class Register:
    """Numbers given out once everything is planned, so that they run in the order of time whatever is told first."""

    ward: Ward
    province: Actor
    receipts: dict[AnyPlan, int] = field(default_factory=dict)
    granted: dict[AnyPlan, tuple[datetime, int]] = field(default_factory=dict)
    decisions: dict[tuple[bool, int, int], dict[str, Any]] = field(default_factory=dict)

    def number(self, plans: Iterable[tuple[str, AnyPlan]]) -> None:
        """Receipts in the order of sending, lines of the register as granted, by the year of the title."""
        told = list(plans)
        sent = sorted(
            (plan for _, plan in told if plan.state is not State.DRAFT), key=lambda plan: plan.year.at(plan.sends)
        )
        _count_up(self.ward.book, "receipt", sent, self.receipts)
        moments: dict[AnyPlan, datetime] = {}
        lists: dict[float, dict[int, list[AnyPlan]]] = {}
        for when, plan in told:
            if plan.state is State.GRANTED:
                lists.setdefault(_signed(when, plan)[0], {}).setdefault(plan.year.year, []).append(plan)
        for part, by_year in lists.items():
            for one_list in by_year.values():
                one_list.sort(key=lambda plan: (ORDER.index(_kind(plan)), plan.sort_key))
                for place, plan in enumerate(one_list):
                    moments[plan] = plan.year.at(part + place * 1e-6)
        numbers: dict[AnyPlan, int] = {}
        _count_up(self.ward.book, "register", sorted(moments, key=moments.__getitem__), numbers)
        self.granted = {plan: (moments[plan], numbers[plan]) for plan in moments}

    def decision(self, when: str, plan: AnyPlan) -> dict[str, Any]:
        """The signed decision that names the plan, entered once."""
        part, printed = _signed(when, plan)
        of_province = _kind(plan) in OF_PROVINCE
        key = (of_province, plan.year.year, printed)
        if key not in self.decisions:
            province = self.province if of_province else None
            self.decisions[key] = _enter(self.ward, plan.year, part, printed, province)
        return self.decisions[key]

    def grant(self, when: str, case: Case) -> None:
        """A citizen's title, and the case's last step."""
        person, row = case.plan.resident, case.row
        at, _ = self.granted[case.plan]
        decision = self.decision(when, case.plan)
        subject = Subject(Kind.CITIZEN, person.id, person.name, person.sort_key, fold(person.name), person.id)
        # The person sent it from the own account, as everybody in this story does.
        digital = int(case.lines[DIGITAL_INDICATOR]["confirmed_points"]) >= DIGITAL_POINTS
        title = self._title(
            case.plan, row, decision, subject, points=row["confirmed_total"], digital=digital, own_record=True
        )
        row["decided_at"] = at
        step(self.ward, case, "grant", at, self.ward.cast["signer"], reason=None, detail=_told(decision, title))

    def grant_group(self, when: str, case: GroupCase) -> None:
        """A group's title, on the counts of the moment it is decided."""
        at, _ = self.granted[case.plan]
        decision = self.decision(when, case.plan)
        scored, counts = decisive(case, at)
        facts, reached = case.ratios(counts), group_cases.level(scored)
        until = last_day(case, decision["decided_on"])
        title = self._title(
            case.plan,
            case.row,
            decision,
            case.plan.group.subject,
            points=scored.total,
            level=reached,
            until=until,
            facts=facts,
        )
        case.row["decided_at"] = at
        actor = self.province if decision["province_code"] else self.ward.cast["signer"]
        detail = {**_told(decision, title), "counts": facts, "level": reached}
        group_cases.take(self.ward, case, "grant", at, actor, reason=None, detail=detail)

    def _title(
        self,
        plan: AnyPlan,
        row: dict[str, Any],
        decision: dict[str, Any],
        subject: Subject,
        *,
        points: int,
        level: int | None = None,
        until: Any = None,
        facts: dict[str, list[int]] | None = None,
        digital: bool | None = None,
        own_record: bool | None = None,
    ) -> dict[str, Any]:
        book, (at, number) = self.ward.book, self.granted[plan]
        return book.add(
            Title,
            id=book.new_id(at),
            ward_code=WARD,
            province_code=PROVINCE,
            community_id=row["community_id"],
            household_id=row["household_id"],
            kind=str(subject.kind),
            year=row["year"],
            subject_id=subject.id,
            person_id=subject.person_id,
            application_id=row["id"],
            decision_id=decision["id"],
            register_number=number,
            public_code="".join(book.random.choices(CODE_ALPHABET, k=CODE_LENGTH)),
            holder_name=subject.name,
            sort_key=subject.sort_key,
            search_key=subject.search_key,
            points=points,
            level=level,
            valid_until=until,
            facts=facts or {},
            digital=digital,
            own_record=own_record,
            granted_at=at,
            revoked_at=None,
            revoked_by=None,
            revoke_reason=None,
            revoke_decision_id=None,
        )


def _told(decision: dict[str, Any], title: dict[str, Any]) -> dict[str, Any]:
    return {
        "decision": decision["number"],
        "decided_on": decision["decided_on"].isoformat(),
        "title": str(title["id"]),
    }


def _kind(plan: AnyPlan) -> Kind:
    return plan.group.kind if isinstance(plan, GroupPlan) else Kind.CITIZEN


def _signed(when: str, plan: AnyPlan) -> tuple[float, int]:
    """When the decision that names the plan is signed, and its number."""
    return OF_PROVINCE.get(_kind(plan)) or SIGNED[when][plan.decision]


def _count_up(book: Book, purpose: str, plans: list[Any], numbers: dict[AnyPlan, int]) -> None:
    """Number the plans in this order, each year of its own, and keep the last number of each."""
    last: dict[int, int] = {}
    for plan in plans:
        numbers[plan] = last[plan.case_year] = last.get(plan.case_year, 0) + 1
    for year, number in last.items():
        book.add(Counter, ward_code=WARD, year=year, purpose=purpose, last=number)


def _enter(ward: Ward, year: Year, part: float, printed: int, province: Actor | None = None) -> dict[str, Any]:
    """A signed decision of the ward, or of the province by its officer."""
    number, at, signer = f"{printed}/QĐ-UBND", year.at(part), ward.cast["signer"]
    return ward.book.add(
        Decision,
        id=ward.book.new_id(at),
        ward_code=WARD,
        province_code=PROVINCE if province else None,
        number=number,
        number_key=decision_key(number),
        decided_on=year.day(part),
        decided_year=year.day(part).year,
        signatory=PROVINCE_SIGNATORY if province else signer.name,
        entered_by=province.account_id if province else signer.account_id,
        entered_at=at,
    )


def revoke(
    ward: Ward, title: dict[str, Any], year: Year, part: float, reason: str, *, number: int | None = None
) -> None:
    """A title is taken back, by a decision of its own where it has a number; the row stays."""
    at, signer = year.at(part), ward.cast["signer"]
    if number is not None:
        title["revoke_decision_id"] = _enter(ward, year, part, number)["id"]
    title.update(revoked_at=at, revoked_by=signer.account_id, revoke_reason=reason)
    ward.book.add(
        ApplicationEvent,
        id=ward.book.new_id(at),
        application_id=title["application_id"],
        ward_code=WARD,
        at=at,
        account_id=signer.account_id,
        actor_name=signer.name,
        name="revoke",
        from_state=str(State.GRANTED),
        to_state=str(State.GRANTED),
        reason=reason,
        detail={},
    )
    ward.book.note(
        at,
        "title.revoke",
        ward_code=WARD,
        account_id=signer.account_id,
        subject_kind="title",
        subject_id=title["id"],
        detail={"year": title["year"], "kind": title["kind"]},
    )
