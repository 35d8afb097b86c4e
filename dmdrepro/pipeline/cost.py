"""What is left of a plan, and what it costs: the dry run's numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dmdrepro.experiments.estimate import CPU, GPU, Estimate, estimate
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.request import has_gpu
from dmdrepro.pipeline.task import State, Task

LONG_S = 48 * 3600.0  # from where on a plan's time is said in days, with a warning
KNOWN_FROM = 0.02  # of a plan's work, from where on its speed is known


@dataclass
class PlanCost:
    """Each task with its state and whole cost; the sums of what is left to do."""

    gpu: bool
    rows: list[tuple[Task, State, Estimate]] = field(default_factory=list)
    seconds: float = 0.0
    disk: float = 0.0  # bytes that stay
    memory: float = 0.0  # bytes, at most at a time
    states: float = 0.0  # bytes of saved states while a stage is made, at most

    @property
    def measured(self) -> bool:
        """Whether the seconds are fitted to published runs; else they are a model's."""
        return (GPU if self.gpu else CPU).measured

    @property
    def refused(self) -> list[str]:
        """Why tasks are refused, each in a sentence."""
        return [f"{t.stage} {t.words}: {s.reason}" for t, s, _ in self.rows if s.reason]


def cost_of(plan: Plan) -> PlanCost:
    """Looks at every stage's files."""
    total = PlanCost(has_gpu(plan.request.gpu))
    for task in plan.tasks:
        cost, state = estimate(task.run.experiment, task.stage, gpu=total.gpu), task.state()
        # A sound classifier stays: other seeds and experiments were measured by it.
        if plan.request.fresh and (task.stage != "classifier" or state.reason):
            state = State("to do (--fresh)", 1.0)
        if state.left:
            total.seconds += state.left * cost.seconds
            total.disk += cost.disk
            total.memory = max(total.memory, cost.memory)
            total.states = max(total.states, cost.states)
        total.rows.append((task, state, cost))
    return total


class Forecast:
    """How long the rest of a plan takes: its estimates, at the speed of the work so far."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        gpu = has_gpu(plan.request.gpu)
        stages = [(task, task.place()) for task in plan.tasks]
        self._plan, self._clock, self._start = plan, clock, clock()
        self._todo = [
            (task, stage, estimate(task.run.experiment, task.stage, gpu=gpu).seconds)
            for task, stage in stages
            if not stage.done
        ]
        self._worked = 0.0  # of the estimates, of tasks that are done
        self._first: dict[str, float] = {}  # the share that was done before

    def left(self, at_work: Mapping[str, tuple[float, float]]) -> float | None:
        """Seconds, None if the speed is not known yet.

        `at_work`: a stage's name -> its share that was done before, and now.
        """
        still, at_work, todo, worked = [], dict(at_work), 0.0, 0.0
        for task, stage, seconds in self._todo:
            if self._plan.leaves_out(task.run.experiment):
                continue
            first = self._first.get(stage.what, 0.0)
            if stage.done:
                self._worked += seconds * (1 - first)
                continue
            still.append((task, stage, seconds))
            if (shares := at_work.pop(stage.what, None)) is not None:
                self._first[stage.what], share = shares
                worked += seconds * (share - shares[0])
                seconds *= 1 - share
            todo += seconds
        self._todo = still
        worked += self._worked
        if worked < KNOWN_FROM * (worked + todo):
            return None
        return todo * (self._clock() - self._start) / worked


def time_words(seconds: float) -> str:
    """`45 s`, `12 min`, `3.0 h`, from 48 hours on `2.5 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds >= LONG_S:
        return f"{seconds / 86400:.1f} days"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def bytes_words(count: float) -> str:
    """`1.5 GB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.{0 if count >= 100 * size else 1}f} {unit}"
    return f"{count:.0f} B"
