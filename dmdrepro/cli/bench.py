"""`reproduce.py bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, guarded
from dmdrepro.cli.paths import check_file


def bench(
    gpu: o.Gpu = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, few repeats.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Also write the rows to this JSON file.")
    ] = None,
) -> None:
    """Time kernels, a distillation iteration and Delta_E against named alternatives, in one run."""
    with guarded():
        from dmdrepro.bench import run_bench, show_rows
        from dmdrepro.runs.files import write_json
        from dmdrepro.training.device import select_device

        if out is not None:
            check_file("--out", out)
        device = select_device(gpu)
        record = run_bench(device, quick=quick, say=lambda text: console.print(text))
        console.print(show_rows(record))
        if out is not None:
            write_json(out, record)
            console.print(f"Written: {out}")
