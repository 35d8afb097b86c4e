"""Tables: the paper's numbers beside ours, the figures' numbers, gaps, choices; and one page."""

from dmdrepro.measures.table import Band, Table
from dmdrepro.report.known import known_tables
from dmdrepro.report.page.page import report_page
from dmdrepro.report.page.pictures import Picture
from dmdrepro.report.render import render_terminal, write_tables
from dmdrepro.report.seeds import seeds_table
from dmdrepro.report.study import open_studies
from dmdrepro.report.tables import all_seeds, seed_first, tables_of

__all__ = [
    "Band", "Picture", "Table", "all_seeds", "known_tables", "open_studies", "render_terminal",
    "report_page", "seed_first", "seeds_table", "tables_of", "write_tables",
]  # fmt: skip
