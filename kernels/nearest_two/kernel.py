"""The candidates of `nearest_two` as a Triton kernel; the scheme is the reference's.

A program streams one part of the data past one block of queries. The lanes' minima are kept in
registers by comparisons alone, so there is no sorting and no reduction inside the loop.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

BLOCK_Q = 32
BLOCK_M = 64
BLOCK_D = 32
PARTS = 8
NUM_WARPS = 4


@triton.jit
def nearest_two_kernel(
    queries,  # [N, D]
    data,  # [M, D]
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
    BLOCK_D: tl.constexpr,
):
    q = tl.program_id(0) * BLOCK_Q + tl.arange(0, BLOCK_Q)
    part = tl.program_id(1)
    lane = tl.arange(0, BLOCK_M)
    d = tl.arange(0, BLOCK_D)
    best = tl.full([BLOCK_Q, BLOCK_M], float("inf"), dtype=tl.float32)
    second = tl.full([BLOCK_Q, BLOCK_M], float("inf"), dtype=tl.float32)
    best_at = tl.full([BLOCK_Q, BLOCK_M], -1, dtype=tl.int32)
    second_at = tl.full([BLOCK_Q, BLOCK_M], -1, dtype=tl.int32)
    total = tl.zeros([BLOCK_Q, BLOCK_M], dtype=tl.float32)
    q_row = queries + q.to(tl.int64)[:, None] * D
    for block in range(part * blocks_a_part, (part + 1) * blocks_a_part):
        m = block * BLOCK_M + lane
        m_row = data + m.to(tl.int64)[:, None] * D
        inner = tl.zeros([BLOCK_Q, BLOCK_M], dtype=tl.float32)
        q_norm = tl.zeros([BLOCK_Q], dtype=tl.float32)
        m_norm = tl.zeros([BLOCK_M], dtype=tl.float32)
        for start in range(0, D, BLOCK_D):
            i = start + d[None, :]
            a = tl.load(q_row + i, (q[:, None] < N) & (i < D), 0.0).to(tl.float32)
            c = tl.load(m_row + i, (m[:, None] < M) & (i < D), 0.0).to(tl.float32)
            # ieee: tf32 alone would pick wrong neighbours among near-copies.
            inner += tl.dot(a, tl.trans(c), input_precision="ieee")
            q_norm += tl.sum(a * a, 1)
            m_norm += tl.sum(c * c, 1)
        inside = m[None, :] < M
        sqdist = q_norm[:, None] + m_norm[None, :] - 2.0 * inner
        total += tl.where(inside, tl.sqrt(tl.maximum(sqdist, 0.0)), 0.0)
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
    queries: torch.Tensor, data: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As `candidates_reference`, with PARTS * 2 * BLOCK_M candidates a query."""
    n, size = queries.shape
    m = len(data)
    shape = (n, PARTS, 2, BLOCK_M)
    values = torch.empty(shape, dtype=torch.float32, device=queries.device)
    places = torch.empty(shape, dtype=torch.int32, device=queries.device)
    sums = torch.empty((n, PARTS), dtype=torch.float32, device=queries.device)
    nearest_two_kernel[(triton.cdiv(n, BLOCK_Q), PARTS)](
        queries,
        data,
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
        BLOCK_D=BLOCK_D,
        num_warps=NUM_WARPS,
    )
    return values.reshape(n, -1), places.reshape(n, -1).long(), sums.double().sum(1)
