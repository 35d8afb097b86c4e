"""How Delta_E, its null, retention and concordance move with N, and with fresh noise."""

from collections.abc import Mapping, Sequence

from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.measure import Measure, Measured, Sampled
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import PLACE, Student, as_number, last_of
from dmdrepro.measures.table import Cell, Table, cell_text, over_seeds
from dmdrepro.runs.shape import Maybe, Some, count, number, positive, text

MEASURED = {
    "delta_e": "Delta_E",
    "delta_e_null": "null",
    "retention": "retention",
    "concordance": "concordance",
}
SMALL = 0.01  # a Delta_E that a logarithmic axis would show as if it were far from 0


def measure(of: Sampled) -> Measured:
    """Of the disjoint sets of each N; they have no second draw."""
    from dmdrepro.metrics import pairing_of_sets

    maps, sampling = (of.everything["teacher_8"], of.everything["student"]), of.experiment.sampling
    given = {} if of.classes is None else {"classes": of.classes}
    found = []
    for size in sampling.curve:
        found.append(pairing_of_sets(*maps, size, sampling.sets, watch=of.watch, **given))
        of.look()
    return Measured({"over_n": found})


def curves(students: Sequence[Student]) -> list[tuple[Student, list[Mapping]]]:
    """Of each experiment the points of the first seed's longest-trained teacher, if measured."""
    found = ((student, student.records[0].get("over_n")) for student in last_of(students))
    return [(student, points) for student, points in found if points]


def values(point: Mapping, name: str) -> list[Cell]:
    """One a set."""
    return [as_number(value) for value in point[name]]


def table(students: Sequence[Student]) -> Table:
    """One row an experiment and N."""
    rows = []
    for student, points in curves(students):
        for point in points:
            sets = len(values(point, "delta_e"))
            cells = (over_seeds(values(point, name)) for name in MEASURED)
            rows.append((*student.place, student.seeds[0], point["n"], sets, *cells))
    notes = (
        "One run: mean [smallest, largest] over disjoint sets of N noises, for the same teacher "
        "and student. This is the uncertainty that N samples leave. Other tables have other seeds. "
        "All optima are exact and no set is resampled. If there are several teachers, the one that "
        "was trained the longest is shown.",
        "Delta_E and its null grow with N, without limit if teacher and student have one "
        "distribution, because E_OT falls as N^(-2/d). Retention moves with E_OT. Concordance, 1 - "
        "E_DT / E_ind, needs no optimal pairing. Its expectation is the same at any dimension and, "
        "up to O(1/N), at any N, so it can be compared between data sets. It also falls if the two "
        "sets differ otherwise: a student that hardly varies has nearly 0, and a retention of 1. A "
        "positive value is a lower bound of what was kept. Not in the paper.",
        *nulls(students),
    )
    columns = (*PLACE, "seed", "N", "sets", *MEASURED.values())
    essential = ("experiment", "N", "sets", *MEASURED.values())
    title = "Over N, and over fresh noise"
    return Table("over_n", title, columns, tuple(rows), notes, essential=essential)


def _first(record: Mapping) -> Mapping | None:
    """The part of a record whose `null` is that of the curve."""
    points = record.get("over_n") or ()
    return points[0] if points else None


def nulls(students: Sequence[Student]) -> Sequence[str]:
    """What the curves' nulls are over, and of how few rows."""
    few = (
        f"{student.experiment}, N = {point['n']:,}: {cell_text(over_seeds(company))} rows have "
        "another of their class. Null, retention and concordance are of these alone, and nan if "
        "they are fewer than half."
        for student, points in curves(students)
        for point in points
        if (company := [found for found in point.get("company", ()) if found is not None])
        and min(company) < point["n"]
    )
    return (*null_notes([s for s in students if s.records[0].get("over_n")], _first), *few)


def charts(students: Sequence[Student]) -> list[Chart]:
    """Means over the sets, each set a dot; a colour an experiment."""
    found = curves(students)
    drawn = {name: [] for name in MEASURED}
    for colour, (student, points) in enumerate(found):
        null = student.nulls(_first)[0]
        about = {
            "colour": colour,
            "name": student.experiment + (f" (null: {null})" if null else ""),
            "seed": student.seeds[0],
            "size": student.size_words,
        }
        xs = [float(point["n"]) for point in points]
        for name, word in MEASURED.items():
            sets = [values(point, name) for point in points]
            dots = [(n, v) for n, here in zip(xs, sets, strict=True) for v in here]
            means = [sum(here) / len(here) if None not in here else float("nan") for here in sets]
            dashed = name == "delta_e_null"
            label = f"{word}, seed {student.seeds[0]}"
            dots = () if dashed else tuple((n, v) for n, v in dots if v is not None)
            drawn[name].append(Line(label, xs, means, dashed=dashed, dots=dots, **about))
    delta_e = [*drawn["delta_e"], *drawn["delta_e_null"]]
    small = any(y <= SMALL for line in delta_e for y in line.ys)
    scale = "symlog" if small else "log"
    shares = [
        Chart(name.capitalize(), "N", tuple(drawn[name]), (0.0, 1.0))
        for name in ("retention", "concordance")
    ]
    first = Chart("Delta_E", "N", tuple(delta_e), note="dashed: its null", scale=scale)
    return [first, *shares] if found else []


OVER_N = Measure(
    "over_n",
    "Over N",
    measure=measure,
    shape={
        "over_n": Maybe(
            [
                {"n": positive, "sets?": count, "null?": Maybe(text), "company?": [Maybe(count)]}
                | {name: Some(number) for name in MEASURED}
            ]
        )
    },
    table=table,
    charts=charts,
    notes=nulls,
    figure="Delta_E, its null, retention and concordance over N",
    remark="Lines: means over sets of N noises;\ndots: the sets",
)
