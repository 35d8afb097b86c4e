"""`auction_rounds` as three Triton kernels a round, over a queue whose length the device knows.

Bid: a program streams a waiting row, as `cheapest_two` does, and raises its column's highest offer.
Claim: of the rows that made this offer the lowest wins. Settle: winners take their columns, and
rows without one queue for the next round. A kernel ends before the next begins; maximum and minimum
need no other order. Nothing is cleared between rounds: an offer is above the column's price, so
older offers are below it, and bidders reset the winner of their column.
"""

import torch
import triton
import triton.language as tl

from dmdrepro.kernels.auction_rounds.bidding import Bidding
from dmdrepro.kernels.cheapest_two.kernel import two_of_row

BLOCK = 2048  # columns, or rows of the queue, that a program looks at together
NUM_WARPS = 8
BIDDERS = 2  # programs a multiprocessor, as many as its registers hold (of 106 a thread)


@triton.jit
def bid_kernel(
    cost,  # [N, N] float64, any strides
    price,  # [N] float64
    waiting,  # [N] int32: this round's
    count,  # [1] int32: how many of them
    offer,  # [N] float64, out
    column,  # [N] int32, out
    best,  # [N] int64, raised
    winner,  # [N] int32, out: N
    eps,  # [1] float64
    N,
    row_stride,
    column_stride,
    BLOCK: tl.constexpr,
):
    least_raise = tl.load(eps)
    for i in range(tl.program_id(0), tl.load(count), tl.num_programs(0)):
        who = tl.load(waiting + i)
        row = cost + who.to(tl.int64) * row_stride
        least, next_least, at = two_of_row(row, price, N, column_stride, BLOCK)
        offered = tl.load(price + at) + (next_least - least + least_raise)
        tl.store(offer + who, offered)
        tl.store(column + who, at)
        tl.store(winner + at, N)
        tl.atomic_max(best + at, offered.to(tl.int64, bitcast=True))


@triton.jit
def claim_kernel(
    waiting,  # [N] int32: this round's
    count,  # [1] int32: how many of them
    next_count,  # [1] int32, out: 0
    offer,  # [N] float64
    column,  # [N] int32
    best,  # [N] int64
    winner,  # [N] int32, lowered
    bids,  # [1] int64, raised
    BLOCK: tl.constexpr,
):
    many = tl.load(count)
    if tl.program_id(0) == 0:
        tl.store(next_count, 0)
        tl.store(bids, tl.load(bids) + many)
    for start in range(tl.program_id(0) * BLOCK, many, tl.num_programs(0) * BLOCK):
        i = start + tl.arange(0, BLOCK)
        inside = i < many
        who = tl.load(waiting + i, inside, 0)
        at = tl.load(column + who, inside, 0)
        offered = tl.load(offer + who, inside, 0.0).to(tl.int64, bitcast=True)
        highest = inside & (offered == tl.load(best + at, inside, 0))
        tl.atomic_min(winner + at, who, highest)


@triton.jit
def settle_kernel(
    price,  # [N] float64, raised
    owner,  # [N] int64, changed
    waiting,  # [N] int32: this round's
    count,  # [1] int32: how many of them
    next_waiting,  # [N] int32, out
    next_count,  # [1] int32, raised from 0
    offer,  # [N] float64
    column,  # [N] int32
    winner,  # [N] int32
    BLOCK: tl.constexpr,
):
    many = tl.load(count)
    for start in range(tl.program_id(0) * BLOCK, many, tl.num_programs(0) * BLOCK):
        i = start + tl.arange(0, BLOCK)
        inside = i < many
        who = tl.load(waiting + i, inside, 0)
        at = tl.load(column + who, inside, 0)
        won = inside & (tl.load(winner + at, inside, 0) == who)
        before = tl.load(owner + at, won, -1).to(tl.int32)
        tl.store(owner + at, who.to(tl.int64), won)
        tl.store(price + at, tl.load(offer + who, won, 0.0), won)
        out = tl.where(won, before, who)  # who is without a column now, if anybody
        queues = inside & (out >= 0)
        place = tl.cumsum(queues.to(tl.int32), 0)
        first = tl.atomic_add(next_count, tl.sum(queues.to(tl.int32), 0))
        tl.store(next_waiting + first + place - 1, out, queues)


def launch(cost: torch.Tensor, bidding: Bidding, rounds: int) -> None:
    """As `auction_rounds_reference`."""
    b, n = bidding, len(bidding.price)
    bidders = min(n, BIDDERS * _multiprocessors(cost.device))
    blocks = triton.cdiv(n, BLOCK)
    options = {"BLOCK": BLOCK, "num_warps": NUM_WARPS}
    for half in (0, 1) * (rounds // 2):
        now, then = b.waiting[half], b.waiting[1 - half]
        many, next_many = b.count[half:], b.count[1 - half :]
        bid_kernel[(bidders,)](
            cost, b.price, now, many, b.offer, b.column, b.best, b.winner, b.eps, n,
            *cost.stride(), **options,
        )  # fmt: skip
        claim_kernel[(blocks,)](
            now, many, next_many, b.offer, b.column, b.best, b.winner, b.bids, **options
        )
        settle_kernel[(blocks,)](
            b.price, b.owner, now, many, then, next_many, b.offer, b.column, b.winner, **options
        )


def _multiprocessors(device: torch.device) -> int:
    if device.type != "cuda":
        return 1
    return torch.cuda.get_device_properties(device).multi_processor_count
