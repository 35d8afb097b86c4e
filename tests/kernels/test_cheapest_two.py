"""`kernels.cheapest_two` against sorting whole rows: same numbers, same column, to the last bit."""

import pytest
import torch
from cases import DEVICE, both, randn

from dmdrepro.kernels import cheapest_two

SIZES = [(1, 1), (2, 2), (3, 7), (5, 1024), (4, 1025), (7, 2600)]


def truth(cost, price, rows):
    """One addition and comparisons: nothing may be rounded differently."""
    total = cost.cpu()[rows.cpu()] + price.cpu()
    value, column = total.sort(dim=1, stable=True)
    if total.shape[1] == 1:
        value = torch.cat([value, torch.full_like(value, float("inf"))], 1)
    return value[:, :2], column[:, 0]


def assert_right(got, cost, price, rows):
    value, column = truth(cost, price, rows)
    assert torch.equal(got.value.cpu(), value)
    assert torch.equal(got.column.cpu(), column)


def inputs(n, m, seed=0):
    return randn(n, m, seed=seed).double(), randn(m, seed=seed + 1).double()


@both
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_row_is_that_of_a_stable_sort(backend, size):
    cost, price = inputs(*size)
    rows = torch.arange(size[0], device=DEVICE)
    assert_right(cheapest_two(cost, price, rows), cost, price, rows)


@both
def test_rows_may_be_chosen_repeated_and_none(backend):
    cost, price = inputs(6, 37)
    for chosen in ([4], [5, 0, 5, 2], []):
        rows = torch.tensor(chosen, dtype=torch.int64, device=DEVICE)
        got = cheapest_two(cost, price, rows)
        assert got.value.shape == (len(chosen), 2)
        assert_right(got, cost, price, rows)


@both
def test_any_strides_give_the_same(backend):
    cost, price = inputs(9, 41)
    strided = [
        (cost.T.contiguous().T, price),
        (cost.repeat(2, 2)[::2, :41], price.repeat_interleave(2)[::2]),
        (cost[:1].expand(9, 41), price[:1].expand(41)),
    ]
    rows = torch.tensor([8, -1, 3, -1, 0], device=DEVICE)[::2]
    for c, p in strided:
        assert_right(cheapest_two(c, p, rows), c, p, rows)


@both
@pytest.mark.parametrize("m", [5, 1023, 2050])
def test_of_equals_the_lowest_column_and_the_second_value_is_the_same(backend, m):
    cost = torch.randint(0, 3, (8, m), generator=torch.Generator().manual_seed(m)).double()
    cost[0] = 2.0  # nothing but a tie, across every block
    cost[1, -2:] = -1.0
    cost, price = cost.to(DEVICE), torch.zeros(m, dtype=torch.float64, device=DEVICE)
    rows = torch.arange(8, device=DEVICE)
    assert_right(cheapest_two(cost, price, rows), cost, price, rows)


@both
def test_a_difference_in_the_last_bit_is_seen(backend):
    cost = torch.full((1, 1500), 1.0, dtype=torch.float64, device=DEVICE)
    cost[0, 1234] -= 2.0**-53
    rows, price = torch.zeros(1, dtype=torch.int64, device=DEVICE), torch.zeros_like(cost[0])
    got = cheapest_two(cost, price, rows)
    assert got.column.item() == 1234
    assert got.value.tolist() == [[1.0 - 2.0**-53, 1.0]]


@both
def test_the_inputs_are_left_as_they_were(backend):
    cost, price = inputs(4, 33)
    before = cost.clone(), price.clone()
    cheapest_two(cost, price, torch.arange(4, device=DEVICE))
    assert torch.equal(cost, before[0])
    assert torch.equal(price, before[1])


COST, PRICE, ROWS = torch.zeros(3, 4).double(), torch.zeros(4).double(), torch.zeros(2).long()


@pytest.mark.parametrize(
    ("cost", "price", "rows", "words"),
    [
        (COST, PRICE[:3], ROWS, "do not fit"),
        (COST[0], PRICE, ROWS, "do not fit"),
        (COST[:0], PRICE, ROWS, "do not fit"),
        (COST, PRICE, ROWS[None], "do not fit"),
        (COST.float(), PRICE, ROWS, "cost is torch.float32; pass one of float64"),
        (COST, PRICE.float(), ROWS, "price is torch.float32"),
        (COST, PRICE, ROWS.int(), "rows is torch.int32; pass one of int64"),
        (COST, PRICE.to("meta"), ROWS, "price is on meta"),
        (COST, PRICE, ROWS.to("meta"), "rows is on meta"),
    ],
)
def test_wrong_arguments_are_named(cost, price, rows, words):
    with pytest.raises(ValueError, match=words):
        cheapest_two(cost, price, rows)
