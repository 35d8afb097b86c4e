"""Which file and which array a path means, and what a damaged file or another kind gets."""

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dmdrepro.metrics import load_array
from dmdrepro.metrics.arrays import file_of

X = np.arange(12, dtype=np.float32).reshape(4, 3)


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


@pytest.mark.parametrize("name", ["A.NPY", "B.NPZ", "c.Npy"])
def test_a_suffix_may_be_in_capitals(tmp_path, name):
    with (tmp_path / name).open("wb") as handle:
        (np.save if name.lower().endswith("npy") else np.savez)(handle, X)
    np.testing.assert_array_equal(load_array(tmp_path / name), X)


def test_a_hash_may_be_in_a_folders_a_files_and_an_arrays_name(tmp_path):
    folder = tmp_path / "a#b.npz#c"
    folder.mkdir()
    np.save(folder / "x#1.npy", X)
    np.savez(folder / "x#2.npz", **{"y#z": X, "u/v": -X})
    np.testing.assert_array_equal(load_array(folder / "x#1.npy"), X)
    np.testing.assert_array_equal(load_array(f"{folder}/x#2.npz#y#z"), X)
    np.testing.assert_array_equal(load_array(f"{folder}/x#2.npz#u/v"), -X)
    np.testing.assert_array_equal(load_array(f"{folder}/x#2.npz#u/v.npy"), -X)
    assert file_of(f"{folder}/x#2.npz#y#z") == folder / "x#2.npz"
    with pytest.raises(ValueError, match=r"a#b\.npz#c/absent\.npy does not exist\.$"):
        load_array(folder / "absent.npy")
    with pytest.raises(ValueError, match=r"/absent\.npz does not exist\.$"):
        load_array(f"{folder}/absent.npz#key")
    with pytest.raises(ValueError, match=r"x#1\.npy holds one array without a name; leave out #k"):
        load_array(f"{folder}/x#1.npy#k")


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    np.save(tmp_path / "x.npy", X)
    np.testing.assert_array_equal(load_array("~/x.npy"), X)
    with pytest.raises(ValueError, match="does not exist"):
        load_array("~/absent.npy")


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "folder.npy").mkdir()
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / "link.npy").symlink_to(tmp_path / "nowhere.npy")
    (tmp_path / "empty.npz").touch()
    for name, words in (
        ("folder.npy", "is an empty folder; name one that holds PNG or JPEG images"),
        ("pipe.npy", "is not a regular file"),
        ("link.npy", "is a link to a file that does not exist"),
        ("empty.npz", "it is empty"),
        ("absent.npz", "does not exist"),
        ("x" * 300 + ".npy", "cannot be opened: File name too long"),
    ):
        with pytest.raises(ValueError, match=words):
            load_array(tmp_path / name)


@pytest.mark.parametrize("name", ["a\nb.npy", "a\x1b[31m.txt", "a\r.npz", "a\udcff.npy"])
def test_a_refusal_is_one_printable_line_whatever_the_name(tmp_path, name):
    for make in (lambda: None, (tmp_path / name).touch):
        make()
        with pytest.raises(ValueError, match=r"\.(npy|npz|txt) ") as caught:
            load_array(tmp_path / name)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("https://example.org/x.npy", "is a URL; download it first"),
        ("s3://bucket/x.npz#a", "is a URL; download it first"),
        ("x.npy.gz", "unpack it with gunzip first"),
        ("x.png", "name the folder that holds the images"),
        ("x.webp", "numpy.stack"),
        ("x.pkl", "compare --teacher W --student W"),
        ("x.mat", "scipy.io.loadmat"),
        ("x.h5", "h5py"),
        ("x", "save the array with numpy.save"),
        ("x.json", "save the array with numpy.save"),
    ],
)
def test_another_kind_of_file_is_told_how_to_convert_it(name, words):
    with pytest.raises(ValueError, match=words):
        load_array(name)


def test_a_networks_weights_are_told_their_options(tmp_path):
    torch.save({"a.weight": torch.ones(2), "a.bias": torch.ones(2)}, tmp_path / "x.pt")
    with pytest.raises(ValueError, match="compare --teacher W --student W"):
        load_array(tmp_path / "x.pt")


@pytest.mark.parametrize("name", ["x.csv", "x y's.TXT", "x.tsv"])
def test_the_line_that_converts_a_file_works(tmp_path, name):
    file = tmp_path / name
    np.savetxt(file, X, delimiter={"csv": ",", "tsv": "\t"}.get(name[-3:], " "))
    with pytest.raises(ValueError, match="convert it first: ") as caught:
        load_array(file)
    line = str(caught.value).partition("convert it first: ")[2].removesuffix(".")
    exec(f"import numpy; {line}", {})
    np.testing.assert_array_equal(load_array(file.with_suffix(".npy")), X)
