"""`kernels.auction_rounds` against an auction written as a loop over rows, round by round."""

import pytest
import torch
from cases import DEVICE, NO_TRITON, both, randn
from scipy.optimize import linear_sum_assignment

from dmdrepro import kernels
from dmdrepro.kernels import Bidding, auction_rounds


def costs(n, seed=0, *, tied=False):
    cost = randn(n, n, seed=seed).double().square()
    return (4 * cost).round() if tied else cost


def started(n, eps):
    bidding = Bidding.over(torch.zeros(n, dtype=torch.float64, device=DEVICE))
    bidding.begin(eps)
    return bidding


def one_round(cost, price, owner, waiting, eps):
    """Lists of numbers; changes price and owner, returns who waits next."""
    offers: dict[int, list[tuple[float, int]]] = {}
    for row in waiting:
        total = [c + p for c, p in zip(cost[row], price, strict=True)]
        first, second = sorted(total)[:2]
        column = total.index(first)
        offers.setdefault(column, []).append((price[column] + (second - first + eps), row))
    left = set(waiting)
    for column, made in offers.items():
        highest = max(offer for offer, _ in made)
        winner = min(row for offer, row in made if offer == highest)
        left.remove(winner)
        if owner[column] >= 0:
            left.add(owner[column])
        owner[column], price[column] = winner, highest
    return sorted(left)


def state(bidding):
    return (
        bidding.price.tolist(),
        bidding.owner.tolist(),
        sorted(bidding.waiting[0, : bidding.progress()[0]].tolist()),
    )


@both
@pytest.mark.parametrize("tied", [False, True], ids=["apart", "tied"])
@pytest.mark.parametrize("n", [2, 3, 17, 40])
def test_rounds_are_those_of_the_loop_to_the_bit(backend, n, tied):
    cost, eps = costs(n, tied=tied), 0.125
    price, owner, waiting, bids = [0.0] * n, [-1] * n, list(range(n)), 0
    bidding = started(n, eps)
    for _ in range(12):
        for _ in range(2):
            bids += len(waiting)
            waiting = one_round(cost.tolist(), price, owner, waiting, eps)
        auction_rounds(cost, bidding, 2)
        assert state(bidding) == (price, owner, waiting)
        assert bidding.progress()[1] == bids


@NO_TRITON
@pytest.mark.parametrize("block", [4, 16])
def test_rows_and_queue_of_several_blocks_and_programs(block, monkeypatch):
    """As of thousands of points, at a block's small size; on a GPU also at its own."""
    from dmdrepro.kernels.auction_rounds import kernel

    gpu = DEVICE.type == "cuda"
    n = 2 * kernel.BLOCK + 5 if gpu and block == 4 else 41
    cost, eps = 0.01 * costs(n) + costs(n, 1)[:1], 0.125  # all want the same few columns
    found = []
    for backend in ("reference", "triton"):
        bidding = started(n, eps)
        with kernels.use(backend), monkeypatch.context() as patch:
            if n == 41:
                patch.setattr(kernel, "BLOCK", block)
                patch.setattr(kernel, "_multiprocessors", lambda device: 2)
            found.append([])
            for _ in range(4):
                auction_rounds(cost, bidding, 2)
                found[-1].append((state(bidding), bidding.progress()))
    assert found[0] == found[1]
    assert found[0][0][1][0] > block  # who waits after two rounds: a queue of several blocks


@both
def test_a_phase_ends_within_n_eps_of_the_optimum(backend):
    n, eps = 30, 1e-3
    cost = costs(n)
    rows, columns = linear_sum_assignment(cost.cpu().numpy())
    optimum = float(cost[rows, columns].sum())
    bidding = started(n, eps)
    while bidding.progress()[0]:
        auction_rounds(cost, bidding, 8)
    assert sorted(bidding.owner.tolist()) == list(range(n))
    found = float(cost[bidding.owner, torch.arange(n, device=DEVICE)].sum())
    assert optimum <= found <= optimum + n * eps


@both
def test_a_second_phase_keeps_the_prices_and_forgets_the_owners(backend):
    cost = costs(20)
    bidding = started(20, 0.5)
    while bidding.progress()[0]:
        auction_rounds(cost, bidding, 4)
    price, owner, waiting = bidding.price.tolist(), [-1] * 20, list(range(20))
    bidding.begin(0.01)
    for _ in range(6):
        waiting = one_round(cost.tolist(), price, owner, waiting, 0.01)
    auction_rounds(cost, bidding, 6)
    assert state(bidding) == (price, owner, waiting)


@both
def test_nobody_waiting_changes_nothing(backend):
    cost = costs(9)
    bidding = Bidding.over(torch.ones(9, dtype=torch.float64, device=DEVICE))
    auction_rounds(cost, bidding, 4)
    assert state(bidding) == ([1.0] * 9, [-1] * 9, [])
    assert bidding.progress()[1] == 0


@both
def test_any_strides_give_the_same(backend):
    cost = costs(12)
    wide = torch.zeros(24, 36, dtype=torch.float64, device=DEVICE)
    wide[::2, ::3] = cost
    found = []
    for c in (cost, cost.T.contiguous().T, wide[::2, ::3]):
        bidding = started(12, 0.25)
        auction_rounds(c, bidding, 6)
        found.append(state(bidding))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("cost", "n", "rounds", "message"),
    [
        (costs(5), 5, 3, "rounds is 3; it must be even"),
        (costs(5), 4, 2, r"cost has shape \(5, 5\) and price \(4,\)"),
        (costs(5).float(), 5, 2, r"cost is torch\.float32; pass one of float64"),
    ],
)
def test_what_does_not_fit_is_named(cost, n, rounds, message):
    with pytest.raises(ValueError, match=message):
        auction_rounds(cost, started(n, 1.0), rounds)
