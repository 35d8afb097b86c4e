"""The choices that the paper left open, with this report's values, and the paper's slips."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dmdrepro.experiments import REGISTRY, leaves
from dmdrepro.measures.students import Student, lookup
from dmdrepro.measures.table import Table

_KNOWN = tomllib.loads(Path(__file__).with_name("choices.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Choice:
    """One item of choices.toml, which explains each field."""

    item: str
    paper: str
    official: str
    fields: Sequence[str] = ()
    ours: str = ""
    experiments: Sequence[str] = ()
    why: str = ""  # on the page of choices alone (docs/choices.md)


CHOICES = tuple(Choice(**each) for each in _KNOWN["choice"])


def choices_table(students: Sequence[Student]) -> Table:
    """Each open choice with the values of the runs in this report."""
    configs = {student.experiment: student.config for student in students}
    rows = []
    imported = [name for name, cls in REGISTRY.items() if not cls().data.sampled]
    for choice in CHOICES:
        names = [n for n in configs if not choice.experiments or n in choice.experiments]
        if choice.item.startswith("teacher's"):  # how it was trained
            names = [n for n in names if n not in imported]
        if not names:
            continue
        values = [_values(name, {n: configs[n] for n in names}) for name in choice.fields]
        ours = "; ".join(text for text in (*values, choice.ours) if text)
        rows.append((choice.item, choice.paper, choice.official, ours))
    if others := [text for name in _unnamed(configs) if (text := _values(name, configs))]:
        rows.append(("other fields", "-", "-", "; ".join(others)))
    columns = ("item", "paper", "official code", "ours")
    notes = ("Official: the public DMD2 ImageNet code; EDM for what DMD2 does not train.",)
    title = "Choices that the paper left open"
    return Table("choices", title, columns, tuple(rows), notes)


def _unnamed(configs: dict[str, dict]) -> list[str]:
    """The fields that no choice above names, such as ones added since."""
    named = {"name", "size", "seed"} | {field for choice in CHOICES for field in choice.fields}
    found = (field for config in configs.values() for field in leaves(config))
    return [f for f in dict.fromkeys(found) if not {f, f.partition(".")[0]} & named]


def slips_table() -> Table:
    """Slips in the paper that were not copied."""
    columns = ("where", "the paper says", "we use")
    rows = tuple((slip["where"], slip["paper"], slip["we"]) for slip in _KNOWN["slip"])
    return Table("slips", "Slips in the paper, not copied", columns, rows)


def _values(field: str, configs: dict[str, dict]) -> str:
    """`teacher.lr 0.001 (chessboard, moons), 0.0003 (mnist)`; names only if values differ."""
    by_value: dict[str, list[str]] = {}
    for name, config in configs.items():
        found = lookup(config, field.split("."))
        if found is not None:
            by_value.setdefault(_words(found), []).append(name)
    if len(by_value) == 1:
        return f"{field} {next(iter(by_value))}"
    parts = [f"{value} ({', '.join(names)})" for value, names in by_value.items()]
    return f"{field} {', '.join(parts)}" if parts else ""


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "/".join(_words(inner) for inner in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
