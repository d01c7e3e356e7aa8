"""The policy in one table: permission -> any of [all of these predicates].

A predicate is a pure function of an Actor (who asks) and a Thing (what is asked for).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xhht_citizen.access.standing_in import STANDS_IN_LABELS, StandsIn
from xhht_citizen.helping.rules import Act

LONGEST_NAME = 50  # of each of the two names in a signature, which a column of 120 letters holds


class Role(StrEnum):
    """What somebody does for others; being a resident needs no role."""

    COMMUNITY_HEAD = "community_head"
    WARD_REVIEWER = "ward_reviewer"
    WARD_SIGNER = "ward_signer"
    PROVINCE_OFFICER = "province_officer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Grant:
    """One open role and the place it holds in; `stands_in` where it is held for a ward's missing association."""

    role: Role
    province_code: str | None = None
    ward_code: str | None = None
    community_id: uuid.UUID | None = None
    stands_in: StandsIn | None = None


@dataclass(frozen=True)
class Actor:
    """Who asks: the account, the person behind it, where they live, the roles they hold.

    While a helper acts for somebody, the person is that one: `person_id`, `community_id`, `ward_code`, `name` and
    `consented` are theirs, there is no household to speak for and no role; `helper_id` is the mandate, `acts` what it
    is for, `until` its last day, `own_person_id` and `own_name` whose hands it is. `lapsed` is the mandate this device
    acted under when it has ended: the person is oneself again. `helps`: whose cases one judges nothing of.
    """

    account_id: uuid.UUID | None = None
    session_id: uuid.UUID | None = None
    name: str = ""
    login: str = ""
    person_id: uuid.UUID | None = None
    household_id: uuid.UUID | None = None
    community_id: uuid.UUID | None = None
    ward_code: str | None = None
    consented: bool = False
    must_change_password: bool = False
    grants: tuple[Grant, ...] = ()
    helper_id: uuid.UUID | None = None
    acts: frozenset[Act] = frozenset()
    until: date | None = None
    own_person_id: uuid.UUID | None = None
    own_name: str = ""
    lapsed: uuid.UUID | None = None
    helps: frozenset[uuid.UUID] = frozenset()

    @property
    def acting(self) -> bool:
        """A helper acts for somebody."""
        return self.helper_id is not None

    @property
    def signature(self) -> str:
        """How what one does is signed: by whom, and for whom."""
        if not self.acting:
            return self.name
        return f"{self.own_name[:LONGEST_NAME]} (làm thay {self.name[:LONGEST_NAME]})"

    def signature_in(self, ward_code: str | None) -> str:
        """How what one does for a ward is signed: also for whose association, where the ward has none."""
        whose = next((one.stands_in for one in self.grants if one.ward_code == ward_code and one.stands_in), None)
        return f"{self.name[:LONGEST_NAME]} ({STANDS_IN_LABELS[whose]})" if whose else self.signature

    def roles(self) -> frozenset[Role]:
        """The names of the roles held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def grant(self, *roles: Role) -> Grant | None:
        """The first grant of one of these roles."""
        return next((grant for grant in self.grants if grant.role in roles), None)


ANONYMOUS = Actor()


@dataclass(frozen=True)
class Thing:
    """What is asked for, reduced to what the policy reads.

    `household_ids` are the household at submission and today's; `submitted` is true once the owner has sent it in;
    `has_role` is true for an account that works for others. Of a group: `kind` is its kind of title, `speakers` are
    the persons who speak for it today, `members` the one who asks, where they belong to it; `decided_by` says who
    decides on its title, the ward or the province. `barred` are accounts that decided on it before: on an appeal
    somebody else does. `owner_id` is the account a thing was made for, such as long work asked for.
    """

    person_id: uuid.UUID | None = None
    household_ids: frozenset[uuid.UUID] = frozenset()
    community_id: uuid.UUID | None = None
    ward_code: str | None = None
    province_code: str | None = None
    submitted: bool = False
    has_role: bool = False
    kind: str = "citizen"
    speakers: frozenset[uuid.UUID] = frozenset()
    members: frozenset[uuid.UUID] = frozenset()
    decided_by: str = "ward"
    barred: frozenset[uuid.UUID] = frozenset()
    owner_id: uuid.UUID | None = None


NOTHING = Thing()
Predicate = Callable[[Actor, Thing], bool]


def signed_in(actor: Actor, thing: Thing) -> bool:
    """Somebody with an account."""
    return actor.account_id is not None


def asked_for_it(actor: Actor, thing: Thing) -> bool:
    """The account for which the thing was made."""
    return actor.account_id is not None and actor.account_id == thing.owner_id


def oneself(actor: Actor, thing: Thing) -> bool:
    """Nobody acts for somebody here: what stays with the person."""
    return not actor.acting


def records(actor: Actor, thing: Thing) -> bool:
    """The person, or a helper named to record what they learned."""
    return not actor.acting or Act.EVIDENCE in actor.acts


def sends(actor: Actor, thing: Thing) -> bool:
    """The person, or a helper named to register, assess and send."""
    return not actor.acting or Act.CASE in actor.acts


def keeps(actor: Actor, thing: Thing) -> bool:
    """The person, or a helper named to correct details and home."""
    return not actor.acting or Act.DETAILS in actor.acts


def is_resident(actor: Actor, thing: Thing) -> bool:
    """The account belongs to a person with a record of their own."""
    return actor.person_id is not None


def own(actor: Actor, thing: Thing) -> bool:
    """The person's own thing."""
    return actor.person_id is not None and actor.person_id == thing.person_id


