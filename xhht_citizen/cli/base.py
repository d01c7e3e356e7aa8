"""What the commands share: one group that never ends in a traceback, and the ways to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from xhht_citizen import __version__
from xhht_citizen.config import ConfigError, database_url_from_env
from xhht_citizen.errors import DomainError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from xhht_citizen.database import Database


class Refused(click.ClickException):
    """One line, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """To standard error, on one line whatever the message holds."""
        click.echo(f"xhht: {' '.join(self.format_message().split())}", err=True)


class Commands(click.Group):
    """A group whose commands end in one clear line, never in a traceback, when what was asked cannot be done."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the group's own options; what is wrong with them becomes one line."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as error:
            raise _one_line(error) from error

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; the house's own errors, the system's, the database's and click's become one line."""
        try:
            return super().invoke(ctx)
        except (DomainError, ConfigError) as error:
            raise Refused(str(error)) from error
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            raise Refused(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
        except click.UsageError as error:
            raise _one_line(error) from error
        except Exception as error:
            origin = type(error).__module__
            if origin == "xhht_citizen.criteria.catalogue":
                raise Refused(str(error)) from error
            if origin.startswith("sqlalchemy.") and type(error).__name__ in {"OperationalError", "ProgrammingError"}:
                cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
                raise Refused(f"{cause} (is the database there, and did `xhht db upgrade` run?)") from error
            if origin.startswith("sqlalchemy.") and type(error).__name__ in {"ArgumentError", "NoSuchModuleError"}:
                raise Refused("XHHT_DATABASE_URL is not an address of a database that can be used") from error
            raise


def _one_line(error: click.UsageError) -> click.ClickException:
    """A command that was misspelt, without the lines of usage; a group alone still prints its help."""
    if error.ctx is None or isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error
    return Refused(f"{error.format_message()} ({error.ctx.command_path} --help tells more)")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="xhht")
def xhht() -> None:
    """Công dân học tập: learning evidence, titles and counts of a learning society.

    Settings come from the environment (XHHT_*), see README.
    """


@contextmanager
def opened() -> Iterator[Database]:
    """The environment's database, closed at the end."""
    import xhht_citizen.schema  # noqa: F401 (every table a foreign key names)
    from xhht_citizen.database import Database

    database = Database(database_url_from_env())
    try:
        yield database
    finally:
        database.dispose()


@contextmanager
def writing() -> Iterator[Session]:
    """A session that commits when the command ends well."""
    with opened() as database, database.transaction() as session:
        yield session


@contextmanager
def reading() -> Iterator[Session]:
    """A session that cannot write."""
    with opened() as database, database.read(primary=True) as session:
        yield session
