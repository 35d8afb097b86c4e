"""`reproduce.py distill`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.guard import guarded
from dmdrepro.pipeline.request import Request


@o.takes_request(**o.SHARED, engine=o.Engine, snapshot=o.Snapshot)
def distill(request: Request) -> None:
    """Distil a one-step student from each teacher snapshot."""
    with guarded():
        if (plan := run_command(request, ("distill",))) is not None:
            conclude(plan)
