"""The exponential moving average of the teacher's weights."""

from __future__ import annotations

import torch


def ema_decay(step: int, fraction: float) -> float:
    """Decay at `step` (counted from 1) for a half-life of `fraction` of the steps so far.

    Tying the half-life to the length lets each snapshot of one run have an average that suits
    its own age.
    """
    return 0.5 ** (1.0 / max(fraction * step, 1e-3))


@torch.no_grad()
def update_ema(average: torch.nn.Module, model: torch.nn.Module, newest: torch.Tensor) -> None:
    """average <- average + newest (model - average), in place; `newest` [] = 1 - decay.

    On a GPU the number stays there, so that a CUDA graph holds the update.
    """
    means, weights = list(average.parameters()), list(model.parameters())
    if newest.is_cuda:
        away = torch._foreach_sub(weights, means)
        torch._foreach_mul_(away, newest)
        torch._foreach_add_(means, away)
    else:
        torch._foreach_lerp_(means, weights, newest.item())
