"""The paper's twelve figures, one module each, drawn from finished runs and nothing else.

Each module has NUMBER, EXPERIMENTS (whose runs it reads), CAPTION and `draw(results)`; `results`
are those of dmdrepro.runs.results.open_results. A panel whose run is missing says so, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from dmdrepro.paper_figures.curves import save_curves
from dmdrepro.paper_figures.own import Own
from dmdrepro.paper_figures.run import Results, Unavailable
from dmdrepro.paper_figures.sampler import caption
from dmdrepro.paper_figures.saving import kept_png, save_figure, stem_of

__all__ = [
    "FIGURES",
    "Unavailable",
    "caption",
    "kept_png",
    "own",
    "save",
    "save_all",
    "save_curves",
]

FIGURES: dict[int, ModuleType] = {
    number: import_module(f"{__name__}.figure_{number:02d}") for number in range(1, 13)
}


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


def save(module: ModuleType | Own, results: Results, folder: Path) -> list[Path]:
    """Draw and save one figure as PNG and PDF; returns the files."""
    return save_figure(module.draw(results), Path(folder) / stem_of(module), module, results)


def own(experiment: str, images: bool) -> Own | None:
    """The figure of an experiment that none of the paper's figures shows; None if one does."""
    known = {name for module in FIGURES.values() for name in module.EXPERIMENTS}
    return None if experiment in known else Own(experiment, images)
