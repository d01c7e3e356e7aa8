"""Công dân học tập: people give evidence, wards grant titles, titles feed ratios."""

__version__ = "0.1.0"
