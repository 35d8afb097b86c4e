"""Whether the student's samples are the teacher's in another order."""

from dmdrepro.kernels import nearest_two
from dmdrepro.metrics.pairing import PairingRecord
from dmdrepro.metrics.samples import Samples, same_rows

LEAST = 10  # samples
LOST = 0.2  # retention, from which on the rows do belong together
# E_OT / E_ind over the same of the teacher's nearest neighbours to its pairs. Of independent
# samples, narrow, wide, clustered or with heavy tails, it is 1 or more in any dimension; of copies
# that were shuffled 0.1 to 0.6 in many dimensions. In two nothing can be told.
NEAR = 0.8


def reordered_words(teacher: Samples, student: Samples, record: PairingRecord) -> str:
    """A sentence if the pairing by row is independent and the optimum lower than chance allows."""
    if record.n < LEAST or not record.retention < LOST:
        return ""
    x, _ = same_rows(teacher=teacher, student=student)
    x = (x / x.abs().max().clamp_min(1e-300)).float()
    pairs = 2 * float((x - x.mean(0)).square().sum(1).mean())
    neighbours = float(nearest_two(x, x).sqdist[:, 1].mean())
    if not (pairs > 0 and record.e_ot / record.e_ind < NEAR * neighbours / pairs):
        return ""
    return (
        f"In another order the student's samples are nearer to the teacher's than chance allows: "
        f"E_OT is {record.e_ot / record.e_ind:.0%} of E_ind, and of the teacher's own pairs its "
        f"neighbours have {neighbours / pairs:.0%}. Is row i of both from the same noise?"
    )
