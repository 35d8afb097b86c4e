"""The report as one page: opens from disk, asks the network for nothing.

The templates beside this file have its words.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from dmdrepro.commands import loads, program
from dmdrepro.measures.along import study_charts
from dmdrepro.measures.null import null_notes
from dmdrepro.measures.students import Results, collect
from dmdrepro.measures.table import Table, seed_words
from dmdrepro.measures.word import MEANINGS
from dmdrepro.report.answer import answers
from dmdrepro.report.page.chart import colours, drawings
from dmdrepro.report.page.clouds import draw_clouds
from dmdrepro.report.page.experiment import experiment_part
from dmdrepro.report.page.known import known_part
from dmdrepro.report.page.lead import dot_plot, sentence
from dmdrepro.report.page.pictures import Picture
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.page.tables import heads, ran, rows, varying
from dmdrepro.report.page.templates import encoded, templates
from dmdrepro.report.study import OpenStudy, study_tables, study_ways
from dmdrepro.runs.results import Missing

CLOSING = ("paper_and_ours", "choices", "slips")  # tables about all experiments
LIMIT = 2_000_000  # bytes of a page
SCALES = (1.0, 0.7, 0.5)  # of its figures, until it is below


def report_page(
    results: Results,
    tables: Sequence[Table],
    pictures: Sequence[Picture],
    size: str,
    seed: int,
    studies: Sequence[OpenStudy] = (),
    known: dict | Missing | None = None,
) -> bytes:
    """The page, UTF-8, from results that `all_seeds` opened and their `tables_of`.

    `studies`: those that `open_studies` found, in a section of their own. `known`: what
    `open_known` opened; None leaves its section out.

    It has no date and no clock of its own: equal results give equal bytes.
    """
    students = collect(results)
    named = {table.name: table for table in tables}
    verdict, found = named["verdict"], answers(students)
    others = sorted({s for student in students for s in student.seeds} - {seed})
    # With anything to show, be it what is wrong with it.
    firsts = {name: results[name][0] for name in _by_figure(results)}
    shown = [n for n, first in firsts.items() if not isinstance(first, Missing) or first.unusable]
    absent = [name for name in results if name not in shown]
    closing = [*(ran(named[key]) for key in CLOSING if key in named), summary_table(students)]
    homes = {p: next((n for n in shown if n in p.experiments), "") for p in pictures}
    ours = templates()
    ours.filters |= {"heads": heads, "rows": rows, "colours": colours, "drawings": drawings}
    ours.filters["varying"] = varying
    render = partial(
        ours.get_template("page.html").render,
        size=size,
        seed=seed,
        others=seed_words(others),
        sentence=sentence(found),
        answers=found,
        kept=dot_plot(found),
        clouds=draw_clouds(firsts),
        meanings=MEANINGS,
        verdicts=Counter(row[verdict.columns.index("verdict")] for row in verdict.rows),
        verdict=ran(verdict),
        experiments=[
            experiment_part(
                name,
                results,
                [s for s in students if s.experiment == name],
                named,
                {p: homes[p] for p in pictures if name in p.experiments},
            )
            for name in shown
        ],
        absent=absent,
        not_run=named.get("not_run"),
        studies=[_study_part(study) for study in studies],
        known=None if known is None else known_part(known),
        closing=[table for table in closing if table.rows],
    )
    for scale in SCALES:
        page = encoded(render(scale=scale))
        if len(page) <= LIMIT:
            break
    return page


def _study_part(opened: OpenStudy) -> dict[str, object]:
    """What `studies.html` shows of one study."""
    study, arms = opened.study, opened.arms
    tables = {table.name: table for table in study_tables(study, arms)}
    found, students = study_ways(arms), collect(arms, every=True)
    seeds = sorted({seed for student in students for seed in student.seeds})
    made = [(result, student.snapshot) for student in students for result in student.results]
    own = sorted({key for result, snapshot in made for key in result.own_measures(snapshot)})
    line = f"{program()} study {study.name} --seeds {','.join(map(str, seeds))}"
    return {
        "study": study,
        "own": tables.get(f"study_{study.name}"),
        "along": tables.get("along_distillation"),
        "lacking": tables.get("not_run"),
        "charts": study_charts(found, ["path"]),
        "notes": null_notes(students),
        "found": found,
        "command": f"{line} --size {study.size}{loads(study.experiment, study.name, own)}",
        "origin": summary_table(students),
    }


def _by_figure(names: Iterable[str]) -> list[str]:
    """The names in the order of the paper's figures."""
    from dmdrepro.paper_figures import FIGURES

    firsts = {name: n for n, m in reversed(FIGURES.items()) for name in m.experiments}
    return sorted(names, key=lambda name: firsts.get(name, len(FIGURES)))
