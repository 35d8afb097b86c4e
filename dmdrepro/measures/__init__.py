"""What is measured of a student: one file for each thing, and the list of them.

A file has the measuring, its part of the record and that part's shape, its table, its curves, its
words. `evaluate`, the tables, the page and the figures of studies loop over MEASURES, in this
order. Modules load no torch until they measure.
"""

from __future__ import annotations

from dmdrepro.measures.boundary import BOUNDARY
from dmdrepro.measures.by_class import BY_CLASS
from dmdrepro.measures.denoiser_error import DENOISER_ERROR
from dmdrepro.measures.dm_loss import LOSS
from dmdrepro.measures.features import FEATURES
from dmdrepro.measures.measure import Measure
from dmdrepro.measures.memorisation import MEMORISATION
from dmdrepro.measures.over_n import OVER_N
from dmdrepro.measures.pairing import PAIRING
from dmdrepro.measures.quality import QUALITY
from dmdrepro.measures.teacher_map import TEACHER_MAP
from dmdrepro.measures.turn import TURN
from dmdrepro.runs.record import EVALUATION
from dmdrepro.runs.shape import Maybe, Shape, count

MEASURES: tuple[Measure, ...] = (
    PAIRING,
    QUALITY,
    TURN,
    OVER_N,
    FEATURES,
    LOSS,
    TEACHER_MAP,
    MEMORISATION,
    BOUNDARY,
    BY_CLASS,
    DENOISER_ERROR,
)


def evaluation() -> Shape:
    """What the record of an evaluation holds, every measure's part included."""
    parts = {f"{key}?": shape for each in MEASURES for key, shape in each.shape.items()}
    stop = {f"{each.key}?": Maybe(each.at_stop) for each in MEASURES if each.at_stop is not None}
    return {**EVALUATION, **parts, "along?": Maybe([{"iterations": count, **stop}])}
