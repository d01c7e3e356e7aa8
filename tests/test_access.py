"""The policy, as a table of its own: who may do what with one case, and nobody with a relative's."""

from __future__ import annotations

import uuid

import pytest
from browser import Browser
from factories import (
    PASSWORD,
    actor_of,
    make_application,
    make_evidence,
    make_officer,
    make_resident,
    make_ward,
)
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from xhht_citizen.access.actions import grant_role, revoke_role
from xhht_citizen.access.models import RoleGrant
from xhht_citizen.access.queries import actor as actor_behind
from xhht_citizen.access.rules import ANONYMOUS, PERMISSIONS, Actor, Grant, Role, Thing, may
from xhht_citizen.applications.rules import TRANSITIONS
from xhht_citizen.database import Database, now
from xhht_citizen.errors import Conflict, Invalid
from xhht_citizen.helping.rules import Act
from xhht_citizen.people.sessions import open_session
from xhht_citizen.titles.models import Title

PERSON, FAMILY, COMMUNITY, OTHER = (uuid.uuid4() for _ in range(4))
CASE = Thing(PERSON, frozenset({FAMILY}), COMMUNITY, "19996", "46", submitted=True)


def officer(role: Role, **where: object) -> Actor:
    return Actor(account_id=uuid.uuid4(), grants=(Grant(role, **where),))  # type: ignore[arg-type]


def helper(*acts: Act) -> Actor:
    return somebody(person_id=PERSON, household_id=None, helper_id=uuid.uuid4(), acts=frozenset(acts))


def somebody(**who: object) -> Actor:
    return Actor(account_id=uuid.uuid4(), **{"person_id": uuid.uuid4(), "household_id": uuid.uuid4(), **who})  # type: ignore[arg-type]


