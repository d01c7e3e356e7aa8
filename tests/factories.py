"""Synthetic rows for tests, made through the actions people use; deterministic names, nobody real.

    make_ward(db, code="19996", communities=3, community_step=True, disadvantaged=False) -> Ward
                                        province, commune, communities "Tổ 1".."Tổ n", the ward's policy
    make_resident(db, ward, name=None, community=0, household=None, birth_year=1985, relation=None, group="residents",
                  login=None) -> Resident       person, household, community; an account (consent given) when `login`
    make_officer(db, ward, role, login, community=0, resident=None, name=None) -> Officer
                                        an account with one more role; `resident`: that person's own account
    give_account(db, login, resident=None, name=None, consented=True) -> Account   password is PASSWORD
    make_evidence(db, resident, title, codes, learned_on=None, note=None) -> uuid of evidence without files
    make_application(db, resident, state="submitted", points=8, answers=None, year=YEAR, by=None, decision=DECISION)
                                        -> Application in any state of the workflow, taken there step by step;
                                        `answers`: {code: points} over `points`; `by`: the officer's Actor
    make_clan(db, ward, name, community=None, households=()) -> Clan
    make_unit(db, ward, name, kind="office", managed_by="commune", members=(), learners=()) -> Unit
    make_title(db, resident, kind=Kind.CITIZEN, subject=None, year=YEAR) -> Title without a case before it
    make_activity(db, ward, officer, plan, community=0, people=()) -> Activity   `people`: its confirmed list
    make_group(db, kind, id) -> Group; make_head(db, kind, id, resident) leads a clan or unit
    make_group_application(db, group, state="submitted", points=10, no=frozenset(), owner=None, by=None)
                                        -> Application of a group in any state, as make_application
    make_helper(db, resident, account, acts=tuple(Act), until=<last of the year>, paper=None) -> Helper   acts for them
    actor_of(db, account) -> Actor      as a signed-in device of the account would be
    make_app(url, folder) -> Flask      the app on a database with the schema made; app.testing is on

Nothing commits: the caller does. `PASSWORD` fits every account (hashed once a run, sign-in is what costs time).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen import clock
from xhht_citizen.access.actions import grant_role
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.rules import Actor, Grant, Role
from xhht_citizen.access.standing_in import StandsIn
from xhht_citizen.activities import actions as activities
from xhht_citizen.activities.models import Activity
from xhht_citizen.activities.rules import Plan, Way
from xhht_citizen.app import create_app
from xhht_citizen.applications import actions as applications
from xhht_citizen.applications.effects import DecisionDetails
from xhht_citizen.applications.groups import start_group
from xhht_citizen.applications.measuring import measure
from xhht_citizen.applications.models import Application
from xhht_citizen.applications.queries import has_consent
from xhht_citizen.applications.queues import community_step
from xhht_citizen.applications.rules import TRANSITIONS, Judgement, Verdict, choices
from xhht_citizen.config import Settings
from xhht_citizen.criteria import catalogue
from xhht_citizen.database import new_id
from xhht_citizen.evidence.models import Evidence, EvidenceIndicator
from xhht_citizen.groups import queries as groups
from xhht_citizen.groups.models import Clan, ClanMembership, Mandate, Unit, UnitMembership
from xhht_citizen.groups.rules import Group, Kind, Subject
from xhht_citizen.helping.models import Helper
from xhht_citizen.helping.rules import Act
from xhht_citizen.people import actions as people
from xhht_citizen.people.actions import NewPerson
from xhht_citizen.people.models import Account, Household, Person
from xhht_citizen.people.queries import home_of
from xhht_citizen.people.rules import Birth
from xhht_citizen.people.sessions import hash_password
from xhht_citizen.places.actions import add_community, save_ward_settings
from xhht_citizen.places.models import Commune, Community, Province
from xhht_citizen.places.rules import CommunityKind, WardPolicy, search_key
from xhht_citizen.titles import actions as titles
from xhht_citizen.titles.models import Title
from xhht_citizen.vietnamese import fold, sort_key

PASSWORD = "hoa-sen-mau-26"
KEY = "khoa-thu-nghiem-khong-dung-o-dau-ca-0123456789"
TODAY = clock.today()
YEAR = TODAY.year
DECISION = DecisionDetails("128/QĐ-UBND", TODAY, "Nguyễn Mẫu Ký")
FAMILY_NAMES = ("Trần", "Lê", "Phạm", "Hoàng", "Võ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương")
GIVEN_NAMES = ("An", "Bách", "Diệp", "Đào", "Hường", "Khoa", "Lan", "Nhi", "Phúc", "Quyên", "Sen", "Thu", "Ý")
# Where each state is reached from: the steps of a case, in order.
STEPS = {
    "draft": (),
    "submitted": ("submit",),
    "endorsed": ("submit", "endorse"),
    "objected": ("submit", "object"),
    "under_review": ("submit", "endorse", "take"),
    "returned": ("submit", "endorse", "take", "return"),
    "recommended": ("submit", "endorse", "take", "recommend"),
    "declined": ("submit", "endorse", "take", "decline"),
    "appealed": ("submit", "endorse", "take", "decline", "appeal"),
    "granted": ("submit", "endorse", "take", "recommend", "grant"),
    "withdrawn": ("submit", "withdraw"),
}
OWNERS = {name for name, step in TRANSITIONS.items() if step.permission == "application.own"}


@dataclass
class Ward:
    """A ward with its communities; counts the people made in it, so that their names differ."""

    code: str
    name: str
    province_code: str
    communities: list[Community]
    policy: WardPolicy
    made: int = 0


@dataclass
class Resident:
    """A person at home somewhere, with an account or without."""

    person: Person
    household: Household
    ward: Ward
    account: Account | None = None
    login: str | None = None
    password: str = field(default=PASSWORD, repr=False)

    @property
    def id(self) -> uuid.UUID:
        return self.person.id

    @property
    def name(self) -> str:
        return self.person.name


@dataclass
class Officer:
    """An account that holds a role."""

    account: Account
    login: str
    role: Role
    password: str = field(default=PASSWORD, repr=False)


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


def made_name(number: int) -> str:
    """A synthetic name, another one for each of the first 520 numbers."""
    given = GIVEN_NAMES[number % len(GIVEN_NAMES)]
    family = FAMILY_NAMES[number // len(GIVEN_NAMES) % len(FAMILY_NAMES)]
    middle = ("Thị", "Văn", "Ngọc", "Hữu")[number // (len(GIVEN_NAMES) * len(FAMILY_NAMES)) % 4]
    return f"{family} {middle} Mẫu {given}"


def make_ward(
    db: Session,
    code: str = "19996",
    name: str = "Phường Hương Trà",
    *,
    communities: int = 3,
    community_step: bool = True,
    disadvantaged: bool = False,
    province_code: str = "46",
    province_name: str = "Thành phố Huế",
) -> Ward:
    """A ward of a province with communities "Tổ 1", "Tổ 2", ...; the province is made when it is not there."""
    start = date(2025, 7, 1)
    if db.get(Province, province_code) is None:
        key = search_key(province_name)
        db.add(
            Province(
                code=province_code, name=province_name, kind="thanh-pho", search_key=key, valid_from=start, act="thử"
            )
        )
        db.flush()
    kind = "phuong" if name.startswith("Phường") else "xa"
    db.add(
        Commune(
            code=code,
            province_code=province_code,
            name=name,
            kind=kind,
            search_key=search_key(name),
            valid_from=start,
            act="thử",
        )
    )
    db.flush()
    policy = WardPolicy(code, community_step=community_step, disadvantaged=disadvantaged)
    save_ward_settings(db, policy)
    rows = [add_community(db, code, f"Tổ {number}", CommunityKind.TO) for number in range(1, communities + 1)]
    db.flush()
    return Ward(code, name, province_code, rows, policy)


def make_resident(
    db: Session,
    ward: Ward,
    name: str | None = None,
    *,
    community: int = 0,
    household: Household | None = None,
    birth_year: int = 1985,
    relation: str | None = None,
    group: str = "residents",
    login: str | None = None,
) -> Resident:
    """A person in a new household of the community, or in the household given."""
    ward.made += 1
    person = people.add_person(
        db, NewPerson(name or made_name(ward.made), Birth(birth_year), learner_group=group), id_key=KEY
    )
    if household is None:
        household = people.found_household(
            db,
            person.id,
            ward_code=ward.code,
            community_id=ward.communities[community].id,
            address=None,
            account_id=None,
        )
    else:
        people.move_in(db, person.id, household, relation=relation or "child", account_id=None)
    resident = Resident(person, household, ward)
    if login is not None:
        give_account(db, login, resident)
    return resident


def give_account(
    db: Session, login: str, resident: Resident | None = None, *, name: str | None = None, consented: bool = True
) -> Account:
    """An account with PASSWORD, of a resident (who consented) or of nobody in the roster."""
    shown = name or (resident.name if resident else f"Cán bộ {login}")
    account = Account(
        id=new_id(),
        login=login,
        display_name=shown,
        search_key=fold(shown),
        password_hash=_hash(),
        person_id=resident.id if resident else None,
    )
    db.add(account)
    db.flush()
    if resident is not None:
        resident.account, resident.login = account, login
        if consented:
            people.give_consent(db, resident.id, channel="web", account_id=account.id)
    return account


def make_officer(
    db: Session,
    ward: Ward,
    role: Role | str,
    login: str,
    *,
    community: int = 0,
    resident: Resident | None = None,
    name: str | None = None,
) -> Officer:
    """An account with a role in the ward (its province for a province officer); called again, one more role."""
    role = Role(role)
    account = resident.account if resident else None
    if account is None:
        account = db.scalars(select(Account).where(Account.login == login)).one_or_none()
    if account is None:
        account = give_account(db, login, resident, name=name)
    place = {Role.PROVINCE_OFFICER: ward.province_code, Role.ADMIN: ""}.get(role, ward.code)
    home = ward.communities[community].id if role is Role.COMMUNITY_HEAD else None
    grant_role(db, account.id, role, place_code=place, community_id=home)
    return Officer(account, account.login, role)


def make_helper(
    db: Session,
    resident: Resident,
    account: Account,
    acts: Sequence[Act] = tuple(Act),
    *,
    until: date = date(YEAR, 12, 31),
    paper: str | None = None,
) -> Helper:
    """The account acts for the resident; the row may be one that has run out."""
    row = Helper(
        id=new_id(),
        ward_code=resident.ward.code,
        person_id=resident.id,
        account_id=account.id,
        acts=[str(act) for act in acts],
        until=until,
        way="paper" if paper else "app",
        paper=paper,
    )
    db.add(row)
    db.flush()
    return row


def actor_of(db: Session, account: Account) -> Actor:
    """The actor a signed-in device of the account would be."""
    grants = db.scalars(select(RoleGrant).where(RoleGrant.account_id == account.id, RoleGrant.revoked_at.is_(None)))
    home = home_of(db, account.person_id) if account.person_id else None
    return Actor(
        account_id=account.id,
        name=account.display_name,
        login=account.login,
        person_id=account.person_id,
        household_id=home.household_id if home else None,
        community_id=home.community_id if home else None,
        ward_code=home.ward_code if home else None,
        consented=True,
        grants=tuple(
            Grant(
                Role(row.role),
                row.province_code,
                row.ward_code,
                row.community_id,
                StandsIn(row.stands_in) if row.stands_in else None,
            )
            for row in grants
        ),
    )


def make_evidence(
    db: Session,
    resident: Resident,
    title: str,
    codes: tuple[str, ...] = ("1.3",),
    *,
    kind: str = "course",
    learned_on: date | None = None,
    note: str | None = None,
) -> uuid.UUID:
    """A course of the year with a witness instead of papers."""
    day = learned_on or date(YEAR, 3, 14)
    row = Evidence(
        id=new_id(),
        ward_code=resident.ward.code,
        person_id=resident.id,
        kind=kind,
        title=title,
        provider="Trung tâm học tập cộng đồng",
        learned_on=day,
        year=day.year,
        minutes=240,
        witness="Tổ trưởng Mẫu",
        note=note,
    )
    row.indicators = [EvidenceIndicator(evidence_id=row.id, code=code) for code in codes]
    row.files = []
    db.add(row)
    db.flush()
    return row.id


def make_application(
    db: Session,
    resident: Resident,
    state: str = "submitted",
    *,
    points: int = 8,
    answers: dict[str, int] | None = None,
    year: int = YEAR,
    by: Actor | None = None,
    decision: DecisionDetails = DECISION,
    today: date = TODAY,
) -> Application:
    """The resident's case of the year in a state, taken there by the steps people take."""
    owner = Actor(resident.account.id if resident.account else None, name=resident.name, person_id=resident.id)
    officer = by or Actor(name="Cán bộ Mẫu")
    if not has_consent(db, resident.id):  # on paper, where there is no account
        people.give_consent(db, resident.id, channel="paper", account_id=None)
    case = applications.start(db, resident.person, year, actor=owner)
    criteria = catalogue.get(case.criteria_set)
    tagged: dict[str, set[uuid.UUID]] = {line.code: set() for line in criteria.lines}
    own = select(EvidenceIndicator.code, EvidenceIndicator.evidence_id).join(
        Evidence, Evidence.id == EvidenceIndicator.evidence_id
    )
    for code, evidence_id in db.execute(own.where(Evidence.person_id == resident.id)):
        tagged.setdefault(code, set()).add(evidence_id)
    for line in criteria.lines:
        claimed = (answers or {}).get(line.code, points)
        applications.answer(
            db, case.id, line.code, points=claimed, note="Có người làm chứng.", evidence=tagged[line.code]
        )
    for name in STEPS[state]:
        if name == "endorse" and not resident.ward.policy.community_step:
            continue
        if name in {"return", "recommend"}:
            _judge(db, case, officer, ask=name == "return")
        applications.move(
            db,
            case.id,
            name,
            actor=owner if name in OWNERS else officer,
            today=today,
            reason="Cần bổ sung giấy tờ." if TRANSITIONS[name].reason else None,
            decision=decision if name == "grant" else None,
        )
    return case


