"""The figures that are rows of panels: nine of the paper's, and a user's own."""

from collections.abc import Callable, Sequence

import numpy as np

from dmdrepro.paper_figures.cloud import draw_grid_and_pca, draw_pca_row, draw_toy_row
from dmdrepro.paper_figures.distances import draw_distance_row
from dmdrepro.paper_figures.figure import Fill, PaperFigure, remark
from dmdrepro.paper_figures.heatmap import draw_heatmaps
from dmdrepro.paper_figures.image_grid import draw_grid, draw_image_rows
from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import (
    Results,
    StudentRun,
    attempt,
    find,
    last_run,
    planned_snapshots,
    run_at,
)
from dmdrepro.paper_figures.words import iterations, name_of, pairing_words
from dmdrepro.runs.results import Missing

LENGTHS = (1024, 2048, 4096, 8192)  # the teacher iterations shown in the paper
OF_EACH = ("teacher_1", "teacher_8", "student", "nearest", "second_nearest")


def _draw_heading(page: Page, run: StudentRun | Missing, title: str = "") -> None:
    """Name, details, Delta_E with its company, and a remark if the student is far from the data.

    A `title` of its own names the teacher, and the details then do not.
    """
    named, title = bool(title), title or name_of(run.experiment)
    if isinstance(run, Missing):
        page.heading(title)
        return
    shape = attempt(run, lambda run: run.samples("teacher_8").shape[1:])
    pairing = attempt(run, lambda run: ", ".join(pairing_words(run.pairing())))
    page.heading(
        title,
        run.detail(() if isinstance(shape, Missing) else shape, teacher=not named),
        "" if isinstance(pairing, Missing) else pairing,
        f"This student is {said}." if (said := remark(run)) else "",
    )


def _below_headings(
    draw_rows: Callable[[Page, StudentRun | Missing], None], gap: float = 0.1
) -> Fill:
    """Each experiment's rows below its heading; `gap`: inches between experiments."""

    def fill(page: Page, results: Results, experiments: Sequence[str]) -> None:
        for i, experiment in enumerate(experiments):
            page.space(gap if i else 0.0)
            run = last_run(results, experiment)
            _draw_heading(page, run)
            draw_rows(page, run)

    return fill


def _heatmaps(page: Page, results: Results, experiments: Sequence[str]) -> None:
    draw_heatmaps(page, *(last_run(results, name) for name in experiments))


def _first_and_last(page: Page, results: Results, experiments: Sequence[str]) -> None:
    """Heat maps of a run's first and last snapshot."""
    result = find(results, experiments[0])
    if isinstance(result, Missing):
        draw_heatmaps(page, result, result)
        return
    runs = [run_at(result, snapshot) for snapshot in _ends(planned_snapshots(result))]
    lack = Missing(experiments[0], "this run has one teacher snapshot; a second is needed here")
    draw_heatmaps(page, *([lack] if len(runs) == 1 else []), *runs)


def _ends(snapshots: tuple[int, ...]) -> tuple[int, ...]:
    """The first, and the last if there are several."""
    return (snapshots[0], *snapshots[1:][-1:])


def _distances(page: Page, results: Results, experiments: Sequence[str]) -> None:
    runs = {name_of(name): last_run(results, name) for name in experiments}
    draw_distance_row(page, runs, gap=0.4, widest=2.4, shared=False)


def _lengths(page: Page, results: Results, experiments: Sequence[str]) -> None:
    """From up to four snapshots of the run."""
    result = find(results, experiments[0])
    if isinstance(result, Missing):
        runs = {0: result}
    else:
        runs = {s: run_at(result, s) for s in chosen(planned_snapshots(result))}
    for snapshot, run in runs.items():
        _draw_heading(page, run, _title(snapshot))
        draw_image_rows(page, run, OF_EACH)
        page.space(0.14)

    panels = {_title(snapshot, short=True): run for snapshot, run in runs.items()}
    draw_distance_row(page, panels, gap=0.3, widest=1.9, shared=True)


def chosen(snapshots: tuple[int, ...]) -> tuple[int, ...]:
    """The paper's four if the run has them, else up to four, first and last included."""
    if set(LENGTHS) <= set(snapshots):
        return LENGTHS
    if len(snapshots) <= len(LENGTHS):
        return snapshots
    places = np.rint(np.linspace(0, len(snapshots) - 1, len(LENGTHS))).astype(int)
    return tuple(snapshots[i] for i in places)


def _title(snapshot: int, short: bool = False) -> str:
    if not snapshot:  # no run, so no teacher
        return name_of("mnist")
    words = f"teacher {iterations(snapshot)}"
    return words if short else f"{name_of('mnist')}, {words}"


