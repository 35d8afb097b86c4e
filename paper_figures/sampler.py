"""Whether a student samples well enough for its figure to be held against the paper's."""

from dmdrepro.paper_figures.figure import ALL, NONE, PaperFigure
from dmdrepro.paper_figures.run import Results, StudentRun, attempt
from dmdrepro.paper_figures.words import name_of, number
from dmdrepro.runs.results import Missing

BOUND = 2.0  # quality ratio (E_OT to the data over that of other data) of a good sampler, at most


def remark(run: StudentRun | Missing) -> str:
    """Says that a student above BOUND is not a good sampler; empty for any other."""
    quality = attempt(run, lambda run: float(run.record("quality")["student"]["ratio"]))
    if isinstance(quality, Missing) or not quality > BOUND:
        return ""
    return (
        f"not a good sampler: {number(quality)} times as far from the data as other data "
        f"(at most {BOUND:g} would be good)"
    )


def caption(figure: PaperFigure, results: Results) -> str:
    """The figure's caption, and a sentence for each student in it that is not a good sampler."""
    shown, sentences = figure.STUDENTS, [figure.CAPTION]
    for name in figure.EXPERIMENTS if shown != NONE else ():
        result = results.get(name)
        if result is None or isinstance(result, Missing) or not result.snapshots:
            continue
        for snapshot in result.snapshots if shown == ALL else result.snapshots[-1:]:
            if said := remark(StudentRun(result, snapshot)):
                of = f" of the teacher at {snapshot:,} iterations" if shown == ALL else ""
                sentences.append(
                    f"{name_of(name)}: the student{of} is {said}, so it cannot stand "
                    "for the paper's student."
                )
    return " ".join(sentences)
