"""nearest_two: brute force in float64, near-copies, ties, memory, errors."""

from __future__ import annotations

import pytest
import torch
from kernel_testing import DTYPES, assert_close, random

from kernels import nearest_two
from kernels.nearest_two.op import _nearest_two


def truth(queries, data):
    """Two smallest squared distances, their indices (the lower first among equals), the mean."""
    sqdist = (queries.double()[:, None] - data.double()[None]).square().sum(2)
    values, places = sqdist.sort(dim=1, stable=True)
    return values[:, :2], places[:, :2], sqdist.sqrt().mean(1)


@pytest.mark.parametrize(("n", "m", "d"), [(1, 2, 1), (3, 5, 4), (33, 65, 33), (7, 1100, 12)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_equals_brute_force(implementation, n, m, d, dtype):
    queries, data = random(n, d, dtype=dtype), random(m, d, dtype=dtype, seed=1)
    found = nearest_two(queries, data)
    sqdist, index, mean = truth(queries, data)
    assert torch.equal(found.index, index)
    assert_close(found.sqdist, sqdist, 1e-12)
    assert_close(found.mean_distance, mean)


@pytest.mark.parametrize("noise", [1e-2, 1e-4])
def test_near_copies_are_found_with_their_exact_distance(implementation, noise):
    """Where a tf32 Gram form alone is wrong several times over."""
    data = random(200, 256)
    queries = data[50:60] + noise * random(10, 256, seed=1)
    found = nearest_two(queries, data)
    sqdist, index, _ = truth(queries, data)
    assert torch.equal(found.index, index)
    assert_close(found.sqdist, sqdist, 1e-12)
    assert found.index[:, 0].tolist() == list(range(50, 60))


def test_far_from_the_origin_nothing_is_lost(implementation):
    data = random(150, 8) + 1000.0
    found = nearest_two(data[:20], data)
    assert torch.equal(found.index[:, 0].cpu(), torch.arange(20))
    assert torch.equal(found.sqdist[:, 0].cpu(), torch.zeros(20).double())
    assert_close(found.mean_distance, truth(data[:20], data)[2], 1e-4)


def test_among_equals_the_lower_index_comes_first(implementation):
    data = random(90, 5)
    data[70] = data[11]
    data[80] = data[11]
    found = nearest_two(data[11:12], data)
    assert found.index.tolist() == [[11, 70]]
    assert found.sqdist.tolist() == [[0.0, 0.0]]


def test_the_matrix_of_distances_is_never_held(implementation):
    """An N x M float32 matrix would be 4 n m bytes; what is allocated does not grow like that."""
    n, m = 8, 20_000
    queries, data = random(n, 2), random(m, 2, seed=1)
    sizes = []
    original = torch.Tensor.__matmul__

    def watched(a, b):
        out = original(a, b)
        sizes.append(out.numel())
        return out

    torch.Tensor.__matmul__ = watched
    try:
        nearest_two(queries, data)
    finally:
        torch.Tensor.__matmul__ = original
    assert all(size <= n * 1024 for size in sizes)


def test_strided_inputs_give_the_same(implementation):
    queries, data = random(6, 8), random(8, 40, seed=1)
    a = nearest_two(queries[::2, ::2], data.T[:, ::2])
    b = nearest_two(queries[::2, ::2].clone(), data.T[:, ::2].clone())
    assert torch.equal(a.index, b.index)
    assert torch.equal(a.sqdist, b.sqdist)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        nearest_two(random(3, 4), random(5, 3))
    with pytest.raises(ValueError, match="at least one query and two data"):
        nearest_two(random(3, 4), random(1, 4))
    with pytest.raises(ValueError, match="float64"):
        nearest_two(random(3, 4).double(), random(5, 4))


def test_opcheck_passes(implementation, monkeypatch):
    monkeypatch.undo()  # opcheck makes tensors of its own
    torch.library.opcheck(_nearest_two, (random(3, 4), random(9, 4)))
