"""How curves of several arms, seeds and sizes are told apart, and legends beside the axes.

Colour: the arm or data set. Line and marker: the seed. Filled or hollow markers: the size.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation

from dmdrepro.paper_figures.style import SMALL, SOFT

LINES = ("-", (0, (4, 1.6)), (0, (1.2, 1.2)), (0, (5, 1.4, 1.2, 1.4)))
MARKERS = ("o", "s", "^", "D", "v")


def stroke(seed: int, seeds: Sequence[int], colour: str, hollow: bool = False) -> dict:
    """Line2D's properties of one seed among all that are drawn."""
    place = seeds.index(seed)
    return {
        "ls": LINES[place % len(LINES)],
        "marker": MARKERS[place % len(MARKERS)],
        "lw": 0.8,
        "ms": 2.6,
        "mew": 0.6,
        "color": colour,
        "mfc": "white" if hollow else colour,
    }


def seed_handles(seeds: Sequence[int]) -> list[Line2D]:
    """What each seed's line and marker look like, whatever the colour."""
    return [Line2D([], [], label=f"seed {s}", **stroke(s, seeds, SOFT)) for s in seeds]


def key(
    axes: Axes,
    handles: Sequence[Line2D],
    title: str,
    right: float,
    down: float,
    columns: int = 1,
    extra: bool = False,
) -> Legend:
    """A legend beside or below the axes.

    `right`, `down`: inches from the axes' upper left corner to the legend's. The last legend that
    is not `extra` is the axes' own.
    """
    place = ScaledTranslation(right, -down, axes.figure.dpi_scale_trans)
    legend = axes.legend(
        handles=list(handles), title=title, loc="upper left", bbox_to_anchor=(0.0, 1.0),
        bbox_transform=axes.transAxes + place, handlelength=2.8, labelspacing=0.35,
        borderaxespad=0.0, borderpad=0.0, alignment="left", ncols=columns, columnspacing=1.4,
    )  # fmt: skip
    legend.get_title().set(fontsize=SMALL, color=SOFT)
    if extra:
        axes.add_artist(legend)
    return legend
