"""The deterministic Heun sampler of EDM (Karras et al. 2022, algorithm 1): Phi_K(z).

The paper's "K Euler steps backwards with second-order corrections"; K = 8 (footnote 1) is set in
stages/sample.py.
"""

import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise, repeat

import torch

from dmdrepro.diffusion.network import as_network, check_noise, other_scale
from dmdrepro.diffusion.schedule import RHO, SIGMA_MAX, SIGMA_MIN, heun_grid


def heun_sample(
    denoiser: Callable[..., torch.Tensor],
    noise: torch.Tensor,
    num_steps: int,
    class_labels: torch.Tensor | None = None,
    *,
    sigma_min: float = SIGMA_MIN,
    sigma_max: float = SIGMA_MAX,
    rho: float = RHO,
    batch_size: int | None = None,
) -> torch.Tensor:
    """Phi_K(z): the probability-flow ODE solved in K = `num_steps` steps, float32 [B, ...].

    `noise`: z ~ N(0, sigma_max^2 I), already scaled (80 times what `dmdrepro.unit_noise` draws),
    [B, ...]; another scale gets a UserWarning. `denoiser`: any network of EDM's form, called as
    `denoiser(x, sigma)` or `denoiser(x, sigma, class_labels)` with float32 `x` and `sigma`, of
    shape [] on x's device (of the type `denoiser.sigma_dtype` if it has that attribute).
    `class_labels`: one-hot [B, label_dim]. `batch_size`: samples per network call (default: all).
    K = 1 gives D(z; sigma_max). The ODE's state and noise levels are float64, as in the reference.
    Raises ValueError for fewer than one step, a batch size below 1, noise or labels that are not
    torch tensors, and labels for a denoiser that takes none.
    """
    check_noise(noise, class_labels)
    grid = heun_grid(num_steps, sigma_min, sigma_max, rho).tolist()
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size is {batch_size}; it must be at least 1.")
    if class_labels is not None and len(class_labels) != len(noise):
        raise ValueError(
            f"{len(class_labels)} class_labels for {len(noise)} samples of noise; give one each."
        )
    if (found := other_scale(noise.detach(), sigma_max)) is not None:
        warnings.warn(
            f"The noise's root mean square is {found:.3g} and sigma_max {sigma_max:g}: z is to be "
            "drawn from N(0, sigma_max^2 I), so multiply noise of N(0, I) by sigma_max.",
            stacklevel=2,
        )
    with torch.no_grad():
        return solve(denoiser, noise, grid, class_labels, batch_size)


def solve(
    denoiser: Callable[..., torch.Tensor],
    noise: torch.Tensor,
    grid: list[float],
    class_labels: torch.Tensor | None = None,
    batch_size: int | None = None,
) -> torch.Tensor:
    """`heun_sample` on a grid [K + 1] of levels, unchecked, so that a CUDA graph can hold it."""
    network = as_network(denoiser, class_labels)
    if batch_size is None or batch_size >= len(noise):
        return _integrate(network, grid, noise, class_labels)
    labels = repeat(None) if class_labels is None else class_labels.split(batch_size)
    parts = map(partial(_integrate, network, grid), noise.split(batch_size), labels)
    return torch.cat(list(parts))


def _integrate(
    network: Callable[..., torch.Tensor],
    grid: list[float],
    noise: torch.Tensor,
    labels: torch.Tensor | None,
) -> torch.Tensor:
    def slope(x: torch.Tensor, sigma: float) -> torch.Tensor:
        return (x - network(x.float(), sigma, labels).double()) / sigma  # dx/dsigma

    if len(grid) == 2:  # one Euler step to 0, without its rounding
        return network(noise.float(), grid[0], labels).float()
    x = noise.double()
    for sigma, sigma_next in pairwise(grid):
        d = slope(x, sigma)
        x_next = x + (sigma_next - sigma) * d
        if sigma_next > 0:
            x_next = x + (sigma_next - sigma) * (d + slope(x_next, sigma_next)) / 2
        x = x_next
    return x.float()
