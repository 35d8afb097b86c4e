"""`reproduce.py figures`."""

from __future__ import annotations

from dmdrepro.cli.guard import fail, guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def figures(request: Request) -> None:
    """Draw the paper's figures and the report from what has been evaluated; gaps say why."""
    from dmdrepro.cli.execute import conclude
    from dmdrepro.cli.plan import make_plan
    from dmdrepro.cli.results import draw_figures, refresh_page, show_figures_plan

    with guarded():
        if request.settings:
            fail(
                "figures draws what has been evaluated, whatever its configuration was; "
                "leave out --set, or give it to `all`."
            )
        plan = make_plan(request, ())
        if request.dry_run:
            show_figures_plan(plan)
        else:
            conclude(plan, draw_figures(plan) | refresh_page(plan))
