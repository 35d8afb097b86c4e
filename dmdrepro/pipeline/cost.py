"""What is left of a plan, and what it costs: the dry run's numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from dmdrepro.experiments.estimate import CPU, GPU, Estimate, estimate
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import State, Task


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
    gpu = plan.request.gpu
    total = PlanCost(gpu != "cpu" and (gpu is not None or _gpu_here()))
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


def _gpu_here() -> bool:
    import torch

    return torch.cuda.is_available()


def time_words(seconds: float) -> str:
    """`45 s`, `12 min`, `3.0 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def bytes_words(count: float) -> str:
    """`1.5 GB`."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.{0 if count >= 100 * size else 1}f} {unit}"
    return f"{count:.0f} B"
