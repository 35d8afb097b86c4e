"""Curves of several arms, seeds and sizes: two panels a row, the keys in a place of their own."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from dmdrepro.paper_figures.page import EDGE, Page, panel_title, title_height
from dmdrepro.paper_figures.saving import write_figure
from dmdrepro.paper_figures.strokes import key, seed_handles, stroke
from dmdrepro.paper_figures.style import COLOURS, SMALL, SOFT, styled
from dmdrepro.paper_figures.ticks import name_ticks

if TYPE_CHECKING:
    from dmdrepro.measures.chart import Chart, Line

HEIGHT, LEFT, GAP = 1.62, 0.55, 0.62  # inches, of a panel and beside it
BELOW = 0.42  # inches, of a panel's axis
SMALLEST = 0.01  # what an axis of scale symlog tells from 0
X_WORDS = {"path": "path: learning rate times updates"}
_LINE = 0.16  # inches, of a legend
_SHORT = 24  # characters: the seeds have room beside names as long as this, else below them


@styled
def draw_curves(charts: Sequence[Chart]) -> Figure:
    """A panel a chart: a colour an arm, a stroke a seed, hollow markers of another size.

    What is dashed has no marker; dots are the single values that a line is a mean of. The keys
    stand in the last row's empty place, else below all.
    """
    lines = [line for chart in charts for line in chart.lines]
    seeds, sizes = sorted({line.seed for line in lines}), list(dict.fromkeys(x.size for x in lines))
    page = Page()
    drawn: list[Axes] = []
    for first in range(0, len(charts), 2):
        page.space(title_height(1))
        width = (page.width - LEFT - EDGE - GAP) / 2
        for k, chart in enumerate(charts[first : first + 2]):
            drawn.append(page.axes(LEFT + k * (width + GAP), width, HEIGHT))
            draw_panel(drawn[-1], chart, seeds, sizes)
            panel_title(drawn[-1], chart.title, chart.note)
        page.space(HEIGHT + BELOW)
    odd = len(charts) % 2
    right, down = (width + GAP, HEIGHT + BELOW) if odd else (0.0, 0.0)
    down = page.top - down - title_height(1) - EDGE  # from the first panel
    remarks = dict.fromkeys(words for chart in charts for words in chart.remarks)
    tall = _draw_keys(drawn[0], lines, seeds, right, down, list(remarks))
    page.space(max(0.0, tall - HEIGHT - BELOW) if odd else tall)
    return page.figure()


def _colour(line: Line) -> str:
    return COLOURS[line.colour % len(COLOURS)]


def _tall(entries: Collection) -> float:
    """Inches of a legend with its title and the space below it."""
    return _LINE * (len(entries) + 1.6)


def _draw_keys(
    axes: Axes,
    lines: Sequence[Line],
    seeds: Sequence[int],
    right: float,
    down: float,
    remarks: Sequence[str],
) -> float:
    """Arms by size, seeds beside or below them, then `remarks` of two lines; returns their inches.

    `right`, `down`: inches from the upper left corner of `axes` to theirs.
    """
    groups: dict[str, dict[str, Line]] = {}
    for line in lines:
        groups.setdefault(line.size, {}).setdefault(line.name, line)
    beside = max((len(line.name) for line in lines), default=0) <= _SHORT
    under = down + sum(map(_tall, groups.values()))
    at = (right + 1.75, down) if beside else (right, under)
    key(axes, seed_handles(seeds), "seeds", *at, extra=True)
    below = 0.0
    for place, (size, members) in enumerate(groups.items()):
        looks = (stroke(0, [0], _colour(line), place > 0) for line in members.values())
        handles = [Line2D([], [], label=a, **k) for a, k in zip(members, looks, strict=True)]
        marks = "" if len(groups) == 1 else ", hollow markers" if place else ", filled markers"
        extra = place < len(groups) - 1
        key(axes, handles, f"{size}{marks}" if size else "arms", right, down + below, extra=extra)
        below += _tall(members)
    below += 0.0 if beside else _tall(seeds)
    for remark in remarks:
        axes.annotate(
            remark, (0, 1), (72 * right, -72 * (down + below)), xycoords="axes fraction",
            textcoords="offset points", va="top", fontsize=SMALL, color=SOFT,
            annotation_clip=False,
        )  # fmt: skip
        below += 2.2 * _LINE
    return max(below, _tall(seeds))


def draw_panel(axes: Axes, chart: Chart, seeds: Sequence[int], sizes: Sequence[str]) -> None:
    """Draw one chart; `seeds`, `sizes`: all that strokes and markers tell apart."""
    for line in chart.lines:
        # The start has no place on a logarithmic axis.
        points = [(x, y) for x, y in zip(line.xs, line.ys, strict=True) if x > 0]
        look = stroke(line.seed, seeds, _colour(line), line.size != sizes[0])
        colour = look["color"]
        if line.dots:
            dots = zip(*line.dots, strict=True)
            axes.plot(*dots, ls="", marker=".", ms=1.6, color=colour, alpha=0.5)
        if line.dashed:
            look = {"lw": 0.7, "ls": "--", "color": colour}
        axes.plot(*zip(*points, strict=True), label=line.label, **look)
    if chart.mark is not None:
        axes.axvline(chart.mark, color=SOFT, lw=0.5)
    axes.set_xscale("log")
    name_ticks(axes.xaxis)
    levels = [level for level in chart.shown if level > 0 or chart.scale == "linear"]
    for level in levels:
        axes.axhline(level, color=SOFT, lw=0.5, ls=":")
    if chart.scale == "linear":
        found = [y for line in chart.lines for y in line.ys if math.isfinite(y)]
        unit = max(levels) - min(levels) or max(found) - min(found) or 1.0
        low = min(min(levels) - 0.12 * unit, min(found) - 0.06 * unit)
        axes.set_ylim(low, max(max(levels) + 0.12 * unit, max(found) + 0.06 * unit))
    elif chart.scale == "log":
        axes.set_yscale("log")
        name_ticks(axes.yaxis)
    else:
        axes.set_yscale("symlog", linthresh=SMALLEST)
        axes.set_ylim(bottom=0)
    axes.set_xlabel(X_WORDS.get(chart.x_label, chart.x_label))
    axes.tick_params(labelsize=SMALL)


def save_curves(title: str, charts: Sequence[Chart], folder: Path, stem: str) -> list[Path]:
    """Write `stem`.png and `stem`.pdf into `folder`; no empty panel, and no curve, no file."""
    charts = [chart for chart in charts if not chart.empty]
    seeds = sorted({line.seed for chart in charts for line in chart.lines})
    if not seeds:
        return []
    about = {"Title": title, "Seed": ", ".join(map(str, seeds))}
    return write_figure(draw_curves(charts), folder / stem, about)
