"""Squared distances between teacher and student images, red lines around the optimal pairs."""

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap

from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import EDGE, Page, panel_title, title_height
from dmdrepro.paper_figures.run import StudentRun, attempt
from dmdrepro.paper_figures.style import INK, RED, SMALL
from dmdrepro.paper_figures.words import iterations, name_of, pairing_words
from dmdrepro.runs.results import Missing

ARRAYS = ("heatmap", "heatmap_assignment")  # of the record's first samples
_LEFT, _GAP, _BAR, _BELOW = 0.42, 0.95, 0.08, 0.36  # inches
_WIDTH = (0.35, 0.9)  # points of a box's line, at least and at most
_SHARE = 0.2  # of a cell's side that the line is wide, between these
# Blues: red boxes differ from them along the blue-yellow axis, which nearly all eyes have.
_NEAR_IS_DARK = ListedColormap(colormaps["Blues_r"](np.linspace(0.18, 1.0, 256)))


def draw_heatmaps(page: Page, *runs: StudentRun | Missing) -> None:
    """A panel or two side by side, each with its own colour scale."""
    page.space(title_height(3))
    side = (page.width - _LEFT - _GAP - 0.5 - EDGE) / 2
    drawn = False
    for x, run in zip((_LEFT, _LEFT + side + _GAP), runs, strict=False):
        axes = page.axes(x, side, side)
        read = attempt(run, lambda run: (*map(run.array, ARRAYS), run.pairing()))
        if isinstance(read, Missing):
            draw_missing(axes, read)
            continue
        sqdist, assignment, pairing = read
        draw_heatmap(axes, page.axes(x + side + 0.06, _BAR, side), sqdist, assignment)
        drawn = True
        first, *others = pairing_words(pairing)  # of all N samples
        detail = f"teacher {iterations(run.snapshot)}, {run.size_words}"
        results = [first, ", ".join(others)]
        panel_title(axes, name_of(run.experiment), detail, results=results)
    page.space(side + _BELOW)
    if drawn:
        page.text("red boxes: optimal pairing", x=_LEFT, fontsize=SMALL, color=RED)
        page.text("diagonal: distillation pairing", x=_LEFT + 1.3, fontsize=SMALL, color=INK)
        page.space(0.12)


def draw_heatmap(axes: Axes, bar: Axes, sqdist: np.ndarray, assignment: np.ndarray) -> None:
    """One panel and, in `bar`, its scale.

    `sqdist`: [n, n], teacher i x student j; `assignment`: [n], the student that is optimal for i.
    """
    n = len(sqdist)
    # The paper's horizontal axis is the teacher's index i; a matrix's is its column.
    shown = axes.imshow(sqdist.T, cmap=_NEAR_IS_DARK, vmin=0.0, aspect="auto")
    points = 72 * axes.get_position().width * axes.figure.get_figwidth()
    axes.add_collection(optimal_boxes(assignment, points))
    axes.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5))  # boxes do not move the limits
    ticks = sorted({0, (n // 2), n - 1}) if n < 20 else [0, *range(n // 4 - 1, n, n // 4)]
    axes.set_xticks(ticks, [str(t + 1) for t in ticks])
    axes.set_yticks(ticks, [str(t + 1) for t in ticks])
    axes.spines[:].set_visible(True)
    axes.set(xlabel=r"teacher image $i$", ylabel=r"student image $j$")
    colours = axes.figure.colorbar(shown, cax=bar)
    colours.outline.set_visible(False)
    bar.locator_params(axis="y", nbins=5)
    bar.tick_params(labelsize=SMALL)
    colours.set_label(r"$\|\Phi_8(z_i)-G(z_j)\|^2$", fontsize=SMALL)


def optimal_boxes(assignment: np.ndarray, side: float) -> LineCollection:
    """A red square around the cell (i, assignment[i]) of each teacher i, all of it outside.

    `side`: the panel's, in points. The line runs along the cell's outer edge, so it hides nothing
    of the distance that it marks.
    """
    i = np.arange(len(assignment))
    centres = np.stack([i, np.asarray(assignment)], axis=-1)[:, None, :]  # [n, 1, 2]
    cell = side / max(len(assignment), 1)  # points
    width = float(np.clip(_SHARE * cell, *_WIDTH))
    out = 0.5 + np.ceil(256 * width / 2 / cell) / 256  # a binary fraction: centres stay exact
    corners = out * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1], [-1, -1]])
    boxes = LineCollection(centres + corners, colors=RED, linewidths=width, joinstyle="miter")
    boxes.set_clip_on(False)  # at the panel's edge they lie on its frame
    boxes.set_snap(False)  # a line that is moved to whole pixels may lie on the cell
    return boxes
