"""Timings against named alternatives, in one run, with device and versions.

Beside them `degraded`: what the measures of image quality say of data made worse on purpose.
"""

from dmdrepro.bench.run import run_bench, show_rows

__all__ = ["run_bench", "show_rows"]
