"""How OpenMP's threads wait: briefly, unless the user has chosen."""

import os

import pytest
from processes import completed, environment

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
        "import os, sys, types, dmdrepro.cli\n"
        "def app(): print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])\n"
        "sys.modules['dmdrepro.cli.commands'] = types.SimpleNamespace(app=app)\n"
        "dmdrepro.cli.main()"
    )
    env = {k: v for k, v in environment().items() if k not in NAMES}
    done = completed("-c", script, env=env)
    assert done.stdout.split() == ["False", "1000"]
