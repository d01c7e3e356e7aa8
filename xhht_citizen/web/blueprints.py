"""The screens, one blueprint a file."""

from __future__ import annotations

from flask import Flask

from xhht_citizen.web import (
    account,
    account_password,
    account_person,
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
    targets,
    totals,
    year,
)

ALL = (
    public,
    account,
    account_password,
    account_person,
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
    totals,
    targets,
    exports,
    admin,
)


def install(app: Flask) -> None:
    """Register every blueprint."""
    for blueprint in dict.fromkeys(module.bp for module in ALL):  # an area of two files shares one
        app.register_blueprint(blueprint)
