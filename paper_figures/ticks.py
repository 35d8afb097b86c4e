"""Axes whose ticks can be read over any range."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter

FEWEST = 3  # ticks that are named


def name_ticks(axis: Axis) -> None:
    """Name some ticks in plain digits if an axis spans two decades or fewer.

    They are 1, 2 and 5 of each decade, or 1 to 9, or of a short axis as on a linear one. Over a
    wider range the powers of ten are named, as usual. Call it when all is drawn.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_minor_formatter(NullFormatter())
    if math.log10(high / low) > 2:
        return
    first, last = (math.floor(math.log10(end)) for end in (low, high))
    for steps in ((1, 2, 5), range(1, 10)):
        ticks = [step * 10.0**k for k in range(first, last + 1) for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) >= FEWEST:
            break
    else:
        even = MaxNLocator(7, steps=[1, 2, 5, 10]).tick_values(low, high)
        ticks = [tick for tick in even if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(_plain))


def whole_numbers(axis: Axis) -> None:
    """Write whole values at the ticks of a linear axis, instead of a factor above the panel."""
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "\N{MINUS SIGN}"))
    )


def _plain(value: float, _: int | None = None) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
