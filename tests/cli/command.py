"""Commands inside this process: fast, for what is refused before any work."""

from __future__ import annotations

from typer.testing import CliRunner

from dmdrepro.cli import app

SMOKE = ("--size", "smoke", "--gpu", "cpu", "--offline")


def command(*arguments: object, code: int = 0) -> str:
    """Run a command, check its exit code and that no exception escaped; returns its output."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result.output
