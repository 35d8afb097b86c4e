"""Is the teacher's own map, from noise to Phi_8, an optimal transport?"""

from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.pairing import SHAPE, numbers
from dmdrepro.runs.shape import Maybe


def measure(of: Sampled) -> Measured:
    """The noise as N(0, I) against Phi_8; its scale moves Delta_E, but not the retention."""
    from dmdrepro.diffusion import SIGMA_MAX
    from dmdrepro.metrics import pairing_inefficiency

    pair = of.samples["noise"] / SIGMA_MAX, of.samples["teacher_8"]
    found = pairing_inefficiency(*pair, watch=of.watch, **of.null_of("teacher_8"))
    return Measured({"teacher_map": numbers(found)})


TEACHER_MAP = Measure(
    "teacher_map",
    measure=measure,
    shape={"teacher_map": Maybe(SHAPE)},
    columns={
        "retention of the teacher's map": lambda student: student.cell("teacher_map", "retention")
    },
)
