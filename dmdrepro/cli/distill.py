"""`reproduce.py distill`."""

from __future__ import annotations

from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def distill(request: Request) -> None:
    """Distil a one-step student from each teacher snapshot."""
    from dmdrepro.cli.execute import run_command, show_not_run

    with guarded():
        if (plan := run_command(request, ("distill",))) is not None:
            show_not_run(plan)
