"""Line charts for the page: matplotlib places the values, ticks and labels, a template draws them.

So the page's style sheet has the colours, light and dark, and tooltips the values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.table import cell_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 420, 250  # of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 12, 44
GAP = 34  # from 0, which no logarithm has, to the smallest positive x
MARKED = 24  # points of a line; of a longer one they are not marked
COLOURS = 6  # that page.css has
LABEL = 44  # the least distance between labels of the x axis


Place = Callable[[float, float], tuple[float, float]]  # x and y of a value -> of the drawing


@dataclass(frozen=True)
class Drawing:
    """What a chart shows, in pixels of the drawing."""

    chart: Chart
    ticks: list[tuple[str, float]]  # text, y
    labels: list[tuple[str, float]]  # text, x
    lines: list[tuple[str, str, list[tuple[float, float]]]]  # class, path, dots
    strips: list[tuple[str, float, float]]  # tooltip, x, width
    width, height, top, left = WIDTH, HEIGHT, TOP, LEFT
    right, floor = WIDTH - RIGHT, HEIGHT - BOTTOM


def colours(charts: Sequence[Chart]) -> dict[str, int]:
    """What the colours stand for."""
    lines = [line for chart in charts for line in chart.lines if line.name]
    return {line.name: line.colour % COLOURS for line in lines}


def drawings(charts: Sequence[Chart]) -> list[Drawing]:
    """The charts that have a finite value."""
    return [drawing for chart in charts if (drawing := draw(chart)) is not None]


def draw(chart: Chart) -> Drawing | None:
    """Place a chart's lines; None if no line has a finite value."""
    from matplotlib.ticker import MaxNLocator

    finite = [y for line in chart.lines for y in line.ys if math.isfinite(y)]
    if not finite:
        return None
    xs = sorted({x for line in chart.lines for x in line.xs})
    low, high = min(*finite, *chart.shown), max(*finite, *chart.shown)
    ticks = MaxNLocator(5, steps=[1, 2, 5, 10]).tick_values(low, high)
    axes = _axes(xs, chart.linear, (ticks[0], ticks[-1]))

    def place(x: float, y: float) -> tuple[float, float]:
        across, up = axes.transData.transform((x, y))
        return round(float(across), 1), round(HEIGHT - float(up), 1)

    across = {x: place(x, 0)[0] for x in xs}
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    return Drawing(
        chart,
        [(_tick(float(tick), decimals), place(xs[0], tick)[1]) for tick in ticks],
        [(_named(x, 3 if chart.linear else 2), place(x, 0)[0]) for x in _labels(xs, axes, place)],
        [_line(line, place) for line in chart.lines],
        _strips(chart, across),
    )


def _axes(xs: Sequence[float], linear: bool, ys: tuple[float, float]) -> Axes:
    """Axes of the drawing's size over all x, logarithmic but for 0 unless `linear`."""
    from matplotlib.figure import Figure

    inner = WIDTH - LEFT - RIGHT
    figure = Figure((WIDTH, HEIGHT), dpi=1)
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / HEIGHT, inner / WIDTH, (HEIGHT - BOTTOM - TOP) / HEIGHT)
    )
    first, last = next((x for x in xs if x > 0), 1.0), xs[-1]
    if not linear and xs[0] <= 0:
        decades = math.log10(last / first) if last > first else 1.0
        gap = decades * GAP / (inner - GAP)  # in decades: matplotlib counts it in 9 tenths
        axes.set_xscale("symlog", linthresh=first, linscale=0.9 * gap)
    elif not linear:
        axes.set_xscale("log")
    axes.set_xlim(xs[0], last if last > xs[0] else xs[0] + 1)
    axes.set_ylim(*ys)
    return axes


def _labels(xs: Sequence[float], axes: Axes, place: Place) -> list[float]:
    """The places to name: the first and last, and of the others those that have room."""
    others = xs[1:-1]
    if len(xs) > MARKED and axes.get_xscale() != "linear":
        others = [float(x) for x in axes.get_xticks() if max(xs[0], 0) < x < xs[-1]]
    chosen = [xs[0]] if len(xs) == 1 else [xs[0], xs[-1]]
    for x in others:  # a 0 that stands apart is one digit wide
        room = {c: GAP if c == xs[0] <= 0 else LABEL for c in chosen}
        if all(abs(place(x, 0)[0] - place(c, 0)[0]) >= least for c, least in room.items()):
            chosen.append(x)
    return sorted(chosen)


def _line(line: Line, place: Place) -> tuple[str, str, list[tuple[float, float]]]:
    path, pen, dots = [], "M", []
    for x, y in zip(line.xs, line.ys, strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        dots.append(place(x, y))
        path.append(f"{pen}{dots[-1][0]} {dots[-1][1]}")
        pen = "L"
    marked = len(line.xs) <= MARKED and not line.dashed
    kind = f"line c{line.colour % COLOURS}{' dashed' if line.dashed else ''}"
    return kind, "".join(path), dots if marked else []


def _strips(chart: Chart, across: Mapping[float, float]) -> list[tuple[str, float, float]]:
    """About each x a strip, whose tooltip has all lines' values there."""
    tables = [(line.label, dict(zip(line.xs, line.ys, strict=True))) for line in chart.lines]
    edges = [LEFT - 8, *((a + b) / 2 for a, b in pairwise(across.values())), WIDTH]
    strips = []
    for x, (left, right) in zip(across, pairwise(edges), strict=True):
        values = [f"{label}: {cell_text(float(ys[x]))}" for label, ys in tables if x in ys]
        said = "\n".join([f"{chart.x_label} {_named(x, 3)}", *values])
        strips.append((said, round(left, 2), round(right - left, 2)))
    return strips


def _tick(tick: float, decimals: int) -> str:
    written = abs(tick) < 1e7 and decimals < 6
    return f"{tick + 0.0:,.{decimals}f}" if written else f"{tick:.3g}"


def _named(x: float, digits: int) -> str:
    """`6,000` where whole or large, as iterations are; of a small number so many digits."""
    return f"{x:,.0f}" if x >= 100 or float(x).is_integer() else f"{x:.{digits}g}"
