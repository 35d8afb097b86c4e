"""`reproduce.py sample`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.guard import guarded
from dmdrepro.pipeline.request import Request


@o.takes_request(**o.SHARED, snapshot=o.Snapshot)
def sample(request: Request) -> None:
    """Draw Phi_1, Phi_8, Phi_32 and G on the same noise."""
    with guarded():
        if (plan := run_command(request, ("sample",))) is not None:
            conclude(plan)
