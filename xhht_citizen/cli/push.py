"""`xhht push`: keys for notices on browsers."""

from __future__ import annotations

import click

from xhht_citizen.cli.base import Refused, xhht
from xhht_citizen.config import CONTACT


@xhht.group()
def push() -> None:
    """Notices on people's own browsers."""


@push.command()
@click.option("--contact", metavar="EMAIL", help="Whom a push service may write to when something is wrong.")
def keys(contact: str | None) -> None:
    """Print a fresh key for the environment. Another key ends what people agreed to with the one before."""
    from xhht_citizen.notices.keys import new_key

    if contact is not None and not CONTACT.fullmatch(f"mailto:{contact}"):
        raise Refused("--contact must be an e-mail address such as name@host.vn")
    click.echo(f"XHHT_PUSH_KEY={new_key()}")
    click.echo(f"XHHT_PUSH_CONTACT=mailto:{contact or ''}")
