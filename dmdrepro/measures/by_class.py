"""Figure 11 within classes: whether the boundary effect is more than a difference of classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dmdrepro.measures.measure import Measure, Sampled
from dmdrepro.measures.students import PLACE, Student, as_number, last_of, lookup
from dmdrepro.measures.table import SEVERAL_SEEDS, Band, Cell, Table, over_seeds, seed_words
from dmdrepro.runs.shape import Maybe, count, number, one_of, text

COEFFICIENTS = {
    "pearson": "displacement",
    "pearson_student": "|G - Phi_8|",
    "pearson_student_repaired": "|G' - Phi_8|",
    "pearson_start": "-|Phi_1 - Phi_8|",
}
COLUMNS = (*PLACE, "samples", "N", *COEFFICIENTS.values(), "class of", "seeds")
ESSENTIAL = ("experiment", "samples", "N", *COEFFICIENTS.values())
INTERVAL = {"value": number, "low": number, "high": number}


def coefficients(*names: str) -> dict:
    """The shape of some coefficients with their intervals."""
    return {f"{name}?": Maybe(INTERVAL) for name in names}


# What the record of the boundary effect has besides, if something told the classes.
SHAPE = {
    "classes": {"from": one_of("labels", "classifier"), "sha256?": text},
    "per_class": [{"class": count, "n": count, "left_out?": text, **coefficients(*COEFFICIENTS)}],
    "within_class": Maybe({"classes?": count, "n?": count, **coefficients(*COEFFICIENTS)}),
}
SOURCES = {"labels": "class asked for", "classifier": "digit seen in Phi_8"}
NOTES = (
    "Pearson coefficients with D(z), the mean distance of Phi_8(z) to the training set of all "
    "classes (for the MLP manifold, which has none, to draws of its data). All: as in the table of "
    "Figures 11 and 12. Within classes: after each class's mean is subtracted from both (a partial "
    "correlation with one degree of freedom less for each class but one). If it is near 0, only "
    "the classes' means correlate. Then each class alone.",
    "Two columns are there by construction: -|Phi_1 - Phi_8|, which no student changes, and |G' - "
    "Phi_8|, the distance to the student's sample of another noise (of the same class; in the row "
    "of all only if both networks are told the class). A sample far from the data is far from "
    "every sample. Samples far from the data are copied more closely only if |G - Phi_8| "
    "correlates negatively.",
    "Brackets of one seed: 95% intervals. One in twenty misses the true value by chance.",
    SEVERAL_SEEDS,
)


def measured(of: Sampled, told, one, eight, student, distance) -> dict:
    """By the class that was asked for, or by the digit that the classifier sees in Phi_8(z)."""
    from dmdrepro.metrics import boundary_by_class

    classes, source = told, {"from": "labels"}
    if classes is None:
        if of.reader is None:
            return {}
        classes = of.read["teacher_8"][1].cpu().numpy()
        source = {"from": "classifier", "sha256": of.reader.sha256}
    found = boundary_by_class(one, eight, student, distance, classes)
    return {"classes": source, **found.to_json()}


def repaired_words(student: Student) -> str:
    """How the students of Figure 11 are re-paired, of a class-conditional one."""
    if not student.nulls()[0]:
        return ""
    within = lookup(student.records[0], ("boundary", "repaired")) == "class"
    return " within the class" if within else " over all classes"


def table(students: Sequence[Student]) -> Table:
    """Of each experiment's longest-trained teacher: all samples, within classes, each class."""
    rows: list[tuple[Cell, ...]] = []
    left_out: list[str] = []
    for student in last_of(students):
        has = ["per_class" in (record.get("boundary") or {}) for record in student.records]
        if not any(has):
            continue
        seeds = zip(student.seeds, has, strict=True)
        left_out += [f"{student.experiment}: not measured of seed {s}." for s, h in seeds if not h]
        kept = (result for result, h in zip(student.results, has, strict=True) if h)
        student = replace(student, results=tuple(kept))
        measured = [record["boundary"] for record in student.records]
        if repaired_words(student) == " over all classes":
            left_out.append(
                f"{student.experiment}: in the row of all, students are re-paired over all "
                "classes, as was done before the class had to be shared."
            )
        rows.append(_row(student, "all", measured))
        if any(within := [found["within_class"] for found in measured]):
            rows.append(_row(student, "within classes", within))
        of_seeds = [{entry["class"]: entry for entry in f["per_class"]} for f in measured]
        for each in sorted({each for entries in of_seeds for each in entries}):
            here = [entries.get(each, {"n": 0, "left_out": "no samples"}) for entries in of_seeds]
            if not all("left_out" in entry for entry in here):
                rows.append(_row(student, f"class {each}", here))
            for seed, entry in zip(student.seeds, here, strict=True):
                if "left_out" in entry:
                    left_out.append(_left_out(student, each, seed, entry))
    title = "Figure 11 by class: the boundary effect within classes"
    notes = (*NOTES, *left_out)
    return Table("boundary_classes", title, COLUMNS, tuple(rows), notes, essential=ESSENTIAL)


def _left_out(student: Student, each: int, seed: int, entry: Mapping) -> str:
    words = f"{student.experiment}, seed {seed}: class {each} is left out, {entry['left_out']}"
    return f"{words}." if not entry["n"] else f"{words} ({entry['n']} samples)."


def _row(student: Student, samples: str, here: Sequence[Mapping | None]) -> tuple[Cell, ...]:
    def cell(name: str) -> Cell:
        value = over_seeds([as_number(lookup(found, (name, "value"))) for found in here])
        if len(here) > 1 or value is None:
            return value
        return Band(value, here[0][name]["low"], here[0][name]["high"])

    sources = student.records[0]["boundary"]["classes"]["from"]
    return (
        *student.place,
        samples,
        over_seeds([as_number(lookup(found, ("n",))) for found in here]),
        *map(cell, COEFFICIENTS),
        SOURCES[sources],
        seed_words(student.seeds),
    )


BY_CLASS = Measure("by_class", table=table)
