"""Whether the student's samples are the teacher's in another order."""

from __future__ import annotations

from dmdrepro.kernels import nearest_two
from dmdrepro.metrics.pairing import PairingRecord
from dmdrepro.metrics.samples import Samples, same_rows

LEAST = 10  # samples
LOST = 0.5  # retention, above which the rows do belong together
# Of E_OT over the mean squared distance to the nearest other sample of the teacher. Independent
# samples of the same law are no nearer to the teacher's than those are to each other: 1 or more.
NEAR = 0.25


def reordered_words(teacher: Samples, student: Samples, record: PairingRecord) -> str:
    """A sentence where the optimal pairing is of near copies and the pairing by row is not."""
    if record.n < LEAST or not record.retention < LOST:
        return ""
    x, _ = same_rows(teacher=teacher, student=student)
    scale = x.abs().max().clamp_min(1e-300)
    apart = float(nearest_two((x / scale).float(), (x / scale).float()).sqdist[:, 1].mean())
    apart *= float(scale) ** 2
    if not record.e_ot < NEAR * apart:
        return ""
    return (
        f"The student's samples are near copies of the teacher's in another order: paired anew "
        f"they are {record.e_ot:.3g} apart (squared), the teacher's own neighbours {apart:.3g}. Is "
        "row i of both from the same noise?"
    )
