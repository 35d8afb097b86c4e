"""A stage `teacher chessboard` in a test's folder, which keeps what it says."""

from pathlib import Path

from dmdrepro.runs.stage import Stage

KEY = {"name": "chessboard", "teacher": {"lr": 1e-3}}
OTHER = {"name": "chessboard", "teacher": {"lr": 2e-3}}


def make(folder: Path, key: dict = KEY) -> Stage:
    stage = Stage(folder / "teacher", key, "teacher chessboard")
    stage.said = []
    stage.say = stage.said.append
    return stage
