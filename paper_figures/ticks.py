"""Axes whose ticks can be read over any range."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

# Of a decade the ticks that are named: the first that gives three.
STEPS = ((1.0, 2.0, 5.0), *([1 + k / n for k in range(9 * n)] for n in (1, 2, 5, 10)))


def name_ticks(axis: Axis) -> None:
    """Name some ticks in plain digits if an axis spans two decades or fewer.

    They are 1, 2 and 5 of each decade, or as many more as it takes to have three. Over a wider
    range the powers of ten are named, as usual. Call it when all is drawn.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_minor_formatter(NullFormatter())
    if math.log10(high / low) > 2:
        return
    for subs in STEPS:
        found = LogLocator(subs=subs).tick_values(low, high)
        if sum(low <= tick <= high for tick in found) >= 3:
            axis.set_major_locator(LogLocator(subs=subs))
            break
    else:  # the axis' own choice
        axis.set_minor_formatter(FuncFormatter(_plain))
    axis.set_major_formatter(FuncFormatter(_plain))


def whole_numbers(axis: Axis) -> None:
    """Write whole values at the ticks of a linear axis, instead of a factor above the panel."""
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "\N{MINUS SIGN}"))
    )


def _plain(value: float, _: int | None = None) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
