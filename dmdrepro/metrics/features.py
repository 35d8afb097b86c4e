"""Image quality by features: Frechet distance, precision and recall, over several draws of data."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from dmdrepro.metrics.frechet import frechet_squared
from dmdrepro.metrics.manifold_overlap import precision_recall
from dmdrepro.metrics.samples import Samples

DATA = "data"  # data against data: what the others are read beside


@dataclass(frozen=True)
class FeatureRecord:
    """Means over the draws of data, and standard deviations over them (nan for one draw)."""

    frechet_squared: float
    frechet_squared_sd: float
    precision: float
    precision_sd: float
    recall: float
    recall_sd: float

    def to_json(self) -> dict[str, float | str]:
        """All fields; a nan as the string "nan"."""
        return {k: "nan" if v != v else v for k, v in asdict(self).items()}


def feature_quality(
    samples: dict[str, Samples], draws: Iterable[tuple[Samples, Samples]]
) -> dict[str, FeatureRecord]:
    """Each named set of features [N, D] against data, and under "data" other data against data.

    `draws`: pairs (data, reference) of features of independent data, the same for every set. At
    finite N even data score neither 0 nor 1, so the sets are to be read beside "data". Raises
    ValueError for unequal shapes, values that are not finite, N <= 3, no draw, or a set that is
    called "data".
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
    columns = []
    for column in zip(*found, strict=True):
        spread = statistics.stdev(column) if len(column) > 1 else float("nan")
        columns += [statistics.fmean(column), spread]
    return FeatureRecord(*columns)
