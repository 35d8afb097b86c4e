"""Where an experiment's numbers come from: command, stages with device and versions, fields."""

import json
from collections.abc import Callable, Iterator, Sequence

from dmdrepro.experiments import leaves
from dmdrepro.measures.students import Student
from dmdrepro.measures.table import Cell, Table
from dmdrepro.report.commands import stage_facts, value_words
from dmdrepro.runs.results import Result

VERSIONS = ("torch", "triton", "numpy", "scipy", "python")
STAGES = ("distill", "sample", "evaluate")  # of each teacher snapshot
# Column -> its cell, of a stage's facts.
FACTS: dict[str, Callable[[dict], Cell]] = {
    "wall time": lambda facts: duration(facts.get("wall_s")),
    "device": lambda facts: _of_sittings(facts, "device"),
    "threads": lambda facts: _of_sittings(facts, "threads"),
    "engine": lambda facts: _of_sittings(facts, "engine"),
    "versions": lambda facts: (
        ", ".join(f"{v} {facts[v]}" for v in VERSIONS if facts.get(v)) or None
    ),
    "commit": lambda facts: _of_sittings(facts, "commit", short_commit),
    "finished": lambda facts: (
        str(facts.get("finished") or "").replace("T", " ").replace("+00:00", " UTC") or None
    ),
}


def stages_table(students: Sequence[Student]) -> Table:
    """Every stage of every seed: how long, where, with what."""
    rows: list[tuple[Cell, ...]] = []
    for name, snapshot, result in _stages(students):
        facts = stage_facts(result, snapshot, name)
        lacks = (facts, *[None] * (len(FACTS) - 1))
        known = lacks if isinstance(facts, str) else (of(facts) for of in FACTS.values())
        rows.append((name, None if name == "teacher" else snapshot, result.seed, *known))
    columns = ("stage", "teacher iterations", "seed", *FACTS)
    return Table("stages", "Stages", columns, tuple(rows))


def _of_sittings(facts: dict, name: str, words: Callable[[object], Cell] = lambda v: v) -> Cell:
    """A fact of the stage; if its sittings differ, each one's, in their order."""
    values = [sitting[name] for sitting in facts.get("sittings") or () if name in sitting]
    several = [str(words(value)) for value in dict.fromkeys(values)]
    return ", then ".join(several) if len(several) > 1 else words(facts.get(name))


def summary_table(students: Sequence[Student]) -> Table:
    """One row for each experiment and seed: wall time of all stages, devices, commits."""
    rows: list[tuple[Cell, ...]] = []
    for experiment in dict.fromkeys(student.experiment for student in students):
        mine = [student for student in students if student.experiment == experiment]
        for seed in sorted({seed for student in mine for seed in student.seeds}):
            stages = [stage for stage in _stages(mine) if stage[2].seed == seed]
            found = [stage_facts(result, snapshot, name) for name, snapshot, result in stages]
            facts = [each for each in found if isinstance(each, dict)]
            times = [each["wall_s"] for each in facts if "wall_s" in each]
            total = duration(sum(times)) if times else None
            if times and len(times) < len(stages):
                total = f"{total} ({len(times)} of {len(stages)} stages)"
            devices, commits, torch = (
                ", ".join(dict.fromkeys(str(each[key]) for each in facts if each.get(key)))
                for key in ("device", "commit", "torch")
            )
            rows.append((experiment, seed, total, devices or None, torch or None, commits or None))
    columns = ("experiment", "seed", "wall time", "device", "torch", "commit")
    notes = (
        "Wall time: the sum over the stages, all sittings of an interrupted one. A commit with a + "
        "had files that differed from it.",
    )
    return Table("provenance", "Where the numbers come from", columns, tuple(rows), notes)


def _stages(students: Sequence[Student]) -> Iterator[tuple[str, int, Result]]:
    """(stage, teacher iterations, result); the teacher once a seed, at its last snapshot."""
    last = {result.seed: (student, result) for student in students for result in student.results}
    for student, result in last.values():
        yield "teacher", student.snapshot, result
    for student in students:
        for result in student.results:
            for stage in STAGES:
                yield stage, student.snapshot, result


def configurations(students: Sequence[Student]) -> list[Table]:
    """Every field with its value, once if the students share it."""
    groups: dict[str, list[Student]] = {}
    for student in students:
        groups.setdefault(json.dumps(student.config, sort_keys=True), []).append(student)
    found = []
    for group in groups.values():
        usual = {field: value_words(value) for field, (value, _) in group[0].changes.items()}
        rows = tuple(
            (field, value_words(value), usual.get(field, ""))
            for field, value in leaves(group[0].config).items()
        )
        title = "Configuration"
        if len(groups) > 1:
            title += f" (teacher at {', '.join(f'{s.snapshot:,}' for s in group)} iterations)"
        found.append(Table("configuration", title, ("field", "value", "changed from"), rows))
    return found


def duration(seconds: object) -> str | None:
    """`0.4 s`, `95 s`, `16 min 45 s`, `3 h 05 min`."""
    if not isinstance(seconds, int | float):
        return None
    if seconds < 10:
        return f"{seconds:.1f} s"
    seconds = round(seconds)
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 7200:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def short_commit(commit: object) -> str | None:
    """Ten digits, and the + of a checkout with changes."""
    if not isinstance(commit, str):
        return None
    return commit[:10] + ("+" if commit.endswith("+") else "")
