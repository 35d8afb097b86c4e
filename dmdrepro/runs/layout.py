"""Where the files of a run lie, and the names of those that one stage leaves and others read."""

import re
from collections.abc import Iterable
from pathlib import Path

CONFIG, RECORD, LOG = "config.json", "record.json", "log.jsonl"
TIMES = "times.jsonl"  # of steps, with --log: the log itself has no clock
CLASSIFIER = "classifier.safetensors"
PAGE = "report.html"


def seed_folder(runs: Path, size: str, seed: int) -> Path:
    """The folder of one seed at one size."""
    return runs / size / f"seed{seed}"


def known_folder(runs: Path, size: str, seed: int) -> Path:
    """The folder of the known answers, beside the experiments of that size and seed."""
    return seed_folder(runs, size, seed) / "known"


def runs_of(experiment: Path) -> Path:
    """The folder of all runs, of an experiment's or arm's folder in it."""
    return experiment.parents[min(2, len(experiment.parents) - 1)]


def snapshot_file(iterations: int) -> str:
    """The teacher's weights after so many iterations."""
    return f"snapshot-{iterations}.safetensors"


def student_file(kept: int | None = None) -> str:
    """The student's weights after all its iterations, or after `kept` of them."""
    return "student.safetensors" if kept is None else f"student-{kept}.safetensors"


def numbers_of(names: Iterable[str], prefix: str) -> list[int]:
    """The numbers in folders' names, such as 60 of `evaluate-60`, ascending.

    Only the digits that this program writes: `evaluate-060` and `evaluate-²` are somebody else's.
    """
    form = re.compile(re.escape(prefix) + "(0|[1-9][0-9]*)")
    return sorted(int(match[1]) for match in map(form.fullmatch, names) if match)
