"""Meetings: a community comes together and speaks of its candidates (hội nghị bình xét).

Tables: meeting (when, where, who led, how many were there), meeting_result (one a candidate).
Its result moves the cases by the workflow's own steps; its minutes leave through exports.
"""