def own_household(actor: Actor, thing: Thing) -> bool:
    """A member of the household asks; never a helper of one."""
    return not actor.acting and actor.household_id is not None and actor.household_id in thing.household_ids


def belongs(actor: Actor, thing: Thing) -> bool:
    """A member of the group asks; never a helper of one."""
    return not actor.acting and actor.person_id is not None and actor.person_id in thing.members


def speaks_for(actor: Actor, thing: Thing) -> bool:
    """The group's head asks, or somebody with its mandate; a community's chi hội head, an officer of a commune.

    Never a helper: who acts for a head does not act for the head's group.
    """
    if actor.acting:
        return False
    if actor.person_id is not None and actor.person_id in thing.speakers:
        return True
    if thing.kind == "commune":
        return officer_of_ward(actor, thing)
    return thing.kind == "community" and heads_community(actor, thing)


def not_family(actor: Actor, thing: Thing) -> bool:
    """Neither the own case nor one of the own household, nor of a group one speaks for, nor of the own clan, nor of
    somebody one acts for.

    Nobody reviews these. Who merely lives in a community or works in a unit may: everybody in a ward lives somewhere.
    """
    kin = thing.kind == "clan" and belongs(actor, thing)
    helps = thing.person_id is not None and thing.person_id in actor.helps
    return not (own(actor, thing) or own_household(actor, thing) or speaks_for(actor, thing) or kin or helps)


def impartial(actor: Actor, thing: Thing) -> bool:
    """Did not decide on it before it was appealed."""
    return actor.account_id not in thing.barred


def ward_decides(actor: Actor, thing: Thing) -> bool:
    """The title is reviewed and decided in the ward."""
    return thing.decided_by == "ward"


def province_decides(actor: Actor, thing: Thing) -> bool:
    """The title is reviewed and decided by the province."""
    return thing.decided_by == "province"


def passes_community(actor: Actor, thing: Thing) -> bool:
    """A case that the community may speak of before the ward does: a person's or a household's."""
    return thing.kind in {"citizen", "household"}


def of_the_community(actor: Actor, thing: Thing) -> bool:
    """What a chi hội may manage where it stands in its community: not what the province or the ward itself leads."""
    return thing.kind not in {"agency", "commune"}


def submitted(actor: Actor, thing: Thing) -> bool:
    """The owner has sent it in, so that those who review may see it."""
    return thing.submitted


