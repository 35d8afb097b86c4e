"""One experiment's section: what the paper says, what we found, figures, curves, provenance."""

from __future__ import annotations

import inspect
import math
import statistics
from collections.abc import Mapping, Sequence

from dmdrepro.experiments import REGISTRY
from dmdrepro.report.expected import CLAIMS, CLAIMS_OF, PAPER_NUMBERS, RULE, PaperNumber
from dmdrepro.report.nulls import null_notes, of_over_n, where_independent
from dmdrepro.report.page.curves import curves_html, over_n_html
from dmdrepro.report.page.html import Html, details, element, joined
from dmdrepro.report.page.pictures import Picture, pictures_html
from dmdrepro.report.page.provenance import provenance_html
from dmdrepro.report.page.tables import about, table_html
from dmdrepro.report.render import cell_text
from dmdrepro.report.students import Results, Student
from dmdrepro.report.table import Table, seed_words
from dmdrepro.report.verdict import regime
from dmdrepro.runs.results import Missing, Result

# What the rule's names mean (expected.toml).
REGIMES = {
    "copies": "the student keeps the teacher's pairing",
    "partly": "the student keeps a part of the teacher's pairing",
    "remaps": "the student's pairing is not the teacher's",
}
CLAIMED = {4: "DM loss", 11: "displacement against D(z)", 12: "memorisation"}  # by figure
OWN_TABLES = ("image_features", "figure_4", "figures_11_12", "boundary_classes", "teacher_error")
SHOWN = ("verdict", "paper_and_ours", *OWN_TABLES, "not_run")


def experiment_html(
    name: str,
    results: Results,
    students: Sequence[Student],
    tables: Mapping[str, Table],
    pictures: Sequence[Picture],
) -> Html:
    """The section of experiment `name`; `students` are its own."""
    first = results[name][0]
    parts: list[Html | None] = [
        element("h2", name),
        element("h3", "What the paper says"),
        _claims(name),
        element("h3", "What we found"),
    ]
    if students:
        parts.append(element("p", _size(students), class_="size"))
        parts.append(element("ul", *(element("li", sentence(s)) for s in students)))
        parts += [element("p", note) for note in null_notes(students)]
        parts += [
            element("p", element("b", "Warning: "), f"{_teacher(s)}. {words}", class_="warning")
            for s in students
            for words in s.warnings
        ]
        for table in (about(tables.get(key), name, "size") for key in SHOWN):
            if table is not None:
                parts.append(table_html(table, notes=table.name in OWN_TABLES))
    else:
        parts.append(_lack(name, first, tables.get("not_run")))
    parts += [
        element("h3", "Figures"),
        pictures_html(pictures, name, list(REGISTRY)),
    ]
    if students:
        along = about(tables.get("along_distillation"), name, "size")
        turned = about(tables.get("turned"), name, "size")
        over = about(tables.get("over_n"), name, "size")
        parts += [
            element("h3", "Along distillation"),
            curves_html(students),
            None if along is None else details("The numbers of these curves", table_html(along)),
            None if turned is None else details(turned.title, table_html(turned)),
            *(() if over is None else (element("h3", "Over N"), over_n_html(students))),
            *(() if over is None else (element("p", w) for w in null_notes(students, of_over_n))),
            None if over is None else details("The numbers of these curves", table_html(over)),
            element("h3", "Choices and provenance"),
            _choices_link(),
            provenance_html(students),
        ]
    return element("section", joined([p for p in parts if p is not None], "\n"), id=anchor(name))


def anchor(name: str) -> str:
    return f"experiment-{name}"


def _claims(name: str) -> Html:
    """The experiment's docstring and each number and claim that expected.toml has of it."""
    what, _, rest = inspect.cleandoc(REGISTRY[name].__doc__ or "").partition("\n")
    paper = rest.partition("Paper:")[2].partition("Cost:")[0].split()
    numbers = [_number(number) for number in PAPER_NUMBERS if number.experiment == name]
    if name == CLAIMS_OF:
        numbers += [
            f"Figure {figure}, {CLAIMED[figure]}: {claim}." for figure, claim in CLAIMS.items()
        ]
    return element(
        "div",
        element("p", what) if what else None,
        element("p", f"In the paper: {' '.join(paper)}") if paper else None,
        element("ul", *(element("li", words) for words in numbers)),
    )


def _number(number: PaperNumber) -> str:
    teacher = number.teacher_iterations
    of = "" if teacher is None else f"Teacher of {teacher:,} iterations: "
    if number.delta_e is not None:
        return f"{of}Delta_E {number.delta_e:g} ({number.where})."
    words = " or ".join(f"{name} ({REGIMES[name]})" for name in number.regime)
    return f"{of or 'Its student: '}shown without a number, {words}; {number.where}."


def _lack(name: str, first: Result | Missing, not_run: Table | None) -> Html:
    """Why an experiment has no results: this command's reason, else that of the run folder."""
    unusable = isinstance(first, Missing) and first.unusable
    if isinstance(first, Missing):
        reason = first.reason
    else:
        reason = "; ".join(f"diverged: left out ({words})" for words in first.diverged.values())
    if not unusable and (table := about(not_run, name)) is not None:
        reason = cell_text(table.rows[0][table.columns.index("why")])
    head = element(
        "b", "Not run: " if isinstance(first, Missing) and not unusable else "Not shown: "
    )
    return element("p", head, f"{reason.removeprefix('not run: ')}.", class_="lack")


def _size(students: Sequence[Student]) -> str:
    sizes = ", ".join(dict.fromkeys(student.size_words for student in students))
    seeds = sorted({seed for student in students for seed in student.seeds})
    return (
        f"{sizes[0].upper()}{sizes[1:]}; seed{'s' if len(seeds) > 1 else ''} {seed_words(seeds)}."
    )


def sentence(student: Student) -> str:
    """What one student did, with medians over its seeds, and whether that says anything."""
    values = [
        _median(student.each(*path))
        for path in (
            ("pairing", "delta_e"),
            ("pairing", "delta_e_null"),
            ("pairing", "retention"),
            ("quality", "student", "ratio"),
            ("quality", "teacher_8", "ratio"),
            ("pairing_untrained", "retention"),
        )
    ]
    medians = ", medians over the seeds" if len(student.seeds) > 1 else ""
    teacher = f"{_teacher(student)}{medians}: "
    if any(value is None for value in values):
        return f"{teacher}the record lacks a number, or one is not finite."
    delta_e, null, retention, quality, teachers, untrained = values
    words = (
        f"{teacher}Delta_E {cell_text(delta_e)} {where_independent(student)} would have "
        f"{cell_text(null)} (retention {cell_text(retention)}, before distillation "
        f"{cell_text(untrained)})"
    )
    times = quality / teachers if teachers else math.inf
    if not times <= RULE.quality_within:
        return (
            f"{words}; but G's samples are {cell_text(times)} times as far from the data as the "
            "teacher's, and of such a student the pairing says nothing."
        )
    if null <= 0:
        return f"{words}; the null is no yardstick here."
    return (
        f"{words}: {REGIMES[regime(delta_e / null)]}. Quality {cell_text(quality)}, the teacher's "
        f"{cell_text(teachers)}."
    )


def _teacher(student: Student) -> str:
    return f"Teacher of {student.snapshot:,} iterations"


def _median(values: Sequence[object]) -> float | None:
    if any(not isinstance(value, int | float) or not math.isfinite(value) for value in values):
        return None
    return float(statistics.median(values))


def _choices_link() -> Html:
    link = element("a", "Choices that the paper left open", href="#choices")
    return element("p", link, " has what we chose and why; the values of this run follow.")
