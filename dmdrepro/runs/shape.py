"""What a JSON file must hold, written down as a value of the same form, and the check of it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.runs.errors import DamagedArtifact
from dmdrepro.runs.files import read_json, unexpected

# A shape is one of: a test of a single value; {"key": shape, "optional?": shape}, beside which
# other keys may stand; [shape], a list of any length; Each, Maybe, Some, Where.
Shape = object


@dataclass(frozen=True)
class _Of:
    shape: Shape


class Each(_Of):
    """A dictionary with any keys, all of whose values have one shape."""


class Maybe(_Of):
    """Null, or the shape."""


class Some(_Of):
    """A list that is not empty."""


@dataclass(frozen=True)
class Where:
    """A dictionary's shape, and what else it must hold if it has `key`."""

    key: str
    shape: Mapping[str, Shape]
    then: Mapping[str, Shape]


def text(value: object) -> bool:
    return isinstance(value, str)


def truth(value: object) -> bool:
    return isinstance(value, bool)


def count(value: object) -> bool:
    """A whole number from 0 on that a float can hold."""
    return type(value) is int and 0 <= value < 2**63


def positive(value: object) -> bool:
    return count(value) and value > 0


def number(value: object) -> bool:
    """A number, or the text that strict JSON has for one; null if nothing could be measured."""
    if type(value) is int:
        return abs(value) < 2**63
    words = ("inf", "-inf", "nan")
    return value is None or type(value) is float or (isinstance(value, str) and value in words)


def measured(value: object) -> bool:
    """A number that is there, be it infinite."""
    return value is not None and number(value)


def finite(value: object) -> bool:
    return type(value) in (int, float) and number(value) and math.isfinite(value)


def one_of(*words: str) -> Callable[[object], bool]:
    """A test for one of these words."""
    return lambda value: isinstance(value, str) and value in words


def scalar(value: object) -> bool:
    """A value of a configuration: of any kind, but no dictionary."""
    if isinstance(value, list):
        return all(scalar(inner) for inner in value)
    return isinstance(value, str | bool) or number(value)


def problem(value: object, shape: Shape, place: str = "") -> str:
    """The place of the first wrong entry, such as `pairing.n`; empty if there is none."""
    if isinstance(shape, Maybe):
        return "" if value is None else problem(value, shape.shape, place)
    if isinstance(shape, Where):
        has = isinstance(value, Mapping) and shape.key in value
        shape = {**shape.shape, **(shape.then if has else {})}
    if isinstance(shape, Some):
        if value == []:
            return place
        shape = [shape.shape]
    if isinstance(shape, Each):
        shape = dict.fromkeys(value, shape.shape) if isinstance(value, Mapping) else {}
    if isinstance(shape, Mapping):
        return _in_mapping(value, shape, place)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return place
        found = (problem(inner, shape[0], f"{place}[{n}]") for n, inner in enumerate(value))
        return next(filter(None, found), "")
    test: Callable[[object], bool] = shape
    return "" if test(value) else place


def _in_mapping(value: object, shape: Mapping[str, Shape], place: str) -> str:
    if not isinstance(value, Mapping):
        return place or "the whole"
    for name, inner in shape.items():
        key = name.removesuffix("?")
        dotted = f"{place}.{key}" if place else key
        if key not in value:
            if key == name:
                return dotted
            continue
        if found := problem(value[key], inner, dotted):
            return found
    return ""


def read_shaped(path: Path, shape: Shape) -> dict:
    """The object in a JSON file; raises DamagedArtifact, naming the place, if it differs."""
    found = read_json(path)
    if place := problem(found, shape):
        raise DamagedArtifact(unexpected(path, place))
    return found
