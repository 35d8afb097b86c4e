"""A file's size is known from its header, and must be true, before its values are read."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dmdrepro.metrics import load_array

X = np.arange(12, dtype=np.float32).reshape(4, 3)


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def zipped(file, **members: bytes) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)


@pytest.mark.parametrize("kind", ["npy", "npz"])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d + b"\0", "48 bytes, and 49 follow.*several arrays"),
        (lambda d: d + d, "several arrays"),
        (lambda d: d[:-1], "48 bytes, and 47 follow.*cut off"),
        (lambda d: d[:-48], "48 bytes, and 0 follow"),
    ],
)
def test_a_file_longer_or_shorter_than_its_header_says_is_refused(tmp_path, kind, change, words):
    file, data = tmp_path / f"x.{kind}", change(npy(X))
    file.write_bytes(data) if kind == "npy" else zipped(file, x=data)
    with pytest.raises(ValueError, match=rf"x\.{kind} cannot be read.*float32 \(4, 3\).*{words}"):
        load_array(file)


def test_bytes_after_a_zips_end_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", X)
    with (tmp_path / "x.npz").open("ab") as handle:
        handle.write(b"more")
    with pytest.raises(ValueError, match="bytes follow the end"):
        load_array(tmp_path / "x.npz")


@pytest.mark.parametrize("kind", ["npy", "npz", "safetensors"])
def test_what_is_larger_than_memory_is_refused_before_it_is_loaded(tmp_path, kind, monkeypatch):
    file = tmp_path / f"x.{kind}"
    {
        "npy": lambda: np.save(file, X),
        "npz": lambda: np.savez(file, X),
        "safetensors": lambda: save_file({"x": torch.from_numpy(X)}, file),
    }[kind]()
    assert load_array(file, memory=48).tolist() == X.tolist()
    with pytest.raises(
        ValueError, match=r"more than fits into memory: F(loat)?32 \(4, 3\)|float32"
    ):
        load_array(file, memory=47)
    monkeypatch.setattr("dmdrepro.metrics.memory.available_memory", lambda device: 47)
    with pytest.raises(ValueError, match=r"more than fits into memory.*--memory"):
        load_array(file)


def test_a_small_zip_of_a_large_array_is_known_from_its_header(tmp_path):
    """2.4 GB of zeros in some 2 MB: refused at once, or announced."""
    n = 600_000_000
    header = npy(np.zeros((0, 3), np.float32)).replace(b"(0, 3), }", b"(%d, 3), }" % (n // 3))
    header = header[: header.index(b"\n")].rstrip()
    header = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + header[10:].ljust(117) + b"\n"
    file = tmp_path / "bomb.npz"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w", force_zip64=True) as member,
    ):
        member.write(header)  # and no values: the size in the directory is made to lie below
    lying = bytearray(file.read_bytes())
    at = lying.index(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", len(header) + 4 * n)
    file.write_bytes(bytes(lying))
    said = []
    with pytest.raises(ValueError, match=r"takes 2\.2 GiB, 1\.0 GiB may be taken"):
        load_array(file, memory=1 << 30, say=said.append)
    assert not said
    with pytest.raises(ValueError, match="cannot be read"):  # the values are not there
        load_array(file, memory=3 << 30, say=said.append)
    assert "takes 2.2 GiB of memory" in said[0]


def header(text: bytes, data: bytes = b"1234") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"), "the shape"),
        (header(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"), "cut off"),
        (header(b"{'descr': '<f1', 'fortran_order': False, 'shape': (4,), }"), "float8"),
        (header(b"{'descr': '|V1', 'fortran_order': False, 'shape': (4,), }"), "float8"),
        (header(b"{'descr': '|V0', 'fortran_order': False, 'shape': (4,), }"), "raw bytes"),
        (header(b"{'descr': '|V2', 'fortran_order': False, 'shape': (4,), }"), "cut off"),
        (b"\x93NUMPY\x09\x00" + b"\0" * 40, "unknown version"),
        (b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{}", "more than any array needs"),
        (header(b"{'descr': '<f8', 'fortran_order': False, 'shape': ((4, 3), }"), ""),
        (header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), '"), ""),
        (header(b"{'descr': '<f8', 'fortran_order': False\x00 'shape': (4, 3), }"), ""),
        (header(b"(" * 110), ""),
        (b"\x93NUM", "another format"),
        (b"<html>", "web page"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x1f\x8b\x08", "gunzip"),
        (b"PK\x03\x04", "call it .npz"),
        (b"", "it is empty"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused_with_what_to_do(tmp_path, data, words):
    (tmp_path / "x.npy").write_bytes(data)
    with pytest.raises(ValueError, match=rf"x\.npy cannot be read as \.npy: .*{words}"):
        load_array(tmp_path / "x.npy")


def test_a_shape_beyond_any_memory_is_refused(tmp_path):
    lies = header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000, 3), }")
    (tmp_path / "huge.npy").write_bytes(lies)
    with pytest.raises(ValueError, match="more than fits into memory"):
        load_array(tmp_path / "huge.npy")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f4", ">f4", ">f8", "<f2", "|u1", "|b1", ">i8", "<u2"])
def test_every_version_order_and_byte_order_is_read(tmp_path, version, order, kind):
    array = np.asarray(X % 7, dtype=kind, order=order)
    with (tmp_path / "x.npy").open("wb") as handle:
        np.lib.format.write_array(handle, array, version)
    np.testing.assert_array_equal(load_array(tmp_path / "x.npy"), array)
    np.savez_compressed(tmp_path / "x.npz", array)
    np.testing.assert_array_equal(load_array(tmp_path / "x.npz"), array)


@pytest.mark.parametrize("shape", [(), (0, 3), (3, 0), (1,)])
def test_any_shape_is_read(tmp_path, shape):
    np.save(tmp_path / "x.npy", np.ones(shape))
    assert load_array(tmp_path / "x.npy").shape == shape


def test_a_bfloat16_array_is_read_exactly(tmp_path):
    """As ml_dtypes and jax save it: two raw bytes a value."""
    exact = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    exact[0, 0], exact[0, 1] = -0.0, float("inf")
    raw = exact.view(torch.uint16).numpy()
    for order in "CF":
        np.save(tmp_path / "x.npy", np.asarray(raw.view("V2"), order=order))
        assert b"|V2" in (tmp_path / "x.npy").read_bytes()
        found = load_array(tmp_path / "x.npy")
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, exact.float().numpy())
        assert np.signbit(found[0, 0])


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros(3, [("x", "f4"), ("y", "f4")]), "fields 'x', 'y'.*numpy.load"),
        (np.zeros(3, [("größe", "f4")]), "fields"),
        (np.array(["2020-01-01"], "datetime64[D]"), "dates"),
        (np.array([3], "timedelta64[s]"), "time spans"),
        (np.array(["a"]), "text"),
        (np.array([b"a"]), "text"),
        (np.zeros(3, "V3"), "raw bytes"),
        (np.array([{}], dtype=object), "never opened"),
    ],
)
@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_what_is_no_number_is_named(tmp_path, array, words, kind):
    file = tmp_path / f"x.{kind}"
    (np.save if kind == "npy" else np.savez)(file, array)
    with pytest.raises(ValueError, match=words):
        load_array(file)


def test_two_members_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", npy(X))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x.npy", npy(2 * X))
    with pytest.raises(ValueError, match="two arrays of the name 'x'"):
        load_array(tmp_path / "x.npz")


def tensors(header: dict | bytes, data: bytes = b"1234") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def one(kind: str, shape: list[int], end: int = 4) -> dict:
    return {"x": {"dtype": kind, "shape": shape, "data_offsets": [0, end]}}


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 10**9) + b"{}",
        tensors(b'{"a":' * 5000 + b"1" + b"}" * 5000),
        tensors(one("F32", [2**40, 2**40])),
        tensors(one("F32", [0, 2**63], 0), b""),
        tensors(one("F32", [-1])),
        tensors(one("F32", [1], 2**64 - 1)),
        tensors(one("F32", [1]), b"12345678"),
        tensors(one("F32", [2], 8)),
        tensors(one("F7", [1])),
        tensors(one("F4", [8])),
        tensors(one("F6_E2M3", [4], 3), b"123"),
        tensors(one("F32", [1]) | {"y": one("F32", [1])["x"]}),
        tensors(b"[]"),
        tensors({}, b""),
        b"\x01",
    ],
)
def test_a_hostile_safetensors_header_is_refused_in_one_sentence(tmp_path, data):
    (tmp_path / "x.safetensors").write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.safetensors") as caught:
        load_array(tmp_path / "x.safetensors")
    assert "\n" not in str(caught.value)


def test_names_of_arrays_are_printed_as_text(tmp_path):
    both = {name: one("F32", [1])["x"] | {"data_offsets": [4 * k, 4 * k + 4]}
            for k, name in enumerate(("a\n\x1b[31m", "b"))}  # fmt: skip
    (tmp_path / "x.safetensors").write_bytes(tensors(both, b"12345678"))
    with pytest.raises(ValueError, match="holds 2 arrays") as caught:
        load_array(tmp_path / "x.safetensors")
    assert str(caught.value).isprintable()
    (tmp_path / "x.safetensors").write_bytes(tensors(one("F32", [1]) | {"x" * 10**6: {}}))
    with pytest.raises(ValueError, match=r"x\.safetensors") as caught:
        load_array(f"{tmp_path}/x.safetensors#y")
    assert len(str(caught.value)) < 600
    many = {f"array{k}": X for k in range(300)}
    np.savez(tmp_path / "x.npz", **many)
    with pytest.raises(ValueError, match=r"300 arrays.*array19, \.\.\.") as caught:
        load_array(tmp_path / "x.npz")
    assert len(str(caught.value)) < 600
