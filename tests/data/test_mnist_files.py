"""MNIST's files are found, checked and named; a wrong one is never used."""

import gzip

import pytest
import small_mnist

from dmdrepro.data.mnist_files import MnistUnavailable, find_mnist, read_mnist

NAME = "train-images-idx3-ubyte"


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
    "packed and damaged": (lambda data: flipped(gzip.compress(data)[:-8]) + b"\0" * 8, "gzip"),
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
