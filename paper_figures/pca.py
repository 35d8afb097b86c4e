"""The two leading principal components of the teacher's samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Plane:
    """An affine projection onto two orthonormal directions."""

    mean: np.ndarray  # [D]
    directions: np.ndarray  # [2, D]
    explained: np.ndarray  # [2], share of the variance along each

    def project(self, samples: ArrayLike) -> np.ndarray:
        """Coordinates in the plane: [N, ...] -> [N, 2]."""
        return (_flat(samples) - self.mean) @ self.directions.T


def fit_plane(samples: ArrayLike) -> Plane:
    """PCA of samples [N, ...] with N >= 2 in float64; each direction's largest entry is positive.

    Raises ValueError for fewer than two samples or dimensions.
    """
    x = _flat(samples)
    if min(x.shape) < 2:
        raise ValueError(f"PCA needs two samples of two dimensions; got {list(x.shape)}.")
    mean = x.mean(axis=0)
    x = x - mean
    # The smaller of the two Gram matrices has the same eigenvalues as the covariance.
    by_sample = x.shape[0] < x.shape[1]
    values, vectors = np.linalg.eigh(x @ x.T if by_sample else x.T @ x)
    directions = vectors[:, :-3:-1].T  # the two largest, in descending order
    if by_sample:
        lengths = np.sqrt(np.maximum(values[:-3:-1], 0.0))
        directions = (directions @ x) / np.where(lengths > 0, lengths, 1.0)[:, None]
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(2), largest])
    directions = directions * np.where(signs == 0, 1.0, signs)[:, None]
    total = np.sum(x**2)
    explained = np.maximum(values[:-3:-1], 0.0) / (total if total > 0 else 1.0)
    return Plane(mean, directions, explained)


def _flat(samples: ArrayLike) -> np.ndarray:
    x = np.asarray(samples, dtype=np.float64)
    return x.reshape(len(x), -1)
