"""A run that diverges, by its command: said where it ends, and in no table."""

import json

from command import SMOKE, command, record_of

DIVERGES = ("--set", "distill.lr=3.0", "--set", "distill.warmup=0")


def test_a_diverged_student_is_said_and_shown_nowhere(tmp_path):
    where = (*SMOKE, "--runs", tmp_path)
    printed = command("all", "chessboard", *where, *DIVERGES)
    assert "(teacher of 60 iterations): diverged: its samples" in printed
    folder = tmp_path / "smoke/seed0"
    rows = json.loads((folder / "tables/paper_and_ours.json").read_text())["rows"]
    assert [row for row in rows if row["experiment"] == "chessboard" and row["seeds"]] == []
    rows = json.loads((folder / "tables/not_run.json").read_text())["rows"]
    (row,) = [row for row in rows if row["experiment"] == "chessboard"]
    assert row["why"].startswith("seed 0 diverged: left out (its samples are ")
    record = record_of(tmp_path, "chessboard/evaluate-60")
    assert 2 < record["data_spread"] < 4  # 8/3
    assert "diverged" in (folder / "report.html").read_text()
    published = tmp_path / "published"
    printed = command("evaluate", "chessboard", *where, *DIVERGES, "--publish", published)
    assert "(diverged, left out of tables: its samples" in printed
    # Another seed of the same configuration, which diverges too, and one that does not.
    command("all", "chessboard", *where, "--seed", "1")
    printed = command("evaluate", "chessboard", *where, "--seed", "1")
    assert "seed 0 diverged: left out (its samples are " in printed
