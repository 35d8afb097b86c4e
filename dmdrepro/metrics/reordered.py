"""Whether the student's samples, or the classes, are in another order than the teacher's."""

import torch

from dmdrepro.kernels import nearest_two
from dmdrepro.metrics.classes import Labels, as_classes
from dmdrepro.metrics.null import CLASS
from dmdrepro.metrics.pairing import PairingRecord
from dmdrepro.metrics.samples import Samples, same_rows

LEAST = 10  # samples, of each class too
LOST = 0.2  # retention, from which on the rows do belong together
# E_OT / E_ind over the same of the teacher's nearest neighbours to its pairs. Of independent
# samples, narrow, wide or clustered, it is 1 or more in any dimension; of copies that were shuffled
# 0.1 to 0.6 in many dimensions. In two nothing can be told. With heavy tails a few samples make
# these means. So the median distance to the nearest must be that much smaller too.
NEAR = 0.8
SHUFFLES = 39


def reordered_words(
    teacher: Samples, student: Samples, record: PairingRecord, classes: Labels | None = None
) -> str:
    """A sentence if the pairing by row is independent and the optimum lower than chance allows.

    The neighbours are any, so E_ind is over all pairs if the classes are large. A sample that is
    alone in its class has no such neighbour, but a near partner: then E_ind is the record's.
    """
    if record.n < LEAST or not record.retention < LOST:
        return ""
    sets = same_rows(teacher=teacher, student=student)
    scale = float(sets[0].abs().max().clamp_min(1e-300))
    x, y = ((rows / scale).float() for rows in sets)
    spread, other = (float((rows - rows.mean(0)).square().sum(1).mean()) for rows in (x, y))
    e_ot, e_ind = (energy / scale / scale for energy in (record.e_ot, record.e_ind))
    if classes is not None and min(map(len, as_classes(classes, record.n).rows)) >= LEAST:
        e_ind = spread + other + float((x.mean(0) - y.mean(0)).square().sum())
    own = nearest_two(x, x).sqdist[:, 1]
    near = float(own.mean()) / (2 * spread) if spread > 0 else 0.0
    share = e_ot / e_ind if e_ind > 0 else 1.0
    if not share < NEAR * near:
        return ""
    if not nearest_two(x, y).sqdist[:, 0].median() < NEAR * own.median():
        return ""
    return (
        f"In another order the student's samples are nearer to the teacher's than chance allows: "
        f"E_OT is {share:.0%} of E_ind, and of the teacher's own pairs its neighbours have "
        f"{near:.0%}. Is row i of both from the same noise?"
    )


def unordered_words(teacher: Samples, classes: Labels, record: PairingRecord) -> str:
    """A sentence if a student keeps a pairing beside classes that tell nothing of the samples.

    That is, their means no more than in any of SHUFFLES other orders: chance, 1 in 40. Of small
    classes another order may be the same one.
    """
    groups = as_classes(classes, record.n)
    if record.null != CLASS or len(groups.names) == 1 or not record.retention >= LOST:
        return ""
    if min(map(len, groups.rows)) < LEAST:
        return ""
    (x,) = same_rows(teacher=teacher)
    x = (x / x.abs().max().clamp_min(1e-300)).float()
    x, numbers = x - x.mean(0), torch.from_numpy(groups.numbers)

    def between(numbers: torch.Tensor) -> float:
        """The sum over classes of their size times |mean|^2."""
        sums = x.new_zeros(len(groups.names), x.shape[1]).index_add_(0, numbers, x)
        return float((sums.square().sum(1) / numbers.bincount()).sum())

    draw = torch.Generator().manual_seed(0)
    orders = (torch.randperm(record.n, generator=draw) for _ in range(SHUFFLES))
    if between(numbers) > max(between(numbers[order]) for order in orders):
        return ""
    return (
        "The classes' means of the teacher's samples differ no more than they would in another "
        "order: are the classes in that of the samples? If not, the shared class counts as kept."
    )
