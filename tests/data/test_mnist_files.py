"""MNIST's files are found as others lay them out, checked and named; a wrong one is never used."""

import gzip

import pytest
import small_mnist
from processes import run
from small_mnist import NAME

from dmdrepro.data.mnist_files import MnistUnavailable, default_cache, find_mnist, read_mnist


def test_a_gzip_file_without_its_suffix_is_read(files, tmp_path):
    small_mnist.write(tmp_path, files)
    (tmp_path / NAME).write_bytes(gzip.compress(files[NAME]))
    assert read_mnist(tmp_path, True, tmp_path / "cache") == files


def test_the_order_is_data_then_variable_then_cache(files, tmp_path, monkeypatch):
    places = [tmp_path / name for name in ("data", "variable", "cache")]
    monkeypatch.setenv("DMDREPRO_DATA", str(places[1]))
    for place in reversed(places):
        small_mnist.write(place, files)
        assert find_mnist(places[0], places[2]).folder == place


def test_an_incomplete_folder_is_passed_over_and_what_is_missing_is_named(files, tmp_path):
    small_mnist.write(tmp_path / "data", files)
    (tmp_path / "data" / NAME).unlink()
    small_mnist.write(tmp_path / "cache", files, packed=True)
    assert find_mnist(tmp_path / "data", tmp_path / "cache").folder == tmp_path / "cache"
    assert f"holds no {NAME}" in find_mnist(tmp_path / "data", tmp_path / "none").reason


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


