"""What real samples tell of teacher and student: quality, memorisation, and D(z)."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch

from dmdrepro.metrics import memorisation_ratio, sample_quality
from dmdrepro.metrics.boundary import LEAST, correlation, is_constant
from dmdrepro.metrics.implausible import input_warnings
from dmdrepro.metrics.pairing import pairing_inefficiency
from dmdrepro.metrics.samples import Samples, as_tensor
from dmdrepro.metrics.watch import Watch

MOST_DRAWS = 8  # of disjoint sets of real samples; more tell hardly more
FEWEST = 4  # real samples: two sets of two
PARTS = 8  # disjoint sets: by chance one law is farther than the other in all of 2^-8


def as_real(given: Samples, shape: Sequence[int]) -> torch.Tensor:
    """Real samples on the CPU; ValueError unless there are four or more of that shape."""
    real = as_tensor(given, "real").cpu()
    if tuple(real.shape[1:]) != tuple(shape) or len(real) < FEWEST:
        raise ValueError(
            f"real has shape {tuple(real.shape)}; pass [M, {', '.join(map(str, shape))}] with M of "
            f"at least {FEWEST}, better twice the number of samples."
        )
    if not real.isfinite().all():
        raise ValueError("real holds values that are not finite.")
    return real


def not_real(real: torch.Tensor, **sets: torch.Tensor) -> list[str]:
    """A doubt for each of the sets that is a run of the real samples, in their order, or holds it.

    In another order they may be a memorising network's.
    """
    known = _values(real)
    return [
        f"The real samples hold the {name}'s own: quality and memorisation mean nothing here."
        for name, rows in sets.items()
        if _is_run(*sorted((_values(rows), known), key=len))
    ]


def _is_run(few: list[int], many: list[int]) -> bool:
    starts = (k for k, value in enumerate(many) if value == few[0])
    return any(many[k : k + len(few)] == few for k in starts)


def _values(rows: torch.Tensor) -> list[int]:
    """A hash of each row's values, of whatever type."""
    return [hash((row.double() + 0.0).numpy().tobytes()) for row in rows]  # no -0.0


def against_real(
    teacher: torch.Tensor,
    student: torch.Tensor,
    real: torch.Tensor,
    watch: Watch | None = None,
    judge: bool = True,
) -> dict[str, object]:
    """`quality`, `memorisation` of both sets, `d_of_z`, and whether the student is `farther`.

    All [*, ...] of one sample's shape. Quality needs two disjoint real sets of the others' size;
    with fewer it is of M // 2 rows of each. `farther` is None if the real samples may not `judge`.
    """
    sets = {"teacher": teacher, "student": student}
    size = min(len(teacher), len(real) // 2)
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(0))
    starts = range(0, len(real) - 2 * size + 1, 2 * size)[:MOST_DRAWS]
    draws = [(real[order[k : k + size]], real[order[k + size : k + 2 * size]]) for k in starts]
    quality = sample_quality({k: x[:size] for k, x in sets.items()}, draws, watch)
    nearest = {k: memorisation_ratio(x, real) for k, x in sets.items()}
    bulk = nearest["teacher"].mean_distance
    apart = (student.double() - teacher.double()).flatten(1).norm(dim=1).numpy()
    known = len(bulk) >= LEAST and not is_constant(bulk)
    pearson = asdict(correlation(apart, bulk, len(bulk) - 3)) if known else None
    return {
        "quality": {k: each.to_json() for k, each in quality.items()},
        "memorisation": {k: each.to_json() for k, each in nearest.items()},
        "d_of_z": {"mean": float(np.mean(bulk)), "pearson_student": pearson},
        "farther": _farther(**sets, real=real[order]) if judge else None,
    }


def _farther(teacher: torch.Tensor, student: torch.Tensor, real: torch.Tensor) -> bool:
    """Whether the student is farther from the data than its teacher in each of the disjoint parts.

    In few dimensions, or of few real samples, the ratio alone may be anything by chance.
    """
    size = min(len(teacher), len(real)) // PARTS
    parts = [slice(k * size, (k + 1) * size) for k in range(PARTS)]
    return size > 1 and all(
        _distance(student[part], real[part]) > _distance(teacher[part], real[part])
        for part in parts
    )


def _distance(x: torch.Tensor, y: torch.Tensor) -> float:
    return pairing_inefficiency(x, y).e_ot


def other_units(teacher: torch.Tensor, real: torch.Tensor) -> list[str]:
    """A doubt if the real samples differ from the teacher's by more than samples of one law do."""
    few = min(len(teacher), len(real))
    if not input_warnings(teacher[:few], real[:few]):
        return []
    low, high = (f"[{float(x.min()):.4g}, {float(x.max()):.4g}]" for x in (teacher, real))
    return [
        f"The teacher's values lie in {low} and the real samples' in {high}, and they differ by "
        "much: are both in the same units?"
    ]
