"""Applications: one case a person or group and year, from draft to decision.

`rules.TRANSITIONS` is the workflow; `actions.move` is the only writer of a case's state.
Tables: application, application_line, application_evidence, application_event.
Stands on criteria, evidence, titles and ratios; exports and screens stand on it.
"""
