"""Teacher and student as clouds of points, each seed in one colour, for the page's first screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmdrepro.runs.results import Missing, Result

if TYPE_CHECKING:
    import numpy as np

    from dmdrepro.paper_figures.run import StudentRun

SHOWN = ("chessboard", "mnist")
POINTS = 500  # of each panel
SIDE = 100  # of the drawing; the page scales it
TOY = 2  # coordinates of a toy that are shown; of images the two principal components


@dataclass(frozen=True)
class Clouds:
    """One experiment's teacher and student."""

    name: str
    panels: list[tuple[str, list[tuple[float, float, str]]]]  # title; x, y and colour of its points
    axes: str


def draw_clouds(firsts: dict[str, Result | Missing]) -> list[Clouds]:
    """The clouds of each experiment in SHOWN whose samples were kept, of its last teacher."""
    from dmdrepro.paper_figures.run import attempt, last_run

    read = [attempt(last_run(firsts, name), _clouds) for name in SHOWN]
    return [found for found in read if isinstance(found, Clouds)]


def _clouds(run: StudentRun) -> Clouds:
    import numpy as np

    from dmdrepro.paper_figures.colours import noise_colours, plane_colours
    from dmdrepro.paper_figures.pca import fit_plane

    noise, teacher, student = (run.samples(name) for name in ("noise", "teacher_8", "student"))
    if teacher.ndim == 2:
        colours, axes = noise_colours(noise), "The first two coordinates."
        both = [samples[:, :TOY].astype(np.float64) for samples in (teacher, student)]
    else:
        plane = fit_plane(teacher)
        both = [plane.project(samples) for samples in (teacher, student)]
        colours, axes = plane_colours(both[0]), "The teacher's two principal components."
    reach = 1.1 * np.abs(both[0] - both[0].mean(axis=0)).max()
    low = both[0].mean(axis=0) - reach
    titles = ("teacher, eight steps", "student, one step")
    panels = [
        (title, _points((points - low) * SIDE / (2 * reach or 1.0), colours))
        for title, points in zip(titles, both, strict=True)
    ]
    return Clouds(run.experiment, panels, axes)


def _points(places: np.ndarray, colours: np.ndarray) -> list[tuple[float, float, str]]:
    """The points inside the drawing; y runs downwards."""
    found = []
    for (x, y), rgb in zip(places[:POINTS], colours, strict=False):
        if 0 <= x <= SIDE and 0 <= y <= SIDE:
            code = "".join(f"{round(255 * float(part)):02x}" for part in rgb)
            found.append((round(float(x), 1), round(SIDE - float(y), 1), f"#{code}"))
    return found
