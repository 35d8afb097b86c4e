"""One experiment's section: what the paper says, what we found, figures, curves, provenance."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

import dmdrepro.measures as measures
from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.along import along_table, experiment_charts
from dmdrepro.measures.expected import CLAIMS, CLAIMS_OF, PAPER_NUMBERS, REGIMES, PaperNumber
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Results, Student
from dmdrepro.measures.table import Table, cell_text, seed_words
from dmdrepro.report.page.chart import charts_html
from dmdrepro.report.page.html import Html, details, element, joined
from dmdrepro.report.page.pictures import Picture, pictures_html
from dmdrepro.report.page.provenance import provenance_html
from dmdrepro.report.page.tables import about, table_html
from dmdrepro.runs.results import Missing, Result

CLAIMED = {4: "DM loss", 11: "displacement against D(z)", 12: "memorisation"}  # by figure
COMPARED = ("verdict", "paper_and_ours", "not_run")
LEGEND = "Teacher iterations:"
NO_STOPS = "No students were kept on the way, or not the same ones of all seeds."
FOLDED = 20  # rows: a longer table of a measure is shown when the reader opens it


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
        said = (m.sentence(s) for s in students for m in measures.MEASURES if m.sentence)
        parts.append(element("ul", *(element("li", words) for words in said)))
        parts += [element("p", note) for note in null_notes(students)]
        parts += [
            element("p", element("b", "Warning: "), f"{s.teacher_words}. {words}", class_="warning")
            for s in students
            for words in s.warnings
        ]
        parts += [_table(about(tables.get(key), name, "size"), False) for key in COMPARED]
        parts += [
            _table(about(m.table(students), name, "size"))
            for m in measures.MEASURES
            if m.table and not m.charts
        ]
    else:
        parts.append(_lack(name, first, tables.get("not_run")))
    parts += [
        element("h3", "Figures"),
        pictures_html(pictures, name, list(REGISTRY)),
    ]
    if students:
        drawn = charts_html(experiment_charts(students), LEGEND)
        parts += [element("h3", "Along distillation"), drawn]
        along = about(along_table(students), name, "size")
        parts.append(element("p", NO_STOPS) if along is None else _folded(along))
        for measure in measures.MEASURES:
            parts += _curves(measure, students)
        parts += [
            element("h3", "Choices and provenance"),
            _choices_link(),
            provenance_html(students),
        ]
    return element("section", joined([p for p in parts if p is not None], "\n"), id=anchor(name))


def _table(table: Table | None, notes: bool = True) -> Html | None:
    if table is None:
        return None
    return table_html(table, notes) if len(table.rows) <= FOLDED else _folded(table)


def _folded(table: Table) -> Html:
    return details(table.title, table_html(table))


def _curves(measure: measures.Measure, students: Sequence[Student]) -> list[Html | None]:
    """A measure's own charts, the table below them."""
    if measure.charts is None:
        return []
    if not (charts := measure.charts(students)):
        return [element("p", measure.lack)] if measure.lack else []
    table = measure.table and about(measure.table(students), students[0].experiment, "size")
    return [
        element("h3", measure.title),
        charts_html(charts, LEGEND),
        *(element("p", words) for words in (measure.notes(students) if measure.notes else ())),
        None if table is None else _folded(table),
    ]


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


def _choices_link() -> Html:
    link = element("a", "Choices that the paper left open", href="#choices")
    return element("p", link, " has what we chose and why; the values of this run follow.")
