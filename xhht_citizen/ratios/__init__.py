"""Ratios: how many of whom hold a title, for a household, a community, a ward, a province, the country, and targets.

Tables: tally (a ward's and its communities' counts, recomputed from the rows whenever the ward is touched),
declared_total and place_target (what a place says of itself, with its source). Provinces and the country add up
tallies. Reads titles; applications touch it; screens and exports show it.
"""
