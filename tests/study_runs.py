"""Finished arms of studies, with numbers that a test gives."""

from pathlib import Path

from report_runs import PAIRING, write_run

from dmdrepro.experiments import STUDIES, Arm, Study

QUALITY = {name: {"ratio": 1.5} for name in ("student", "teacher_1", "teacher_8")}


def write_arm(
    runs: Path, study: Study, arm: Arm, seed: int, retention: float, **parts: dict | None
) -> Path:
    """An arm with one student kept after 100 iterations, of that retention; returns its folder."""
    pairing = PAIRING | {"retention": retention, "delta_e": 1.0, "delta_e_null": 4.0}
    point = {"iterations": 100, "pairing": pairing, "quality": {"ratio": 2.0}}
    parts = {"along": [point], "teacher_map": PAIRING, "quality": QUALITY} | parts
    here = runs / "arm"  # the experiment's own folder may be there
    folder = write_run(
        here, study.experiment, (4000,), size=study.size, seed=seed, settings=dict(arm.settings),
        **parts,
    )  # fmt: skip
    target = runs / study.size / f"seed{seed}" / f"{study.experiment}@{arm.name}"
    target.parent.mkdir(parents=True, exist_ok=True)
    return folder.rename(target)


def write_study(runs: Path, name: str, seeds: tuple[int, ...] = (0, 1)) -> Path:
    """All arms of a study, each 0.1 less retentive than the one before; returns `runs`."""
    study = STUDIES[name]
    for seed in seeds:
        for place, arm in enumerate(study.arms):
            write_arm(runs, study, arm, seed, 0.9 - place / 10 - seed / 100)
    return runs
