"""Evidence: what did a person learn, when, and what shows it?

Kinds, limits and dates are in rules; files.py takes a stranger's file, makes it harmless and keeps it.
Tables: evidence, evidence_file (models). Below: people, places. Above: applications attach evidence to indicators.
"""
