"""`reproduce.py bench`."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dmdrepro.cli import options as o
from dmdrepro.cli.guard import NOTHING_KEPT, console, fail, guarded
from dmdrepro.cli.overwrite import BENCH, check_output, is_figure, is_kept, json_with, write_record
from dmdrepro.experiments import nearest

# fmt: off
Only = o.option(str | None, "--only", metavar="PARTS", about=
    "Some of kernels, steps, side-by-side, pairing, over-n, over-batch, joined by commas. One of "
    "the steps alone: steps:mnist, steps:mnist:graphs, steps:mnist:compiled+bfloat16. "
    "Default: all.")
Quick = o.option(bool, "--quick", "Small sizes, few repeats.")
Large = o.option(bool, "--large", "Also time Delta_E at N = 20,000 and 50,000 (some minutes).")
Out = o.option(Path | None, "--out",
    "Also write the rows to this JSON file, and beside it two figures: time over N "
    "(NAME_pairing.png) and over the batch (NAME_batch.png).")
# fmt: on


def bench(
    gpu: o.Gpu = None, only: Only = None, quick: Quick = False, large: Large = False,
    out: Out = None,
) -> None:  # fmt: skip
    """Time kernels, a distillation iteration and Delta_E against named alternatives, in one run."""
    with guarded(NOTHING_KEPT):
        if quick and large:
            fail("--quick and --large ask for opposites; leave one out.")
        if out is not None:
            check_output("--out", out, json_with(BENCH))
        from dmdrepro.bench.figure import draw_batches, draw_scaling
        from dmdrepro.bench.over_batch import batches_table
        from dmdrepro.bench.run import PARTS, rows_table, run_bench
        from dmdrepro.bench.scaling import scaling_table
        from dmdrepro.report import render_terminal
        from dmdrepro.training.device import select_device

        parts = PARTS if only is None else _parsed(only, PARTS)
        if large and "over-n" not in parts:
            fail(f"--large measures over N, which --only {only} leaves out.")
        # What is measured -> how it is drawn, the end of the picture's name, its table.
        curves = {
            "scaling": (draw_scaling, "pairing", scaling_table),
            "batches": (draw_batches, "batch", batches_table),
        }
        pictures, kept = {}, out is not None and is_kept(out)
        for name, (_, end, _) in curves.items() if kept else ():
            pictures[name] = out.with_name(f"{out.stem}_{end}.png")
            check_output("--out", pictures[name], is_figure)
        record = run_bench(
            select_device(gpu),
            parts=parts,
            quick=quick,
            large=large,
            say=console.print,
            keep=partial(write_record, out) if kept else lambda record: None,
        )
        if record["rows"]:
            console.print(render_terminal(rows_table(record)))
        measured = {name: of for name, of in curves.items() if record[name]}
        for _, _, table_of in measured.values():
            console.print(render_terminal(table_of(record)))
        if out is not None:
            write_record(out, record)
            drawn = {pictures[name]: of[0] for name, of in measured.items() if name in pictures}
            for picture, draw in drawn.items():
                draw(record, picture)
            console.print(f"Written: {', '.join(map(str, [out, *drawn]))}")


def _parsed(words: str, known: Sequence[str]) -> list[str]:
    names = [word.strip() for word in words.split(",")]
    for name in names:
        if name not in known and not name.startswith("steps:"):
            fail(f"--only {words}: there is no part {name!r}; {nearest(name, known)}")
    return names
