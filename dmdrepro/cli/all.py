"""`reproduce.py all`."""

from dmdrepro.cli import known
from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.results import draw_figures, show_results
from dmdrepro.pipeline.request import Request
from dmdrepro.pipeline.task import STAGES


@o.takes_request(**o.SHARED, **o.CHAIN, **o.SLURM)
def all_stages(request: Request, tables: o.Tables = False) -> None:
    """Do everything: teachers, students, samples, evaluation, known answers, figures, tables."""
    plan = run_command(request, STAGES)
    if plan is None:
        return
    unusable = {}
    if not plan.part:
        for seed in plan.seeds:
            known.make_for(plan.of(seed))
        unusable = draw_figures(plan) | show_results(plan, tables)
    conclude(plan, unusable)
