"""Timings against named alternatives, in one run, with device and versions."""

from dmdrepro.bench.figure import draw_batches, draw_scaling
from dmdrepro.bench.over_batch import show_batches
from dmdrepro.bench.run import PARTS, run_bench, show_rows
from dmdrepro.bench.scaling import show_scaling

__all__ = [
    "PARTS",
    "draw_batches",
    "draw_scaling",
    "run_bench",
    "show_batches",
    "show_rows",
    "show_scaling",
]
