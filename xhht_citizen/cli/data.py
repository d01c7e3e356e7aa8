"""`xhht db`, `xhht places`, `xhht export`: the tables, the official lists, the files that leave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from xhht_citizen.cli.base import Refused, opened, reading, writing, xhht
from xhht_citizen.errors import Invalid

# xhht db ...


@xhht.group()
def db() -> None:
    """The database's tables."""


@db.command()
@click.argument("revision", default="head")
def upgrade(revision: str) -> None:
    """Bring the tables up to date; nothing happens when they are."""
    from xhht_citizen import schema

    with opened() as database:
        schema.upgrade(database, revision)
        click.echo(f"The tables are up to date in {database.engine.url.render_as_string(hide_password=True)}")


# xhht places ...


@xhht.group()
def places() -> None:
    """Provinces and communes."""


@places.command("load")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--act", help="The list's legal act, e.g. 'Quyết định 19/2025/QĐ-TTg'.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The first day it holds, e.g. 2025-07-01.")
@click.option("--closes", type=click.IntRange(min=0), metavar="N", help="The most communes it may close; see above.")
def load_places(file: Path | None, act: str | None, on: datetime | None, closes: int | None) -> None:
    """Load an official list of communes: FILE (tab-separated, with a header), or the list that came with the app.

    Act and date come from the options, or from a .toml file beside FILE. Loading twice changes nothing, and a list
    older than the stored one leaves what is in force as it is.

    What a whole list lacks is closed. One that would close a province, or more than a tenth of the communes in force,
    may be a piece of a list: it is refused unless --closes gives the number.
    """
    from xhht_citizen.places import actions
    from xhht_citizen.ratios.actions import follow_places

    try:
        with writing() as session:
            report = actions.load(session, file, act=act, on=on.date() if on else None, closes=closes)
            if report.changed or report.closed:
                follow_places(session)
    except Invalid as error:
        if error.field != "closes":
            raise
        raise Refused(f"{error} (if that is meant: --closes {error.values['closed']})") from error
    done = f"{report.added} added, {report.changed} changed, {report.closed} closed"
    if report.newer_list is not None:
        done = f"ignored, the stored list of {report.newer_list} is newer"
    click.echo(
        f"{report.provinces} provinces, {report.communes} communes: {done}; "
        f"{report.former} former communes, {report.links} links"
    )


# xhht export ...


@xhht.group()
def export() -> None:
    """Files that leave."""


_year = click.option("--year", type=click.IntRange(2000, 2100), required=True)
_place = click.option(
    "--place", metavar="CODE", help="A commune (5 digits) or a province (2 digits); the country without it."
)
_format = click.option("--format", "kind", type=click.Choice(["xlsx", "csv"]), required=True)
_out = click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The file to write.")


@export.command("titles")
@_year
@_place
@_format
@_out
def export_titles(year: int, place: str | None, kind: str, out: Path) -> None:
    """Title counts by area and kind, with a sheet that defines every count."""
    from xhht_citizen.exports import titles

    with _growing(out) as file, reading() as session:
        areas = titles.export(session, year=year, place_code=place, format=kind, out=file)
    click.echo(f"{areas} areas written to {out}")


@export.command("upward")
@_year
@_place
@click.option(
    "--denominator",
    type=click.Choice(["roster", "declared", "registered"]),
    default="roster",
    show_default=True,
    help="What percentages are taken of: who is on the list, the totals declared with a source, who registered.",
)
@click.option("--rounding", type=click.Choice(["half_up", "truncate"]), default="half_up", show_default=True)
@_format
@_out
def export_upward(out: Path, **given: Any) -> None:
    """The statistics table that goes up: households, clans, communities, units, adults by group, for each area."""
    from xhht_citizen.exports import upward

    choice = upward.Choice(given["denominator"], given["rounding"])
    with _growing(out) as file, reading() as session:
        areas = upward.export(
            session, year=given["year"], place_code=given["place"], choice=choice, format=given["kind"], out=file
        )
    click.echo(f"{areas} areas written to {out}")


@contextmanager
def _growing(out: Path) -> Iterator[BinaryIO]:
    """A file beside the one asked for, which takes its place when all went well and leaves nothing when not."""
    if out.exists() and not out.resolve().is_file():  # a device or a pipe is no file to put another one in place of
        raise Refused(f"cannot write {out}: it is there, and it is no file")
    growing = out.with_name(f"{out.name}.part")
    try:
        with growing.open("wb") as file:
            yield file
        growing.replace(out)
    except OSError as error:
        raise Refused(f"cannot write {out}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            growing.unlink(missing_ok=True)
