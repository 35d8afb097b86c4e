"""The DM loss of the circle's students, and its gradients, over theta (Lemma 3.2, appendix C).

The loss is what distillation logs (`dmdrepro.distillation.dm`): half the mean square of
g = (D_fake - D_real) / mean|x - D_real| at x_t = x + sigma eps, x = G(z), with both laws' exact
denoisers in float64. Its expectation depends on the law of x alone, so it is the same for all
theta. Of the two gradients, with dL/dx = g / 2 in the plane:

- slope, dL/dtheta = E[g / 2 . J x] with J = R(pi / 2), depends on the law of x alone too. It is 0,
  as the slope of a constant must be; single samples' slopes are not.
- gradient, dL/dM = E[g / 2 (z / |z|)^T] at M = R(theta), of the larger class of students
  G_M(z) = M z / |z|. As z / |z| = R(theta)^T x it is C R(theta) with C = E[g / 2 x^T]: here the
  gradients differ, by |C R(theta) - C| / |C| = 2 |sin(theta / 2)|, the lemma's "in general".
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from dmdrepro.diffusion.schedule import karras_sigmas
from dmdrepro.distillation.dm import draw_levels
from dmdrepro.known.circle import rotation, student_denoiser, teacher_denoiser

LEVELS, LOW, HIGH = 1000, 0.02, 0.98  # appendix D; training has distill.dm_min, dm_max
ANGLES = 40  # of the noise in the quadrature rule: theta = k pi / 20 permutes them
RADII, DIRECTIONS = 4, 8  # of eps in it


@dataclass(frozen=True)
class NoiseDraws:
    """Directions of the noise z, and what a DM update draws beside it; float64."""

    direction: torch.Tensor  # [B, 2], z / |z|
    sigma: torch.Tensor  # [B]
    eps: torch.Tensor  # [B, 2]
    weight: torch.Tensor  # [B], sums to 1


@dataclass(frozen=True)
class SampleTerms:
    """What each sample adds to the loss and its gradients; float64."""

    loss: torch.Tensor  # [B]
    slope: torch.Tensor  # [B], dL/dtheta
    gradient: torch.Tensor  # [B, 2, 2], dL/dM


def draw_noise(n: int, generator: torch.Generator) -> NoiseDraws:
    """n samples of z, the noise level and eps, as a DM update draws them."""
    z, eps = (torch.randn(n, 2, generator=generator, dtype=torch.float64) for _ in range(2))
    sigma = karras_sigmas(LEVELS)[draw_levels(n, LEVELS, generator, LOW, HIGH)]
    direction = z / z.norm(dim=1, keepdim=True)
    return NoiseDraws(direction, sigma, eps, torch.full((n,), 1 / n, dtype=torch.float64))


def noise_rule(every: int) -> NoiseDraws:
    """A quadrature rule over the same: equally spaced angles of z, some levels, eps in rings.

    One level of each `every`, in the middle. The rule of eps is Gauss-Laguerre in |eps|^2 / 2 times
    equally spaced directions. The lemma holds exactly for any levels and eps; only the average over
    z is approximate.
    """
    half_square, weight = np.polynomial.laguerre.laggauss(RADII)
    # Not through the axes, on which |x - D_real| has its kinks.
    turn = 2 * math.pi * (torch.arange(DIRECTIONS, dtype=torch.float64) + 0.5) / DIRECTIONS
    rings = torch.from_numpy(np.sqrt(2 * half_square))
    eps = (rings[:, None, None] * _unit(turn)).reshape(-1, 2)  # [RADII * DIRECTIONS, 2]
    eps_weight = torch.from_numpy(weight).repeat_interleave(DIRECTIONS) / DIRECTIONS
    first, last = round(LOW * LEVELS) + every // 2, round(HIGH * LEVELS)  # midpoints
    sigma = karras_sigmas(LEVELS)[first:last:every]
    z = _unit(2 * math.pi * torch.arange(ANGLES, dtype=torch.float64) / ANGLES)
    at = torch.cartesian_prod(*(torch.arange(len(t)) for t in (z, sigma, eps)))
    share = eps_weight[at[:, 2]] / (len(z) * len(sigma))
    return NoiseDraws(z[at[:, 0]], sigma[at[:, 1]], eps[at[:, 2]], share)


def sample_terms(noise: NoiseDraws, theta: float) -> SampleTerms:
    """Each sample's DM loss, slope and gradient of the student G_theta."""
    x = noise.direction @ torch.from_numpy(rotation(theta)).T
    noisy = x + noise.sigma[:, None] * noise.eps
    real = teacher_denoiser(noisy, noise.sigma)
    fake = student_denoiser(noisy, noise.sigma)
    grad = (fake - real) / (x - real).abs().mean(1, keepdim=True)  # [B, 2]
    tangent = torch.stack([-x[:, 1], x[:, 0]], 1)
    return SampleTerms(
        loss=grad.square().mean(1) / 2,
        slope=(grad * tangent).sum(1) / 2,
        gradient=grad[:, :, None] * noise.direction[:, None, :] / 2,
    )


def mean_of(terms: torch.Tensor) -> dict[str, float]:
    """The mean of equally weighted terms [B], B >= 2: `value`, and its standard `error`."""
    error = float(terms.std() / math.sqrt(len(terms)))
    return {"value": float(terms.mean()), "error": error}


def turned(gradient: torch.Tensor, first: torch.Tensor) -> float:
    """|dL/dM - first| / |first| of two gradients [2, 2]; 2 |sin(theta / 2)| from theta = 0."""
    return float((gradient - first).norm() / first.norm())


def _unit(angle: torch.Tensor) -> torch.Tensor:
    return torch.stack([angle.cos(), angle.sin()], -1)
