"""Line charts for the page: places of values and labels, which a template draws.

The page's style sheet has the colours, light and dark; tooltips have the values.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.table import cell_text

WIDTH, HEIGHT = 420, 250  # of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 12, 44
GAP = 34  # from 0, which no logarithm has, to the smallest positive x
MARKED = 24  # points of a line; of a longer one they are not marked
COLOURS = 10  # that page.css has
LABEL = 44  # the least distance between labels of the x axis


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
    """The name that each colour stands for."""
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
    x_at = _across(xs, chart.linear)

    def y_at(y: float) -> float:
        share = (y - ticks[0]) / (ticks[-1] - ticks[0])
        return round(float(HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)), 1)

    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    labels = _labels(xs, x_at, decades=not chart.linear and len(xs) > MARKED)
    return Drawing(
        chart,
        [(_tick(float(tick), decimals), y_at(tick)) for tick in ticks],
        [(_named(x, 3 if chart.linear else 2), x_at(x)) for x in labels],
        [_line(line, x_at, y_at) for line in chart.lines],
        _strips(chart, {x: x_at(x) for x in xs}),
    )


def _across(xs: Sequence[float], linear: bool) -> Callable[[float], float]:
    """The drawing's x of a value; logarithmic, but for the gap from 0, unless `linear`."""
    first, last = next((x for x in xs if x > 0), 1.0), xs[-1]
    if linear:
        first, scale, left = xs[0], float, LEFT
    else:
        scale, left = math.log10, LEFT + (GAP if xs[0] <= 0 else 0)
    low, high = scale(first), scale(max(first, last))

    def x_at(x: float) -> float:
        if not linear and x < first:
            return round(LEFT + GAP * x / first, 1)
        return round(left + (WIDTH - RIGHT - left) * (scale(x) - low) / (high - low or 1.0), 1)

    return x_at


def _labels(xs: Sequence[float], x_at: Callable[[float], float], decades: bool) -> list[float]:
    """The x to label: the first, the last, and others (or `decades`) for which there is room."""
    others = xs[1:-1]
    if decades:
        first = next(x for x in xs if x > 0)
        powers = range(math.ceil(math.log10(first)), math.ceil(math.log10(xs[-1])))
        others = [10.0**power for power in powers if xs[0] < 10.0**power]
    chosen = [xs[0]] if len(xs) == 1 else [xs[0], xs[-1]]
    for x in others:  # a 0 that stands apart is one digit wide
        room = {c: GAP if c == xs[0] <= 0 else LABEL for c in chosen}
        if all(abs(x_at(x) - x_at(c)) >= least for c, least in room.items()):
            chosen.append(x)
    return sorted(chosen)


def _line(line: Line, x_at: Callable, y_at: Callable) -> tuple[str, str, list[tuple[float, float]]]:
    path, pen, dots = [], "M", []
    for x, y in zip(line.xs, line.ys, strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        dots.append((x_at(x), y_at(y)))
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
    """`6,000` of a whole or large number, as iterations are; else so many digits."""
    return f"{x:,.0f}" if x >= 100 or float(x).is_integer() else f"{x:.{digits}g}"
