"""The candidates of `nearest_two` as a Triton kernel.

A program streams one part of the data past one block of queries. Each lane (a column of the tile)
keeps the two nearest of the data that it has seen, in registers and by comparisons alone: no
sorting and no reduction inside the loop. Distances are sums of squared float32 differences, so
their error is relative to the distance itself, also for near-copies.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

BLOCK_Q = 32
BLOCK_M = 64
PARTS = 16
NUM_WARPS = 4
EPS = 2.0**-23


@triton.jit
def nearest_two_kernel(
    queries,  # [D, N]
    data,  # [D, M]
    values,  # [N, PARTS, 2, BLOCK_M] float32, out
    places,  # [N, PARTS, 2, BLOCK_M] int32, out
    sums,  # [N, PARTS] float32, out
    N,
    M,
    D,
    blocks_a_part,
    PARTS: tl.constexpr,
    BLOCK_Q: tl.constexpr,
    BLOCK_M: tl.constexpr,
):
    q = tl.program_id(0) * BLOCK_Q + tl.arange(0, BLOCK_Q)
    part = tl.program_id(1)
    lane = tl.arange(0, BLOCK_M)
    best = tl.full([BLOCK_Q, BLOCK_M], float("inf"), dtype=tl.float32)
    second = tl.full([BLOCK_Q, BLOCK_M], float("inf"), dtype=tl.float32)
    best_at = tl.full([BLOCK_Q, BLOCK_M], -1, dtype=tl.int32)
    second_at = tl.full([BLOCK_Q, BLOCK_M], -1, dtype=tl.int32)
    total = tl.zeros([BLOCK_Q, BLOCK_M], dtype=tl.float32)
    last = tl.minimum((part + 1) * blocks_a_part, tl.cdiv(M, BLOCK_M))
    for block in range(part * blocks_a_part, last):
        m = block * BLOCK_M + lane
        q_row = queries + q
        m_row = data + m
        sqdist = tl.zeros([BLOCK_Q, BLOCK_M], dtype=tl.float32)
        for _ in range(0, D):
            # Upcast on load: the interpreter computes wrongly on bfloat16 itself.
            a = tl.load(q_row, q < N, 0.0).to(tl.float32)
            c = tl.load(m_row, m < M, 0.0).to(tl.float32)
            difference = a[:, None] - c[None, :]
            sqdist += difference * difference
            q_row += N
            m_row += M
        inside = m[None, :] < M
        total += tl.where(inside, tl.sqrt(sqdist), 0.0)
        sqdist = tl.where(inside, sqdist, float("inf"))
        at = tl.broadcast_to(m[None, :], [BLOCK_Q, BLOCK_M])
        first = sqdist < best
        runner = sqdist < second
        second = tl.where(first, best, tl.where(runner, sqdist, second))
        second_at = tl.where(first, best_at, tl.where(runner, at, second_at))
        best = tl.where(first, sqdist, best)
        best_at = tl.where(first, at, best_at)
    place = (q.to(tl.int64)[:, None] * PARTS + part) * 2 * BLOCK_M + lane[None, :]
    inside_q = (q[:, None] < N) & (lane[None, :] >= 0)
    tl.store(values + place, best, inside_q)
    tl.store(places + place, best_at, inside_q)
    tl.store(values + place + BLOCK_M, second, inside_q)
    tl.store(places + place + BLOCK_M, second_at, inside_q)
    tl.store(sums + q.to(tl.int64) * PARTS + part, tl.sum(total, 1), q < N)


def launch(
    queries: torch.Tensor, data: torch.Tensor, keep: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As `candidates_reference`; inputs in float32, bfloat16 or float16."""
    n, size = queries.shape
    m = len(data)
    shape = (n, PARTS, 2, BLOCK_M)
    values = torch.empty(shape, dtype=torch.float32, device=queries.device)
    places = torch.empty(shape, dtype=torch.int32, device=queries.device)
    sums = torch.empty((n, PARTS), dtype=torch.float32, device=queries.device)
    nearest_two_kernel[(triton.cdiv(n, BLOCK_Q), PARTS)](
        queries.t().contiguous(),
        data.t().contiguous(),
        values,
        places,
        sums,
        n,
        m,
        size,
        triton.cdiv(triton.cdiv(m, BLOCK_M), PARTS),
        PARTS=PARTS,
        BLOCK_Q=BLOCK_Q,
        BLOCK_M=BLOCK_M,
        num_warps=NUM_WARPS,
    )
    nearest, order = values.reshape(n, -1).topk(keep + 1, dim=1, largest=False)
    kept = places.reshape(n, -1).gather(1, order[:, :keep]).long()
    # What a lane let go is no nearer than the second that it kept; the sum of `size` squares and
    # the differences are off by less than (size + 2) EPS, relatively.
    floor = torch.minimum(nearest[:, keep], values[:, :, 1].amin((1, 2))).double()
    return kept, floor * (1 - (size + 2) * EPS), sums.double().sum(1)
