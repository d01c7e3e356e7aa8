"""What the kinds of titles and their ratios are called in addresses and on screens."""

from __future__ import annotations

import uuid
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from xhht_citizen.applications.rules import STATE_LABELS, State
from xhht_citizen.errors import N_
from xhht_citizen.groups.rules import KIND_LABELS, Group, Kind
from xhht_citizen.ratios.rules import MEASURES
from xhht_citizen.web.guard import actor, found

SLUGS = {kind: MEASURES[kind].slug for kind in Kind}  # a kind's word in an address, its counts' among them
BY_SLUG = {slug: kind for kind, slug in SLUGS.items()}
NO_GROUP = N_("Không tìm thấy nhóm này.")
# What a ratio counts; a line of a criteria set says it in its own words.
RATIO_LABELS = {
    "adults_citizen": N_("Người lớn là công dân học tập"),
    "children_in_school": N_("Con em trong tuổi đi học được đi học"),
    "households_recognised": N_("Gia đình được công nhận"),
    "clans_recognised": N_("Dòng họ được công nhận"),
    "communities_recognised": N_("Thôn, tổ dân phố được công nhận"),
    "units_recognised": N_("Đơn vị được công nhận"),
    "citizen_members": N_("Người làm việc là công dân học tập"),
    "citizen_learners": N_("Người học là công dân học tập"),
}
# Whose names may be opened from a ratio. A clan's grown-ups are counted and not listed: its households are.
NAMED = {
    Kind.CLAN: frozenset({"households_recognised"}),
    Kind.COMMUNITY: frozenset({"households_recognised", "clans_recognised", "adults_citizen"}),
    Kind.UNIT: frozenset({"citizen_members", "citizen_learners"}),
    Kind.AGENCY: frozenset({"citizen_members", "citizen_learners"}),
}


def read_kind(slug: str) -> Kind:
    """The kind of a group from an address; NotFound for a word that names none, a person's among them."""
    kind = BY_SLUG.get(slug)
    return found(None if kind is Kind.CITIZEN else kind, NO_GROUP)  # type: ignore[no-any-return]


def kind_words() -> dict[str, str]:
    """Every kind's title in the reader's language."""
    return {str(kind): _(label) for kind, label in KIND_LABELS.items()}


def options(kinds: tuple[Kind, ...] = tuple(Kind)) -> list[tuple[str, str]]:
    """The choice of a kind for a filter, all of them first."""
    return [("", _("Mọi danh hiệu")), *((SLUGS[kind], _(KIND_LABELS[kind])) for kind in kinds)]


def state_label(state: State, *, province: bool) -> str:
    """Where a case stands, in the words of who reviews it."""
    return str(_("Tỉnh, thành phố đang xét") if province and state is State.UNDER_REVIEW else _(STATE_LABELS[state]))


def case_url(kind: str, subject_id: uuid.UUID, endpoint: str = "group_case.overview", **more: Any) -> str:
    """The page of a group's case for who speaks for it."""
    return url_for(endpoint, kind=SLUGS[Kind(kind)], group_id=subject_id, **more)


def behind_url(group: Group, name: str, year: int) -> str | None:
    """Where the members behind a ratio are listed; None where they are counted only, children among them."""
    if group.kind is Kind.HOUSEHOLD and name == "adults_citizen":
        own = actor().household_id == group.id
        return url_for("household.mine") if own else url_for("household.view", household_id=group.id)
    if name in NAMED.get(group.kind, frozenset()):
        return url_for("group_case.behind", kind=SLUGS[group.kind], group_id=group.id, name=name, nam=year)
    return None