# fmt: off
CONDITIONAL = ("mnist-conditional", "imagenet64", "mlp-manifold")
ROWS = (
    # Section 3: copying on unconditional MNIST; section 3.3: remapping on the chessboard.
    PaperFigure(1, ("mnist",), _below_headings(draw_grid_and_pca),
        "Unconditional MNIST. Top: thirty seeds; in rows the teacher's 1-step, 8-step and 32-step "
        "samples and the one-step student. Bottom: the first 2,000 samples (all, if fewer "
        "were drawn) in the plane of the two leading principal components of the teacher's "
        "8-step samples; a seed has one colour in all panels."),
    PaperFigure(2, ("chessboard",), _below_headings(draw_toy_row),
        "Chessboard in the first two of four coordinates. From left to right: the initial noise, "
        "the teacher's 8-step and 1-step samples, the one-step student. A seed has one colour in "
        "all panels: hue from its noise's direction, strength from its length."),
    # Section 3.4: remapping beside copying, as distances.
    PaperFigure(3, ("chessboard", "mnist"), _heatmaps,
        "Squared L2 distances between the first teacher samples (horizontal; a hundred at the "
        "paper's size) and student samples (vertical), chessboard (left) and unconditional MNIST "
        "(right). Red boxes: the optimal pairing of these; the diagonal is the distillation "
        "pairing. The numbers above are of all N samples. Each panel has a colour scale of its "
        "own."),
    # Appendix A.
    PaperFigure(5, ("moons", "ring"), _below_headings(draw_toy_row),
        "Double moons (top) and a ring of Gaussians (bottom) in R^4, first two coordinates. From "
        "left to right: the initial noise, the teacher's 8-step and 1-step samples, the one-step "
        "student. A seed has one colour in all panels of its row."),
    PaperFigure(6, CONDITIONAL, _below_headings(draw_grid, gap=0.14),
        "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold. Thirty "
        "seeds with random classes; in rows the teacher's 1-step, 8-step and 32-step samples and "
        "the one-step student."),
    PaperFigure(7, CONDITIONAL, _below_headings(draw_pca_row),
        "Conditional MNIST, conditional ImageNet-64 and the conditional MLP manifold: the "
        "teacher's 8-step and 1-step samples and the student in the plane of the two leading "
        "principal components of the 8-step samples. A seed has one colour in all panels of its "
        "row."),
    PaperFigure(8, CONDITIONAL, _distances,
        "Distance of the student to the teacher's 8-step sample against that of the teacher's "
        "1-step sample, from which the student started: conditional MNIST, conditional "
        "ImageNet-64, conditional MLP manifold. Both axes are divided by the square root of the "
        "number of values in an image, and each panel has a scale of its own; on the dashed "
        "diagonal the student has come no nearer."),
    # Appendix B: longer-trained teachers are copied more.
    PaperFigure(9, ("mnist",), _lengths,
        "Unconditional MNIST, students of teachers trained for different lengths. Top: thirty "
        "seeds; in rows the teacher's 1-step and 8-step samples, the student, and the two training "
        "images nearest to the 8-step sample. Bottom: distance of the student to the 8-step sample "
        "against that of the 1-step sample, both divided by the square root of the number of "
        "pixels (1/32 for 32x32 images); on the dashed diagonal the student has come no nearer.",
        lambda result: chosen(planned_snapshots(result))),
    # The paper's caption says L2 distances; Figure 3's says squared L2.
    PaperFigure(10, ("mnist",), _first_and_last,
        "Squared L2 distances between the first teacher samples (horizontal; a hundred at the "
        "paper's size) and student samples (vertical), unconditional MNIST, for the "
        "shortest-trained (left) and the longest-trained teacher (right). Red boxes: the optimal "
        "pairing of these; the diagonal is the distillation pairing. The numbers above are of all "
        "N samples. Each panel has a colour scale of its own.",
        lambda result: _ends(planned_snapshots(result))),
)
POINTS = (
    "Noise, the teacher's 8-step and 1-step samples and the one-step student, the first two "
    "coordinates. A seed has one colour in all panels.")
IMAGES = (
    "Thirty seeds; in rows the teacher's 1-step, 8-step and 32-step samples and the one-step "
    "student. Middle: samples in the plane of the two leading principal components of Phi_8.")
DISTANCES = "Last: squared distances between teacher and student, red boxes the optimal pairing."
# fmt: on


def own_rows(experiment: str, images: bool) -> PaperFigure:
    """The figure of an experiment that the paper does not have, by the kind of its samples."""
    caption = f"{experiment}. {IMAGES if images else POINTS} {DISTANCES}"
    return PaperFigure(f"of {experiment}", (experiment,), _below_headings(_draw_own), caption)


def _draw_own(page: Page, run: StudentRun | Missing) -> None:
    """Grids of images or clouds, and a heat map."""
    shape = attempt(run, lambda run: run.samples("teacher_8").shape[1:])
    if not isinstance(shape, Missing) and len(shape) == 3:
        grey_or_colour = shape[0] in (1, 3)
        (draw_grid_and_pca if grey_or_colour else draw_pca_row)(page, run)
    elif isinstance(shape, Missing) or (len(shape) == 1 and shape[0] > 1):
        draw_toy_row(page, run)
    page.space(0.1)
    draw_heatmaps(page, run)
