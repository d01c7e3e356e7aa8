"""The demonstration: a synthetic ward that anybody can try in a minute, made up name by name.

No table of its own: `seed.py` writes into everybody's, what the actions would have written, only in bulk.
`start.py` keeps it in a folder and serves it; `accounts.py` says who can sign in. Nothing else stands on it.
"""
