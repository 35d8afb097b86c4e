"""Tables: the paper's numbers beside ours, the figures' numbers, what was not run, the choices."""

from dmdrepro.report.render import render_terminal, write_tables
from dmdrepro.report.table import Band, Table
from dmdrepro.report.tables import all_seeds, build_tables, tables_of

__all__ = [
    "Band",
    "Table",
    "all_seeds",
    "build_tables",
    "render_terminal",
    "tables_of",
    "write_tables",
]
