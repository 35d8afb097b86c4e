"""A user's mistake ends in one sentence that says what, where and what to do."""

import json

import numpy as np
import pytest
import torch
from command import SMOKE, command, invoke, normal, saved

from dmdrepro.experiments import ConfigError
from dmdrepro.pipeline.trouble import named
from dmdrepro.runs.errors import NonFinite, RunError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("x is 3; give 2.\nmore"), r"^teacher ring cannot be made: x is 3; give 2\.$"),
        (OverflowError("too large"), "cannot be made: too large"),
        (MemoryError(), "does not fit into memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: 1 TB"), "does not fit into"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried"), "does not fit into memory"),
    ],
)
def test_values_and_sizes_end_one_experiment_by_name(error, message):
    with pytest.raises(RunError, match=message), named("teacher ring"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        NotImplementedError("no kernel"),
        KeyError("student"),
        NonFinite("the loss is nan"),
        ConfigError("no"),
    ],
)
def test_bugs_and_whole_sentences_pass_unchanged(error):
    with pytest.raises(type(error)) as passed, named("teacher ring"):
        raise error
    assert passed.value is error


def test_torchs_own_allocation_failure_is_recognised():
    with pytest.raises(RunError, match="does not fit into memory"), named("teacher ring"):
        torch.empty(2**55)


@pytest.mark.parametrize("error", [ValueError("bad value"), MemoryError(), OverflowError("big")])
def test_the_others_go_on_where_one_fails(tmp_path, monkeypatch, error):
    import dmdrepro.stages.together as stage

    whole = stage.train_teacher

    def train(experiment, *arguments):
        if experiment.name == "moons":
            raise error
        return whole(experiment, *arguments)

    monkeypatch.setattr(stage, "train_teacher", train)
    result = invoke("teacher", *SMOKE, "--runs", tmp_path)
    assert "failed: teacher moons, seed 0" in result.output
    assert result.output.count("teacher moons") == 1
    assert (tmp_path / "smoke/seed0/ring/teacher/manifest.json").is_file()
    assert "Error: teacher moons" in command("teacher", "moons", *SMOKE, "--runs", tmp_path, code=1)


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize("place", ["file", "file/below"])
def test_runs_that_are_a_file_are_refused_at_once(tmp_path, place, dry):
    (tmp_path / "file").write_text("mine")
    for name in ("teacher", "figures"):
        printed = command(name, "chessboard", *SMOKE, "--runs", tmp_path / place, *dry, code=1)
        assert f"{tmp_path / 'file'} is not a folder; name a folder" in printed
    assert "is not a folder" in command("list", "--runs", tmp_path / place, code=1)


@pytest.mark.parametrize("name", ["sample", "figures"])
def test_what_reads_no_data_asks_for_none(tmp_path, name):
    command(name, "mnist", *SMOKE, "--runs", tmp_path, "--fresh", "--dry-run")
    printed = command("teacher", "mnist", *SMOKE, "--runs", tmp_path, "--fresh", code=1)
    assert "needs MNIST" in printed


@pytest.fixture
def arrays(tmp_path):
    """Two arrays in a folder whose name and whose files' names look like markup."""
    folder = tmp_path / "a["
    folder.mkdir()
    names = {"b]": normal(0, 20, 3)}, {"x[red]": normal(1, 20, 3)}
    return saved(folder, **names[0]) + saved(tmp_path, **names[1])


def test_brackets_in_paths_are_brackets(arrays, tmp_path):
    printed = command("compare", *arrays, "--out", tmp_path / "o[/x].json")
    printed += command("compare", *arrays, "--n", 30, code=1)
    for name in ("a[/b].npy", "x[red].npy"):
        assert name in printed
    assert "o[/x].json" in printed
    runs = tmp_path / "r[/y]"
    assert "r[/y]" in command("teacher", "chessboard", *SMOKE, "--runs", runs, "--dry-run")
    assert "r[/y]" in command("list", "--runs", runs)


@pytest.mark.parametrize("amount", ["0", "-1", "nan", "inf", "1e300"])
def test_an_impossible_amount_of_memory_is_refused(arrays, amount):
    printed = command("compare", *arrays, "--memory", amount, code=1)
    assert "is not an amount of memory; name a number of GiB above 0" in printed


def test_the_memory_that_is_taken_is_said_before_the_work(arrays):
    assert "All 20 x 20 squared distances are held: " in command("compare", *arrays)
    few = command("compare", *arrays, "--memory", "1e-6", code=1)
    assert "20 samples, without their matrix, needs" in few


@pytest.mark.parametrize("way", ["itself", "link", "named", "classes"])
def test_a_record_never_overwrites_an_array(arrays, tmp_path, way):
    first, out, more = arrays[0], arrays[0], ()
    if way == "link":
        out = tmp_path / "link.json"
        out.symlink_to(first)
    if way == "named":
        out = first = tmp_path / "two.npz"
        np.savez(out, a=np.zeros((20, 3)), b=np.zeros(3))
        first = f"{first}#a"
    if way == "classes":
        (out,) = saved(tmp_path, classes=np.zeros(20, int))
        more = ("--classes", out)
    before = arrays[0].read_bytes(), out.read_bytes()
    printed = command("compare", first, arrays[1], *more, "--out", out, code=1)
    assert "would overwrite the array" in printed
    assert (arrays[0].read_bytes(), out.read_bytes()) == before


def test_a_record_goes_to_a_file(arrays, tmp_path):
    printed = command("compare", *arrays, "--out", tmp_path, code=1)
    assert f"--json {tmp_path} is a folder; name a file." in printed
    assert "is not a folder" in command("compare", *arrays, "--out", arrays[0] / "x.json", code=1)
    command("compare", *arrays, "--out", tmp_path / "new" / "x.json")
    assert json.loads((tmp_path / "new" / "x.json").read_text())["n"] == 20


def test_a_folder_without_mnist_is_refused_not_passed_over(tmp_path, monkeypatch, mnist_dir):
    monkeypatch.setenv("DMDREPRO_DATA", str(mnist_dir))
    words = ("--size", "smoke", "--gpu", "cpu", "--runs", tmp_path / "r", "--data", tmp_path)
    printed = command("all", "mnist", *words, "--dry-run", code=1)
    assert f"needs MNIST, and --data {tmp_path} does not hold its four IDX files" in printed
