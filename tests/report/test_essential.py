"""What a narrow terminal shows of a wide table: the essential columns, and where the rest is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from report_runs import tables_in, write_run
from rich.console import Console

from dmdrepro.measures.table import cell_text
from dmdrepro.report import Band, Table, render_terminal, write_tables

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


def test_what_is_essential_is_a_column():
    with pytest.raises(ValueError, match="no column 'b' to be essential"):
        Table("x", "x", ("a",), (), essential=("b",))


def test_only_keeps_the_order_asked_for():
    assert WIDE.only(("third", "name")).rows[0] == (Band(0.5, 0.25, 1.0), "one")
