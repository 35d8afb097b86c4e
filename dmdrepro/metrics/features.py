"""Image quality by features: Frechet distance, precision and recall, over several draws of data."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import torch

from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.metrics.samples import Samples, as_rows, same_rows, strict
from dmdrepro.metrics.scale import exponent_of, restored, scaled

DATA = "data"  # data against data: what the others are compared with
NEIGHBOURS = 3  # of Kynkaanniemi et al. 2019


@dataclass(frozen=True)
class FeatureRecord:
    """Means over the draws of data, and standard deviations over them (nan for one draw)."""

    frechet_squared: float
    frechet_squared_sd: float
    precision: float
    precision_sd: float
    recall: float
    recall_sd: float

    def to_json(self) -> dict[str, object]:
        """All fields; a nan as the string "nan"."""
        return strict(asdict(self))


def feature_quality(
    samples: dict[str, Samples], draws: Iterable[tuple[Samples, Samples]]
) -> dict[str, FeatureRecord]:
    """Each named set of features [N, D] against data, and under "data" other data against data.

    `draws`: pairs (data, reference) of features of independent data. At finite N even data score
    neither 0 nor 1, so compare with "data". Raises ValueError for unequal shapes, non-finite
    values, N <= 3, no draw, or a set called "data".
    """
    if DATA in samples:
        raise ValueError(f'a set is called "{DATA}", which names the data; call it otherwise.')
    values: dict[str, list[tuple[float, float, float]]] = {name: [] for name in (*samples, DATA)}
    for data, reference in draws:
        for name, x in {**samples, DATA: reference}.items():
            values[name].append((frechet_squared(x, data), *precision_recall(x, data)))
    if not values[DATA]:
        raise ValueError("there is no draw of data; pass at least one pair (data, reference).")
    return {name: _record(found) for name, found in values.items()}


def _record(found: list[tuple[float, float, float]]) -> FeatureRecord:
    columns = [mean_and_sd(column) for column in zip(*found, strict=True)]
    return FeatureRecord(*(value for pair in columns for value in pair))


def mean_and_sd(values: Iterable[float]) -> tuple[float, float]:
    """Over draws; the standard deviation of one value is nan."""
    values = list(values)
    spread = statistics.stdev(values) if len(values) > 1 else float("nan")
    return statistics.fmean(values), spread


def frechet_squared(x: Samples, y: Samples) -> float:
    """The squared Frechet distance of features [N, D] and [M, D], as FID takes it; at least 0.

    Each set counts as a Gaussian (Heusel et al. 2017): |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^1/2),
    in float64, with covariances over N - 1 and M - 1. The trace is the minimum over orthogonal U
    of |R1 - U R2|^2, where R^T R = S (Bhatia, Jain and Lim 2019), so nothing cancels for
    near-copies. Sets of one law are not at 0, and their mean falls with N: compare at equal N.
    Raises ValueError for fewer than two samples, values that are not finite, or unequal D.
    """
    first, second = as_rows(x, "x"), as_rows(y, "y")
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"x has {first.shape[1]} features and y {second.shape[1]}; pass [N, D] and [M, D]."
        )
    second = second.to(first.device)
    if torch.equal(first, second):
        return 0.0
    exponent = exponent_of(first, second)
    mean_x, root_x = _gaussian(scaled(first, -exponent).double())
    mean_y, root_y = _gaussian(scaled(second, -exponent).double())
    left, _, right = torch.linalg.svd(root_x @ root_y.T)
    spread = (root_x - left @ right @ root_y).square().sum()
    found = float((mean_x - mean_y).square().sum() + spread)
    return restored(found, 2 * exponent, "The squared Frechet distances")


def _gaussian(rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean [D] and R [D, D], R^T R the covariance, of rows [N, D]."""
    mean = rows.mean(0)
    centred = (rows - mean) / (len(rows) - 1) ** 0.5
    missing = max(0, rows.shape[1] - len(rows))
    return mean, torch.linalg.qr(torch.cat([centred, centred.new_zeros(missing, rows.shape[1])]))[1]


def precision_recall(samples: Samples, data: Samples, k: int = NEIGHBOURS) -> tuple[float, float]:
    """(share of the samples on the data's manifold, share of the data on the samples').

    Features [N, D] of both (Kynkaanniemi et al. 2019). A set's manifold is the union of balls about
    its points, whose radius is the distance to the k-th nearest other point. Raises ValueError for
    unequal shapes, values that are not finite, or N <= k.
    """
    x, y = same_rows(samples=samples, data=data)
    exponent = exponent_of(x, y)
    x, y = scaled(x, -exponent), scaled(y, -exponent)
    if not 1 <= k < len(x):
        raise ValueError(f"k is {k} and each set has {len(x)} points; 1 <= k < N is needed.")
    between = pairwise_sqdist(x, y)  # [N, N]
    on_data = (between <= _radii(y, k)[None, :]).any(1)
    on_samples = (between <= _radii(x, k)[:, None]).any(0)
    return float(on_data.double().mean()), float(on_samples.double().mean())


def _radii(points: torch.Tensor, k: int) -> torch.Tensor:
    """[N] squared distance of each point to its k-th nearest other point."""
    within = pairwise_sqdist(points, points).fill_diagonal_(float("inf"))
    return within.topk(k, dim=1, largest=False).values[:, -1]
