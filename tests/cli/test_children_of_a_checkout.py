"""Processes of a checkout run the checkout's own code, whatever else is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys

from conftest import ROOT

SCRIPT = """
import multiprocessing, sys

def show():
    import dmdrepro.kernels
    print(dmdrepro.__file__, dmdrepro.kernels.__file__)

if __name__ == "__main__":
    from dmdrepro.checkout import leave_path, on_path
    leave_path()
    before = list(sys.path)
    process = multiprocessing.get_context("spawn").Process(target=show)
    with on_path():
        process.start()
    assert sys.path == before
    process.join()
    sys.exit(process.exitcode)
"""


def test_a_process_imports_what_its_parent_did(tmp_path):
    for name in ("dmdrepro", "kernels", "paper_figures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(path.startswith(str(tmp_path)) for path in done.stdout.split())
