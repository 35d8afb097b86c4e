"""Stage `evaluate`: Delta_E and its company, sample quality, memorisation, the boundary effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from dmdrepro.diffusion import SIGMA_MAX
from dmdrepro.kernels import pairwise_sqdist
from dmdrepro.metrics import (
    denoiser_error,
    memorisation_ratio,
    pairing_inefficiency,
    pairing_of_sets,
    sample_quality,
    turn_of,
)
from dmdrepro.metrics.watch import News, Watch
from dmdrepro.runs.checkpoint import load_tensors
from dmdrepro.runs.divergence import divergence
from dmdrepro.runs.errors import RunError, Stopped
from dmdrepro.runs.layout import RECORD
from dmdrepro.runs.record import EVALUATION
from dmdrepro.runs.shape import read_shaped
from dmdrepro.runs.stage import Stage
from dmdrepro.runs.streams import generator
from dmdrepro.stages.boundary import measure_boundary
from dmdrepro.stages.context import Context, Made
from dmdrepro.stages.features import disjoint_sets, measure_features
from dmdrepro.stages.nulls import read_nulls
from dmdrepro.stages.run import Run
from dmdrepro.stages.sample import TEACHER_STEPS, student_array, write_array
from dmdrepro.training.build import build_denoiser

NEIGHBOURS_SHOWN = 30  # Figure 9 shows thirty samples with their two nearest training images
ERROR_SIGMAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 80.0)
ERROR_SAMPLES = 4096
# One draw of 1,000 toy data leaves E_OT(data, data) uncertain by a quarter, of images by a percent.
QUALITY_DRAWS_TOY, QUALITY_DRAWS_IMAGE = 8, 2
DATA = "evaluate/data"  # the random stream of these


def make_evaluation(run: Run, snapshot: int, context: Context) -> bool:
    """True where something was made; raises RunError where samples or classifier are not done."""

    def work(stage: Stage) -> Made:
        try:
            return _evaluate(run, snapshot, stage, context)
        except ValueError as error:  # samples that no metric is defined for
            raise RunError(f"{stage.what} cannot be measured: {error}") from None

    stage = run.evaluate(snapshot)
    made = context.make(stage, work)
    if words := divergence(read_shaped(stage.folder / RECORD, EVALUATION)):
        context.say(f"{stage.what}: diverged: {words}; left out of tables, means and figures")
    return made


def _evaluate(run: Run, snapshot: int, stage: Stage, context: Context) -> Made:
    experiment, device = run.experiment, context.session.device
    dataset = context.dataset(experiment.data)
    n = experiment.sampling.pairing
    folder = run.sample(snapshot).folder
    kept = {student_array(it): it for it in experiment.distill.kept}
    names = ("noise", *TEACHER_STEPS, *kept, "student")
    everything = {
        name: torch.from_numpy(np.load(folder / f"{name}.npy", allow_pickle=False)).to(device)
        for name in names
    }
    samples = {name: drawn[:n] for name, drawn in everything.items()}
    teacher_1, teacher_8, student = samples["teacher_1"], samples["teacher_8"], samples["student"]
    # Second draws of what the teacher's samples are compared with.
    nulls = read_nulls(run, snapshot, ["teacher_1", *kept, "student"], device)
    progress = context.session.progress
    curve = experiment.sampling.curve
    parts = 3 + len(curve) + (dataset.training_set is not None)
    steps = iter(range(1, parts + 1))
    progress.begin(stage.what, parts, 0)

    def stop_if_asked() -> None:
        if context.session.stop_requested:
            raise Stopped(f"{stage.what} stopped; it starts again from the samples")

    def tick() -> None:
        progress.update(next(steps), {})
        stop_if_asked()

    def watch(news: News) -> None:
        stop_if_asked()
        progress.note(news.what if news.share is None else f"{news.what}, {news.share:.0%} done")

    context.session.in_loop = True
    last = nulls.of("student", n)
    pairing = pairing_inefficiency(teacher_8, student, watch=watch, **last)
    for sentence in pairing.warnings:
        context.say(f"Warning: {stage.what}: {sentence}")
    untrained = pairing_inefficiency(teacher_8, teacher_1, watch=watch, **nulls.of("teacher_1", n))
    fine = pairing_inefficiency(samples["teacher_32"], student, watch=watch, **last)
    # Is the teacher's own map an optimal transport? The noise as N(0, I): its scale moves Delta_E
    # but neither the assignment nor the retention. Phi_8 has no second draw.
    unit_noise, own = samples.pop("noise") / SIGMA_MAX, nulls.of_classes(slice(n))
    teacher_map = pairing_inefficiency(unit_noise, teacher_8, watch=watch, **own)
    teacher_map = replace(teacher_map, warnings=())  # noise need not look like samples
    heatmap, heatmap_assignment = _heatmap(teacher_8, student, experiment.sampling.heatmap)
    files = [
        write_array(stage, "assignment", pairing.assignment),
        write_array(stage, "heatmap", heatmap),
        write_array(stage, "heatmap_assignment", heatmap_assignment),
    ]
    tick()
    draws = _data_draws(run, dataset, n)
    quality = _quality(samples, draws, watch)
    features = measure_features(run, snapshot, samples, context)
    tick()
    along = [
        {
            "iterations": iterations,
            "pairing": pairing_inefficiency(
                teacher_8, samples[name], watch=watch, **nulls.of(name, n)
            ).to_json(),
            "quality": quality.pop(name),
            "features": None if features is None else features.pop(name),
            "turn": _turn(teacher_8, samples[name]),
        }
        for name, iterations in kept.items()
    ]
    tick()
    over_n = []
    maps = everything["teacher_8"], everything["student"]
    for size in curve:
        sets, shared = experiment.sampling.sets, nulls.of_classes()
        over_n.append(pairing_of_sets(*maps, size, sets, watch=watch, **shared))
        tick()
    memorisation = mean_distance = None
    if dataset.training_set is not None:
        nearest = memorisation_ratio(teacher_8, dataset.training_set.to(device))
        tick()
        memorisation = nearest.to_json()
        shown = nearest.nearest[:NEIGHBOURS_SHOWN]
        files += [
            write_array(stage, "memorisation_ratio", np.asarray(nearest.ratio)),
            write_array(stage, "nearest_images", dataset.training_set.cpu().numpy()[shown]),
        ]
        mean_distance = nearest.mean_distance
    boundary, arrays = measure_boundary(run, snapshot, samples, mean_distance, context)
    files += [write_array(stage, name, array) for name, array in arrays.items()]
    error = _teacher_error(run, snapshot, dataset, context)
    record = {
        "experiment": experiment.name,
        "size": experiment.size,
        "seed": experiment.seed,
        "snapshot": snapshot,
        "stage": "evaluate",
        "pairing": pairing.to_json(),
        "pairing_untrained": untrained.to_json(),
        "pairing_phi_32": fine.to_json(),
        "teacher_map": teacher_map.to_json(),
        "turn": _turn(teacher_8, student),
        "quality": quality,
        "data_spread": _spread([data for data, _ in draws]),
        "features": features,
        "along": along,
        "over_n": over_n,
        "memorisation": memorisation,
        "boundary": boundary,
        "denoiser_error": error,
        "config": experiment.as_dict(),
    }
    return files, record


def _heatmap(teacher: torch.Tensor, student: torch.Tensor, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances [n, n] of the first n pairs and their own optimal assignment [n]."""
    distances = pairwise_sqdist(teacher[:n].flatten(1), student[:n].flatten(1))
    return distances.cpu().numpy(), pairing_inefficiency(teacher[:n], student[:n]).assignment


