"""The figure of a comparison: samples of both, their cloud, distances, and curves over N."""

import math

import numpy as np
import torch
from matplotlib.figure import Figure

from dmdrepro.comparison.found import Found
from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.measures.chart import Chart, Line
from dmdrepro.paper_figures.cloud import draw_plane_row
from dmdrepro.paper_figures.curves import draw_panel
from dmdrepro.paper_figures.heatmap import draw_heatmap
from dmdrepro.paper_figures.image_grid import COLUMNS, draw_tiles
from dmdrepro.paper_figures.page import EDGE, Page, panel_title, title_height
from dmdrepro.paper_figures.run import SHOWN
from dmdrepro.paper_figures.style import SMALL, styled
from dmdrepro.paper_figures.words import pairing_words

FEW = 100  # samples of the heat map
SMALLEST = 0.01  # a Delta_E that a logarithmic axis would show as if it were far from 0
LEFT, SIDE, GAP, PANEL = 0.42, 1.75, 0.62, 1.5  # inches


@styled
def draw(found: Found) -> Figure:
    """All panels; a row of samples only if they are images."""
    page = Page()
    first, *others = pairing_words(found.record.to_json())
    page.heading(f"Teacher and student: {found.answer}", ", ".join(others), first)
    sets = {"teacher": found.teacher, "student": found.student}
    if (images := {name: as_images(x) for name, x in sets.items()})["teacher"] is not None:
        draw_tiles(page, list(images.values()), list(images), min(COLUMNS, found.n))
        page.space(0.1)
    draw_plane_row(page, {name: _flat(x[:SHOWN]) for name, x in sets.items()})
    page.space(title_height(1))
    axes, bar = page.axes(LEFT, SIDE, SIDE), page.axes(LEFT + SIDE + 0.06, 0.08, SIDE)
    draw_heatmap(axes, bar, *_heatmap(found))
    axes.set(xlabel=r"teacher sample $i$", ylabel=r"student sample $j$")
    bar.set_ylabel("squared distance", fontsize=SMALL)
    panel_title(axes, "Distances", "red boxes: the optimal pairing")
    left = LEFT + SIDE + 1.1
    width = (page.width - left - GAP - EDGE) / 2
    for k, chart in enumerate(chart for chart in charts(found) if not chart.empty):
        axes = page.axes(left + k * (width + GAP), width, PANEL)
        draw_panel(axes, chart, [0], [""])
        axes.legend(fontsize=SMALL)
        panel_title(axes, chart.title)
    page.space(SIDE + 0.4)
    return page.figure()


def charts(found: Found) -> list[Chart]:
    """Means over the disjoint sets of each N, each set a dot."""
    xs = [float(point["n"]) for point in found.over_n]

    def line(name: str, label: str, colour: int, dashed: bool = False) -> Line:
        sets = [[v for v in point[name] if math.isfinite(v)] for point in found.over_n]
        means = [sum(here) / len(here) if here else math.nan for here in sets]
        dots = tuple((n, v) for n, here in zip(xs, sets, strict=True) for v in here)
        return Line(label, xs, means, colour, dashed, dots=() if dashed else dots)

    delta_e = (line("delta_e", "Delta_E", 0), line("delta_e_null", "its null", 0, True))
    small = any(y <= SMALLEST for each in delta_e for y in each.ys)
    shares = (line("retention", "retention", 1), line("concordance", "concordance", 2))
    return [
        Chart("Delta_E over N", "N", delta_e, scale="symlog" if small else "log"),
        Chart("Kept, over N", "N", shares, (0.0, 1.0)),
    ]


def as_images(samples: np.ndarray) -> np.ndarray | None:
    """The first COLUMNS as [n, 1 or 3, H, W] in [-1, 1]; None if they are not images."""
    x = np.asarray(samples[:COLUMNS], dtype=np.float64)
    if x.ndim == 4 and x.shape[1] not in (1, 3) and x.shape[3] in (1, 3):
        x = x.transpose(0, 3, 1, 2)
    if x.ndim != 4 or x.shape[1] not in (1, 3) or min(x.shape[2:]) < 4:
        return None
    low, high = float(samples.min()), float(samples.max())
    if low >= 0 and high > 2:  # 8 bits
        return x / 127.5 - 1
    return 2 * x - 1 if low >= 0 and high <= 1 else x


def _heatmap(found: Found) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances [n, n] of a few samples, and their optimal assignment [n]."""
    x, y = (torch.from_numpy(_flat(each[:FEW])) for each in (found.teacher, found.student))
    few = found.pairing_of(np.arange(len(x))).assignment
    return pairwise_sqdist(x, y).numpy(), few


def _flat(x: np.ndarray) -> np.ndarray:
    """[N, D] with D of at least 2."""
    flat = x.reshape(len(x), -1).astype(np.float64)
    return flat if flat.shape[1] > 1 else np.pad(flat, ((0, 0), (0, 1)))