def _judge(db: Session, case: Application, officer: Actor, *, ask: bool) -> None:
    words = [Judgement(line.code, Verdict.CONFIRM) for line in case.lines]
    if ask:
        words[0] = Judgement(words[0].code, Verdict.ASK, reason="Xin thêm tên người làm chứng.")
    applications.judge(db, case.id, words, actor=officer, version=case.version)


def make_activity(
    db: Session,
    ward: Ward,
    officer: Officer,
    plan: Plan | None = None,
    *,
    community: int | None = 0,
    people: Sequence[Resident] = (),
) -> Activity:
    """A class of today in a community (None: the whole ward), led by the officer; `people` are its confirmed list."""
    row = activities.plan(
        db,
        new_id(),
        plan or Plan("course", "Lớp kỹ năng số cho người cao tuổi", TODAY, frozenset({"1.3", "2.1"}), minutes=120),
        ward_code=ward.code,
        community_id=None if community is None else ward.communities[community].id,
        known=frozenset(catalogue.get("citizen-324-residents").by_code),
        account_id=officer.account.id,
        today=TODAY,
    )
    if people:
        ids = {one.id for one in people}
        activities.put(db, row.id, ids, way=Way.TICKED, account_id=officer.account.id, today=TODAY)
        activities.confirm(db, row.id, seen=len(ids), account_id=officer.account.id, today=TODAY)
    return row


