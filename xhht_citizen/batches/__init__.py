"""Batches: recommended cases on their way to a signed decision, and what stands on a body's paper.

Tables: decision_batch, decision_batch_case, letterhead (a body's name, signatory and number format for its papers),
title_correction (a misspelt name mended on a certificate). A batch that is signed grants all its titles at once.
"""
