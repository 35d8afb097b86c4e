"""`reproduce.py figures`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import fail, guarded
from dmdrepro.cli.published import check_alone, draw_published
from dmdrepro.pipeline.paths import check_target
from dmdrepro.pipeline.request import Request

Published = Annotated[
    Path | None,
    typer.Option(
        "--published",
        metavar="FOLDER",
        help="Draw the figures of docs/findings.md and write the tables from the project's own "
        "records instead, into this folder; run nothing.",
    ),
]


@o.takes_request(**o.SHARED)
def figures(request: Request, published: Published = None) -> None:
    """Draw the paper's figures and the report from what has been evaluated; gaps say why."""
    from dmdrepro.cli.execute import conclude
    from dmdrepro.cli.results import draw_figures, refresh_page, show_figures_plan
    from dmdrepro.pipeline.plan import make_plan

    with guarded():
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
        else:
            conclude(plan, draw_figures(plan) | refresh_page(plan))
