"""Copies of the weights in the precision that they are used in, made all at once.

Under autocast every convolution rounds its own weights at each use: 307 small operations a pass of
the paper's U-Net, and as many on the way back. Made once after an update they are the same bits.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import torch

from dmdrepro.models.edm import EDMDenoiser


@torch.no_grad()
def copy_weights(denoiser: torch.nn.Module) -> None:
    """Let `denoiser` compute with copies of its weights as they are now, if it rounds them."""
    if not isinstance(denoiser, EDMDenoiser) or not (layers := denoiser.rounded_layers()):
        return
    weights = {
        f"{name}.{own}": weight
        for name, layer in layers.items()
        for own, weight in layer.named_parameters()
    }
    copies = [torch.empty_like(w, dtype=denoiser.compute_dtype) for w in weights.values()]
    torch._foreach_copy_(copies, list(weights.values()))
    for copy, weight in zip(copies, weights.values(), strict=True):
        copy.requires_grad_(weight.requires_grad)
    denoiser.copies = dict(zip(weights, copies, strict=True))


@contextmanager
def copied(denoisers: Iterable[torch.nn.Module]) -> Iterator[None]:
    """Copies for all of them, until the end of the block."""
    denoisers = list(denoisers)
    for denoiser in denoisers:
        copy_weights(denoiser)
    try:
        yield
    finally:
        for denoiser in denoisers:
            if isinstance(denoiser, EDMDenoiser):
                denoiser.copies = {}


def used_weights(denoiser: EDMDenoiser) -> list[torch.Tensor]:
    """What a loss depends on, in the order of `denoiser.parameters()`: copies where there are."""
    own = dict(denoiser.model.named_parameters())
    return [denoiser.copies.get(name, weight) for name, weight in own.items()]


def as_float32(gradients: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """Of copies too, as autocast's own rounding would hand them on."""
    low = [g for g in gradients if g.dtype != torch.float32]
    if not low:
        return list(gradients)
    wide = [torch.empty_like(g, dtype=torch.float32) for g in low]
    torch._foreach_copy_(wide, low)
    widened = iter(wide)
    return [g if g.dtype == torch.float32 else next(widened) for g in gradients]
