"""Files that hold samples in a format we do not read: the line of numpy that converts each."""

import re
from pathlib import Path

SUFFIXES = (".npy", ".npz", ".safetensors", ".pt", ".pth")

NETWORKS = "a network's weights are given as `compare --teacher W --student W`"
_OF_NETWORKS = (".ckpt", ".bin", ".pkl", ".pickle")
_IMAGES = "numpy.stack([numpy.asarray(PIL.Image.open(f)) for f in sorted(FILES)])"
IMAGES = (".png", ".jpg", ".jpeg")  # of which a folder is read
_TEXT = "numpy.loadtxt({old})"
_HDF = "h5py.File({old})['NAME'][:]"
CONVERSIONS = {
    **dict.fromkeys((".webp", ".bmp", ".tif", ".tiff"), _IMAGES),
    **dict.fromkeys((".txt", ".dat"), _TEXT),
    ".csv": "numpy.loadtxt({old}, delimiter=',')",
    ".tsv": "numpy.loadtxt({old}, delimiter='\\t')",
    **dict.fromkeys((".h5", ".hdf5"), _HDF),
    ".mat": "scipy.io.loadmat({old})['NAME']",
    ".parquet": "pandas.read_parquet({old}).to_numpy()",
}
PACKED = {".gz": "gunzip", ".xz": "unxz", ".bz2": "bunzip2", ".zst": "unzstd"}
URL = re.compile(r"[a-z][a-z0-9+.-]+:/+[^/]", re.IGNORECASE)


def shown(path: str | Path) -> str:
    """A path as it is printed: line ends, control characters and stray bytes as escapes."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(path))


def refusal(file: Path) -> str:
    """Why a file is none of ours by its name, and what to do, as one sentence."""
    if URL.match(str(file)):
        return f"{shown(file)} is a URL; download it first, then name the file."
    absent = "" if file.exists() else "does not exist, and "
    what = f"{shown(file)} {absent}is none of {', '.join(SUFFIXES)}"
    if file.is_dir():
        return f"{what}; it is a folder: name a file."
    suffix = file.suffix.lower()
    if suffix in IMAGES:
        return f"{what}; name the folder that holds the images."
    if suffix in PACKED:
        return f"{what}; unpack it with {PACKED[suffix]} first."
    if suffix in CONVERSIONS:
        # A name is quoted as Python quotes it, so that the line can be pasted.
        line = CONVERSIONS[suffix].format(old=ascii(str(file)))
        new = ascii(str(file.with_suffix(".npy")))
        return f"{what}; convert it first: numpy.save({new}, {line})."
    networks = f"; {NETWORKS}" if suffix in _OF_NETWORKS else ""
    return f"{what}; save the array with numpy.save{networks}."
