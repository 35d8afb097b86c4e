"""Distillations side by side in processes, as `all` runs them on a CPU, against the plain loop."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier

import torch

from dmdrepro.bench.kernels import Row
from dmdrepro.bench.step import PLAIN, Runner
from dmdrepro.bench.timing import medians
from dmdrepro.checkout import importable
from dmdrepro.experiments import build
from dmdrepro.training.engine import Engine

MOST = 4  # processes, as `all` starts without --jobs
WARM_UP, BLOCKS, TURNS = 2, 4, 7


def side_by_side_rows(device: torch.device, *, quick: bool) -> Iterator[Row]:
    """Of a toy and of MNIST: an iteration where every thread has a distillation of its own.

    Seconds an iteration: those of the slowest process over the number of processes. The plain loop
    has all threads, and in its turns the processes wait. Nothing on a GPU or one thread, and
    nothing if it has to be quick.
    """
    jobs = min(MOST, torch.get_num_threads())
    if quick or device.type != "cpu" or jobs < 2:
        return
    for name in ("chessboard", "mnist"):
        yield side_by_side_row(name, "laptop", jobs)


def side_by_side_row(
    name: str, size: str, jobs: int, blocks: int = BLOCKS, turns: int = TURNS
) -> Row:
    """One experiment's row; medians over the turns, in each of which both are timed."""
    threads = max(1, torch.get_num_threads() // jobs)
    context = multiprocessing.get_context("spawn")
    plain = Runner(build(name, size), torch.device("cpu"), None)
    plain.seconds(1)
    arguments = (name, size, threads, context.Barrier(jobs))
    with importable(), ProcessPoolExecutor(jobs, context, _begin, arguments) as pool:

        def ours(blocks: int) -> float:
            return max(pool.map(_seconds, [blocks] * jobs)) / jobs

        ours(WARM_UP)
        pairs = [(ours(blocks), plain.seconds(blocks)) for _ in range(turns)]
    ours_s, plain_s = medians(pairs)
    words = f"{jobs} side by side, threads each: {threads}"
    return f"distillation iteration, {name}, size {size}: {words}", ours_s, PLAIN, plain_s


_own: list = []  # of a process: its Runner and what it waits at


def _begin(name: str, size: str, threads: int, together: Barrier) -> None:
    torch.set_num_threads(threads)
    _own.extend([Runner(build(name, size), torch.device("cpu"), Engine().prepare), together])


def _seconds(blocks: int) -> float:
    """Of an iteration, while the others do the same: no process takes a second turn meanwhile."""
    runner, together = _own
    together.wait(timeout=600)
    return runner.seconds(blocks)
