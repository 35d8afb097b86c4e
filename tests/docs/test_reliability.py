"""Every fault that docs/reliability.md promises is injected by the test that it names."""

import re

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs/reliability.md").read_text()
NAMED = re.findall(r"\| ([\w/]+\.py)::(\w+) \|$", PAGE, re.MULTILINE)


def test_every_row_names_a_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    rows = [line for line in rows if not line.startswith("| fault")]
    assert len(NAMED) == len(rows) > 50


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_is_there(file, name):
    assert f"def {name}(" in (ROOT / "tests" / file).read_text()
