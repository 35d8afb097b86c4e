"""What can be watched of a loop (`--log`): losses, rates, samples, times of steps, memory."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import torch

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.experiments.config import Experiment
from dmdrepro.runs.files import naming, write_bytes
from dmdrepro.runs.layout import TIMES
from dmdrepro.training.device import peak_gib
from dmdrepro.training.draws import latents, one_hot
from dmdrepro.watching.writer import Writer

AT_ONCE = 50  # steps whose times are written together


class Watch:
    """Nothing is watched."""

    def losses(self, lines: list[dict[str, float]]) -> None:
        """Lines of the log."""

    def step(self, step: int) -> None:
        """So many steps were made."""

    def paused(self) -> AbstractContextManager:
        """Time that is none of a step's."""
        return nullcontext()

    def show(self, step: int, student: torch.nn.Module, experiment: Experiment) -> None:
        """The student after `step` iterations."""

    def flush(self) -> None:
        """Write what is left."""

    def close(self) -> None:
        """The same, and no more comes."""


class Watching(Watch):
    """Hands all of it to a writer, and each step's time to `times.jsonl` beside the log."""

    def __init__(
        self,
        writer: Writer,
        folder: Path,
        done: int,
        device: torch.device,
        rate: Callable[[int], float] | None,
    ) -> None:
        """`done`: steps of earlier sittings, whose times stay; `rate`: a step's learning rate."""
        self._writer, self._device, self._rate = writer, device, rate
        self._at, self._clock = done, time.monotonic()
        self._times: list[tuple[int, float]] = []
        self._file = folder / TIMES
        write_bytes(self._file, _before(self._file, done))

    def losses(self, lines: list[dict[str, float]]) -> None:
        with self.paused():
            self._writer.give([(line["step"], self._curves(line)) for line in lines])

    def _curves(self, line: dict[str, float]) -> dict[str, float]:
        found = {f"losses/{name}": value for name, value in line.items() if name != "step"}
        return found | ({"rates/lr": self._rate(line["step"])} if self._rate else {})

    def step(self, step: int) -> None:
        """Steps that were made together share their time."""
        now = time.monotonic()
        each = (now - self._clock) / (step - self._at)
        self._times += [(made, each) for made in range(self._at, step)]
        self._at, self._clock = step, now
        if len(self._times) >= AT_ONCE:
            self.flush()

    @contextmanager
    def paused(self) -> Iterator[None]:
        began, clock = time.monotonic(), self._clock
        yield
        self._clock = clock + time.monotonic() - began  # a pause within it counts once

    @torch.no_grad()
    def show(self, step: int, student: torch.nn.Module, experiment: Experiment) -> None:
        """On the first noises of the stage `sample`."""
        with self.paused():
            from dmdrepro.watching.picture import draw_samples, most_samples

            z, labels = latents(experiment)
            z = z[: most_samples(experiment.data.shape)]
            classes = one_hot(labels, experiment.data.classes)
            classes = None if classes is None else classes[: len(z)].to(self._device)
            x = student(z.to(self._device), SIGMA_MAX, classes).float().cpu()
            self._writer.show(step, "samples/student", draw_samples(x.numpy(), z.numpy()))

    def flush(self) -> None:
        if not self._times:
            return
        with self.paused():
            lines = [json.dumps({"step": k, "seconds": round(s, 6)}) for k, s in self._times]
            with naming(self._file), self._file.open("a") as handle:
                handle.writelines(f"{line}\n" for line in lines)
            seconds = sum(s for _, s in self._times)
            values = {
                "system/steps_per_second": len(self._times) / max(seconds, 1e-9),
                "system/memory_gib": peak_gib(self._device),
            }
            self._writer.give([(self._times[-1][0], values)])
            self._times = []

    def close(self) -> None:
        self.flush()
        self._writer.close()


def _before(file: Path, done: int) -> bytes:
    """The file's lines of the steps before `done`."""
    kept = []
    for line in file.read_bytes().splitlines(keepends=True) if file.is_file() else ():
        try:
            whole = line.endswith(b"\n") and json.loads(line)["step"] < done
        except (ValueError, KeyError, TypeError):  # a kill's half line, or somebody else's
            whole = False
        kept += [line] if whole else []
    return b"".join(kept)
