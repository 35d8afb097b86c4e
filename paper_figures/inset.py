"""A cloud too small for its panel's scale, enlarged in a corner with a scale of its own."""

import math

import numpy as np
from matplotlib.axes import Axes

from dmdrepro.paper_figures.style import INK, SMALL, SOFT
from dmdrepro.paper_figures.words import number

SMALLEST = 0.2  # of the panel's half width: a cloud that reaches less far is enlarged
_SIDE, _EDGE = 0.4, 0.03  # of the panel
_TEXT = 0.11  # of the panel, below the inset for its scale


def scatter(axes: Axes, points: np.ndarray, colours: np.ndarray, share: float = 1.0) -> None:
    """Points [N, 2] in their colours; `share` of the usual dots' area."""
    size = share * float(np.clip(6000 / len(points), 3.0, 16.0))
    axes.scatter(*points.T, s=size, c=colours, linewidths=0, alpha=0.85, rasterized=True)


def draw_inset(axes: Axes, points: np.ndarray, colours: np.ndarray) -> Axes | None:
    """Enlarge points [N, 2] that reach less than SMALLEST; None if there is no need.

    The inset lies in the corner farthest from the points, framed as the region that it shows,
    with a bar of round length at the panel's edge and the factor of enlargement beside it.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    centre, reach = (low + high) / 2, 1.15 * float((high - low).max()) / 2
    half = (axes.get_xlim()[1] - axes.get_xlim()[0]) / 2
    if not 0 < reach < SMALLEST * half:
        return None
    # The panel is symmetric about 0: right of points that lie left of it, and above if below.
    left = 1 - _SIDE - _EDGE if centre[0] <= 0 else _EDGE
    above = bool(centre[1] <= 0)
    bottom = 1 - _SIDE - _TEXT if above else _TEXT
    inset = axes.inset_axes((left, bottom, _SIDE, _SIDE))
    scatter(inset, points, colours, share=0.6)
    (x0, y0), (x1, y1) = centre - reach, centre + reach
    inset.set(xlim=(x0, x1), ylim=(y0, y1), xticks=[], yticks=[])
    inset.spines[:].set(color=SOFT, linewidth=0.5, visible=True)
    axes.indicate_inset_zoom(inset, edgecolor=SOFT, linewidth=0.4, alpha=0.8)
    # The scale stands on the side away from the points, so that no line leads to it.
    y = y1 + 0.2 * reach if above else y0 - 0.2 * reach
    bar = round_below(reach)  # drawn in the inset's own units, so it is as long as it says
    inset.plot([x0, x0 + bar], [y, y], color=INK, lw=1.0, clip_on=False, solid_capstyle="butt")
    words = {"fontsize": SMALL, "color": INK, "va": "center", "clip_on": False}
    inset.text(x0 + bar + 0.08 * reach, y, number(bar, 1), **words)
    factor = number(_SIDE * half / reach, 2)
    right = left > 0.5
    inset.text(
        x0 - 0.15 * reach if right else x1 + 0.15 * reach, y,
        f"\N{MULTIPLICATION SIGN}{factor}", ha="right" if right else "left", **words,
    )  # fmt: skip
    return inset


def round_below(length: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that `length` > 0 reaches."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(m * power for m in (1, 2, 5) if m * power <= length * (1 + 1e-9))
