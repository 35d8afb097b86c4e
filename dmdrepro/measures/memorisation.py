"""Memorisation: Phi_8's distance to the nearest training image over the second (Figure 12)."""

from collections.abc import Iterator

from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.students import Student, as_number, lookup
from dmdrepro.measures.table import Cell
from dmdrepro.runs.shape import Maybe, count, number

SHOWN = 30  # Figure 9 shows thirty samples with their two nearest training images
QUANTITIES = {
    "fraction": "memorised fraction",
    "ratio_min": "smallest distance ratio",
    "ratio_median": "median distance ratio",
}


def measure(of: Sampled) -> Measured | None:
    """None of data without a finite training set."""
    import numpy as np

    if (found := of.nearest) is None:
        return None
    images = of.dataset.training_set.cpu().numpy()[found.nearest[:SHOWN]]
    arrays = {"memorisation_ratio": np.asarray(found.ratio), "nearest_images": images}
    return Measured({"memorisation": found.to_json()}, arrays=arrays)


def quantities(student: Student) -> Iterator[tuple[str, Cell]]:
    """(what, value) of each number of Figure 12 that the record has."""
    threshold = as_number(lookup(student.records[0], ("memorisation", "threshold")))
    for key, what in QUANTITIES.items():
        value = student.cell("memorisation", key)
        if value is None:
            continue
        if key == "fraction" and threshold is not None:
            what = f"{what} (ratio below {threshold:.3g})"
        yield what, value


MEMORISATION = Measure(
    "memorisation",
    measure=measure,
    shape={
        "memorisation": Maybe(
            {"n?": count, **{f"{name}?": number for name in (*QUANTITIES, "threshold")}}
        )
    },
)
