"""`reproduce.py classifier`."""

from __future__ import annotations

from dmdrepro.cli import options as o
from dmdrepro.cli.execute import conclude, run_command
from dmdrepro.cli.guard import guarded
from dmdrepro.pipeline.request import Request


@o.takes_request(**o.SHARED)
def classifier(request: Request) -> None:
    """Train the digits' classifier whose features measure MNIST's samples (`evaluate` does too)."""
    with guarded():
        if (plan := run_command(request, ("classifier",))) is not None:
            conclude(plan)
