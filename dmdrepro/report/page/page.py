"""The report as one page: opens from disk, asks the network for nothing.

The templates beside this file have its words; every text that they are given is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dmdrepro.experiments import REGISTRY
from dmdrepro.measures.students import Results, collect
from dmdrepro.measures.table import Table, seed_words
from dmdrepro.report.answer import MEANINGS, answers
from dmdrepro.report.page.chart import colours, drawings
from dmdrepro.report.page.experiment import experiment_part
from dmdrepro.report.page.known import known_part
from dmdrepro.report.page.pictures import Picture
from dmdrepro.report.page.provenance import summary_table
from dmdrepro.report.page.studies import study_part
from dmdrepro.report.page.tables import heads, rows
from dmdrepro.report.study import OpenStudy
from dmdrepro.runs.results import Missing


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
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    students = collect(results)
    named = {table.name: table for table in tables}
    verdict, ours, origin = named["verdict"], named["paper_and_ours"], summary_table(students)
    # The columns that must not be read apart; each experiment's section has all of them.
    essential = ours.only(ours.essential)
    others = sorted({s for student in students for s in student.seeds} - {seed})
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"heads": heads, "rows": rows, "colours": colours, "drawings": drawings}
    page = templates.get_template("page.html").render(
        size=size,
        seed=seed,
        others=seed_words(others),
        answers=answers(students),
        meanings=MEANINGS,
        verdicts=Counter(row[verdict.columns.index("verdict")] for row in verdict.rows),
        verdict=verdict,
        numbers=Table(ours.name, ours.title, essential.columns, essential.rows, ours.notes),
        experiments=[
            experiment_part(
                name, results, [s for s in students if s.experiment == name], named, pictures
            )
            for name in REGISTRY
            if name in results
        ],
        studies=[study_part(study) for study in studies],
        known=None if known is None else known_part(known),
        closing=[
            *(named[key] for key in ("choices", "slips", "not_run") if key in named),
            *([origin] if origin.rows else []),
        ],
    )
    return page.encode("utf-8", "xmlcharrefreplace")  # a path's undecodable bytes too
