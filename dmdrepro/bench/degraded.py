"""What the measures of image quality say of data made worse on purpose (docs/choices.md)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from dmdrepro.experiments import build
from dmdrepro.metrics import feature_quality, sample_quality
from dmdrepro.runs.streams import generator
from dmdrepro.stages.context import Context
from dmdrepro.stages.evaluate import QUALITY_DRAWS_IMAGE
from dmdrepro.stages.features import DATA, DRAWS, disjoint_sets, make_classifier
from dmdrepro.stages.run import Run
from dmdrepro.training.classifier import load_classifier, read_digits
from dmdrepro.training.session import Session

N = 1000
COLUMNS = ("samples", "E_OT ratio", "Frechet", "sd", "precision", "recall", "read as their digit")


def degraded_rows(
    data_dir: Path | None, runs: Path, drawn: Path | None = None
) -> Iterator[tuple[str | float, ...]]:
    """A row of `COLUMNS` for each way to spoil 1,000 MNIST images of 16x16, laptop size.

    The classifier is made below `runs` where it is not there. `drawn`: the folder of a `sample`
    stage at that size, whose arrays are measured too (nan under the last column).
    """
    context, run = Context(Session(), data_dir), Run(build("mnist", "laptop"), runs)
    make_classifier(run, context)
    network = load_classifier(run.classifier_settings, run.classifier_weights()[0], "cpu")
    dataset = context.dataset(run.experiment.data)
    sets, digits = _spoilt(dataset, generator(0, "bench/degraded"))
    if drawn is not None:
        arrays = {
            "Phi_1": "teacher_1",
            "Phi_8": "teacher_8",
            "Phi_32": "teacher_32",
            "G": "student",
        }
        sets |= {k: torch.from_numpy(np.load(drawn / f"{v}.npy"))[:N] for k, v in arrays.items()}
    read = {name: read_digits(network, x) for name, x in sets.items()}
    draws = list(disjoint_sets(dataset.training_set, N, DRAWS, 0, DATA))
    ratios = sample_quality(sets, draws[:QUALITY_DRAWS_IMAGE])
    pairs = [(read_digits(network, a)[0], read_digits(network, b)[0]) for a, b in draws]
    found = feature_quality({name: features for name, (features, _) in read.items()}, pairs)
    for name, (_, named) in read.items():
        f = found[name]
        share = float((named == digits[name]).double().mean()) if name in digits else float("nan")
        measured = (f.frechet_squared, f.frechet_squared_sd, f.precision, f.recall, share)
        yield (name, ratios[name].ratio, *measured)


def _spoilt(dataset, draw: torch.Generator) -> tuple[dict, dict]:
    """Name -> images [N, 1, R, R], and name -> the digits that they are made from."""
    images, labels = dataset.training_set, dataset.labels
    order = torch.randperm(len(images), generator=draw)
    x, y = images[order[:N]], labels[order[:N]]
    noise = torch.randn(x.shape, generator=draw)
    low = order[labels[order] < 5][:N]
    mean = images.mean(0)
    sets = {
        "other data": x,
        "blurred, sd 0.5 pixels": _blur(x, 0.5),
        "blurred, sd 1 pixel": _blur(x, 1.0),
        "drawn a quarter towards the mean image": x.lerp(mean, 0.25),
        "the mean image, always": mean.expand_as(x),
        "noise of sd 0.1": x + 0.1 * noise,
        "noise of sd 0.3": x + 0.3 * noise,
        "pure noise of sd 0.5": 0.5 * noise,
        "digits 0 to 4 only": images[low],
        "100 images, ten times each": x[:100].repeat(10, 1, 1, 1),
    }
    digits = {name: y for name in list(sets)[:7] if name != "the mean image, always"}
    digits |= {"digits 0 to 4 only": labels[low], "100 images, ten times each": y[:100].repeat(10)}
    return sets, digits


def _blur(x: torch.Tensor, sd: float) -> torch.Tensor:
    """Gaussian blur of [N, 1, R, R]; black (-1) beyond the edge."""
    at = torch.arange(-4, 5, dtype=x.dtype)
    weights = torch.exp(-0.5 * (at / sd) ** 2)
    weights /= weights.sum()
    padded = F.pad(x, (4, 4, 4, 4), value=-1.0)
    rows = F.conv2d(padded, weights.view(1, 1, 9, 1))
    return F.conv2d(rows, weights.view(1, 1, 1, 9))
