"""`reproduce.py classifier`."""

from __future__ import annotations

from dmdrepro.cli.guard import guarded
from dmdrepro.cli.options import Request, takes_request


@takes_request
def classifier(request: Request) -> None:
    """Train the digits' classifier whose features measure MNIST's samples (`evaluate` does too)."""
    from dmdrepro.cli.execute import conclude, run_command

    with guarded():
        if (plan := run_command(request, ("classifier",))) is not None:
            conclude(plan)
