"""Domain errors: raised by rules and actions, mapped to HTTP once in web/errors.py.

Every message is a Vietnamese sentence (a gettext source text) for the person at the screen;
`values` fill its `%(name)s` places after translation.
"""


def N_(text: str) -> str:
    """Mark a Vietnamese sentence for translation where no request is at hand."""
    return text


class DomainError(Exception):
    """Something a person asked for cannot be done, and the message says why."""

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.values = values

    def __str__(self) -> str:
        return self.message % self.values if self.values else self.message


class NotFound(DomainError):
    """No such thing, or none this person may know of (404)."""


class Forbidden(DomainError):
    """The thing is there, the permission is not (403)."""


class Conflict(DomainError):
    """Someone was faster, or the thing has moved on (409)."""


class Invalid(DomainError):
    """A field's value cannot be taken; `field` names it where there is one (422)."""


class TooMany(DomainError):
    """Too many tries in a short time (429)."""
