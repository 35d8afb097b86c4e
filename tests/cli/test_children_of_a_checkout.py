"""Processes of a checkout run the checkout's own code, whatever else is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys

from conftest import ROOT

SCRIPT = """
import subprocess
from dmdrepro.checkout import leave_path
from dmdrepro.commands import as_now
leave_path()
subprocess.run([*as_now(), "list"], check=True, cwd="/")
"""


def test_a_process_imports_what_its_parent_did(tmp_path):
    for name in ("dmdrepro", "kernels", "paper_figures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "reproduce.py", tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    with (tmp_path / "dmdrepro/cli/list_experiments.py").open("a") as copy:
        copy.write("\nprint('the copy is at work')\n")
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the copy is at work\n")
