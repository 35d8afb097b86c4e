"""What can go wrong with data."""

from __future__ import annotations


class MnistUnavailable(RuntimeError):
    """MNIST cannot be had; the message says which file, why, and what to do."""
