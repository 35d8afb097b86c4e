"""How far the student is from its teacher's sample, against how far it was at the start."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import Page, panel_title, title_height
from dmdrepro.paper_figures.run import StudentRun, attempt
from dmdrepro.paper_figures.style import BLUE, SMALL, SOFT
from dmdrepro.paper_figures.words import pairing_words
from dmdrepro.runs.results import Missing


@dataclass(frozen=True)
class FromTeacher:
    """How far Phi_1 and G are from Phi_8, over the root of the number of values in a sample."""

    untrained: np.ndarray  # [N], ||Phi_1 - Phi_8||
    student: np.ndarray  # [N], ||G - Phi_8||
    shape: tuple[int, ...]  # of one sample

    @property
    def scale_words(self) -> str:
        """The factor of the axes: 1/32 for images of 32 x 32 x 1, as in the paper."""
        root = int(np.sqrt(np.prod(self.shape)))
        if root * root == np.prod(self.shape):
            return f"1/{root}"
        return rf"1/$\sqrt{{{np.prod(self.shape)}}}$"


def read_distances(run: StudentRun) -> FromTeacher:
    """Raises Unavailable if samples are missing."""
    one, eight, student = (
        run.samples(name).astype(np.float64) for name in ("teacher_1", "teacher_8", "student")
    )
    root = np.sqrt(eight[0].size)
    norms = [
        np.linalg.norm((x - eight).reshape(len(eight), -1), axis=1) / root for x in (one, student)
    ]
    return FromTeacher(*norms, eight.shape[1:])


def draw_distance_row(
    page: Page, runs: dict[str, StudentRun | Missing], *, gap: float, widest: float, shared: bool
) -> None:
    """One square panel for each titled run, on one scale if it is `shared`."""
    page.space(title_height(5))
    row = page.row(len(runs), left=0.45, gap=gap, widest=widest)
    page.space(0.36)
    read = [attempt(run, read_distances) for run in runs.values()]
    reaches = [
        0.0 if isinstance(d, Missing) else float(max(d.untrained.max(), d.student.max()))
        for d in read
    ]
    drawn = 0
    for axes, (title, run), distances, reach in zip(row, runs.items(), read, reaches, strict=True):
        if isinstance(distances, Missing):
            draw_missing(axes, distances)
            continue
        draw_distances(axes, distances, (max(reaches) if shared else reach) or 1.0)
        pairing = attempt(run, lambda run: pairing_words(run.pairing()))
        results = () if isinstance(pairing, Missing) else pairing
        below = f"{np.mean(distances.student < distances.untrained):.0%} below the diagonal"
        panel_title(axes, title, run.size_words, below, results=results)
        if not drawn:
            axes.set_ylabel(r"$\|G(z)-\Phi_8(z)\|$, same scale", fontsize=SMALL)
        drawn += 1


def draw_distances(axes: Axes, distances: FromTeacher, reach: float) -> None:
    """Scatter on square axes up to `reach`; below the dashed diagonal the student came nearer."""
    n = len(distances.student)
    size = float(np.clip(4000 / n, 2.0, 12.0))
    limit = 1.08 * reach
    axes.plot([0, limit], [0, limit], "--", color=SOFT, lw=0.6, zorder=1)
    axes.scatter(
        distances.untrained, distances.student, s=size, color=BLUE, alpha=0.45, linewidths=0,
        rasterized=True, zorder=2,
    )  # fmt: skip
    axes.set(xlim=(0, limit), ylim=(0, limit))
    axes.locator_params(nbins=4)
    axes.set_xlabel(rf"$\|\Phi_1(z)-\Phi_8(z)\|$, times {distances.scale_words}", fontsize=SMALL)
