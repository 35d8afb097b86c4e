"""Which implementation runs, where, and what an override does."""

import pytest
import torch
from cases import DEVICE, NO_TRITON, both, randn
from processes import completed, environment

from dmdrepro import kernels

OPERATIONS = """
import torch
from dmdrepro import kernels
x = torch.randn(3, 8)
kernels.dm_gradient(x, x + 1, torch.ones(3), x, -x, 0.5)
kernels.pairwise_sqdist(x, x)
kernels.nearest_two(x, x)
kernels.cheapest_two(x.double(), torch.zeros(8).double(), torch.arange(3))
kernels.group_norm_silu(x[:, :, None, None], x[0], x[0], 2)
"""


@pytest.fixture
def no_override(monkeypatch):
    """Without the override that tests/conftest.py sets for every test."""
    monkeypatch.setattr(kernels.dispatch, "_override", [])


SIGMA, COST = torch.rand(3, device=DEVICE) + 1, randn(3, 5).double()
ARGUMENTS = {
    "dm_gradient": (randn(3, 2), randn(3, 2), SIGMA, randn(3, 2), randn(3, 2, seed=1), 0.5),
    "pairwise_sqdist": (randn(2, 3, 4), randn(2, 5, 4, seed=1)),
    "nearest_two": (randn(3, 4), randn(20, 4, seed=1)),
    "group_norm_silu": (
        *(t.requires_grad_() for t in (randn(2, 4, 3, 2), randn(4), randn(4), randn(2, 4))),
        randn(2, 4, seed=1).requires_grad_(),
        2,
        1e-5,
        True,
    ),
    "cheapest_two": (COST, COST[0], torch.tensor([2, 0], device=DEVICE)),
}


@both
@pytest.mark.parametrize("name", ARGUMENTS)
def test_registered_with_torch(backend, name):
    torch.library.opcheck(getattr(torch.ops.dmdrepro, name), ARGUMENTS[name])


@NO_TRITON
@pytest.mark.usefixtures("no_override")
def test_triton_is_the_default_on_a_gpu_and_under_the_interpreter():
    assert kernels.backend(DEVICE) == "triton"


@NO_TRITON
@pytest.mark.usefixtures("no_override")
def test_an_override_holds_within_its_block_and_nests():
    with kernels.use("reference"):
        assert kernels.backend(DEVICE) == "reference"
        with kernels.use("triton"):
            assert kernels.backend(DEVICE) == "triton"
        assert kernels.backend(DEVICE) == "reference"
    assert kernels.backend(DEVICE) == "triton"


def test_an_override_ends_with_an_error_inside():
    before = kernels.backend(DEVICE)
    with pytest.raises(KeyError), kernels.use("reference"):
        raise KeyError
    assert kernels.backend(DEVICE) == before


def test_an_unknown_implementation_is_refused():
    with pytest.raises(ValueError, match="use 'triton' or 'reference'"), kernels.use("cuda"):
        pass


@pytest.mark.usefixtures("no_override")
def test_a_device_triton_knows_nothing_of_uses_the_reference():
    assert kernels.backend(torch.device("meta")) == "reference"


@NO_TRITON
@pytest.mark.usefixtures("no_override")
def test_the_dispatch_decides_which_code_runs(monkeypatch):
    from dmdrepro.kernels.pairwise_sqdist import kernel

    launched = []
    plain = kernel.launch
    monkeypatch.setattr(kernel, "launch", lambda *a: launched.append(1) or plain(*a))
    kernels.pairwise_sqdist(randn(2, 3), randn(2, 3))
    assert launched == [1]
    with kernels.use("reference"):
        kernels.pairwise_sqdist(randn(2, 3), randn(2, 3))
    assert launched == [1]


HIDDEN = "import sys; sys.modules['triton'] = None"
# torch itself may load triton; our kernels' modules are ours to leave alone.
NONE_LOADED = (
    "import sys; sys.exit(any(m.endswith('.kernel') for m in sys.modules if 'kernels.' in m))"
)


@pytest.mark.parametrize(
    ("code", "interpret"),
    [(HIDDEN + OPERATIONS, "0"), (HIDDEN + OPERATIONS, "1"), (OPERATIONS + NONE_LOADED, "0")],
    ids=("no triton", "no triton, interpreted", "not interpreted"),
)
def test_every_operation_runs_without_triton(code, interpret):
    done = completed("-c", code, env=environment() | {"TRITON_INTERPRET": interpret})
    assert done.returncode == 0, done.stderr


def test_triton_on_the_cpu_without_the_interpreter_is_refused():
    code = (
        "import torch\nfrom dmdrepro import kernels\n"
        "with kernels.use('triton'): kernels.backend(torch.device('cpu'))"
    )
    done = completed("-c", code)
    assert done.returncode == 1
    assert "set TRITON_INTERPRET=1 before" in done.stderr
