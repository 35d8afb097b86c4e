"""Figure 4: the DM loss first rises, then falls (section 4.2)."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dmdrepro.paper_figures.figure import PaperFigure, none
from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.run import Results, attempt, find, planned_snapshots, run_at
from dmdrepro.paper_figures.strokes import key
from dmdrepro.paper_figures.ticks import whole_numbers
from dmdrepro.paper_figures.words import iterations, name_of
from dmdrepro.runs.results import Missing

LEFT, RIGHT = 6000, 900  # iterations
HEIGHT = 2.05  # inches

Curve = tuple[np.ndarray, np.ndarray]  # iterations (from 0) and losses, [updates] each


def _fill(page: Page, results: Results, experiments: Sequence[str]) -> None:
    """From the logs of all students."""
    page.space(title_height(1))
    left, right = page.row(2, left=0.55, gap=0.62, height=HEIGHT)
    page.space(0.36)
    result = find(results, experiments[0])
    curves: dict[int, Curve] = {}
    absent: dict[int, Missing] = {}
    for snapshot in () if isinstance(result, Missing) else planned_snapshots(result):
        read = attempt(run_at(result, snapshot), lambda run: run.losses("loss_dm"))
        (absent if isinstance(read, Missing) else curves)[snapshot] = read
    if not curves:
        reason = result if isinstance(result, Missing) else next(iter(absent.values()))
        draw_missing(left, reason)
        draw_missing(right, reason)
        return
    last = max(int(steps.max()) for steps, _ in curves.values())
    long, short = windows(max(last, result.config.get("distill", {}).get("iterations", 0)))
    size = f"{result.label}, seed {result.seed}"
    tops = []
    for axes, limit in ((left, long), (right, short)):
        updates, top = _draw_curves(axes, curves, limit)
        tops.append(top)
        words = f"; thick: mean of {updates} updates" if updates > 1 else ""
        title = f"{name_of(experiments[0])}, first {iterations(limit)}"
        panel_title(axes, title, size + words)
    for axes in (left, right):
        axes.set_ylim(0, 1.05 * max(tops) or 1.0)
        whole_numbers(axes.yaxis)
    left.set_ylabel("DM loss")
    right.set_ylabel("DM loss, same scale")
    _draw_legend(right, curves, absent)
    page.space(0.15 * (1 + bool(absent) + math.ceil(len(curves) / 3)))


def windows(length: int) -> tuple[int, int]:
    """Upper ends of the two panels: 6000 and 900, or 15 % of what a shorter run has."""
    long = max(1, min(LEFT, length))
    return long, max(min(RIGHT, round(long * RIGHT / LEFT)), min(long, 10))


def running_mean(values: np.ndarray, count: int) -> np.ndarray:
    """Centred mean of `count` (odd) values, of those there are at the ends: [n] -> [n]."""
    ones = np.ones(count)
    return np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same")


def _draw_curves(axes: Axes, curves: dict[int, Curve], limit: int) -> tuple[int, float]:
    """The curves up to `limit`; returns the running mean's updates and the loss to show up to."""
    shown = {
        snapshot: (steps[steps <= limit], loss[steps <= limit])
        for snapshot, (steps, loss) in curves.items()
    }
    updates = max(1, max(len(steps) for steps, _ in shown.values()) // 30) | 1
    top = 0.0
    for snapshot, colour in zip(shown, _colours(len(shown)), strict=True):
        steps, loss = shown[snapshot]
        if not len(steps):
            continue
        # The mean is taken over at most the updates there are, and stays odd.
        mean = running_mean(loss, min(updates, (len(loss) - 1) | 1))
        axes.plot(steps, loss, color=colour, lw=0.3, alpha=0.35, rasterized=True)
        axes.plot(steps, mean, color=colour, lw=1.1, label=f"{snapshot:,}")
        top = max(top, float(np.quantile(loss, 0.995)), float(mean.max()))
    axes.set(xlim=(0, limit), xlabel="distillation iteration")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.locator_params(axis="y", nbins=6)
    return updates, top


def _colours(count: int) -> np.ndarray:
    """From light to dark with the teacher's training, told apart with any colour vision."""
    return colormaps["viridis"](np.linspace(0.82, 0.0, count) if count > 1 else [0.25])


def _draw_legend(axes: Axes, curves: dict[int, Curve], absent: dict[int, Missing]) -> None:
    """Below the right panel, so that it hides no curve."""
    names = "teacher iterations"
    if absent:
        names += "\n(no curve: " + ", ".join(f"{s:,}" for s in absent) + ")"
    lines = [line for line in axes.lines if not line.get_label().startswith("_")]
    key(axes, lines, names, 0.0, HEIGHT + 0.4, columns=3)


DM_LOSS = PaperFigure(
    4,
    ("mnist",),
    _fill,
    "Distribution matching loss of the students of every teacher snapshot, unconditional MNIST: "
    "the first 6,000 distillation iterations (left) and the first 900 (right; a shorter run shows "
    "the same fraction of its own), both on one vertical scale. Thin: each generator update. "
    "Thick: running mean.",
    none,
)
