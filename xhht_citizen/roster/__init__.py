"""Roster: the ward's residents from lists in Excel or CSV. Read, checked row by row, taken over, and undone whole.

Tables: roster_import (one file and how its columns are read), roster_row (what became of each line, never its text).
Stands above applications: an import is undone only while nothing was built on it.
"""
