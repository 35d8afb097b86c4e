"""Points along a curve: long shortest paths and price wars, counted and not timed."""

import numpy as np
import pytest
import torch
from operations import Watched
from pairs import gaussian, scipys, tensors
from scipy.spatial.distance import cdist

from dmdrepro.metrics import bids, pairing_inefficiency, solvers
from dmdrepro.metrics.assignment import optimal_assignment
from dmdrepro.metrics.certificate import certify
from dmdrepro.metrics.shortest_paths import Paths

N = 500


def circle(angle):
    return np.stack([np.cos(angle), np.sin(angle)], 1)


def curves():
    rng = np.random.default_rng(0)
    t, s, r = (2 * np.pi * rng.random(N) for _ in range(3))
    direction = gaussian(1, 1, 16) / 4
    line = lambda seed: gaussian(seed, N, 1) * direction + 1e-3 * gaussian(seed + 1, N, 16)  # noqa: E731
    manifold = lambda z: np.tanh(z[:, None] @ gaussian(2, 1, 32)) @ gaussian(3, 32, 8)  # noqa: E731
    return {
        "circle": (circle(t), circle(s)),
        "turned circle": (circle(t), circle(t + 0.1 + 0.05 * gaussian(4, N))),
        "near-copies on a circle": (circle(t), circle(t + 1e-5 * gaussian(5, N))),
        "line in 16 dimensions": (line(6), line(8)),
        "helix": (np.c_[circle(6 * t), t], np.c_[circle(6 * s), s]),
        "manifold of one dimension": (manifold(t), manifold(r)),
        "sorted": (np.sort(gaussian(10, N, 2), 0), np.sort(gaussian(11, N, 2), 0)),
        "near-copies": (gaussian(12, N, 4), gaussian(12, N, 4) + 1e-5 * gaussian(13, N, 4)),
        "few values": (np.round(gaussian(14, N, 2)), np.round(gaussian(15, N, 2))),
    }


CURVES = curves()


@pytest.mark.parametrize("name", CURVES)
def test_the_auction_and_its_proof_take_little_work(monkeypatch, name):
    x, y = tensors(CURVES[name])
    made = {"bids": 0, "passes": 0}

    def counted(of, method, what):
        plain = getattr(of, method)

        def call(self, *arguments):
            made[what] += 1
            return plain(self, *arguments)

        monkeypatch.setattr(of, method, call)

    counted(bids.WholeRows, "cheapest_two", "bids")
    counted(Paths, "improved", "passes")
    found = optimal_assignment(x, y, "auction")
    assert found.e_ot == pytest.approx(scipys(x, y), rel=1e-12)
    assert found.gap < 1e-12
    assert made["bids"] < 250 * N
    assert made["passes"] < 8 * N  # one pass after another a single proof took up to 3 N


def far_points():
    """On a line whose coordinate spans 16 powers of ten: endless price wars."""
    x, y = (np.exp(6 * gaussian(seed, N, 1)) for seed in (16, 17))
    return [np.hstack([t, 1e-3 * gaussian(seed, N, 1)]) for t, seed in ((x, 18), (y, 19))]


@pytest.mark.parametrize("name", ["far points", "few values", "line in 16 dimensions"])
def test_auto_leaves_to_others_what_an_auction_is_slow_at(monkeypatch, name):
    monkeypatch.setattr(solvers, "AUCTION_FROM", 100)
    sets = {**CURVES, "far points": far_points()}
    x, y = tensors(sets[name])
    found = optimal_assignment(x, y)
    assert (found.solver == "auction") == (name == "line in 16 dimensions")
    assert found.e_ot == pytest.approx(scipys(x, y), rel=1e-12)


def test_the_proof_of_a_long_chain_takes_a_few_passes():
    """Sorted on a line, each point a little nearer to the next one's: a path through all rows."""
    n = 2000
    x = np.arange(n)[:, None] * 1.0
    y = x - 0.75
    cost = torch.from_numpy(cdist(x, y, "sqeuclidean"))
    found = certify(cost, torch.arange(n), "order")
    assert found.gap < 1e-12
    assert found.passes < 50  # as many passes as rows, one edge after another


GRAIN = 32_768  # at::internal::GRAIN_SIZE: what is larger is given to torch's threads


@pytest.mark.parametrize("noise", [0.05, 0.7, 10.0])
@pytest.mark.parametrize("d", [4, 256])
def test_few_operations_wait_for_threads(d, noise):
    """Beside a busy program each may wait for milliseconds."""
    x = gaussian(0, 1000, d).astype(np.float32)
    y = (x + noise * gaussian(1, 1000, d)).astype(np.float32)
    large = []

    def look(function, arguments, result):
        tensors = [t for t in (*arguments, result) if isinstance(t, torch.Tensor)]
        if not function.is_view and max((t.numel() for t in tensors), default=0) > GRAIN:
            large.append(function)

    with Watched(look):
        pairing_inefficiency(x, y)
    assert len(large) < 60
