"""A trained denoiser against the exact one, if the data set has one."""

from collections.abc import Callable, Sequence

import torch


@torch.no_grad()
def denoiser_error(
    denoiser: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    dataset,
    sigmas: Sequence[float],
    samples: int,
    generator: torch.Generator,
) -> dict[str, list[float]]:
    """The error of D against the exact denoiser D* at each noise level, on two scales.

    `dataset`: with `sample(n, generator)` and `denoise(x, sigma)`. x0 ~ data, x = x0 + sigma eps,
    `samples` of them at each level, on the generator's device.
    `relative_error`: E|D - D*|^2 / E|x0 - D*|^2, by which the denoising loss exceeds the smallest
    possible one. `relative_to_signal`: Var(D - D*) / Var(D*), above 1 if there is more error than
    signal: at sigma = 80 D* hardly varies, so a small error can bury what a student's start knows
    of z (of a constant D* inf, or nan if D is constant too). Returns {"sigma": [...],
    "relative_error": [...], "relative_to_signal": [...]}. Raises ValueError for a level that is not
    positive, or an output of D that is not finite.
    """
    errors, to_signal = [], []
    for sigma in sigmas:
        if not sigma > 0:
            raise ValueError(f"The noise level {sigma} is not positive.")
        x0, _ = dataset.sample(samples, generator)  # [samples, ...]
        eps = torch.randn(x0.shape, generator=generator, device=x0.device, dtype=x0.dtype)
        x = x0 + sigma * eps
        exact = dataset.denoise(x, float(sigma)).double()
        found = denoiser(x, torch.full((samples,), float(sigma), device=x.device)).double()
        error = found - exact
        if not error.isfinite().all():
            raise ValueError(f"The denoiser's output at sigma {sigma} is not finite.")
        errors.append(float(error.square().mean() / (x0.double() - exact).square().mean()))
        to_signal.append(float(_variance(error) / _variance(exact)))
    return {
        "sigma": [float(s) for s in sigmas],
        "relative_error": errors,
        "relative_to_signal": to_signal,
    }


def _variance(x: torch.Tensor) -> torch.Tensor:
    """Mean over samples and coordinates of the squared deviation from the samples' mean."""
    return (x - x.mean(0)).square().mean()
