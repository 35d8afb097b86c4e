"""Axes whose ticks can be read over any range."""

import math

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter


def name_ticks(axis: Axis) -> None:
    """Name 1, 2 and 5 of each decade in plain digits if an axis spans two decades or fewer.

    Over a wider range the powers of ten are named, as usual. Call it when all is drawn.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_minor_formatter(NullFormatter())
    decades = math.log10(high / low)
    if decades > 2:
        return
    # 1 to 9 of each decade if 1, 2 and 5 would be less than three ticks.
    subs = (1.0, 2.0, 5.0) if decades > 0.7 else tuple(float(k) for k in range(1, 10))
    if decades < 0.15:  # not even two of these: the axis' own choice, in plain digits
        axis.set_minor_formatter(FuncFormatter(_plain))
    axis.set_major_locator(LogLocator(subs=subs))
    axis.set_major_formatter(FuncFormatter(_plain))


def whole_numbers(axis: Axis) -> None:
    """Write whole values at the ticks of a linear axis, instead of a factor above the panel."""
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "\N{MINUS SIGN}"))
    )


def _plain(value: float, _: int | None = None) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
