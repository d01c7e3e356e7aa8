"""`xhht criteria`, `xhht audit`, `xhht recount`, `xhht ratios`: what can be proved again at any time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xhht_citizen.cli.base import Refused, opened, reading, xhht
from xhht_citizen.errors import N_, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from xhht_citizen.ratios.queries import Difference
    from xhht_citizen.ratios.rules import Counts

# xhht criteria ...


@xhht.group()
def criteria() -> None:
    """The criteria sets."""


@criteria.command()
def check() -> None:
    """Validate every set and run its worked examples; exit code 1 when something is wrong."""
    from xhht_citizen.criteria import catalogue

    problems = catalogue.check()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    sets = catalogue.all_sets()
    examples = sum(len(catalogue.examples(set_id)) for set_id in sets)
    click.echo(f"{len(sets)} sets, {examples} worked examples: all well")


@criteria.command()
@click.option("--set", "set_id", required=True, help="A set's id, e.g. citizen-324-residents.")
@click.option("--facts", required=True, metavar="FILE", help="JSON facts; - reads standard input.")
def score(set_id: str, facts: str) -> None:
    """Score facts on a set; prints the score and the reason of every line as JSON."""
    from xhht_citizen.criteria import catalogue
    from xhht_citizen.criteria.rules import FactsError

    catalogue.get(set_id)
    try:
        raw = sys.stdin.buffer.read() if facts == "-" else Path(facts).read_bytes()
    except OSError as error:
        raise Refused(f"cannot read {facts}: {error.strerror}") from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FactsError("Dữ kiện phải là JSON viết bằng UTF-8.", field="facts") from None
    click.echo(json.dumps(catalogue.score_json(set_id, text), ensure_ascii=False, indent=2))


# xhht audit ...


@xhht.group()
def audit() -> None:
    """Who did what."""


@audit.command("verify")
@click.option("--place", metavar="CODE", help="One ward's chain (5 digits); all of them without it.")
def verify_audit(place: str | None) -> None:
    """Prove the chains; exit code 1 names the first broken link of each."""
    from xhht_citizen import audit as chains
    from xhht_citizen.applications import queries as cases

    with reading() as session:
        seen = chains.verify(session, place, expected=cases.wards_with_cases(session, place))
        if place not in {None, chains.NATION} and not seen.chains and not seen.broken:
            _known(session, place, "commune")
    for broken in seen.broken:
        click.echo(f"ward {broken.ward_code}, row {broken.seq}: {broken.problem}", err=True)
    if seen.broken:
        sys.exit(1)
    click.echo(f"{seen.chains} chains, {seen.entries} rows: every link holds")


# xhht ratios ...


@xhht.group()
def ratios() -> None:
    """Counts of titles."""


_year = click.option("--year", type=click.IntRange(2000, 2100), help="This year without it.")
_place = click.option(
    "--place", metavar="CODE", help="A ward (5 digits) or a province (2 digits); all wards without it."
)


@ratios.command("recount")
@_year
@_place
def recount_ratios(year: int | None, place: str | None) -> None:
    """Count every ward again from its rows, and name the wards whose tallies had been wrong (exit code 1)."""
    year = year or _this_year()
    wards, wrong = 0, 0
    for code, differences in _recounted(year, place):
        wards += 1
        if differences:
            wrong += 1
            click.echo(f"ward {code}: the tally was wrong, now it is right", err=True)
    click.echo(f"{wards} wards counted for {year}, {wrong} tallies were wrong")
    if wrong:
        sys.exit(1)


@xhht.command()
@_year
@_place
def recount(year: int | None, place: str | None) -> None:
    """Prove that every tally equals a count from scratch, for every kind; exit code 1 says what differed.

    A line for each tally that was wrong, and is right now: place, kind, and total/registered/assessed/recognised
    before and after. A ward that was never counted for the year is counted, which is no difference.
    """
    year = year or _this_year()
    wards, wrong = 0, 0
    for code, differences in _recounted(year, place):
        wards += 1
        wrong += len(differences)
        for kind, community, before, after in differences:
            where = f"ward {code}, {community}" if community else f"ward {code}"
            click.echo(f"{where}: {kind} was {_four(before)}, is {_four(after)}", err=True)
    click.echo(f"{wards} wards recounted for {year}: {f'{wrong} tallies differed' if wrong else 'nothing differed'}")
    if wrong:
        sys.exit(1)


def _this_year() -> int:
    from xhht_citizen.clock import today

    return today().year


def _recounted(year: int, place: str | None) -> Iterator[tuple[str, list[Difference]]]:
    """Each ward's code and what a count from its rows changed, one transaction a ward."""
    from xhht_citizen.ratios import actions, queries

    with opened() as database:
        with database.read() as session:
            codes = queries.peopled_wards(session, place)
            if place is not None and not codes:
                _known(session, place, "province" if len(place) == 2 else "commune")
        for code in codes:
            with database.transaction() as session:
                differences = actions.prove_ward(session, code, year)
            yield code, differences


def _four(counts: Counts) -> str:
    return f"{counts.total}/{counts.registered}/{counts.assessed}/{counts.recognised}"


def _known(session: Session, place: str | None, level: str) -> None:
    """Refuse a code that is no place's: a check of nothing must not say that all is well."""
    from xhht_citizen.places import queries

    try:
        (queries.province if level == "province" else queries.commune)(session, place or "")
    except NotFound:
        raise NotFound(N_("Không có địa bàn mã %(code)s."), code=place) from None
