"""Pairs of samples with a known pairing: Gaussians, a shift, a permutation, a constant, copies.

Each constructor takes the number of samples and a generator and returns teacher and student with
what their pairing tends to. Of X ~ N(0, I) in D dimensions E|X - X'|^2 = 2 D for independent X'.
"""

import numpy as np
from scipy.linalg import sqrtm, toeplitz

from dmdrepro.known.population import Pair, Population

Rng = np.random.Generator

# Of `of_classes`: each class's share of the samples and spread, and the distance of their means.
# Pairs of both classes, or a mean over pairs, would give other numbers.
CLASS_SHARES, CLASS_SDS, CLASS_DISTANCE = (0.9, 0.1), (0.2, 1.0), 8.0


def gaussian_population(a: np.ndarray, b: np.ndarray) -> Population:
    """Teacher A z, student B z for z ~ N(0, I): any linear pair, `a` and `b` [D, M].

    E_DT = |A - B|_F^2, E_ind = tr S1 + tr S2 and, of the laws N(0, S1 = A A^T), N(0, S2 = B B^T),
    W2^2 = tr S1 + tr S2 - 2 tr (S1^1/2 S2 S1^1/2)^1/2 (Bures; Dowson and Landau 1982). Hence
    lim retention = tr(A^T B) / tr (S1^1/2 S2 S1^1/2)^1/2.
    """
    e_ind = float(np.square(a).sum() + np.square(b).sum())
    # The same trace: the singular values of A^T B are the roots of S1 S2's eigenvalues.
    fidelity = float(np.linalg.svd(a.T @ b, compute_uv=False).sum())
    return Population(float(np.square(a - b).sum()), e_ind, e_ind - 2 * fidelity)


def covariances(d: int) -> tuple[np.ndarray, np.ndarray]:
    """S1, S2 [d, d] that share no axes: correlations 0.6^|i - j|; variances from 1/4 to 4."""
    return toeplitz(0.6 ** np.arange(d)), np.diag(np.geomspace(0.25, 4, d))


def gaussian_maps(d: int, correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """A, B [d, 2 d] whose pairing is the optimal one of S1 to S2, weakened to `correlation`.

    With T = S1^-1/2 (S1^1/2 S2 S1^1/2)^1/2 S1^-1/2, the optimal map, and z = (u, v):
    Phi = S1^1/2 u, G = T S1^1/2 (c u + (1 - c^2)^1/2 v). So lim retention = c: 1 is the optimal
    pairing, 0 an independent one, -1 the optimal one to the reversed noise.
    """
    s1, s2 = covariances(d)
    root = np.real(sqrtm(s1))
    inverse = np.linalg.inv(root)
    optimal = inverse @ np.real(sqrtm(root @ s2 @ root)) @ inverse
    other = np.sqrt(1 - correlation**2)
    image = optimal @ root
    return np.hstack([root, 0 * root]), np.hstack([correlation * image, other * image])


def root_maps(d: int) -> tuple[np.ndarray, np.ndarray]:
    """A = S1^1/2, B = S2^1/2 [d, d]: each the symmetric root of its covariance, not optimal."""
    s1, s2 = covariances(d)
    return np.real(sqrtm(s1)), np.sqrt(s2)


def gaussians(n: int, maps: tuple[np.ndarray, np.ndarray], rng: Rng) -> Pair:
    """Phi(z) = A z and G(z) = B z of n noises; `maps` is (A, B), each [D, M]."""
    a, b = maps
    z = rng.standard_normal((n, a.shape[1]))
    return Pair(z @ a.T, z @ b.T)


def translated(n: int, d: int, shift: float, rng: Rng) -> Pair:
    """G = Phi + b, all coordinates of b equal, |b| = `shift`; Phi ~ N(0, I)."""
    x = rng.standard_normal((n, d))
    return Pair(x, x + shift / np.sqrt(d))


def translated_population(d: int, shift: float) -> Population:
    """E_DT = W2^2 = |b|^2: no coupling beats a shift, of N samples either; E_ind = 2 D + |b|^2.

    So Delta_E is 0 and retention 1 for any shift; concordance is 2 D / (2 D + |b|^2).
    """
    return Population(shift**2, 2 * d + shift**2, shift**2)


def permuted(n: int, d: int, rng: Rng) -> Pair:
    """The student's samples are the teacher's, each that of another noise (the next row's)."""
    x = rng.standard_normal((n, d))
    return Pair(x, np.roll(x, -1, axis=0))


def permuted_population(d: int) -> Population:
    """E_OT = 0 at every N and E_DT = E_ind = 2 D: Delta_E is infinite, the pairing independent."""
    return Population(2.0 * d, 2.0 * d, 0.0)


def constant(n: int, d: int, length: float, rng: Rng) -> Pair:
    """G(z) = y, all coordinates equal, |y| = `length`; Phi ~ N(0, I)."""
    return Pair(rng.standard_normal((n, d)), np.full((n, d), length / np.sqrt(d)))


def constant_population(d: int, length: float) -> Population:
    """E_DT = E_OT = E_ind, D + |y|^2 in the limit: Delta_E is 0 though nothing is copied.

    There is only one pairing, so retention means nothing; concordance is 0.
    """
    e = d + length**2
    return Population(e, e, e)


def partly_copied(n: int, d: int, share: float, rng: Rng) -> Pair:
    """`share` of the student's points, to a whole number, are the teacher's, the rest new draws."""
    x, y = rng.standard_normal((2, n, d))
    copied = rng.permutation(n)[: round(share * n)]
    y[copied] = x[copied]
    return Pair(x, y)


def partly_copied_population(d: int, share: float) -> Population:
    """E_DT = (1 - p) 2 D, E_ind = 2 D, W2 = 0: retention and concordance tend to the share p.

    Concordance does so at every N up to O(1/N): numerator and denominator are unbiased. Retention
    does not: in high dimensions N points have no near neighbours, so E_OT is near E_ind, and the
    optimal pairing is the one that keeps the copies.
    """
    return Population((1 - share) * 2 * d, 2.0 * d, 0.0)


def of_classes(n: int, d: int, kept: float, rng: Rng) -> Pair:
    """Two Gaussians, a class each: G's coordinates correlate by `kept` with Phi's."""
    first = round(CLASS_SHARES[0] * n)
    labels = np.repeat([0, 1], [first, n - first])
    z, other = rng.standard_normal((2, n, d))
    mean = (CLASS_DISTANCE / np.sqrt(d) * labels)[:, None]
    sd = np.take(CLASS_SDS, labels)[:, None]
    student = kept * z + np.sqrt(1 - kept**2) * other
    return Pair(mean + sd * z, mean + sd * student, labels)


def of_classes_population(d: int, kept: float) -> Population:
    """E_ind = 2 D v within the classes, v the mean of their variances; E_DT = (1 - kept) E_ind.

    W2 = 0, so that retention and concordance tend to `kept`.
    """
    variance = sum(share * sd**2 for share, sd in zip(CLASS_SHARES, CLASS_SDS, strict=True))
    return Population((1 - kept) * 2 * d * variance, 2 * d * variance, 0.0)
