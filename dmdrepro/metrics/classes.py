"""The class of each sample: what is accepted, and which rows belong to which class."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from dmdrepro.metrics.samples import check_dense

Labels = torch.Tensor | np.ndarray | Sequence[int]


@dataclass(frozen=True)
class Classes:
    """Which rows have which class: `rows[k]` int64 ascending, of the class `names[k]`."""

    names: np.ndarray  # [C], distinct, ascending
    numbers: np.ndarray  # [N] int64: k of each row
    rows: tuple[torch.Tensor, ...]

    @property
    def single(self) -> np.ndarray:
        """The names of the classes that have one row."""
        return self.names[[len(rows) == 1 for rows in self.rows]]

    def in_company(self) -> np.ndarray:
        """[N] bool: the rows whose class has another row."""
        return np.bincount(self.numbers)[self.numbers] > 1

    @property
    def mostly_alone(self) -> bool:
        """Whether fewer than half of the rows have company: too few to stand for all."""
        return bool(self.in_company().mean() < 0.5)

    def half_a_class_on(self) -> np.ndarray:
        """[N]: for each row one of its class, half a class on; the row itself if it is alone."""
        order = np.arange(len(self.numbers))
        for rows in self.rows:
            order[rows.numpy()] = np.roll(rows.numpy(), len(rows) // 2)
        return order


def as_classes(classes: Labels, n: int, name: str = "classes") -> Classes:
    """Class numbers [N], whole numbers in a list, numpy or torch, as rows by class.

    Raises ValueError, naming them, for another shape and for anything but whole numbers.
    """
    values, most = _as_array(classes, name)
    if values.dtype.kind not in "iufb":
        raise ValueError(f"{name} has type {values.dtype}; pass one whole number for each sample.")
    if values.shape != (n,):
        raise ValueError(
            f"{name} has shape {values.shape}; there are {n} samples: pass ({n},), one whole "
            "number for each."
        )
    if values.dtype.kind == "f":
        wrong = ~np.isfinite(values) | (values != np.trunc(values))
        if wrong.any():
            first = int(wrong.argmax())
            raise ValueError(
                f"{name} has {values[first]:g} in row {first}; pass one whole number for each "
                "sample."
            )
        if (np.abs(values) >= most).any():
            raise ValueError(
                f"{name} holds numbers from {most:.0f} on, of which its type of float skips some; "
                "pass integers."
            )
    names, numbers = np.unique(values, return_inverse=True)
    order = torch.from_numpy(np.argsort(numbers, kind="stable"))
    rows = order.split(np.bincount(numbers).tolist())
    return Classes(names, numbers.astype(np.int64), tuple(rows))


def _as_array(classes: Labels, name: str) -> tuple[np.ndarray, float]:
    """The values, and from where on their type, if of floats, does not hold every whole number."""
    if isinstance(classes, torch.Tensor):
        tensor = check_dense(classes.detach(), name).cpu()
        if tensor.is_floating_point():
            return tensor.double().numpy(), 2 / torch.finfo(tensor.dtype).eps
        return tensor.numpy(), math.inf
    if np.ma.is_masked(classes):
        raise ValueError(f"{name} has masked entries; every sample needs its class.")
    try:
        values = np.asarray(classes)
    except (ValueError, TypeError, OverflowError):  # lists of unequal lengths, for one
        raise ValueError(f"{name} is not a list of whole numbers, one for each sample.") from None
    return values, 2 / float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else math.inf
