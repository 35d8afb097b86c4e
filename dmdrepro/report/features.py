"""MNIST's samples by a classifier's features: Frechet distance, precision, recall, classes."""

from __future__ import annotations

from collections.abc import Sequence

from dmdrepro.report.students import Student, as_number, lookup
from dmdrepro.report.table import SEVERAL_SEEDS, Cell, Table, over_seeds, seed_words

COLUMNS = (
    "experiment",
    "size",
    "teacher iterations",
    "samples",
    "Frechet",
    "sd over draws",
    "precision",
    "recall",
    "class agreement",
    "N",
    "draws",
    "classifier",
    "seeds",
)
ESSENTIAL = (
    "experiment",
    "teacher iterations",
    "samples",
    "Frechet",
    "precision",
    "recall",
    "class agreement",
)
SETS = {
    "data": "data",
    "teacher_1": "Phi_1",
    "teacher_8": "Phi_8",
    "teacher_32": "Phi_32",
    "student": "G",
}
NOTES = (
    "E_OT to the data rewards blur: an average of images is near all of them. Here the images are "
    "compared by what a small classifier of digits sees in them (its last hidden layer). Frechet: "
    "squared distance of the two sets' means and covariances, 0 = alike. Precision: the share of "
    "the samples that lie among the data; recall: the share of the data that lie among the samples "
    "(each within the third nearest neighbour of the other set). Blur and missing kinds of digits "
    "lower recall, noise and invented shapes precision, all of them raise the Frechet distance; "
    "samples that hardly vary may have any precision. Class agreement: the share of a conditional "
    "student's samples that the classifier takes for the class asked for.",
    "Even other data score neither 0 nor 1 with so few samples: read each row beside the row of "
    "data, other data drawn like it. sd over draws: of the Frechet distance. Phi_1 is the "
    "untrained student. Numbers of different classifiers do not compare. Not in the paper.",
)


def features_table(students: Sequence[Student]) -> Table:
    """Of each MNIST student the data, the teacher's samples, and the student along the way."""
    rows: list[tuple[Cell, ...]] = []
    measured_by: list[str] = []
    for student in students:
        if any(lookup(record, ("features", "student")) is None for record in student.records):
            continue
        for name, words in SETS.items():
            here = [record["features"].get(name) for record in student.records]
            if name == "student":
                rows += _along(student)
            rows.append(_row(student, words, here))
        known = {_hash(r): r["features"]["classifier"]["accuracy"] for r in student.records}
        measured_by += [
            f"Classifier {digest}: right about {accuracy:.2%} of the held-out digits."
            for digest, accuracy in known.items()
        ]
    notes = (*NOTES, *dict.fromkeys(measured_by), SEVERAL_SEEDS)
    title = "Image quality by classifier features"
    return Table("image_features", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)


def _along(student: Student) -> list[tuple[Cell, ...]]:
    """The students kept on the way, where all seeds kept the same."""
    points = [lookup(record, ("along",)) or [] for record in student.records]
    kept = [[point["iterations"] for point in of_seed] for of_seed in points]
    if any(other != kept[0] for other in kept):
        return []
    return [
        _row(student, f"G after {iterations:,}", [p[place].get("features") for p in points])
        for place, iterations in enumerate(kept[0])
    ]


def _row(student: Student, words: str, here: list[dict | None]) -> tuple[Cell, ...]:
    def cell(name: str) -> Cell:
        return over_seeds([as_number(lookup(values, (name,))) for values in here])

    return (
        student.experiment,
        student.size_words,
        student.snapshot,
        words,
        cell("frechet_squared"),
        cell("frechet_squared_sd"),
        cell("precision"),
        cell("recall"),
        cell("agreement"),
        student.each("features", "n")[0],
        student.each("features", "draws")[0],
        ", ".join(dict.fromkeys(map(_hash, student.records))),
        seed_words(student.seeds),
    )


def _hash(record: dict) -> str:
    """The beginning of the classifier's SHA-256: numbers of different ones do not compare."""
    return record["features"]["classifier"]["sha256"][:8]
