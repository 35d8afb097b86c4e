"""A training step as a run would execute it, beside the plain loop; and what `all` would take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import torch

from dmdrepro import kernels
from dmdrepro.bench.doctor.scope import Row, Scope, row
from dmdrepro.bench.step import Runner, ways
from dmdrepro.bench.timing import medians
from dmdrepro.experiments import Experiment
from dmdrepro.experiments.estimate import estimate
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.training.device import peak_gib
from dmdrepro.training.engine import AUTO, Engine
from dmdrepro.training.recorded import WARM_UP
from dmdrepro.training.session import Session
from dmdrepro.training.trial import seconds, teacher_work

STUDENT, TEACHER = "one iteration of a distillation", "one step of a teacher"
TIME, WAYS = "time of `all`", "ways of one mnist iteration"
REPLAYS = 4  # blocks at a time; on a CPU one
TURNS = 5  # in each of which ours and the plain loop are timed


def student_of(name: str) -> Callable[[Scope], Iterator[Row]]:
    """The check of one experiment's iteration."""

    def check(scope: Scope) -> Iterator[Row]:
        for experiment in scope.experiments():
            if experiment.name == name:
                yield _student(experiment, scope)

    return check


def the_other_students(scope: Scope) -> Iterator[Row]:
    """The same of every experiment that has no row yet."""
    for experiment in scope.experiments():
        if not scope.found(STUDENT, experiment.name) and scope.left() > 0:
            yield _student(experiment, scope)


def _student(experiment: Experiment, scope: Scope) -> Row:
    device = scope.device
    session = Session(device=device, engine=Engine.parse(AUTO).on(device), say=lambda words: None)
    begin_peak(device)
    ours = Runner(experiment, device, session.prepare)
    first_s = ours.first_seconds() if device.type == "cuda" else 5 * ours.seconds(1)
    peak = peak_gib(device)  # before the plain loop's networks are there too
    plain = Runner(experiment, device, None)
    plain.seconds(1)
    ours_s, plain_s = in_turns(ours, plain, device, scope)
    executed = session.execution()
    return row(
        STUDENT,
        experiment.name,
        None if session.why_not else True,
        session.why_not and f"without CUDA graphs: {session.why_not}",
        asked=AUTO,
        executed=executed["engine"],
        record="equal" if session.executed.graphs else "none",
        first_s=first_s,
        iteration_ms=1e3 * ours_s,
        plain_ms=1e3 * plain_s,
        times_plain=plain_s / ours_s,
        peak_gib=peak,
        threads=torch.get_num_threads(),
    )


def in_turns(
    ours: Runner, plain: Runner, device: torch.device, scope: Scope
) -> tuple[float, float]:
    """Seconds of an iteration of both: the medians of turns, as many as there is time for."""
    blocks = REPLAYS if device.type == "cuda" else 1
    pairs, lasted = [], 0.0
    while not pairs or (len(pairs) < TURNS and scope.left() > lasted):
        begin = time.time()
        pairs.append((ours.seconds(blocks), plain.seconds(blocks)))
        lasted = time.time() - begin
    return medians(pairs)


def teachers(scope: Scope) -> Iterator[Row]:
    """A step of the longest and of the quickest teacher, at their own batch."""
    device = scope.device
    for experiment in scope.experiments():
        if experiment.name in ("mnist", "chessboard"):
            yield _teacher(experiment, device, scope)


