"""A folder of PNG or JPEG images as one array; what would be read wrongly is refused by name."""

import math
import struct
import warnings
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np

from dmdrepro.metrics.other_formats import IMAGES, shown

MODES = {"L": 1, "RGB": 3}  # Pillow's name of what is read -> channels
OTHER_MODES = {
    "P": "a palette of at most 256 colours",
    "RGBA": "transparency",
    "LA": "transparency",
    "CMYK": "the colours of printing",
}
DEPTH, SIGNATURE = 24, b"\x89PNG\r\n\x1a\n"  # the byte of a PNG's header with its bits a channel
AS_RGB = "save 8-bit RGB or grey images, or the samples as an array"


def image_files(folder: Path) -> list[Path]:
    """The images of a folder by name, hidden files left out; ValueError if it holds others."""
    entries = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    name = shown(folder)
    if folders := [path for path in entries if path.is_dir()]:
        raise ValueError(
            f"{name} holds folders, such as {shown(folders[0].name)}; name one of them, or put all "
            "images into one folder."
        )
    if not entries:
        raise ValueError(f"{name} is an empty folder; name one that holds PNG or JPEG images.")
    if other := [path for path in entries if path.suffix.lower() not in IMAGES]:
        raise ValueError(
            f"{name} holds {shown(other[0].name)}, which is not a PNG or JPEG; keep only images in "
            "the folder."
        )
    stems = [path.stem for path in entries]
    if twice := next((a for a, b in pairwise(stems) if a == b), ""):
        raise ValueError(f"{name} holds two images of the name {shown(twice)}; keep one of them.")
    return entries


def load_images(files: Iterable[Path], room: Callable[[int, str], None]) -> np.ndarray:
    """8-bit images of one size as uint8 [N, 1 or 3, H, W]; `room(bytes, what)` may refuse it.

    Raises ValueError, naming the file, for one that cannot be read or is of another size or kind.
    """
    files = list(files)
    found = None
    for row, file in enumerate(files):
        image = _image(file)
        if found is None:
            shape = (len(files), *image.shape)
            room(math.prod(shape), f"{len(files):,} images, uint8 {shape},")
            found = np.empty(shape, np.uint8)
        if image.shape != found.shape[1:]:
            raise ValueError(
                f"{shown(file)} has {_size(image.shape)} and {shown(files[0].name)} "
                f"{_size(found.shape[1:])}; all images need one size and one kind."
            )
        found[row] = image
    return found


def _size(shape: tuple[int, ...]) -> str:
    channels, height, width = shape
    return f"{width} x {height} pixels of {'grey' if channels == 1 else 'colour'}"


def _image(file: Path) -> np.ndarray:
    """uint8 [C, H, W]."""
    from PIL import Image

    if not file.is_file():
        raise ValueError(f"{shown(file)} is not a regular file.")
    with file.open("rb") as handle:
        start = handle.read(DEPTH + 1)
    bits = start[DEPTH] if start.startswith(SIGNATURE) and len(start) > DEPTH else 8
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=("PNG", "JPEG")) as image:
                mode = image.mode
                if bits == 8 and mode in MODES and "transparency" not in image.info:
                    pixels = np.asarray(image)
                    return pixels[None] if mode == "L" else pixels.transpose(2, 0, 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{shown(file)} would unpack to more pixels than any sample has; look where it is from."
        ) from None
    except Image.UnidentifiedImageError:
        raise ValueError(
            f"{shown(file)} is not a PNG or JPEG, whatever its name says, or is damaged."
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error) as error:
        raise ValueError(f"{shown(file)} cannot be read: {shown(error)}.") from error
    kind = f"{bits} bits a channel" if bits != 8 else OTHER_MODES.get(mode, f"the mode {mode}")
    raise ValueError(f"{shown(file)} has {kind}, which would lose or add something; {AS_RGB}.")
