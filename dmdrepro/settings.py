"""What all settings stand on: how a value is refused, how a field is added later."""

from collections.abc import Mapping
from dataclasses import MISSING, field, fields, is_dataclass
from numbers import Integral, Real

# Counts beyond it index no tensor and fit no memory; torch itself stops at 2^63.
LARGEST = 2**31 - 1


class ConfigError(ValueError):
    """A configuration that cannot be run; the message is one sentence for the user."""


def require(condition: bool, sentence: str) -> None:
    """Raise ConfigError with the sentence if the condition does not hold."""
    if not condition:
        raise ConfigError(sentence)


def require_count(name: str, value: int, least: int = 1, most: int = LARGEST) -> None:
    """Raise ConfigError unless `value` is a whole number from `least` to `most`."""
    require(isinstance(value, Integral), f"{name} is {value!r}; it must be a whole number.")
    require(value >= least, f"{name} is {value}; it must be at least {least}.")
    require(value <= most, f"{name} is {value}; it must be at most {most:,}.")


def are_counts(values: object) -> bool:
    """Whether these are a list or tuple of whole numbers from 1 to 2^31 - 1."""
    return isinstance(values, list | tuple) and all(
        isinstance(value, Integral) and 1 <= value <= LARGEST for value in values
    )


def require_positive(name: str, value: float) -> None:
    """Raise ConfigError unless `value` is a number above 0."""
    require(isinstance(value, Real) and value > 0, f"{name} is {value}; it must be positive.")


def require_not_negative(name: str, value: float) -> None:
    """Raise ConfigError if `value` is below 0."""
    require(value >= 0, f"{name} is {value}; it must not be negative.")


def added(default: object = MISSING, *, before: object, **rest: object):
    """A dataclass's field that is added later; `before`: what the program did without it.

    Records and runs made before the field are read as having had that value, so they are neither
    refused nor told apart from new ones with the same value. `default`, `rest`: as of `field`.
    """
    return field(default=default, metadata={"before": before}, **rest)


def before(settings: object) -> dict[str, object]:
    """What a dataclass's later fields were before they existed, as nested JSON values."""
    found: dict[str, object] = {}
    for f in fields(settings):
        value = getattr(settings, f.name)
        if "before" in f.metadata:
            found[f.name] = plain(f.metadata["before"])
        elif is_dataclass(value) and (inner := before(value)):
            found[f.name] = inner
    return found


def filled(recorded: Mapping, missing: Mapping, key: Mapping) -> dict:
    """A recorded configuration with those parts of `missing` that it lacks and `key` has."""
    whole = dict(recorded)
    for name in missing.keys() & key.keys():
        if not isinstance(missing[name], Mapping):
            whole.setdefault(name, missing[name])
        elif isinstance(whole.get(name), Mapping):
            whole[name] = filled(whole[name], missing[name], key[name])
    return whole


def leaves(config: object, name: str = "") -> dict[str, object]:
    """Dotted field -> value of a configuration of nested mappings; an empty one is a value."""
    if not isinstance(config, Mapping) or not config:
        return {name: config}
    found: dict[str, object] = {}
    for key, value in config.items():
        found |= leaves(value, f"{name}.{key}" if name else key)
    return found


def plain(value: object) -> object:
    """A setting as a plain JSON value: dataclasses as dictionaries, tuples as lists."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return [plain(inner) for inner in value] if isinstance(value, tuple) else value
