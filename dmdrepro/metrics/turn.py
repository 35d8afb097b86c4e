"""By how much the student's map is the teacher's turned, as on appendix C's circle by design."""

import math
from dataclasses import asdict, dataclass

from dmdrepro.metrics.samples import Samples, same_rows
from dmdrepro.metrics.scale import exponent_of, scaled


@dataclass(frozen=True)
class Turn:
    """The rotation that brings the teacher's samples nearest to the student's, and what is left."""

    degrees: float  # in [-180, 180], from the first coordinate towards the second; nan: none
    concordance: float  # of the turned teacher and the student; nan as `PairingRecord`'s

    def to_json(self) -> dict:
        return {k: None if math.isnan(v) else v for k, v in asdict(self).items()}


def turn_of(teacher: Samples, student: Samples) -> Turn:
    """The teacher's samples turned in their first two coordinates, about their mean.

    `teacher`, `student`: Phi_K(z_i), G(z_i) [N, D], D >= 2. The angle of least E_DT (Procrustes);
    E_ind is the same for all angles, so the concordance is the largest. If the law of the data does
    not change when it is turned, a turned teacher samples equally well, and a student may drift
    there without a change of the DM loss (Lemma 3.2). Raises ValueError for other shapes, fewer
    than two samples, and values that are not finite.
    """
    x, y = same_rows(teacher=teacher, student=student)
    if x.shape[1] < 2:
        raise ValueError(f"The samples have {x.shape[1]} coordinate; a turn needs two.")
    exponent = exponent_of(x, y)
    x, y = scaled(x, -exponent).double(), scaled(y, -exponent).double()
    shift = float((x.mean(0) - y.mean(0)).square().sum())
    x, y = x - x.mean(0), y - y.mean(0)
    along = float((x[:, 0] * y[:, 0] + x[:, 1] * y[:, 1]).mean())
    across = float((x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).mean())
    kept = math.hypot(along, across) + float((x[:, 2:] * y[:, 2:]).sum(1).mean())
    e_ind = shift + float(x.square().sum(1).mean() + y.square().sum(1).mean())
    n = len(x)
    between = (n * e_ind - (e_ind - 2 * kept)) / (n - 1)  # the mean over pairs i != j
    return Turn(
        degrees=math.degrees(math.atan2(across, along)) if along or across else math.nan,
        concordance=2 * kept * n / (n - 1) / between if between > 0 else math.nan,
    )
