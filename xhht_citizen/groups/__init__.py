"""Groups: clans and units, which households and people belong to them, who speaks for a group, who asked to join.

Tables: clan, clan_branch, clan_membership, unit, unit_membership, mandate, join_request, schooling.
Memberships are granted and revoked, never edited. A household stands in people, a community in places; whoever speaks
for one of them is found here all the same. Stands on people; access, ratios and applications stand on it.
"""
