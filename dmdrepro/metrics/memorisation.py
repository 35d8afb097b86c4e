"""Memorization ratio r(y) = |y - x1(y)| / |y - x2(y)| (section 4.1.2), and D(z) (4.2.1)."""

from dataclasses import dataclass, field

import numpy as np
import torch

from dmdrepro.kernels import nearest_two
from dmdrepro.metrics.samples import Samples, as_rows, as_tensor
from dmdrepro.metrics.scale import SINGLE, exponent_of, restored_lengths, scaled

THRESHOLD = 1 / 3  # Bonnaire et al. 2025; the paper says "some prescribed threshold"


@dataclass(frozen=True)
class MemorisationRecord:
    """Which samples repeat a training point: they are much nearer to it than to any other."""

    fraction: float  # of samples with ratio < threshold
    threshold: float
    ratio: np.ndarray = field(repr=False, compare=False)  # [N] in [0, 1]
    nearest: np.ndarray = field(repr=False, compare=False)  # [N, 2] indices of x1, x2
    mean_distance: np.ndarray = field(repr=False, compare=False)  # [N]: D(z) of section 4.2.1

    def to_json(self) -> dict[str, float | int]:
        """Threshold, fraction, smallest and median ratio, number of samples."""
        return {
            "threshold": self.threshold,
            "fraction": self.fraction,
            "ratio_min": float(self.ratio.min()),
            "ratio_median": float(np.median(self.ratio)),
            "n": len(self.ratio),
        }


def memorisation_ratio(
    queries: Samples, training_set: Samples, threshold: float = THRESHOLD
) -> MemorisationRecord:
    """Nearest over second-nearest distance of each query to the training set.

    `queries` [N, ...], `training_set` [M, ...], M >= 2, samples of one shape, numpy or torch;
    compared as float32, at a scale that float32 holds. A query that equals a training point has
    ratio 0, also if the set holds the point twice. Raises ValueError for shapes that do not fit,
    values that are not finite, or a threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; r lies in [0, 1], so pass one in (0, 1].")
    queries, training_set = as_tensor(queries, "queries"), as_tensor(training_set, "training_set")
    if queries.shape[1:] != training_set.shape[1:]:
        raise ValueError(
            f"queries have shape {tuple(queries.shape)}, the training set "
            f"{tuple(training_set.shape)}; one sample of each must have the same shape."
        )
    data, rows = as_rows(training_set, "training_set"), as_rows(queries, "queries", least=1)
    exponent = exponent_of(data, rows, ordinary=SINGLE)
    data = scaled(data, -exponent).float()
    rows = scaled(rows, -exponent).to(data.device, torch.float32)
    found = nearest_two(rows, data)
    first, second = found.sqdist.sqrt().unbind(1)
    ratio = torch.where(first > 0, first / second, torch.zeros_like(first)).cpu().numpy()
    return MemorisationRecord(
        fraction=float((ratio < threshold).mean()),
        threshold=threshold,
        ratio=ratio,
        nearest=found.index.cpu().numpy(),
        mean_distance=restored_lengths(found.mean_distance, exponent).cpu().numpy(),
    )
