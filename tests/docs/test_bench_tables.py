"""The tables of docs/performance.md that have a record beside them hold its numbers."""

from __future__ import annotations

import json

from conftest import ROOT
from page_tables import disagreement, tables

from dmdrepro.bench.step import PLAIN

PAGE = ROOT / "docs/performance.md"


def record(name: str) -> dict:
    return json.loads((ROOT / "docs" / f"{name}.json").read_text())


def table(first_columns: tuple[str, ...]) -> list[dict[str, str]]:
    (found,) = [
        rows for _, rows in tables(PAGE) if tuple(rows[0])[: len(first_columns)] == first_columns
    ]
    return found


def test_the_ways_of_a_step_are_the_records():
    bench = record("bench_steps")
    assert bench["provenance"]["commit"][:7] in PAGE.read_text()
    rows = {row["what"]: row for row in bench["rows"]}
    shown = table(("laptop size", "way"))
    assert len(shown) == len(rows)
    for cells in shown:
        row = rows[f"distillation iteration, {cells['laptop size']}, size laptop: {cells['way']}"]
        for column, value in (
            ("ours", 1e3 * row["ours_s"]),
            (PLAIN, 1e3 * row["alternative_s"]),
            ("ratio", row["ratio"]),
        ):
            assert not disagreement(cells[column], [value]), cells


def test_an_iteration_over_the_batch_is_the_records():
    found = {
        (row["experiment"], row["batch"], row["way"]): 1e3 * row["iteration_s"]
        for row in record("bench_batch")["batches"]
    }
    for cells in table(("batch", "chessboard: ours")):
        batch = int(cells.pop("batch").replace(",", ""))
        ways = [(name, way) for name in ("chessboard", "mnist") for way in ("ours, eager", PLAIN)]
        for (name, way), cell in zip(ways, cells.values(), strict=True):
            value = found.pop((name, batch, way), None)
            assert (cell == "") == (value is None)
            assert value is None or not disagreement(cell, [value]), (name, batch, way)
    assert not found


def test_the_exact_optimum_over_n_is_the_records():
    found = {
        (row["d"], row["n"], row["way"]): row["cpu_s"] for row in record("bench_pairing")["scaling"]
    }
    for cells in table(("D", "N", "ours, matrix held")):
        d, n = (int(cells.pop(column).replace(",", "")) for column in ("D", "N"))
        if n == 50_000:  # measured later; the text below the table says how
            continue
        for way, cell in cells.items():
            value = found.pop((d, n, way), None)
            assert (cell == "") == (value is None)
            assert value is None or not disagreement(cell, [value]), (d, n, way)
    assert not found
