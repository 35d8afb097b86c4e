"""Noise levels of Karras et al. 2022 (EDM), equation 5."""

import torch

SIGMA_MIN, SIGMA_MAX, RHO = 0.002, 80.0, 7.0


def karras_sigmas(
    num_levels: int,
    sigma_min: float = SIGMA_MIN,
    sigma_max: float = SIGMA_MAX,
    rho: float = RHO,
    device: torch.device | str | None = None,
) -> torch.Tensor:
    """[num_levels] float64 levels from sigma_min up to sigma_max, even in sigma^(1/rho).

    Ascending, as DMD2 indexes them. Raises ValueError for fewer than two levels or levels that
    are not 0 < sigma_min < sigma_max.
    """
    if num_levels < 2:
        raise ValueError(f"num_levels is {num_levels}; a Karras grid needs at least 2.")
    if not (0 < sigma_min < sigma_max and rho > 0):
        raise ValueError(
            f"sigma_min is {sigma_min}, sigma_max {sigma_max}, rho {rho}; "
            "give 0 < sigma_min < sigma_max and rho > 0."
        )
    ramp = torch.linspace(0, 1, num_levels, dtype=torch.float64, device=device)
    low, high = sigma_min ** (1 / rho), sigma_max ** (1 / rho)
    sigmas = (low + ramp * (high - low)) ** rho
    sigmas[0], sigmas[-1] = sigma_min, sigma_max  # the ends exactly, not to a rounding error
    return sigmas


def heun_grid(
    num_steps: int, sigma_min: float = SIGMA_MIN, sigma_max: float = SIGMA_MAX, rho: float = RHO
) -> torch.Tensor:
    """[num_steps + 1] float64 levels of the sampler, from sigma_max down to sigma_min, then 0.

    A single step goes from sigma_max to 0: EDM's formula would divide by zero there, and
    Phi_1(z) = D(z; sigma_max). Raises ValueError for fewer than one step.
    """
    if num_steps < 1:
        raise ValueError(f"num_steps is {num_steps}; the sampler needs at least 1.")
    if num_steps == 1:
        return torch.tensor([sigma_max, 0.0], dtype=torch.float64)
    sigmas = karras_sigmas(num_steps, sigma_min, sigma_max, rho).flip(0)
    return torch.cat([sigmas, sigmas.new_zeros(1)])
