"""The executor that makes chains in processes side by side, each chain a command of ours.

On a CPU several processes of few threads use the cores better than one of many. To start one costs
seconds, so it takes commands one after the other (cli/worker.py). A command is `all EXPERIMENT` or
`study NAME --arm ARM --seeds SEED` with hidden options that name the chain. It locks, saves, stops
and resumes as every command does. We say what it says, and show how far it is. Its errors are kept
until it ends: the last, `Error: ...`, is why its chain failed. Then its process ends too.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable

from dmdrepro.commands import VARIABLE, as_now, program
from dmdrepro.experiments.origin import ORIGINS
from dmdrepro.pipeline.chains import FIRST, LOOK_S, Chain, ChainFailed, Executor, Work, chains_of
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.ranks import this_rank
from dmdrepro.pipeline.task import STAGES
from dmdrepro.pipeline.words import chain_words
from dmdrepro.runs.errors import RunError

MOST = 4  # jobs without --jobs: each needs about a gigabyte
MUCH = 1 << 16  # bytes
# What a process tells: at the end of a command; of a student whose answer is known.
DONE, ANSWER = "done", "answer"
ERROR = "Error: "  # how a command's last line begins if it failed

KILLED = (
    "A process was killed from outside, perhaps for want of memory; what the others made is saved. "
    "Run the same command again, with fewer --jobs or GPUs if memory is short."
)
ENDED = (
    "A process ended by itself (exit status {}; what it said stands above); what the others made "
    "is saved. Run the same command again with --jobs 1, or on one GPU."
)
STOPPED_ALONE = (
    "A process was told to end from outside (`kill`, or a limit on its processor time); all have "
    "saved. Run the same command again."
)


def own_experiments(plan: Plan) -> list[str]:
    """The experiments that the user's own program registered: a process of ours lacks them.

    Those of a loaded file or package it loads itself.
    """
    return [
        e.name
        for e in plan.experiments
        if not type(e).__module__.startswith("dmdrepro.") and ("experiment", e.name) not in ORIGINS
    ]


def jobs_of(plan: Plan, device, threads: int) -> int:
    """How many processes: the number asked for, otherwise as many as the whole plan can use.

    Finished stages count too, so an interrupted command resumes with the same threads and gives the
    same bytes. A GPU has one process. A smoke run ends before processes would have started. A rank
    of torchrun starts none: they would take themselves for ranks.
    """
    if own_experiments(plan) or this_rank() is not None:
        return 1
    chains = chains_of(plan)
    first = sum(chain.tasks[0].stage in FIRST for chain in chains)
    most = max(1, first, len(chains) - first)
    if plan.request.jobs is not None:
        return min(plan.request.jobs, most)
    if device.type != "cpu" or plan.size == "smoke" or plan.stages != STAGES:
        return 1
    return min(MOST, threads, most)


class Process(Work):
    """A process and the chain that it makes.

    It saves and ends when the lifeline is closed, also by our own death. `idle`: where it waits for
    the next chain.
    """

    ended_words = ENDED

    def __init__(self, context, complain: Callable[[str], None], idle: list[Process]) -> None:
        self.context, self.session = context, context.session
        self.complain, self.idle = complain, idle
        self.lifeline, theirs = socket.socketpair()  # closed, it asks for a stop
        try:
            self.errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
            options = self._command(theirs.fileno())
            self.process = subprocess.Popen(
                **options, bufsize=0, stdout=subprocess.PIPE, stderr=self.errors
            )
        except BaseException:
            self.lifeline.close()
            raise
        finally:
            theirs.close()
        self.lifeline.setblocking(False)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.row = self.session.progress.beside()
        self._words, self._news = b"", b""  # the begun line of its output, and of its progress

    def _command(self, lifeline: int) -> dict[str, object]:
        """What starts it, as Popen takes it."""
        return {
            "args": [*as_now(), "worker", f"--lifeline={lifeline}"],
            "env": {**os.environ, VARIABLE: program()},
            "stdin": subprocess.PIPE,
            "pass_fds": [lifeline],
        }

    def begin(self, chain: Chain, words: list[str], *, last: bool) -> None:
        """Let it make a chain, whose command is `words`; `last`: and no other."""
        self.chain, self._done = chain, False
        self.errors.seek(0)
        self.errors.truncate()
        self.row.begin(chain.tasks[0].place().what)
        if self.process.stdin is None:  # it knows
            return
        with contextlib.suppress(BrokenPipeError):  # it was killed just now: `ended` says so
            self.process.stdin.write(json.dumps(words).encode() + b"\n")
            if last:
                self.process.stdin.close()

    def stop(self) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.lifeline.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.row.end()

    def leave(self) -> None:
        """End it, which waits for a chain."""
        self.process.communicate()
        self.lifeline.close()

    def ended(self) -> bool:
        status = self.process.poll()
        self._listen()
        if self._done and not self.process.stdin.closed:
            self.row.end()
            self.idle.append(self)
            return True
        if status is None:
            return False
        self.row.end()
        self.lifeline.close()
        self.process.stdout.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        if self._words:
            self.session.say(self._words.decode(errors="replace"))
        if status == 0:
            return True
        self.errors.seek(0)
        lines = self.errors.read().splitlines() or [""]
        # torchrun's own follow it.
        first = next((n for n, line in enumerate(lines) if line.startswith(ERROR)), len(lines) - 1)
        above, last = lines[:first], lines[first]
        failed = status == 1 and last.startswith(ERROR)
        if not failed and self._all_stop(status):
            return True
        if status < 0 or status > 128:
            raise RunError(KILLED if status < 0 else STOPPED_ALONE)
        for line in above if failed else [*above, last]:
            self.complain(line)
        if not failed:
            raise RunError(self.ended_words.format(status))
        left = (task for task in self.chain.tasks if task.state().words != "done")
        raise ChainFailed(next(left, self.chain.tasks[-1]), RunError(last.removeprefix(ERROR)))

    def _listen(self) -> None:
        """Say what it says, and show how far it is."""
        self._news += _there(lambda: self.lifeline.recv(MUCH))
        *lines, self._news = self._news.split(b"\n")
        for line in lines:
            what, *values = json.loads(line)
            if what == DONE:
                self._done = True
            elif what == ANSWER:
                self.context.answered(self.chain.tasks[0].run, *values)
            else:  # begin, update or note
                getattr(self.row, what)(*values)
        self._words += _there(lambda: os.read(self.process.stdout.fileno(), MUCH))
        *lines, self._words = self._words.split(b"\n")
        for line in lines:
            self.session.say(line.decode(errors="replace"))

    def _all_stop(self, status: int) -> bool:
        """Whether the whole command is to stop; a signal may have been sent to all."""
        if not self.session.stop_requested:
            if status == 128 + signal.SIGPIPE:
                self.session.say("")  # nobody reads our own words either: that stops us
            time.sleep(2 * LOOK_S)
        return self.session.stop_requested


def _there(read: Callable[[], bytes]) -> bytes:
    """All that can be read at once."""
    found = b""
    with contextlib.suppress(BlockingIOError, ConnectionError):
        while part := read():
            found += part
    return found


class Processes(Executor):
    """Has up to `places` processes, which share `threads`."""

    def __init__(
        self, plan: Plan, context, places: int, threads: int, complain: Callable[[str], None]
    ) -> None:
        self.places, self.threads = places, max(1, threads // places)
        self._plan, self._context, self._complain = plan, context, complain
        self._session = context.session
        self._idle: list[Process] = []

    def start(self, chain: Chain) -> Process:
        self._session.in_loop = True  # a first signal asks for a stop
        words = self._words(chain)
        process = self._process(chain, words)
        # What a chain leaves on a GPU, its memory or a broken record, could spoil the next.
        process.begin(chain, words, last=self.device(chain) != "cpu")
        return process

    def _process(self, chain: Chain, words: list[str]) -> Process:
        """One that waits, or a new one."""
        self._idle[:] = [process for process in self._idle if process.process.poll() is None]
        return (
            self._idle.pop() if self._idle else Process(self._context, self._complain, self._idle)
        )

    def close(self) -> None:
        for process in self._idle:
            process.leave()

    def device(self, chain: Chain) -> str:
        """The device that the chain is made on, as `--gpu` takes it."""
        device = self._session.device
        return "cpu" if device.type == "cpu" else str(device.index)

    def ranks(self, chain: Chain) -> int:
        """How many processes make the chain together."""
        return 1

    def _words(self, chain: Chain) -> list[str]:
        """The command that makes the chain, in each of its ranks."""
        options = {"gpu": self.device(chain), "sharers": self.places, "gpus-per-run": None}
        return chain_words(
            self._plan, chain, threads=max(1, self.threads // self.ranks(chain)), **options
        )