def make_app(url: str, folder: Path) -> Flask:
    """The app as `xhht serve` runs it, on this database."""
    settings = Settings(data_dir=folder, database_url=url, secret_key=KEY, secure_cookies=False)
    app = create_app(settings)
    app.testing = True
    return app


def make_clan(
    db: Session,
    ward: Ward,
    name: str = "Họ Trần Mẫu",
    *,
    community: int | None = None,
    households: Sequence[Household] = (),
    side: str = "father",
) -> Clan:
    """A clan of the ward with these households in it."""
    clan = Clan(
        id=new_id(),
        ward_code=ward.code,
        community_id=None if community is None else ward.communities[community].id,
        name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
    )
    db.add(clan)
    db.flush()
    db.add_all(
        ClanMembership(ward_code=ward.code, clan_id=clan.id, household_id=household.id, side=side)
        for household in households
    )
    db.flush()
    return clan


def make_unit(
    db: Session,
    ward: Ward,
    name: str = "Trường Mẫu Hương",
    *,
    kind: str = "office",
    managed_by: str = "commune",
    members: Sequence[Resident] = (),
    learners: Sequence[Resident] = (),
) -> Unit:
    """A unit of the ward with these people working and learning in it."""
    unit = Unit(
        id=new_id(),
        ward_code=ward.code,
        name=name,
        sort_key=sort_key(name),
        search_key=fold(name),
        kind=kind,
        managed_by=managed_by,
    )
    db.add(unit)
    db.flush()
    for part, people_in in (("member", members), ("learner", learners)):
        db.add_all(
            UnitMembership(ward_code=ward.code, unit_id=unit.id, person_id=one.id, part=part) for one in people_in
        )
    db.flush()
    return unit


