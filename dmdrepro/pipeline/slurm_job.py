"""What runs inside a job of Slurm: one command of ours, which is told to save before the end."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

from dmdrepro.checkout import ROOT

LOOK_S = 0.2
STOPPED = {128 + number for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)}
GRACE_S = 20  # until submitit hears of the signal that stopped the command


class JobFailed(Exception):
    """The command did not end well; its log says why."""


class Command:
    """Called by submitit in the job; `checkpoint` is, at a time-out or a preemption."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self._process: subprocess.Popen | None = None

    def __call__(self) -> None:
        sys.stdout.flush()
        self._process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, env=_environment())
        while (status := self._process.poll()) is None:
            time.sleep(LOOK_S)
        if status in STOPPED:  # the same signal reaches this process too, and requeues the job
            time.sleep(GRACE_S)
        if status:
            raise JobFailed(f"exit status {status}")

    def checkpoint(self, *_: object) -> object:
        """Let the command save, and run it again when Slurm starts the job again."""
        from submitit.helpers import DelayedSubmission

        if self._process is not None:
            with suppress(ProcessLookupError, ChildProcessError):
                self._process.send_signal(signal.SIGUSR2)
                # Not `wait`: the signal may have come while `poll` holds its lock.
                os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        return DelayedSubmission(Command(self.words))


def _environment() -> dict[str, str]:
    """The environment without the path by which submitit found this module."""
    env = dict(os.environ)
    paths = env.pop("PYTHONPATH", "").split(os.pathsep)
    if kept := [path for path in paths if path and path != str(ROOT)]:
        env["PYTHONPATH"] = os.pathsep.join(kept)
    return env
