"""`compare` where there is not enough memory: one sentence that names the option."""

import numpy as np
from command import command, normal, saved
from processes import completed, environment


def test_an_allocation_that_fails_names_the_option(tmp_path):
    saved(tmp_path, a=normal(0, 9000, 2), b=normal(1, 9000, 2))
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
    env = environment() | {"OMP_NUM_THREADS": "1"}
    done = completed("-c", script, *pairs, cwd=tmp_path, env=env)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    sentence = "an allocation failed: there is not enough memory; --memory 50 is more than"
    assert done.stderr.startswith(f"Error: compare a.npy b.npy: {sentence}")
    assert len(done.stderr.splitlines()) == 1


def test_the_sentence_names_an_option_that_was_not_given(tmp_path, monkeypatch):
    def fails(*arguments, **options):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 8 bytes.")

    pair = saved(tmp_path, a=np.eye(3), b=np.eye(3))
    monkeypatch.setattr("dmdrepro.comparison.measure.pairing_inefficiency", fails)
    said = "not enough memory; name how much may be taken, as --memory 1 (GiB)"
    assert said in command("compare", *pair, code=1)