def make_title(
    db: Session,
    resident: Resident,
    *,
    kind: Kind = Kind.CITIZEN,
    subject: Subject | None = None,
    year: int = YEAR,
) -> Title:
    """A title as a decision gives it, without the case before it: the resident's own, or of their household or group.

    The caller recounts.
    """
    if subject is None:
        if kind is Kind.CITIZEN:
            subject = titles.subject_of(resident.person)
        else:
            home = groups.group(db, Kind.HOUSEHOLD, resident.household.id)
            assert home is not None
            subject = home.subject
    decision = titles.enter_decision(
        db,
        resident.ward.code,
        number=DECISION.number,
        decided_on=DECISION.decided_on,
        signatory=DECISION.signatory,
        account_id=None,
        today=TODAY,
    )
    return titles.grant(
        db,
        subject,
        year=year,
        ward_code=resident.ward.code,
        community_id=resident.household.community_id,
        household_id=resident.household.id,
        application_id=new_id(),
        decision=decision,
        points=86,
    )


def make_group(db: Session, kind: Kind, group_id: uuid.UUID) -> Group:
    """The group of a kind as one thing."""
    found = groups.group(db, kind, group_id)
    assert found is not None
    return found


def make_head(db: Session, kind: str, group_id: uuid.UUID, resident: Resident) -> None:
    """The resident leads the clan or unit."""
    db.add(Mandate(ward_code=resident.ward.code, kind=kind, group_id=group_id, person_id=resident.id, part="head"))
    db.flush()


