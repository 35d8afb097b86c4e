"""What an independent pairing shares with the given one: the class, where there is one."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from dmdrepro.stages.run import Run
from dmdrepro.stages.sample import second_array


@dataclass(frozen=True)
class Nulls:
    """The classes of the noises, and the second draws that the samples have.

    Neither of an unconditional experiment; of samples made before there were second draws the
    classes alone.
    """

    classes: np.ndarray | None = None  # [total]
    second: dict[str, torch.Tensor] = field(default_factory=dict)  # of an array's name, [pairing]

    def of_classes(self, rows: slice = slice(None)) -> dict[str, object]:
        """`classes` for `pairing_inefficiency`, of these rows."""
        return {} if self.classes is None else {"classes": self.classes[rows]}

    def of(self, student: str, n: int) -> dict[str, object]:
        """The same of the first n rows with the second draw of the array `student`, if any."""
        given = self.of_classes(slice(n))
        if student in self.second:
            given["independent"] = self.second[student][:n]
        return given


def read_nulls(run: Run, snapshot: int, names: list[str], device: torch.device) -> Nulls:
    """From the done samples; `names`: the arrays whose second draw is looked for."""
    if not run.experiment.data.classes:
        return Nulls()
    folder, listed = run.sample(snapshot).folder, run.sample_hashes(snapshot)

    def read(name: str) -> np.ndarray:
        return np.load(folder / f"{name}.npy", allow_pickle=False)

    second = {
        name: torch.from_numpy(read(second_array(name))).to(device)
        for name in names
        if f"{second_array(name)}.npy" in listed
    }
    return Nulls(read("labels"), second)
