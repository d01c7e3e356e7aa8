"""The `xhht` command: `xhht NOUN VERB`, and `xhht serve`, `xhht demo`.

What a command works with is imported inside it, so that `xhht --help` answers at once. A thing that cannot be done ends
with exit code 2 and one line on standard error; a check that fails (criteria, audit, tallies) with exit code 1.
"""

from __future__ import annotations

import sys

from xhht_citizen.cli import account, checks, data, push, serving
from xhht_citizen.cli.base import xhht

__all__ = ["account", "checks", "data", "main", "push", "serving", "xhht"]


def main() -> None:
    """The console script. Input and output are UTF-8, whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    xhht.main(prog_name="xhht")
