"""What every stage is given: where the runs and the data are, and the session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dmdrepro.data import Data
from dmdrepro.runs.stage import Stage
from dmdrepro.stages.own_data import check_drawn
from dmdrepro.stages.run import Run
from dmdrepro.stages.waiting import alone
from dmdrepro.training.session import Session

Made = tuple[list[str], dict]  # the files made, the record


@dataclass
class Context:
    """All that the stages of one command share."""

    session: Session
    data_dir: Path | None = None
    offline: bool = False
    say: Callable[[str], None] = print
    # Told (run, teacher iterations, record so far) once a student's answer is known.
    answered: Callable[[Run, int, dict], None] = lambda run, snapshot, record: None
    _datasets: dict[Data, Data] = field(default_factory=dict)

    def dataset(self, data: Data) -> Data:
        """The data set that these settings make, once a command."""
        if data not in self._datasets:
            made = data.make(self.data_dir, self.offline, self.say)
            if not type(data).__module__.startswith("dmdrepro."):
                check_drawn(data, made)
            self._datasets[data] = made
        return self._datasets[data]

    def set_aside(self, stage: Stage) -> None:
        """Move the stage aside (for --fresh) and say where it is now."""
        with stage.locked():
            if (aside := stage.set_aside()) is not None:
                self.say(f"{stage.what}: what was there is now in {aside}")

    def make(self, stage: Stage, work: Callable[[Stage], Made]) -> bool:
        """Make a stage, go on with it, or see that it is done; True if something was made.

        A shared stage that another process is making is waited for.
        """
        stage.say = self.say
        if self._done_already(stage):  # without the lock: the folder may be read-only
            return False
        try:
            with alone(stage, self.session, self.say):
                if self._done_already(stage):  # by another process, just now
                    return False
                stage.begin()
                stage.sittings.begin(str(self.session.device), self.say)
                files, record = work(stage)
                stage.finish(files, str(self.session.device), record)
        finally:
            self.session.leave_loop()
        self.say(f"{stage.what}: done in {stage.wall_s():,.0f} s")
        return True

    def _done_already(self, stage: Stage) -> bool:
        """Whether the stage is done, checked; raises RunError if it is done otherwise."""
        if not stage.done:
            return False
        stage.check_configuration()
        stage.verify()
        stage.tidy()
        self.say(f"{stage.what}: done already")
        return True
