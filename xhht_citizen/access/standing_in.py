"""Who works for a ward that has no Hội Khuyến học of its own, and what their signature then says."""

from __future__ import annotations

from enum import StrEnum

from xhht_citizen.errors import N_


class StandsIn(StrEnum):
    """Whose officer works for a ward that has no Hội Khuyến học of its own."""

    PROVINCE = "province"
    COMMITTEE = "committee"


STANDS_IN_LABELS = {
    StandsIn.PROVINCE: N_("Hội Khuyến học cấp tỉnh làm thay"),
    StandsIn.COMMITTEE: N_("Ủy ban nhân dân làm thay"),
}
