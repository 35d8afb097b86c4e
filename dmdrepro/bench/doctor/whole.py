"""Whole commands: the smallest one from data to page, an exact optimum, and MNIST's students."""

import subprocess
import time
from collections.abc import Iterator

import torch

from dmdrepro.bench.doctor.scope import Row, Scope, row
from dmdrepro.commands import as_now
from dmdrepro.data.mnist_files import find_mnist
from dmdrepro.experiments import build
from dmdrepro.experiments.estimate import estimate

SMOKE, OPTIMUM, MNIST = "the whole program, smallest size", "exact optimum", "mnist, shortened"
LACKING = 3  # the exit status of a command whose MNIST could not be had
SNAPSHOT = 1024  # iterations of the teacher, the shortest of the paper's
FEWEST = 200  # iterations of a distillation that say anything


def smoke(scope: Scope) -> Iterator[Row]:
    """`all chessboard mnist --size smoke`, without mnist if it is not there."""
    words = ["all", "chessboard", *["mnist"] * find_mnist(scope.data).found]
    began = time.time()
    # On a GPU long enough for a graph to be recorded.
    longer = ["--set", "distill.iterations=40"] if scope.device.type == "cuda" else []
    judged = _command(scope, *words, "--size", "smoke", *longer)
    yield row(SMOKE, " ".join(words), *judged, took_s=time.time() - began)


def _command(scope: Scope, *words: str) -> tuple[bool | None, str]:
    """`ok` and `why` of a command of ours."""
    device = scope.device
    gpu = "cpu" if device.type == "cpu" else str(device.index)
    options = ["--gpu", gpu, "--offline", "--fresh", "--runs", str(scope.out / "runs")]
    options += ["--data", str(scope.data)] if scope.data else []
    # Not the limit itself: it has to save, and we have to say so.
    try:
        done = subprocess.run([*as_now(), *words, *options], capture_output=True, text=True,
                              timeout=max(1.0, scope.left() - 3), check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, "not done in time"
    *_, said = ["", *done.stdout.splitlines(), *done.stderr.splitlines()]
    if done.returncode not in (0, LACKING):
        return False, f"exit status {done.returncode}: {said.strip()}"
    return (None, said.strip()) if done.returncode else (True, "")


def optima(scope: Scope) -> Iterator[Row]:
    """Certified optima of independent normal samples in R^4, by size; on a GPU all rows at once."""
    from dmdrepro.metrics.assignment import sqdist_matrix
    from dmdrepro.metrics.auction import auction
    from dmdrepro.metrics.certificate import certify

    device = scope.device
    gpu = device.type == "cuda"
    for n in (3000, 10_000, 20_000) if gpu else (1000, 3000):
        draw = torch.Generator().manual_seed(0)
        x, y = torch.randn((2, n, 4), generator=draw).to(device)
        begin = time.perf_counter()
        cost = sqdist_matrix(x, y)
        columns = auction(cost, at_once=gpu)
        solved = time.perf_counter()
        try:
            gap = certify(cost, columns.to(device), "auction").gap
        except ValueError as error:
            yield row(OPTIMUM, f"N = {n:,}", False, str(error), took_s=solved - begin)
            continue
        yield row(OPTIMUM, f"N = {n:,}", took_s=solved - begin, gap=gap,
                  certificate_s=time.perf_counter() - solved)  # fmt: skip
        if scope.left() < 10 * (time.perf_counter() - begin):
            return


def students(scope: Scope) -> Iterator[Row]:
    """`all mnist` with one short teacher and as many iterations as there is time for."""
    experiment, ms = scope.experiment("mnist"), scope.measured().ms.get("mnist", {})
    if not find_mnist(scope.data).found:
        yield row(MNIST, "student", None, "MNIST is not there")
        return
    if experiment is None or len(ms) < 2:
        yield row(MNIST, "student", None, "no step of it was timed")
        return
    settings = {"teacher.snapshots": str(SNAPSHOT)}
    short = build("mnist", experiment.size, overrides=settings)
    gpu = scope.device.type == "cuda"
    rest = sum(estimate(short, s, gpu=gpu).seconds for s in ("classifier", "sample", "evaluate"))
    left = scope.left() - 20 - 1.5 * rest - SNAPSHOT * ms["teacher"] / 1e3
    iterations = int(left / (1.1 * ms["distill"] / 1e3))
    if iterations < FEWEST:
        yield row(MNIST, "student", None, f"no time for {FEWEST} iterations and all they need")
        return
    iterations = min(iterations, short.distill.iterations)
    settings["distill.iterations"] = str(iterations)
    began = time.time()
    words = [word for pair in settings.items() for word in ("--set", "=".join(pair))]
    what = f"teacher {SNAPSHOT:,}, student {iterations:,} iterations"
    judged = _command(scope, "all", "mnist", "--size", experiment.size, *words)
    yield row(MNIST, what, *judged, took_s=time.time() - began, folder=str(scope.out / "runs"))
