"""Delta_E with its null, retention and concordance (section 3.1)."""

import statistics
from collections.abc import Mapping
from dataclasses import replace

from dmdrepro.measures.measure import Measure, Measured, Quantity, Sampled
from dmdrepro.measures.null import independent
from dmdrepro.measures.students import Student, lookup
from dmdrepro.measures.table import cell_text
from dmdrepro.measures.word import quality_words, word_of
from dmdrepro.runs.shape import Maybe, count, number, text

NUMBERS = (
    *("concordance", "delta_e", "delta_e_null", "e_dt", "e_ind"),
    *("e_ot", "e_ot_within", "gap", "remapped", "retention"),
)
SHAPE = {
    "n?": count,
    "solver?": text,
    "null?": Maybe(text),
    "warnings?": [text],
    **{f"{name}?": number for name in NUMBERS},
}


def measure(of: Sampled) -> Measured:
    """G against Phi_8, at its end and at each stop; also Phi_1 against Phi_8, G against Phi_32."""
    from dmdrepro.kernels import pairwise_sqdist
    from dmdrepro.metrics import pairing_inefficiency

    def pairing(teacher: str, student: str):
        few = len(of.samples[teacher])  # of Phi_32
        given = {name: rows[:few] for name, rows in of.null_of(student).items()}
        sets = of.samples[teacher], of.samples[student][:few]
        return pairing_inefficiency(*sets, watch=of.watch, **given)

    last = pairing("teacher_8", "student")
    for sentence in last.warnings:
        of.warn(sentence)
    few = of.experiment.sampling.heatmap
    x, y = of.samples["teacher_8"][:few], of.samples["student"][:few]
    return Measured(
        {
            "pairing": last.to_json(),
            "pairing_untrained": numbers(pairing("teacher_8", "teacher_1")),
            "pairing_phi_32": numbers(pairing("teacher_32", "student")),
        },
        lambda: {name: numbers(pairing("teacher_8", name)) for name in of.kept},
        {
            "assignment": last.assignment,
            "heatmap": pairwise_sqdist(x.flatten(1), y.flatten(1)).cpu().numpy(),
            "heatmap_assignment": pairing_inefficiency(x, y).assignment,
        },
    )


def numbers(record) -> dict:
    """A pairing beside the student's own: without the doubts, which the report shows for that."""
    return replace(record, warnings=()).to_json()


def sentence(student: Student) -> str:
    """What one student did, with medians over its seeds, and the word for it."""
    delta_e, null, retention, untrained = (
        cell_text(float(statistics.median(found)) if (found := student.finite(*path)) else None)
        for path in (
            ("pairing", "delta_e"),
            ("pairing", "delta_e_null"),
            ("pairing", "retention"),
            ("pairing_untrained", "retention"),
        )
    )
    medians = "; medians over the seeds" if len(student.seeds) > 1 else ""
    word, why = word_of(student)
    words = (
        f"{student.teacher_words}: Delta_E {delta_e}, of {independent(student)} {null} "
        f"(retention {retention}, before distillation {untrained}{medians}): {word}."
    )
    return " ".join(filter(None, (words, why, quality_words(student))))


def _null(record: Mapping, part: object) -> object:
    return lookup(part, ("delta_e_null",))


PAIRING = Measure(
    "pairing",
    measure=measure,
    shape={"pairing": SHAPE, "pairing_untrained": Maybe(SHAPE), "pairing_phi_32": Maybe(SHAPE)},
    at_stop=SHAPE,
    start=("pairing_untrained",),
    quantities=(
        Quantity("Delta_E", ("delta_e",), "Delta_E", beside=("null", _null)),
        Quantity("null", ("delta_e_null",)),
        Quantity(
            "retention",
            ("retention",),
            "Retention",
            "1 keeps, 0 independent",
            (0.0, 1.0),
            ("iterations", "path"),
            of_null=True,
        ),
        Quantity(
            "concordance",
            ("concordance",),
            "Concordance",
            "1 the teacher, 0 independent",
            (0.0, 1.0),
            ("path",),
            of_null=True,
        ),
    ),
    columns={
        "remapped": lambda student: student.cell("pairing", "remapped"),
        "retention untrained": lambda student: student.untrained("retention"),
    },
    sentence=sentence,
)
