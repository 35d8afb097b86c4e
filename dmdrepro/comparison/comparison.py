"""A comparison: what was found, with its figure and its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dmdrepro.comparison.found import Found

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Comparison(Found):
    """A teacher and a student on the same noise; prints itself in words.

    The fields of the pairing's record (`delta_e`, `retention`, `assignment`, ...) are its own too.
    """

    def figure(self) -> Figure:
        """Samples of both, their cloud, the heat map of distances and the curves over N."""
        from dmdrepro.comparison.figure import draw

        return draw(self)

    def report(self, path: str | Path) -> Path:
        """Write one HTML page that needs nothing else: the words, the numbers, the figure."""
        from dmdrepro.comparison.page import page
        from dmdrepro.runs.files import write_bytes

        write_bytes(path := Path(path), page(self))
        return path
