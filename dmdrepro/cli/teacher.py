"""`reproduce.py teacher`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def teacher(request: Request, engine: o.Engine = "auto") -> None:
    """Train the teachers, keeping a snapshot at each listed iteration."""
    from dmdrepro.cli.execute import conclude, run_command

    with guarded():
        if (plan := run_command(request, ("teacher",), engine)) is not None:
            conclude(plan)