WHO = {
    "visitor": ANONYMOUS,
    "stranger": somebody(),
    "owner": somebody(person_id=PERSON, household_id=FAMILY),
    "family": somebody(household_id=FAMILY),
    "head": officer(Role.COMMUNITY_HEAD, ward_code="19996", community_id=COMMUNITY),
    "other head": officer(Role.COMMUNITY_HEAD, ward_code="19996", community_id=OTHER),
    "reviewer": officer(Role.WARD_REVIEWER, ward_code="19996", province_code="46"),
    "other reviewer": officer(Role.WARD_REVIEWER, ward_code="20014", province_code="46"),
    "signer": officer(Role.WARD_SIGNER, ward_code="19996", province_code="46"),
    "other signer": officer(Role.WARD_SIGNER, ward_code="20014", province_code="46"),
    "province": officer(Role.PROVINCE_OFFICER, province_code="46"),
    "other province": officer(Role.PROVINCE_OFFICER, province_code="01"),
    "admin": officer(Role.ADMIN),
    # Helpers of PERSON while they act: their own account and hands, the person's record, nothing of a household.
    "helper acting": helper(*Act),
    "helper recording": helper(Act.EVIDENCE),
    "helper sending": helper(Act.CASE),
    "helper keeping": helper(Act.DETAILS),
    "helper of another": somebody(household_id=None, helper_id=uuid.uuid4(), acts=frozenset(Act)),
}
EVERYBODY = set(WHO)
HELPERS = {"helper acting", "helper recording", "helper sending", "helper keeping"}
ACTING = HELPERS | {"helper of another"}
ONESELF = EVERYBODY - {"visitor"} - ACTING
OFFICERS = ONESELF - {"stranger", "owner", "family"}
DESKS = OFFICERS - {"province", "other province", "admin"}
# With a case of PERSON that was sent in, its person, household and title.
MAY = {
    "account.own": ONESELF,
    "session.own": EVERYBODY - {"visitor"},
    "person.change": {"stranger", "owner", "family", "helper acting", "helper keeping", "helper of another"},
    "helper.mine": EVERYBODY - {"visitor"},
    "helper.act": set(),
    "helper.name_own": {"owner"},
    "helper.take": ONESELF,
    "helper.name_on_paper": {"head", "reviewer", "signer"},
    "job.view": set(),
    "notice.read": {"owner"},
    "notice.inbox": ONESELF,  # a person is warned of helpers there
    "notice.push": {"stranger", "owner", "family"},
    "year.own": {"stranger", "owner", "family"},
    "year.view": {"stranger", "owner", "family", *ACTING},
    "year.register": {"stranger", "owner", "family", "helper acting", "helper sending", "helper of another"},
    "draft.keep": {"stranger", "owner", "family", *ACTING},
    "evidence.view": {"owner", "head", "reviewer", "signer", *HELPERS - {"helper keeping"}},
    "evidence.change": {"owner", "helper acting", "helper recording"},
    "portfolio.view": {"owner", *HELPERS - {"helper keeping"}},
    "application.view": {"owner", "head", "reviewer", "signer"},
    "application.own": {"owner", "helper acting", "helper sending"},
    "application.endorse": {"head"},
    "application.review": {"reviewer"},
    "application.grant": {"signer"},
    "application.reopen": {"reviewer", "signer"},
    "meeting.view": {"head", "reviewer", "signer"},
    "meeting.enter": {"head"},
    "application.look_again": {"reviewer", "signer"},
    "bench.view": {"reviewer", "signer"},
    "bench.recommend": {"reviewer"},
    "bench.undo": {"reviewer", "signer"},
    "bench.assign": {"reviewer", "signer"},
    "queue.view": DESKS | {"province", "other province"},
    "residents.view": DESKS,
    "person.view": {"head", "reviewer", "signer"},
    "slip.make": {"head", "reviewer", "signer"},
    "consent.record": {"head", "reviewer", "signer"},
    "household.view": {"owner", "family", "head", "reviewer", "signer"},
    "group.view": {"head", "reviewer", "signer"},
    "group.manage": {"head", "reviewer", "signer"},
    "group.found": {"head", "reviewer", "signer"},
    "group.apply": set(),
    "group.counted": {"reviewer", "signer"},
    "activity.manage": {"head", "reviewer", "signer"},
    "activity.attend": {"stranger", "owner", "family"},
    "sheet.print": {"head", "reviewer", "signer"},
    "sheet.enter": {"head", "reviewer", "signer"},
    "year.register_others": {"head", "reviewer", "signer"},
    "roster.import": {"reviewer", "signer"},
    "register.view": {"reviewer", "signer", "province", "admin"},
    "title.view": {"owner", "head", "reviewer", "signer", "province", "admin", *HELPERS},
    "title.correct": {"reviewer", "signer"},
    "title.revoke": {"signer"},
    "decision.view": {"reviewer", "signer"},
    "decision.make": {"signer"},
    "batch.compose": {"reviewer", "signer"},
    "letterhead.set": {"reviewer", "signer"},
    "export.open": OFFICERS,
    "export.titles": {"reviewer", "signer", "province", "admin"},
    "standin.name": {"province", "admin"},
    "totals.declare": {"reviewer", "signer", "province"},
    "targets.set": {"reviewer", "signer", "province", "admin"},
    "admin.places": {"admin"},
    "admin.roles": {"admin"},
    "admin.outbox": {"admin"},
    "password.reset": {"reviewer", "signer", "admin"},
}
DECIDES = {step.permission for step in TRANSITIONS.values() if step.permission != "application.own"} | {"title.revoke"}


