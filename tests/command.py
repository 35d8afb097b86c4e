"""Commands inside this process: fast, for what is refused before any work."""

from __future__ import annotations

import tempfile

from typer.testing import CliRunner

from dmdrepro.cli import app

# A user's MNIST would be found.
ENVIRONMENT = {"DMDREPRO_DATA": None, "XDG_CACHE_HOME": f"{tempfile.gettempdir()}/no-mnist-here"}
SMOKE = ("--size", "smoke", "--gpu", "cpu", "--offline")


def invoke(*arguments: object):
    """Run a command and check that no exception escaped; returns typer's result."""
    result = CliRunner(env=ENVIRONMENT).invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def command(*arguments: object, code: int = 0) -> str:
    """Run a command, check its exit code too; returns its output."""
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    return result.output
