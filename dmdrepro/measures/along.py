"""Along distillation: every measure at each stop, from the start over kept students to the end."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import dmdrepro.measures as measures
from dmdrepro.measures.chart import Chart, Line
from dmdrepro.measures.measure import Measure, Quantity
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import PLACE, Student, as_number, lookup, stops_of
from dmdrepro.measures.table import SEVERAL_SEEDS, Cell, Table, over_seeds, seed_words

ITERATIONS, PATH = "distillation iteration", "path"
PAPER_PATH = 0.02  # of the paper's students: 10,000 updates at 2e-6
PAPER_WORDS = f"Thin vertical line: the paper's path,\nimages: {PAPER_PATH:g}"
NOTE = (
    "Row 0 is the student's start, Phi_1. Path: the sum of the learning rates of the student's "
    "updates so far. N, null and quality as in the table of the paper's numbers. A stop that not "
    "every seed has is left out. Not in the paper."
)


def path_length(distill: Mapping | None, iterations: int) -> float:
    """The sum of the learning rates of the student's updates in the first `iterations`.

    Adam moves no weight much further than this. nan if the settings lack a field that it needs.
    """
    if not {"lr", "warmup", "student_every"} <= (distill or {}).keys():
        return math.nan
    lr, warmup, every = distill["lr"], distill["warmup"], distill["student_every"]

    def without_a_tenth(iterations: int) -> float:
        updates = math.ceil(iterations / every)
        warming = min(updates, math.ceil(warmup / every))  # updates at it = 0, every, 2 every, ...
        slope = lr * every / warmup if warmup else 0.0
        return slope * warming * (warming - 1) / 2 + lr * (updates - warming)

    tenth_from = distill.get("tenth_from", 0)
    if not 0 < tenth_from < iterations:
        return without_a_tenth(iterations)
    return 0.9 * without_a_tenth(tenth_from) + 0.1 * without_a_tenth(iterations)


@dataclass(frozen=True)
class Way:
    """One student and seed from its start, Phi_1 if it began as the teacher, to its end."""

    student: Student
    seed: int
    record: Mapping
    iterations: list[int]
    parts: dict[str, list]  # of each measure: its part of the record at every stop
    null: str  # what the null is over, of a class-conditional student
    size: str  # in words

    @property
    def path(self) -> list[float]:
        distill = lookup(self.record, ("config", "distill"))
        return [path_length(distill, iterations) for iterations in self.iterations]

    def values(self, key: str, path: Sequence[str]) -> list[Cell]:
        """A measure's number at every stop."""
        return [as_number(lookup(part, path)) for part in self.parts[key]]

    def at(self, stop: int, key: str, path: Sequence[str]) -> Cell:
        """The same at one of `iterations`."""
        return self.values(key, path)[self.iterations.index(stop)]


def ways(student: Student) -> list[Way]:
    """Of each seed."""
    found = []
    for result, null in zip(student.results, student.nulls(), strict=True):
        record = result.record(student.snapshot)
        stops = stops_of(record)
        parts = {
            each.key: each.stops(result, student.snapshot, stops)
            if each.stops is not None
            else _parts(record, each)
            for each in measures.MEASURES
        }
        found.append(Way(student, result.seed, record, stops, parts, null, result.label))
    return found


def _parts(record: Mapping, measure: Measure) -> list:
    """A measure's part of the record at every stop."""
    at_start = lookup(record, measure.start) if measure.start else None
    start = [at_start] if stops_of(record)[0] == 0 else []
    kept = [stop.get(measure.key) for stop in record.get("along") or ()]
    return [*start, *kept, lookup(record, measure.end or (measure.key,))]


def numbers_along(record: Mapping) -> list[tuple[int, dict[str, float]]]:
    """(iteration, number by name) at every stop of a new record, such as `measures/null/mean`."""
    found: list[tuple[int, dict[str, float]]] = [(stop, {}) for stop in stops_of(record)]
    for measure, quantity in quantities():
        if measure.stops is not None:  # of the logs
            continue
        name = "/".join(("measures", measure.key, *quantity.path))
        for (_, numbers), part in zip(found, _parts(record, measure), strict=True):
            if (value := as_number(lookup(part, quantity.path))) is not None:
                numbers[name] = value
    return found


def kept_ways(student: Student) -> list[Way]:
    """The same; empty unless a seed kept students on the way."""
    return ways(student) if any(record.get("along") for record in student.records) else []


