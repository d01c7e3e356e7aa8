"""Titles: the year's book. Who registered, who was assessed, who holds a title, and by which decision.

Tables: registration, registration_taken_back, decision, title, counter (numbers per ward, year: receipts, register).
A title is granted when a case is decided, revoked with a reason, and never edited. Ratios count this book.
"""
