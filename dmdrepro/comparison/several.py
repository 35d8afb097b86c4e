"""Several comparisons side by side: a table, and how much each student keeps as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from dmdrepro.comparison.found import Found
from dmdrepro.measures.table import Band, Cell, Table
from dmdrepro.paper_figures.page import EDGE, Page
from dmdrepro.paper_figures.style import BLUE, COLOURS, SMALL, SOFT, styled

COLUMNS = (
    *("student", "teacher", "path", "seed", "N", "Delta_E", "null"),
    *("retention", "concordance", "answer"),
)
ESSENTIAL = ("student", "Delta_E", "null", "retention", "answer")
NOTES = (
    "Brackets: 95% intervals from disjoint subsets of the samples: what other noise would give.",
    "Null: Delta_E of an independent pairing; of class-conditional networks a second draw of the "
    "student for the same classes.",
    "Path: the sum of the learning rates of the student's updates, if published; the paper's "
    "images have 0.02.",
)
LEFT, ROW = 1.6, 0.24  # inches: the students' names, and of each


@dataclass(frozen=True)
class Row:
    """One student that was compared."""

    student: str
    teacher: str
    path: float | None
    seed: int
    found: Found


def several_table(name: str, title: str, rows: Sequence[Row], notes: Sequence[str] = ()) -> Table:
    """A row a student; `notes`: of those that were not compared."""
    cells = tuple(
        (
            *(row.student, row.teacher, row.path, row.seed, row.found.n),
            *(row.found.delta_e, row.found.delta_e_null),
            *(_banded(row.found, quantity) for quantity in ("retention", "concordance")),
            row.found.answer,
        )
        for row in rows
    )
    return Table(name, title, COLUMNS, cells, (*NOTES, *notes), essential=ESSENTIAL)


@styled
def several_figure(title: str, rows: Sequence[Row]) -> Figure:
    """Retention and concordance of each student, with their intervals."""
    page = Page()
    page.heading(title)
    height = ROW * len(rows) + 0.1
    axes = page.axes(LEFT, page.width - LEFT - EDGE, height)
    for shift, quantity, colour in ((-0.12, "retention", BLUE), (0.12, "concordance", COLOURS[1])):
        for place, row in enumerate(rows):
            band = _banded(row.found, quantity)
            low, high = (band.low, band.high) if isinstance(band, Band) else (band, band)
            at = place + shift
            axes.plot([low, high], [at, at], color=colour, lw=1.0)
            label = quantity if place == 0 else None
            axes.plot(getattr(row.found, quantity), at, "o", ms=3.2, color=colour, label=label)
    for level in (0.0, 1.0):
        axes.axvline(level, color=SOFT, lw=0.5, ls=":")
    axes.set_yticks(range(len(rows)), [row.student for row in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="1: kept, 0: independent")
    axes.legend(fontsize=SMALL, loc="upper left", bbox_to_anchor=(0, -0.35 / height), ncols=2)
    page.space(height + 0.62)
    return page.figure()


def _banded(found: Found, quantity: str) -> Cell:
    value = getattr(found, quantity)
    return value if found.interval is None else Band(value, *getattr(found.interval, quantity))
