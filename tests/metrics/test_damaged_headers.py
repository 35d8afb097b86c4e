"""Damaged headers and zip fields are refused with a sentence, whatever numpy raises at them."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest

from dmdrepro.metrics import load_array
from dmdrepro.metrics.arrays import file_of

X = np.arange(12, dtype=np.float32).reshape(4, 3)


def npy(header: bytes, data: bytes = b"1234") -> bytes:
    padded = header.ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + data


def test_a_shape_beyond_any_memory_is_refused(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000, 3), }"
    (tmp_path / "huge.npy").write_bytes(npy(header))
    with pytest.raises(ValueError, match="more than fits into memory"):
        load_array(tmp_path / "huge.npy")


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': ((4, 3), }",  # tokenize.TokenError
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), '",
        b"{'descr': '<f8', 'fortran_order': False\x00 'shape': (4, 3), }",
        b"(" * 110,
    ],
)
def test_a_header_that_is_no_literal_is_refused(tmp_path, header):
    (tmp_path / "x.npy").write_bytes(npy(header))
    with pytest.raises(ValueError, match=r"x\.npy cannot be read as \.npy"):
        load_array(tmp_path / "x.npy")


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
