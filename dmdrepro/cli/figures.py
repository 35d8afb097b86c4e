"""`reproduce.py figures`."""

from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude
from dmdrepro.cli.guard import fail
from dmdrepro.cli.published import check_alone, draw_published
from dmdrepro.cli.results import chosen_figures, draw_figures, refresh_page, show_figures_plan
from dmdrepro.commands import program
from dmdrepro.experiments import NEEDS_LOAD
from dmdrepro.measures import evaluation
from dmdrepro.pipeline.paths import check_target
from dmdrepro.pipeline.plan import Plan, make_plan
from dmdrepro.pipeline.request import Request
from dmdrepro.runs.layout import PAGE
from dmdrepro.runs.results import Result, open_results

# fmt: off
Published = o.option(Path | None, "--published", metavar="FOLDER", about=
    "Draw the figures of docs/findings.md and write the tables into this folder, from the "
    "project's own records. Nothing is run.")
# fmt: on


@o.takes_request(**o.SHARED)
def figures(request: Request, published: Published = None) -> None:
    """Draw the paper's figures and the report from what has been evaluated."""
    if published is not None:
        check_alone(request, *request.names)
        check_target("--published", published)
        draw_published(published)
        return
    if request.settings:
        fail(
            "figures draws what has been evaluated, whatever its configuration was; "
            "leave out --set, or give it to `all`."
        )
    plan = make_plan(request, ())
    if request.dry_run:
        show_figures_plan(plan)
        return
    _refuse_nothing(plan)
    conclude(plan, draw_figures(plan) | refresh_page(plan))


def _refuse_nothing(plan: Plan) -> None:
    """Refuse seeds of which neither the figures nor the page would show a result."""
    from dmdrepro import paper_figures

    shown = {name for n in chosen_figures(plan) for name in paper_figures.FIGURES[n].experiments}
    shown |= {experiment.name for experiment in plan.experiments}
    for seed in plan.seeds:
        found = open_results(plan.runs, plan.size, seed, shown, shape=evaluation()).values()
        folder = plan.of(seed).folder(PAGE).parent
        on_the_page = any((*folder.glob("*@*/evaluate-*"), *folder.glob("known")))
        if not on_the_page and not any(isinstance(x, Result) or x.unusable for x in found):
            fail(
                f"Nothing that the figures show has been evaluated in {plan.runs} at size "
                f"{plan.size}, seed {seed}; run `{program()} all --size {plan.size}` first. "
                f"{NEEDS_LOAD}"
            )
