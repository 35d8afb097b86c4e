"""What made a student: its command line, and what each of its stages recorded of itself."""

import shlex

from dmdrepro.commands import making
from dmdrepro.experiments import ConfigError, build, field_names, leaves
from dmdrepro.measures.students import Student
from dmdrepro.runs.errors import RunError
from dmdrepro.runs.results import Result


def command(student: Student) -> str:
    """The command line: every field that differs from its size's own value, and the engine.

    Where the engine was left to `auto`, or is that of records from before there was a choice, none.
    """
    line = making(student.results[0], own=student.results[0].own_measures(student.snapshot))
    for field, value in _settings(student).items():
        line += f" --set {shlex.quote(f'{field}={value_words(value)}')}"
    facts = stage_facts(student.results[0], student.snapshot, "distill")
    engine = facts.get("engine_option") if isinstance(facts, dict) else None
    return line if engine in (None, "auto") else f"{line} --engine {shlex.quote(str(engine))}"


def _settings(student: Student) -> dict[str, object]:
    """Field -> value of this run, if the size's own differs; an arm's study sets its fields."""
    result = student.results[0]
    try:
        usual = build(student.experiment, result.size, result.seed)
    except ConfigError:
        return {}
    own, found = leaves(usual.as_dict()), leaves(student.config)
    return {f: found[f] for f in field_names(usual) if found.get(f, own[f]) != own[f]}


def stage_facts(result: Result, snapshot: int, stage: str) -> dict | str:
    """A stage's provenance and engine as its record has them, or why they cannot be told."""
    try:
        record = result.record(snapshot, stage)
    except RunError:
        return "damaged"
    except OSError:  # figures and tables do not need the teacher, which may have been removed
        return "not there"
    facts = record.get("provenance")
    if not isinstance(facts, dict):
        return "not recorded"
    return {name: record.get(name) for name in ("engine", "engine_option")} | facts


def value_words(value: object) -> str:
    """The value as --set takes it."""
    if isinstance(value, list | tuple):
        return ",".join(value_words(inner) for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and float(short := f"{value:g}") == value:
        return short
    return str(value)
