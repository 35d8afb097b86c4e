"""Sample quality: how far the samples are from data, against data from data."""

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import torch

from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.features import mean_and_sd
from dmdrepro.metrics.samples import Samples, same_rows, strict
from dmdrepro.metrics.scale import exponent_of, restored, scaled
from dmdrepro.metrics.watch import Watch


@dataclass(frozen=True)
class QualityRecord:
    """A ratio of 1 is as good as independent data at this N; less is possible by concentration."""

    e_ot: float  # E_OT(samples, data), mean over the draws of data
    e_ot_sd: float  # its standard deviation over the draws; nan for one draw
    e_ot_data: float  # E_OT(reference, data), mean over the draws
    ratio: float  # of the two means
    n: int
    draws: int

    def to_json(self) -> dict[str, object]:
        """All fields; a nan as the string "nan"."""
        return strict(asdict(self))


def sample_quality(
    samples: dict[str, Samples],
    draws: Iterable[tuple[Samples, Samples]],
    watch: Watch | None = None,
) -> dict[str, QualityRecord]:
    """For each named set: E_OT to data, that of independent data to data, and their ratio.

    `samples`: name -> [N, ...]; `draws`: pairs (data, reference) of independent sets, all of one
    shape, numpy or torch, N >= 2; squared distances (equation 4). At finite N even data are
    E_OT(reference, data) from data, so only the ratio says how good samples are. In few dimensions
    one draw says little (on the chessboard E_OT(reference, data) varies by a quarter of its mean),
    so both are means over the draws, the same for every set. `watch`: see `optimal_assignment`.
    Raises ValueError for unequal shapes, fewer than two samples, values that are not finite, no
    draw, or reference data that are the data.
    """
    e_ot: dict[str, list[float]] = {name: [] for name in samples}
    e_ot_data: list[float] = []
    for data, reference in draws:
        # Names with a blank, so that a set may itself be called data.
        sets = same_rows(**{"the data": data, "the reference": reference}, **samples)
        d, r, named = sets[0], sets[1], dict(zip(samples, sets[2:], strict=True))
        e_ot_data.append(_e_ot(r, d, watch))
        if e_ot_data[-1] == 0:
            raise ValueError("reference and data are the same points; draw them independently.")
        for name, x in named.items():
            e_ot[name].append(_e_ot(x, d, watch))
    if not e_ot_data:
        raise ValueError("there is no draw of data; pass at least one pair (data, reference).")
    count, base = len(e_ot_data), statistics.fmean(e_ot_data)
    n = len(next(iter(samples.values())))
    records = {}
    for name, values in e_ot.items():
        mean, spread = mean_and_sd(values)
        records[name] = QualityRecord(mean, spread, base, mean / base, n, count)
    return records


def _e_ot(x: torch.Tensor, y: torch.Tensor, watch: Watch | None) -> float:
    exponent = exponent_of(x, y)
    sets = (scaled(rows, -exponent) for rows in (x, y))
    return restored(optimal_assignment(*sets, watch=watch).e_ot, 2 * exponent)
