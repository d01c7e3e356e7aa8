"""Helping: people without a phone of their own. Slips by which they claim their record, helpers who act for them.

Tables: slip (a one-time code on paper, kept as a hash), slip_print (a PDF of them, for some days), helper (who acts
for whom, until when, in what), mandate_slip (a one-time code that makes whoever is given it a helper), device_pin
(quick switch on a shared phone). Stands on people; access reads helpers, applications acts on a claim.
"""
