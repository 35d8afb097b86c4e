"""The candidates of `nearest_two` in plain torch: the kernel's scheme, one lane a column.

The data stream past in blocks. Each lane (a column of the block) keeps the two smallest
approximate squared distances it has seen: the two nearest of all are among them, whatever lane
they came by. The exact ranking is done afterwards, on the few candidates.
"""

from __future__ import annotations

import torch

LANES = 1024


def candidates_reference(
    queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Approximate squared distances [N, 2 LANES], their indices (-1: none), and the sum [N] of
    the distances to all data; queries [N, D], data [M, D], centred."""
    queries, data = queries.float(), data.float()
    n, lanes = len(queries), min(LANES, len(data))
    shape = (n, lanes)
    best, second = (torch.full(shape, float("inf"), device=queries.device) for _ in range(2))
    best_at, second_at = (
        torch.full(shape, -1, dtype=torch.int64, device=queries.device) for _ in range(2)
    )
    total = torch.zeros(n, dtype=torch.float64, device=queries.device)
    norms = queries.square().sum(1)[:, None]
    for start in range(0, len(data), lanes):
        block = data[start : start + lanes]
        sqdist = norms + block.square().sum(1) - 2 * (queries @ block.T)  # [N, lanes]
        total += sqdist.clamp_min(0).sqrt().sum(1, dtype=torch.float64)
        if len(block) < lanes:
            pad = (0, lanes - len(block))
            sqdist = torch.nn.functional.pad(sqdist, pad, value=float("inf"))
        at = torch.arange(start, start + lanes, device=queries.device).expand(shape)
        first, runner = sqdist < best, sqdist < second
        second = torch.where(first, best, torch.where(runner, sqdist, second))
        second_at = torch.where(first, best_at, torch.where(runner, at, second_at))
        best, best_at = torch.where(first, sqdist, best), torch.where(first, at, best_at)
    return torch.cat([best, second], 1), torch.cat([best_at, second_at], 1), total
