"""The paper's twelve figures, drawn from finished runs and nothing else.

Each figure, a module or one of ROWS, has NUMBER, EXPERIMENTS (whose runs it reads), CAPTION and
`draw(results)`, of the results that dmdrepro.runs.results.open_results gives. A panel whose run is
missing says so, and why.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from dmdrepro.paper_figures import figure_04, figure_09, figure_11, figure_12
from dmdrepro.paper_figures.curves import save_curves
from dmdrepro.paper_figures.rows import ROWS, Rows, own_rows
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

Drawn = ModuleType | Rows
MODULES = (figure_04, figure_09, figure_11, figure_12)
FIGURES: dict[int, Drawn] = dict(sorted((figure.NUMBER, figure) for figure in (*ROWS, *MODULES)))


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


def save(module: Drawn, results: Results, folder: Path) -> list[Path]:
    """Draw and save one figure as PNG and PDF; returns the files."""
    return save_figure(module.draw(results), Path(folder) / stem_of(module), module, results)


def own(experiment: str, images: bool) -> Rows | None:
    """The figure of an experiment that none of the paper's figures shows; None if one does."""
    known = {name for module in FIGURES.values() for name in module.EXPERIMENTS}
    return None if experiment in known else own_rows(experiment, images)
