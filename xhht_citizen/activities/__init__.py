"""Activities: a class, talk or club that many attended. Its list of who came becomes evidence for all of them.

Tables: activity, attendance. Evidence made from a list is confirmed by whoever led the activity.
Stands on evidence and people; cases read the evidence like any other.
"""
