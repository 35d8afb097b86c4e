"""A command whose MNIST could not be had does the rest, says so last, and does not exit 0."""

import pytest
from command import SMOKE, command
from small_mnist import NAME

from dmdrepro.cli.execute import NOT_ALL
from dmdrepro.pipeline import here


@pytest.fixture(autouse=True)
def made(monkeypatch):
    """The stages that would be made: nothing is."""
    tasks = []
    monkeypatch.setattr(here, "make", lambda task, context: tasks.append(task))
    return tasks


def test_without_names_the_rest_is_done_and_the_exit_status_is_3(tmp_path, made):
    printed = command("teacher", *SMOKE, "--runs", tmp_path, code=NOT_ALL)
    last = printed.strip().splitlines()[-1]
    assert last.startswith("Error: Finished, but without mnist, mnist-conditional: MNIST could")
    assert {task.run.name for task in made} >= {"chessboard", "moons", "ring"}
    assert NOT_ALL == 3


def test_weights_that_nobody_has_are_no_lack(tmp_path, mnist_dir):
    printed = command("teacher", *SMOKE, "--runs", tmp_path, "--data", mnist_dir)
    assert "not run: imagenet64" in printed
    assert "Finished, but without" not in printed


def test_a_failure_counts_more(tmp_path, monkeypatch):
    from dmdrepro.runs.errors import RunError

    def make(task, context):
        if task.run.name == "ring":
            raise RunError("no")

    monkeypatch.setattr(here, "make", make)
    assert "1 failed: ring" in command("teacher", *SMOKE, "--runs", tmp_path, code=1)


def test_a_dry_run_that_shows_what_would_not_run_has_done_all_it_should(tmp_path):
    assert "not run: mnist: needs MNIST" in command(
        "teacher", *SMOKE, "--runs", tmp_path, "--dry-run"
    )


def test_a_wrong_folder_in_the_variable_is_named(tmp_path, monkeypatch):
    from command import ENVIRONMENT

    monkeypatch.setitem(ENVIRONMENT, "DMDREPRO_DATA", str(tmp_path / "typo"))
    printed = command("teacher", "mnist", *SMOKE, "--runs", tmp_path, code=1)
    assert f"$DMDREPRO_DATA = {tmp_path / 'typo'} does not exist" in printed
    words = ("--size", "smoke", "--gpu", "cpu", "--runs", tmp_path, "--dry-run")
    printed = command("teacher", "mnist", *words)
    assert f"Note: $DMDREPRO_DATA = {tmp_path / 'typo'} does not exist" in printed
    assert "MNIST is downloaded." in printed


@pytest.mark.parametrize("layout", ["MNIST/raw/{0}", "{0}/{0}", "{0}"])
def test_data_may_be_laid_out_as_others_do(tmp_path, mnist_dir, layout):
    for file in mnist_dir.glob("*ubyte*"):
        place = tmp_path / layout.format(file.name.replace("-idx", ".idx"))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(file)
    words = ("--runs", tmp_path / "r", "--data", tmp_path, "--dry-run")
    assert "Downloads: none" in command("teacher", "mnist", *SMOKE, *words)


def test_a_wrong_file_is_named(tmp_path):
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    for name in (NAME, "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte"):
        (tmp_path / "MNIST" / "raw" / name).write_bytes(b"mine")
    words = ("--runs", tmp_path / "r", "--data", tmp_path)
    printed = command("teacher", "mnist", *SMOKE, *words, code=1)
    assert f"--data {tmp_path} holds no t10k-labels-idx1-ubyte" in printed
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"mine")
    printed = command("teacher", "mnist", *SMOKE, *words, code=1)
    assert f"{tmp_path / 'MNIST/raw' / NAME} is too short or truncated (4 bytes" in printed
    assert "delete it or put the original file there" in printed
