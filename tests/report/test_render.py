"""Tables in the terminal, as Markdown, CSV and strict JSON."""

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from report_runs import tables_in, write_run
from rich.console import Console

from dmdrepro.report import Band, Table, render_terminal, write_tables
from dmdrepro.report.render import cell_text, to_csv, to_json, to_markdown

TABLE = Table(
    "sample",
    "A title",
    ("name", "count", "value", "band"),
    (
        ("a|b", 8192, 0.03672, Band(0.5, 0.25, math.inf)),
        ("[red]c", None, math.inf, None),
        ("d", 1, math.nan, Band(-1.0, -2.0, 0.0)),
    ),
    ("D* with a < b.",),
)


WIDE = Table(
    "wide",
    "A title",
    ("name", "first", "second", "third"),
    (
        ("one", 1, "x" * 20, Band(0.5, 0.25, 1.0)),
        ("two", None, "y" * 20, Band(1.5, 1.25, 2.0)),
    ),
    ("A note.",),
    essential=("name", "third"),
)


def printed(table, width, folder=None):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(render_terminal(table, folder))
    return console.file.getvalue()


@pytest.fixture
def ours(tmp_path):
    """The paper's numbers and ours, one row with a band over two seeds."""
    write_run(tmp_path, "chessboard", (4000,), seed=0)
    write_run(tmp_path, "chessboard", (4000,), seed=1)
    write_run(tmp_path, "mnist", (512, 3072))
    return tables_in(tmp_path)["paper_and_ours"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.0367, "0.0367"),
        (8.55, "8.55"),
        (133.4, "133"),
        (626.9, "627"),
        (12345.6, "12,300"),
        (0.9996, "1.00"),
        (2e-6, "2e-06"),
        (2e-4, "0.0002"),
        (0.0, "0"),
        (-0.4567, "-0.457"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        (50_000, "50,000"),
        (None, "-"),
        ("not run", "not run"),
        (Band(2.0, 1.0, 4.0), "2.00 [1.00, 4.00]"),
    ],
)
def test_people_read_three_digits(cell, text):
    assert cell_text(cell) == text


def test_markdown_has_a_line_for_each_row_and_escapes_what_would_break_it():
    lines = to_markdown(TABLE).splitlines()
    assert lines[0] == "### A title"
    assert lines[2] == "| name | count | value | band |"
    assert lines[3] == "| --- | ---: | ---: | ---: |"
    assert lines[4] == r"| a\|b | 8,192 | 0.0367 | 0.500 [0.250, inf] |"
    assert lines[-1] == r"- D\* with a \< b."
    assert len(lines) == 9


def test_csv_keeps_every_digit():
    rows = list(csv.reader(io.StringIO(to_csv(TABLE))))
    assert rows[0] == ["name", "count", "value", "band"]
    assert rows[1] == ["a|b", "8192", "0.03672", "0.5 [0.25, inf]"]
    assert rows[2] == ["[red]c", "", "inf", ""]


def test_json_is_strict_and_keeps_every_digit():
    def refuse(constant):
        raise AssertionError(constant)

    found = json.loads(to_json(TABLE), parse_constant=refuse)
    assert found["columns"] == ["name", "count", "value", "band"]
    assert found["rows"][0] == {
        "name": "a|b",
        "count": 8192,
        "value": 0.03672,
        "band": {"value": 0.5, "low": 0.25, "high": "inf"},
    }
    assert found["rows"][1]["value"] == "inf"
    assert found["rows"][2]["value"] == "nan"
    assert found["notes"] == ["D* with a < b."]


def test_the_terminal_shows_brackets_as_they_are():
    text = printed(TABLE, 80)
    assert "0.500 [0.250, inf]" in text
    assert "[red]c" in text
    assert "D* with a < b." in text


@pytest.mark.parametrize("width", [50, 60, 80, 120, 160, 180, 200, 220, 300])
def test_nothing_is_broken_or_cut_at_any_width(ours, width):
    table = replace(ours, essential=())
    text = printed(table, width)
    assert max(map(len, text.splitlines())) <= width
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    for row in table.rows:
        for cell in row:
            assert cell is None or text.count(cell_text(cell)) >= 1
    assert text.count("laptop size (reduced)") == 3
    for column in table.columns:
        assert all(word in text for word in column.split())


def test_files_of_every_kind_are_written_and_written_again(tmp_path):
    write_run(tmp_path / "runs", "ring", (4000,))
    tables = tables_in(tmp_path / "runs").values()
    for _ in range(2):
        paths = write_tables(tables, tmp_path / "tables")
    assert {p.name for p in paths} == {p.name for p in (tmp_path / "tables").iterdir()}
    for table in tables:
        for suffix in ("md", "csv", "json"):
            assert (tmp_path / "tables" / f"{table.name}.{suffix}").stat().st_size > 0
    whole = (tmp_path / "tables" / "tables.md").read_text()
    assert all(f"### {table.title}" in whole for table in tables)
    assert "laptop size (reduced)" in (tmp_path / "tables" / "paper_and_ours.csv").read_text()


def test_all_columns_where_they_fit():
    text = printed(WIDE, 80)
    assert "x" * 20 in text
    assert "columns" not in text
    assert "A note." in text


@pytest.mark.parametrize("width", [18, 30, 40])
def test_the_essential_ones_where_they_do_not(width):
    text = printed(WIDE, width, Path("t"))
    assert max(map(len, text.splitlines())) <= max(width, len("2 of 4 columns; all: t/wide.md"))
    assert "xxx" not in text
    assert "third" in text
    assert "2 of 4 columns; all: t/wide.md" in " ".join(text.split())
    assert "name:" not in text  # no paragraphs
    assert "A note." in text


def test_paragraphs_where_not_even_these_fit():
    text = printed(WIDE, 10)
    assert "name: one;" in text
    assert "columns" not in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_papers_numbers_are_a_grid_at_eighty_columns(ours, width):
    lines = printed(ours, width).splitlines()
    assert max(map(len, lines)) <= width
    assert not any(line.startswith("experiment:") for line in lines)  # no paragraphs
    assert f"{len(ours.essential)} of {len(ours.columns)} columns" in lines
    begins = [line.split()[0] for line in lines if line.strip()]
    text = " ".join(" ".join(lines).split())
    for row in ours.only(ours.essential).rows:
        name = row[0] if row[0] in begins else f"{row[0].split('-')[0]}-"  # broken after its hyphen
        assert begins.count(name) == sum(other[0] == row[0] for other in ours.rows)
        assert all(word in text for cell in row[1:] for word in cell_text(cell).split())
    assert all(part in text for part in ("conditional", "manifold"))
    for name in ("Delta_E", "null", "retention", "concordance", "quality"):
        assert name in text


def test_the_file_that_is_named_has_all_columns(ours, tmp_path):
    write_tables([ours], tmp_path / "tables")
    file = tmp_path / "tables" / "paper_and_ours.md"
    assert str(file) in printed(ours, 120, tmp_path / "tables").replace("\n", "")
    words = file.read_text().replace("\\", "")
    assert all(column in words for column in ours.columns)


def test_a_row_of_another_length_and_an_essential_column_that_is_none_are_refused():
    with pytest.raises(ValueError, match="a row of 1 cells under 2 columns"):
        Table("x", "x", ("a", "b"), (("only",),))
    with pytest.raises(ValueError, match="no column 'b' to be essential"):
        Table("x", "x", ("a",), (), essential=("b",))


def test_only_keeps_the_order_asked_for():
    assert WIDE.only(("third", "name")).rows[0] == (Band(0.5, 0.25, 1.0), "one")
