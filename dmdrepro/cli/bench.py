"""`reproduce.py bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import console, fail, guarded
from dmdrepro.cli.paths import check_file


def bench(
    gpu: o.Gpu = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, few repeats.")] = False,
    large: Annotated[
        bool,
        typer.Option("--large", help="Delta_E at N = 20,000 and 50,000 too: some minutes more."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="Also write the rows to this JSON file, and beside it a figure of Delta_E's cost "
            "over N, NAME_pairing.png.",
        ),
    ] = None,
) -> None:
    """Time kernels, a distillation iteration and Delta_E against named alternatives, in one run."""
    with guarded():
        from dmdrepro.bench import draw_scaling, run_bench, show_rows, show_scaling
        from dmdrepro.runs.files import write_json
        from dmdrepro.training.device import select_device

        if out is not None:
            check_file("--out", out)
            check_file("--out", picture := out.with_name(f"{out.stem}_pairing.png"))
        if quick and large:
            fail("--quick and --large ask for opposites; leave one out.")
        device = select_device(gpu)
        record = run_bench(device, quick=quick, large=large, say=lambda text: console.print(text))
        console.print(show_rows(record))
        console.print(show_scaling(record))
        if out is not None:
            write_json(out, record)
            draw_scaling(record, picture)
            console.print(f"Written: {out}, {picture}")
