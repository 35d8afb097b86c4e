"""What a command would do: experiments resolved, stages in order, what is done, what cannot run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dmdrepro.data import Data
from dmdrepro.data.dataset import Files
from dmdrepro.experiments import ConfigError, Experiment, Study
from dmdrepro.pipeline.request import Request, check_request, resolve
from dmdrepro.pipeline.task import STAGES, Task
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.layout import seed_folder
from dmdrepro.stages.run import Run

Look = Callable[[Data], Files]  # whether the files of a data set can be had


@dataclass
class Plan:
    """The tasks in order; what cannot run and why; what is fetched; remarks for the user."""

    request: Request
    stages: tuple[str, ...]  # that the command makes
    size: str
    seeds: tuple[int, ...]
    experiments: list[Experiment]  # at the first seed
    study: str = ""  # whose arms the tasks are of; empty: the experiments themselves
    tasks: list[Task] = field(default_factory=list)
    cannot: dict[str, str] = field(default_factory=dict)  # by name, or as `named`
    downloads: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)  # of `cannot`: whose data could not be had

    @property
    def runs(self) -> Path:
        return self.request.runs

    @property
    def seed(self) -> int:
        """The first seed."""
        return self.seeds[0]

    @property
    def part(self) -> bool:
        """Whether this is one chain of another command, which shows what was made."""
        return self.request.stages is not None

    def named(self, experiment: Experiment) -> str:
        """The experiment's name, with its seed if there are several."""
        seed = f" (seed {experiment.seed})" if len(self.seeds) > 1 else ""
        return f"{experiment.name}{seed}"

    def leaves_out(self, experiment: Experiment) -> str | None:
        """Why it cannot run at its seed, or at any."""
        return self.cannot.get(experiment.name) or self.cannot.get(self.named(experiment))

    def of(self, seed: int) -> Plan:
        """The part of one seed, whose failures are still this plan's."""
        mine = [replace(experiment, seed=seed) for experiment in self.experiments]
        cannot = {e.name: why for e in mine if (why := self.leaves_out(e))}
        return replace(self, seeds=(seed,), experiments=mine, cannot=cannot)

    def folder(self, name: str) -> Path:
        """Where the size's and seed's figures, tables or page lie."""
        return seed_folder(self.runs, self.size, self.seed) / name


def make_plan(request: Request, stages: tuple[str, ...]) -> Plan:
    """The plan of a command; raises ConfigError, or RunError for what was named and cannot run."""
    plan = _empty_plan(request, stages)
    look = _looking(request)
    for seed in plan.seeds:
        for experiment in plan.experiments:
            run = Run(replace(experiment, seed=seed), request.runs, weights=request.weights)
            _admit(plan, experiment, _tasks(run, stages, plan.tasks), look)
    return _checked(plan)


def make_study_plan(study: Study, seeds: Sequence[int], request: Request) -> Plan:
    """Teachers, students, samples and evaluations of every arm and seed; raises as `make_plan`."""
    plan = _empty_plan(request, STAGES)
    plan.study, plan.seeds = study.name, tuple(seeds)
    tasks: list[Task] = []
    known: set[Path] = set()  # teachers that several arms share
    for seed in seeds:
        for arm in study.arms:
            run = Run(study.build(arm, seed), request.runs, arm, request.weights)
            teacher = run.place("teacher").folder
            stages = STAGES[1:] if teacher in known else STAGES
            known.add(teacher)
            tasks += _tasks(run, stages, tasks)
    _admit(plan, plan.experiments[0], tasks, _looking(request))
    return _checked(plan)


def _empty_plan(request: Request, stages: tuple[str, ...]) -> Plan:
    check_request(request)
    experiments, remarks = resolve(request)
    size = experiments[0].size
    return Plan(request, stages, size, request.every_seed, experiments, remarks=remarks)


