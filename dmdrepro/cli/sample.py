"""`reproduce.py sample`."""

from __future__ import annotations

from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def sample(request: Request) -> None:
    """Draw Phi_1, Phi_8, Phi_32 and G on the same noise."""
    from dmdrepro.cli.execute import conclude, run_command

    with guarded():
        if (plan := run_command(request, ("sample",))) is not None:
            conclude(plan)
