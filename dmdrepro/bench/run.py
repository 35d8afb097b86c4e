"""All rows of the benchmark, and how they are shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch

from dmdrepro.bench.kernels import kernel_rows
from dmdrepro.bench.over_batch import batch_rows
from dmdrepro.bench.pairing import pairing_rows
from dmdrepro.bench.scaling import scaling_rows
from dmdrepro.bench.side_by_side import side_by_side_rows
from dmdrepro.bench.step import step_rows
from dmdrepro.runs.provenance import provenance

ROWS = {
    "kernels": kernel_rows,
    "steps": step_rows,
    "side-by-side": side_by_side_rows,
    "pairing": pairing_rows,
}
PARTS = (*ROWS, "over-n", "over-batch")


def run_bench(
    device: torch.device,
    *,
    parts: Sequence[str] = PARTS,
    quick: bool = False,
    large: bool = False,
    say: Callable[[str], None] = print,
) -> dict:
    """{"rows": [{what, ours_s, alternative, alternative_s, ratio}], "scaling": [...], ...}.

    `ratio` is the alternative's time over ours: above 1, ours is faster. `parts`: of PARTS.
    """
    rows = []
    told = ROWS | {"steps": partial(step_rows, say=say)}
    for part in (told[name] for name in ROWS if name in parts):
        for what, ours_s, alternative, alternative_s in part(device, quick=quick):
            ratio = alternative_s / ours_s
            rows.append(
                {
                    "what": what,
                    "ours_s": ours_s,
                    "alternative": alternative,
                    "alternative_s": alternative_s,
                    "ratio": ratio,
                }
            )
            say(f"{what}: {ratio:.2f} x {alternative}")
    scaling, batches = [], []
    if "over-n" in parts:
        scaling = scaling_rows(device, quick=quick, large=large, say=say)
    if "over-batch" in parts:
        batches = batch_rows(device, quick=quick, say=say)
    found = {"rows": rows, "scaling": scaling, "batches": batches}
    return {**found, "quick": quick, "provenance": provenance(str(device))}


def show_rows(record: dict):
    """The rows as a rich table, with device and versions in its title."""
    from rich.table import Table

    facts = record["provenance"]
    title = (
        f"Ratio = alternative / ours (above 1: ours is faster). Device {facts['device']}, "
        f"{facts['threads']} threads, torch {facts['torch']}, triton {facts['triton']}, "
        f"commit {(facts['commit'] or 'unknown')[:12]}"
    )
    table = Table("what", "ours", "alternative", "its time", "ratio", title=title)
    for row in record["rows"]:
        ours, theirs = (f"{1e3 * row[key]:.3g} ms" for key in ("ours_s", "alternative_s"))
        table.add_row(row["what"], ours, row["alternative"], theirs, f"{row['ratio']:.2f}")
    return table
