"""The process that reads a foreign file: limited, and allowed nothing but its two open files.

Started by converted.py: the file on its input, safetensors on its output, a sentence on its error
output if it refuses the file. The standard library only.
"""

import codecs
import contextlib
import hashlib
import json
import mmap
import sys
from collections.abc import Iterator

from dmdrepro.pretrained.formats import Contents, read_contents
from dmdrepro.pretrained.pickles import Unreadable, shown

MEMORY = 2**30  # bytes beside the file itself
SECONDS = 600  # of processor time
SHARED = 4  # times the size of the file: values that several tensors share are written for each
HARMLESS = ("builtins.id", "sys.excepthook", "sys.unraisablehook")  # audit events
REFUSED = 3  # exit status


# Of names in zip archives and of a pickle's text: after `_refuse` nothing can be imported.
for _codec in ("cp437", "raw_unicode_escape"):
    codecs.lookup(_codec)


def main() -> None:
    """Read the file on the input, write its tensors to the output."""
    file = mmap.mmap(sys.stdin.fileno(), 0, access=mmap.ACCESS_READ)
    _limit(len(file))
    sys.addaudithook(_refuse)
    try:
        data = memoryview(file)
        for piece in safetensors(read_contents(data, file), data):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except (Unreadable, MemoryError, RecursionError) as error:
        sys.stderr.write(str(error) or f"reading it ends in a {type(error).__name__}")
        sys.stderr.flush()
        sys.exit(REFUSED)


def safetensors(contents: Contents, origin: memoryview) -> Iterator[bytes | memoryview]:
    """A safetensors file piece by piece, with the origin's SHA-256; raises Unreadable."""
    about, tensors = contents
    total, header = 0, {}
    for name, tensor in tensors.items():
        if not (name.isascii() and name.isprintable()):
            raise Unreadable(f"it has a tensor named {shown(name)}")
        end = total + len(tensor.values)
        header[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": [total, end]}
        total = end
    if total > SHARED * len(origin) or "__metadata__" in header:
        raise Unreadable("its tensors have many more values than the file")
    said = {"sha256": hashlib.sha256(origin).hexdigest(), "about": json.dumps(about)}
    text = json.dumps({"__metadata__": said, **header}).encode()
    text += b" " * (-len(text) % 8)
    yield len(text).to_bytes(8, "little")
    yield text
    for tensor in tensors.values():
        yield tensor.values


def _refuse(event: str, args: tuple) -> None:
    """The audit hook: after it nothing is opened, started, imported, connected or executed."""
    if event not in HARMLESS and not event.startswith("cpython."):  # the interpreter's end
        raise Unreadable(f"reading it asked for {event}, which is refused")


def _limit(size: int) -> None:
    """Limit this process, if the system can."""
    if sys.platform == "win32":
        return
    import resource

    limits = {
        resource.RLIMIT_AS: MEMORY + 2 * size,
        resource.RLIMIT_CPU: SECONDS,
        resource.RLIMIT_FSIZE: SHARED * size + MEMORY,
        resource.RLIMIT_CORE: 0,
    }
    for which, most in limits.items():
        with contextlib.suppress(ValueError, OSError):  # not known, or below it already
            resource.setrlimit(which, (most, most))
