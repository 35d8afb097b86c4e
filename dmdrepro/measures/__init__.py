"""What is measured of a student: one file for each thing, and the list of them.

A file has the measuring, its part of the record and that part's shape, its table, curves and words.
`evaluate`, the tables, the page and the figures of studies loop over MEASURES, in this order. No
module loads torch until it measures.
"""

from dmdrepro.experiments import ConfigError
from dmdrepro.experiments.origin import ORIGINS, Origin, note_origin
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

ANSWER = ("pairing", "quality", "turn", "features")  # keys of what the sentence is made of


def register(measure: Measure) -> Measure:
    """Add a measure of a user's own; raises ConfigError for a key that is taken."""
    global MEASURES
    if not isinstance(measure, Measure):
        raise ConfigError(f"The measure {measure!r} is not a dmdrepro.measures.measure.Measure.")
    if any(measure.key == each.key for each in MEASURES):
        raise ConfigError(f"There is a measure {measure.key!r} already; choose another key.")
    MEASURES = (*MEASURES, measure)
    note_origin("measure", measure.key)
    return measure


def origins() -> dict[str, Origin]:
    """Of the measures that files have registered: key -> the file's name and SHA-256."""
    found = {each.key: ORIGINS.get(("measure", each.key)) for each in MEASURES}
    return {key: origin for key, origin in found.items() if origin}


def evaluation() -> Shape:
    """What the record of an evaluation holds, every measure's part included."""
    shapes = [item for each in MEASURES for item in each.shape.items()]
    parts = {f"{key.removesuffix('?')}?": shape for key, shape in shapes}
    stop = {f"{each.key}?": Maybe(each.at_stop) for each in MEASURES if each.at_stop is not None}
    return {**EVALUATION, **parts, "along?": Maybe([{"iterations": count, **stop}])}
