"""Squared distances from direct float64 differences, a block of rows at a time."""

from __future__ import annotations

import torch

BLOCK_ROWS = 256


def pairwise_sqdist_reference(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """[B, N, M] float64 of x [B, N, D], y [B, M, D].

    Differences first: the Gram form |x|^2 + |y|^2 - 2 x.y loses the small distances.
    """
    x, y = x.double(), y.double()
    blocks = [
        torch.cdist(rows, y, compute_mode="donot_use_mm_for_euclid_dist").square()
        for rows in x.split(BLOCK_ROWS, dim=1)
    ]
    return torch.cat(blocks, dim=1)
