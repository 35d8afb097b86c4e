"""What stays float32 if a network runs under autocast."""

from __future__ import annotations

import contextlib

import torch


def full_precision(x: torch.Tensor) -> contextlib.AbstractContextManager:
    """A context in which autocast, if it is on for the device of `x`, is off.

    The embeddings of noise level and class, and each block's scale and shift, are made in it: the
    public EDM and DMD2 code keeps them float32. Nothing is entered without autocast, so a float32
    network is as it was.
    """
    device = x.device.type
    if device != "meta" and torch.is_autocast_enabled(device):
        return torch.autocast(device, enabled=False)
    return contextlib.nullcontext()
