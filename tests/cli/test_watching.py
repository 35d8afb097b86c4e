"""A long optimum says how far it is and stops when asked to, even in a solver's one long call."""

import os
import shutil
import signal
import threading
import time

import numpy as np
import pytest
import torch
from command import SMOKE, command, normal, saved
from processes import begin, chessboard, ended

from dmdrepro.cli.progress import Row
from dmdrepro.metrics import pairing_inefficiency, pairing_of_sets, sample_quality
from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.interruptible import interruptible
from dmdrepro.metrics.solvers import SOLVERS, lapx_installed
from dmdrepro.runs.errors import Stopped

NO_LAPX = pytest.mark.skipif(not lapx_installed(), reason="lapx is not installed (optional)")


def test_the_auction_tells_phase_rows_and_bids_and_the_share_grows():
    told = []
    pairing_inefficiency(normal(0, 700, 3), normal(1, 700, 3), "auction", watch=told.append)
    auction = [news for news in told if news.what.startswith("auction, phase")]
    assert "of about 9, " in auction[0].what
    assert "% of the points paired" in auction[0].what
    assert "bids" in auction[0].what
    shares = [news.share for news in auction if news.share is not None]
    assert 0 < max(shares) <= 1
    assert any("distances" in news.what for news in told)
    assert any("proof" in news.what for news in told)


@pytest.mark.parametrize(
    "measure",
    [
        lambda x, y, watch: pairing_inefficiency(x, y, "auction", watch=watch),
        lambda x, y, watch: sample_quality({"x": x}, [(y, x[::-1].copy())], watch),
        lambda x, y, watch: pairing_of_sets(x, y, 100, 5, watch=watch),
    ],
)
@pytest.mark.parametrize("at", [1, 5])
def test_whoever_watches_can_stop_it(measure, at):
    calls = []

    def watch(news):
        calls.append(news)
        if len(calls) == at:
            raise Stopped("stopped")

    with pytest.raises(Stopped):
        measure(normal(0, 500, 3), normal(1, 500, 3), watch)
    assert len(calls) == at


@pytest.mark.usefixtures("heeding")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_pairs_that_are_interrupted_say_that_nothing_is_kept(tmp_path, monkeypatch, number, code):
    files, told = saved(tmp_path, a=normal(0, 200, 3), b=normal(1, 200, 3)), []

    def interrupt(self, words, share=None):
        told.append(words)
        if "phase" in words or len(told) > 20:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Row, "note", interrupt)
    printed = command("compare", *files, "--solver", "auction", code=code)
    last = printed.splitlines()[-1]
    assert last.startswith("Stopped. Run the same command again. It starts anew")
    assert "go on from there" not in printed


def test_a_stop_request_ends_the_stage_evaluate_within_an_optimum(runs, monkeypatch, stopped):
    shutil.rmtree(chessboard(runs) / "evaluate-60")
    monkeypatch.setattr("dmdrepro.metrics.assignment.certify", lambda *_: pytest.fail("ran on"))
    words = ("evaluate", "chessboard", *SMOKE, "--runs", runs)
    printed = stopped("dmdrepro.metrics.costs:Costs.blocks", 1, signal.SIGINT, *words)
    assert "it starts again from the samples" in printed


ENDLESS = {
    "scipy": "solvers.linear_sum_assignment = endless\n",
    "lapx": "import lap\nlap.lapjvh = endless\n",
}
# A call into compiled code that gives up the lock, as the solvers' do, for longer than any test.
SCRIPT = """
import atexit, sys, time
atexit.register(print, 'taking apart', flush=True)
from dmdrepro.cli import main
from dmdrepro.metrics import solvers
def endless(*arguments, **options):
    print('solving', flush=True)
    time.sleep(3600)
"""


@pytest.mark.parametrize(
    ("solver", "number", "code"),
    [
        ("scipy", signal.SIGINT, 130),
        ("scipy", signal.SIGTERM, 143),
        pytest.param("lapx", signal.SIGINT, 130, marks=NO_LAPX),
    ],
)
def test_a_signal_ends_a_solver_inside_its_call(tmp_path, solver, number, code):
    pair = saved(tmp_path, a=normal(0, 10, 2), b=normal(1, 10, 2))
    script = SCRIPT + ENDLESS[solver] + "main()\n"
    process = begin("-c", script, "compare", *pair, "--solver", solver)
    next(line for line in process.stdout if line.startswith("solving"))
    process.send_signal(number)
    printed = ended(process, code)
    assert printed.startswith("Stopped. ")
    assert "taking apart" not in printed  # for seconds, with the solver's thread beside it


@pytest.mark.parametrize("solver", ["scipy", pytest.param("lapx", marks=NO_LAPX)])
def test_the_solvers_give_up_the_lock(solver):
    """Or no signal would be seen before they end."""
    rng = np.random.default_rng(0)
    x, y = rng.random((1000, 1)), rng.random((1, 1000))  # on a line they take their time
    costs = Costs(torch.from_numpy((x - y) ** 2))

    def longest_wait() -> float:
        """As a share of the solver's time."""
        thread = threading.Thread(target=SOLVERS[solver], args=(costs,))
        times = [time.monotonic()]
        thread.start()
        while thread.is_alive():
            times.append(time.monotonic())
            time.sleep(0.002)
        times.append(time.monotonic())
        return max(np.diff(times)) / (times[-1] - times[0])

    # Beside busy programs this process itself may have to wait, but not each time.
    assert any(longest_wait() < 0.5 for _ in range(10))


def test_results_and_errors_come_through():
    assert interruptible(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        interruptible(lambda: 1 // 0)


def test_outside_the_main_thread_it_is_called_as_it_is():
    found = []
    thread = threading.Thread(
        target=lambda: found.append(interruptible(threading.current_thread) is thread)
    )
    thread.start()
    thread.join()
    assert found == [True]


def test_what_a_handler_raises_is_raised_where_it_waits():
    def handle(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR2, handle)
    begun, end = threading.Event(), threading.Event()

    def work():
        begun.set()
        end.wait(30)

    def send():
        begun.wait()
        os.kill(os.getpid(), signal.SIGUSR2)

    try:
        threading.Thread(target=send, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            interruptible(work)
    finally:
        end.set()
        signal.signal(signal.SIGUSR2, before)
