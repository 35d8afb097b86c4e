"""Stage `classifier`, and what `evaluate` measures of MNIST's samples by its features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from dmdrepro.metrics import feature_quality
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.layout import RECORD
from dmdrepro.runs.record import CLASSIFIER
from dmdrepro.runs.shape import read_shaped
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.run import Run
from dmdrepro.training.classifier import load_classifier, read_digits, train_classifier

DATA = "evaluate/features"  # the random stream of the data
DRAWS = 5  # of data; each costs a twentieth of a second for each set, E_OT ten times that


def make_classifier(run: Run, context: Context) -> bool:
    """True where something was made; raises RunError for data that have no classifier."""
    stage = run.classifier()
    if stage is None:
        raise RunError(f"{run.experiment.name} is not MNIST: it has no classifier.")

    def work(stage: Stage) -> Made:
        dataset = context.dataset(run.experiment.data)
        return train_classifier(run.classifier_settings, dataset, stage, context.session)

    return context.make(stage, work)


def measure_features(
    run: Run, snapshot: int, samples: dict[str, torch.Tensor], context: Context
) -> dict | None:
    """Frechet distance, precision and recall of each named set [N, ...], and of other data.

    None where the data are not MNIST. Where the students are conditional, each set also has
    `agreement`: the share of its samples that the classifier takes for the class asked for.
    Raises RunError where the classifier is not done.
    """
    settings = run.classifier_settings
    if settings is None:
        return None
    weights, digest = run.classifier_weights()
    network = load_classifier(settings, weights, context.session.device)
    read = {name: read_digits(network, x) for name, x in samples.items()}
    n = len(samples["student"])
    images = context.dataset(run.experiment.data).training_set
    draws = [
        tuple(read_digits(network, x.to(context.session.device))[0] for x in pair)
        for pair in disjoint_sets(images, n, DRAWS, run.experiment.seed, DATA)
    ]
    found = feature_quality({name: features for name, (features, _) in read.items()}, draws)
    record = {name: values.to_json() for name, values in found.items()}
    if run.experiment.data.classes:
        asked = np.load(run.sample(snapshot).folder / "labels.npy", allow_pickle=False)[:n]
        for name, (_, digits) in read.items():
            record[name]["agreement"] = float((digits.cpu().numpy() == asked).mean())
    accuracy = read_shaped(weights.with_name(RECORD), CLASSIFIER)["accuracy"]
    about = {"sha256": digest, "accuracy": accuracy}
    return {**record, "classifier": about, "n": n, "draws": DRAWS}


def disjoint_sets(
    images: torch.Tensor, n: int, draws: int, seed: int, stream: str
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Pairs of disjoint sets of n of the images [M, ...], M >= 2 n, chosen by seed and stream."""
    for number in range(draws):
        order = torch.randperm(len(images), generator=generator(seed, stream, number))
        yield images[order[:n]], images[order[n : 2 * n]]
