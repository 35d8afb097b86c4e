"""A user's own file is never replaced; what an earlier command of ours wrote is."""

import json
import os

import pytest
from command import SMOKE, command, normal, saved
from conftest import ROOT
from matplotlib.figure import Figure
from processes import completed

from dmdrepro.cli.overwrite import (
    BENCH,
    COMPARISON,
    PUBLISHED,
    check_output,
    check_tables,
    is_figure,
    json_with,
)
from dmdrepro.experiments import STUDIES
from dmdrepro.paper_figures.saving import write_figure
from dmdrepro.report import Table, write_tables
from dmdrepro.runs.errors import RunError


@pytest.fixture
def arrays(tmp_path):
    return saved(tmp_path, a=normal(0, 20, 3), b=normal(1, 20, 3))


MINE = {
    "text": b"my notes",
    "json": b'{"my": "settings"}',
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "bytes": bytes(range(256)),
    "space": b"\n",
}


@pytest.mark.parametrize("case", MINE)
@pytest.mark.parametrize("link", [False, True])
def test_a_record_of_pairs_overwrites_nothing_of_the_users(arrays, tmp_path, case, link):
    file = out = tmp_path / "notes.json"
    file.write_bytes(MINE[case])
    if link:
        out = tmp_path / "link.json"
        out.symlink_to(file)
    printed = command("compare", *arrays, "--out", out, code=1)
    assert f"--json: {out} is there already" in printed
    assert "delete it or name another" in printed
    assert "Delta_E" not in printed
    assert file.read_bytes() == MINE[case]


def test_a_record_and_a_page_in_one_file_are_refused(arrays, tmp_path):
    both = "--out", tmp_path / "r.html", "--report", tmp_path / "x" / ".." / "r.html"
    assert "name two files" in command("compare", *arrays, *both, code=1)
    assert not (tmp_path / "r.html").exists()


def test_a_record_of_ours_and_an_empty_file_are_replaced(arrays, tmp_path):
    out = tmp_path / "r.json"
    out.touch()
    command("compare", *arrays, "--out", out)
    first = json.loads(out.read_text())
    command("compare", *saved(tmp_path, a=normal(0, 20, 3), b=normal(0, 20, 3)), "--out", out)
    assert json.loads(out.read_text())["e_dt"] == 0 != first["e_dt"]


def test_a_folder_that_cannot_be_written_to_is_named_before_the_work(arrays, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
    printed = command("compare", *arrays, "--out", tmp_path / "n" / "r.json", code=1)
    assert f"{tmp_path} cannot be written to; fix its rights" in printed


def test_a_device_takes_any_record(arrays):
    assert "Written: /dev/null" in command("compare", *arrays, "--out", "/dev/null")


@pytest.mark.parametrize("to", ["a pipe", "a file"])
def test_dev_stdout_is_printed_to(arrays, tmp_path, to):
    """If stdout goes to a file, what was printed before stays in it."""
    log, words = tmp_path / "log.txt", ("reproduce.py", "compare", *arrays, "--out", "/dev/stdout")
    with log.open("w") as file:
        done = completed(*words, **({"stdout": file} if to == "a file" else {}))
    printed = log.read_text() if to == "a file" else done.stdout
    start, end = printed.index("{\n"), printed.index("\n}\n") + 3
    assert set(json.loads(printed[start:end])) >= COMPARISON
    assert "squared distances are held" in printed[:start]
    assert printed[end:].startswith("Written: /dev/stdout")


def test_a_part_of_the_bench_overwrites_its_own_files_alone(tmp_path):
    out, words = tmp_path / "b.json", ("bench", "--quick", "--only", "over-batch", "--gpu", "cpu")
    picture = tmp_path / "b_batch.png"
    for file in (out, picture):
        file.write_bytes(b"\x89PNG\r\n\x1a\n of mine")
        assert f"{file} is there already" in command(*words, "--out", out, code=1)
        assert file.read_bytes().endswith(b"of mine")
        file.unlink()
    for _ in range(2):
        assert "Over the batch" in command(*words, "--out", out)
    record = json.loads(out.read_text())
    assert record["batches"]
    assert record["rows"] == record["scaling"] == []
    assert is_figure(picture.read_bytes())
    assert {file.name for file in tmp_path.iterdir()} == {"b.json", "b_batch.png"}


def test_a_bench_to_a_device_draws_nothing(monkeypatch):
    from dmdrepro.bench import figure

    monkeypatch.setattr(figure, "draw_batches", lambda *_: pytest.fail("drawn beside a device"))
    words = ("--quick", "--only", "over-batch", "--gpu", "cpu", "--out", "/dev/null")
    assert "Written: /dev/null\n" in command("bench", *words)


def test_published_records_overwrite_nothing_of_the_users(tmp_path):
    assert "Plan" in command("evaluate", "ring", *SMOKE, "--publish", tmp_path, "--dry-run")
    mine = tmp_path / "smoke-ring-60-seed0.json"
    mine.write_text('{"experiment": "mine"}')
    printed = command("evaluate", "ring", *SMOKE, "--publish", tmp_path, code=1)
    assert f"--publish: {mine} is there already" in printed
    assert mine.read_text() == '{"experiment": "mine"}'


def test_a_studys_published_records_overwrite_nothing_of_the_users(tmp_path):
    study = STUDIES["start"].at("smoke")
    arm = study.arms[0]
    made = study.build(arm, 0)
    mine = tmp_path / f"smoke-{made.name}@{arm.name}-{made.teacher.snapshots[-1]}-seed0.json"
    mine.write_text("mine")
    words = ("--size", "smoke", "--seeds", "0", "--runs", tmp_path / "r", "--gpu", "cpu")
    printed = command("study", "start", *words, "--publish", tmp_path, code=1)
    assert f"{mine} is there already" in printed
    assert not (tmp_path / "r").exists()


@pytest.mark.parametrize(
    "name",
    ["together.png", "size.pdf", "laptop/tables.md", "paper/verdict.csv", "paper/verdict.md"],
)
def test_published_figures_overwrite_nothing_of_the_users(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"experiment,mine\n1,2\n")
    printed = command("figures", "--published", tmp_path, code=1)
    assert f"--published: {tmp_path / name} is there already" in printed
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_our_own_figures_and_tables_are_known(tmp_path):
    def table(*columns):
        return Table("t", "A title", columns, [dict.fromkeys(columns, 1).values()], [])

    for title in ("Plain", "Größe ∆"):
        for path in write_figure(Figure(), tmp_path / "f", {"Title": title, "Seed": "0, 1"}):
            check_output("--published", path, is_figure)
    mine = tmp_path / "mine.pdf"
    Figure().savefig(mine)
    with pytest.raises(RunError, match="is there already"):
        check_output("--published", mine, is_figure)
    write_tables([table("a", "b")], tmp_path)
    check_tables("--published", tmp_path, [table("a", "b")])
    check_tables("--published", tmp_path, [table("a", "b", "c")])  # of a later version
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(RunError, match=r"t\.json is there already"):
        check_tables("--published", tmp_path, [table("a", "b")])


def test_every_projects_figure_and_record_is_known_as_ours():
    for file in (*ROOT.glob("docs/figures/*.png"), *ROOT.glob("docs/laptop/*.png")):
        assert is_figure(file.read_bytes()), file
    for file in ROOT.glob("docs/published/*.json"):
        assert json_with(PUBLISHED)(file.read_bytes()), file
    for file in ROOT.glob("docs/bench_*.json"):
        assert json_with(BENCH)(file.read_bytes()), file