def without_role(actor: Actor, thing: Thing) -> bool:
    """An account that holds no role: a resident's and nothing else."""
    return not thing.has_role


def heads_community(actor: Actor, thing: Thing) -> bool:
    """Head of the community the thing belongs to."""
    return thing.community_id is not None and any(
        grant.role is Role.COMMUNITY_HEAD and grant.community_id == thing.community_id for grant in actor.grants
    )


def _in_ward(actor: Actor, thing: Thing, *roles: Role) -> bool:
    return thing.ward_code is not None and any(
        grant.role in roles and grant.ward_code == thing.ward_code for grant in actor.grants
    )


def reviews_ward(actor: Actor, thing: Thing) -> bool:
    """Reviewer of the thing's ward."""
    return _in_ward(actor, thing, Role.WARD_REVIEWER)


def signs_ward(actor: Actor, thing: Thing) -> bool:
    """Signer of the thing's ward."""
    return _in_ward(actor, thing, Role.WARD_SIGNER)


def officer_of_ward(actor: Actor, thing: Thing) -> bool:
    """Reviewer or signer of the thing's ward."""
    return _in_ward(actor, thing, Role.WARD_REVIEWER, Role.WARD_SIGNER)


def officer_of_province(actor: Actor, thing: Thing) -> bool:
    """Officer of the province the thing lies in."""
    return thing.province_code is not None and any(
        grant.role is Role.PROVINCE_OFFICER and grant.province_code == thing.province_code for grant in actor.grants
    )


def serves_province(actor: Actor, thing: Thing) -> bool:
    """Officer of a province, whichever: has a desk for what provinces decide."""
    return Role.PROVINCE_OFFICER in actor.roles()


def reviews_somewhere(actor: Actor, thing: Thing) -> bool:
    """Has a review desk of their own: head of a community, reviewer or signer of a ward."""
    return bool(actor.roles() & {Role.COMMUNITY_HEAD, Role.WARD_REVIEWER, Role.WARD_SIGNER})


def is_officer(actor: Actor, thing: Thing) -> bool:
    """Holds any role."""
    return bool(actor.grants)


def is_admin(actor: Actor, thing: Thing) -> bool:
    """Administrator of the installation."""
    return Role.ADMIN in actor.roles()


