"""Jobs: long work that goes on when the page is closed. What runs, how far it is, what it left behind.

Table: job, the truth. A worker (`xhht work`) claims a row, works in steps, and each step is kept together with how far
it came; a worker that dies loses its claim, and the next one goes on from the last step. Knows no other domain.
"""
