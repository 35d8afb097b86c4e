"""What the paper leaves open: each study's question, its arms' numbers and their curves."""

from __future__ import annotations

from collections.abc import Sequence

from dmdrepro.commands import program
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import collect
from dmdrepro.report.page.chart import charts_html
from dmdrepro.report.page.html import Html, details, element, joined
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.page.tables import table_html
from dmdrepro.report.study import OpenStudy, study_tables, study_ways

STUDIES_TITLE = "What the paper leaves open"
ABOUT = (
    "Each study compares arms, changed copies of one experiment, over several seeds. The curves "
    "run along the path, the sum of the learning rates of the student's updates so far: no weight "
    "can have gone much further, so arms of different learning rates can be laid side by side."
)


def studies_html(studies: Sequence[OpenStudy]) -> Html:
    """All studies, one after another, each under its name."""
    return joined([element("p", ABOUT), *map(_study, studies)], "\n")


def _study(opened: OpenStudy) -> Html:
    study, arms = opened.study, opened.arms
    own, along, lacking = (
        next((t for t in study_tables(study, arms) if t.name == name), None)
        for name in (f"study_{study.name}", "along_distillation", "not_run")
    )
    found = study_ways(arms)
    parts = [
        element("h3", f"{study.name} ({study.experiment})", id=f"study-{study.name}"),
        element("p", study.question),
        None if own is None else table_html(own),
        charts_html(study_charts(found, ["path"]), "Arms:"),
        *(element("p", note) for note in null_notes(collect(arms))),
        None if along is None else details("The numbers of these curves", table_html(along)),
        None if lacking is None else table_html(lacking),
        _origin(opened) if found else None,
    ]
    return joined([part for part in parts if part is not None], "\n")


def _origin(opened: OpenStudy) -> Html:
    """The command that makes the shown arms, and each one's wall time, device and commit."""
    students = collect(opened.arms)
    seeds = sorted({seed for student in students for seed in student.seeds})
    study = opened.study
    line = f"{program()} study {study.name} --seeds {','.join(map(str, seeds))}"
    return details(
        "Where these numbers come from",
        element("pre", element("code", f"{line} --size {study.size}"), tabindex=0),
        table_html(summary_table(students)),
        element(
            "p", "A teacher that several arms share is the experiment's own, not counted here."
        ),
    )
