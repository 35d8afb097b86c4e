"""The terminal ends with what a reader looks for; the files begin with it."""

from __future__ import annotations

from command import SMOKE, command

from dmdrepro.commands import program


def test_the_papers_numbers_are_printed_last_and_written_first(tmp_path):
    lr = ("--set", "distill.lr=1e-4")
    printed = command("all", "chessboard", *SMOKE, "--runs", tmp_path, *lr, "--tables")
    titles = [
        "Slips in the paper, not copied",
        "Choices that the paper left open",
        "The paper's Delta_E and ours",
        "Not run",
    ]
    found = [title for line in printed.splitlines() for title in titles if line.strip() == title]
    assert found == [title for title in titles if title in found]
    assert found[-2:] == titles[-2:]
    assert "chessboard (teacher 60): " in printed[printed.index(titles[-1]) :]
    words = f"all chessboard --runs {tmp_path} {' '.join(lr)} --size laptop"  # no answer in smoke
    assert printed.splitlines()[-1] == f"For an answer: {program()} {words}"
    text = (tmp_path / "smoke/seed0/tables/tables.md").read_text()
    assert text.startswith(f"### {titles[2]}")
