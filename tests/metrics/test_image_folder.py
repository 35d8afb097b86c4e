"""A folder of PNG or JPEG images as samples, and all that is refused in it."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

import dmdrepro
from dmdrepro.metrics import load_array

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 3, 6, 5), dtype=np.uint8)


def save(folder, images=IMAGES, suffix=".png", names=None):
    folder.mkdir(parents=True)
    for k, image in enumerate(images):
        name = names[k] if names else f"{k:03}"
        whole = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
        Image.fromarray(whole).save(folder / f"{name}{suffix}")
    return folder


def test_images_come_as_they_are_in_the_order_of_their_names(tmp_path):
    save(tmp_path / "colour")
    (tmp_path / "colour" / ".DS_Store").write_bytes(b"x")
    assert np.array_equal(load_array(tmp_path / "colour"), IMAGES)
    assert np.array_equal(load_array(tmp_path / "colour", n=4), IMAGES[:4])
    assert np.array_equal(load_array(save(tmp_path / "grey", IMAGES[:, :1])), IMAGES[:, :1])
    found = load_array(save(tmp_path / "j", suffix=".jpg"))
    assert found.shape == IMAGES.shape
    order = [str(k) for k in range(12)]
    by_text = load_array(save(tmp_path / "text", names=order))
    assert np.array_equal(by_text, IMAGES[np.argsort(order)])


def png(width, height, bits, colour=0):
    """A PNG that says so in its header, and holds no pixels."""

    def chunk(kind, data):
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


PICTURE = Image.fromarray(IMAGES[0].transpose(1, 2, 0))
DEEP = Image.fromarray(IMAGES[0, 0].astype(np.uint16) * 256)


def cut(path):
    whole = path.with_name("000.png").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: PICTURE.convert("P").save(p), "has a palette of at most 256 colours"),
        (DEEP.save, "has 16 bits a channel"),
        (lambda p: PICTURE.convert("RGBA").save(p), "has transparency"),
        (cut, "cannot be read"),
        (lambda p: p.write_bytes(png(60_000, 60_000, 8)), "would unpack to more pixels"),
        (lambda p: p.write_bytes(png(14_000, 14_000, 8)), "would unpack to more pixels"),
        (lambda p: p.write_bytes(png(5, 6, 16, 2)), "has 16 bits a channel"),
        (lambda p: p.write_bytes(b"<html>"), "is not a PNG or JPEG, whatever its name says"),
        (lambda p: p.write_bytes(b""), "is not a PNG or JPEG"),
        (lambda p: Image.new("RGB", (6, 6)).save(p), "has 6 x 6 pixels of colour and 000.png 5 x"),
        (lambda p: Image.new("L", (5, 6)).save(p), "has 5 x 6 pixels of grey"),
        (lambda p: p.mkdir(), "holds folders, such as 500.png"),
        (lambda p: p.with_suffix(".txt").write_text("x"), "holds 500.txt, which is not a PNG"),
        (lambda p: Image.new("RGB", (5, 6)).save(p.with_name("000.jpg")), "two images of the name"),
    ],
)
def test_what_would_be_read_wrongly_is_named(tmp_path, make, words):
    folder = save(tmp_path / "a")
    make(folder / "500.png")
    with pytest.raises(ValueError, match=words):
        load_array(folder)


def test_an_empty_folder_and_one_that_is_too_large(tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match="is an empty folder"):
        load_array(tmp_path / "none")
    with pytest.raises(ValueError, match="more than fits into memory"):
        load_array(save(tmp_path / "a"), memory=100)


def test_two_folders_need_the_same_names(tmp_path):
    names = [f"n{k}" for k in range(12)]
    a, b = save(tmp_path / "a", names=names), save(tmp_path / "b", names=names)
    assert dmdrepro.compare(a, b).e_dt == 0
    assert not any("as text" in words for words in dmdrepro.compare(a, b).warnings)
    found = dmdrepro.compare(a, load_array(b))
    assert any("n10 comes before n2" in words for words in found.warnings)
    (b / "n3.png").rename(b / "m3.png")
    with pytest.raises(ValueError, match=r"n3 only in .*a; m3 only in .*b"):
        dmdrepro.compare(a, b)