# With a group of SPEAKER's that sent a case in; `relative` is of its members. What is not named here is as above.
SPEAKER, RELATIVE, GROUP = (uuid.uuid4() for _ in range(3))
IN_GROUPS = {
    **WHO,
    "speaker": somebody(person_id=SPEAKER),
    "relative": somebody(person_id=RELATIVE),
    "at home": somebody(household_id=GROUP),
    # Helpers of who speaks for the group, of a member and of somebody at home in it: none of that is theirs.
    "helps speaker": somebody(person_id=SPEAKER, helper_id=uuid.uuid4(), acts=frozenset(Act)),
    "helps relative": somebody(person_id=RELATIVE, helper_id=uuid.uuid4(), acts=frozenset(Act)),
    "helps at home": somebody(household_id=GROUP, helper_id=uuid.uuid4(), acts=frozenset(Act)),
}
WARD_OFFICERS = {"reviewer", "signer"}
OF_GROUPS = {
    "household": {
        "application.view": {"speaker", "head", *WARD_OFFICERS},
        "application.endorse": {"head"},
        "application.review": {"reviewer"},
        "application.grant": {"signer"},
        "application.reopen": WARD_OFFICERS,
        "group.view": {"speaker", "relative", "head", *WARD_OFFICERS},
        "group.manage": {"speaker", "head", *WARD_OFFICERS},
        "group.found": {"head", *WARD_OFFICERS},
        "group.apply": {"speaker"},
        "group.counted": {"speaker", *WARD_OFFICERS},
        "household.view": {"at home", "head", *WARD_OFFICERS},
        "title.view": {"speaker", "relative", "head", *WARD_OFFICERS, "province", "admin"},
        "title.correct": WARD_OFFICERS,
        "title.revoke": {"signer"},
        "evidence.view": {"head", *WARD_OFFICERS},
        "evidence.change": set(),
        "portfolio.view": set(),
        "application.own": set(),
    },
    "clan": {"application.endorse": set()},
    "unit": {"application.endorse": set()},
    "community": {
        "application.endorse": set(),
        "group.apply": {"speaker", "head"},
        "group.counted": {"speaker", "head", *WARD_OFFICERS},
    },
    "agency": {
        "application.view": {"speaker", "head", *WARD_OFFICERS, "province"},
        "application.endorse": set(),
        "application.review": {"province"},
        "application.grant": {"province"},
        "application.reopen": {"province"},
        "group.manage": {"speaker", *WARD_OFFICERS},
        "group.found": WARD_OFFICERS,
        "group.counted": {"speaker", *WARD_OFFICERS, "province"},
        "title.correct": {"province"},
        "title.revoke": {"province"},
    },
}
# An officer of the ward speaks for its commune; the community's head and those who live there do not.
OF_GROUPS["commune"] = {
    **OF_GROUPS["agency"],
    "group.apply": {"speaker", *WARD_OFFICERS},
}


def group_thing(kind: str, *, submitted: bool = True) -> Thing:
    """A group of a kind in the community and ward of WHO's officers."""
    return Thing(
        None,
        frozenset({GROUP}) if kind == "household" else frozenset(),
        COMMUNITY,
        "19996",
        "46",
        submitted,
        kind=kind,
        speakers=frozenset({SPEAKER}),
        members=frozenset({RELATIVE}),
        decided_by="province" if kind in {"agency", "commune"} else "ward",
    )


@pytest.mark.parametrize("kind", OF_GROUPS)
def test_who_may_do_what_with_a_group(kind: str) -> None:
    expected = {**OF_GROUPS["household"], **OF_GROUPS[kind]}
    if kind != "household":
        expected["household.view"] = {"head", *WARD_OFFICERS}
    thing = group_thing(kind)
    allowed = {
        permission: {name for name, who in IN_GROUPS.items() if may(who, permission, thing)} for permission in expected
    }
    assert allowed == expected


@pytest.mark.parametrize("kind", OF_GROUPS)
def test_a_groups_draft_is_for_who_speaks_for_it(kind: str) -> None:
    thing = group_thing(kind, submitted=False)
    steps = ("application.view", "application.endorse", "application.review", "application.grant", "application.reopen")
    seen = {name for name, who in IN_GROUPS.items() for step in steps if may(who, step, thing)}
    speak = {"community": {"head"}, "commune": WARD_OFFICERS}
    assert seen == {"speaker"} | speak.get(kind, set())


@pytest.mark.parametrize("kind", OF_GROUPS)
def test_nobody_decides_on_a_group_they_speak_for(kind: str) -> None:
    """With every role there is: as a stranger, as who speaks for it, as a member, and at home in it."""
    grants = (
        Grant(Role.COMMUNITY_HEAD, ward_code="19996", community_id=OTHER),
        Grant(Role.WARD_REVIEWER, ward_code="20014" if kind == "commune" else "19996"),
        Grant(Role.WARD_SIGNER, ward_code="20014" if kind == "commune" else "19996"),
        Grant(Role.PROVINCE_OFFICER, province_code="46"),
    )
    steps = ("application.review", "application.grant", "application.reopen", "title.revoke")
    thing = group_thing(kind)

    def may_all(**who: object) -> set[str]:
        return {step for step in steps if may(somebody(grants=grants, **who), step, thing)}

    assert may_all() == set(steps)
    assert may_all(person_id=SPEAKER) == set()
    assert may_all(person_id=RELATIVE) == (set() if kind == "clan" else set(steps))
    assert may_all(household_id=GROUP) == (set() if kind == "household" else set(steps))
    inside = {
        "community": Grant(Role.COMMUNITY_HEAD, ward_code="19996", community_id=COMMUNITY),
        "commune": Grant(Role.WARD_REVIEWER, ward_code="19996"),
    }.get(kind)
    if inside is not None:
        both = somebody(grants=(*grants, inside))
        assert {step for step in steps if may(both, step, thing)} == set()


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_who_may(permission: str) -> None:
    assert {name for name, actor in WHO.items() if may(actor, permission, CASE)} == MAY[permission]


