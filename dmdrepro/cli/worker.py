"""The process of `--jobs` that makes chains, one after the other (pipeline/processes.py)."""

import json
import os
import sys
from typing import Annotated

import typer


def worker(
    context: typer.Context, lifeline: Annotated[int, typer.Option("--lifeline", min=0)]
) -> None:
    """Run the commands that the standard input names, until it ends or one does not end well."""
    from dmdrepro.pipeline.processes import DONE

    app = context.find_root().command
    for line in sys.stdin:
        try:
            app.main([*json.loads(line), f"--lifeline={lifeline}"])
        except SystemExit as end:
            if end.code:
                raise
        sys.stdout.flush()
        os.write(lifeline, json.dumps([DONE]).encode() + b"\n")
