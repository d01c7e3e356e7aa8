"""Titles: the year's book. Who registered, who was assessed, who holds a title, and by which decision.

Tables: registration, decision, title, counter (numbers per ward and year: receipts, register).
A title is granted when a case is decided, revoked with a reason, and never edited. Ratios count this book.
"""
