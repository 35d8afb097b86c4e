"""What every check of the doctor is given, and the row that it finds."""

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dmdrepro.experiments import REGISTRY, Experiment, build
from dmdrepro.pipeline.measured import Measured, measured
from dmdrepro.pipeline.request import default_size

Row = dict[str, object]
NOT_RUN = "checks without a result"  # the part of the rows of checks that had no time


@dataclass
class Scope:
    """Device, size, folders, and how long a check has; `rows`: what was found before."""

    gpu: str | None
    size: str | None
    data: Path | None
    out: Path
    rows: list[Row] = field(default_factory=list)
    until: float = 0.0  # by time.time(), which all processes share

    def left(self) -> float:
        """Seconds that the check has left."""
        return self.until - time.time()

    @cached_property
    def device(self):
        """The torch.device, chosen once, as every command chooses it; raises RunError."""
        from dmdrepro.training.device import select_device

        return select_device(self.gpu)

    @property
    def chosen_size(self) -> str:
        """The size asked for; else paper on a GPU, else laptop."""
        return self.size or default_size(self.gpu)

    def experiments(self) -> list[Experiment]:
        """Those with data of their own, at the chosen size."""
        size = self.chosen_size
        known = [build(name, size) for name, cls in REGISTRY.items() if size in cls.sizes()]
        return [experiment for experiment in known if experiment.data.sampled]

    def experiment(self, name: str) -> Experiment | None:
        """That of the name; None if it is not among them."""
        return next((each for each in self.experiments() if each.name == name), None)

    def measured(self) -> Measured:
        """The steps that earlier checks timed."""
        return measured(self.rows, self.chosen_size)

    def found(self, part: str, what: str) -> Row:
        """The row of an earlier check; empty if there is none."""
        return next((r for r in self.rows if (r["part"], r["what"]) == (part, what)), {})


def row(part: str, what: str, ok: bool | None = True, why: str = "", **figures: object) -> Row:
    """`ok`: True; False: wrong; None: cannot be said, or lacking. `why`: a sentence, if not True.

    A figure's name ends with its unit: _ms, _s, _gib, _gbs.
    """
    return {"part": part, "what": what, "ok": ok, "why": why, **figures}


def out_of_time(check: str) -> Row:
    """The row of a check that was ended, or not begun, when its time was over."""
    return row(NOT_RUN, check, None, "not run: out of time")
