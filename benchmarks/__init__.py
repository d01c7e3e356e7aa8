"""Measurements as ratios in one run: `python -m benchmarks` prints them all.

Each is set against a floor measured in the same run, in alternating rounds: the same rows or the same bytes by a bare
Flask app with one statement. Seconds of one machine say little; the ratio holds on another.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # what tests share, they import by its bare name
