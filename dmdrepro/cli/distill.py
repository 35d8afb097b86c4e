"""`reproduce.py distill`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def distill(request: Request, engine: o.Engine = "auto") -> None:
    """Distil a one-step student from each teacher snapshot."""
    from dmdrepro.cli.execute import conclude, run_command

    with guarded():
        if (plan := run_command(request, ("distill",), engine)) is not None:
            conclude(plan)
