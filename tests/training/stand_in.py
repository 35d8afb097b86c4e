"""A stand-in for CUDA graphs, where there is no GPU."""

from __future__ import annotations


def rerun(work):
    """Stands in for a CUDA graph where there is none: the same inputs and outputs every time."""
    result = None

    def replay():
        nonlocal result
        found = work()
        result = found if result is None else result.copy_(found)
        return result

    return replay
