"""`reproduce.py all`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.guard import guarded
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import STAGES


@o.takes_request(**o.SHARED, **o.CHAIN)
def all_stages(request: Request) -> None:
    """Do everything: teachers, students, samples, evaluation, known answers, figures, tables."""
    from dmdrepro.cli import known
    from dmdrepro.cli.results import draw_figures, print_tables

    with guarded():
        plan = run_command(request, STAGES)
        if plan is None:
            return
        unusable = {}
        if not plan.part:
            known.make_for(plan)
            unusable = draw_figures(plan) | print_tables(plan)
        conclude(plan, unusable)
