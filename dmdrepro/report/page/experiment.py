"""One experiment's section: what the paper says, what we found, figures, curves, provenance."""

import inspect
from collections.abc import Mapping, Sequence

import dmdrepro.measures as measures
from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.along import along_table, experiment_charts
from dmdrepro.measures.expected import CLAIMS, CLAIMS_OF, PAPER_NUMBERS, REGIMES, PaperNumber
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Results, Student
from dmdrepro.measures.table import Table, cell_text, seed_words
from dmdrepro.report.commands import command
from dmdrepro.report.page.pictures import Picture
from dmdrepro.report.page.provenance import configurations, stages_table
from dmdrepro.report.page.tables import about, ran
from dmdrepro.runs.results import Missing, Result

CLAIMED = {4: "DM loss", 11: "displacement against D(z)", 12: "memorisation"}  # by figure
COMPARED = ("verdict", "paper_and_ours")


def experiment_part(
    name: str,
    results: Results,
    students: Sequence[Student],
    tables: Mapping[str, Table],
    pictures: Mapping[Picture, str],
) -> dict[str, object]:
    """What `experiment.html` shows of experiment `name`; `students` are its own.

    `pictures`: the figures that show it, each with the experiment that it is embedded with.
    """

    def own(table: Table | None) -> Table | None:
        return about(table and ran(table), name, "size")

    part = {
        "name": name,
        **_claims(name),
        "here": [picture for picture, home in pictures.items() if home == name],
        "elsewhere": [picture for picture, home in pictures.items() if home != name],
    }
    if not students:
        return {**part, "lack": _lack(name, results[name][0], tables.get("not_run"))}
    measured = [own(m.table(students)) for m in measures.MEASURES if m.table and not m.charts]
    return {
        **part,
        "size": _size(students),
        "said": [m.sentence(s) for s in students for m in measures.MEASURES if m.sentence],
        "notes": null_notes(students),
        "warnings": [(s.teacher_words, words) for s in students for words in s.warnings],
        "compared": [table for key in COMPARED if (table := own(tables.get(key)))],
        "measured": [table for table in measured if table],
        "gaps": gaps.rows if (gaps := own(tables.get("not_run"))) else (),
        "along": experiment_charts(students),
        "stops": own(along_table(students)),
        "curves": [
            (
                measure,
                measure.charts(students),
                measure.notes(students) if measure.notes else (),
                measure.table and own(measure.table(students)),
            )
            for measure in measures.MEASURES
            if measure.charts
        ],
        "commands": list(dict.fromkeys(command(student) for student in students)),
        "stages": stages_table(students),
        "configurations": configurations(students),
    }


def _claims(name: str) -> dict[str, object]:
    """The experiment's docstring and each number and claim that expected.toml has of it."""
    what, _, rest = inspect.cleandoc(REGISTRY[name].__doc__ or "").partition("\n")
    paper = rest.partition("Paper:")[2].partition("Cost:")[0].split()
    numbers = [_number(number) for number in PAPER_NUMBERS if number.experiment == name]
    if name == CLAIMS_OF:
        numbers += [
            f"Figure {figure}, {CLAIMED[figure]}: {claim}." for figure, claim in CLAIMS.items()
        ]
    return {"what": what, "paper": " ".join(paper), "numbers": numbers}


def _number(number: PaperNumber) -> str:
    teacher = number.teacher_iterations
    of = "" if teacher is None else f"Teacher of {teacher:,} iterations: "
    if number.delta_e is not None:
        return f"{of}Delta_E {number.delta_e:g} ({number.where})."
    words = " or ".join(f"{name} ({REGIMES[name]})" for name in number.regime)
    return f"{of or 'Its student: '}shown without a number, {words}; {number.where}."


def _lack(name: str, first: Result | Missing, not_run: Table | None) -> Missing:
    """Why an experiment has no results: this command's reason, else that of the run folder."""
    if not isinstance(first, Missing):
        words = "; ".join(f"diverged: left out ({words})" for words in first.diverged.values())
        first = Missing(name, words, damage=words)
    if not first.unusable and (table := about(not_run, name)) is not None:
        return Missing(name, cell_text(table.rows[0][table.columns.index("why")]))
    return first


def _size(students: Sequence[Student]) -> str:
    sizes = ", ".join(dict.fromkeys(student.size_words for student in students))
    seeds = sorted({seed for student in students for seed in student.seeds})
    return (
        f"{sizes[0].upper()}{sizes[1:]}; seed{'s' if len(seeds) > 1 else ''} {seed_words(seeds)}."
    )
