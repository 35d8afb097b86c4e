"""Finished runs made of arithmetic, in the true folder layout: for the figures' tests only.

Nothing here was trained or measured: the "samples" are sines, or images that a caller gives.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from report_runs import STUDENT, finish
from scipy.optimize import linear_sum_assignment

from dmdrepro.runs.files import verify_manifest, write_json, write_manifest

TOYS = ("chessboard", "moons", "ring")
IMAGES = ("mnist", "mnist-conditional", "mlp-manifold")
ALL = (*TOYS, *IMAGES, "imagenet64")


def write_runs(runs: Path, experiments: tuple[str, ...] = ALL, **options: object) -> Path:
    """One fake run of each experiment below `runs`; the options are `write_run`'s."""
    for experiment in experiments:
        write_run(runs, experiment, **options)
    return runs


def write_run(
    runs: Path,
    experiment: str,
    *,
    size: str = "laptop",
    seed: int = 0,
    n: int = 64,
    heatmap: int = 16,
    resolution: int = 8,
    snapshots: tuple[int, ...] = (512, 3072),
    planned: tuple[int, ...] | None = None,
    iterations: int = 600,
    images: Callable[[np.random.Generator, int, int], np.ndarray] | None = None,
    phi_1: float = 0.3,
    quality: float | str | None = 1.25,
) -> Path:
    """The folders sample-*, distill-* and evaluate-* of one experiment.

    `phi_1`: of the toys, the size of Phi_1 over that of Phi_8. `quality`: the student's ratio;
    None leaves it out.
    """
    folder = runs / size / f"seed{seed}" / experiment
    if experiment != "mnist":
        snapshots = snapshots[-1:]
    config = {
        "name": experiment,
        "seed": seed,
        "size": size,
        "teacher": {"snapshots": list(planned or snapshots)},
        "distill": {"iterations": iterations},
    }
    for place, snapshot in enumerate(snapshots):
        rng = np.random.default_rng([seed, ALL.index(experiment), place])
        share = (place + 1) / len(snapshots)  # of copying: the last snapshot copies most
        if experiment in TOYS:
            samples = _toy(rng, n, 0.8, phi_1)
        else:
            channels = 3 if experiment == "imagenet64" else 1
            samples = _images(rng, n, channels, resolution, share, images)
        student = _write_student(folder / f"distill-{snapshot}", iterations, rng, share)
        hashes = _write(
            folder / f"sample-{snapshot}", samples, {"config": config}, student_weights=student
        )
        arrays, record = _evaluation(samples, heatmap, rng, experiment == "mnist")
        record |= {"experiment": experiment, "size": size, "seed": seed, "snapshot": snapshot}
        measured = {name: h for name, h in hashes.items() if name.endswith(".npy")}
        record |= {"config": config}
        if quality is not None:
            record["quality"] = {"student": {"ratio": quality}}
        _write(folder / f"evaluate-{snapshot}", arrays, record, samples=measured)
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
    rng: np.random.Generator, n: int, channels: int, size: int, share: float, images: object
) -> dict[str, np.ndarray]:
    if images is None:
        phase = rng.uniform(0, 6, (n, channels, 2, 1, 1))
        ramp = np.linspace(0, 5, size)
        eight = np.sin(phase[:, :, 0] + ramp[:, None]) * np.cos(phase[:, :, 1] + ramp)
    else:
        eight = np.repeat(images(rng, n, size), channels, axis=1)
    one = 0.3 * eight + 0.7 * eight.mean(axis=0)
    other = eight[rng.permutation(n)]
    moved = rng.random((n, 1, 1, 1)) > share
    return {
        "noise": 80 * rng.standard_normal(eight.shape),
        "teacher_1": one,
        "teacher_8": eight,
        "teacher_32": eight + 0.02 * rng.standard_normal(eight.shape),
        "student": np.where(moved, other, eight) + 0.1 * rng.standard_normal(eight.shape),
    }


def _evaluation(
    samples: dict[str, np.ndarray], heatmap: int, rng: np.random.Generator, mnist: bool
) -> tuple[dict[str, np.ndarray], dict]:
    one, eight, student = (
        samples[k].reshape(len(samples[k]), -1) for k in ("teacher_1", "teacher_8", "student")
    )
    sqdist = ((eight[:, None] - student[None]) ** 2).sum(-1) if len(eight) <= 200 else None
    k = min(heatmap, len(eight))
    small = ((eight[:k, None] - student[None, :k]) ** 2).sum(-1)
    whole = small if sqdist is None else sqdist
    rows, columns = linear_sum_assignment(whole)
    e_dt, e_ot, e_ind = np.diag(whole).mean(), whole[rows, columns].mean(), whole.mean()
    arrays = {
        "assignment": columns,
        "heatmap": small,
        "heatmap_assignment": linear_sum_assignment(small)[1],
    }
    record: dict = {
        "pairing": {
            "delta_e": e_dt / e_ot - 1,
            "e_dt": e_dt,
            "e_ot": e_ot,
            "e_ind": e_ind,
            "retention": (e_ind - e_dt) / (e_ind - e_ot),
            "delta_e_null": e_ind / e_ot - 1,
            "concordance": 1 - e_dt / (e_ind + (e_ind - e_dt) / (len(whole) - 1)),
            "n": len(whole),
        },
        "memorisation": None,
        "boundary": None,
    }
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
        interval = {"value": -0.42, "low": -0.5, "high": -0.33}
        kinds = ("", "_student", "_start", "_repaired")
        record["boundary"] = {
            "n": len(ratio), "level": 0.95, "spearman": interval,
            **{f"pearson{kind}": interval for kind in kinds},
        }  # fmt: skip
    return arrays, record


def _write(
    folder: Path, arrays: dict[str, np.ndarray], record: dict, **made_from: object
) -> dict[str, str]:
    """A stage with its record; `made_from`: the hashes its configuration holds of its inputs."""
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        kept = array if name in ("heatmap", "assignment", "heatmap_assignment") else None
        np.save(folder / f"{name}.npy", array.astype(np.float32) if kept is None else kept)
    return finish(folder, record, made_from, [f"{name}.npy" for name in arrays])


def make_agree(folder: Path, snapshot: int) -> None:
    """After a test has changed a snapshot's samples: as if they had been drawn and measured so."""
    sample, evaluate = (folder / f"{stage}-{snapshot}" for stage in ("sample", "evaluate"))
    for stage in (sample, evaluate):
        write_manifest(stage, [p.name for p in stage.iterdir() if p.name != "manifest.json"])
        hashes = verify_manifest(stage)
        if stage == sample:
            measured = {name: h for name, h in hashes.items() if name.endswith(".npy")}
            write_json(evaluate / "config.json", {"samples": measured})


def _write_student(folder: Path, iterations: int, rng: np.random.Generator, share: float) -> str:
    """The stage `distill`; returns the SHA-256 of what stands for the student's weights."""
    folder.mkdir(parents=True)
    with (folder / "log.jsonl").open("w") as handle:
        for step in range(iterations):
            line = {"step": step, "loss_fake": 1.0}
            if step % 5 == 0:
                x = step / 200
                line["loss_dm"] = share * x * np.exp(-x) * rng.uniform(0.5, 1.5)
            handle.write(json.dumps(line) + "\n")
    (folder / STUDENT).write_text(f"no weights: {folder.parent.name} {folder.name}")
    return finish(folder, {}, {}, ["log.jsonl", STUDENT])[STUDENT]
