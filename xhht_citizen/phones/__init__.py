"""What a person's phone sends ahead of, or long after, the page it was typed on.

Answers: has this been received already, and what was typed here last. Tables: arrival, draft.
Stands on people; evidence and applications note here what they took from a phone.
"""