WRONG = {
    "empty": (lambda data: b"", "empty"),
    "a web page": (lambda data: b"\n<!DOCTYPE html><title>404</title>", "web page"),
    "a packed web page": (lambda data: gzip.compress(b"<html></html>"), "too short"),
    "truncated": (lambda data: data[:-100], "truncated"),
    "longer": (lambda data: data + b"\0", "longer"),
    "flipped": (flipped, "SHA-256"),
    "packed and truncated": (lambda data: gzip.compress(data)[:-20], "truncated"),
    "packed and damaged": (lambda data: gzip.compress(data)[:-8] + bytes(8), "gzip"),
    "packed and flipped": (lambda data: gzip.compress(flipped(data)), "SHA-256"),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("offline", [False, True])
def test_a_wrong_file_in_a_named_folder_is_named_and_never_used(
    files, tmp_path, monkeypatch, case, suffix, offline
):
    """Nor is anything downloaded behind the user's back: without a mirror it ends the same way."""
    spoil, word = WRONG[case]
    small_mnist.write(tmp_path / "data", files)
    (tmp_path / "data" / NAME).unlink()
    (tmp_path / "data" / f"{NAME}{suffix}").write_bytes(spoil(files[NAME]))
    small_mnist.write(tmp_path / "cache", files)
    status = find_mnist(tmp_path / "data", tmp_path / "cache")
    assert status.refused
    assert not status.found
    with pytest.raises(MnistUnavailable) as caught:
        read_mnist(tmp_path / "data", offline, tmp_path / "cache")
    for words in (str(tmp_path / "data" / f"{NAME}{suffix}"), word, "delete it"):
        assert words in str(caught.value)


def test_a_wrong_file_in_the_cache_is_named_offline(files, tmp_path):
    small_mnist.write(tmp_path / "cache", files, packed=True)
    (tmp_path / "cache" / f"{NAME}.gz").write_bytes(b"<html>")
    with pytest.raises(MnistUnavailable, match=rf"{NAME}\.gz is a web page"):
        read_mnist(None, True, tmp_path / "cache")


def test_a_file_that_unpacks_without_end_is_not_unpacked_to_its_end(files, tmp_path):
    small_mnist.write(tmp_path, files)
    (tmp_path / NAME).write_bytes(gzip.compress(bytes(50_000_000)))
    with pytest.raises(MnistUnavailable, match="another file"):
        read_mnist(tmp_path, True, tmp_path / "cache")


def dotted(name: str) -> str:
    return name.replace("-idx", ".idx")


LAYOUTS = {  # the place of a file below the folder that is named
    "LeCun": lambda name: name,
    "dots": dotted,
    "torchvision": lambda name: f"MNIST/raw/{name}",
    "raw": lambda name: f"raw/{name}",
    "torchvision, nested": lambda name: f"datasets/mnist/MNIST/raw/{name}",
    "Kaggle, nested": lambda name: f"{name}/{name}",
    "Kaggle, nested dots": lambda name: f"{dotted(name)}/{dotted(name)}",
    "Kaggle, mixed": lambda name: f"archive/{name}/{dotted(name)}",
    "a Kaggle download": lambda name: f"mnist-dataset/{name}",
    "capitals": lambda name: f"Mnist/{name.upper()}",
    "images here, labels below": lambda name: name if "images" in name else f"mnist/{name}",
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("by", ["--data", "$DMDREPRO_DATA"])
def test_a_common_layout_is_read(files, tmp_path, monkeypatch, layout, packed, by):
    small_mnist.write(tmp_path / "d", files, packed, LAYOUTS[layout])
    if by == "--data":
        named = tmp_path / "d"
    else:
        monkeypatch.setenv("DMDREPRO_DATA", str(tmp_path / "d"))
        named = None
    status = find_mnist(named, tmp_path / "cache")
    assert status.found
    assert status.source == by
    assert read_mnist(named, True, tmp_path / "cache") == files
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("named", ["", "MNIST", "MNIST/raw"])
def test_torchvisions_folder_may_be_named_at_any_level(files, tmp_path, named):
    small_mnist.write(tmp_path, files, place=LAYOUTS["torchvision"])
    status = find_mnist(tmp_path / named, tmp_path / "cache")
    assert status.folder == tmp_path / "MNIST" / "raw"


def test_a_tilde_in_the_variable_is_the_home_folder(files, tmp_path, monkeypatch):
    small_mnist.write(tmp_path / "d", files, place=LAYOUTS["LeCun"])
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DMDREPRO_DATA", "~/d")
    assert find_mnist(None, tmp_path / "cache").folder == tmp_path / "d"


@pytest.mark.parametrize("wrong", [NAME, f"{NAME}.gz", dotted(NAME), f"MNIST/raw/{NAME}"])
@pytest.mark.parametrize("right", ["LeCun", "dots", "torchvision", "Kaggle, nested"])
def test_a_wrong_file_does_not_hide_a_right_one(files, tmp_path, wrong, right):
    small_mnist.write(tmp_path, files, True, LAYOUTS[right])
    place = tmp_path / wrong
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(bytes(len(files[NAME])))
    assert read_mnist(tmp_path, True, tmp_path / "cache") == files


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_bytes_are_refused_by_name_and_path_with_both_hashes(files, tmp_path, layout):
    other = {name: bytes(len(data)) for name, data in files.items()}  # as FashionMNIST's
    small_mnist.write(tmp_path, {**files, NAME: other[NAME]}, place=LAYOUTS[layout])
    small_mnist.write(tmp_path / "cache", files)
    with pytest.raises(MnistUnavailable) as caught:
        read_mnist(tmp_path, False, tmp_path / "cache")
    found, right = (small_mnist.facts(of)[NAME][1][:12] for of in (other, files))
    place = tmp_path / LAYOUTS[layout](NAME)
    for words in (f"{place} is not MNIST's {NAME}", f"SHA-256 {found}..., not {right}..."):
        assert words in str(caught.value)


def test_what_was_looked_for_and_where_is_said(files, tmp_path, monkeypatch):
    monkeypatch.setenv("DMDREPRO_DATA", str(tmp_path / "nowhere"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "archive.zip").write_bytes(b"PK")
    with pytest.raises(MnistUnavailable) as caught:
        read_mnist(tmp_path / "data", True, tmp_path / "cache")
    for words in (
        f"--data {tmp_path / 'data'} holds no {NAME}, train-labels-idx1-ubyte, ",
        "(unpack archive.zip first)",
        f"$DMDREPRO_DATA = {tmp_path / 'nowhere'} does not exist",
        f"the cache {tmp_path / 'cache'} does not exist",
        "train-images.idx3-ubyte",
        "MNIST/raw",
        "pass --data FOLDER with its four IDX files, or run once without --offline",
    ):
        assert words in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_a_folder_of_very_many_other_files_is_no_matter(files, tmp_path):
    for k in range(3000):
        (tmp_path / f"image{k}.png").touch()
    (tmp_path / "mnist").symlink_to(tmp_path)  # a circle
    small_mnist.write(tmp_path, files, place=LAYOUTS["dots"])
    assert read_mnist(tmp_path, True, tmp_path / "cache") == files


HIDDEN = """
import sys
sys.modules["pooch"] = None  # importing it raises ImportError
from pathlib import Path
from dmdrepro.data import mnist_download, mnist_files
"""


def hidden(code: str, *arguments: object) -> str:
    """Run code where pooch is not installed; returns what it printed."""
    return run("-c", HIDDEN + code, *arguments)


def test_a_named_folder_needs_no_pooch(mnist_dir, tmp_path):
    code = "print(len(mnist_files.read_mnist(Path(sys.argv[1]), False, Path(sys.argv[2]))))"
    assert hidden(code, mnist_dir, tmp_path / "cache") == "4\n"
    assert "None" in hidden("print(mnist_files.find_mnist(Path('/none'), Path('/none')).folder)")


def test_a_download_without_pooch_says_what_is_missing_and_how_to_go_without(tmp_path):
    code = (
        "try: mnist_files.read_mnist(None, False, Path(sys.argv[1]))\n"
        "except mnist_files.MnistUnavailable as error: print(error)"
    )
    printed = hidden(code, tmp_path / "cache")
    assert "the package pooch is not installed" in printed
    assert "bring MNIST by hand" in printed


def test_the_cache_is_where_pooch_keeps_it(monkeypatch, tmp_path):
    pooch = pytest.importorskip("pooch")
    for value in (None, "", str(tmp_path)):
        if value is None:
            monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert default_cache() == pooch.os_cache("dmdrepro") / "mnist"
