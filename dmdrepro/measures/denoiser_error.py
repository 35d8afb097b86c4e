"""The trained teacher against the exact denoiser, of data that have one, by noise level."""

from collections.abc import Sequence

from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.students import PLACE, Student, as_number, lookup
from dmdrepro.measures.table import SEVERAL_SEEDS, Table, over_seeds, seed_words
from dmdrepro.runs.shape import Maybe, finite, number

SIGMAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 80.0)
SAMPLES = 4096
ERRORS = {"relative_error": "loss over the best loss", "relative_to_signal": "error over signal"}


def measure(of: Sampled) -> Measured | None:
    """None for an exact teacher, and for data whose exact denoiser is not known."""
    from dmdrepro.metrics import denoiser_error

    if of.teacher is None or not of.experiment.data.exact:
        return None
    draw = of.draw("denoiser", device=of.device)
    dataset = of.dataset.to(of.device)
    found = denoiser_error(of.teacher(), dataset, SIGMAS, SAMPLES, draw)
    return Measured({"denoiser_error": found})


def table(students: Sequence[Student]) -> Table:
    """Two rows a teacher, a column for each noise level."""
    known = [s for s in students if lookup(s.records[0], ("denoiser_error", "sigma"))]
    levels = sorted({sigma for s in known for sigma in s.records[0]["denoiser_error"]["sigma"]})
    rows = []
    for student in known:
        errors = [record.get("denoiser_error") or {} for record in student.records]
        for key, what in ERRORS.items():
            pairs = ((error.get("sigma", ()), error.get(key, ())) for error in errors)
            curves = [dict(zip(*pair, strict=False)) for pair in pairs]
            cells = [over_seeds([as_number(c.get(level)) for c in curves]) for level in levels]
            rows.append((*student.place, what, *cells, seed_words(student.seeds)))
    columns = (*PLACE, "quantity", *(f"sigma {level:g}" for level in levels), "seeds")
    notes = (
        "D* is the exact denoiser. Loss over the best loss: E|D - D*|^2 / E|x0 - D*|^2, the "
        "relative excess of the denoising loss over the smallest possible one. Error over signal: "
        "Var(D - D*) / Var(D*). Above 1 the teacher's output varies more with its error than with "
        "its input. At sigma 80 that output is the student's start. Not in the paper.",
        SEVERAL_SEEDS,
    )
    title = "Teachers against the exact denoiser"
    return Table("teacher_error", title, columns, tuple(rows), notes)


DENOISER_ERROR = Measure(
    "denoiser_error",
    measure=measure,
    shape={
        "denoiser_error": Maybe({"sigma": [finite], **{f"{name}?": [number] for name in ERRORS}})
    },
    table=table,
)
