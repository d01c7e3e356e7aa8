"""Who works for others in the ward, and who leads its clans and units: their accounts, their roles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from xhht_citizen.access.rules import Role
from xhht_citizen.demo.accounts import ACCOUNTS
from xhht_citizen.demo.groups import Groups
from xhht_citizen.demo.ward import Ward, account, grant_role, open_account
from xhht_citizen.people.sessions import hash_password


@dataclass(frozen=True)
class Outsider:
    """Somebody who works for the ward and does not live there."""

    account_id: uuid.UUID
    name: str


def choose_heads(ward: Ward, year: int) -> None:
    """A head for every community: the first one's can sign in, the others are of some age."""
    taken = {person.household_id for person in ward.cast.values()}
    for index in range(len(ward.communities)):
        ward.heads[index] = (
            ward.cast["head"]
            if index == 0
            else next(
                person
                for person in ward.residents
                if person.community == index
                and person.household_id not in taken
                and 45 <= year - person.birth_year <= 68
            )
        )


def appoint(ward: Ward, groups: Groups, at: datetime) -> Outsider:
    """The six who can sign in, the heads, a second reviewer for the first one's family. Gives the province's."""
    book = ward.book
    known = {entry.role: entry for entry in ACCOUNTS}
    hashes = {role: hash_password(entry.password) for role, entry in known.items()}

    def outside(role: str) -> uuid.UUID:
        return account(ward, known[role].login, known[role].label, at, hashes[role])

    def resident(key: str, role: str) -> uuid.UUID:
        return open_account(ward, ward.cast[key], at, login=known[role].login, password_hash=hashes[role])

    admin = outside("admin")
    grant_role(book, admin, Role.ADMIN, at, by=admin)
    officer = outside("province_officer")
    grant_role(book, officer, Role.PROVINCE_OFFICER, at, by=admin)
    resident("citizen", "citizen")
    grant_role(book, resident("reviewer", "ward_reviewer"), Role.WARD_REVIEWER, at, by=admin)
    grant_role(book, open_account(ward, ward.cast["second_reviewer"], at), Role.WARD_REVIEWER, at, by=admin)
    grant_role(book, resident("signer", "ward_signer"), Role.WARD_SIGNER, at, by=admin)
    for index, community_id in enumerate(ward.communities):
        head = resident("head", "community_head") if index == 0 else open_account(ward, ward.heads[index], at)
        grant_role(book, head, Role.COMMUNITY_HEAD, at, by=admin, community_id=community_id)
    for party in (*groups.clans.values(), *groups.units.values()):
        open_account(ward, party.head, at)
    return Outsider(officer, known["province_officer"].label)
