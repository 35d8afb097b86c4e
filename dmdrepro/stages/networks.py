"""Samples of anyone's network, from a file of weights: drawn once, resumed, sealed."""

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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
NAME = 40  # letters of the file's name in the folder's


@dataclass(frozen=True)
class Settings:
    """How networks are drawn from: n unit noises z of `seed`, the same for every network."""

    n: int = 1000
    seed: int = 0
    labels: str = "drawn"
    batch: int = 64
    precision: str = "float32"

    def __post_init__(self) -> None:
        for option, value, known in (
            ("--precision", self.precision, PRECISIONS),
            ("--labels", self.labels, LABELS),
        ):
            if value not in known:
                raise RunError(f"{option} {value} is not one of {', '.join(known)}.")


class Network:
    """A network of a file, and how it is drawn from: Phi_K(sigma z), or G(sigma z; sigma).

    `student`: then one evaluation, and if there are classes a second draw for the same ones and
    fresh noise. `like`: a file whose architecture it has, if its own does not tell it. Raises
    ValueError or OSError for a file that cannot be loaded, RunError for an impossible noise level.
    """

    def __init__(
        self,
        file: Path,
        settings: Settings,
        sigma: float = SIGMA_MAX,
        steps: int = 1,
        student: bool = False,
        like: Path | None = None,
    ) -> None:
        if not 0 < sigma < float("inf"):
            raise RunError(f"--student-sigma {sigma} is not a noise level; pass 80, or SiD's 2.5.")
        self.file, self.settings, self.sigma, self.steps = file, settings, sigma, steps
        self.name = "student" if student else "teacher"
        self.denoiser = _loaded(file, like)
        if student and self.denoiser.origin.part == "real_unet":
            raise ValueError(
                f"{file} holds DMD2's teacher (real_unet); its student is the file "
                "pytorch_model.bin or model.safetensors beside it."
            )
        self.denoiser.compute_dtype = PRECISIONS[settings.precision]
        self.twice = student and self.denoiser.label_dim > 0

    def about(self) -> dict[str, object]:
        """All that the samples depend on."""
        origin, settings = self.denoiser.origin, self.settings
        return {
            "file": self.file.name,
            "sha256": origin.sha256,
            "part": origin.part,
            "sigma": self.sigma,
            "steps": self.steps,
            "second_draw": self.twice,
            **{name: getattr(settings, name) for name in Settings.__dataclass_fields__},
        }

    def stage(self, runs: Path) -> Stage:
        """The folder of its samples, named by the file and by all that they depend on."""
        key = self.about()
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:8]
        name = re.sub(r"[^A-Za-z0-9._]", "_", self.file.stem)[-NAME:]
        what = f"samples of {self.file.name}"
        return Stage(runs / "compare" / f"{name}-{digest}", key, what, runs=runs)

    @cached_property
    def latents(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """z of N(0, I), and one-hot labels or None."""
        n, classes = self.settings.n, self.denoiser.label_dim
        z, labels = unit_noise(self.denoiser, n, self.settings.seed)
        if classes and self.settings.labels == "cycled":
            labels = torch.nn.functional.one_hot(torch.arange(n) % classes, classes).float()
        return z, labels


def check_pair(teacher: Network, student: Network, say: Callable[[str], None]) -> None:
    """Raises ValueError for networks of different shapes or numbers of classes.

    `say` is told if both have the same weights.
    """
    for name in ("shape", "label_dim"):
        one, other = getattr(teacher.denoiser, name), getattr(student.denoiser, name)
        if one != other:
            raise ValueError(f"The teacher has {name} {one} and the student {other}.")
    ours, theirs = (each.denoiser.state_dict() for each in (teacher, student))
    if ours.keys() == theirs.keys() and all(torch.equal(ours[k], theirs[k]) for k in ours):
        say("Warning: teacher and student have the same weights: is it the same network twice?")


def _loaded(path: Path, like: Path | None) -> EDMDenoiser:
    """The file's network, with the architecture of `like` if the file does not tell its own."""
    try:
        try:
            return load_denoiser(path)
        except ValueError:
            if like is None:
                raise
            return load_denoiser(path, load_denoiser(like))
    except OSError as error:
        if error.errno is not None:  # the system's, which the command turns into a sentence
            raise
        raise RunError(f"{error}") from None


def draw_samples(network: Network, stage: Stage, context: Context) -> dict[str, Path]:
    """Array -> its file: `samples`, and if there are classes `labels`, of a student `second`."""

    def work(stage: Stage) -> Made:
        return _draw(network, stage, context.session), network.about()

    context.make(stage, work)
    return {file.stem: file for file in stage.folder.glob("*.npy")}


def _draw(network: Network, stage: Stage, session: Session) -> list[str]:
    z, labels = network.latents
    work = {"samples": z}
    if network.twice:
        draw = generator(network.settings.seed, "compare/second-noise")
        work["second"] = torch.randn(z.shape, generator=draw)
    state = stage.load_state()
    drawn = {} if state is None else state[1]
    total = len(z) * len(work)

    def done() -> int:
        return sum(map(len, drawn.values()))

    session.progress.begin(stage.what, total, done())
    session.in_loop = True
    saved = time.monotonic()
    network.denoiser.to(session.device)
    for name, noise in work.items():
        first = len(drawn.get(name, ()))
        rest = None if labels is None else labels[first:]
        level, batch = (network.sigma, network.steps), network.settings.batch
        parts = sampled(network.denoiser, noise[first:], *level, rest, batch, network.name)
        for part in parts:
            drawn[name] = torch.cat([drawn[name], part]) if name in drawn else part
            session.progress.update(done(), {})
            if session.stop_requested or time.monotonic() - saved >= session.save_every_s:
                stage.save_state(done(), drawn)
                saved = time.monotonic()
            if session.stop_requested:
                raise Stopped(f"{stage.what} stopped after {done():,} of {total:,}, saved")
    network.denoiser.cpu()
    arrays = drawn | ({} if labels is None else {"labels": labels.argmax(1)})
    return [write_array(stage, name, x.numpy()) for name, x in arrays.items()]
