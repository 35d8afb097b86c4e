"""What a command would do: experiments resolved, stages in order, what is done, what cannot run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dmdrepro.cli.options import Request
from dmdrepro.cli.paths import check_folder
from dmdrepro.data import Data
from dmdrepro.data.dataset import Files
from dmdrepro.experiments import (
    REGISTRY,
    ConfigError,
    Experiment,
    Study,
    build,
    nearest,
    parse_overrides,
)
from dmdrepro.experiments.registry import field_names
from dmdrepro.runs.errors import DamagedArtifact, DifferentConfiguration, RunError
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.run import Run

STAGES = ("teacher", "distill", "sample", "evaluate")
Look = Callable[[Data], Files]  # whether the files of a data set can be had
SAMPLE_ARRAYS = 4  # Phi_1, Phi_8, Phi_32 and G: the steps of the stage `sample`


@dataclass(frozen=True)
class State:
    """Where a stage stands: in words, which part of its work is left, why it is refused."""

    words: str
    left: float
    reason: str = ""


@dataclass(frozen=True)
class Task:
    """One stage of one experiment (for one snapshot, where the stage is after the teacher)."""

    run: Run
    stage: str
    snapshot: int | None = None

    @property
    def label(self) -> str:
        if self.stage == "classifier":
            return self.run.classifier_settings.label
        name = self.run.name
        return f"{name} ({self.snapshot:,})" if self.snapshot else name

    @property
    def looks_at_data(self) -> bool:
        """Whether the stage needs the data set, beyond its shape and number of classes."""
        gan = self.run.experiment.distill.gan
        return self.stage != "sample" and (self.stage != "distill" or gan)

    def open(self) -> Stage:
        """Raises RunError where what this stage needs is not done."""
        stage = getattr(self.run, self.stage)
        return stage() if self.snapshot is None else stage(self.snapshot)

    def check_inputs(self) -> None:
        """Raises RunError where what other commands make for this stage is not done."""
        if self.stage == "evaluate":
            self.run.sample_hashes(self.snapshot)  # its own command makes the classifier
        else:
            self.open()

    def state(self) -> State:
        """Whether it is done, begun, still to do, or why it cannot go on."""
        try:
            stage = self.open()
        except (DifferentConfiguration, DamagedArtifact) as error:
            return State("refused", 0.0, str(error))
        except RunError:
            return State("to do", 1.0)
        try:
            stage.check_configuration()
            if stage.done:
                stage.verify()
                return State("done", 0.0)
            step = stage.progress()
        except RunError as error:
            return State("refused", 0.0, str(error))
        if not step:
            return State("to do", 1.0)
        return State(f"stopped at step {step:,}", max(0.0, 1 - step / self._steps()))

    def _steps(self) -> int:
        """How many steps the saved state counts to."""
        experiment = self.run.experiment
        if self.stage == "teacher":
            return experiment.teacher.snapshots[-1]
        if self.stage == "classifier":
            return self.run.classifier_settings.iterations
        if self.stage == "distill":
            return experiment.distill.iterations
        return SAMPLE_ARRAYS + len(experiment.distill.kept)


@dataclass
class Plan:
    """The tasks in order; what cannot run and why; what is fetched; remarks for the user."""

    size: str
    seed: int
    runs: Path
    experiments: list[Experiment]
    tasks: list[Task] = field(default_factory=list)
    cannot: dict[str, str] = field(default_factory=dict)
    downloads: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)  # of `cannot`: whose data could not be had
    study: str = ""  # whose arms the tasks are of; empty: the experiments themselves


def check_gpu_name(gpu: str | None) -> None:
    """Raise RunError for a --gpu that no machine could have."""
    if gpu is not None and gpu != "cpu" and not gpu.isdecimal():
        raise RunError(f"--gpu {gpu} is neither a GPU's number nor cpu.")


def default_size(gpu: str | None) -> str:
    """paper with a GPU, laptop without."""
    if gpu == "cpu":
        return "laptop"
    import torch

    return "paper" if gpu is not None or torch.cuda.is_available() else "laptop"


def resolve(request: Request) -> tuple[list[Experiment], list[str]]:
    """The experiments asked for, resolved, and remarks; raises ConfigError."""
    for name in request.names:
        if name not in REGISTRY:
            raise ConfigError(f"There is no experiment {name!r}; {nearest(name, REGISTRY)}")
    size = default_size(request.gpu) if request.size is None else request.size
    having = [name for name, cls in REGISTRY.items() if size in cls.sizes()]
    names = request.names or having or list(REGISTRY)
    overrides = parse_overrides(request.settings or [])
    plain = {name: build(name, size, request.seed) for name in dict.fromkeys(names)}
    known = {name: field_names(experiment) for name, experiment in plain.items()}
    remarks = []
    for dotted in overrides:
        having = [name for name in plain if dotted in known[name]]
        if not having:
            everything = sorted({field for fields in known.values() for field in fields})
            raise ConfigError(
                f"No experiment has a field {dotted!r}; {nearest(dotted, everything)}"
            )
        if len(having) < len(plain):
            without = ", ".join(name for name in plain if name not in having)
            remarks.append(f"--set {dotted} does not apply to {without}.")
    experiments = [
        build(name, size, request.seed, {k: v for k, v in overrides.items() if k in known[name]})
        for name in plain
    ]
    return experiments, remarks


def make_plan(request: Request, stages: tuple[str, ...]) -> Plan:
    """The plan of a command; raises ConfigError, or RunError for what was named and cannot run."""
    plan = _empty_plan(request)
    look = _looking(request)
    for experiment in plan.experiments:
        tasks = _tasks(Run(experiment, request.runs), stages, plan.tasks)
        _admit(plan, experiment, tasks, request, stages, look)
    _refuse_named(plan, request)
    return plan


def make_study_plan(study: Study, seeds: Sequence[int], request: Request) -> Plan:
    """Teachers, students, samples and evaluations of every arm and seed; raises as `make_plan`."""
    plan = _empty_plan(request)
    plan.study = study.name
    tasks: list[Task] = []
    known: set[Path] = set()  # teachers that several arms share
    for seed in seeds:
        for arm in study.arms:
            run = Run(study.build(arm, seed), request.runs, arm)
            teacher = run.place("teacher").folder
            stages = STAGES[1:] if teacher in known else STAGES
            known.add(teacher)
            tasks += _tasks(run, stages, tasks)
    _admit(plan, plan.experiments[0], tasks, request, STAGES, _looking(request))
    _refuse_named(plan, request)
    return plan


def _empty_plan(request: Request) -> Plan:
    check_gpu_name(request.gpu)
    check_folder("--runs", request.runs)
    if request.data is not None and not request.data.is_dir():
        raise RunError(f"--data {request.data} is not a folder; name one with MNIST's IDX files.")
    experiments, remarks = resolve(request)
    return Plan(experiments[0].size, request.seed, request.runs, experiments, remarks=remarks)


def _admit(
    plan: Plan,
    experiment: Experiment,
    tasks: list[Task],
    request: Request,
    stages: tuple[str, ...],
    look: Look,
) -> None:
    """Add an experiment's tasks to the plan with what they fetch, or why they cannot run."""
    reason, files = experiment.CANNOT, Files()
    if not reason and stages == ("classifier",) and experiment.classifier is None:
        reason = "its data are not MNIST, so it has no classifier"
    if not reason and experiment.data.needs and _look_at_data(tasks, request):
        files = look(experiment.data)
        if files.lacking:
            reason = files.lacking
            plan.lacking.append(experiment.name)
    for word, said in ((files.remark, plan.remarks), (files.download, plan.downloads)):
        if word and word not in said:
            said.append(word)
    if reason:
        plan.cannot[experiment.name] = reason
        return
    plan.tasks += tasks


