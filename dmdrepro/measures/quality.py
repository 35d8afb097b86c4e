"""Sample quality: E_OT to the data over that of other data."""

from collections.abc import Mapping

from dmdrepro.measures.measure import Measure, Measured, Quantity, Sampled
from dmdrepro.measures.students import lookup
from dmdrepro.runs.shape import Maybe, count, finite, number

# One draw of 1,000 toy data leaves E_OT(data, data) uncertain by a quarter, of images by a percent.
DRAWS_TOY, DRAWS_IMAGE = 8, 2
SETS = ("student", "teacher_1", "teacher_8", "teacher_32")
SHAPE = {
    "n?": count,
    "draws?": count,
    **{f"{name}?": number for name in ("e_ot", "e_ot_data", "e_ot_sd", "ratio")},
}


def measure(of: Sampled) -> Measured | None:
    """Of every set of samples; None if there are no data.

    `data_spread`, the data's mean squared distance from their mean, tells samples that diverged.
    """
    import torch

    from dmdrepro.metrics import sample_quality

    if not of.dataset.sampled:
        return None
    pairs = list(of.data_pairs(DRAWS_TOY if len(of.dataset.shape) == 1 else DRAWS_IMAGE, "data"))
    moved = [(data.to(of.device), reference.to(of.device)) for data, reference in pairs]

    def quality(sets: Mapping) -> dict:
        return {k: one.to_json() for k, one in sample_quality(sets, moved, of.watch).items()}

    last = {name: x for name, x in of.sets.items() if name not in of.kept}
    kept = {name: x for name, x in of.sets.items() if name in of.kept}
    x = torch.cat([data for data, _ in pairs]).flatten(1).double()
    spread = float((x - x.mean(0)).square().sum(1).mean())
    return Measured(
        {"quality": quality(last), "data_spread": spread}, lambda: quality(kept) if kept else {}
    )


def _teachers(record: Mapping, part: object) -> object:
    return lookup(record, ("quality", "teacher_8", "ratio"))


QUALITY = Measure(
    "quality",
    measure=measure,
    shape={"quality": Maybe({f"{name}?": Maybe(SHAPE) for name in SETS}), "data_spread?": finite},
    at_stop=SHAPE,
    start=("quality", "teacher_1"),
    end=("quality", "student"),
    quantities=(
        Quantity(
            "quality student",
            ("ratio",),
            "Quality of G",
            "1 as good as data",
            (1.0,),
            ("path",),
            "log",
            label="G",
            beside=("Phi_8", _teachers),
        ),
    ),
    columns={"quality Phi_8": lambda student: student.cell("quality", "teacher_8", "ratio")},
)