PERMISSIONS: dict[str, tuple[tuple[Predicate, ...], ...]] = {
    # What a helper may do while acting is said by `records`, `sends`, `keeps`; what says nothing of it but `oneself`,
    # or asks for a role, a household or a group, is closed to them.
    "account.own": ((signed_in, oneself),),
    "session.own": ((signed_in,),),
    "person.change": ((signed_in, is_resident, keeps),),
    "helper.mine": ((signed_in,),),
    "helper.act": ((asked_for_it,),),
    "helper.name_own": ((own, oneself),),
    "helper.take": ((signed_in, oneself),),
    "helper.name_on_paper": ((heads_community,), (officer_of_ward,)),
    "job.view": ((asked_for_it, oneself),),
    "notice.inbox": ((signed_in, oneself),),
    "notice.push": ((is_resident, oneself),),
    "notice.read": ((asked_for_it, oneself), (own, oneself)),
    "year.own": ((signed_in, is_resident, oneself),),
    "year.view": ((signed_in, is_resident),),
    "year.register": ((signed_in, is_resident, sends),),
    "evidence.view": ((own, records), (own, sends), (submitted, heads_community), (submitted, officer_of_ward)),
    "evidence.change": ((own, records),),
    "portfolio.view": ((own, records), (own, sends)),
    # What is typed and not sent yet: of whoever types it, about oneself or whom one acts for.
    "draft.keep": ((signed_in, is_resident),),
    "application.view": (
        (own, oneself),
        (speaks_for,),
        (submitted, heads_community),
        (submitted, officer_of_ward),
        (submitted, officer_of_province, province_decides),
    ),
    "application.own": ((own, sends),),
    "application.endorse": ((submitted, heads_community, passes_community, not_family),),
    "application.review": (
        (submitted, reviews_ward, ward_decides, not_family, impartial),
        (submitted, officer_of_province, province_decides, not_family, impartial),
    ),
    "application.grant": (
        (submitted, signs_ward, ward_decides, not_family),
        (submitted, officer_of_province, province_decides, not_family),
    ),
    "application.reopen": (
        (submitted, officer_of_ward, ward_decides, not_family, impartial),
        (submitted, officer_of_province, province_decides, not_family, impartial),
    ),
    "meeting.view": ((heads_community,), (officer_of_ward,)),
    "meeting.enter": ((heads_community,),),
    "application.look_again": ((submitted, officer_of_ward, ward_decides, not_family, impartial),),
    "bench.view": ((officer_of_ward, ward_decides),),
    "bench.recommend": ((reviews_ward, ward_decides),),
    "bench.undo": ((officer_of_ward, ward_decides),),
    "bench.assign": ((officer_of_ward, ward_decides),),
    "queue.view": ((reviews_somewhere,), (serves_province,)),
    "residents.view": ((reviews_somewhere,),),
    "person.view": ((heads_community,), (officer_of_ward,)),
    "slip.make": ((heads_community,), (officer_of_ward,)),
    "consent.record": ((heads_community,), (officer_of_ward,)),
    "household.view": ((own_household,), (heads_community,), (officer_of_ward,)),
    "group.view": ((belongs,), (speaks_for,), (heads_community,), (officer_of_ward,)),
    "group.manage": ((speaks_for,), (heads_community, of_the_community), (officer_of_ward,)),
    "group.found": ((heads_community, of_the_community), (officer_of_ward,)),
    "group.apply": ((speaks_for,),),
    "group.counted": ((speaks_for,), (officer_of_ward,), (officer_of_province, province_decides)),
    "activity.manage": ((heads_community,), (officer_of_ward,)),
    "activity.attend": ((signed_in, is_resident, oneself),),
    "sheet.print": ((heads_community,), (officer_of_ward,)),
    # Whoever copies a paper's marks never does so for oneself or the own household.
    "sheet.enter": ((heads_community, not_family), (officer_of_ward, not_family)),
    "year.register_others": ((heads_community,), (officer_of_ward,)),
    "roster.import": ((officer_of_ward,),),
    "register.view": ((officer_of_ward,), (officer_of_province,), (is_admin,)),
    "title.view": (
        (own,),
        (belongs,),
        (speaks_for,),
        (heads_community,),
        (officer_of_ward,),
        (officer_of_province,),
        (is_admin,),
    ),
    "title.correct": (
        (officer_of_ward, ward_decides, not_family),
        (officer_of_province, province_decides, not_family),
    ),
    "title.revoke": ((signs_ward, ward_decides, not_family), (officer_of_province, province_decides, not_family)),
    "decision.view": ((officer_of_ward, ward_decides), (officer_of_province, province_decides)),
    "decision.make": ((signs_ward, ward_decides), (officer_of_province, province_decides)),
    "batch.compose": ((officer_of_ward, ward_decides), (officer_of_province, province_decides)),
    "letterhead.set": ((officer_of_ward, ward_decides), (officer_of_province, province_decides)),
    "export.open": ((is_officer,),),
    "export.titles": ((officer_of_ward,), (officer_of_province,), (is_admin,)),
    "standin.name": ((officer_of_province,), (is_admin,)),
    "totals.declare": ((officer_of_ward,), (officer_of_province,)),
    "targets.set": ((is_admin,), (officer_of_province,), (officer_of_ward,)),
    "admin.places": ((is_admin,),),
    "admin.roles": ((is_admin,),),
    "admin.outbox": ((is_admin,),),
    # A new password opens an account: an officer's own colleagues never give each other one.
    "password.reset": ((is_admin,), (officer_of_ward, without_role)),
}


def may(actor: Actor, permission: str, thing: Thing = NOTHING) -> bool:
    """Whether the actor has the permission on the thing; an unknown permission is a programming error (KeyError)."""
    return any(all(holds(actor, thing) for holds in way) for way in PERMISSIONS[permission])
