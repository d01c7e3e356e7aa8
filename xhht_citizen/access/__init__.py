"""Access: who may do what.

`rules.PERMISSIONS` is the whole policy in one table; `role_grant` says who holds which role where.
Roles are granted and revoked, never edited. Stands on people and places; the web asks it before every act.
"""
