"""Whether a run's samples have left the data altogether: read off an evaluation's record."""

import math
from collections.abc import Iterator, Mapping

# Samples further from the data than so many times the data's spread have diverged. A student that
# is merely bad stays far below: a constant one, at the data's mean, is 1 away, noise of the images'
# range 2 to 3, the furthest of over 1,300 in docs/published 1.5. A training that diverges goes
# on by orders of magnitude.
LIMIT = 10.0


def divergence(record: Mapping) -> str:
    """What has diverged, and how far, as the end of a sentence; "" if nothing has.

    It looks at the student, at its end and on the way, and at the teacher's Phi_1 and Phi_8. How
    far: the root of E_OT(samples, data) over the data's spread, both mean squared distances. The
    spread is the record's `data_spread`; older records have none, so it is D sigma_data^2 in D
    dimensions, what the networks assume. "" too if a record says too little.
    """
    spread = _spread(record)
    if spread is None:
        return ""
    for who, quality in _sets(record):
        e_ot = quality.get("e_ot") if isinstance(quality, Mapping) else None
        far = math.inf if e_ot in ("inf", "nan") else 0.0
        far = math.sqrt(e_ot / spread) if isinstance(e_ot, int | float) else far
        if far > LIMIT:
            return f"{who} are {far:.2g} times the data's spread from the data, over {LIMIT:g}"
    return ""


def _sets(record: Mapping) -> Iterator[tuple[str, object]]:
    """(whose samples, their quality)."""
    quality = record.get("quality") or {}
    yield "its samples", quality.get("student")
    for stop in record.get("along") or ():
        yield f"its samples after {stop['iterations']:,} iterations", stop.get("quality")
    yield "its teacher's samples Phi_8", quality.get("teacher_8")
    yield "its teacher's samples Phi_1", quality.get("teacher_1")


def _spread(record: Mapping) -> float | None:
    """The data's mean squared distance from their mean."""
    recorded = record.get("data_spread")
    if isinstance(recorded, int | float) and recorded > 0:
        return float(recorded)
    config = record.get("config") or {}
    data, sigma = config.get("data") or {}, config.get("sigma_data")
    dimension = data.get("ambient_dim") or data.get("resolution", 0) ** 2
    return dimension * sigma**2 if dimension and sigma else None
