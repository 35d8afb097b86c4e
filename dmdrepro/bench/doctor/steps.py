"""A training step as a run would execute it, beside the plain loop; and what `all` would take."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import torch

from dmdrepro import kernels
from dmdrepro.bench.doctor.scope import Row, Scope, row
from dmdrepro.bench.step import Prepare, Runner, ways
from dmdrepro.bench.timing import medians
from dmdrepro.experiments import Experiment
from dmdrepro.experiments.estimate import estimate
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.pipeline.measured import STUDENT, TEACHER
from dmdrepro.pipeline.task import STAGES
from dmdrepro.training.device import peak_gib, seconds
from dmdrepro.training.engine import AUTO, Engine
from dmdrepro.training.recorded import WARM_UP
from dmdrepro.training.session import Session
from dmdrepro.training.trial import teacher_work

TIME, WAYS = "time of `all`", "ways of one mnist iteration"
REPLAYS = 4  # blocks at a time; on a CPU one
TURNS = 5  # in each of which ours and the plain loop are timed


def student_of(name: str, scope: Scope) -> Iterator[Row]:
    """One experiment's iteration."""
    if (experiment := scope.experiment(name)) is not None:
        yield _student(experiment, scope)


def the_other_students(scope: Scope) -> Iterator[Row]:
    """The same of every experiment that has no row yet."""
    for experiment in scope.experiments():
        if not scope.found(STUDENT, experiment.name) and scope.left() > 0:
            yield _student(experiment, scope)


def _student(experiment: Experiment, scope: Scope) -> Row:
    session = _session(scope.device)
    figures = _timed(experiment, experiment, session.prepare, scope)
    return row(
        STUDENT,
        experiment.name,
        *_graphs(session),
        asked=AUTO,
        executed=session.execution()["engine"],
        record="equal" if session.executed.graphs else "none",
        **figures,
        threads=torch.get_num_threads(),
    )


def _session(device: torch.device) -> Session:
    return Session(device=device, engine=Engine.parse(AUTO).on(device), say=lambda words: None)


def _graphs(session: Session) -> tuple[bool | None, str]:
    """A row's `ok` and `why`."""
    if session.why_not:
        return None, f"without CUDA graphs: {session.why_not}"
    return True, ""


def _timed(
    experiment: Experiment, usual: Experiment, prepare: Prepare, scope: Scope
) -> dict[str, float]:
    """An iteration of ours and the plain loop's of `usual`: medians of as many turns as fit."""
    device = scope.device
    gpu = device.type == "cuda"
    _begin_peak(device)
    ours = Runner(experiment, device, prepare)
    first_s = ours.first_seconds() if gpu else 5 * ours.seconds(1)
    peak = peak_gib(device)  # before the plain loop's networks are there too
    plain = Runner(usual, device, None)
    plain.seconds(1)
    blocks, pairs, lasted = REPLAYS if gpu else 1, [], 0.0
    while not pairs or (len(pairs) < TURNS and scope.left() > lasted):
        begin = time.time()
        pairs.append((ours.seconds(blocks), plain.seconds(blocks)))
        lasted = time.time() - begin
    ours_s, plain_s = medians(pairs)
    figures = {"first_s": first_s, "iteration_ms": 1e3 * ours_s, "plain_ms": 1e3 * plain_s}
    return figures | {"times_plain": plain_s / ours_s, "peak_gib": peak}


def teachers(scope: Scope) -> Iterator[Row]:
    """A step of the longest and of the quickest teacher, at their own batch."""
    for experiment in scope.experiments():
        if experiment.name in ("mnist", "chessboard"):
            yield _teacher(experiment, scope)


def _teacher(experiment: Experiment, scope: Scope) -> Row:
    device = scope.device
    session = _session(device)
    _begin_peak(device)
    step, inputs, _ = teacher_work(experiment, device)
    step = session.prepare(step)

    def made(steps: int = 1) -> float:
        return seconds(lambda: [step(next(inputs)) for _ in range(steps)], device)

    first_s = made(WARM_UP + 1 if device.type == "cuda" else 1)
    times = [made()]
    while len(times) < 20 and scope.left() > times[-1]:
        times.append(made())
    return row(
        TEACHER,
        f"{experiment.name}, batch {experiment.teacher.batch}",
        *_graphs(session),
        executed=session.execution()["engine"],
        first_s=first_s,
        step_ms=1e3 * statistics.median_high(times),
        peak_gib=peak_gib(device),
        threads=torch.get_num_threads(),
    )


def way_of(name: str, scope: Scope) -> Iterator[Row]:
    """One way of executing MNIST's iteration; a check of its own, since a compiler may hang."""
    yield from _way(name, name, scope)


def without(what: str, scope: Scope) -> Iterator[Row]:
    """The way that `auto` begins with, without one of the things that should make it fast.

    Nondeterministic algorithms are a diagnosis: no run uses them.
    """
    # The device is chosen before: that sets what is left out.
    usual = "graphs+channels-last" if scope.device.type == "cuda" else "eager"
    with WITHOUT[what]():
        yield from _way(usual, f"{usual}, without {what}", scope)


@contextmanager
def _any_order() -> Iterator[None]:
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.deterministic
    torch.use_deterministic_algorithms(False)
    torch.backends.cudnn.deterministic = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.deterministic = before[1]


WITHOUT = {
    "copies": partial(mock.patch.object, EDMDenoiser, "rounded_layers", lambda denoiser: {}),
    "kernels": partial(kernels.use, "reference"),
    "determinism": _any_order,
}


def _way(name: str, shown: str, scope: Scope) -> Iterator[Row]:
    if (usual := scope.experiment("mnist")) is None:
        return
    if (chosen := ways(usual, scope.device).get(name)) is not None:
        experiment, engine = chosen
        yield row(WAYS, shown, **_timed(experiment, usual, engine.prepare, scope))


def forecast(scope: Scope) -> Iterator[Row]:
    """What each experiment would take: the dry run's model, and the same with what was measured.

    An experiment that was not timed counts with the iteration of mnist or chessboard, its like.
    """
    known, experiments, every = scope.measured(), scope.experiments(), []
    for experiment in experiments:
        like = "mnist" if experiment.images else "chessboard"
        students = len(experiment.teacher.snapshots)
        model_s = measured_s = 0.0
        for stage in STAGES:
            count = 1 if stage == "teacher" else students
            cost = estimate(experiment, stage, gpu=scope.device.type == "cuda")
            model_s += count * cost.seconds
            measured_s += count * known.corrected(experiment, stage, cost).seconds
        own = "distill" in known.ms.get(experiment.name, {})
        timed = known.ms.get(like, {}).keys()
        if "teacher" not in timed or not (own or "distill" in timed):
            yield row(TIME, experiment.name, None, "no iteration was timed", model_s=model_s)
            continue
        ok, why = (True, "") if own else (None, f"not timed itself: as {like}")
        every.append((model_s, measured_s))
        yield row(TIME, experiment.name, ok, why, **_compared(model_s, measured_s))
    if every and len(every) == len(experiments):
        model_s, measured_s = map(sum, zip(*every, strict=True))
        yield row(TIME, "all, one after the other", **_compared(model_s, measured_s))


def _compared(model_s: float, measured_s: float) -> dict[str, float]:
    ratio = measured_s / model_s
    return {"model_s": model_s, "measured_s": measured_s, "measured_over_model": ratio}


def _begin_peak(device: torch.device) -> None:
    """Forget the memory that was used before."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
