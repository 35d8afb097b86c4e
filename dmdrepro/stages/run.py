"""An experiment's run folder: its stages, and what each depends on."""

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import dmdrepro.measures as measures
from dmdrepro.commands import AFTER, program
from dmdrepro.data.imagenet64 import TeacherUnavailable, find_teacher
from dmdrepro.experiments import Arm, Experiment
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.files import MANIFEST, read_json, sha256, verify_manifest
from dmdrepro.runs.layout import CLASSIFIER, CONFIG, snapshot_file, student_file
from dmdrepro.runs.stage import REMEDY, Stage
from dmdrepro.settings import before


class Run:
    """The stages of one experiment below `runs`; a stage's key holds its inputs' hashes.

    `arm`: of a study. Its stages lie in a folder of their own. Its teacher is the experiment's
    unless the arm changes it. It has students of the longest-trained teacher only, unless it asks
    for every teacher's. `weights`: an imported teacher's file (--weights).
    """

    def __init__(
        self,
        experiment: Experiment,
        runs: Path,
        arm: Arm | None = None,
        weights: Path | None = None,
    ) -> None:
        self.weights = weights
        self.experiment = experiment
        self.runs = runs
        self.folder = self._teacher_folder = runs / experiment.folder
        self.name = experiment.name
        self.snapshots = experiment.teacher.snapshots
        if arm is not None:
            self.snapshots = self.snapshots if arm.every_teacher else self.snapshots[-1:]
            self.name = f"{experiment.name}@{arm.name}"
            self.folder = self.folder.with_name(self.name)
            self._teacher_folder = arm.teacher_folder(self.folder)
        self.classifier_settings = experiment.classifier
        self._shared = runs / experiment.size  # by all seeds of a size
        settings = experiment.as_dict()
        own = ("size", "teacher", "distill", "sampling")  # of no stage, or of some alone
        self._common = {name: value for name, value in settings.items() if name not in own}
        self._settings, self._before = settings, before(experiment)
        self.arm = arm

    def teacher(self) -> Stage:
        key = {**self._common, "teacher": self._settings["teacher"]}
        stage = self._stage("teacher", None, key)
        stage.shared = self._teacher_folder != self.folder  # by arms, and with the experiment
        if not self.experiment.data.sampled:
            key["weights"] = self._imported_from(stage.folder)
        return stage

    def teacher_file(self) -> Path:
        """The file that the teacher is imported from; raises RunError if there is none."""
        try:
            return find_teacher(self.weights)
        except TeacherUnavailable as error:
            raise RunError(f"{self.name} {error}.") from None

    def _imported_from(self, folder: Path) -> str:
        """The SHA-256 of that file; of the one that was imported if the file is not at hand."""
        try:
            file = self.teacher_file()
        except RunError:
            if not (folder / CONFIG).is_file():
                raise
            return str(read_json(folder / CONFIG).get("weights"))
        return _digest(file, file.stat().st_mtime_ns)

    def distill(self, snapshot: int) -> Stage:
        """Needs a done teacher; raises RunError, naming the command, if there is none."""
        key = {
            **self._common,
            "distill": self._settings["distill"],
            "snapshot": snapshot,
            "teacher_weights": self.teacher_weights(snapshot)[1],
        }
        return self._stage("distill", snapshot, key)

    def sample(self, snapshot: int) -> Stage:
        """Needs a done teacher and student."""
        drawn = {k: v for k, v in self._settings["sampling"].items() if k not in ("sizes", "sets")}
        key = {
            **self._common,
            "sampling": drawn,  # the others are of `evaluate` alone
            "snapshot": snapshot,
            "teacher_weights": self.teacher_weights(snapshot)[1],
            "student_weights": self.student_weights(snapshot)[1],
            "kept_students": {
                str(kept): self.student_weights(snapshot, kept)[1]
                for kept in self.experiment.distill.kept
            },
        }
        return self._stage("sample", snapshot, key)

    def evaluate(self, snapshot: int) -> Stage:
        """Needs done samples (and the teacher, for its error against the exact denoiser).

        If the data are MNIST, the classifier too.
        """
        key = {
            **self._common,
            "sampling": self._settings["sampling"],
            "snapshot": snapshot,
            "samples": self.sample_hashes(snapshot),
        }
        if self.classifier_settings is not None:
            key["classifier_weights"] = self.classifier_weights()[1]
        if loaded := measures.origins():
            key["loaded_measures"] = loaded
        return self._stage("evaluate", snapshot, key)

    def classifier(self) -> Stage | None:
        """The classifier of MNIST at this resolution, one for all seeds; None for other data."""
        settings = self.classifier_settings
        if settings is None:
            return None
        key = {"data": "MNIST", "classifier": asdict(settings)}
        stage = Stage(
            self._shared / settings.folder,
            key,
            f"classifier {settings.label}",
            self._remedy("classifier"),
            runs=self.runs,
            before={"classifier": before(settings)},
        )
        stage.shared = True
        return stage

    def classifier_weights(self) -> tuple[Path, str]:
        """(file, SHA-256) of the trained classifier; for experiments that have one."""
        return self._file(self.classifier(), "classifier", CLASSIFIER)

    def sample_hashes(self, snapshot: int) -> dict[str, str]:
        """SHA-256 of the drawn arrays by file name; raises RunError if they are not done."""
        hashes = self._done(self.sample(snapshot), "sample")
        return {name: h for name, h in hashes.items() if name.endswith(".npy")}

    def teacher_weights(self, snapshot: int) -> tuple[Path, str]:
        """(file, SHA-256) of the teacher after `snapshot` iterations."""
        return self._file(self.teacher(), "teacher", snapshot_file(snapshot))

    def student_weights(self, snapshot: int, kept: int | None = None) -> tuple[Path, str]:
        """(file, SHA-256) of the student after all its iterations, or after `kept` of them."""
        return self._file(self.distill(snapshot), "distill", student_file(kept))

    def _file(self, stage: Stage, command: str, name: str) -> tuple[Path, str]:
        return stage.folder / name, self._done(stage, command)[name]

    def place(self, kind: str, snapshot: int | None = None) -> Stage:
        """A stage without what it depends on: enough to move its folder aside."""
        return self._stage(kind, snapshot, {})

    def _stage(self, kind: str, snapshot: int | None, key: dict) -> Stage:
        name, place, of = self.name, self.folder / f"{kind}-{snapshot}", ""
        if snapshot is None:
            name, place = self._teacher_folder.name, self._teacher_folder / kind
        else:
            of = f" (teacher of {snapshot:,} iterations)"
        what = f"{kind} {name}, seed {self.experiment.seed}{of}"
        remedy = self._remedy("all" if kind == "teacher" else kind)  # all is made from a teacher
        stage = Stage(place, key, what, remedy, self.runs, self._before)
        trained = kind == "distill" or (kind == "teacher" and self.experiment.data.sampled)
        if trained and self.arm is None:
            stage.slower = f"--set {kind}.lr=..."
        return stage

    def _remedy(self, command: str) -> str:
        """What to do about a stage of another configuration; `command`: that makes it anew.

        A study has neither --fresh nor settings of its own.
        """
        if self.arm is not None:
            return REMEDY
        return (
            "Give the options that it was made with, another --runs folder, or make it anew (what "
            f"is there is moved aside) first: `{program()} {command} {self.experiment.name} "
            f"--fresh` with your other options{AFTER.get(command, '')}."
        )

    def _done(self, stage: Stage, command: str) -> dict[str, str]:
        if not stage.done:
            making = f"{program()} {command} {self.experiment.name}"
            way = f"`{making}` with the same options first, or `all`"
            way = way if self.arm is None else "the same command again"
            raise RunError(f"{stage.what} is not done in {stage.folder}; run {way}.")
        stage.check_configuration()
        return _hashes(stage.folder, (stage.folder / MANIFEST).stat().st_mtime_ns)


@lru_cache
def _digest(file: Path, changed: int) -> str:
    """The SHA-256 of a file, once a process for each time that it was changed."""
    return sha256(file)


@lru_cache
def _hashes(folder: Path, changed: int) -> dict[str, str]:
    """A done stage's hashes, its files checked once a process for each manifest."""
    return verify_manifest(folder)
