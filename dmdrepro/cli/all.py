"""`reproduce.py all`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request
from dmdrepro.cli.plan import STAGES


@takes_request
def all_stages(request: Request, engine: o.Engine = "auto", jobs: o.Jobs = None) -> None:
    """Do everything: teachers, students, samples, evaluation, known answers, figures, tables."""
    from dmdrepro.cli import known
    from dmdrepro.cli.execute import conclude, run_command
    from dmdrepro.cli.results import draw_figures, print_tables

    with guarded():
        plan = run_command(request, STAGES, engine, jobs)
        if plan is None:
            return
        known.make_for(plan)
        conclude(plan, draw_figures(plan) | print_tables(plan))
