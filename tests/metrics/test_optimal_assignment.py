"""The optimum and who finds it: every solver is exact, named, and refused when it cannot be."""

import sys

import pytest
import torch
from pairs import NO_LAPX, awkward, awkward_sets, gaussian, scipys, solvers, tensors
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from dmdrepro import kernels
from dmdrepro.metrics import costs, memory, memory_plan, pairing_inefficiency
from dmdrepro.metrics import solvers as room
from dmdrepro.metrics.assignment import optimal_assignment, sqdist_matrix
from dmdrepro.metrics.auction import auction
from dmdrepro.metrics.solvers import choose_solver

CPU = torch.device("cpu")


def assert_optimal(cost, columns):
    cost, columns = cost.cpu(), columns.cpu()
    rows, best = linear_sum_assignment(cost.numpy())
    assert sorted(columns.tolist()) == rows.tolist()
    total = float(cost[rows, best].sum())
    assert float(cost[rows, columns].sum()) == pytest.approx(total, rel=1e-12)


@solvers
@pytest.mark.parametrize("n", [2, 3, 101])
@awkward
def test_every_solver_finds_the_proven_optimum(name, n, solver):
    x, y = tensors(awkward_sets(n)[name])
    found = optimal_assignment(x, y, solver)
    assert found.solver == solver
    assert found.gap < 1e-13
    assert sorted(found.assignment) == list(range(n))
    own = (x - y[found.assignment]).square().sum(1).mean()
    assert found.e_ot == pytest.approx(float(own), rel=1e-12)
    assert found.e_ot == pytest.approx(scipys(x, y), rel=1e-12)


@solvers
def test_every_solver_finds_the_same_pairing_at_odd_sizes(solver):
    for n in (257, 400):
        x, y = tensors((gaussian(n, n, 3), gaussian(n + 1, n, 3)))
        expected = optimal_assignment(x, y, "scipy")
        found = optimal_assignment(x, y, solver)
        assert (found.assignment == expected.assignment).all()
        assert found.e_ot == expected.e_ot
        assert 0 <= found.gap < 1e-14


@awkward
def test_the_auction_of_all_rows_at_once_is_exact(name):
    """What runs on a GPU for many samples."""
    cost = sqdist_matrix(*tensors(awkward_sets(60)[name]))
    assert_optimal(cost, auction(cost, at_once=True))


@pytest.mark.parametrize("name", ["independent", "half near-copies", "half constant", "integers"])
def test_the_auction_with_the_kernel_is_exact(name):
    pytest.importorskip("triton")
    device = "cuda" if torch.cuda.is_available() else "cpu"  # where the interpreter is off, or on
    cost = sqdist_matrix(*tensors(awkward_sets(9)[name])).to(device)
    with kernels.use("triton"):
        assert_optimal(cost, auction(cost, at_once=True))


def test_the_auction_is_reproducible_and_leaves_the_costs_alone():
    cost = sqdist_matrix(*tensors(awkward_sets(150)["integers"]))
    before = cost.clone()
    first = auction(cost)
    assert torch.equal(auction(cost), first)
    assert torch.equal(cost, before)


def test_the_auction_is_exact_where_its_prices_cannot_be():
    # Twins 1e-12 apart among costs of 1: no float64 price of order 1 tells them apart.
    twins = gaussian(0, 40, 3).repeat(2, axis=0)
    x, y = twins + 1e-12 * gaussian(1, 80, 3), twins[::-1] + 1e-12 * gaussian(2, 80, 3)
    cost = sqdist_matrix(*tensors((x, y)))
    rows, best = linear_sum_assignment(cost.numpy())
    for at_once in (False, True):
        got = cost[torch.from_numpy(rows), auction(cost, at_once=at_once)]
        assert float(got.max()) < 1e-22
        assert float(got.sum()) == pytest.approx(float(cost[rows, best].sum()), rel=1e-12)


def test_an_auction_that_does_not_end_is_an_error(monkeypatch):
    monkeypatch.setattr(sys.modules[auction.__module__], "BIDS", 2)
    cost = sqdist_matrix(*tensors((gaussian(0, 50, 2), gaussian(1, 50, 2))))
    for at_once in (False, True):
        with pytest.raises(ValueError, match="use another solver, such as 'scipy'"):
            auction(cost, at_once=at_once)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda cost: torch.arange(len(cost)).roll(1), "'scipy' is not optimal"),
        (lambda cost: torch.zeros(len(cost), dtype=torch.int64), "not a permutation"),
    ],
)
def test_a_solver_that_errs_is_an_error_never_a_number(monkeypatch, wrong, message):
    monkeypatch.setitem(room.SOLVERS, "scipy", wrong)
    with pytest.raises(ValueError, match=message):
        pairing_inefficiency(gaussian(0, 20, 2), gaussian(1, 20, 2), "scipy")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("scypi", "There is no solver 'scypi'; did you mean 'scipy'"),
        ("auktion", "did you mean 'auction'"),
        ("xyz", "use one of auto, scipy, lapx, auction"),
    ],
)
def test_an_unknown_solver_is_refused_with_the_nearest(name, message):
    with pytest.raises(ValueError, match=message):
        pairing_inefficiency(gaussian(0, 4, 2), gaussian(1, 4, 2), name)


def test_an_absent_solver_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lap", None)
    with pytest.raises(ValueError, match=r"'lapx' is not installed: pip install lapx"):
        pairing_inefficiency(gaussian(0, 4, 2), gaussian(1, 4, 2), "lapx")


def test_a_package_that_is_called_lap_and_is_not_lapx_counts_as_absent(monkeypatch):
    monkeypatch.setitem(sys.modules, "lap", type(sys)("lap"))
    assert not room.lapx_installed()


def test_auto_chooses_by_size_and_what_is_installed(monkeypatch):
    for installed in (True, False):
        monkeypatch.setattr(room, "lapx_installed", lambda installed=installed: installed)
        assert choose_solver("auto", 10) == "scipy"
        assert choose_solver("auto", room.LAPX_FROM) == ("lapx" if installed else "scipy")
        assert choose_solver("auto", room.AUCTION_FROM) == "auction"
        assert choose_solver("scipy", room.AUCTION_FROM) == "scipy"


@pytest.mark.parametrize("block", [1, 40, 10_000])
def test_the_matrix_in_blocks_of_rows_is_the_matrix(monkeypatch, block):
    monkeypatch.setattr(costs, "CACHED", block)
    x, y = tensors(awkward_sets(17)["half near-copies"])
    expected = torch.from_numpy(cdist(x.numpy(), y.numpy(), "sqeuclidean"))
    torch.testing.assert_close(sqdist_matrix(x, y), expected, rtol=1e-10, atol=0)


def test_a_matrix_larger_than_the_memory_is_refused_before_it_is_made(monkeypatch):
    for module in (memory, memory_plan):
        monkeypatch.setattr(module, "available_memory", lambda device: 10 * 2**30)
    x = torch.zeros(50_000, 1)
    message = r"50,000 x 50,000 squared distances needs 18\.9 GiB of memory on cpu; 10\.0 GiB"
    with pytest.raises(ValueError, match=message):
        pairing_inefficiency(x, x, "scipy")


def test_the_memory_of_this_machine_is_known():
    available = memory.available_memory(CPU)
    assert available is None or 2**20 < available < 2**50


@NO_LAPX
def test_auto_takes_lapx_where_it_is_installed():
    n = room.LAPX_FROM
    assert pairing_inefficiency(gaussian(0, n, 2), gaussian(1, n, 2)).solver == "lapx"
