"""Losses kept on the device and read back many at a time, each checked to be finite."""

from __future__ import annotations

import math

import torch

from dmdrepro.runs.errors import NonFinite
from dmdrepro.runs.log import LossLog


class LossBuffer:
    """Collects each step's loss tensors; reading one at a time would make a GPU wait."""

    def __init__(self, log: LossLog, what: str, seed: int, length: int = 50) -> None:
        self._log, self._what, self._seed, self._length = log, what, seed, length
        self._steps: list[tuple[int, list[str]]] = []
        self._values: list[torch.Tensor] = []
        self.latest: dict[str, float] = {}

    def add(self, step: int, **losses: torch.Tensor) -> None:
        """Keep the step's scalar tensors; every `length` steps they are checked and logged."""
        self._steps.append((step, list(losses)))
        self._values += [value.detach() for value in losses.values()]
        if len(self._steps) >= self._length:
            self.flush()

    def flush(self) -> None:
        """Log what was collected; raises NonFinite, naming the step and the seed."""
        if not self._steps:
            return
        values = iter(torch.stack(self._values).tolist())
        lines = []
        for step, names in self._steps:
            line = {name: next(values) for name in names}
            for name, value in line.items():
                if not math.isfinite(value):
                    self._log.append(lines)
                    self._log.sync()
                    raise NonFinite(
                        f"{self._what}: {name} is {value} at step {step} (seed {self._seed}); "
                        "the run stops there. Its last saved state is kept; a smaller learning "
                        "rate (--set teacher.lr=..., distill.lr=...) needs another --runs folder "
                        "or --fresh."
                    )
            self.latest |= line
            lines.append({"step": step, **line})
        self._log.append(lines)
        self._steps, self._values = [], []
