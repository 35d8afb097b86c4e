"""A table of the report as HTML: in a box of its own that scrolls, with headers for each cell."""

from __future__ import annotations

from dataclasses import replace

from dmdrepro.measures.table import Cell, Table, cell_text
from dmdrepro.report.page.html import Html, details, element, joined
from dmdrepro.report.render import numeric_columns

VERDICT = "verdict"  # the column whose words are shown as badges
WHY = "why"  # the column of sentences
WHOLE = ("arm", "wall time", "finished")  # columns whose cells are not broken
LONG = 40  # characters: a longer text keeps room for a few words a line


def table_html(table: Table, notes: bool = True) -> Html:
    """The table under its title, with its notes folded below."""
    right = numeric_columns(table)
    heads = [
        element("th", column, scope="col", class_="number" if r else None)
        for column, r in zip(table.columns, right, strict=True)
    ]
    rows = [
        element("tr", *(_cell(*each) for each in zip(table.columns, row, right, strict=True)))
        for row in table.rows
    ]
    grid = element(
        "table",
        element("thead", element("tr", *heads)),
        element("tbody", joined(rows, "\n")),
    )
    box = element("div", grid, class_="scroll", role="region", tabindex=0, aria_label=table.title)
    title = element("p", table.title, class_="title")
    return element("div", title, box, _notes(table) if notes else None, class_="table")


def about(table: Table | None, experiment: str, *hidden: str) -> Table | None:
    """The rows of one experiment without the `hidden` columns; None where there are none."""
    if table is None or "experiment" not in table.columns:
        return None
    place = table.columns.index("experiment")
    rows = tuple(row for row in table.rows if row[place] == experiment)
    if not rows:
        return None
    kept = [c for c in table.columns if c != "experiment" and c not in hidden]
    return replace(replace(table, rows=rows).only(kept), notes=table.notes)


def _cell(column: str, cell: Cell, right: bool) -> Html:
    text = cell_text(cell)
    if column == VERDICT:
        return element("td", element("span", text, class_=f"badge {text.replace(' ', '-')}"))
    kind = "number" if right else "whole" if column in WHOLE else None
    if kind is None and (column == WHY or len(text) > LONG):
        kind = "long"
    return element("td", text, class_=kind)


def _notes(table: Table) -> Html | None:
    if not table.notes:
        return None
    items = element("ul", *(element("li", note) for note in table.notes))
    return details("How to read this table", items)
