"""The optimiser of teacher, student and fake score, and one step of it."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from dmdrepro.experiments.config import Distill, Teacher


def adamw(
    parameters: Iterable[torch.nn.Parameter], settings: Distill | Teacher, device: torch.device
) -> torch.optim.AdamW:
    """Fused AdamW with the settings' rates, which a CUDA graph can hold."""
    return torch.optim.AdamW(
        parameters,
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        weight_decay=settings.weight_decay,
        fused=True,
        capturable=device.type == "cuda",
    )


def clipped_step(
    optimiser: torch.optim.Optimizer,
    parameters: Iterable[torch.nn.Parameter],
    grad_clip: float,
    lr: torch.Tensor,
) -> torch.Tensor:
    """Clip, set the learning rate [], step; returns the gradient norm [] before clipping."""
    norm = torch.nn.utils.clip_grad_norm_(parameters, grad_clip)
    optimiser.param_groups[0]["lr"] = lr
    optimiser.step()
    return norm
