"""Ctrl-C and SIGTERM end a solver that computes in one call for many seconds."""

import os
import signal
import threading
import time

import numpy as np
import pytest
import torch
from command import normal, saved
from processes import begin, ended

from dmdrepro.metrics.costs import Costs
from dmdrepro.metrics.interruptible import interruptible
from dmdrepro.metrics.solvers import SOLVERS, lapx_installed

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
    [("scipy", signal.SIGINT, 130), ("scipy", signal.SIGTERM, 143), ("lapx", signal.SIGINT, 130)],
)
def test_a_signal_ends_a_solver_inside_its_call(tmp_path, solver, number, code):
    if solver == "lapx" and not lapx_installed():
        pytest.skip("lapx is not installed (optional)")
    pair = saved(tmp_path, a=normal(0, 10, 2), b=normal(1, 10, 2))
    script = SCRIPT + ENDLESS[solver] + "main()\n"
    process = begin("-c", script, "compare", *pair, "--solver", solver)
    next(line for line in process.stdout if line.startswith("solving"))
    process.send_signal(number)
    printed = ended(process, code)
    assert printed.startswith("Stopped. ")
    assert "taking apart" not in printed  # for seconds, with the solver's thread beside it


@pytest.mark.parametrize("solver", ["scipy", "lapx"])
def test_the_solvers_give_up_the_lock(solver):
    """Or no signal would be seen before they end."""
    if solver == "lapx" and not lapx_installed():
        pytest.skip("lapx is not installed (optional)")
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
