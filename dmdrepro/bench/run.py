"""All rows of the benchmark, and how they are shown."""

from collections.abc import Callable, Sequence
from functools import partial

import torch

from dmdrepro.bench.kernels import kernel_rows
from dmdrepro.bench.over_batch import batch_rows
from dmdrepro.bench.pairing import pairing_rows
from dmdrepro.bench.scaling import scaling_rows
from dmdrepro.bench.side_by_side import side_by_side_rows
from dmdrepro.bench.step import step_rows
from dmdrepro.measures.table import Table
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
    keep: Callable[[dict], None] = lambda record: None,
) -> dict:
    """{"rows": [{what, ours_s, alternative, alternative_s, ratio}], "scaling": [...], ...}.

    `ratio` is the alternative's time over ours: above 1, ours is faster; a step's row has `first_s`
    too, its warm-up. `parts`: of PARTS, or steps:EXPERIMENT, steps:EXPERIMENT:WAY. `keep` is given
    the record so far after each row.
    """
    record: dict = {"rows": [], "scaling": [], "batches": []}
    record |= {"quick": quick, "provenance": provenance(str(device))}
    steps = [part.partition(":")[2] for part in parts if part.partition(":")[0] == "steps"]
    only = [] if "" in steps else steps
    told = ROWS | {"steps": partial(step_rows, say=say, only=only)}
    for part in (told[name] for name in ROWS if name in parts or (name == "steps" and steps)):
        for what, ours_s, alternative, alternative_s, *first in part(device, quick=quick):
            row = {"what": what, "ours_s": ours_s, "alternative": alternative}
            row |= {"alternative_s": alternative_s, "ratio": alternative_s / ours_s}
            record["rows"].append(row | ({"first_s": first[0]} if first else {}))
            say(f"{what}: {row['ratio']:.2f} x {alternative}")
            keep(record)
    curves = {"scaling": (), "batches": ()}
    if "over-n" in parts:
        curves["scaling"] = scaling_rows(device, quick=quick, large=large, say=say)
    if "over-batch" in parts:
        curves["batches"] = batch_rows(device, quick=quick, say=say)
    for name, rows in curves.items():
        for row in rows:
            record[name].append(row)
            keep(record)
    return record


def rows_table(record: dict) -> Table:
    """With device and versions in its title."""
    facts = record["provenance"]
    title = (
        f"Ratio = alternative / ours (above 1: ours is faster). Device {facts['device']}, "
        f"{facts['threads']} threads, torch {facts['torch']}, triton {facts['triton']}, "
        f"commit {(facts['commit'] or 'unknown')[:12]}"
    )
    columns = ("what", "ours (ms)", "alternative", "its (ms)", "ratio", "made in (s)")
    rows = []
    for row in record["rows"]:
        ours, theirs = (1e3 * row[name] for name in ("ours_s", "alternative_s"))
        last = row["ratio"], row.get("first_s")
        rows.append((row["what"], ours, row["alternative"], theirs, *last))
    table = Table("rows", title, columns, tuple(rows))
    return table if any(row[-1] for row in rows) else table.only(columns[:-1])
