"""The registry: every experiment by name, at every size, with overrides of any field."""

import difflib
import math
import re
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass, replace

from dmdrepro.experiments.config import SIZES, Experiment
from dmdrepro.experiments.images import (
    ImageNet64Experiment,
    ManifoldExperiment,
    MnistConditionalExperiment,
    MnistExperiment,
)
from dmdrepro.experiments.origin import note_origin
from dmdrepro.experiments.toys import ChessboardExperiment, MoonsExperiment, RingExperiment
from dmdrepro.settings import ConfigError, before, filled

OPTIONS = ("size", "seed")  # fields of an experiment that have an option of their own
NEEDS_LOAD = "One of your own needs --load FILE."
RESERVED = ("figures", "known", "report.html", "tables")  # lie beside the experiments' folders
REGISTRY: dict[str, type[Experiment]] = {}


def register(cls: type[Experiment]) -> type[Experiment]:
    """Add an experiment: a frozen dataclass whose fields all have defaults; a decorator.

    Its data set and network are any that inherit `Data` and `Model`, its sizes `paper` and those of
    `REDUCED`. Raises ConfigError for a name that is taken or that makes no folder.
    """
    name = _made(cls).name
    if name in REGISTRY:
        raise ConfigError(f"There is an experiment {name!r} already; choose another name.")
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name) or name in RESERVED:
        raise ConfigError(
            f"{name!r} cannot name an experiment, whose folder bears the name: use letters, digits "
            f"and - _ . and none of {', '.join(RESERVED)}."
        )
    REGISTRY[name] = cls
    note_origin("experiment", name)
    return cls


def _made(cls: type[Experiment]) -> Experiment:
    """The experiment at the paper's size; raises ConfigError, naming the class and its lack."""
    if not isinstance(cls, type):  # a function that makes one
        return cls()
    what = f"The experiment {cls.__name__}"
    if not issubclass(cls, Experiment):
        raise ConfigError(f"{what} does not inherit dmdrepro.experiments.Experiment.")
    if "__dataclass_fields__" not in vars(cls):
        raise ConfigError(f"{what} is not a frozen dataclass: it lacks @dataclass(frozen=True).")
    empty = [f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING]
    if empty:
        raise ConfigError(f"{what} lacks a default of {', '.join(empty)}.")
    return cls()


for _experiment in (
    *(ChessboardExperiment, MoonsExperiment, RingExperiment, MnistExperiment),
    *(MnistConditionalExperiment, ManifoldExperiment, ImageNet64Experiment),
):
    register(_experiment)


def as_of_now(config: Mapping) -> Mapping:
    """A recorded configuration with the fields that its experiment was given since."""
    if str(config.get("name")) not in REGISTRY:
        return config
    missing = before(REGISTRY[config["name"]]())
    return filled(config, missing, missing)


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a refusal: the nearest valid name, or all of them."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}."


def check_name(name: str) -> None:
    """Raise ConfigError for a name that no experiment has."""
    if name not in REGISTRY:
        known = nearest(name, REGISTRY)
        raise ConfigError(f"There is no experiment {name!r}; {known} {NEEDS_LOAD}")


def check_size(size: str) -> None:
    """Raise ConfigError for a size that no experiment has."""
    if size not in (known := every_size()):
        raise ConfigError(f"There is no size {size!r}; {nearest(size, known)}")


def every_size() -> list[str]:
    """Ours, then those of registered experiments alone."""
    return list(dict.fromkeys([*SIZES, *(s for cls in REGISTRY.values() for s in cls.sizes())]))


def build(
    name: str, size: str, seed: int = 0, overrides: Mapping[str, str] | None = None
) -> Experiment:
    """The resolved experiment; raises ConfigError for an unknown name, size, field or value."""
    check_name(name)
    cls = REGISTRY[name]
    if size not in cls.sizes():
        raise ConfigError(f"There is no size {size!r} of {name}; {nearest(size, cls.sizes())}")
    experiment = replace(cls(), size=size, seed=seed)
    if size != "paper":
        experiment = _replaced(experiment, cls.REDUCED[size])
    known = field_names(experiment)
    parsed = {dotted: _parsed(name, known, dotted, t) for dotted, t in (overrides or {}).items()}
    return _replaced(experiment, parsed)


def parse_overrides(settings: Iterable[str]) -> dict[str, str]:
    """`["distill.lr=1e-4"]` as a mapping; ConfigError without `=`, and for size and seed."""
    result: dict[str, str] = {}
    for setting in settings:
        dotted, equals, text = setting.partition("=")
        if not equals or not dotted.strip():
            raise ConfigError(f"--set {setting!r} is not FIELD=VALUE, such as distill.lr=1e-4.")
        if dotted.strip() in OPTIONS:
            raise ConfigError(f"--set {setting}: give --{dotted.strip()} {text.strip()} instead.")
        result[dotted.strip()] = text.strip()
    return result


def field_names(experiment: Experiment) -> dict[str, object]:
    """Every field that can be overridden, dotted, with its type."""
    names: dict[str, object] = {}
    for f in fields(experiment):
        value = getattr(experiment, f.name)
        if is_dataclass(value):
            hints = typing.get_type_hints(type(value))
            names.update({f"{f.name}.{inner.name}": hints[inner.name] for inner in fields(value)})
        elif f.name not in ("name", *OPTIONS):
            names[f.name] = typing.get_type_hints(type(experiment))[f.name]
    return names


def _replaced(experiment: Experiment, changes: Mapping[str, object]) -> Experiment:
    """All changes at once, so that only the result has to be valid."""
    top: dict[str, object] = {}
    parts: dict[str, dict[str, object]] = {}
    for dotted, value in changes.items():
        head, _, tail = dotted.partition(".")
        if tail:
            parts.setdefault(head, {})[tail] = value
        else:
            top[head] = value
    top |= {head: replace(getattr(experiment, head), **inner) for head, inner in parts.items()}
    return replace(experiment, **top)


def _bool(text: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return words[text.lower()]


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(text)
    return number


# Type of a field -> how its text is read, and what the text has to be.
KINDS = {
    bool: (_bool, "true or false"),
    int: (lambda text: int(text.replace("_", "")), "a whole number"),
    float: (_finite, "a finite number"),
    str: (str, "text"),
}


def _parsed(name: str, known: Mapping[str, object], dotted: str, text: str) -> object:
    if dotted not in known:
        raise ConfigError(f"{name} has no field {dotted!r}; {nearest(dotted, known)}")
    kind = known[dotted]
    many = typing.get_origin(kind) is tuple
    unknown = str(kind) if isinstance(kind, types.UnionType) else "a valid value"
    read, words = KINDS.get(typing.get_args(kind)[0] if many else kind, (None, unknown))
    try:
        if not many:
            return read(text)
        parts = [part.strip() for part in text.strip("()[] ").split(",")]
        return tuple(read(part) for part in parts if part)
    except (ValueError, KeyError, TypeError):
        words = "a list of whole numbers, such as 1,2,4" if many else words
        raise ConfigError(f"{dotted}={text!r} is not {words}.") from None
