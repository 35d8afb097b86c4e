"""A buffer of losses on the device, read back many at a time; losses and weights must be finite."""

import math
from collections.abc import Callable, Mapping

import torch

from dmdrepro.runs.errors import NonFinite
from dmdrepro.runs.log import LossLog


class LossBuffer:
    """Collects each step's loss tensors; reading one at a time would make a GPU wait."""

    def __init__(
        self,
        log: LossLog,
        what: str,
        seed: int,
        saved: Callable[[], int] = lambda: 0,
        tell: Callable[[list[dict[str, float]]], None] = lambda lines: None,
        slower: str = "",
        length: int = 50,
    ) -> None:
        """`saved()`: the step of the newest saved state, 0 if there is none.

        `tell` is told of the lines that were logged. `slower`: the option for a smaller learning
        rate, if there is one.
        """
        self._log, self._what, self._seed, self._length = log, what, seed, length
        self._saved, self._tell, self._slower = saved, tell, slower
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
                    self._write(lines)
                    self._log.sync()
                    raise self.stopped(f"{name} is {value} at step {step}")
            self.latest |= line
            lines.append({"step": step, **line})
        self._write(lines)
        self._steps, self._values = [], []

    def _write(self, lines: list[dict[str, float]]) -> None:
        self._log.append(lines)
        self._tell(lines)

    def check_weights(self, step: int, tensors: Mapping[str, torch.Tensor]) -> None:
        """Raise NonFinite unless every weight after `step` steps, and its square, is finite.

        Float32 squares overflow from 1.8e19 on: no network with such a weight computes anything.
        """
        large = [name for name, w in tensors.items() if not w.float().square().sum().isfinite()]
        if large:
            raise self.stopped(f"the weights are not finite after {step:,} steps ({large[0]})")

    def stopped(self, why: str) -> NonFinite:
        """The error that ends the run; it says which saved state is left."""
        saved = self._saved()
        kept = f"Its state saved at step {saved:,} is kept" if saved else "No state of it was saved"
        if self._slower:
            kept += f"; run the same command with a smaller learning rate ({self._slower})"
            kept += " and another --runs folder or --fresh" if saved else ""
        return NonFinite(f"{self._what}: {why} (seed {self._seed}); the run stops there. {kept}.")