def quantities() -> Iterator[tuple[Measure, Quantity]]:
    """The numbers that every stop has, of all measures."""
    for each in measures.MEASURES:
        for quantity in each.quantities:
            yield each, quantity


def along_table(students: Sequence[Student]) -> Table:
    """One row for the start, each student that all seeds kept and the last one."""
    rows = []
    for student in students:
        found = kept_ways(student)
        distill = student.config.get("distill") or {}
        for stop in student.stops if found else ():
            cells = (
                over_seeds([way.at(stop, each.key, quantity.path) for way in found])
                for each, quantity in quantities()
            )
            at = distill.get("lr"), stop, path_length(distill, stop)
            rows.append((*student.place, *at, *cells, seed_words(student.seeds)))
    heads = tuple(quantity.head for _, quantity in quantities())
    columns = (*PLACE, "student lr", "distillation iterations", "path", *heads, "seeds")
    notes = (NOTE, *column_notes(), SEVERAL_SEEDS, *null_notes(students))
    essential = ("experiment", "distillation iterations", *heads)
    title = "Along distillation"
    return Table("along_distillation", title, columns, tuple(rows), notes, essential=essential)


def column_notes() -> tuple[str, ...]:
    """What the quantities' columns hold, if their heads do not say it."""
    return tuple(quantity.about for _, quantity in quantities() if quantity.about)


def experiment_charts(students: Sequence[Student]) -> list[Chart]:
    """Of one experiment: each quantity by iteration, a colour a teacher."""
    kept = [(place, way) for place, student in enumerate(students) for way in kept_ways(student)]
    charts = []
    for each, quantity in quantities():
        if not (quantity.title and quantity.along):
            continue
        lines, label = [], quantity.label or quantity.head
        for place, way in kept:
            of = f", teacher {way.student.snapshot:,}" if len(students) > 1 else ""
            about = {"colour": place, "name": f"{way.student.snapshot:,}", "seed": way.seed}
            xs = [float(iterations) for iterations in way.iterations]
            ys = as_floats(way.values(each.key, quantity.path))
            lines.append(Line(f"{label}{of}, seed {way.seed}", xs, ys, **about))
            if quantity.beside is not None:
                word, value = quantity.beside
                beside = [as_number(value(way.record, part)) for part in way.parts[each.key]]
                words = f"{word}{of}, seed {way.seed}"
                lines.append(Line(words, xs, as_floats(beside), dashed=True, **about))
        dashed = f"dashed: {quantity.beside[0]}" if quantity.beside else ""
        note = "; ".join(filter(None, (quantity.note, dashed)))
        charts.append(Chart(quantity.title, ITERATIONS, tuple(lines), quantity.levels, note))
    return charts


def study_charts(found: Sequence[Way], axes: Sequence[str] | None = None) -> list[Chart]:
    """Of several arms: the quantities that studies compare; no empty charts.

    A colour is an arm, or a teacher of it if students of several were evaluated.

    `axes`: "iterations" or "path", of every one; None: those of each in a figure.
    """
    names = list(dict.fromkeys(way.student.name for way in found))
    images = any("resolution" in (way.record["config"].get("data") or {}) for way in found)
    nulls = ", ".join(dict.fromkeys(way.null for way in found if way.null))
    charts = []
    for each, quantity in quantities():
        values = [as_floats(way.values(each.key, quantity.path)) for way in found]
        if not any(math.isfinite(y) for ys in values for y in ys):
            continue
        note = quantity.note + (f"; null: {nulls}" if quantity.of_null and nulls else "")
        for axis in quantity.by if axes is None or not quantity.by else axes:
            lines = (
                Line(
                    f"{way.student.name}, seed {way.seed}",
                    [float(x) for x in getattr(way, axis)],
                    ys,
                    names.index(way.student.name),
                    name=way.student.name,
                    seed=way.seed,
                    size=way.size,
                )
                for way, ys in zip(found, values, strict=True)
            )
            marked = images and axis == "path"
            label = PATH if axis == "path" else ITERATIONS
            chart = Chart(quantity.title, label, tuple(lines), quantity.levels, note)
            mark = {"mark": PAPER_PATH, "remarks": (PAPER_WORDS,)} if marked else {}
            charts.append(replace(chart, scale=quantity.scale, **mark))
    return charts


def as_floats(values: Sequence[Cell]) -> list[float]:
    """nan if there is no number."""
    return [math.nan if value is None else float(value) for value in values]
