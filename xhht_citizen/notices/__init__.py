"""Notices: what a step means for a person, said in the app, by e-mail, by a gateway for SMS or Zalo, on a browser.

Tables: notice (the inbox, written in the transaction of the step), delivery (the outbox: one row a notice and channel,
sent by a worker, never from inside a transaction), push_subscription (browsers that show notices).
Stands on people; the workflow and all above it write notices.
"""
