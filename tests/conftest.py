"""Fixtures shared by every test: where the outside numbers and the real MNIST are."""

import contextlib
import functools
import importlib
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

# In a checkout that is not installed too; afterwards off the path again, as in every program.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from dmdrepro.checkout import leave_path

leave_path()
from dmdrepro.cli import wait_briefly  # noqa: E402

os.environ.pop("COLUMNS", None)  # which a console would keep for ever
import dmdrepro.cli.console  # noqa: E402, F401 - before a test sets it

wait_briefly()  # before torch is imported
if "PYTEST_XDIST_WORKER" in os.environ:  # one core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
import torch  # noqa: E402

# Without a GPU the kernels' tests run interpreted; Triton reads this when a kernel is defined.
# Everything else runs the references (the fixture below), which are fast.
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"

ROOT = Path(__file__).resolve().parent.parent


def _outside(relative: str, variable: str) -> Path:
    """A folder that a user's clone does not have: beside the repository, or named by `variable`."""
    folder = Path(os.environ.get(variable) or ROOT.parent / "shared" / relative)
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set {variable} to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def oracles() -> Path:
    """Numbers computed by the public reference code, each file described in its README."""
    return _outside("oracles", "DMDREPRO_ORACLES")


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """The four IDX files of the real MNIST."""
    return _outside("data/mnist", "DMDREPRO_TEST_MNIST")


@pytest.fixture
def files(monkeypatch) -> dict[str, bytes]:
    """Four tiny files that stand for MNIST."""
    import small_mnist

    return small_mnist.instead(monkeypatch)


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The folder of the test's own in which networks of others are kept once they are converted."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "dmdrepro" / "pretrained"


@pytest.fixture(scope="session", autouse=True)
def _references_without_a_gpu():
    """The interpreter is for tests/kernels alone, which choose for themselves.

    With a GPU nothing is chosen here: CUDA tensors run Triton, CPU tensors the references.
    """
    from dmdrepro import kernels

    with contextlib.nullcontext() if torch.cuda.is_available() else kernels.use("reference"):
        yield


@pytest.fixture
def backend(request, monkeypatch):
    """Of tests/kernels: the implementation that runs.

    New memory holds NaN, or the largest integer: what a kernel forgets to write is seen. torch does
    this itself: a patch of torch.empty would stay in what torch remembers of its functions.
    """
    from dmdrepro import kernels

    modes = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        with kernels.use(request.param):
            yield request.param
    finally:
        torch.use_deterministic_algorithms(modes[0], warn_only=modes[1])


@pytest.fixture
def gpu(monkeypatch):
    """The first GPU, chosen as the commands choose it; what that sets for the process is undone."""
    if not torch.cuda.is_available():
        pytest.skip("no CUDA GPU")
    from dmdrepro.training.device import select_device

    for owner, name in (
        (torch.utils.deterministic, "fill_uninitialized_memory"),
        (torch.backends.cudnn, "deterministic"),
        (torch.backends.cudnn, "allow_tf32"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    deterministic = torch.are_deterministic_algorithms_enabled()
    precision = torch.get_float32_matmul_precision()
    yield select_device("0")
    torch.use_deterministic_algorithms(deterministic)
    torch.set_float32_matmul_precision(precision)


@pytest.fixture
def heeding():
    """Whatever the tests were started by: under nohup or in the background they ignore signals."""
    from dmdrepro.cli.signals import STOPS

    before = {number: signal.getsignal(number) for number in STOPS}
    for number in STOPS:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def stopped(heeding, monkeypatch):
    """Runs a command that gets a signal just before the `nth` call of a function.

    `target`: MODULE:NAME, of a class's method MODULE:CLASS.NAME. Returns what it printed.
    """
    from command import command

    def run(target: str, nth: int, number: signal.Signals, *arguments: object) -> str:
        module, _, dotted = target.partition(":")
        *path, name = dotted.split(".")
        owner = functools.reduce(getattr, path, importlib.import_module(module))
        function, calls = getattr(owner, name), []

        def signalled(*positional, **options):
            calls.append(name)
            if len(calls) == nth:
                signal.raise_signal(number)
            return function(*positional, **options)

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, signalled)
            return command(*arguments, code=128 + number)

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    """Runs with one uninterrupted run of everything on the chessboard, not to be changed."""
    from command import SMOKE, command

    runs = tmp_path_factory.mktemp("finished")
    command("all", "chessboard", *SMOKE, "--runs", runs, rendered=True)
    return runs


@pytest.fixture
def runs(finished, tmp_path) -> Path:
    """A copy of the finished runs, to be changed."""
    return shutil.copytree(finished, tmp_path / "runs")


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """The results of fake runs of every experiment, not to be changed: for the figures' tests."""
    from fake_runs import ALL, made

    return made(tmp_path_factory.mktemp("whole"), *ALL)


@pytest.fixture
def two_runs(tmp_path) -> Path:
    """`page_runs.write_runs`, to be changed: for the tests of the page."""
    from page_runs import write_runs

    return write_runs(tmp_path)
