"""How OpenMP's threads wait: briefly, unless the user has chosen."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from dmdrepro.cli import wait_briefly

NAMES = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@pytest.mark.parametrize(
    ("chosen", "spins"),
    [
        ({}, "1000"),
        ({"GOMP_SPINCOUNT": "7"}, "7"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, None),
    ],
)
def test_what_the_user_has_chosen_stays(monkeypatch, chosen, spins):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    wait_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == spins
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)  # this process goes on as it was


def test_it_is_said_before_torch_is_imported():
    script = (
        "import sys, dmdrepro.cli as cli\n"
        "cli.app = lambda **_: print('torch' in sys.modules, cli.os.environ['GOMP_SPINCOUNT'])\n"
        "cli.main()"
    )
    env = {k: v for k, v in os.environ.items() if k not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "1000"]
