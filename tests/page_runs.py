"""Pages of finished runs whose numbers a test gives."""

from __future__ import annotations

from pathlib import Path

from page_reader import Element, check_page
from report_runs import PAIRING, write_run

from dmdrepro.report import all_seeds, open_studies, report_page, tables_of

LOSSES = [0.0, 1.0, 3.0, 2.0, 1.0, 0.5]


def kept(*points: tuple[int, float, float]) -> dict:
    """Parts of a record with students kept at (iterations, Delta_E, retention)."""
    return {
        "along": [
            {
                "iterations": iterations,
                "pairing": {**PAIRING, "delta_e": delta_e, "retention": retention},
                "quality": {"ratio": 3.0},
            }
            for iterations, delta_e, retention in points
        ],
        "quality": {
            "n": 1000,
            "teacher_1": {"ratio": 9.0},
            "student": {"ratio": 1.5},
            "teacher_8": {"ratio": 1.1},
        },
    }


def page_of(runs: Path, size: str = "laptop", pictures=(), not_run=None) -> Element:
    """The checked page of seed 0."""
    results = all_seeds(runs, size, 0)
    tables = tables_of(results, size, not_run=not_run)
    studies = open_studies(runs, size, 0)
    return check_page(report_page(results, tables, pictures, size, 0, studies))


def section(page: Element, name: str) -> Element:
    """One experiment's section."""
    return next(s for s in page.all("section") if s.attributes["id"] == f"experiment-{name}")


def write_runs(runs: Path) -> Path:
    """Chessboard with two seeds and kept students, MNIST with two teachers."""
    for seed, delta_e in ((0, 0.75), (1, 0.875)):
        parts = kept((50, delta_e, 0.625), (500, 0.5, 0.25))
        write_run(runs, "chessboard", (4000,), seed=seed, losses=LOSSES, **parts)
    write_run(runs, "mnist", (512, 3072), losses=LOSSES, **kept((50, 0.25, 0.9)))
    return runs
