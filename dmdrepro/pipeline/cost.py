"""What is left of a plan, and what it costs: the dry run's numbers."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dmdrepro.experiments.estimate import CPU, GPU, Estimate, estimate
from dmdrepro.pipeline.chains import chains_of
from dmdrepro.pipeline.devices import APART, free_device
from dmdrepro.pipeline.measured import Measured, recall
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.request import Request, has_gpu
from dmdrepro.pipeline.task import State, Task

LONG_S = 48 * 3600.0  # from where on a plan's time is said in days, with a warning
KNOWN_FROM = 0.02  # of a plan's work, from where on its speed is known


@dataclass
class PlanCost:
    """Each task with its state and whole cost; the sums of what is left to do."""

    gpu: bool
    devices: int = 1  # which trainings are made on side by side
    rows: list[tuple[Task, State, Estimate]] = field(default_factory=list)
    seconds: float = 0.0  # one stage after the other; on several devices side by side
    disk: float = 0.0  # bytes that stay
    memory: float = 0.0  # bytes, at most at a time
    states: float = 0.0  # bytes of saved states while a stage is made, at most
    doctors: Measured | None = None  # steps that are counted as `doctor` measured them

    @property
    def measured(self) -> bool:
        """Whether the seconds are fitted to published runs; else they are a model's."""
        return (GPU if self.gpu else CPU).measured

    @property
    def refused(self) -> list[str]:
        """Why tasks are refused, each in a sentence."""
        return [t.about(s.reason) for t, s, _ in self.rows if s.reason]


def _cost(task: Task, plan: Plan) -> Estimate:
    how, request = {"gpu": has_gpu(plan.request.gpu)}, plan.request
    if task.trains:
        how |= {"ranks": request.ranks, "checkpointed": "checkpointed" in request.engine}
    return estimate(task.run.experiment, task.stage, **how)


def cost_of(plan: Plan) -> PlanCost:
    """Looks at every stage's files."""
    request, left, known = plan.request, {}, None
    total = PlanCost(has_gpu(request.gpu), max(1, len(request.devices)))
    if (request.ranks, request.engine) == (1, Request.engine):
        known = recall(str([*request.gpus, 0][0]) if total.gpu else None, plan.size)
    for task in plan.tasks:
        modelled = cost = _cost(task, plan)
        state = task.state()
        if known is not None:
            cost = known.corrected(task.run.experiment, task.stage, cost)
            total.doctors = total.doctors if cost is modelled else known
        # A sound classifier stays: other seeds and experiments were measured by it.
        if plan.request.fresh and (task.stage != "classifier" or state.reason):
            state = State("to do (--fresh)", 1.0)
        if state.left:
            left[task] = state.left * cost.seconds
            total.disk += cost.disk
            total.memory = max(total.memory, cost.memory)
            total.states = max(total.states, cost.states)
        total.rows.append((task, state, cost))
    total.seconds = sum(left.values())
    if request.devices:
        total.seconds = side_by_side(plan, left, total.devices)
    return total


def side_by_side(plan: Plan, left: Mapping[Task, float], devices: int) -> float:
    """Seconds until all is made on so many devices, in the executor's order.

    `left`: the seconds of each task that is to be made.
    """
    waiting, held, ends, now = chains_of(plan, APART), {}, {}, 0.0
    while waiting or held:
        unmade = {chain.makes for chain in (*waiting, *held)}
        for chain in [chain for chain in waiting if chain.after.isdisjoint(unmade)]:
            if (device := free_device(chain, held, devices)) is not None:
                waiting.remove(chain)
                held[chain] = device
                ends[chain] = now + sum(left.get(task, 0.0) for task in chain.tasks)
        first = min(held, key=ends.__getitem__)
        now = ends[first]
        del held[first]
    return now


class Forecast:
    """How long the rest of a plan takes: its estimates, at the speed of the work so far."""

    def __init__(self, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        stages = [(task, task.place()) for task in plan.tasks]
        self._plan, self._clock, self._start = plan, clock, clock()
        self._todo = [
            (task, stage, _cost(task, plan).seconds) for task, stage in stages if not stage.done
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
        if worked <= KNOWN_FROM * (worked + todo):
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
