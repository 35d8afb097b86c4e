"""Tables: the paper's numbers beside ours, the figures' numbers, what was not run, the choices."""

from dmdrepro.report.render import render_terminal, write_tables
from dmdrepro.report.table import Band, Table
from dmdrepro.report.tables import build_tables

__all__ = ["Band", "Table", "build_tables", "render_terminal", "write_tables"]
