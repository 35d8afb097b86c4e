"""`compare` where there is not enough memory: one sentence that names the option."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
from command import command
from processes import environment


def test_an_allocation_that_fails_names_the_option(tmp_path):
    for name in ("a", "b"):
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(ord(name)).random((9000, 2)))
    script = (
        "import resource\n"
        "import dmdrepro.metrics\n"
        "from dmdrepro.cli import main\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "limit = pages * resource.getpagesize() + 300 * 2**20\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "main()\n"
    )
    pairs = ("compare", "a.npy", "b.npy", "--memory", "50")
    done = subprocess.run(
        [sys.executable, "-c", script, *pairs],
        cwd=tmp_path,
        env={**environment(), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    sentence = "an allocation failed: there is not enough memory; --memory 50 is more than"
    assert done.stderr.startswith(f"Error: compare a.npy b.npy: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_the_sentence_names_an_option_that_was_not_given(tmp_path, monkeypatch):
    def fails(*arguments, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 bytes.")

    np.save(tmp_path / "a.npy", np.eye(3))
    monkeypatch.setattr("dmdrepro.comparison.measure.pairing_inefficiency", fails)
    printed = command("compare", tmp_path / "a.npy", tmp_path / "a.npy", code=1)
    assert "not enough memory; name how much may be taken, as --memory 1 (GiB)" in printed
