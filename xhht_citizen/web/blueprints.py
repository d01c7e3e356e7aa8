"""The screens, one blueprint a file."""

from __future__ import annotations

from flask import Flask

from xhht_citizen.web import (
    account,
    admin,
    application,
    decisions,
    evidence,
    exports,
    household,
    public,
    ratios,
    register,
    residents,
    review,
    score,
    year,
)

ALL = (
    public,
    account,
    year,
    evidence,
    score,
    application,
    household,
    review,
    decisions,
    register,
    residents,
    ratios,
    exports,
    admin,
)


def install(app: Flask) -> None:
    """Register every blueprint."""
    for module in ALL:
        app.register_blueprint(module.bp)
