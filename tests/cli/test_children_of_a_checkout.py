"""Processes of a checkout run the checkout's own code, whatever else is installed."""

import shutil

from conftest import ROOT
from processes import completed

SCRIPT = """
import subprocess
from multiprocessing import get_context
from dmdrepro.checkout import importable, leave_path
from dmdrepro.commands import as_now
leave_path()
if __name__ == "__main__":
    subprocess.run([*as_now(), "list"], check=True, cwd="/")
    with importable(), get_context("spawn").Pool(1) as pool:
        print(pool.apply(eval, ("__import__('dmdrepro').__file__",)))
"""


def test_a_process_imports_what_its_parent_did(tmp_path):
    for name in ("dmdrepro", "kernels", "paper_figures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "reproduce.py", tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    with (tmp_path / "dmdrepro/cli/list_experiments.py").open("a") as copy:
        copy.write("\nprint('the copy is at work')\n")
    done = completed("script.py", cwd=tmp_path, env=None)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the copy is at work\n")
    assert done.stdout.splitlines()[-1] == str(tmp_path / "dmdrepro/__init__.py")
