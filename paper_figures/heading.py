"""The heading of a group of panels: which run, its size, its Delta_E, how well it samples."""

from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import StudentRun, attempt
from dmdrepro.paper_figures.sampler import remark
from dmdrepro.paper_figures.words import name_of, pairing_words
from dmdrepro.runs.results import Missing


def draw_heading(page: Page, run: StudentRun | Missing, title: str = "") -> None:
    """Name, details, Delta_E with its company, and a remark if the student is a poor sampler.

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
