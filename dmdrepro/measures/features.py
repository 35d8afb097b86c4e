"""MNIST's samples by a classifier's features: Frechet distance, precision, recall, classes."""

from collections.abc import Sequence

from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.students import PLACE, Student, as_number, lookup
from dmdrepro.measures.table import SEVERAL_SEEDS, Cell, Table, over_seeds, seed_words
from dmdrepro.runs.shape import Maybe, count, finite, number, text

DRAWS = 5  # of data; each costs a twentieth of a second for each set, E_OT ten times that
NUMBERS = ("frechet_squared", "frechet_squared_sd", "precision", "recall", "agreement")
SHAPE = {f"{name}?": number for name in (*NUMBERS, "precision_sd", "recall_sd")}
COLUMNS = ("Frechet", "sd over draws", "precision", "recall", "class agreement")
SETS = {"data": "data"} | {f"teacher_{k}": f"Phi_{k}" for k in (1, 8, 32)} | {"student": "G"}
NOTES = (
    "E_OT to the data rewards blur, because an average of images is near all of them. So this "
    "table compares images by the features of a small digit classifier (its last hidden layer). "
    "Frechet: squared distance of the two sets' means and covariances; 0: alike. Precision: the "
    "share of the samples that lie among the data. Recall: the share of the data that lie among "
    "the samples (within the third nearest neighbour of the other set). Blur and missing digits "
    "lower recall. Noise and invented shapes lower precision. Both raise the Frechet distance. "
    "Samples that hardly vary may have any precision. Class agreement: the share of a conditional "
    "student's samples that the classifier reads as the class asked for.",
    "With so few samples even other data score neither 0 nor 1, so compare each row with the row "
    "of data. sd over draws: of the Frechet distance. Phi_1 is the untrained student. Numbers of "
    "different classifiers cannot be compared. Not in the paper.",
)


def measure(of: Sampled) -> Measured | None:
    """Of every set of samples and of other data; None for data without a classifier.

    Sets of conditional students also have `agreement`: the share of the samples that the classifier
    reads as the class asked for.
    """
    from dmdrepro.metrics import feature_quality

    if of.reader is None:
        return None
    pairs = [
        tuple(of.reader.digits(x.to(of.device))[0] for x in pair)
        for pair in of.data_pairs(DRAWS, "features")
    ]
    sets = feature_quality({name: features for name, (features, _) in of.read.items()}, pairs)
    found = {name: one.to_json() for name, one in sets.items()}
    if of.classes is not None:
        for name, (_, digits) in of.read.items():
            same = digits.cpu().numpy() == of.classes[: of.n]
            found[name]["agreement"] = float(same.mean())
    along = {name: found.pop(name) for name in of.kept}
    about = {"sha256": of.reader.sha256, "accuracy": of.reader.accuracy}
    return Measured({"features": {**found, "classifier": about, "n": of.n, "draws": DRAWS}}, along)


def table(students: Sequence[Student]) -> Table:
    """Of each MNIST student the data, the teacher's samples, and the student along the way."""
    rows: list[tuple[Cell, ...]] = []
    measured_by: list[str] = []
    for student in students:
        if any(lookup(record, ("features", "student")) is None for record in student.records):
            continue
        for name, words in SETS.items():
            if name == "student":
                rows += _along(student)
            rows.append(_row(student, words, [r["features"].get(name) for r in student.records]))
        known = {_hash(r): r["features"]["classifier"]["accuracy"] for r in student.records}
        measured_by += [
            f"Classifier {digest}: right about {accuracy:.2%} of the held-out digits."
            for digest, accuracy in known.items()
        ]
    notes = (*NOTES, *dict.fromkeys(measured_by), SEVERAL_SEEDS)
    columns = (*PLACE, "samples", *COLUMNS, "N", "draws", "classifier", "seeds")
    shown = (name for name in COLUMNS if name != "sd over draws")
    essential = ("experiment", "teacher iterations", "samples", *shown)
    title = "Image quality by classifier features"
    return Table("image_features", title, columns, tuple(rows), notes, essential=essential)


def _along(student: Student) -> list[tuple[Cell, ...]]:
    """The students on the way that all seeds kept."""
    kept = [
        {stop["iterations"]: stop.get("features") for stop in record.get("along") or ()}
        for record in student.records
    ]
    return [
        _row(student, f"G after {stop:,}", [features[stop] for features in kept])
        for stop in student.stops
        if stop in kept[0]
    ]


def _row(student: Student, words: str, here: list[dict | None]) -> tuple[Cell, ...]:
    return (
        *student.place,
        words,
        *(over_seeds([as_number(lookup(v, (name,))) for v in here]) for name in NUMBERS),
        student.each("features", "n")[0],
        student.each("features", "draws")[0],
        ", ".join(dict.fromkeys(map(_hash, student.records))),
        seed_words(student.seeds),
    )


def _hash(record: dict) -> str:
    """The beginning of the classifier's SHA-256: numbers of different ones do not compare."""
    return record["features"]["classifier"]["sha256"][:8]


FEATURES = Measure(
    "features",
    measure=measure,
    shape={
        "features": Maybe(
            {f"{name}?": SHAPE for name in SETS}
            | {"classifier": {"accuracy": finite, "sha256": text}, "n?": count, "draws?": count}
        )
    },
    at_stop=SHAPE,
    start=("features", "teacher_1"),
    end=("features", "student"),
    table=table,
)
