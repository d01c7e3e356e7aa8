"""Ratios: how many of whom hold a title, for a household, a community, a ward, a province, the country.

Table: tally (a ward's and its communities' counts, recomputed from the rows whenever the ward is touched).
Provinces and the country add up tallies. Reads titles; applications touch it; screens and exports show it.
"""