@pytest.mark.parametrize("permission", [name for name in PERMISSIONS if name.startswith(("application.", "evidence."))])
def test_what_was_not_sent_is_its_owners(permission: str) -> None:
    unsent = Thing(PERSON, frozenset({FAMILY}), COMMUNITY, "19996", "46", submitted=False)
    assert {name for name, actor in WHO.items() if may(actor, permission, unsent)} <= {"owner", *HELPERS}


def test_only_an_administrator_gives_an_officer_a_new_password() -> None:
    colleague = Thing(PERSON, frozenset({FAMILY}), COMMUNITY, "19996", "46", has_role=True)
    assert {name for name, actor in WHO.items() if may(actor, "password.reset", colleague)} == {"admin"}


@pytest.mark.parametrize("permission", sorted(DECIDES))
@pytest.mark.parametrize("kin", ["the person", "the household then", "the household now", "who they help"])
def test_nobody_decides_on_themselves_or_their_family(permission: str, kin: str) -> None:
    """An officer with every role there is, once as nobody's relative and once as a relative."""
    grants = (
        Grant(Role.COMMUNITY_HEAD, ward_code="19996", community_id=COMMUNITY),
        Grant(Role.WARD_REVIEWER, ward_code="19996"),
        Grant(Role.WARD_SIGNER, ward_code="19996"),
        Grant(Role.ADMIN),
    )
    now_at, then_at = uuid.uuid4(), uuid.uuid4()
    thing = Thing(PERSON, frozenset({now_at, then_at}), COMMUNITY, "19996", "46", submitted=True)
    relative = {
        "the person": {"person_id": PERSON},
        "the household then": {"household_id": then_at},
        "the household now": {"household_id": now_at},
        "who they help": {"helps": frozenset({PERSON})},
    }[kin]
    assert may(somebody(grants=grants), permission, thing)
    assert not may(somebody(grants=grants, **relative), permission, thing)


@pytest.mark.parametrize("permission", PERMISSIONS)
def test_who_declined_a_case_says_nothing_of_its_appeal(permission: str) -> None:
    """What one may do with any other case of the ward: all but to judge this one, or to open it again."""
    reviewer = officer(Role.WARD_REVIEWER, ward_code="19996")
    barred = Thing(
        PERSON, frozenset({FAMILY}), COMMUNITY, "19996", "46", submitted=True, barred=frozenset({reviewer.account_id})
    )
    closed = permission in {"application.review", "application.reopen", "application.look_again"}
    assert may(reviewer, permission, barred) == (may(reviewer, permission, CASE) and not closed)
    assert {name for name, who in WHO.items() if may(who, permission, barred)} == MAY[permission]


def test_an_unknown_permission_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        may(ANONYMOUS, "application.eat")


def test_the_actor_behind_a_device(database: Database) -> None:
    """Roles that are revoked and sessions that have ended count no more, at once."""
    with database.transaction() as db:
        ward = make_ward(db)
        resident = make_resident(db, ward, login="lan")
        made = make_officer(db, ward, Role.WARD_REVIEWER, "lan", resident=resident)
        make_officer(db, ward, Role.COMMUNITY_HEAD, "lan", resident=resident, community=1)
        session_id = open_session(db, made.account.id, "test").id
        expected = actor_of(db, made.account)
    with database.transaction() as db:
        who = actor_behind(db, session_id, since=made.account.created_at)
        assert who is not None
        assert (who.person_id, who.household_id, who.community_id, who.ward_code, who.consented) == (
            expected.person_id,
            expected.household_id,
            expected.community_id,
            "19996",
            True,
        )
        assert [grant.role for grant in who.grants] == [Role.WARD_REVIEWER, Role.COMMUNITY_HEAD]
        first = db.scalars(select(RoleGrant.id).where(RoleGrant.role == Role.WARD_REVIEWER)).one()
        revoke_role(db, first, revoked_by=made.account.id)
        who = actor_behind(db, session_id, since=made.account.created_at)
        assert who is not None
        assert [grant.role for grant in who.grants] == [Role.COMMUNITY_HEAD]
        assert actor_behind(db, session_id, since=now()) is None
        assert actor_behind(db, uuid.uuid4(), since=made.account.created_at) is None


