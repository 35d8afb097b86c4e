"""The boundary effect: are samples far from the data copied more? (section 4.2.1, Figure 11)."""

from collections.abc import Sequence

from dmdrepro.measures import by_class
from dmdrepro.measures.expected import CLAIMS, CLAIMS_OF
from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.memorisation import quantities as of_figure_12
from dmdrepro.measures.students import PLACE, Student, last_of
from dmdrepro.measures.table import SEVERAL_SEEDS, Band, Cell, Table, seed_words
from dmdrepro.runs.shape import Maybe, Where, count, finite, text

# Data that D(z) is a mean over if there are classes and no finite training set (the MLP manifold):
# twenty thousand images of 32 x 32 take 80 MB.
DRAWS = 20_000
QUANTITIES = {
    "pearson": "Pearson coefficient of displacement and D(z)",
    "spearman": "Spearman coefficient of displacement and D(z)",
    "pearson_student": "Pearson coefficient of |G - Phi_8| and D(z)",
    "pearson_student_repaired": "Pearson coefficient of |G - Phi_8| and D(z), students re-paired",
    "pearson_start": "Pearson coefficient of -|Phi_1 - Phi_8| and D(z)",
    "pearson_repaired": "Pearson coefficient of displacement and D(z), students re-paired",
}
COLUMNS = ("figure", *PLACE, "quantity", "paper", "ours", "brackets", "seeds")


def measure(of: Sampled) -> Measured | None:
    """For all samples, and by class if something tells the class.

    D(z): of Phi_8(z) to the training set; without one, to draws of the data if they have classes,
    else None. A student that is still Phi_1 has displacement 0 everywhere, and no correlation.
    """
    import numpy as np
    import torch

    from dmdrepro.metrics import boundary_effect, memorisation_ratio

    one, eight, student = (of.samples[k] for k in ("teacher_1", "teacher_8", "student"))
    data, nearest = "the training set", of.nearest
    if nearest is None:
        if of.classes is None or not of.dataset.sampled:
            return None
        drawn = of.dataset.sample(DRAWS, of.draw("boundary"))[0].to(of.device)
        data, nearest = f"{DRAWS:,} draws of the data", memorisation_ratio(eight, drawn)
    distance = nearest.mean_distance
    arrays = {"mean_distance": np.asarray(distance)}
    if torch.equal(student, one):
        return Measured({"boundary": None}, arrays=arrays)
    # If both networks were told the class, an independent student has it too.
    told = None if of.classes is None else of.classes[: of.n]
    effect = boundary_effect(one, eight, student, distance, told)
    arrays["displacement"] = effect.displacement
    record = {**effect.to_json(), "distance_to": data}
    if told is not None:
        record["repaired"] = "class"  # else among all noises
    record |= by_class.measured(of, told, one, eight, student, distance)
    return Measured({"boundary": record}, arrays=arrays)


def table(students: Sequence[Student]) -> Table:
    """Boundary effect and memorisation, of the longest-trained teacher as in the figures."""
    rows: list[tuple[Cell, ...]] = []
    for student in last_of(students):
        one = len(student.seeds) == 1
        among = "" if one else "smallest and largest of the seeds"
        found: list[tuple[int, str, Cell, str, bool]] = []
        for kind, what in QUANTITIES.items():
            value = student.cell("boundary", kind, "value")
            if value is None:
                continue
            if one:
                low, high = (student.cell("boundary", kind, end) for end in ("low", "high"))
                value = Band(value, low, high)
            if what.endswith("re-paired"):
                what += by_class.repaired_words(student)
            meaning = f"{student.cell('boundary', 'level'):.0%} interval" if one else among
            found.append((11, what, value, meaning, kind in ("pearson", "spearman")))
        found += [(12, what, value, among, True) for what, value in of_figure_12(student)]
        for figure, what, value, meaning, claimed in found:
            paper = CLAIMS[figure] if claimed and student.experiment == CLAIMS_OF else "not shown"
            end = paper, value, meaning, seed_words(student.seeds)
            rows.append((figure, *student.place, what, *end))
    notes = (
        "Figure 11: displacement |G - Phi_8| - |Phi_1 - Phi_8| against D(z), the mean distance of "
        "Phi_8(z) to the training set (for the MLP manifold, which has none, to draws of its "
        "data). The displacement correlates negatively by construction: Phi_1 is near the data's "
        "mean, so its part falls with D(z) whatever the student does. Students re-paired: each "
        "sample against the student of another noise (of the same class if both networks are told "
        "one), because a sample far from the data is far from every sample. Samples far from the "
        "data are copied more closely only if |G - Phi_8| alone correlates negatively. Figure 12: "
        "nearest over second-nearest training distance of Phi_8(z).",
        SEVERAL_SEEDS,
    )
    title = "Figures 11 and 12: boundary effect and memorisation"
    return Table("figures_11_12", title, COLUMNS, tuple(rows), notes)


BOUNDARY = Measure(
    "boundary",
    measure=measure,
    shape={
        "boundary": Maybe(
            Where(
                "per_class",
                by_class.coefficients(*QUANTITIES)
                | {"n?": count, "level": finite, "distance_to?": text},
                by_class.SHAPE,
            )
        )
    },
    table=table,
)
