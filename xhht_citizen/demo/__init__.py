"""The demonstration: a synthetic ward that anybody can try in a minute, made up name by name.

No table of its own: `seed.py` tells the story and writes into everybody's what the actions would have written, only in
bulk. First who there is (`ward.py`, `groups.py`, `officers.py`), then who is to have what (`plans.py`,
`group_plans.py`), what happens meanwhile (`lives.py`, `falls.py`), then the cases (`cases.py`, `group_cases.py` on the
counts of `counting.py`) and decisions. `start.py` serves it; `accounts.py` says who can sign in.
"""
