"""Samples of anyone's teacher and student, from files of weights: drawn once, resumed, sealed."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from dmdrepro.comparison.draw import sampled
from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.models.edm import EDMDenoiser
from dmdrepro.pretrained.load import load_denoiser, unit_noise
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.sample import write_array
from dmdrepro.training.session import Session

PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16}
LABELS = ("drawn", "cycled")  # by the seed; class 0, 1, 2, ... and again from 0
ESTIMATED = 60.0  # seconds left, from which on an estimate is said
NAME = 32  # letters of a file in the folder's name


@dataclass(frozen=True)
class Draw:
    """What is drawn: Phi_K(80 z) and G(sigma z; sigma) of n unit noises z."""

    teacher: Path
    student: Path
    like: Path | None = None  # a file whose architecture the two have, if theirs cannot be told
    steps: int = 8  # K
    student_sigma: float = SIGMA_MAX
    n: int = 1000
    seed: int = 0
    labels: str = "drawn"
    batch: int = 64
    precision: str = "float32"


class Networks:
    """The two networks of a draw, loaded; raises ValueError or OSError for what does not fit."""

    def __init__(self, draw: Draw) -> None:
        like = None if draw.like is None else load_denoiser(draw.like)
        self.draw = draw
        self.teacher = _loaded(draw.teacher, like)
        self.student = _loaded(draw.student, like)
        for name in ("shape", "label_dim"):
            one, other = getattr(self.teacher, name), getattr(self.student, name)
            if one != other:
                raise ValueError(f"The teacher has {name} {one} and the student {other}.")
        for network in (self.teacher, self.student):
            network.compute_dtype = PRECISIONS[draw.precision]

    def about(self) -> dict[str, object]:
        """All that the samples depend on, for the record."""
        draw = self.draw
        facts = {
            who: {"file": path.name, "sha256": network.origin.sha256, "part": network.origin.part}
            for who, path, network in (
                ("teacher", draw.teacher, self.teacher),
                ("student", draw.student, self.student),
            )
        }
        names = ("steps", "student_sigma", "n", "seed", "labels", "batch", "precision")
        return facts | {name: getattr(draw, name) for name in names}

    def stage(self, runs: Path) -> Stage:
        """The folder of the samples: named by the files and by all that they depend on."""
        key = self.about()
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:8]
        files = self.draw.teacher, self.draw.student
        names = [re.sub(r"[^A-Za-z0-9._]", "_", path.stem)[-NAME:] for path in files]
        folder = runs / "compare" / "-".join([*names, digest])
        return Stage(folder, key, "samples", runs=runs)

    def latents(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """z of N(0, I), and one-hot labels or None."""
        z, labels = unit_noise(self.teacher, self.draw.n, self.draw.seed)
        if labels is not None and self.draw.labels == "cycled":
            numbers = torch.arange(self.draw.n) % self.teacher.label_dim
            labels = torch.nn.functional.one_hot(numbers, self.teacher.label_dim).float()
        return z, labels


def _loaded(path: Path, like: EDMDenoiser | None) -> EDMDenoiser:
    """Its own architecture if the file tells it, else that of `like`."""
    try:
        return load_denoiser(path)
    except ValueError:
        if like is None:
            raise
        return load_denoiser(path, like)


def draw_samples(networks: Networks, stage: Stage, context: Context) -> bool:
    """teacher.npy, student.npy and noise.npy; if there are classes labels.npy, second_student.npy.

    The second draw of the student is for the same classes and fresh noise. True where something
    was drawn.
    """

    def work(stage: Stage) -> Made:
        return _draw(networks, stage, context.session), networks.about()

    return context.make(stage, work)


def _draw(networks: Networks, stage: Stage, session: Session) -> list[str]:
    draw = networks.draw
    z, labels = networks.latents()
    work = {
        "teacher": (networks.teacher, z, SIGMA_MAX, draw.steps),
        "student": (networks.student, z, draw.student_sigma, 1),
    }
    if labels is not None:
        fresh = torch.randn(z.shape, generator=generator(draw.seed, "compare/second-noise"))
        work["second_student"] = networks.student, fresh, draw.student_sigma, 1
    state = stage.load_state()
    drawn = {} if state is None else state[1]
    cost = {name: 2 * steps - 1 for name, (*_, steps) in work.items()}  # evaluations a sample

    def done() -> int:
        return sum(cost[name] * len(x) for name, x in drawn.items())

    total = len(z) * sum(cost.values())
    session.progress.begin(stage.what, total, done())
    session.in_loop = True
    clock = _Clock(session, stage, total, done())
    for name, (network, noise, sigma, steps) in work.items():
        first = len(drawn.get(name, ()))
        network.to(session.device)
        rest = None if labels is None else labels[first:]
        for part in sampled(network, noise[first:], sigma, steps, rest, draw.batch, name):
            drawn[name] = torch.cat([drawn[name], part]) if name in drawn else part
            clock.tell(done(), drawn)
        network.cpu()
    arrays = {"noise": z, **drawn}
    if labels is not None:
        arrays["labels"] = labels.argmax(1)
    return [write_array(stage, name, x.numpy()) for name, x in arrays.items()]


class _Clock:
    """After each batch: shows it, estimates, saves when it is time, stops when asked to."""

    def __init__(self, session: Session, stage: Stage, total: int, done: int) -> None:
        self._session, self._stage, self._total, self._first = session, stage, total, done
        self._start = self._saved = time.monotonic()
        self._said = False

    def tell(self, done: int, drawn: dict[str, torch.Tensor]) -> None:
        session, now = self._session, time.monotonic()
        session.progress.update(done, {})
        left = (now - self._start) / (done - self._first) * (self._total - done)
        if not self._said and left > ESTIMATED:
            session.say(f"About {left / 60:.0f} min for {self._total - done:,} evaluations.")
        self._said = True
        if session.stop_requested or now - self._saved >= session.save_every_s:
            self._stage.save_state(done, drawn)
            self._saved = time.monotonic()
        if session.stop_requested:
            raise Stopped(f"{self._stage.what} stopped after {done:,} of {self._total:,}, saved")


def check_draw(draw: Draw) -> None:
    """Raises RunError for a precision or a way of labels that there is not."""
    for option, value, known in (
        ("--precision", draw.precision, PRECISIONS),
        ("--labels", draw.labels, LABELS),
    ):
        if value not in known:
            raise RunError(f"{option} {value} is none of {', '.join(known)}.")
    if not draw.student_sigma > 0 or draw.student_sigma == float("inf"):
        raise RunError(f"--student-sigma {draw.student_sigma} is no noise level; pass 80, or 2.5.")
