"""A pickle as inert values: nothing is imported, called or executed, whatever the file asks for.

The standard library only: this runs in the restricted process (isolated.py).
"""

import pickletools
from collections.abc import Collection
from dataclasses import dataclass

SMALL = 4096  # bytes: what is longer stays a view of the file
LONGEST_NAME = 1000
# What a file is that names such functions or classes.
UNSUPPORTED = {
    "dnnlib.": "a file of EDM2, whose network is not supported",
    "torch.distributed.": "a checkpoint in parts (torch's DCP); if you trust it, join it into one "
    "file with torch.distributed.checkpoint.format_utils",
}


class Unreadable(ValueError):
    """A file that is refused; the message names what was found in it."""


@dataclass(eq=False)
class Global:
    """The name of a function or class."""

    name: str


@dataclass(eq=False)
class Made:
    """What the pickle would make by calling `name` with `args`, and the state it would be given."""

    name: str
    args: tuple
    state: object = None


@dataclass(eq=False)
class Stored:
    """A persistent id: what lies outside the pickle."""

    id: object


class Ordered(dict):
    """A collections.OrderedDict; the attributes that the pickle gives it are dropped."""


_SIMPLE = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"),
}
_EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_SET": set, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def shown(name: object) -> str:
    """A name out of a file, as it may stand in a message."""
    text = str(name) if isinstance(name, str) else type(name).__name__
    return ascii(text[:80] + "..." * (len(text) > 80))


def read_pickle(data: memoryview, allowed: Collection[str], at: int = 0) -> tuple[object, int]:
    """(value, where the pickle ends) of the pickle that begins at `at`; raises Unreadable.

    Values are Python's own numbers, texts, bytes (views of `data` if long), lists, tuples, sets and
    dictionaries, and `Global`, `Made`, `Stored`. `allowed`: the names of functions and classes that
    the file may mention.
    """
    cursor = _Cursor(data, at)
    try:
        return _run(cursor, allowed), cursor.at
    except Unreadable:
        raise
    except Exception as error:  # whatever a damaged pickle leads to
        raise Unreadable(
            f"its pickle is cut short or damaged near byte {cursor.at:,} ({type(error).__name__})"
        ) from None


class _Cursor:
    """The file that `pickletools.genops` reads."""

    def __init__(self, data: memoryview, at: int) -> None:
        self.data, self.at = data, at

    def read(self, n: int) -> bytes | memoryview:
        piece = self.data[self.at : self.at + n]
        self.at += len(piece)
        return bytes(piece) if n < SMALL else piece

    def readline(self) -> bytes:
        line = bytes(self.data[self.at : self.at + LONGEST_NAME]).partition(b"\n")[0] + b"\n"
        self.at += len(line)
        return line

    def tell(self) -> int:
        return self.at


def _run(cursor: _Cursor, allowed: Collection[str]) -> object:
    stack: list = []
    marks: list[int] = []  # how high the stack was at each
    memo: dict[int, object] = {}

    def top(n: int) -> list:
        if n > len(stack):
            raise IndexError
        at = len(stack) - n
        values = stack[at:]
        del stack[at:]
        return values

    def above_mark() -> list:
        return top(len(stack) - marks.pop())

    def named(name: str) -> Global:
        if name not in allowed:
            known = (what for start, what in UNSUPPORTED.items() if name.startswith(start))
            what = next(known, "no supported form does that; save its tensors alone (a state_dict)")
            raise Unreadable(f"its pickle names {shown(name)}: {what}")
        return Global(name)

    for op, arg, _ in pickletools.genops(cursor):
        code = op.name
        if code in _VALUES:
            stack.append(arg)
        elif code in _SIMPLE:
            stack.append(_SIMPLE[code])
        elif code in _EMPTY:
            stack.append(_EMPTY[code]())
        elif code in _TUPLES:
            stack.append(tuple(top(_TUPLES[code])))
        elif code == "TUPLE":
            stack.append(tuple(above_mark()))
        elif code == "MARK":
            marks.append(len(stack))
        elif code in ("BINPUT", "LONG_BINPUT"):
            memo[arg] = stack[-1]
        elif code == "MEMOIZE":
            memo[len(memo)] = stack[-1]
        elif code in ("BINGET", "LONG_BINGET"):
            stack.append(memo[arg])
        elif code in ("SETITEM", "SETITEMS"):
            pairs = top(2) if code == "SETITEM" else above_mark()
            _set_items(stack[-1], pairs)
        elif code in ("APPEND", "APPENDS"):
            values = top(1) if code == "APPEND" else above_mark()
            _of(list, stack[-1]).extend(values)
        elif code == "ADDITEMS":
            values = above_mark()
            _of(set, stack[-1]).update(map(_key, values))
        elif code == "GLOBAL":
            stack.append(named(arg.replace(" ", ".", 1)))
        elif code == "STACK_GLOBAL":
            stack.append(named(".".join(top(2))))
        elif code in ("REDUCE", "NEWOBJ"):
            function, args = top(2)
            name = _of(Global, function).name
            ordered = name == "collections.OrderedDict" and not _of(tuple, args)
            stack.append(Ordered() if ordered else Made(name, _of(tuple, args)))
        elif code == "BUILD":
            state = stack.pop()
            if not isinstance(stack[-1], Ordered):
                _of(Made, stack[-1]).state = state
        elif code == "BINPERSID":
            stack.append(Stored(stack.pop()))
        elif code == "STOP":
            (value,) = stack
            return value
        elif code not in ("PROTO", "FRAME"):
            raise Unreadable(f"its pickle has the instruction {code}, which no known form needs")
    raise Unreadable("its pickle has no end")


def _of(kind: type, value: object) -> object:
    if not isinstance(value, kind):
        raise TypeError
    return value


def _key(value: object) -> str | int:
    return _of(str | int, value)


def _set_items(target: object, pairs: list) -> None:
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if _key(key) in _of(dict, target):
            raise Unreadable(f"it has the key {shown(key)} twice")
        target[key] = value
