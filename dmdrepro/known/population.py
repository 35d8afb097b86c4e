"""A pair of samples whose pairing is known in closed form, and what it tends to as N grows."""

import math
from dataclasses import dataclass

import numpy as np

from dmdrepro.metrics.samples import strict

ROUNDING = 1e-12  # of an energy's closed form, relative


@dataclass(frozen=True)
class Population:
    """The three energies of a pair of laws under their coupling, and all that follows.

    E_OT of N samples tends to `w2_squared` (equation 4) from above in expectation, more slowly in
    more dimensions.
    """

    e_dt: float  # E|Phi(z) - G(z)|^2
    e_ind: float  # E|Phi(z) - G(z')|^2 over independent noises, of the same class if there are any
    w2_squared: float  # the squared 2-Wasserstein distance

    @property
    def delta_e(self) -> float:
        """lim Delta_E = E_DT / W2^2 - 1 (equation 6); inf if W2 is 0 and E_DT is not."""
        return _excess(self.e_dt, self.w2_squared)

    @property
    def delta_e_null(self) -> float:
        """lim null = E_ind / W2^2 - 1."""
        return _excess(self.e_ind, self.w2_squared)

    @property
    def retention(self) -> float:
        """lim (E_ind - E_DT) / (E_ind - E_OT); nan if all pairings cost the same."""
        best = self.e_ind - self.w2_squared
        gained = _difference(self.e_ind, self.e_dt)
        return gained / best if best > ROUNDING * self.e_ind else math.nan

    @property
    def concordance(self) -> float:
        """1 - E_DT / E_ind; nan if both laws are the same point."""
        return _difference(self.e_ind, self.e_dt) / self.e_ind if self.e_ind > 0 else math.nan

    def to_json(self) -> dict[str, object]:
        """Energies and limits; infinities and nan as the strings "inf" and "nan"."""
        names = ("e_dt", "e_ind", "w2_squared", "delta_e", "delta_e_null")
        return strict({name: getattr(self, name) for name in (*names, "retention", "concordance")})


@dataclass(frozen=True)
class Pair:
    """N samples of teacher and student, row i of both from the same noise; float64 [N, D]."""

    teacher: np.ndarray
    student: np.ndarray
    classes: np.ndarray | None = None  # [N]: what both were told beside the noise


def _excess(energy: float, w2_squared: float) -> float:
    if w2_squared == 0:
        return math.inf if energy > 0 else 0.0
    return _difference(energy, w2_squared) / w2_squared


def _difference(a: float, b: float) -> float:
    """a - b, and 0 if that is rounding: of two forms of the same energy."""
    return 0.0 if abs(a - b) <= ROUNDING * max(a, b) else a - b
