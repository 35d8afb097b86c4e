"""The candidates of `nearest_two` as a Triton kernel: a streamed matrix product on tensor cores.

|q - x|^2 = |q|^2 + |x|^2 - 2 q.x about the data's mean. Each number is split into two of half
precision, its leading and its next eleven bits, and each row is scaled by its own power of two. So
three half-precision products give q.x nearly as float32 would, at half the cost of three in TF32.
A program streams one part of the data past one block of queries. Of each lane (a column of the
tile) it keeps the least distance in one register, with the place within the part in its last bits.
All else that a lane saw is no nearer than `let_go`.
"""

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
PARTS = 8  # at least: with few lanes the nearest two of a query often share one
PLACES = 1024  # blocks in a part: their number takes the last ten bits of a distance
LAST_BITS = tl.constexpr(PLACES - 1)
INFINITY = tl.constexpr(0x7F800000)  # float32's, as an integer: distances order as their bits do
TOP = tl.constexpr(13)  # rows are scaled below 2^14: far from half precision's limits
RANGE = tl.constexpr(63)  # rows are scaled by 2^-63 to 2^63: float32 holds no more squared
EPS = 2.0**-22


@triton.jit
def _centred(values, centre, k, d, K, D):
    """`values` - `centre` at rows k and columns d, float32; 0 outside."""
    inside = (k < K)[:, None] & (d < D)[None, :]
    # Upcast on load: the interpreter computes wrongly on bfloat16 itself.
    value = tl.load(values + k.to(tl.int64)[:, None] * D + d[None, :], inside, 0.0).to(tl.float32)
    return tl.where(inside, value - tl.load(centre + d, d < D, 0.0)[None, :], 0.0)


@triton.jit
def halves_kernel(
    values,  # [K, D]
    centre,  # [D] float32
    high,  # [K, blocks_d * BLOCK_D] float16, out: (values - centre) / units = high + low
    low,
    norms,  # [K] float32, out: squared, of values - centre
    units,  # [K] float32, out: powers of two
    K,
    D,
    blocks_d,
    BLOCK_ROWS: tl.constexpr,
    BLOCK_D: tl.constexpr,
):
    k = tl.program_id(0) * BLOCK_ROWS + tl.arange(0, BLOCK_ROWS)
    coordinate = tl.arange(0, BLOCK_D)
    rows = k.to(tl.int64)[:, None]
    total = tl.zeros([BLOCK_ROWS, BLOCK_D], dtype=tl.float32)
    largest = tl.zeros([BLOCK_ROWS, BLOCK_D], dtype=tl.float32)
    for block in range(0, blocks_d):
        d = block * BLOCK_D + coordinate
        value = _centred(values, centre, k, d, K, D)
        total += value * value
        largest = tl.maximum(largest, tl.abs(value))
    # Powers of two by their bits, so that scaling is exact: a division need not be.
    exponent = tl.max(largest, 1).to(tl.int32, bitcast=True) >> 23
    exponent = tl.minimum(tl.maximum(exponent, 127 - RANGE), 127 + RANGE) - TOP
    unit = (exponent << 23).to(tl.float32, bitcast=True)
    inverse = ((254 - exponent) << 23).to(tl.float32, bitcast=True)
    for block in range(0, blocks_d):
        d = block * BLOCK_D + coordinate
        value = _centred(values, centre, k, d, K, D) * inverse[:, None]
        first = value.to(tl.float16)
        place = rows * (blocks_d * BLOCK_D) + d[None, :]
        tl.store(high + place, first, (k < K)[:, None])
        tl.store(low + place, (value - first.to(tl.float32)).to(tl.float16), (k < K)[:, None])
    tl.store(norms + k, tl.sum(total, 1), k < K)
    tl.store(units + k, unit, k < K)


