"""What a distillation iteration costs over the batch: ours and the plain loop."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from dmdrepro.bench.step import CANNOT, PLAIN, Prepare, Runner, step_size
from dmdrepro.bench.timing import medians
from dmdrepro.experiments import build
from dmdrepro.measures.table import Table
from dmdrepro.training.engine import Engine

BATCHES = {"chessboard": (32, 128, 512, 2048), "mnist": (8, 32, 128)}
QUICK = {"chessboard": (8, 16)}


def batch_rows(device: torch.device, *, quick: bool, say: Callable[[str], None]) -> Iterator[dict]:
    """{experiment, size, batch, way, iteration_s}: the ways in turns, medians of the turns.

    Warm-up blocks, in which graphs are made, are not counted.
    """
    size = step_size(device, quick=quick)
    blocks, turns = (1, 1) if quick else (2, 5)
    prepared: dict[str, Prepare | None] = {"ours, eager": Engine().prepare, PLAIN: None}
    if device.type == "cuda":
        prepared["ours, graphs"] = Engine(graphs=True).prepare
    for name, batches in (QUICK if quick else BATCHES).items():
        for batch in batches:
            usual = build(name, size)
            experiment = replace(usual, distill=replace(usual.distill, batch=batch))
            runners = {way: Runner(experiment, device, p) for way, p in prepared.items()}
            try:
                for runner in runners.values():
                    runner.seconds(5 if device.type == "cuda" else 1)
            except CANNOT as error:
                say(f"{name}, batch {batch}: not measured: {error}")
                continue
            found = ([r.seconds(blocks) for r in runners.values()] for _ in range(turns))
            for way, median in zip(runners, medians(found), strict=True):
                about = {"experiment": name, "size": size, "batch": batch, "way": way}
                say(f"{name}, batch {batch}, {way}: {1e3 * median:.3g} ms an iteration")
                yield {**about, "iteration_s": median}


def batches_table(record: dict) -> Table:
    columns = ("experiment", "size", "batch", "way", "ms an iteration")
    rows = (
        (row["experiment"], row["size"], row["batch"], row["way"], 1e3 * row["iteration_s"])
        for row in record["batches"]
    )
    return Table("over_batch", "Over the batch", columns, tuple(rows))
