"""A line chart as inline SVG; its values show as tooltips, without any script."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.table import cell_text
from dmdrepro.report.page.html import Html, element, joined

WIDTH, HEIGHT = 420, 250  # of the drawing; the page scales it
LEFT, RIGHT, TOP, BOTTOM = 52, 22, 12, 44
GAP = 34  # from 0, which no logarithm has, to the smallest positive x
MARKED = 24  # points of a line; of a longer one they are not marked
COLOURS = 6  # that page.css has
LABEL = 44  # the least distance between labels of the x axis


def charts_html(charts: Sequence[Chart], legend: str = "") -> Html:
    """The charts that have a finite value side by side, under the legend of what colours mean."""
    drawn = [chart for chart in map(chart_html, charts) if chart is not None]
    named = {line.name: line.colour for chart in charts for line in chart.lines if line.name}
    items = [
        element("li", element("span", class_=f"swatch c{colour % COLOURS}"), name)
        for name, colour in named.items()
    ]
    words = element("span", legend), element("ul", *items)
    return element(
        "div",
        element("div", *words, class_="legend") if len(named) > 1 else None,
        element("div", *drawn, class_="charts") if drawn else None,
    )


def chart_html(chart: Chart) -> Html | None:
    """The chart under its title; None where no line has a finite value."""
    finite = [y for line in chart.lines for y in line.ys if math.isfinite(y)]
    if not finite:
        return None
    xs = sorted({x for line in chart.lines for x in line.xs})
    across = _Across(xs, chart.linear)
    ticks = nice_ticks(min(*finite, *chart.shown), max(*finite, *chart.shown))
    up = _Up(ticks[0], ticks[-1])
    svg = element(
        "svg",
        _grid(across, up, ticks, chart.x_label),
        *(_curve(line, across, up) for line in chart.lines),
        _strips(chart, xs, across),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"{chart.title}, against the {chart.x_label}",
        class_="chart",
    )
    caption = element(
        "figcaption",
        element("b", chart.title),
        element("span", chart.note, class_="note") if chart.note else None,
    )
    return element("figure", caption, svg)


def nice_ticks(low: float, high: float) -> list[float]:
    """Round numbers, 1, 2 or 5 times a power of ten apart, from below `low` to above `high`."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * k for k in range(first, max(last, first + 1) + 1)]


class _Across:
    """From iterations, or whatever is across, to the drawing's x."""

    def __init__(self, xs: Sequence[float], linear: bool = False) -> None:
        self.linear = linear
        positive = [x for x in xs if x > 0] or [1.0]
        self.low, self.high = (xs[0] if linear else positive[0]), positive[-1]
        self.start = LEFT + (GAP if xs[0] <= 0 and not linear else 0)
        self.labels = _labels(xs, self)

    def __call__(self, x: float) -> float:
        if x <= 0 and not self.linear:
            return LEFT
        end = WIDTH - RIGHT
        if self.high == self.low:
            return end
        share = (
            (x - self.low) / (self.high - self.low)
            if self.linear
            else math.log(x / self.low) / math.log(self.high / self.low)
        )
        return self.start + share * (end - self.start)

    def words(self, x: float, digits: int) -> str:
        """x with thousands apart, or so many significant digits where it is no whole number."""
        return _named(x, 3 if self.linear else digits)


class _Up:
    """From values to the drawing's y."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, y: float) -> float:
        share = (y - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _labels(xs: Sequence[float], across: _Across) -> list[float]:
    """The places to name: the first and last, and of the others those that have room."""
    others = xs[1:-1]
    if len(xs) > MARKED and not across.linear:
        first, last = (math.floor(math.log10(x)) for x in (across.low, across.high))
        decades = (10.0**k for k in range(first, last + 1))
        others = [x for x in decades if across.low <= x < across.high]
    chosen = [xs[0]] if len(xs) == 1 else [xs[0], xs[-1]]
    for x in others:
        if all(abs(across(x) - across(c)) >= LABEL for c in chosen if c > 0 or across.linear) and (
            xs[0] > 0 or across(x) - LEFT >= GAP
        ):
            chosen.append(x)
    return sorted(chosen)


def _grid(across: _Across, up: _Up, ticks: Sequence[float], x_label: str) -> Html:
    end, floor = WIDTH - RIGHT, HEIGHT - BOTTOM
    decimals = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    marks = []
    for tick in ticks:
        text = f"{tick + 0.0:,.{decimals}f}" if abs(tick) < 1e7 and decimals < 6 else f"{tick:.3g}"
        y = _short(up(tick))
        marks.append(element("line", x1=LEFT, x2=end, y1=y, y2=y, class_="grid"))
        marks.append(element("text", text, x=LEFT - 6, y=_short(up(tick) + 4), text_anchor="end"))
    for x in across.labels:
        at = _short(across(x))
        marks.append(element("line", x1=at, x2=at, y1=floor, y2=floor + 4, class_="tick"))
        marks.append(element("text", across.words(x, 2), x=at, y=floor + 17, text_anchor="middle"))
    middle = (LEFT + end) / 2
    marks.append(element("text", x_label, x=middle, y=HEIGHT - 7, text_anchor="middle"))
    return element("g", *marks)


def _curve(line: Line, across: _Across, up: _Up) -> Html:
    path, pen = [], "M"
    dots = []
    marked = len(line.xs) <= MARKED and not line.dashed
    for x, y in zip(line.xs, line.ys, strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        at = f"{_short(across(x))} {_short(up(y))}"
        path.append(pen + at)
        pen = "L"
        if marked:
            cx, cy = at.split()
            dots.append(element("circle", cx=cx, cy=cy, r=2.6))
    style = f"line c{line.colour % COLOURS}{' dashed' if line.dashed else ''}"
    return element("g", element("path", d="".join(path)), *dots, class_=style)


def _strips(chart: Chart, xs: Sequence[float], across: _Across) -> Html:
    """An invisible strip about each x, whose tooltip has all lines' values there."""
    tables = [(line.label, dict(zip(line.xs, line.ys, strict=True))) for line in chart.lines]
    places = [across(x) for x in xs]
    edges = [
        LEFT - 8,
        *((a + b) / 2 for a, b in pairwise(places)),
        WIDTH,
    ]
    strips = []
    for place, x in enumerate(xs):
        values = [f"{label}: {cell_text(float(ys[x]))}" for label, ys in tables if x in ys]
        said = "\n".join([f"{chart.x_label} {across.words(x, 3)}", *values])
        left, right = edges[place], edges[place + 1]
        strips.append(
            element(
                "rect",
                element("title", said),
                x=_short(left),
                y=TOP,
                width=_short(right - left),
                height=HEIGHT - BOTTOM - TOP,
            )
        )
    return element("g", joined(strips, "\n"), class_="strips")


def _named(x: float, digits: int) -> str:
    """`6,000` where whole or large, as iterations are; of a small number so many digits."""
    return f"{x:,.0f}" if x >= 100 or float(x).is_integer() else f"{x:.{digits}g}"


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
