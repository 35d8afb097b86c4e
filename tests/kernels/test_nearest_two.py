"""`kernels.nearest_two` against a sort of all float64 distances."""

import importlib
import math

import pytest
import torch
from cases import DEVICE, NO_TRITON, assert_close, both, dtypes, randn
from operations import Watched

from dmdrepro import kernels
from dmdrepro.kernels import nearest_two
from dmdrepro.kernels.nearest_two.op import find_two
from dmdrepro.kernels.nearest_two.reference import candidates_reference

NEAREST_SQDIST = 1e-13  # float64, direct differences
MEAN_DISTANCE = 1e-5  # the kernel's float32 sum
SHAPES = [(1, 2, 1), (5, 3, 7), (33, 65, 9), (34, 1500, 3), (3, 64, 70)]


def assert_right(got, queries, data, mean_distance=MEAN_DISTANCE):
    sqdist = (data.double()[None] - queries.double()[:, None]).square().sum(2)
    ordered, index = sqdist.sort(dim=1, stable=True)  # stable: the lower index first
    assert got.index.dtype == torch.int64
    assert got.sqdist.dtype == got.mean_distance.dtype == torch.float64
    assert got.index.tolist() == index[:, :2].tolist()
    assert_close(got.sqdist, ordered[:, :2], NEAREST_SQDIST)
    assert_close(got.mean_distance, sqdist.sqrt().mean(1), mean_distance)


@both
@dtypes
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_two_nearest_and_the_mean_distance(backend, dtype, shape):
    n, m, d = shape
    queries = randn(n, d, dtype=dtype)
    data = randn(m, d, seed=1, dtype=dtype)
    assert_right(nearest_two(queries, data), queries, data)


@both
def test_equals_come_in_the_order_of_their_indices(backend):
    # Distances on a grid of integers are exact in every arithmetic: ties by the dozen.
    data = (2 * randn(300, 2)).round()
    queries = (2 * randn(40, 2, seed=1)).round()
    assert_right(nearest_two(queries, data), queries, data)


@both
@pytest.mark.parametrize("period", [3, 64, 128])
def test_duplicates_that_fill_every_candidate_place(backend, period):
    data = randn(period, 5).repeat(1200 // period + 1, 1)
    queries = data[:7] + 0.01 * randn(7, 5, seed=1)
    got = nearest_two(queries, data)
    assert_right(got, queries, data)
    assert (got.index[:, 1] - got.index[:, 0] == period).all()


@both
@pytest.mark.parametrize("offset", [0.0, 50.0])
def test_near_copies_are_ranked_by_their_exact_distance(backend, offset):
    # 30 near-copies a query, more than the candidates; differences far below the norms' rounding.
    queries = randn(4, 256) + offset
    noise = 1e-4 * randn(30, 4, 256, seed=1) * torch.linspace(1, 1.1, 30).to(DEVICE)[:, None, None]
    data = torch.cat([(queries + noise).reshape(-1, 256), randn(40, 256, seed=2) + offset])
    assert_right(nearest_two(queries, data), queries, data)


@both
@pytest.mark.parametrize("offset", [3.0, 1000.0])
def test_a_query_among_the_data_is_its_own_nearest_at_exactly_zero(backend, offset):
    data = offset + randn(130, 12)
    got = nearest_two(data[70:90], data)
    assert_right(got, data[70:90], data)
    assert got.index[:, 0].tolist() == list(range(70, 90))
    assert not got.sqdist[:, 0].any()


@both
def test_any_strides_and_mixed_precision_give_the_same(backend):
    queries = randn(6, 11).T[::2]  # [6, 6]
    data = randn(70, 12, seed=1, dtype=torch.bfloat16)[:, ::2]
    assert_right(nearest_two(queries, data), queries, data)


@both
def test_the_matrix_of_all_distances_is_never_held(backend, monkeypatch):
    if backend == "triton" and DEVICE.type == "cpu":  # the interpreter's time is a block's
        blocks = {"BLOCK_Q": 256, "BLOCK_M": 512, "BLOCK_ROWS": 1024, "PROGRAMS": 8}
        for name, value in blocks.items():
            monkeypatch.setattr(kernel_module(), name, value)
    n, m = 200, 20_000
    queries, data = randn(n, 2), randn(m, 2, seed=1)
    sizes = []

    def look(function, arguments, result):
        made = result if isinstance(result, tuple | list) else [result]
        sizes.extend(t.nbytes for t in made if isinstance(t, torch.Tensor))

    with Watched(look):
        find_two(queries, data)
    assert 0 < max(sizes) < 4 * n * m / 2  # half of it, in float32


@both
@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e-12, 1e12, 1e18, 1e30, 8e37])
def test_very_small_and_very_large_values(backend, scale):
    queries, data = scale * randn(3, 70), scale * randn(200, 70, seed=1)
    assert_right(nearest_two(queries, data), queries, data)


