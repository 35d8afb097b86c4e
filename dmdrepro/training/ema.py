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
def update_ema(average: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    """average <- decay * average + (1 - decay) * model, in place."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1.0 - decay)
