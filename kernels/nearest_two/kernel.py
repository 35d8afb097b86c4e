"""The candidates of `nearest_two` as a Triton kernel: a streamed matrix product on tensor cores.

|q - x|^2 = |q|^2 + |x|^2 - 2 q.x about the data's mean. Each number goes in as two of half
precision, its leading and its next eleven bits, so that three half-precision products give q.x
nearly as float32 would, at more than twice the speed of three in TF32. A program streams one part
of the data past one block of queries. Of each lane (a column of the tile) it keeps the least
distance, in one register: the place within the part stands in the last bits of the number. All
else that a lane saw is known to be no nearer than `let_go`.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

BLOCK_Q = 128
BLOCK_M = 128
BLOCK_D = 64
BLOCK_ROWS = 32  # of the splitting
NUM_WARPS = 8
NUM_STAGES = 3  # as many as fit into the shared memory of an H100
PROGRAMS = 132  # the multiprocessors of an H100: one program each
PLACES = 1024  # blocks in a part: their number takes the last ten bits of a distance
LAST_BITS = tl.constexpr(PLACES - 1)
INFINITY = tl.constexpr(0x7F800000)  # float32's, as an integer: distances order as their bits do
TOP = 14  # inputs are scaled below 2^TOP: far from half precision's largest and smallest
EPS = 2.0**-22


@triton.jit
def halves_kernel(
    values,  # [K, D]
    centre,  # [D] float32
    scale,  # [1] float32
    high,  # [K, blocks_d * BLOCK_D] float16, out
    low,
    norms,  # [K] float32, out: squared
    K,
    D,
    blocks_d,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_D: tl.constexpr,
):
    k = tl.program_id(0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    coordinate = tl.arange(0, BLOCK_D)
    factor = tl.load(scale)
    total = tl.zeros([BLOCK_ROWS, BLOCK_D], dtype=tl.float32)
    for block in range(0, blocks_d):
        d = block * BLOCK_D + coordinate
        rows = k.to(tl.int64)[:, None]
        inside = (k < K)[:, None] & (d < D)[None, :]
        # Upcast on load: the interpreter computes wrongly on bfloat16 itself.
        value = tl.load(values + rows * D + d[None, :], inside, 0.0).to(tl.float32)
        value = tl.where(inside, (value - tl.load(centre + d, d < D, 0.0)[None, :]) * factor, 0.0)
        total += value * value
        first = value.to(tl.float16)
        place = rows * (blocks_d * BLOCK_D) + d[None, :]
        tl.store(high + place, first, (k < K)[:, None])
        tl.store(low + place, (value - first.to(tl.float32)).to(tl.float16), (k < K)[:, None])
    tl.store(norms + k, tl.sum(total, 1), k < K)


@triton.jit
def nearest_two_kernel(
    q_high,  # [N, D] float16
    q_low,
    x_high,  # [M, D]
    x_low,
    q_norms,  # [N] float32, squared
    x_norms,  # [M]
    keys,  # [N, parts, BLOCK_M] int32, out
    let_go,  # [N, parts] int32, out
    sums,  # [N, parts] float32, out
    N,
    M,
    blocks_d,  # D in blocks of BLOCK_D: the compiler sees that every row is aligned
    blocks_a_part,
    BLOCK_Q: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_D: tl.constexpr,
):
    q = tl.program_id(0) * BLOCK_Q + tl.arange(0, BLOCK_Q)
    part = tl.program_id(1)
    lane = tl.arange(0, BLOCK_M)
    coordinate = tl.arange(0, BLOCK_D)
    D = blocks_d * BLOCK_D
    q_rows = tl.minimum(q, N - 1).to(tl.int64) * D
    q_norm = tl.load(q_norms + q, q < N, 0.0)
    best = tl.full([BLOCK_Q, BLOCK_M], INFINITY, dtype=tl.int32)
    least_let_go = tl.full([BLOCK_Q], INFINITY, dtype=tl.int32)
    total = tl.zeros([BLOCK_Q], dtype=tl.float32)
    start = part * blocks_a_part
    end = tl.minimum(start + blocks_a_part, tl.cdiv(M, BLOCK_M))
    for block in range(start, end):
        m = block * BLOCK_M + lane
        x_rows = tl.minimum(m, M - 1).to(tl.int64) * D
        product = tl.zeros([BLOCK_Q, BLOCK_M], dtype=tl.float32)
        for first in range(0, D, BLOCK_D):
            at_q = q_rows[:, None] + (first + coordinate)[None, :]
            at_x = x_rows[:, None] + (first + coordinate)[None, :]
            high = tl.load(q_high + at_q)
            low = tl.load(q_low + at_q)
            other_high = tl.trans(tl.load(x_high + at_x))
            other_low = tl.trans(tl.load(x_low + at_x))
            product = tl.dot(high, other_high, product)
            product = tl.dot(high, other_low, product)
            product = tl.dot(low, other_high, product)
        x_norm = tl.load(x_norms + m, m < M, float("inf"))
        sqdist = tl.maximum(q_norm[:, None] + x_norm[None, :] - 2 * product, 0.0)
        total += tl.sum(tl.where(m[None, :] < M, tl.sqrt(sqdist), 0.0), 1)
        key = (sqdist.to(tl.int32, bitcast=True) & ~LAST_BITS) | (block - start)
        least_let_go = tl.minimum(least_let_go, tl.min(tl.maximum(best, key), 1))
        best = tl.minimum(best, key)
    row = q.to(tl.int64) * tl.num_programs(1) + part
    inside = (q[:, None] < N) & (lane[None, :] >= 0)
    tl.store(keys + row[:, None] * BLOCK_M + lane[None, :], best, inside)
    tl.store(let_go + row, least_let_go, q < N)
    tl.store(sums + row, total, q < N)


def launch(
    queries: torch.Tensor, data: torch.Tensor, keep: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """As `candidates_reference`; inputs in float32, bfloat16 or float16."""
    n, m = len(queries), len(data)
    queries, data = queries.contiguous(), data.contiguous()
    centre = data.mean(0, dtype=torch.float64).float()
    # Scaled by a power of two, exactly; on the device, so that nothing waits.
    largest = torch.maximum(_largest(queries, centre), _largest(data, centre))
    exponent = (torch.frexp(largest)[1] - TOP).clamp_min(-126)
    scale = torch.exp2(-exponent.float()).reshape(1)
    q_high, q_low, q_norms = _halves(queries, centre, scale)
    x_high, x_low, x_norms = _halves(data, centre, scale)
    blocks, blocks_a_part = partition(n, m)
    parts = triton.cdiv(blocks, blocks_a_part)
    keys = torch.empty((n, parts, BLOCK_M), dtype=torch.int32, device=queries.device)
    let_go = torch.empty((n, parts), dtype=torch.int32, device=queries.device)
    sums = torch.empty((n, parts), dtype=torch.float32, device=queries.device)
    nearest_two_kernel[(triton.cdiv(n, BLOCK_Q), parts)](
        q_high,
        q_low,
        x_high,
        x_low,
        q_norms,
        x_norms,
        keys,
        let_go,
        sums,
        n,
        m,
        q_high.shape[1] // BLOCK_D,
        blocks_a_part,
        BLOCK_Q=BLOCK_Q,
        BLOCK_M=BLOCK_M,
        BLOCK_D=BLOCK_D,
        num_warps=NUM_WARPS,
        num_stages=_stages(queries.device),
    )
    lanes = keys.reshape(n, -1)
    lanes = torch.nn.functional.pad(lanes, (0, max(0, keep + 1 - lanes.shape[1])), value=2**31 - 1)
    nearest, order = lanes.topk(keep + 1, dim=1, largest=False)
    kept, at = nearest[:, :keep], order[:, :keep]
    block = (at // BLOCK_M) * blocks_a_part + (kept & LAST_BITS.value)
    kept = torch.where(kept < INFINITY.value, block * BLOCK_M + at % BLOCK_M, -1)
    floor = torch.minimum(nearest[:, keep], let_go.amin(1)) & ~LAST_BITS.value
    floor = floor.view(torch.float32).double() - slack(q_high.shape[1], q_norms, x_norms)
    unit = torch.exp2(exponent.double())
    return kept, floor * unit.square(), sums.double().sum(1) * unit


def partition(n: int, m: int) -> tuple[int, int]:
    """The blocks of `m` data, and how many of them one program takes."""
    blocks = triton.cdiv(m, BLOCK_M)
    parts = max(1, PROGRAMS // triton.cdiv(n, BLOCK_Q))
    return blocks, min(PLACES, triton.cdiv(blocks, parts))


def slack(size: int, q_norms: torch.Tensor, x_norms: torch.Tensor) -> torch.Tensor:
    """[N] float64: by how much a squared distance in `size` coordinates can come out wrong.

    The bits left out are three parts in 2^22 of |q| |x|. A tensor core adds sixteen products at a
    time, each addition off by at most two parts in 2^22: 3/16 `size` of them. Twice |q| |x| is
    no more than |q|^2 + |x|^2, and the norms' own rounding is below the rest.
    """
    return EPS * (size / 2 + 16) * (q_norms.double() + x_norms.max().double())


def _stages(device: torch.device) -> int:
    """How many steps of the tiles are loaded ahead: fewer where less shared memory is left."""
    if device.type != "cuda" or torch.cuda.get_device_capability(device)[0] == 9:
        return NUM_STAGES
    memory = torch.cuda.get_device_properties(device).shared_memory_per_block_optin
    a_stage = 2 * 2 * (BLOCK_Q + BLOCK_M) * BLOCK_D  # bytes
    return max(1, min(2, memory // a_stage))


def _largest(values: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """The largest |values - centre|, without a copy of the values."""
    least, most = torch.aminmax(values, dim=0)
    return torch.maximum(most.float() - centre, centre - least.float()).amax()


def _halves(
    values: torch.Tensor, centre: torch.Tensor, scale: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(values - centre) scale, `values` [K, D], as a sum of two in float16, D filled up with zeros
    to whole blocks; and the squared norms [K]."""
    count, size = values.shape
    blocks_d = triton.cdiv(size, BLOCK_D)
    shape = (count, blocks_d * BLOCK_D)
    high = torch.empty(shape, dtype=torch.float16, device=values.device)
    low = torch.empty(shape, dtype=torch.float16, device=values.device)
    norms = torch.empty(count, dtype=torch.float32, device=values.device)
    halves_kernel[(triton.cdiv(count, BLOCK_ROWS),)](
        values,
        centre,
        scale,
        high,
        low,
        norms,
        count,
        size,
        blocks_d,
        BLOCK_ROWS=BLOCK_ROWS,
        BLOCK_D=BLOCK_D,
        num_warps=NUM_WARPS,
    )
    return high, low, norms
