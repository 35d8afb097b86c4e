"""What a long loop needs from outside: a progress display, a stop request, a save interval."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import torch

from dmdrepro.experiments.config import Experiment
from dmdrepro.runs.checkpoint import Tensors, save_tensors
from dmdrepro.runs.errors import Stopped
from dmdrepro.runs.log import LossLog
from dmdrepro.runs.stage import Stage
from dmdrepro.training.engine import Engine
from dmdrepro.training.loss_buffer import LossBuffer
from dmdrepro.training.ranks import ALONE, Ranks
from dmdrepro.training.step import Losses, Parts, Step, restore, share_state, state_of
from dmdrepro.training.watching import Watch, Watching
from dmdrepro.watching import open_writer


class Progress:
    """A display of long work; this one shows nothing."""

    def begin(self, what: str, total: int | None = None, done: int = 0) -> None: ...

    def update(self, step: int, losses: dict[str, float] | None = None) -> None: ...

    def note(self, words: str, share: float | None = None) -> None: ...

    def end(self) -> None: ...

    def beside(self) -> Progress:
        """For other work at the same time."""
        return Progress()

    def expect(self, forecast: object) -> None:
        """Show the time left of all (dmdrepro/pipeline/cost.py)."""


@dataclass
class Session:
    """One sitting: device, execution, display, whether to stop, how often to save.

    `engine`: what was chosen for the device (`Engine.on`); `executed`: how the last prepared step
    is executed in fact.
    """

    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    engine: Engine = field(default_factory=Engine)
    executed: Engine = field(default_factory=Engine)
    why_not: str = ""  # that step does without graphs, which `auto` had chosen
    say: Callable[[str], None] = print
    progress: Progress = field(default_factory=Progress)
    save_every_s: float = 60.0
    log: str | None = None  # who draws curves (dmdrepro/watching)
    ranks: Ranks = ALONE
    stop_requested: bool = False
    in_loop: bool = False  # inside work that looks at stop_requested and saves itself

    def prepare(
        self, step: Step, experiment: Experiment | None = None, stage: str = ""
    ) -> Callable[[Sequence], Losses]:
        """The step executed as the engine says; `auto` looks for the fastest way on a GPU, for
        this stage of `experiment` if that is given.

        Raises RunError if graphs were asked for and cannot be; chosen by `auto`, they are left out
        with a note.
        """
        self.executed = self.engine
        alone = self.ranks.size == 1  # a way is tried by one process
        auto = self.engine.auto and self.engine.graphs and alone
        if auto and experiment and not step.no_graphs:
            from dmdrepro.training.fastest import fastest

            self.executed = fastest(experiment, stage, self.device, self.say)
        if self.engine.graphs:
            self.why_not = ""
            if step.no_graphs:
                self._leave_graphs_out(step.no_graphs)
        step.ranks = self.ranks
        return self.ranks.around(self.executed.prepare(step, self._give_up))

    def _give_up(self, why: str, broken: bool) -> None:
        """This step runs without graphs. After a broken recording later steps do too: its leftovers
        could spoil them."""
        self._leave_graphs_out(why)
        if broken:
            self.engine = self.engine.without_graphs

    def _leave_graphs_out(self, why: str) -> None:
        if not self.engine.auto:
            self.engine.refuse_graphs(why)
        self.executed, self.why_not = self.executed.without_graphs, why
        self.say(f"Note: without CUDA graphs, so slower: {why}.")

    def execution(self) -> dict[str, str]:
        """For a record: how the last prepared step was executed, and what had been asked for."""
        facts = self.chosen() | {"engine": str(self.executed)}
        return facts | ({"without_graphs": self.why_not} if self.why_not else {})

    def chosen(self) -> dict[str, str]:
        """For a sitting: how steps that are yet to be prepared will be executed."""
        facts = {"engine": str(self.engine), "engine_option": self.engine.option}
        return facts | ({"ranks": self.ranks.size} if self.ranks.size > 1 else {})

    def leave_loop(self) -> None:
        """After a stage, however it ended: the display is put away, a signal stops at once."""
        self.in_loop = False
        self.progress.end()


class Loop:
    """The resuming, saving, logging and stopping that the training loops share."""

    def __init__(
        self,
        stage: Stage,
        session: Session,
        seed: int,
        total: int,
        parts: Parts,
        rate: Callable[[int], float] | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        """`total`: iterations; `parts`: what is saved, put back here from a saved state.

        `rate`: the learning rate of a step. `ranks`: that train together; by default this process
        alone, whatever ranks the session has.
        """
        self.stage, self.session, self.total, self._parts = stage, session, total, parts
        self._ranks = ranks
        self.done = 0
        self._tell(0)  # how this sitting is executed: the state's may have been otherwise
        if (state := stage.load_state()) is not None:
            self.done, tensors = state
            restore(parts, tensors)
        share_state(ranks, self.done, parts)
        self.log: LossLog = stage.open_log()
        self.watch = Watch()
        if session.log is not None:
            writer = open_writer(session.log, stage, self.done)
            self.watch = Watching(writer, stage.folder, self.done, session.device, rate)
        self.losses = LossBuffer(
            self.log, stage.what, seed, stage.progress, self.watch.losses, stage.slower
        )
        self._saved, self._save_s = time.monotonic(), 0.0
        session.in_loop = True
        session.progress.begin(stage.what, total, self.done)

    def left(self) -> range:
        """The iterations that are left."""
        return range(self.done, self.total)

    def blocks(self, length: int) -> Iterable[range]:
        """The same in blocks of `length`, of which the last may be shorter."""
        for first in range(self.done, self.total, length):
            yield range(first, min(first + length, self.total))

    def checkpoint(self, step: int) -> None:
        """After `step` steps: show them, save when it is time, leave when asked to."""
        self.watch.step(step)
        self.session.progress.update(step, self.losses.latest)
        # Saving a large network takes seconds: at most a twentieth of the time. 0: at every step.
        every = self.session.save_every_s and max(self.session.save_every_s, 20 * self._save_s)
        due = time.monotonic() - self._saved >= every
        stop = self._ranks.any(self.session.stop_requested)  # the same answer in all of them
        if not (due or stop):
            return
        with self.watch.paused():
            self._save(step)
        if stop and step < self.total:
            self.close()
            raise Stopped(f"{self.stage.what} stopped after step {step:,} of {self.total:,}, saved")

    def _save(self, step: int) -> None:
        began = time.monotonic()
        self.watch.flush()
        self.losses.flush()  # before the save: a state past a non-finite loss is never kept
        self._tell(step)
        if step < self.total:
            state = state_of(self._parts)
            self.losses.check_weights(step, state)
            self.stage.save_state(step, state, self.log)
        self._saved = time.monotonic()
        self._save_s = self._saved - began

    def _tell(self, step: int) -> None:
        """Tell the stage's sittings how many steps were made, and how in fact."""
        sittings = self.stage.sittings
        sittings.at = step
        if "engine" in sittings.here:
            sittings.here["engine"] = str(self.session.executed)

    def keep(self, step: int, name: str, weights: Tensors) -> None:
        """Save a network after `step` steps; raises NonFinite if its weights are not finite.

        The states saved from now on vouch for the file.
        """
        with self.watch.paused():
            self._tell(step)
            self.losses.flush()
            self.losses.check_weights(step, weights)
            save_tensors(self.stage.folder / name, weights)
            self.stage.vouch(name)

    def close(self) -> None:
        self.losses.flush()
        self.watch.close()
        self.log.sync()
        self.log.close()
        self.session.progress.end()
        self.session.in_loop = False


class Following(Loop):
    """That of a rank after the first, with which it begins, goes on and stops; it keeps nothing."""

    def __init__(self, session: Session, total: int, parts: Parts) -> None:
        self.session, self.total = session, total
        self.done = share_state(session.ranks, 0, parts)
        self.watch, self.losses = Watch(), self
        session.in_loop = True

    def add(self, step: int, **losses: object) -> None:
        """The first rank logs them."""

    def checkpoint(self, step: int) -> None:
        if self.session.ranks.any(self.session.stop_requested) and step < self.total:
            raise Stopped

    def keep(self, *_: object) -> None:
        """The first rank does."""

    def close(self) -> None:
        self.session.in_loop = False


def open_loop(stage, session: Session, seed: int, total: int, parts: Parts, rate) -> Loop:
    """This rank's; arguments as of `Loop`. Only the first rank has a stage."""
    if session.ranks.first:
        return Loop(stage, session, seed, total, parts, rate, session.ranks)
    return Following(session, total, parts)