def _admit(plan: Plan, experiment: Experiment, tasks: list[Task], look: Look) -> None:
    """Add an experiment's tasks to the plan with what they fetch, or why they cannot run."""
    if plan.stages == ("classifier",) and experiment.classifier is None:
        plan.cannot[experiment.name] = "its data are not MNIST, so it has no classifier"
        return
    reason, files, tasks = "", Files(), _chosen(tasks, plan.request)
    if experiment.data.needs and _look_at_data(tasks, plan.request):
        files = look(experiment.data)
        if files.lacking and _only_asked(plan.request, experiment):
            files = replace(files, remark=f"{experiment.name} cannot start yet: {files.lacking}.")
        elif files.lacking:
            reason = files.lacking
            if experiment.data.sampled and experiment.name not in plan.lacking:
                plan.lacking.append(experiment.name)
    for word, said in ((files.remark, plan.remarks), (files.download, plan.downloads)):
        if word and word not in said:
            said.append(word)
    if reason:
        plan.cannot[experiment.name] = reason
    else:
        plan.tasks += tasks


def _only_asked(request: Request, experiment: Experiment) -> bool:
    """Whether the cost of an experiment is asked for by somebody who does not have its weights."""
    named = request.dry_run and experiment.name in request.names
    return named and not experiment.data.sampled and request.weights is None


def _chosen(tasks: list[Task], request: Request) -> list[Task]:
    """The tasks of an experiment that --snapshot and --stages keep."""
    if (snapshot := request.snapshot) is not None:
        known = {task.snapshot for task in tasks if task.snapshot is not None}
        if known and snapshot not in known:
            having = ", ".join(map(str, sorted(known)))
            raise ConfigError(
                f"--snapshot {snapshot}: {tasks[0].run.name} keeps its teacher at {having} "
                "iterations; name one of these."
            )
        tasks = [task for task in tasks if task.snapshot in (None, snapshot)]
    if request.stages is not None:
        wanted = request.stages.split(",")
        tasks = [task for task in tasks if task.stage in wanted]
    return tasks


def _checked(plan: Plan) -> Plan:
    """Raise RunError if what was named cannot run, or ranks cannot share a batch."""
    for task in plan.tasks if (size := plan.request.ranks) > 1 else ():
        if task.trains:
            batch = getattr(task.run.experiment, task.stage).batch
            if batch % size:
                larger = f", or --set {task.stage}.batch={batch - batch % size + size}"
                raise RunError(
                    f"{task.stage}.batch of {task.run.name} is {batch}, and {size} processes "
                    "cannot share it equally; use another number of them"
                    f"{'' if plan.study else larger}."
                )
    named = [name for name in plan.request.names if name in plan.cannot]
    if named:
        raise RunError("; ".join(f"{name} cannot run: {plan.cannot[name]}" for name in named) + ".")
    return plan


def _tasks(run: Run, stages: tuple[str, ...], before: list[Task]) -> list[Task]:
    """One experiment's tasks in order, without a classifier that an earlier experiment makes.

    The teacher comes first, for most depends on it.
    """
    tasks = [Task(run, "teacher")] if "teacher" in stages else []
    settings = run.classifier_settings
    if settings is not None and {"classifier", "evaluate"} & set(stages):
        known = [t.run.classifier_settings for t in before if t.stage == "classifier"]
        tasks += [Task(run, "classifier")] if settings not in known else []
    after = [stage for stage in stages if stage not in ("classifier", "teacher")]
    return tasks + [Task(run, stage, snapshot) for snapshot in run.snapshots for stage in after]


def _look_at_data(tasks: list[Task], request: Request) -> bool:
    """Whether anything that is left to do looks at the data; samples and figures do not.

    Of a teacher that is imported all is left to do until it is there.
    """
    looking = [task for task in tasks if task.looks_at_data]
    if any(request.fresh or task.state().words != "done" for task in looking):
        return True
    imported = bool(tasks) and not tasks[0].run.experiment.data.sampled
    return imported and Task(tasks[0].run, "teacher").state().words != "done"


def _looking(request: Request) -> Look:
    """Looks for the files that several data sets need only once: every byte is hashed."""
    found: dict[str, Files] = {}

    def look(data: Data) -> Files:
        if data.needs not in found:
            folder = request.data if data.sampled else request.weights
            found[data.needs] = data.files(folder, request.offline)
        return found[data.needs]

    return look
