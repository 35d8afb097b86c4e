"""Named random-number streams: the randomness of a step depends on (seed, stream, step) alone.

A resumed run therefore equals an uninterrupted one, whatever was drawn before.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def stream_seed(seed: int, stream: str, step: int = 0) -> int:
    """A 63-bit seed from (seed, stream, step) by SHA-256.

    torch's CPU generator keeps the low 32 bits of it, CUDA's all: on a CPU two of a run's many
    thousand steps may by chance share a generator, which no statistic notices.
    """
    digest = hashlib.sha256(f"{seed}/{stream}/{step}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def generator(
    seed: int, stream: str, step: int = 0, device: str | torch.device = "cpu"
) -> torch.Generator:
    """A fresh generator on `device` for one step of one stream."""
    import torch

    return torch.Generator(device=device).manual_seed(stream_seed(seed, stream, step))
