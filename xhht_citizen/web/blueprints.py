"""The screens, one blueprint a file."""

from __future__ import annotations

from flask import Flask

from xhht_citizen.web import (
    account,
    account_password,
    account_person,
    admin,
    application,
    clan,
    community,
    decisions,
    evidence,
    exports,
    group_case,
    group_case_behind,
    household,
    household_life,
    jobs,
    joining,
    mandate,
    public,
    ratios,
    register,
    registering,
    registering_own,
    residents,
    residents_home,
    residents_record,
    review,
    review_group,
    review_step,
    roster,
    roster_rows,
    score,
    targets,
    totals,
    unit,
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
    group_case,
    group_case_behind,
    household,
    household_life,
    jobs,
    joining,
    mandate,
    clan,
    community,
    unit,
    review,
    review_group,
    review_step,
    decisions,
    register,
    registering,
    registering_own,
    residents,
    residents_home,
    residents_record,
    roster,
    roster_rows,
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
