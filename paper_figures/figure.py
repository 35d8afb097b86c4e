"""What a figure is, and its caption, which says if its students' samples are far from the data.

A figure of such students cannot be held against the paper's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import Results, StudentRun, attempt, find, run_at
from dmdrepro.paper_figures.style import PAGE, styled
from dmdrepro.paper_figures.words import name_of, number
from dmdrepro.runs.results import Missing, Result

BOUND = 2.0  # quality ratio (E_OT to the data over that of other data) that goes unsaid, at most
Students = Callable[[Result], Sequence[int]]  # teacher iterations of the students that are shown
Fill = Callable[[Page, Results, Sequence[str]], None]


def longest(result: Result) -> Sequence[int]:
    """The longest-trained teacher's student alone."""
    return result.snapshots[-1:]


def none(result: Result) -> Sequence[int]:
    """No student."""
    return ()


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the paper, or of an experiment that the paper does not have."""

    number: int | str  # `of <experiment>`, if the paper has none
    experiments: tuple[str, ...]
    fill: Fill  # draws the experiments' results below what is on the page
    caption: str
    students: Students = longest  # that the caption speaks of
    width: float = PAGE  # inches

    @property
    def stem(self) -> str:
        """Of its files: `figure_02`, or `figure_of_<experiment>`."""
        if isinstance(self.number, int):
            return f"figure_{self.number:02d}"
        return f"figure_{self.number.replace(' ', '_', 1)}"

    @styled
    def draw(self, results: Results) -> Figure:
        """A panel whose run is missing says so."""
        page = Page(self.width)
        self.fill(page, results, self.experiments)
        return page.figure()


def remark(run: StudentRun | Missing) -> str:
    """How far a student above BOUND is from the data, and its teacher; empty for any other."""
    quality = attempt(run, lambda run: run.record("quality"))
    if isinstance(quality, Missing):
        return ""
    student, teacher = (float(quality[who]["ratio"]) for who in ("student", "teacher_8"))
    if not student > BOUND:
        return ""
    return (
        f"{number(student)} times as far from the data as other data "
        f"(its teacher: {number(teacher)} times)"
    )


def caption(figure: PaperFigure, results: Results) -> str:
    """The figure's caption, and a sentence for each student in it that is far from the data."""
    sentences = [figure.caption]
    for name in figure.experiments:
        result = find(results, name)
        shown = () if isinstance(result, Missing) else figure.students(result)
        for snapshot in shown:
            if said := remark(run_at(result, snapshot)):
                of = f" of the teacher at {snapshot:,} iterations" if len(shown) > 1 else ""
                sentences.append(
                    f"{name_of(name)}: the student{of} is {said}, so it cannot stand "
                    "for the paper's student."
                )
    return " ".join(sentences)