@triton.jit
def nearest_two_kernel(
    q_high,  # [N, D] float16
    q_low,
    x_high,  # [M, D]
    x_low,
    q_norms,  # [N] float32, squared
    x_norms,  # [M]
    q_units,  # [N] float32
    x_units,  # [M]
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
    q_unit = 2 * tl.load(q_units + q, q < N, 0.0)
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
        product *= tl.load(x_units + m, m < M, 0.0)[None, :]  # one after the other: neither is tiny
        sqdist = q_norm[:, None] + x_norm[None, :] - q_unit[:, None] * product
        sqdist = tl.maximum(sqdist, 0.0)
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
    # Any centre will do; one that overflows would send every query to all data.
    centre = torch.nan_to_num(data.mean(0, dtype=torch.float32), 0.0, 0.0, 0.0)
    q_high, q_low, q_norms, q_units = _halves(queries, centre)
    x_high, x_low, x_norms, x_units = _halves(data, centre)
    blocks, blocks_a_part = partition(n, m)
    parts = triton.cdiv(blocks, blocks_a_part)
    keys = torch.empty((n, parts, BLOCK_M), dtype=torch.int32, device=queries.device)
    let_go = torch.empty((n, parts), dtype=torch.int32, device=queries.device)
    sums = torch.empty((n, parts), dtype=torch.float32, device=queries.device)
    nearest_two_kernel[(triton.cdiv(n, BLOCK_Q), parts)](
        q_high, q_low, x_high, x_low, q_norms, x_norms, q_units, x_units, keys, let_go, sums,
        n, m, q_high.shape[1] // BLOCK_D, blocks_a_part, BLOCK_Q=BLOCK_Q, BLOCK_M=BLOCK_M,
        BLOCK_D=BLOCK_D, num_warps=NUM_WARPS, num_stages=_stages(queries.device),
    )  # fmt: skip
    nearest, order = keys.reshape(n, -1).topk(keep + 1, dim=1, largest=False)
    kept, at = nearest[:, :keep], order[:, :keep]
    block = (at // BLOCK_M) * blocks_a_part + (kept & LAST_BITS.value)
    index = block * BLOCK_M + at % BLOCK_M
    # Where a query overflows, what is not a number may stand for a lane beyond the data.
    kept = torch.where((kept < INFINITY.value) & (index < m), index, -1)
    floor = _distances(torch.minimum(nearest[:, keep], let_go.amin(1)))
    # A datum nearer than the second of `kept` lies within `reach` of the centre: an outlier among
    # the data does not widen what the others can be off by.
    second = _distances(nearest[:, 1]) * (1 + 2.0**-12)
    size, q_norms, most = q_high.shape[1], q_norms.double(), x_norms.max().double()
    reach = (q_norms.sqrt() + (second + slack(size, q_norms, most)).sqrt()) * (1 + 2.0**-12)
    floor -= slack(size, q_norms, torch.minimum(most, reach.square()))
    return kept, floor, sums.double().sum(1)


def _distances(keys: torch.Tensor) -> torch.Tensor:
    """The squared distances [...] float64 that stand in `keys`, no larger than they were."""
    return (keys & ~LAST_BITS.value).view(torch.float32).double()


def partition(n: int, m: int) -> tuple[int, int]:
    """The blocks of `m` data, and how many of them one program takes."""
    blocks = triton.cdiv(m, BLOCK_M)
    parts = max(PARTS, PROGRAMS // triton.cdiv(n, BLOCK_Q))
    return blocks, min(PLACES, triton.cdiv(blocks, parts))


def slack(size: int, q_norms: torch.Tensor, x_norms: torch.Tensor) -> torch.Tensor:
    """The largest error of a squared distance in `size` coordinates; float64.

    The bits left out are three parts in 2^22 of |q| |x|. A tensor core adds eight or sixteen
    products at a time and may truncate: at most 1.25 `size` parts. 2 |q| |x| <= |q|^2 + |x|^2, the
    norms' own rounding is below the rest, and the last term is float32's loss near 0.
    """
    return EPS * (1.25 * size + 16) * (q_norms + x_norms) + size * 2.0**-96


def _stages(device: torch.device) -> int:
    """How many steps of the tiles are loaded ahead: on other cards than Hopper's, what fits."""
    if device.type != "cuda" or torch.cuda.get_device_capability(device)[0] == 9:
        return NUM_STAGES
    memory = torch.cuda.get_device_properties(device).shared_memory_per_block_optin
    a_stage = 2 * 2 * (BLOCK_Q + BLOCK_M) * BLOCK_D  # bytes
    return max(1, min(2, memory // a_stage))


def _halves(values: torch.Tensor, centre: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Of `values` [K, D]: high and low [K, D filled up to whole blocks], norms [K], units [K]."""
    count, size = values.shape
    blocks_d = triton.cdiv(size, BLOCK_D)
    shape = (count, blocks_d * BLOCK_D)
    high, low = (torch.empty(shape, dtype=torch.float16, device=values.device) for _ in range(2))
    norms, units = (torch.empty(count, device=values.device) for _ in range(2))
    halves_kernel[(triton.cdiv(count, BLOCK_ROWS),)](
        values, centre, high, low, norms, units, count, size, blocks_d,
        BLOCK_ROWS=BLOCK_ROWS, BLOCK_D=BLOCK_D, num_warps=NUM_WARPS,
    )  # fmt: skip
    return high, low, norms, units