def _refuse_named(plan: Plan, request: Request) -> None:
    named = [name for name in request.names if name in plan.cannot]
    if named:
        raise RunError("; ".join(f"{name} cannot run: {plan.cannot[name]}" for name in named) + ".")


def _tasks(run: Run, stages: tuple[str, ...], before: list[Task]) -> list[Task]:
    """One experiment's tasks in order; a classifier that it shares with one before is that one's.

    The classifier comes first: nothing that fails in its experiment can keep it from another.
    """
    tasks = []
    settings = run.classifier_settings
    if settings is not None and {"classifier", "evaluate"} & set(stages):
        known = [t.run.classifier_settings for t in before if t.stage == "classifier"]
        tasks += [Task(run, "classifier")] if settings not in known else []
    if "teacher" in stages:
        tasks.append(Task(run, "teacher"))
    after = [stage for stage in stages if stage not in ("classifier", "teacher")]
    return tasks + [Task(run, stage, snapshot) for snapshot in run.snapshots for stage in after]


def _look_at_data(tasks: list[Task], request: Request) -> bool:
    """Whether anything that is left to do looks at the data; samples and figures do not."""
    looking = [task for task in tasks if task.looks_at_data]
    return any(request.fresh or task.state().words != "done" for task in looking)


def _looking(request: Request) -> Look:
    """Looks for the files that several data sets need only once: every byte is hashed."""
    found: dict[str, Files] = {}

    def look(data: Data) -> Files:
        if data.needs not in found:
            found[data.needs] = data.files(request.data, request.offline)
        return found[data.needs]

    return look