def test_a_role_is_held_once_and_revoked_once(db: Session) -> None:
    ward = make_ward(db)
    admin = make_officer(db, ward, Role.ADMIN, "quan-tri").account
    account = make_officer(db, ward, Role.WARD_SIGNER, "ky").account
    assert grant_role(db, account.id, Role.WARD_SIGNER, place_code="19996") is False
    held = db.scalars(select(RoleGrant).where(RoleGrant.account_id == account.id)).one()
    revoke_role(db, held.id, revoked_by=admin.id)
    with pytest.raises(Conflict):
        revoke_role(db, held.id, revoked_by=admin.id)
    assert grant_role(db, account.id, Role.WARD_SIGNER, place_code="19996") is True
    own = db.scalars(select(RoleGrant).where(RoleGrant.account_id == admin.id)).one()
    with pytest.raises(Conflict):
        revoke_role(db, own.id, revoked_by=admin.id)


@pytest.mark.parametrize(
    ("role", "place", "field"),
    [
        (Role.WARD_REVIEWER, "46", "place_code"),
        (Role.PROVINCE_OFFICER, "19996", "place_code"),
        (Role.COMMUNITY_HEAD, "19996", "community_id"),
    ],
)
def test_a_role_has_its_place(db: Session, role: Role, place: str, field: str) -> None:
    account = make_officer(db, make_ward(db), Role.ADMIN, "quan-tri").account
    with pytest.raises(Invalid) as refused:
        grant_role(db, account.id, role, place_code=place)
    assert refused.value.field == field


def test_anothers_things_by_their_address(app: Flask, database: Database) -> None:
    """Whoever has no business there and types the address: 403 or 404, and nothing changes hands."""
    with database.transaction() as db:
        ward, away = make_ward(db), make_ward(db, "20014", "Phường Kim Trà")
        owner = make_resident(db, ward, login="chu")
        evidence = make_evidence(db, owner, "Lớp tin học")
        case = make_application(db, owner, "granted").id
        title = db.scalars(select(Title.id).where(Title.application_id == case)).one()
        make_resident(db, ward, login="hang-xom")
        make_officer(db, away, Role.WARD_REVIEWER, "xet-noi-khac")
        make_officer(db, away, Role.WARD_SIGNER, "ky-noi-khac")
        make_officer(db, ward, Role.COMMUNITY_HEAD, "to-truong-khac", community=2)
        person, household, name = owner.id, owner.household.id, owner.name
        account = owner.account.id  # type: ignore[union-attr]
    looked_at = {
        f"/minh-chung/{evidence}",
        f"/minh-chung/{evidence}/sua",
        f"/xet-duyet/{case}",
        f"/dan-cu/{person}",
        f"/ho-gia-dinh/{household}",
        f"/danh-hieu/{title}",
        f"/danh-hieu/{title}/thu-hoi",
        f"/tai-khoan/{account}/mat-khau-moi",
        f"/quyet-dinh/moi?ho-so={case}",
        "/so-lieu/danh-hieu?noi=19996",
        "/quan-tri",
        "/quan-tri/dia-ban/19996",
    }
    sent = {
        f"/minh-chung/{evidence}/sua",
        f"/minh-chung/{evidence}/rut",
        f"/minh-chung/{evidence}/tep",
        f"/ho-so/{case}/rut",
        f"/ho-so/{case}/mo-lai",
        f"/xet-duyet/{case}",
        f"/xet-duyet/{case}/reopen",
        f"/danh-hieu/{title}/thu-hoi",
        f"/tai-khoan/{account}/mat-khau-moi",
        "/quan-tri/dia-ban/19996",
    }
    for login in ("hang-xom", "xet-noi-khac", "ky-noi-khac", "to-truong-khac"):
        browser = Browser(app).get("/dang-nhap").submit(fields={"login": login, "password": PASSWORD})
        assert browser.status == 200
        for path in sorted(looked_at):
            # A signer's own page of decisions opens whatever one asks for in its address, and names nobody.
            closed = browser.get(path).status in {403, 404} or browser.screen() == "decisions.new"
            assert closed, f"{login} opened {path}"
            assert name not in browser.text
        browser.get("/tai-khoan")
        for path in sorted(sent):
            assert browser.post(path, {"reason": "thử"}).status in {403, 404}, f"{login} sent {path}"
            browser.get("/tai-khoan")
