"""Where the files of a run lie, and the names of those that one stage leaves and others read."""

from __future__ import annotations

from pathlib import Path

CONFIG, RECORD, LOG = "config.json", "record.json", "log.jsonl"
CLASSIFIER = "classifier.safetensors"


def seed_folder(runs: Path, size: str, seed: int) -> Path:
    """Of all that belongs to one seed at one size."""
    return runs / size / f"seed{seed}"


def snapshot_file(iterations: int) -> str:
    """The teacher's weights after so many iterations."""
    return f"snapshot-{iterations}.safetensors"


def student_file(kept: int | None = None) -> str:
    """The student's weights after all its iterations, or after `kept` of them."""
    return "student.safetensors" if kept is None else f"student-{kept}.safetensors"