def _turn(teacher: torch.Tensor, student: torch.Tensor) -> dict | None:
    """Of a toy, none of which has classes; images have no two coordinates that belong together."""
    return turn_of(teacher, student).to_json() if teacher.ndim == 2 else None


def _data_draws(run: Run, dataset, n: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Pairs of independent sets of n data; within a pair disjoint where the data set is finite."""
    draws = QUALITY_DRAWS_TOY if len(dataset.shape) == 1 else QUALITY_DRAWS_IMAGE
    seed, pairs = run.experiment.seed, []
    if dataset.training_set is not None:
        return list(disjoint_sets(dataset.training_set.cpu(), n, draws, seed, DATA))
    for number in range(draws):
        both = dataset.sample(2 * n, generator(seed, DATA, number))[0]
        pairs.append((both[:n], both[n:]))
    return pairs


def _spread(draws: list[torch.Tensor]) -> float:
    """The data's mean squared distance from their mean, which tells samples that diverged."""
    x = torch.cat(draws).flatten(1).double()
    return float((x - x.mean(0)).square().sum(1).mean())


def _quality(samples: dict[str, torch.Tensor], draws: list, watch: Watch) -> dict:
    device = samples["student"].device
    moved = [(data.to(device), reference.to(device)) for data, reference in draws]
    return {name: found.to_json() for name, found in sample_quality(samples, moved, watch).items()}


def _teacher_error(run: Run, snapshot: int, dataset, context: Context) -> dict | None:
    """The teacher's error against the exact denoiser, where the data set has one."""
    exact = run.experiment.distill.real_score == "exact"  # which has no error
    if exact or dataset.denoise is None:
        return None
    denoiser = build_denoiser(run.experiment, context.session.device).eval()
    denoiser.load_state_dict(load_tensors(run.teacher_weights(snapshot)[0]))
    draw = generator(run.experiment.seed, "evaluate/denoiser", 0, context.session.device)
    dataset = dataset.to(context.session.device)
    return denoiser_error(denoiser, dataset, ERROR_SIGMAS, ERROR_SAMPLES, draw)
