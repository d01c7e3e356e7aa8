"""The policy in one table: permission -> any of [all of these predicates].

A predicate is a pure function of an Actor (who asks) and a Thing (what is asked for).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody does for others; being a resident needs no role."""

    COMMUNITY_HEAD = "community_head"
    WARD_REVIEWER = "ward_reviewer"
    WARD_SIGNER = "ward_signer"
    PROVINCE_OFFICER = "province_officer"
    ADMIN = "admin"


@dataclass(frozen=True)
class Grant:
    """One open role and the place it holds in."""

    role: Role
    province_code: str | None = None
    ward_code: str | None = None
    community_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Actor:
    """Who asks: the account, the person behind it, where they live, the roles they hold."""

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


def is_resident(actor: Actor, thing: Thing) -> bool:
    """The account belongs to a person with a record of their own."""
    return actor.person_id is not None


def own(actor: Actor, thing: Thing) -> bool:
    """The person's own thing."""
    return actor.person_id is not None and actor.person_id == thing.person_id


def own_household(actor: Actor, thing: Thing) -> bool:
    """A member of the household asks."""
    return actor.household_id is not None and actor.household_id in thing.household_ids


def belongs(actor: Actor, thing: Thing) -> bool:
    """A member of the group asks."""
    return actor.person_id is not None and actor.person_id in thing.members


def speaks_for(actor: Actor, thing: Thing) -> bool:
    """The group's head asks, or somebody with its mandate; a community's chi hội head, an officer of a commune."""
    if actor.person_id is not None and actor.person_id in thing.speakers:
        return True
    if thing.kind == "commune":
        return officer_of_ward(actor, thing)
    return thing.kind == "community" and heads_community(actor, thing)


def not_family(actor: Actor, thing: Thing) -> bool:
    """Neither the own case nor one of the own household, nor of a group one speaks for, nor of the own clan.

    Nobody reviews these. Who merely lives in a community or works in a unit may: everybody in a ward lives somewhere.
    """
    kin = thing.kind == "clan" and belongs(actor, thing)
    return not (own(actor, thing) or own_household(actor, thing) or speaks_for(actor, thing) or kin)


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
    "account.own": ((signed_in,),),
    "job.view": ((asked_for_it,),),
    "year.own": ((signed_in, is_resident),),
    "evidence.view": ((own,), (submitted, heads_community), (submitted, officer_of_ward)),
    "evidence.change": ((own,),),
    "application.view": (
        (own,),
        (speaks_for,),
        (submitted, heads_community),
        (submitted, officer_of_ward),
        (submitted, officer_of_province, province_decides),
    ),
    "application.own": ((own,),),
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
        (submitted, officer_of_ward, ward_decides, not_family),
        (submitted, officer_of_province, province_decides, not_family),
    ),
    "queue.view": ((reviews_somewhere,), (serves_province,)),
    "residents.view": ((reviews_somewhere,),),
    "person.view": ((heads_community,), (officer_of_ward,)),
    "household.view": ((own_household,), (heads_community,), (officer_of_ward,)),
    "group.view": ((belongs,), (speaks_for,), (heads_community,), (officer_of_ward,)),
    "group.manage": ((speaks_for,), (heads_community, of_the_community), (officer_of_ward,)),
    "group.found": ((heads_community, of_the_community), (officer_of_ward,)),
    "group.apply": ((speaks_for,),),
    "group.counted": ((speaks_for,), (officer_of_ward,), (officer_of_province, province_decides)),
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
    "title.revoke": ((signs_ward, ward_decides, not_family), (officer_of_province, province_decides, not_family)),
    "decision.view": ((officer_of_ward, ward_decides), (officer_of_province, province_decides)),
    "decision.make": ((signs_ward, ward_decides), (officer_of_province, province_decides)),
    "export.open": ((is_officer,),),
    "export.titles": ((officer_of_ward,), (officer_of_province,), (is_admin,)),
    "totals.declare": ((officer_of_ward,), (officer_of_province,)),
    "targets.set": ((is_admin,), (officer_of_province,), (officer_of_ward,)),
    "admin.places": ((is_admin,),),
    "admin.roles": ((is_admin,),),
    # A new password opens an account: an officer's own colleagues never give each other one.
    "password.reset": ((is_admin,), (officer_of_ward, without_role)),
}


def may(actor: Actor, permission: str, thing: Thing = NOTHING) -> bool:
    """Whether the actor has the permission on the thing; an unknown permission is a programming error (KeyError)."""
    return any(all(holds(actor, thing) for holds in way) for way in PERMISSIONS[permission])
