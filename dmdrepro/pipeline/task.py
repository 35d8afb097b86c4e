"""One stage of a plan: what it is called, where it lies, how far it is."""

from dataclasses import dataclass

from dmdrepro.pipeline.trouble import about
from dmdrepro.runs.errors import DamagedArtifact, DifferentConfiguration, RunError
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.run import Run

STAGES = ("teacher", "distill", "sample", "evaluate")
SAMPLE_ARRAYS = 4  # Phi_1, Phi_8, Phi_32 and G: the steps of the stage `sample`


@dataclass(frozen=True)
class State:
    """Where a stage stands: in words, which part of its work is left, why it is refused."""

    words: str
    left: float
    reason: str = ""


@dataclass(frozen=True)
class Task:
    """One stage of one experiment; after the teacher, of one of its snapshots."""

    run: Run
    stage: str
    snapshot: int | None = None

    @property
    def label(self) -> str:
        """Such as `ring (60)`."""
        return self._named()

    @property
    def title(self) -> str:
        """Such as `distill ring, seed 0 (60)`; a classifier is of all seeds."""
        return f"{self.stage} {self._named(f', seed {self.run.experiment.seed}')}"

    def _named(self, seed: str = "") -> str:
        if self.stage == "classifier":
            return self.run.classifier_settings.label
        of = f" ({self.snapshot:,})" if self.snapshot else ""
        return f"{self.run.name}{seed}{of}"

    def about(self, sentence: object) -> str:
        """A sentence about the stage, which names it once."""
        return about(self.title, sentence, self.place().what)

    @property
    def looks_at_data(self) -> bool:
        """Whether the stage needs the data set, beyond its shape and number of classes."""
        if not self.run.experiment.data.sampled:  # its teacher's weights
            return self.stage == "teacher"
        gan = self.run.experiment.distill.gan
        return self.stage != "sample" and (self.stage != "distill" or gan)

    @property
    def trains(self) -> bool:
        """Whether the ranks of a training make it together."""
        imported = self.stage == "teacher" and not self.run.experiment.data.sampled
        return self.stage in ("teacher", "distill") and not imported

    def place(self) -> Stage:
        """The stage without what it depends on: where it lies, and whether it is done."""
        if self.stage == "classifier":
            return self.run.classifier()
        return self.run.place(self.stage, self.snapshot)

    def open(self) -> Stage:
        """Raises RunError if what this stage needs is not done."""
        stage = getattr(self.run, self.stage)
        return stage() if self.snapshot is None else stage(self.snapshot)

    def check_inputs(self) -> None:
        """Raises RunError if what other commands make for this stage is not done."""
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