@both
@pytest.mark.parametrize("far", [1e4, 1e8, 1e12, 3e37])
@pytest.mark.parametrize("size", [2, 16])
def test_one_far_query_does_not_disturb_the_others(backend, far, size):
    queries, data = randn(20, size), randn(600, size, seed=1)
    queries[0] = far
    assert_right(nearest_two(queries, data), queries, data)


@both
def test_one_far_datum_does_not_hide_the_near(backend):
    queries, data = randn(3, 5), randn(300, 5, seed=1)
    data[17] = 1e6
    got = nearest_two(queries, data)
    assert_right(got, queries, data, mean_distance=1e-3)
    assert 17 not in got.index


def kernel_module():
    return importlib.import_module("dmdrepro.kernels.nearest_two.kernel")


def candidates(backend, queries, data, keep):
    if backend == "reference":
        return candidates_reference(queries, data, keep)
    return kernel_module().launch(queries, data, keep)


@both
@pytest.mark.parametrize("size", [3, 784])
def test_nothing_left_out_is_nearer_than_the_floor_which_seldom_sends_to_all_data(backend, size):
    queries, data = randn(40, size), randn(800, size, seed=1)
    queries[-1], data[-1] = 300, -300
    kept, floor, _ = candidates(backend, queries, data, 8)
    sqdist = (data.double() - queries.double()[:, None]).square().sum(2)
    second = sqdist.gather(1, kept).sort(1)[0][:, 1]
    assert (second < floor).double().mean() > 0.9
    left_out = sqdist.scatter(1, kept, float("inf")).amin(1)
    assert (left_out >= torch.minimum(floor, second)).all()
    assert (left_out >= floor)[:-1].all()


@NO_TRITON
@pytest.mark.parametrize("n", [1, 1_000, 10_000, 70_000])
@pytest.mark.parametrize("m", [2, 1_000, 70_000, 1_281_167])
def test_programs_take_all_blocks_and_lanes_are_many(n, m):
    kernel = kernel_module()
    blocks, a_part = kernel.partition(n, m)
    assert (blocks - 1) * kernel.BLOCK_M < m <= blocks * kernel.BLOCK_M
    assert 0 < a_part <= kernel.PLACES
    assert math.ceil(blocks / a_part) >= min(blocks, 8) // 2


@NO_TRITON
def test_a_part_of_more_blocks_than_there_are_places(monkeypatch):
    kernel = kernel_module()
    for name, value in (("PROGRAMS", 1), ("BLOCK_Q", 16), ("BLOCK_M", 16), ("BLOCK_D", 16)):
        monkeypatch.setattr(kernel, name, value)
    if DEVICE.type == "cpu":  # interpreted, a kernel may be told of fewer places
        monkeypatch.setattr(kernel, "PLACES", 64)
        monkeypatch.setattr(kernel, "LAST_BITS", type(kernel.LAST_BITS)(63))
    n, m = 3, kernel.BLOCK_M * (kernel.PLACES + 3)
    monkeypatch.setattr(kernel, "PARTS", 1)
    assert kernel.partition(n, m) == (kernel.PLACES + 3, kernel.PLACES)
    queries, data = randn(n, 2), randn(m, 2, seed=1)
    with kernels.use("triton"):
        assert_right(nearest_two(queries, data), queries, data)


@both
@pytest.mark.parametrize("name", ["queries", "data"])
def test_values_that_are_not_finite_are_refused(backend, name):
    args = {"queries": randn(3, 4), "data": randn(9, 4, seed=1)}
    args[name][2, 1] = float("nan")
    with pytest.raises(ValueError, match=f"{name} hold values"):
        nearest_two(**args)


@pytest.mark.parametrize(
    ("queries", "data", "words"),
    [
        (torch.zeros(3, 4), torch.zeros(1, 4), "3 queries and 1 data"),
        (torch.zeros(0, 4), torch.zeros(5, 4), "0 queries and 5 data"),
        (torch.zeros(3, 4), torch.zeros(5, 6), "do not fit"),
        (torch.zeros(3, 2, 2), torch.zeros(5, 4), "do not fit"),
        (torch.zeros(3, 4), torch.zeros(5, 4, dtype=torch.float64), "data is torch.float64"),
        (torch.zeros(3, 4), torch.zeros(5, 4, device="meta"), "data is on meta"),
    ],
)
def test_wrong_arguments_are_named(queries, data, words):
    with pytest.raises(ValueError, match=words):
        nearest_two(queries, data)
