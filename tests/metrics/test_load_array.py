"""One array from a file of anyone's."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dmdrepro.metrics import load_array
from dmdrepro.metrics.arrays import file_of

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
    found = load_array(Path(f"{folder / name}#student"))  # of one file bfloat16
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, -X)
    np.testing.assert_array_equal(load_array(f"{folder / name}#teacher"), X)


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


# Where a zip's central directory keeps the version needed, the flags and the method.
@pytest.mark.parametrize(("offset", "value"), [(6, 0xFF), (8, 0x01), (10, 0x63), (10, 14)])
def test_a_zip_of_another_version_method_or_with_a_password_is_refused(tmp_path, offset, value):
    file = tmp_path / "x.npz"
    np.savez(file, X)
    data = bytearray(file.read_bytes())
    data[data.index(b"PK\x01\x02") + offset] = value
    file.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"x\.npz cannot be read as \.npz"):
        load_array(file)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_no_damage_ends_in_another_exception(tmp_path, name):
    file = tmp_path / name
    np.save(file, X) if name == "x.npy" else np.savez_compressed(file, X)
    whole, draw = file.read_bytes(), random.Random(0)
    refused = []
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(draw.choice([1, 2, 5])):
            damage = draw.choice([*b"(['\0", draw.randrange(256)])
            data[draw.randrange(min(len(data), 400))] = damage
        file.write_bytes(bytes(data))
        try:
            load_array(file)
        except ValueError as error:
            refused.append(str(error))
    assert len(refused) > 100
    assert all(name in sentence for sentence in refused)


def test_the_file_behind_a_name(tmp_path):
    assert file_of("a/x.npz#student").name == "x.npz"
    (tmp_path / "run#3.npy").write_bytes(b"")
    assert file_of(tmp_path / "run#3.npy") == tmp_path / "run#3.npy"
