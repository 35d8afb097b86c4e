"""Which file and which array a path means, and what to do with a file of another kind."""

import os

import numpy as np
import pytest
import torch

from dmdrepro.metrics import load_array
from dmdrepro.metrics.arrays import file_of

X = np.arange(12, dtype=np.float32).reshape(4, 3)


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
        ("x.pkl", "pickle.load"),
        ("x.mat", "scipy.io.loadmat"),
        ("x.h5", "h5py"),
        ("x", "save the array with numpy.save"),
        ("x.json", "save the array with numpy.save"),
    ],
)
def test_another_kind_of_file_is_told_how_to_convert_it(name, words):
    with pytest.raises(ValueError, match=words):
        load_array(name)


@pytest.mark.parametrize("name", ["x.csv", "x y's.TXT", "x.ckpt", "x.tsv"])
def test_the_line_that_converts_a_file_works(tmp_path, name):
    file = tmp_path / name
    if name.endswith("ckpt"):
        torch.save(torch.from_numpy(X).bfloat16(), file)
    else:
        np.savetxt(file, X, delimiter={"csv": ",", "tsv": "\t"}.get(name[-3:], " "))
    with pytest.raises(ValueError, match="convert it first: ") as caught:
        load_array(file)
    line = str(caught.value).partition("convert it first: ")[2].removesuffix(".")
    exec(f"import numpy, torch; {line}", {})
    np.testing.assert_array_equal(load_array(file.with_suffix(".npy")), X)
