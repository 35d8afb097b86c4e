"""`--publish` and `--published`: what was measured can be printed without running anything."""

import re

from command import SMOKE, command
from conftest import ROOT

from dmdrepro.cli.published import FOLDER
from dmdrepro.report import tables_of
from dmdrepro.report.render import to_markdown
from dmdrepro.runs.published import of_size, read_published


def test_published_tables_are_the_runs_own(tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "out"
    command("all", "ring", *SMOKE, "--runs", runs)
    command("evaluate", "ring", *SMOKE, "--runs", runs, "--publish", out)
    results = of_size(read_published(out), "smoke", ["ring"])
    tables = {table.name: table for table in tables_of(results, "smoke")}
    for name in ("paper_and_ours", "along_distillation", "teacher_error"):
        found = (runs / f"smoke/seed0/tables/{name}.md").read_text()
        ring = [line for line in found.splitlines() if line.startswith("| ring")]
        ours = [line for line in to_markdown(tables[name]).splitlines() if "| ring" in line]
        assert ring == ours
        assert ring


def test_the_projects_own_records_are_whole_and_printed():
    published = read_published(FOLDER)
    for (size, _), seeds in published.items():
        for found in seeds:
            for snapshot in found.snapshots:
                record = found.record(snapshot)
                assert record["size"] == size
                assert record["pairing"]["n"] == 1000
    printed = command("evaluate", "--published")
    assert "our verdict" in printed
    assert "learning-rate-images: lr=2e-4 REMAPS; lr=2e-5 COPIES; lr=2e-6 NO SAMPLER" in printed
    assert len(printed.splitlines()) < 40
    assert "The paper's Delta_E and ours" in command("evaluate", "--published", "--tables")


def test_published_says_what_was_found_of_the_experiments_and_studies_named():
    printed = command("evaluate", "--published", "ring", "regression")
    assert "ring (teacher 20,000): REMAPS." in printed
    assert "regression=0.25" in printed
    assert "chessboard (teacher" not in printed


def test_the_figures_of_the_pages_are_drawn_from_the_records(tmp_path):
    drawn = tmp_path / "figures"
    assert str(drawn) in command("figures", "--published", drawn)
    shown = {
        name
        for page in (ROOT / "docs/findings.md", ROOT / "docs/width.md", ROOT / "README.md")
        for name in re.findall(r"figures/([\w-]+\.png)", page.read_text())
    }
    assert shown >= {"together.png", "over_n.png"}
    assert shown == {path.name for path in (ROOT / "docs/figures").iterdir()}
    for name in shown:
        assert (drawn / name).is_file()
    tables = (drawn / "laptop/tables.md").read_text()
    assert tables == (ROOT / "docs/laptop/tables.md").read_text()
    assert "not run" in (drawn / "paper/tables.md").read_text()
