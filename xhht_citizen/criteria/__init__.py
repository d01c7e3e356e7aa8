"""Criteria: what earns a title, and how facts become a score that explains itself.

Points, wording and sources are data in `sets/*.toml` (a file beginning with `_` is a part other sets take in by
`extends`); `catalogue.py` reads them, checks them and runs their worked examples; `rules.py::score` is the arithmetic.
No tables. Neighbours: evidence supports a line, applications pin a set, ratios give group sets their counts.
"""
