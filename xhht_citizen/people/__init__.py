"""People: who somebody is, how they sign in, and who belongs to whom.

Tables: account, account_session, attempt, kept_form, consent, person, household, household_membership.
Memberships are granted and revoked, never edited. Stands on places; groups, access, evidence and applications stand
on it.
"""
