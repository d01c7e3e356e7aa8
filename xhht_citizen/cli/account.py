"""`xhht account`: accounts of those who work for others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from xhht_citizen.cli.base import Refused, opened, writing, xhht

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROLES = ("community_head", "ward_reviewer", "ward_signer", "province_officer", "admin")


@xhht.group()
def account() -> None:
    """Accounts of those who work for others."""


@account.command()
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--place", metavar="CODE", default="", help="The ward (5 digits) or province (2 digits) of the role.")
@click.option("--community", metavar="NAME", help="The community, for its head; with or without marks.")
@click.option(
    "--stands-in",
    type=click.Choice(["province", "committee"]),
    help="A ward role held for an association the ward does not have.",
)
@click.option("--login", help="How they sign in: a phone or a name. Made from role and place without it.")
@click.option("--name", help="What others see.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of making one.")
def create(**given: Any) -> None:
    """Make an account with a role; a password that was made is printed once, and is changed at the first sign-in."""
    from xhht_citizen.access.actions import grant_role
    from xhht_citizen.access.rules import Role
    from xhht_citizen.access.standing_in import StandsIn
    from xhht_citizen.people.sessions import create_account, new_password

    role, place = Role(given["role"]), given["place"].strip()
    password = sys.stdin.readline().rstrip("\r\n") if given["password_stdin"] else new_password()
    login = given["login"] or "-".join(part for part in (role.replace("_", "-"), place) if part)
    with writing() as session:
        community_id = _community(session, place, given["community"]) if given["community"] else None
        made = create_account(
            session,
            login=login,
            password=password,
            name=given["name"] or login,
            must_change_password=not given["password_stdin"],
        )
        stands_in = StandsIn(given["stands_in"]) if given["stands_in"] else None
        grant_role(session, made.id, role, place_code=place, community_id=community_id, stands_in=stands_in)
        login = made.login
    click.echo(f"login: {login}")
    if not given["password_stdin"]:
        click.echo(f"password: {password}")


@account.command()
@click.option("--login", required=True, help="How they sign in.")
def password(login: str) -> None:
    """Give somebody who forgot theirs a one-time password; it is printed once, and their devices are signed out."""
    from xhht_citizen.people.queries import account_by_login
    from xhht_citizen.people.rules import normal_login
    from xhht_citizen.people.sessions import reset_password

    with opened() as database:
        with database.read(primary=True) as session:
            known = account_by_login(session, normal_login(login))
        if known is None:
            raise Refused(f"no account signs in as “{login}”")
        click.echo(f"password: {reset_password(database, known.id, by=None)}")


def _community(session: Session, ward_code: str, name: str) -> Any:
    from xhht_citizen.places import queries
    from xhht_citizen.places.rules import search_key

    communities = queries.communities(session, ward_code)
    for community in communities:
        if community.search_key == search_key(name):
            return community.id
    names = ", ".join(community.name for community in communities) or "none yet"
    raise Refused(f"ward {ward_code} has no community “{name}”; it has: {names}")
