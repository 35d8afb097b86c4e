"""`reproduce.py teacher`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.guard import guarded
from dmdrepro.pipeline.request import Request


@o.takes_request(**o.SHARED, engine=o.Engine)
def teacher(request: Request) -> None:
    """Train the teachers, keeping a snapshot at each listed iteration."""
    with guarded():
        if (plan := run_command(request, ("teacher",))) is not None:
            conclude(plan)
