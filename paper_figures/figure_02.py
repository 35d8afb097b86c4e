"""Figure 2: remapping on the chessboard (section 3.3)."""

from __future__ import annotations

from matplotlib.figure import Figure

from dmdrepro.paper_figures.cloud import draw_toy_row
from dmdrepro.paper_figures.heading import draw_groups
from dmdrepro.paper_figures.run import Results

NUMBER = 2
EXPERIMENTS = ("chessboard",)
CAPTION = (
    "Chessboard in the first two of four coordinates. From left to right: the initial noise, the "
    "teacher's 8-step and 1-step samples, the one-step student. A seed has one colour in all "
    "panels: hue from its noise's direction, strength from its length."
)


def draw(results: Results) -> Figure:
    """The figure, from the student of the longest-trained teacher."""
    return draw_groups(results, EXPERIMENTS, draw_toy_row)
