"""Whether a second draw can be one of the student: fresh noise, its units, its classes' order."""

import torch

from dmdrepro.metrics.classes import Labels, as_classes
from dmdrepro.metrics.implausible import noise_warnings, out_of_order, row_warnings
from dmdrepro.metrics.samples import same_rows


def check_second(
    teacher: torch.Tensor, student: torch.Tensor, second: torch.Tensor, classes: Labels | None
) -> None:
    """Raise ValueError unless `second` may be of the student's law, for the same classes.

    All [N, ...] of one shape. Samples of one law differ so by chance in 1e-5 of cases at most.
    """
    x, y, other = same_rows(teacher=teacher, student=student, independent=second)
    groups = as_classes([0] * len(x) if classes is None else classes, len(x))
    if torch.equal(other, y) and not noise_warnings(x, y, groups, None):
        raise ValueError(
            "The second draw (independent) is the student's samples themselves: it is not of fresh "
            "noise, or the student ignores its noise."
        )
    if torch.equal(other, x):
        raise ValueError(
            "The second draw (independent) is the teacher's samples; pass the student's of fresh "
            "noise."
        )
    if row_warnings(y, other, (False, False)):
        ends, others = (f"[{float(x.min()):.4g}, {float(x.max()):.4g}]" for x in (y, other))
        raise ValueError(
            f"The second draw (independent) is not in the student's units: its values lie in "
            f"{others}, the student's in {ends}."
        )
    if classes is not None and out_of_order(x, y, groups, other):
        raise ValueError(
            "The second draw (independent) is farther from the teacher's samples than the "
            "student's others of the same class: its rows are not in the order of classes."
        )
