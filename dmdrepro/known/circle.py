"""The circle of appendix C: a teacher on a squeezed circle, students turned by theta.

Phi(z) = z / sqrt((1 + delta) z_1^2 + z_2^2) and G_theta(z) = R(theta) z / |z|. The noise has no
preferred direction, so all G_theta(z) have one law; theta decides only which noise becomes which
point. Both laws and their denoisers are known at every noise level.
"""

import math

import numpy as np
import torch
from scipy.special import ellipk

from dmdrepro.known.population import Pair, Population

DELTA = 0.05  # of appendix C: "<< 1"
# Nodes on the squeezed circle: the trapezoid rule errs by exp(-2 pi^2 (sigma / h)^2) at a distance
# h between nodes; h = 2/3 sigma is below float64's rounding.
LEAST_NODES, NODES_BY_SIGMA = 64, 3 * math.pi


def circle(z: np.ndarray, theta: float, delta: float = DELTA) -> Pair:
    """Phi(z) and G_theta(z) of appendix C for noise z [N, 2] of any scale."""
    teacher = z / np.sqrt((1 + delta) * z[:, 0] ** 2 + z[:, 1] ** 2)[:, None]
    return Pair(teacher, z / np.hypot(*z.T)[:, None] @ rotation(theta).T)


def rotation(theta: float) -> np.ndarray:
    """R(theta) [2, 2], against the clock."""
    return np.array([[np.cos(theta), -np.sin(theta)], [np.sin(theta), np.cos(theta)]])


def circle_population(theta: float, delta: float = DELTA) -> Population:
    """Energies of the circle: r = (1 + delta cos^2 phi)^(-1/2) at a uniform angle phi.

    E r = 2 K(-delta) / pi (complete elliptic integral of the first kind, parameter m),
    E r^2 = (1 + delta)^(-1/2), E_DT = E r^2 + 1 - 2 E r cos(theta), E_ind = E r^2 + 1. Projecting
    onto the unit circle is the gradient of |x|, so G_0 is the optimal transport of the teacher's
    samples (Brenier) and W2^2 = E (1 - r)^2. Hence lim retention = cos(theta).
    """
    radius, square = 2 * float(ellipk(-delta)) / math.pi, 1 / math.sqrt(1 + delta)
    w2_squared = square + 1 - 2 * radius
    return Population(
        e_dt=w2_squared + 4 * radius * math.sin(theta / 2) ** 2,
        e_ind=square + 1,
        w2_squared=w2_squared,
    )


def student_denoiser(x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
    """E[x0 | x0 + sigma eps = x] of the unit circle's uniform law, float64 [B, 2].

    = I_1(k) / I_0(k) x / |x| with k = |x| / sigma^2 (the mean of a von Mises law). `x`: float64
    [B, 2], not 0; `sigma`: float64 [B], positive.
    """
    length = x.norm(dim=1, keepdim=True)  # [B, 1]
    k = length / sigma[:, None].square()
    return torch.special.i1e(k) / torch.special.i0e(k) * x / length


def teacher_denoiser(x: torch.Tensor, sigma: torch.Tensor, delta: float = DELTA) -> torch.Tensor:
    """The same of the teacher's law, exact to rounding: the trapezoid rule over phi. [B, 2]."""
    nodes = 2 ** torch.ceil(torch.log2((NODES_BY_SIGMA / sigma).clamp(min=LEAST_NODES))).long()
    found = torch.empty_like(x)
    for count in nodes.unique().tolist():
        rows = (nodes == count).nonzero()[:, 0]
        for some in rows.split(max(1, 2**20 // count)):  # 8 MB at a time
            found[some] = _posterior_mean(x[some], sigma[some], _squeezed(count, delta))
    return found


def _squeezed(count: int, delta: float) -> torch.Tensor:
    """[count, 2] points of the teacher's circle at equally spaced angles."""
    phi = torch.arange(count, dtype=torch.float64) * (2 * math.pi / count)
    points = torch.stack([phi.cos(), phi.sin()], 1)
    return points / (1 + delta * phi.cos().square()).sqrt()[:, None]


def _posterior_mean(x: torch.Tensor, sigma: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    # |x - p|^2 = |x|^2 - 2 (x . p - |p|^2 / 2); |x|^2 is the same for all p.
    near = x @ points.T - points.square().sum(1) / 2  # [B, nodes]
    return (near / sigma[:, None].square()).softmax(1) @ points
