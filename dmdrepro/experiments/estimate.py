"""What a stage will cost, from its configuration: a model, not a measurement.

Operations are counted from the network's layers; a device does so many a second, and each step has
a fixed cost. A CPU's numbers were fitted to the published runs, on one core each (a test compares
them); a GPU's are not measured, and the program says so.
"""

import math
from dataclasses import dataclass

from dmdrepro.experiments.config import Experiment
from dmdrepro.settings import ConfigError


@dataclass(frozen=True)
class Speed:
    """FLOP/s sustained, and seconds that a step costs whatever its size: (toys, images)."""

    flops: tuple[float, float]
    step_s: tuple[float, float]
    measured: bool
    reduced: float = 1e9  # bytes/s of gradients summed over ranks; a guess


CPU = Speed(flops=(75e9, 56e9), step_s=(0.0015, 0.0015), measured=True)
# An eager iteration launches some 140 operations of a toy's and 4,000 of the U-Net's.
# These numbers do not count on CUDA graphs, which are launched as one.
GPU = Speed(flops=(50e12, 100e12), step_s=(0.001, 0.017), measured=False, reduced=1e11)
KEPT = 0.2  # of the activations with checkpointing: each block's input, and the block at work


@dataclass(frozen=True)
class Estimate:
    """One stage's cost: seconds, peak bytes of memory, of disk left behind, of saved states."""

    seconds: float
    memory: float
    disk: float
    states: float = 0.0


STATES = 3  # saved states on the disk at once


def estimate(
    experiment: Experiment, stage: str, *, gpu: bool, ranks: int = 1, checkpointed: bool = False
) -> Estimate:
    """The cost of one stage (for one snapshot); a classifier's if the data have one.

    `ranks`: processes that share a training's batch; the memory is each one's. `checkpointed`:
    activations are computed again in the backward pass.
    """
    data, speed, kind = experiment.data, GPU if gpu else CPU, experiment.images
    net = experiment.model.cost(data.shape, data.classes)
    weights = 4.0 * net.parameters
    values = 4.0 * math.prod(data.shape)
    n = experiment.sampling.total

    def passes(count: float, steps: float) -> float:
        """Seconds for `count` forward passes of one sample in `steps` steps."""
        return count * net.flops / speed.flops[kind] + steps * speed.step_s[kind]

    def trained(count: float, steps: float, gradients: float) -> float:
        """Seconds of a training, which sums so many gradients over its ranks."""
        summed = gradients * 2 * weights / speed.reduced if ranks > 1 else 0.0
        return passes(count / ranks, steps) + summed

    def memory(networks: int, optimised: int, batch: int) -> float:
        """Bytes of a step: weights, moments, gradients found and clipped, a CUDA graph's copies.

        Several ranks sum their gradients in one piece.
        """
        kept = net.activations * (KEPT if checkpointed else 1)
        work = (2 + (ranks > 1)) * weights + 8 * batch / ranks * kept
        states = (networks + 2 * optimised) * weights
        return states + work + gpu * (work + 2 * 3 * optimised * weights)

    if stage == "teacher" and not data.sampled:  # imported: read, checked and written
        return Estimate(weights / 1e8, 4 * weights, weights)
    if stage == "teacher":
        t = experiment.teacher
        steps = t.snapshots[-1]
        seconds = trained((3.0 + checkpointed) * t.batch * steps, steps, steps)
        # The network, its mean and its two moments.
        states = STATES * 4 * weights
        return Estimate(seconds, memory(2, 1, t.batch), weights * len(t.snapshots), states)
    if stage == "distill":
        d = experiment.distill
        # Fake score 3, images 1, and once in student_every: student's backward 2, two scores 2.
        its, updates = d.iterations, 1 / d.student_every
        count = 4.0 + 4.0 * updates + checkpointed * (1 + updates)
        if d.regression_weight:  # Phi_8 at each of the student's updates
            count += 15.0 * updates
        averaged, head = d.average_from > 0, 4.0 * _head(experiment) if d.gan else 0.0
        return Estimate(
            trained(count * d.batch * its, 1.5 * its, (1 + updates) * its),
            memory(3 + averaged, 2, d.batch) + 5 * head,
            weights * (1 + len(d.kept)),
            # Student, fake score and head, each with two moments, and the student's mean.
            STATES * ((6 + averaged) * weights + 3 * head),
        )
    if stage == "sample":
        # Phi_1, Phi_8 and G of all; Phi_32, and students kept on the way, of the first alone. If
        # there are classes, of those also a second draw: Phi_1, all students and the noise.
        s, kept = experiment.sampling, len(experiment.distill.kept)
        second = 2 + kept if data.classes else 0
        drawn = (3 * n + s.finest + (kept + second) * s.pairing) * values
        calls = 17.0 * n + 63.0 * s.finest
        return Estimate(
            passes(calls + (kept + second) * s.pairing, calls / s.batch),
            weights + 4 * s.batch * net.activations,
            (n + (second > 0) * s.pairing) * values + drawn,
            STATES * drawn,
        )
    if stage == "classifier":
        c, held = experiment.classifier, data.training_size * values
        count = 3.0 * c.batch * c.iterations + c.held_out
        seconds = count * c.flops / speed.flops[1] + c.iterations * speed.step_s[0]
        parameters = 4.0 * c.parameters
        disk, states = parameters + 60 * c.iterations, STATES * 3 * parameters
        return Estimate(seconds, 3 * held + 4e5 * c.width, disk, states)
    return _evaluate(experiment, values)


def _head(experiment: Experiment) -> int:
    """Parameters of the adversarial loss's head; raises ConfigError if it cannot be built."""
    import torch

    from dmdrepro.models.gan_head import GanHead

    data = experiment.data
    try:
        with torch.device("meta"):
            head = GanHead(experiment.model.network(data.shape, data.classes).feature_shape)
    except (AttributeError, ValueError) as error:  # a user's network
        raise ConfigError(
            f"distill.gan: {experiment.name}'s network has no head: {error}"
        ) from None
    return sum(parameter.numel() for parameter in head.parameters())


def _evaluate(experiment: Experiment, values: float) -> Estimate:
    """Optimal assignments, and of MNIST distances and features; `values`: bytes of one sample."""
    s, kept = experiment.sampling, len(experiment.distill.kept)
    toy = not experiment.images
    # Of data, which all samples and other data are compared with.
    draws = (8 if toy else 2) * experiment.data.sampled
    solved = [s.pairing] * (4 + kept + draws * (5 + kept))
    solved += [size for size in s.curve for _ in range(min(s.sets, s.total // size))]
    pairs = sum(size**2 for size in solved)
    data = experiment.data.training_size * values
    seconds = 1.0 + pairs * (2.4e-7 if toy else 1.1e-7) + data * 6e-8
    return Estimate(seconds, 3 * 8.0 * max(solved) ** 2 + 3 * data, s.pairing * 64 + 2e5)
