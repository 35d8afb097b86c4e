"""What limits the memory besides the machine: control groups at every level, and the shell."""

import os

import pytest
import torch
from processes import LIMIT, completed, environment

from dmdrepro.metrics import memory, memory_limits
from dmdrepro.metrics.memory_limits import group_leaves, of_groups, of_process

NONE_1 = "9223372036854771712"  # version 1's "no limit"
CPU = torch.device("cpu")


def version_2(folder, limit, anon=0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.stat").write_text(f"anon {anon}\nfile 900\n")


def version_1(folder, limit, rss=0):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.limit_in_bytes").write_text(f"{limit}\n")
    (folder / "memory.stat").write_text(f"cache 900\nrss 1\ntotal_cache 900\ntotal_rss {rss}\n")


def proc(tmp_path, text, statm="0 0 0 0 0 0 0"):
    folder = tmp_path / "proc"
    folder.mkdir()
    (folder / "cgroup").write_text(text)
    (folder / "statm").write_text(statm)
    return folder


@pytest.mark.parametrize("version", [version_1, version_2])
@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max", None), (NONE_1, None), ("5000", 3800), ("1000", 0), ("nonsense", None)],
)
def test_a_groups_limit_counts(tmp_path, version, limit, expected):
    version(tmp_path, limit, 1200)
    assert group_leaves(tmp_path) == expected
    assert group_leaves(tmp_path / "absent") is None


def test_without_details_all_that_is_used_is_held(tmp_path):
    (tmp_path / "memory.limit_in_bytes").write_text("5000\n")
    assert group_leaves(tmp_path) == 5000
    (tmp_path / "memory.usage_in_bytes").write_text("700\n")
    assert group_leaves(tmp_path) == 4300


LEVELS = ("", "slurm", "slurm/uid_0", "slurm/uid_0/job_1", "slurm/uid_0/job_1/step_0")


@pytest.mark.parametrize("limited", range(len(LEVELS)))
@pytest.mark.parametrize("version", ["2", "1", "1 beside 2", "2 beside 1", "1 with others"])
def test_each_level_up_to_the_root_counts(tmp_path, version, limited):
    root, path = tmp_path / "groups", LEVELS[-1]
    place = {"1": "memory", "1 beside 2": "memory", "2 beside 1": "unified"}.get(version, "")
    place = "cpu,memory" if version == "1 with others" else place
    make, none = (version_2, "max") if version[0] == "2" else (version_1, NONE_1)
    for number, level in enumerate(LEVELS):
        make(root / place / level, 8000 if number == limited else none, 100)
    lines = {
        "2": f"0::/{path}\n",
        "1": f"5:cpuset:/else\n4:memory:/{path}\n",
        "1 beside 2": f"4:memory:/{path}\n0::/elsewhere\n",
        "2 beside 1": f"4:cpuset:/\n0::/{path}\n",
        "1 with others": f"4:cpu,memory:/{path}\n",
    }
    assert of_groups(proc(tmp_path, lines[version]), root) == 7900


def test_the_least_of_all_levels_counts(tmp_path):
    root = tmp_path / "groups"
    version_2(root / "a", 9000, 5000)
    version_2(root / "a" / "b", 6000, 100)
    version_2(root / "neighbour", 10, 0)
    assert of_groups(proc(tmp_path, "0::/a/b\n"), root) == 4000


def test_a_containers_own_part_of_the_hosts_path_is_found(tmp_path):
    root = tmp_path / "groups"
    version_1(root / "memory", NONE_1)
    version_1(root / "memory" / "job_1", 5000, 0)
    assert of_groups(proc(tmp_path, "4:memory:/docker/abc/job_1\n"), root) == 5000


@pytest.mark.parametrize("text", ["", "nonsense\n", "0::/../..\n", "::\n", "4:memory:relative\n"])
def test_what_cannot_be_read_limits_nothing(tmp_path, text):
    assert of_groups(proc(tmp_path, text), tmp_path / "absent") is None
    assert of_groups(tmp_path / "no-proc", tmp_path / "absent") is None


def test_the_shells_limits_count_addresses(tmp_path, monkeypatch):
    page = os.sysconf("SC_PAGE_SIZE")
    limits = {
        memory_limits.resource.RLIMIT_AS: memory_limits.resource.RLIM_INFINITY,
        memory_limits.resource.RLIMIT_DATA: memory_limits.resource.RLIM_INFINITY,
    }
    monkeypatch.setattr(memory_limits.resource, "getrlimit", lambda kind: (limits[kind], 0))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    here = proc(tmp_path, "", "500 0 0 0 0 200 0")
    assert of_process(here) is None
    limits[memory_limits.resource.RLIMIT_AS] = 800 * page
    assert of_process(here) == 300 * page
    limits[memory_limits.resource.RLIMIT_DATA] = 250 * page
    assert of_process(here) == 50 * page
    monkeypatch.setattr(memory, "of_process", lambda: 7)
    assert memory.available_memory(CPU) == 7
    monkeypatch.setattr(memory, "of_process", lambda: None)
    monkeypatch.setattr(memory, "of_groups", lambda: 12)
    monkeypatch.setattr(memory, "_sharers", [3])
    assert memory.available_memory(CPU) == 4


def test_under_ulimit_v_what_fits_is_planned(tmp_path):
    script = LIMIT + (
        "import torch, numpy, scipy.optimize, scipy.spatial.distance\n"
        "torch.set_num_threads(1)\n"
        "from dmdrepro.metrics.memory_plan import plan_costs\n"
        "from dmdrepro.metrics import pairing_inefficiency\n"
        "limit(220 * 2**20)\n"
        "plan = plan_costs(10_000, 2, torch.device('cpu'))\n"
        "print(plan.whole, plan.available <= 220 * 2**20, plan.needed <= plan.available)\n"
        "x = numpy.random.default_rng(0).random((10_000, 2))\n"
        "print(pairing_inefficiency(x, x).delta_e)\n"
    )
    env = environment() | {"OMP_NUM_THREADS": "1"}
    done = completed("-c", script, cwd=tmp_path, env=env)
    assert done.stdout == "False True True\n0.0\n", done.stderr


def test_processes_on_one_gpu_share_what_is_free(monkeypatch):
    """Each plans before the others have taken theirs; what torch reserved is its own."""
    gpu, gib = torch.device("cuda", 0), 2**30
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (60 * gib, 80 * gib))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 3 * gib)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: gib)
    monkeypatch.setattr("dmdrepro.metrics.memory._sharers", [4])
    assert memory.available_memory(gpu) == (60 // 4 + 2) * gib
