"""Curves before anybody has decided how they look: for the page and for figures."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One curve; equal colours belong together, the dashed one is what to compare with."""

    label: str
    xs: Sequence[float]  # iterations or such, ascending
    ys: Sequence[float]  # as many; what is not finite leaves a gap
    colour: int = 0
    dashed: bool = False
    name: str = ""  # what its colour stands for
    seed: int = 0
    size: str = ""  # of the run, in words
    dots: tuple[tuple[float, float], ...] = ()  # single values that the line is a mean of


@dataclass(frozen=True)
class Chart:
    """Lines over a logarithmic axis, 0 set apart, or over a `linear` one."""

    title: str
    x_label: str
    lines: tuple[Line, ...]
    shown: tuple[float, ...] = (0.0,)  # values that the y axis reaches in any case
    note: str = ""
    linear: bool = False
    scale: str = "linear"  # of a figure's y axis: "linear", "log" or "symlog"
    mark: float | None = None  # of a figure: an x to mark
    remarks: tuple[str, ...] = ()  # below a figure, of two lines each

    @property
    def empty(self) -> bool:
        """Whether no line has a value that a figure's y axis can show."""
        least = 0.0 if self.scale == "log" else -math.inf
        return not any(least < y < math.inf for line in self.lines for y in line.ys)
