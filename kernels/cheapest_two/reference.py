"""`cheapest_two` in plain torch, a block of rows at a time."""

import torch

BLOCK = 1 << 18  # values of cost + price held at once: 2 MB, which a core's cache keeps


def cheapest_two_reference(
    cost: torch.Tensor, price: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """`value` [R, 2] float64 and `column` [R] int64 of cost [N, M], price [M], rows [R]."""
    value = cost.new_empty((len(rows), 2))
    column = rows.new_empty(len(rows))
    size = max(1, BLOCK // cost.shape[1])
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        total = cost[rows[part]].add_(price)  # [size, M]
        value[part, 0], column[part] = total.min(1)
        total.scatter_(1, column[part, None], float("inf"))
        value[part, 1] = total.amin(1)
    return value, column