def make_group_application(
    db: Session,
    group: Group,
    state: str = "submitted",
    *,
    points: int = 10,
    no: frozenset[str] = frozenset(),
    year: int = YEAR,
    owner: Actor | None = None,
    by: Actor | None = None,
    decision: DecisionDetails = DECISION,
    today: date = TODAY,
) -> Application:
    """A group's case of the year in a state, taken there step by step; yes to every question but those of `no`."""
    owner, officer = owner or Actor(name="Người phụ trách Mẫu"), by or Actor(name="Cán bộ Mẫu")
    case = start_group(db, group, year, actor=owner)
    for line in measure(db, group, year, today, case=case).answerable:
        given = choices(line)
        yes = max((one for one in given if one <= points), default=given[0]) if line.ladder else given[-1]
        applications.answer(
            db, case.id, line.code, points=0 if line.code in no else yes, note="Có người biết.", evidence=set()
        )
    for name in STEPS[state]:
        if name == "endorse" and not community_step(db, case):
            continue
        if name in {"return", "recommend"}:
            _judge_group(db, case, officer, ask=name == "return")
        applications.move(
            db,
            case.id,
            name,
            actor=owner if name in OWNERS else officer,
            today=today,
            reason="Cần bổ sung." if TRANSITIONS[name].reason else None,
            decision=decision if name == "grant" else None,
        )
    return case


def _judge_group(db: Session, case: Application, officer: Actor, *, ask: bool) -> None:
    asked = [row.code for row in case.lines if catalogue.get(case.criteria_set).by_code[row.code].reads != "ratio"]
    words = [Judgement(code, Verdict.CONFIRM) for code in asked]
    if ask:
        words[0] = Judgement(asked[0], Verdict.ASK, reason="Xin kể rõ hơn.")
    applications.judge(db, case.id, words, actor=officer, version=case.version)
