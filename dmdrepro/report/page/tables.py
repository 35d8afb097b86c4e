"""What the page's templates show of a table: its heads, its cells and what each cell is."""

from collections.abc import Sequence
from dataclasses import replace

from dmdrepro.measures.table import Cell, Table, cell_text
from dmdrepro.report.render import numeric_columns
from dmdrepro.report.verdict import NOT_RUN

VERDICT = "verdict"  # the column whose words are shown as badges
WHY = "why"  # the column of sentences
WHOLE = ("arm", "wall time", "finished")  # columns whose cells are not broken
SETTINGS = ("student lr",)  # numbers that were not measured
LONG = 40  # characters: a longer text keeps room for a few words a line


def heads(table: Table) -> list[tuple[str, bool]]:
    """Each column's name, and whether the column holds numbers."""
    return list(zip(table.columns, numeric_columns(table), strict=True))


def rows(table: Table) -> list[list[tuple[str, str]]]:
    """(text, class) of each cell."""
    columns = heads(table)
    return [[_cell(*head, c) for head, c in zip(columns, row, strict=True)] for row in table.rows]


def _cell(column: str, right: bool, cell: Cell) -> tuple[str, str]:
    text = cell_text(cell)
    if column == VERDICT:
        return text, "badge"
    kind = "number" if right else "whole" if column in WHOLE else ""
    return text, kind or ("long" if column == WHY or len(text) > LONG else "")


def varying(table: Table) -> tuple[Table, str]:
    """The columns that differ between rows, and the constant ones in words: `size laptop; N 100`.

    Only text and whole numbers count as constant: a measured number stays in its column. Columns
    without any value are left out. A table of one row keeps the others.
    """
    columns = dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    given = {name: cells for name, cells in columns.items() if {*cells} - {None, ""}}
    same = [name for name, cells in given.items() if _constant(name, cells)]
    kept = [name for name in given if name not in same] or list(given)
    words = "; ".join(f"{name} {cell_text(given[name][0])}" for name in same if name not in kept)
    return replace(table.only(kept), notes=table.notes), words


def _constant(name: str, cells: Sequence[Cell]) -> bool:
    kind = name in SETTINGS or (name != VERDICT and isinstance(cells[0], str | int))
    return kind and len(cells) > 1 and len({*cells}) == 1


def ran(table: Table) -> Table:
    """The table without the rows of what was not run."""
    return replace(table, rows=tuple(row for row in table.rows if NOT_RUN not in row))


def about(table: Table | None, experiment: str, *hidden: str) -> Table | None:
    """The rows of one experiment without the `hidden` columns; None if there are none."""
    if table is None or "experiment" not in table.columns:
        return None
    place = table.columns.index("experiment")
    rows = tuple(row for row in table.rows if row[place] == experiment)
    if not rows:
        return None
    kept = [c for c in table.columns if c != "experiment" and c not in hidden]
    return replace(replace(table, rows=rows).only(kept), notes=table.notes)
