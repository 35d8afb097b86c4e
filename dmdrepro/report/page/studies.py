"""What the paper leaves open: each study's question, its arms' numbers and their curves."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dmdrepro.commands import program
from dmdrepro.report.nulls import null_notes
from dmdrepro.report.page.chart import Chart, Line, chart_html
from dmdrepro.report.page.curves import COLOURS, legend
from dmdrepro.report.page.html import Html, details, element, joined
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.page.tables import table_html
from dmdrepro.report.students import collect
from dmdrepro.report.study import Curve, OpenStudy, curves, study_tables

STUDIES_TITLE = "What the paper leaves open"
PATH = "path"
WINDOW = "mean of the last fifth of the iterations so far"
ABOUT = (
    "Each study compares arms, changed copies of one experiment, over several seeds. The curves "
    "run along the path, the sum of the learning rates of the student's updates so far: no weight "
    "can have gone much further, so arms of different learning rates can be laid side by side."
)


def studies_html(studies: Sequence[OpenStudy]) -> Html:
    """All studies, one after another, each under its name."""
    return joined([element("p", ABOUT), *map(_study, studies)], "\n")


def study_charts(found: Sequence[Curve]) -> list[Chart]:
    """Retention, concordance, quality and, if logged, the DM loss by path; a colour an arm."""
    arms = list(dict.fromkeys(curve.arm for curve in found))

    def lines(name: str, of: Sequence[Curve] = found) -> tuple[Line, ...]:
        return tuple(
            Line(
                f"{curve.arm}, seed {curve.seed}",
                curve.path,
                getattr(curve, name),
                arms.index(curve.arm) % COLOURS,
            )
            for curve in of
        )

    logged = [curve for curve in found if curve.loss_dm]
    charts = [
        Chart("Retention", PATH, lines("retention"), (0.0, 1.0), "1 keeps, 0 independent"),
        Chart(
            "Concordance", PATH, lines("concordance"), (0.0, 1.0), "1 the teacher, 0 independent"
        ),
        Chart("Quality of G", PATH, lines("quality"), (1.0,), "1 as good as data"),
    ]
    if any(math.isfinite(loss) for curve in logged for loss in curve.loss_dm):
        charts.append(Chart("DM loss", PATH, lines("loss_dm", logged), (0.0,), WINDOW))
    return charts


def _study(opened: OpenStudy) -> Html:
    study, arms = opened.study, opened.arms
    own, along, lacking = (
        next((t for t in study_tables(study, arms) if t.name == name), None)
        for name in (f"study_{study.name}", "along_distillation", "not_run")
    )
    found = curves(arms)
    charts = [chart for each in study_charts(found) if (chart := chart_html(each)) is not None]
    parts = [
        element("h3", f"{study.name} ({study.experiment})", id=f"study-{study.name}"),
        element("p", study.question),
        None if own is None else table_html(own),
        legend("Arms:", list(dict.fromkeys(curve.arm for curve in found))),
        element("div", *charts, class_="charts") if charts else None,
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
