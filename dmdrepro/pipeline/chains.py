"""A plan as chains, and the order in which an executor makes them.

A chain is made by one process: a teacher, a classifier, or a student with its samples and their
evaluation. Chains wait for the teacher and the classifier that they need, and for nothing else.
"""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.experiments import Experiment
from dmdrepro.pipeline.plan import Plan
from dmdrepro.pipeline.task import Task
from dmdrepro.runs.errors import Stopped

FIRST = ("classifier", "teacher")  # stages that others depend on
LOOK_S = 0.1  # between looks at chains that are being made


@dataclass(frozen=True, eq=False)
class Chain:
    """Tasks that are made one after the other."""

    tasks: tuple[Task, ...]
    after: frozenset[Path]  # folders of the stages that it needs
    makes: Path | None  # the folder of the stage that others need

    @property
    def experiment(self) -> Experiment:
        return self.tasks[0].run.experiment


class ChainFailed(Exception):
    """A task of a chain could not be made; those after it were not tried."""

    def __init__(self, task: Task, error: Exception) -> None:
        self.task, self.error = task, error


class Work:
    """A chain that an executor has begun; this one is over."""

    def ended(self) -> bool:
        """Whether it has; raises ChainFailed, or RunError if nobody can say why it has."""
        return True

    def stop(self) -> None:
        """Ask it to save and end."""

    def kill(self) -> None:
        """End it now."""


class Executor:
    """Who makes chains, so many at once: this process, others beside it."""

    places = 1
    apart: Collection[str] = ()  # stages that are chains of their own

    def has_place(self, chain: Chain, making: Collection[Chain]) -> bool:
        """Whether it can be begun beside those."""
        return len(making) < self.places

    def start(self, chain: Chain) -> Work:
        """Begin it; raises ChainFailed if it is over already."""
        raise NotImplementedError

    def close(self) -> None:
        """After the last chain."""


def chains_of(plan: Plan, apart: Collection[str] = ()) -> list[Chain]:
    """The plan's tasks in their order; each stage of `apart` is a chain that waits for its inputs.

    These stages stand at the end of a student's.
    """
    found: dict[object, list[Task]] = {}
    for task in plan.tasks:
        key = task.place().folder if task.stage in FIRST else (task.run.folder, task.snapshot)
        found.setdefault((key, task.stage in apart), []).append(task)
    chains = []
    for (key, alone), tasks in found.items():
        makes = tasks[-1].place().folder if isinstance(key, Path) or apart else None
        before = found.get((key, False), []) if alone else []
        inputs = {before[-1].place().folder} if before else set()
        chains.append(Chain(tuple(tasks), _needs(tasks) | inputs, makes))
    return chains


def _needs(tasks: Sequence[Task]) -> frozenset[Path]:
    run, names = tasks[0].run, [task.stage for task in tasks]
    if names[0] in FIRST:
        return frozenset()
    stages = [run.place("teacher"), run.classifier() if "evaluate" in names else None]
    return frozenset(stage.folder for stage in stages if stage is not None)


def make_chains(
    plan: Plan, executor: Executor, session, failed: Callable[[Task, Exception], None]
) -> None:
    """Make the plan's chains; an experiment that `plan` leaves out is skipped, from then on.

    `failed` is told of a task that could not be made, and why. It may raise, which stops the
    others. Raises Stopped after `session.stop_requested`, once all have saved. At a second signal,
    a KeyboardInterrupt, they are killed.
    """
    waiting = chains_of(plan, executor.apart)
    making: dict[Chain, Work] = {}
    try:
        while waiting or making:
            if session.stop_requested:
                waiting = []
                for work in making.values():
                    work.stop()
            waiting = [chain for chain in waiting if _wanted(chain, waiting, plan)]
            unmade = {chain.makes for chain in (*waiting, *making)}
            ready = [chain for chain in waiting if chain.after.isdisjoint(unmade)]
            begun = next((chain for chain in ready if executor.has_place(chain, making)), None)
            for chain in [*making, *([begun] if begun else [])]:
                try:
                    work = making.pop(chain, None)
                    if work is None:
                        waiting.remove(chain)
                        work = executor.start(chain)
                    if not work.ended():
                        making[chain] = work
                except ChainFailed as failure:
                    failed(failure.task, failure.error)
            if making and begun is None:
                time.sleep(LOOK_S)
    except KeyboardInterrupt:
        for work in making.values():
            work.kill()
        raise
    except Exception:
        _stop(list(making.values()))
        raise
    if session.stop_requested:
        raise Stopped("Stopped, saved")


def _wanted(chain: Chain, waiting: list[Chain], plan: Plan) -> bool:
    """Whether its experiment goes on, or another that waits for it."""
    return any(
        not plan.leaves_out(each.experiment)
        for each in waiting
        if each is chain or chain.makes in each.after
    )


def _stop(works: list[Work]) -> None:
    """Let all save, and wait until they have ended, however they end."""
    for work in works:
        work.stop()
    while works:
        for work in list(works):
            try:
                if not work.ended():
                    continue
            except Exception:  # the first one's is raised
                pass
            works.remove(work)
        time.sleep(LOOK_S)
