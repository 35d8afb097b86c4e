"""A distillation iteration against a plain eager loop of the same work, trick by trick."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import torch

from dmdrepro import kernels
from dmdrepro.bench.plain import plain_iteration
from dmdrepro.bench.timing import medians
from dmdrepro.experiments import Experiment, build, nearest
from dmdrepro.runs.errors import RunError
from dmdrepro.training.device import seconds
from dmdrepro.training.draws import Draws
from dmdrepro.training.engine import Engine
from dmdrepro.training.step import Step
from dmdrepro.training.trial import student_work

PLAIN = "plain eager loop"
CANNOT = RunError, torch.OutOfMemoryError  # of a way that this device or this torch does not have
TIMED = ("chessboard", "mnist")
WARM_UP_BLOCKS = 5

Prepare = Callable[[Step], Callable[[Sequence], object]]


class Runner:
    """Iterations of one experiment, executed one way, from freshly initialised networks."""

    def __init__(
        self, experiment: Experiment, device: torch.device, prepare: Prepare | None
    ) -> None:
        """`prepare`: an engine's or a session's; None: the plain loop."""
        step, inputs, self._every = student_work(experiment, device)
        self._device = device
        plain = prepare is None
        self._blocks = _plain(step, experiment, device) if plain else map(prepare(step), inputs)

    def seconds(self, blocks: int) -> float:
        """Of one iteration, over so many blocks of `student_every`."""
        made = seconds(lambda: [next(self._blocks) for _ in range(blocks)], self._device)
        return made / (blocks * self._every)

    def first_seconds(self) -> float:
        """Of the warm-up blocks, in which compilers and graphs are made."""
        return WARM_UP_BLOCKS * self._every * self.seconds(WARM_UP_BLOCKS)


def _plain(nets: Step, experiment: Experiment, device: torch.device) -> Iterator[object]:
    draws, every = Draws(experiment, 0, experiment.data, device), experiment.distill.student_every
    for first in itertools.count(0, every):
        with kernels.use("reference"):  # torch's own operations, on a GPU too
            done = [plain_iteration(nets, draws, it) for it in range(first, first + every)]
        yield done


def ways(experiment: Experiment, device: torch.device) -> dict[str, tuple[Experiment, Engine]]:
    """What is compared with the plain loop, each trick alone and then together."""
    images = experiment.images
    low = replace(experiment, precision="bfloat16")
    found = {"eager": (experiment, Engine())}
    if images:
        found["channels-last"] = (experiment, Engine(channels_last=True))
    found["compiled"] = (experiment, Engine(compiled=True))
    if experiment.precision == "float32":
        found["bfloat16"] = (low, Engine())
        found["compiled+bfloat16"] = (low, Engine(compiled=True, channels_last=images))
    if device.type == "cuda":
        found["graphs"] = (experiment, Engine(graphs=True))
        if images:
            found["graphs+channels-last"] = (experiment, Engine(graphs=True, channels_last=True))
        together = Engine(compiled=True, graphs=True, channels_last=images)
        found[str(together).replace(",", "+")] = (experiment, together)
    return found


def step_size(device: torch.device, *, quick: bool) -> str:
    """The size whose steps are timed."""
    return "smoke" if quick else "paper" if device.type == "cuda" else "laptop"


def step_rows(
    device: torch.device, *, quick: bool, say: Callable[[str], None], only: Sequence[str] = ()
) -> Iterator[tuple[str, float, str, float, float]]:
    """Rows for a toy and for MNIST: each way and the plain loop in turns, medians.

    The fifth number: seconds of the warm-up, in which compilers and graphs are made, which the
    others leave out. `only`: some of EXPERIMENT and EXPERIMENT:WAY; none: all, if quick the eager
    way. `say` is told of a way that cannot be measured. Raises RunError for an unknown one.
    """
    blocks, turns = (1, 1) if quick else (4, 7)
    for name, way in _chosen(device, quick, only):
        experiment = build(name, step_size(device, quick=quick))
        changed, engine = ways(experiment, device)[way]
        label = f"distillation iteration, {name}, size {experiment.size}: {way}"
        plain, ours = Runner(experiment, device, None), Runner(changed, device, engine.prepare)
        try:
            plain.seconds(1)
            first_s = ours.first_seconds()
        except CANNOT as error:
            say(f"{label}: not measured: {error}")
            continue
        ours_s, plain_s = medians(
            (ours.seconds(blocks), plain.seconds(blocks)) for _ in range(turns)
        )
        yield label, ours_s, PLAIN, plain_s, first_s


def _chosen(device: torch.device, quick: bool, only: Sequence[str]) -> list[tuple[str, str]]:
    size = step_size(device, quick=quick)
    known = [(name, way) for name in TIMED for way in ways(build(name, size), device)]
    names = [*TIMED, *(":".join(pair) for pair in known)]
    for words in only:
        if words not in names:
            raise RunError(f"--only steps:{words}: no such step here; {nearest(words, names)}")
    if not only:
        return [(name, way) for name, way in known if way == "eager" or not quick]
    return [(name, way) for name, way in known if name in only or f"{name}:{way}" in only]
