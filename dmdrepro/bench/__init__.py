"""Timings against named alternatives, in one run, with device and versions."""

from dmdrepro.bench.run import run_bench, show_rows

__all__ = ["run_bench", "show_rows"]
