"""Finished runs made of arithmetic, in the true folder layout: for the figures' tests only.

Nothing here was trained or measured: the "samples" are sines.
"""

from pathlib import Path

import numpy as np
from report_runs import list_again, measured, write_snapshot
from scipy.spatial.distance import cdist

from dmdrepro.metrics import pairing_inefficiency
from dmdrepro.runs.files import write_json
from dmdrepro.runs.results import Missing, Result, open_results

TOYS = ("chessboard", "moons", "ring")
IMAGES = ("mnist", "mnist-conditional", "mlp-manifold")
ALL = (*TOYS, *IMAGES, "imagenet64")


def made(runs: Path, *experiments: str, **options: object) -> dict[str, Result | Missing]:
    """The results of one fake run of each; the options are `write_run`'s."""
    for experiment in experiments:
        write_run(runs, experiment, **options)
    return open_results(runs, "laptop", 0, experiments)


def write_run(
    runs: Path,
    experiment: str,
    *,
    n: int = 64,
    heatmap: int = 16,
    resolution: int = 8,
    snapshots: tuple[int, ...] = (512, 3072),
    planned: tuple[int, ...] | None = None,
    iterations: int = 600,
    phi_1: float = 0.3,
    quality: float | str | None = 1.25,
) -> Path:
    """The folders sample-*, distill-* and evaluate-* of one experiment.

    `phi_1`: of the toys, the size of Phi_1 over that of Phi_8. `quality`: the student's ratio.
    """
    folder = runs / "laptop/seed0" / experiment
    if experiment != "mnist":
        snapshots = snapshots[-1:]
    config = {
        "name": experiment,
        "seed": 0,
        "size": "laptop",
        "teacher": {"snapshots": list(planned or snapshots)},
        "distill": {"iterations": iterations},
    }
    for place, snapshot in enumerate(snapshots):
        rng = np.random.default_rng([0, ALL.index(experiment), place])
        share = (place + 1) / len(snapshots)  # of copying: the last snapshot copies most
        if experiment in TOYS:
            samples = _toy(rng, n, 0.8, phi_1)
        else:
            channels = 3 if experiment == "imagenet64" else 1
            samples = _images(rng, (n, channels, resolution, resolution), share)
        x = np.arange(0, iterations, 5) / 200
        losses = (share * x * np.exp(-x) * rng.uniform(0.5, 1.5, len(x))).tolist()
        arrays, record = _evaluation(samples, heatmap, rng, experiment == "mnist")
        record |= {"experiment": experiment, "size": "laptop", "seed": 0, "snapshot": snapshot}
        far = quality and {"student": {"ratio": quality}, "teacher_8": {"ratio": 1.5}}
        record |= {"config": config, "quality": far}
        samples = {name: array.astype(np.float32) for name, array in samples.items()}
        write_snapshot(folder, snapshot, record, samples, arrays, losses)
    return folder


def _toy(rng: np.random.Generator, n: int, spread: float, phi_1: float) -> dict[str, np.ndarray]:
    noise = 80 * rng.standard_normal((n, 4))
    eight = 2 * np.tanh(noise / 80) + 0.05 * rng.standard_normal((n, 4))
    quarter_turn = np.stack([-eight[:, 1], eight[:, 0], eight[:, 2], eight[:, 3]], axis=1)
    return {
        "noise": noise,
        "teacher_1": phi_1 * eight,
        "teacher_8": eight,
        "teacher_32": eight * 1.01,
        "student": np.where(rng.random((n, 1)) < spread, quarter_turn, eight),
    }


def _images(
    rng: np.random.Generator, shape: tuple[int, ...], share: float
) -> dict[str, np.ndarray]:
    n, channels, size, _ = shape
    phase = rng.uniform(0, 6, (n, channels, 2, 1, 1))
    ramp = np.linspace(0, 5, size)
    eight = np.sin(phase[:, :, 0] + ramp[:, None]) * np.cos(phase[:, :, 1] + ramp)
    other = eight[rng.permutation(n)]
    moved = rng.random((n, 1, 1, 1)) > share
    return {
        "noise": 80 * rng.standard_normal(shape),
        "teacher_1": 0.3 * eight + 0.7 * eight.mean(axis=0),
        "teacher_8": eight,
        "teacher_32": eight + 0.02 * rng.standard_normal(shape),
        "student": np.where(moved, other, eight) + 0.1 * rng.standard_normal(shape),
    }


def _evaluation(
    samples: dict[str, np.ndarray], heatmap: int, rng: np.random.Generator, mnist: bool
) -> tuple[dict[str, np.ndarray], dict]:
    names = ("teacher_1", "teacher_8", "student")
    one, eight, student = (samples[name].reshape(len(samples[name]), -1) for name in names)
    few = eight[:heatmap], student[:heatmap]
    arrays = {
        "heatmap": cdist(*few, "sqeuclidean"),
        "heatmap_assignment": pairing_inefficiency(*few).assignment,
    }
    pairing = pairing_inefficiency(eight, student).to_json()
    record: dict = {"pairing": pairing, "memorisation": None, "boundary": None}
    if mnist:
        displacement = np.linalg.norm(student - eight, axis=1) - np.linalg.norm(one - eight, axis=1)
        ratio = 1 - 0.5 * rng.random(len(eight)) ** 2
        image = samples["teacher_8"][:30]
        arrays |= {
            "memorisation_ratio": ratio,
            "nearest_images": np.stack([image * 0.9, image * 0.8], axis=1),
            "mean_distance": 10 - displacement / 2 + rng.standard_normal(len(eight)),
            "displacement": displacement,
        }
        record["memorisation"] = {
            "threshold": 1 / 3,
            "fraction": float(np.mean(ratio < 1 / 3)),
            "ratio_min": float(ratio.min()),
            "ratio_median": float(np.median(ratio)),
            "n": len(ratio),
        }
        kinds = ("spearman", "pearson", "pearson_student", "pearson_start", "pearson_repaired")
        interval = {"value": -0.42, "low": -0.5, "high": -0.33}
        record["boundary"] = {"n": len(ratio), "level": 0.95, **dict.fromkeys(kinds, interval)}
    return arrays, record


def make_agree(folder: Path, snapshot: int) -> None:
    """After a test has changed a snapshot's samples: as if they had been drawn and measured so."""
    sample, evaluate = (folder / f"{stage}-{snapshot}" for stage in ("sample", "evaluate"))
    write_json(evaluate / "config.json", {"samples": measured(list_again(sample))})
    list_again(evaluate)
