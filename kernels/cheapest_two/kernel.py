"""`cheapest_two` as a Triton kernel: one program streams one row.

Each lane keeps the two cheapest columns that it has seen, in registers and by comparisons alone;
one reduction at the end of the row. A row is read once: the operation runs at the memory's speed.
"""

import torch
import triton
import triton.language as tl

BLOCK = 1024
NUM_WARPS = 4
NO_COLUMN = tl.constexpr(2**31 - 1)


@triton.jit
def two_of_row(row, price, M, column_stride, BLOCK: tl.constexpr):
    """(the two least of row + price, the column of the first); both [M] float64."""
    lane = tl.arange(0, BLOCK)
    best = tl.full([BLOCK], float("inf"), dtype=tl.float64)
    second = tl.full([BLOCK], float("inf"), dtype=tl.float64)
    best_at = tl.full([BLOCK], NO_COLUMN, dtype=tl.int32)
    for start in range(0, M, BLOCK):
        m = start + lane
        inside = m < M
        total = tl.load(row + m.to(tl.int64) * column_stride, inside, 0.0)
        total += tl.load(price + m, inside, 0.0)
        total = tl.where(inside, total, float("inf"))
        first = total < best
        second = tl.where(first, best, tl.minimum(second, total))
        best_at = tl.where(first, m, best_at)
        best = tl.where(first, total, best)
    least = tl.min(best, 0)
    # The lowest column of equals; the lane that holds it gives way to its own second.
    at = tl.min(tl.where(best == least, best_at, NO_COLUMN), 0)
    return least, tl.min(tl.where(best_at == at, second, best), 0), at


@triton.jit
def cheapest_two_kernel(
    cost,  # [N, M] float64, any strides
    price,  # [M] float64
    rows,  # [R] int64
    value,  # [R, 2] float64, out
    column,  # [R] int64, out
    M,
    row_stride,
    column_stride,
    BLOCK: tl.constexpr,
):
    r = tl.program_id(0)
    row = cost + tl.load(rows + r) * row_stride
    least, next_least, at = two_of_row(row, price, M, column_stride, BLOCK)
    tl.store(value + 2 * r, least)
    tl.store(value + 2 * r + 1, next_least)
    tl.store(column + r, at.to(tl.int64))


def launch(
    cost: torch.Tensor, price: torch.Tensor, rows: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """As `cheapest_two_reference`; `price` and `rows` contiguous."""
    value = torch.empty((len(rows), 2), dtype=torch.float64, device=cost.device)
    column = torch.empty(len(rows), dtype=torch.int64, device=cost.device)
    if len(rows):
        cheapest_two_kernel[(len(rows),)](
            cost, price, rows, value, column, cost.shape[1], *cost.stride(),
            BLOCK=BLOCK, num_warps=NUM_WARPS,
        )  # fmt: skip
    return value, column
