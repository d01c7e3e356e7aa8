"""What a job may be, and how long a silent worker is believed to be alive. Pure."""

from __future__ import annotations

from enum import StrEnum

from xhht_citizen.errors import N_


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


STATE_LABELS = {
    State.WAITING: N_("Đang chờ máy"),
    State.RUNNING: N_("Đang làm"),
    State.DONE: N_("Đã xong"),
    State.FAILED: N_("Không làm được"),
    State.STOPPED: N_("Đã dừng"),
}
ENDED = frozenset({State.DONE, State.FAILED, State.STOPPED})
# A worker says that it lives with every step and at least this often between them; silent for longer, it is dead.
BEAT_SECONDS = 5
SILENT_SECONDS = 30
KEPT_DAYS = 7  # how long what a job left lies in the store, to be fetched
MOST_CLAIMS = 5  # a job that took down that many workers is not given to another one
GIVEN_UP = N_("Máy chủ đã dừng giữa chừng nhiều lần khi làm việc này. Xin báo người quản trị.")
BROKEN = N_("Lỗi ở phía máy chủ khi làm việc này. Xin thử lại, hoặc báo người quản trị.")


def share(done: int, total: int | None) -> int | None:
    """How far a job is, in percent rounded down; None while nobody knows how much there is."""
    return None if not total else min(100, done * 100 // total)
