"""`summary`: what was found, over folders and seeds, without running anything."""

import json

from command import command as reproduce
from command import record_of

from dmdrepro.commands import program


def test_it_says_what_was_found_and_changes_nothing(finished):
    before = sorted(p.stat().st_mtime_ns for p in finished.rglob("*"))
    printed = reproduce("summary", "--runs", finished)
    assert "Size smoke (reduced)" in printed
    assert "chessboard (teacher 60): " in printed
    assert "Not run: moons, ring, mnist" in printed
    assert sorted(p.stat().st_mtime_ns for p in finished.rglob("*")) == before


def test_without_a_result_it_names_the_option_of_ones_own(tmp_path):
    for words in (
        ("summary",),
        ("figures", "--size", "smoke"),
        ("study", "mine"),
        ("evaluate", "mine"),
    ):
        assert "--load FILE" in reproduce(*words, "--runs", tmp_path, code=1)


def test_json_is_the_only_output_and_holds_the_records_numbers(finished):
    printed = reproduce("summary", "chessboard", "--runs", finished, "--json", "-")
    (found,) = json.loads(printed)["answers"]
    record = record_of(finished, "chessboard/evaluate-60")
    assert found["delta_e"] == [record["pairing"]["delta_e"]]
    assert found["sentence"].startswith(f"chessboard (teacher 60): {found['answer']}. ")


def test_what_is_damaged_is_named_and_makes_it_fail(finished, runs):
    record = runs / "smoke/seed0/chessboard/evaluate-60/record.json"
    record.write_text(record.read_text().replace("delta_e", "delta_x"))
    printed = reproduce("summary", "--runs", finished, "--runs", runs, code=1)
    assert "chessboard (teacher 60): " in printed
    assert "1 cannot be shown: chessboard." in printed


def test_a_file_of_somebody_elses_is_not_overwritten(finished, tmp_path):
    notes, ours = tmp_path / "notes.json", tmp_path / "ours.json"
    notes.write_text('{"mine": 1}')
    printed = reproduce("summary", "--runs", finished, "--json", notes, code=1)
    assert "is not a file that --json wrote" in printed
    assert notes.read_text() == '{"mine": 1}'
    for _ in range(2):
        reproduce("summary", "--runs", finished, "--json", ours)
    assert json.loads(ours.read_text())["answers"]


def test_a_seed_that_lies_in_two_folders_counts_once(finished, runs):
    printed = reproduce("summary", "--runs", finished, "--runs", runs)
    assert "chessboard, seed 0, is in two folders; not taken" in printed
    assert "seeds:" not in printed


def test_all_ends_with_the_answer_and_prints_every_table_on_request(finished):
    words = ("evaluate", "chessboard", "--size", "smoke", "--gpu", "cpu", "--runs", finished)
    short, long = reproduce(*words), reproduce(*words, "--tables")
    assert len(short.splitlines()) < 25
    again = f"{program()} all chessboard --runs {finished} --size laptop"  # smoke answers nothing
    assert short.splitlines()[-1] == f"For an answer: {again}"
    assert "chessboard (teacher 60): " in short
    assert "moons" not in short
    assert "Choices" not in short
    assert len(long) > 2 * len(short)
    # What a reader looks for is printed last, and stands first in the file.
    titles = ["Slips in the paper, not copied", "Choices that the paper left open"]
    titles += ["The paper's Delta_E and ours", "Not run"]
    found = [line.strip() for line in long.splitlines() if line.strip() in titles]
    assert found == [title for title in titles if title in found]
    assert found[-2:] == titles[-2:]
    assert "chessboard (teacher 60): " in long[long.index(titles[-1]) :]
    text = (finished / "smoke/seed0/tables/tables.md").read_text()
    assert text.startswith(f"### {titles[2]}")
