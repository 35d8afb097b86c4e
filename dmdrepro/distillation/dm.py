"""The gradient of the distribution matching (DM) loss, equation 3, with DMD2's weight w(t).

The loss itself, equation 2, is an integral of KL divergences that nobody can evaluate; what is
logged as the DM loss (Figure 4) is half the mean square of the weighted score difference.
"""

import torch

from dmdrepro.diffusion import add_noise
from dmdrepro.kernels import dm_gradient


def draw_levels(
    n: int, num_levels: int, generator: torch.Generator, low: float = 0.0, high: float = 1.0
) -> torch.Tensor:
    """[n] indices, uniform on low*num_levels .. high*num_levels, the last level at most.

    The DM gradient's are 20..980 of 1000 (appendix D), the fake score's 0..999.
    """
    first, last = round(low * num_levels), min(round(high * num_levels), num_levels - 1)
    return torch.randint(first, last + 1, (n,), generator=generator, device=generator.device)


@torch.no_grad()
def score_difference(
    teacher, fake, x: torch.Tensor, eps: torch.Tensor, sigma: torch.Tensor, labels=None
) -> tuple[torch.Tensor, torch.Tensor]:
    """The weighted score difference at x_t = x + sigma eps and the DM loss of each sample.

    `teacher`, `fake`: EDM denoisers. `x` = G(z), `eps`: [B, ...]; `sigma`: [B]. Returns `grad`
    [B, ...] = (D_fake - D_real) / mean|x - D_real| and `loss` [B] = half the mean square of it.
    dL/dx of the batch's mean loss is grad / grad.numel(). The weight is not checked here (that
    would make the GPU wait): it shows as a non-finite loss, which stops the run.
    """
    noisy = add_noise(x, sigma, eps)
    f_real = teacher.raw(noisy, sigma, labels)
    f_fake = fake.raw(noisy, sigma, labels)
    return dm_gradient(x, noisy, sigma, f_real, f_fake, teacher.sigma_data, check=False)
