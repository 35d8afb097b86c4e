"""Limits of the machine: a sentence that names the limit, no traceback."""

import errno
import os
import resource
import shutil
import threading

import numpy as np
import pytest
from command import SMOKE, command, normal, saved
from processes import LIMIT, completed, environment, heed_signals

from dmdrepro.cli.limits import check_threads, limit_sentence, os_sentence
from dmdrepro.runs.errors import RunError


def limited(*, before: tuple[str, ...] = (), limits: tuple[tuple[int, int], ...] = ()):
    def prepare() -> None:
        heed_signals()
        for kind, most in limits:
            resource.setrlimit(kind, (most, most))

    words = ("reproduce.py", "all", "chessboard", *SMOKE, "--runs", "/nowhere/at/all")
    env = environment() | {"OMP_NUM_THREADS": "2"}
    return completed(*words, before=before, env=env, preexec_fn=prepare)


@pytest.mark.parametrize("megabytes", [400, 800])
def test_too_little_address_space_is_a_sentence(megabytes):
    done = limited(limits=((resource.RLIMIT_AS, megabytes * 1_000_000),))
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert f"{megabytes / 1000:.1f} GB here (`ulimit -v`)" in last


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core needs no further thread")
@pytest.mark.parametrize("processes", [1, 2])
def test_too_few_processes_are_a_sentence(processes):
    """The limit does not bind root, who becomes somebody else first, with the rights to read."""
    before = ()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("no setpriv")
        rights = "+dac_override,+dac_read_search"
        before = ("setpriv", "--reuid=54321", "--clear-groups", f"--inh-caps={rights}")
        before += (f"--ambient-caps={rights}",)
    done = limited(before=before, limits=((resource.RLIMIT_NPROC, processes),))
    assert done.returncode == 1, done.stderr
    assert "threads that numpy and torch start could be started" in done.stderr
    assert "`ulimit -u`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refused_thread_names_what_needs_none(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(8)))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)

    def start(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RunError, match=r"Only 0 of the 21 threads .* OMP_NUM_THREADS=1"):
        check_threads()
    assert "`ulimit -u`" in command("teacher", "chessboard", *SMOKE, code=1)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    check_threads()


def test_threads_that_were_tried_are_gone():
    before = threading.active_count()
    check_threads()
    assert threading.active_count() == before


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "There is not enough memory (MemoryError)"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 1 TB"), "not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (
            ImportError("libtorch.so: failed to map segment", name="torch", path="/x/torch"),
            "torch cannot be loaded (libtorch.so: failed to map segment)",
        ),
        (ImportError("libcudart.so: cannot open", name="torch"), "install the requirements anew"),
        (OSError("libtorch.so: failed to map segment from shared object"), "cannot be loaded"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "torch is not installed"),
        (RuntimeError("can't start new thread"), "`ulimit -u`"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "use --jobs 1"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "None"),
        (ImportError("cannot import name 'x' from 'dmdrepro.runs'", name="dmdrepro.runs"), "None"),
        (OSError(errno.ENOSPC, "No space left on device", "x"), "None"),
    ],
)
def test_what_an_exception_says_of_a_limit(error, words):
    assert words in str(limit_sentence(error))


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EMFILE, "x: Too many open files; too many files are open; raise the limit"),
        (errno.ENOSPC, "x: No space left on device; free space"),
        (errno.EACCES, "x: Permission denied; fix its rights"),
        (errno.EISDIR, "x: Is a directory; a file is in the place of a folder"),
        (errno.EIO, "x: Input/output error; check the disk"),
    ],
)
def test_a_file_error_is_told_with_its_own_remedy(number, remedy):
    assert os_sentence(OSError(number, os.strerror(number), "x")).startswith(remedy)


def test_an_allocation_that_fails_names_the_option(tmp_path):
    saved(tmp_path, a=normal(0, 9000, 2), b=normal(1, 9000, 2))
    run = "import dmdrepro.metrics, dmdrepro.cli\nlimit(300 * 2**20)\ndmdrepro.cli.main()"
    pairs = ("compare", "a.npy", "b.npy", "--memory", "50")
    env = environment() | {"OMP_NUM_THREADS": "1"}
    done = completed("-c", LIMIT + run, *pairs, cwd=tmp_path, env=env)
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
