"""Sample quality: how far the samples are from data, against data from data."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.samples import Samples, same_rows


@dataclass(frozen=True)
class QualityRecord:
    """A ratio of 1 is as good as independent data at this N; less is possible by concentration."""

    e_ot: float  # E_OT(samples, data)
    e_ot_data: float  # E_OT(reference, data)
    ratio: float
    n: int

    def to_json(self) -> dict[str, float | int]:
        return asdict(self)


def sample_quality(samples: Samples, data: Samples, reference: Samples) -> QualityRecord:
    """E_OT of samples to data, of independent `reference` data to data, and their ratio.

    All three [N, ...] of one shape, numpy or torch, N >= 2; squared distances (equation 4). At
    finite N even data are E_OT(reference, data) from data, so only the ratio says how good the
    samples are. Raises ValueError for unequal shapes, fewer than two samples, values that are not
    finite, or reference data that are the data.
    """
    x, d, r = same_rows(samples=samples, data=data, reference=reference)
    e_ot_data = optimal_assignment(r, d)[1]
    if e_ot_data == 0:
        raise ValueError("reference and data are the same points; draw them independently.")
    e_ot = optimal_assignment(x, d)[1]
    return QualityRecord(e_ot, e_ot_data, e_ot / e_ot_data, len(x))
