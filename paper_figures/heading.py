"""The heading of a group of panels: which run, at what size, its Delta_E, how well it samples."""

from __future__ import annotations

from dmdrepro.paper_figures.page import Page
from dmdrepro.paper_figures.run import StudentRun, attempt, heading_of
from dmdrepro.paper_figures.sampler import remark
from dmdrepro.paper_figures.words import pairing_words
from dmdrepro.runs.results import Missing


def draw_heading(page: Page, run: StudentRun | Missing, title: str = "") -> None:
    """Name, details and, if recorded, Delta_E with retention, null and concordance.

    A student that is not a good sampler is named as such.

    A `title` of its own names the teacher, and the details then do not.
    """
    named, title = bool(title), title or heading_of(run)
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
