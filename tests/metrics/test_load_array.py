"""One array from a file of anyone's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dmdrepro.metrics import load_array

X = np.arange(24, dtype=np.float32).reshape(4, 3, 2)


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "one.npy", X)
    np.savez(tmp_path / "one.npz", X)
    np.savez_compressed(tmp_path / "two.npz", teacher=X, student=-X)
    save_file({"x": torch.from_numpy(X)}, tmp_path / "one.safetensors")
    save_file(
        {"teacher": torch.from_numpy(X), "student": torch.from_numpy(-X).bfloat16()},
        tmp_path / "two.safetensors",
    )
    return tmp_path


@pytest.mark.parametrize("name", ["one.npy", "one.npz", "one.safetensors"])
def test_a_file_of_one_array_needs_no_name(folder, name):
    for path in (folder / name, str(folder / name)):
        found = load_array(path)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, X)


@pytest.mark.parametrize("name", ["two.npz", "two.safetensors"])
def test_the_name_after_the_hash_picks_one_of_several(folder, name):
    np.testing.assert_array_equal(load_array(Path(f"{folder / name}#student")), -X)
    np.testing.assert_array_equal(load_array(f"{folder / name}#teacher"), X)


def test_bfloat16_comes_as_float32(folder):
    assert load_array(f"{folder / 'two.safetensors'}#student").dtype == np.float32


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("two.npz", "2 arrays.*teacher.*student"),
        ("two.safetensors", "2 arrays.*student"),
        ("two.npz#fake", "no array 'fake'.*teacher"),
    ],
)
def test_mistakes_are_named(folder, name, message):
    with pytest.raises(ValueError, match=message):
        load_array(folder / name)


@pytest.mark.parametrize("name", ["one.npy", "one.npz", "two.npz#student", "one.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "empty", "html"])
def test_a_damaged_file_is_refused(folder, name, damage):
    file = folder / name.partition("#")[0]
    whole = file.read_bytes()
    damaged = {"cut": whole[: len(whole) - 20], "empty": b"", "html": b"<html></html>" * 40}
    file.write_bytes(damaged[damage])
    with pytest.raises(ValueError, match="cannot be read"):
        load_array(folder / name)


def test_a_pickle_is_never_opened(tmp_path):
    np.save(tmp_path / "p.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="cannot be read"):
        load_array(tmp_path / "p.npy")
    np.savez(tmp_path / "p.npz", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"p\.npz"):
        load_array(tmp_path / "p.npz")
