"""What tests/docs reads from pages is what stands there."""

from __future__ import annotations

import pytest
from page_tables import disagreement, tables

PAGE = """# One

| a | b \\| c |
|---|---|
| x | 1 |
|  | 2 |

## Two

text

| d |
|---|
| 3 |
"""


def test_tables_are_read_with_their_headings(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    first = [{"a": "x", "b \\| c": "1"}, {"a": "x", "b \\| c": "2"}]
    assert tables(page) == [("One", first), ("Two", [{"d": "3"}])]


@pytest.mark.parametrize(
    ("cell", "expected", "fits"),
    [
        ("0.36", [0.3649], True),
        ("0.36", [0.3651], False),
        ("22.7 [22.1, 23.1]", [22.71, 22.1, 23.14], True),
        ("22.7 [22.1, 23.1]", [22.71, 22.2, 23.14], False),
        ("22.7", [22.71, 22.2, 23.14], True),
        ("0", [0.00004], True),
        ("0", [0.2], False),
        ("-0.003 [-0.022, 0.024]", [-0.003, -0.022, 0.024], True),
        ("17,900", [17_900.2], True),
        ("22.7 [22.1, 23.1]", [22.7], False),
    ],
)
def test_a_cell_agrees_where_it_is_the_record_rounded(cell, expected, fits):
    assert (disagreement(cell, expected) == "") is fits
