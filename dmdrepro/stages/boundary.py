"""What `evaluate` measures of the boundary effect, for all samples and by class (Figure 11)."""

from __future__ import annotations

import numpy as np
import torch

from dmdrepro.metrics import boundary_by_class, boundary_effect, memorisation_ratio
from dmdrepro.runs.streams import generator
from dmdrepro.stages.context import Context
from dmdrepro.stages.run import Run
from dmdrepro.training.classifier import load_classifier, read_digits

# Data that D(z) is a mean over where the law has classes and no finite training set (the MLP
# manifold): twenty thousand images of 32 x 32 take 80 MB.
DRAWS = 20_000


def measure_boundary(
    run: Run,
    snapshot: int,
    samples: dict[str, torch.Tensor],
    mean_distance: np.ndarray | None,
    context: Context,
) -> tuple[dict | None, dict[str, np.ndarray]]:
    """The record's part and its arrays [N]: `mean_distance`, `displacement`.

    `samples`: at least teacher_1, teacher_8 and student [N, ...]. `mean_distance` [N]: of each
    Phi_8(z) to the training set; None where there is none, which leaves D(z) to draws of the data
    where they have classes, and else nothing to measure. A student that is still Phi_1 has
    displacement 0 everywhere, and no correlation.
    """
    teacher_1, teacher_8, student = (samples[k] for k in ("teacher_1", "teacher_8", "student"))
    data = "the training set"
    if mean_distance is None:
        if not run.experiment.data.classes:
            return None, {}
        dataset = context.dataset(run.experiment.data)
        draw = generator(run.experiment.seed, "evaluate/boundary", 0)
        drawn = dataset.sample(DRAWS, draw)[0].to(teacher_8.device)
        mean_distance = memorisation_ratio(teacher_8, drawn).mean_distance
        data = f"{DRAWS:,} draws of the data"
    arrays = {"mean_distance": np.asarray(mean_distance)}
    if torch.equal(student, teacher_1):
        return None, arrays
    found = _classes(run, snapshot, teacher_8, context)
    # Where both networks were told the class, an independent student has it too.
    told = found[0] if run.experiment.data.classes else None
    effect = boundary_effect(teacher_1, teacher_8, student, mean_distance, told)
    arrays["displacement"] = effect.displacement
    record = {**effect.to_json(), "distance_to": data}
    if told is not None:
        record["repaired"] = "class"  # else among all noises
    if found is not None:
        classes, source = found
        by_class = boundary_by_class(teacher_1, teacher_8, student, mean_distance, classes)
        record |= {"classes": source, **by_class.to_json()}
    return record, arrays


def _classes(
    run: Run, snapshot: int, teacher_8: torch.Tensor, context: Context
) -> tuple[np.ndarray, dict] | None:
    """(class numbers [N] of the noises, whose they are), or None where nothing tells them.

    The class that was asked for; where none was, the digit that the classifier sees in Phi_8(z).
    """
    if run.experiment.data.classes:
        file = run.sample(snapshot).folder / "labels.npy"
        return np.load(file, allow_pickle=False)[: len(teacher_8)], {"from": "labels"}
    settings = run.classifier_settings
    if settings is None:
        return None
    weights, digest = run.classifier_weights()
    network = load_classifier(settings, weights, context.session.device)
    digits = read_digits(network, teacher_8)[1].cpu().numpy()
    return digits, {"from": "classifier", "sha256": digest}
