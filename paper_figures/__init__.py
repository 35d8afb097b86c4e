"""The paper's twelve figures, drawn from finished runs and nothing else.

Each is a `PaperFigure` (figure.py), drawn from what dmdrepro.runs.results.open_results gives. A
panel whose run is missing says so, and why.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from dmdrepro.paper_figures.curves import save_curves
from dmdrepro.paper_figures.dm_loss import DM_LOSS
from dmdrepro.paper_figures.figure import PaperFigure, caption
from dmdrepro.paper_figures.one_panel import BOUNDARY, MEMORISATION
from dmdrepro.paper_figures.rows import ROWS, own_rows
from dmdrepro.paper_figures.run import Results, Unavailable
from dmdrepro.paper_figures.saving import kept_png, save

__all__ = [
    "FIGURES", "Unavailable", "caption", "kept_png", "own", "save", "save_all", "save_curves",
]  # fmt: skip

_EVERY = (*ROWS, DM_LOSS, BOUNDARY, MEMORISATION)
FIGURES: dict[int, PaperFigure] = {f.number: f for f in sorted(_EVERY, key=lambda f: f.number)}


def save_all(
    results: Results,
    folder: Path,
    only: Iterable[int] | None = None,
    at: Callable[[int], None] = lambda count: None,
) -> list[Path]:
    """Draw and save the figures numbered in `only` (all without it) as PNG and PDF.

    `at` is told before each which one of them it is, from 1 on. Returns the files, in order.
    """
    files: list[Path] = []
    for count, n in enumerate(FIGURES if only is None else only, 1):
        at(count)
        files += save(FIGURES[n], results, folder)
    return files


def own(experiment: str, images: bool) -> PaperFigure | None:
    """The figure of an experiment that none of the paper's figures shows; None if one does."""
    known = {name for figure in FIGURES.values() for name in figure.experiments}
    return None if experiment in known else own_rows(experiment, images)
