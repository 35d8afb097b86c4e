"""One look at a machine before a long run: what is there, what is right, how fast it is.

Checks run in the order of their worth in a process of their own (`worker`), which is ended if one
takes too long; every row is written at once (`run`, `page`).
"""