def _teacher(experiment: Experiment, device: torch.device, scope: Scope) -> Row:
    session = Session(device=device, engine=Engine.parse(AUTO).on(device), say=lambda words: None)
    begin_peak(device)
    step, inputs, _ = teacher_work(experiment, device)
    step = session.prepare(step)
    first_s = seconds(step, inputs, device, WARM_UP + 1 if device.type == "cuda" else 1)
    times = [seconds(step, inputs, device)]
    while len(times) < 20 and scope.left() > times[-1]:
        times.append(seconds(step, inputs, device))
    return row(
        TEACHER,
        f"{experiment.name}, batch {experiment.teacher.batch}",
        None if session.why_not else True,
        session.why_not and f"without CUDA graphs: {session.why_not}",
        executed=session.execution()["engine"],
        first_s=first_s,
        step_ms=1e3 * sorted(times)[len(times) // 2],
        peak_gib=peak_gib(device),
        threads=torch.get_num_threads(),
    )


def teacher_ms(scope: Scope, name: str) -> float | None:
    """Of a step, if it was timed."""
    rows = (row for row in scope.rows if row["part"] == TEACHER)
    return next((row["step_ms"] for row in rows if str(row["what"]).startswith(f"{name},")), None)


def way_of(name: str) -> Callable[[Scope], Iterator[Row]]:
    """One way of executing MNIST's iteration; a check of its own, since a compiler may hang."""

    def check(scope: Scope) -> Iterator[Row]:
        yield from _way(name, name, scope)

    return check


def without(what: str) -> Callable[[Scope], Iterator[Row]]:
    """The way that `auto` begins with, without one of the things that should make it fast.

    Nondeterministic algorithms are a diagnosis: no run uses them.
    """

    def check(scope: Scope) -> Iterator[Row]:
        device = scope.device
        usual = "graphs+channels-last" if device.type == "cuda" else "eager"
        with WITHOUT[what]():
            yield from _way(usual, f"{usual}, without {what}", scope)

    return check


@contextmanager
def _any_order() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)


WITHOUT = {
    "copies": partial(mock.patch.object, EDMDenoiser, "rounded_layers", lambda denoiser: {}),
    "kernels": partial(kernels.use, "reference"),
    "determinism": _any_order,
}


def _way(name: str, shown: str, scope: Scope) -> Iterator[Row]:
    device = scope.device
    for experiment in scope.experiments():
        chosen = ways(experiment, device).get(name)
        if experiment.name != "mnist" or chosen is None:
            continue
        begin_peak(device)
        ours = Runner(chosen[0], device, chosen[1].prepare)
        first_s = ours.first_seconds() if device.type == "cuda" else 5 * ours.seconds(1)
        peak = peak_gib(device)
        plain = Runner(experiment, device, None)
        ours_s, plain_s = in_turns(ours, plain, device, scope)
        figures = {"iteration_ms": 1e3 * ours_s, "plain_ms": 1e3 * plain_s}
        figures |= {"times_plain": plain_s / ours_s, "peak_gib": peak}
        yield row(WAYS, shown, first_s=first_s, **figures)


def forecast(scope: Scope) -> Iterator[Row]:
    """What each experiment would take: the dry run's model, and the same with what was measured.

    An experiment that was not timed counts with the iteration of mnist or chessboard, its like.
    """
    gpu, model_of_all, measured_of_all = scope.device.type == "cuda", 0.0, 0.0
    for experiment in scope.experiments():
        like = "mnist" if experiment.images else "chessboard"
        own = scope.found(STUDENT, experiment.name).get("iteration_ms")
        iteration = own or scope.found(STUDENT, like).get("iteration_ms")
        step, students = teacher_ms(scope, like), len(experiment.teacher.snapshots)
        model = {s: estimate(experiment, s, gpu=gpu).seconds for s in ("teacher", "distill")}
        rest = sum(estimate(experiment, s, gpu=gpu).seconds for s in ("sample", "evaluate"))
        model_s = model["teacher"] + students * (model["distill"] + rest)
        if iteration is None or step is None:
            measured_of_all = math.nan
            yield row(TIME, experiment.name, None, "no iteration was timed", model_s=model_s)
            continue
        trained = step * experiment.teacher.snapshots[-1]
        distilled = students * iteration * experiment.distill.iterations
        measured_s = (trained + distilled) / 1e3 + students * rest
        ok, why = (True, "") if own else (None, f"not timed itself: as {like}")
        yield row(TIME, experiment.name, ok, why, **_compared(model_s, measured_s))
        model_of_all, measured_of_all = model_of_all + model_s, measured_of_all + measured_s
    if measured_of_all > 0:
        yield row(TIME, "all, one after the other", **_compared(model_of_all, measured_of_all))


def _compared(model_s: float, measured_s: float) -> dict[str, float]:
    ratio = measured_s / model_s
    return {"model_s": model_s, "measured_s": measured_s, "measured_over_model": ratio}


def begin_peak(device: torch.device) -> None:
    """Forget the memory that was used before."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
