"""Clouds of points in the plane, each seed in the same colour in every panel."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from dmdrepro.paper_figures.colours import noise_colours, plane_colours
from dmdrepro.paper_figures.image_grid import draw_grid
from dmdrepro.paper_figures.inset import draw_inset, scatter
from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import EDGE, Page
from dmdrepro.paper_figures.pca import fit_plane
from dmdrepro.paper_figures.run import StudentRun, attempt
from dmdrepro.paper_figures.style import BODY, INK, SMALL, SOFT
from dmdrepro.paper_figures.words import SYMBOLS
from dmdrepro.runs.results import Missing

_LEFT, _GAP, _BELOW, _ABOVE = 0.36, 0.22, 0.22, 0.17  # inches

TOY_PANELS = ("noise", "teacher_8", "teacher_1", "student")
PCA_PANELS = ("teacher_8", "teacher_1", "student")


def draw_toy_row(page: Page, run: StudentRun | Missing) -> None:
    """Noise, teacher (8 steps, 1 step), student: two coordinates each, colour from the noise."""
    if (read := _samples(page, run, TOY_PANELS)) is None:
        return
    colours = noise_colours(read["noise"])
    planes = {name: x.reshape(len(x), -1)[:, :2] for name, x in read.items()}
    reach = 1.12 * np.abs(planes["teacher_8"]).max()
    far = 1.05 * np.abs(planes["noise"]).max()
    page.space(_ABOVE)
    for axes, name in zip(page.row(len(planes), left=_LEFT, gap=_GAP), planes, strict=True):
        limit = far if name == "noise" else reach
        _draw_cloud(axes, planes[name], colours, (-limit, limit), (-limit, limit), SYMBOLS[name])
        axes.locator_params(nbins=4)
        if name != "noise":
            draw_inset(axes, planes[name], colours)
    page.space(0.2)


def draw_grid_and_pca(page: Page, run: StudentRun | Missing) -> None:
    """The images above the clouds."""
    draw_grid(page, run)
    page.space(0.1)
    draw_pca_row(page, run)


def draw_pca_row(page: Page, run: StudentRun | Missing) -> None:
    """Teacher (8 steps, 1 step) and student in the PCA plane of the teacher's 8-step samples."""
    if read := _samples(page, run, PCA_PANELS):
        draw_plane_row(page, {SYMBOLS[name]: x for name, x in read.items()})


def draw_plane_row(page: Page, sets: Mapping[str, np.ndarray]) -> None:
    """Title -> samples [N, ...], in the PCA plane of the first ones, whose seeds have colours."""
    plane = fit_plane(next(iter(sets.values())))
    clouds = {title: plane.project(x) for title, x in sets.items()}
    teacher = next(iter(clouds.values()))
    colours = plane_colours(teacher)
    low, high = teacher.min(axis=0), teacher.max(axis=0)
    edge = 0.06 * np.maximum(high - low, 1e-12)
    x_limits, y_limits = zip(low - edge, high + edge, strict=True)
    page.space(_ABOVE)
    row = page.row(len(clouds), left=_LEFT, gap=_GAP, height=1.62)
    for axes, (title, points) in zip(row, clouds.items(), strict=True):
        _draw_cloud(axes, points, colours, x_limits, y_limits, title)
        axes.set(xticks=[], yticks=[])
        axes.set_xlabel(f"component 1 ({plane.explained[0]:.0%} of variance)", fontsize=SMALL)
    row[0].set_ylabel(f"component 2 ({plane.explained[1]:.0%})", fontsize=SMALL)
    page.space(_BELOW)


def _draw_cloud(
    axes: Axes,
    points: np.ndarray,
    colours: np.ndarray,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    title: str,
) -> None:
    """Points [N, 2] in their colours; says how many lie outside the limits."""
    scatter(axes, points, colours)
    axes.set(xlim=x_limits, ylim=y_limits)
    axes.set_title(title, fontsize=BODY, color=INK, pad=3)
    limits = np.array([x_limits, y_limits])
    outside = int(np.any((points < limits[:, 0]) | (points > limits[:, 1]), axis=1).sum())
    if outside:
        axes.text(
            0.98, 0.98, f"{outside} outside", transform=axes.transAxes, ha="right", va="top",
            fontsize=SMALL, color=SOFT,
        )  # fmt: skip


def _samples(
    page: Page, run: StudentRun | Missing, names: Sequence[str]
) -> dict[str, np.ndarray] | None:
    """The samples by their names; if there are none, a wide panel says why."""
    read = attempt(run, lambda run: {name: run.samples(name) for name in names})
    if not isinstance(read, Missing):
        return read
    draw_missing(page.axes(_LEFT, page.width - _LEFT - EDGE, 0.85), read, named=False)
    page.space(0.85 + 0.08)
    return None
