"""Write the measured numbers into the tables of README.md and docs/: `python docs/tables.py`.

Above a table stands which records it shows, `<!-- records: NAME -->`, a file of docs/published
without its seed. Braces in the name stand for the row's cell of that column, in other words where
`; CELL is WORDS` follows. Head and labels are written by hand, all numbers come from the records:
of one seed as it is, of several (0, 1, 2, or those that the row names) mean [smallest, largest].
`<!-- choices -->` and `<!-- slips -->` stand above tables of dmdrepro/report/choices.toml. A test
checks that the pages are what this writes.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from dmdrepro.checkout import leave_path  # noqa: E402

leave_path()
from dmdrepro.experiments import REGISTRY, build  # noqa: E402
from dmdrepro.measures.along import path_length  # noqa: E402
from dmdrepro.measures.dm_loss import loss_at  # noqa: E402
from dmdrepro.measures.table import Table  # noqa: E402
from dmdrepro.report.choices import CHOICES, choices_table, slips_table  # noqa: E402
from dmdrepro.report.render import to_markdown  # noqa: E402

NAMES = (
    "README.md", "docs/findings.md", "docs/performance.md", "docs/choices.md", "docs/width.md",
)  # fmt: skip
PAGES = tuple(ROOT / name for name in NAMES)
MARKED = re.compile(r"(<!-- records: ([^>]*?) -->\n)((?:\|.*\n)+)")
OF_CHOICES = re.compile(r"(<!-- (choices|slips) -->\n)((?:\|.*\n)*)")

# What a column holds of a record; several values (blanks between) stand apart as in the head.
COLUMNS = {
    "Delta_E": "pairing.delta_e",
    "null": "pairing.delta_e_null",
    "retention": "pairing.retention",
    "concordance": "pairing.concordance",
    "remapped": "pairing.remapped",
    "concordance before distillation": "pairing_untrained.concordance",
    "retention before distillation": "pairing_untrained.retention",
    "Delta_E, null against Phi_32": "pairing_phi_32.delta_e pairing_phi_32.delta_e_null",
    "quality of G": "quality.student.ratio",
    "of Phi_8": "quality.teacher_8.ratio",
    "Frechet": "features.student.frechet_squared",
    "Frechet of Phi_8": "features.teacher_8.frechet_squared",
    "recall of Phi_8": "features.teacher_8.recall",
    "Frechet of G; of Phi_8": "features.student.frechet_squared features.teacher_8.frechet_squared",
    "precision, recall": "features.student.precision features.student.recall",
    "turn (degrees)": "turn.degrees",
    "concordance turned": "turn.concordance",
    "error over signal at 80": "denoiser_error.relative_to_signal.-1",
    "DM loss": "dm_loss",
    "displacement": "pearson",
    r"\|G - Phi_8\|": "pearson_student",
    r"\|G' - Phi_8\|": "pearson_student_repaired",
    r"-\|Phi_1 - Phi_8\|": "pearson_start",
}
# Decimals by the last word of a path; else three significant digits, four decimals at most.
DECIMALS = dict.fromkeys(("retention", "concordance", "remapped"), 3) | {"degrees": 0}
DECIMALS |= dict.fromkeys(("precision", "recall", "pearson", "pearson_student"), 2)
DECIMALS |= dict.fromkeys(("pearson_student_repaired", "pearson_start"), 2)


def written(page: str) -> str:
    """The page with the numbers of its marked tables."""
    page = MARKED.sub(lambda found: found[1] + _filled(found[2], found[3]), page)
    return OF_CHOICES.sub(lambda found: found[1] + _of_choices(found[2]), page)


def _of_choices(which: str) -> str:
    """The rows of choices.toml, with the values of the paper's size."""
    table = slips_table()
    if which == "choices":
        runs = [SimpleNamespace(experiment=n, config=build(n, "paper").as_dict()) for n in REGISTRY]
        why = {choice.item: choice.why for choice in CHOICES}
        columns = ("item", "the paper", "official", "we take (size `paper`)", "why")
        rows = tuple((*row, why.get(row[0], "")) for row in choices_table(runs).rows)
        table = Table("", "", columns, rows)
    return to_markdown(table).partition("\n\n")[2]


def _filled(records: str, text: str) -> str:
    name, *words = re.split(r";\s+", records)
    words = dict(re.split(r"\s+is\s+", each) for each in words)
    head, rule, *rows = text.splitlines()
    lines = [head, rule]
    for row in rows:
        labels = dict(zip(_cells(head), _cells(row), strict=True))
        named = {column: words.get(cell, _plain(cell)) for column, cell in labels.items()}
        shown = _numbers(name.format(**named), labels)
        lines.append(f"| {' | '.join((labels | shown).values())} |")
    return "\n".join(lines) + "\n"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _numbers(name: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Column -> what it shows of the named records; the columns of a row that are no label."""
    name, _, part = name.partition(": ")
    if name.startswith("bench_"):
        return _timings(name, part, labels)
    name, _, seed = name.partition("-seed")
    seeds = (seed or labels.get("seeds") or labels.get("seed") or "0, 1, 2").split(", ")
    found = [_record(f"{name}-seed{seed}") for seed in seeds]
    if part == "over_n":
        return _columns(_sets(found[0], int(_plain(labels["N"]))), labels)
    if part == "boundary":
        where = found[0]["boundary"]
        return _columns([where if labels["samples"] == "all" else where["within_class"]], labels)
    distill = found[0]["config"]["distill"]
    at = int(_plain(labels.get("iterations", str(distill["iterations"]))))
    shown = _columns([_stop(whole, at) for whole in found], labels)
    shown |= {"path": number(path_length(distill, at))} if "path" in labels else {}
    for head in labels:
        if of_seed := re.match(r"seed (\d)", head):
            one = _columns([_stop(_record(f"{name}-seed{of_seed[1]}"), at)], COLUMNS)
            shown[head] = ", ".join(one[h] for h in ("Delta_E", "retention", "quality of G"))
    return shown


def _plain(cell: str) -> str:
    """Without the commas between thousands."""
    return re.sub(r"(?<=\d),(?=\d{3})", "", cell)


@cache
def _record(name: str) -> dict:
    return json.loads((ROOT / "docs/published" / f"{name}.json").read_text())


def _stop(whole: Mapping, at: int) -> Mapping:
    """A record as it stood after `at` iterations, under the names that its end has."""
    steps, losses = (np.array(whole["loss_dm"][name]) for name in ("iteration", "value"))
    more = {"dm_loss": loss_at(steps, losses, at)}
    if at == whole["config"]["distill"]["iterations"]:
        return {**whole, **more}
    (point,) = (p for p in whole["along"] if p["iterations"] == at)
    of_student = {name: {"student": point[name]} for name in ("quality", "features")}
    return {"pairing": point["pairing"], "turn": point.get("turn"), **of_student, **more}


def _sets(whole: Mapping, n: int) -> list[dict]:
    """The pairing of each set of `n` points."""
    (point,) = (p for p in whole["over_n"] if p["n"] == n)
    names = [name for name, values in point.items() if isinstance(values, list)]
    values = zip(*(point[name] for name in names), strict=True)
    return [{"pairing": dict(zip(names, of_set, strict=True))} for of_set in values]


def _columns(records: Sequence[Mapping], heads: Iterable[str]) -> dict[str, str]:
    """Each known column's cell; empty where a record lacks the value."""
    shown = {}
    for head in heads:
        if head in COLUMNS:
            paths = COLUMNS[head].split()
            found = [[_lookup(record, path) for record in records] for path in paths]
            lacks = any(value is None for values in found for value in values)
            decimals = [DECIMALS.get(path.split(".")[-1]) for path in paths]
            parts = [] if lacks else map(_spread, found, decimals)
            shown[head] = ("; " if "; " in head else ", ").join(parts)
    return shown


def _lookup(found: object, path: str) -> object:
    for key in path.split("."):
        if isinstance(found, list):
            found = found[int(key)]
        else:
            found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _spread(values: Sequence, decimals: int | None) -> str:
    """One value (an interval with its ends), or of several the mean within the outermost."""
    if isinstance(values[0], Mapping):
        values = [values[0][name] for name in ("value", "low", "high")]
    elif len(values) > 1:
        values = [sum(values) / len(values), min(values), max(values)]
    middle, *ends = (number(value, decimals) for value in values)
    return f"{middle} [{', '.join(ends)}]" if ends else middle


def number(value: float, decimals: int | None = None) -> str:
    if decimals is None:
        size = abs(float(f"{value:.3g}"))  # rounding may carry into the next decade
        decimals = 4 if size < 0.01 else max(0, 2 - math.floor(math.log10(size)))
    text = f"{value:,.{decimals}f}"
    return text if float(_plain(text)) else "0"


def _timings(name: str, which: str, heads: Iterable[str]) -> dict[str, str]:
    """The columns of one row of a record of `bench`; none if it has no such row."""
    record = json.loads((ROOT / "docs" / f"{name}.json").read_text())
    found = []  # (row, column, value)
    for row in record.get("rows", ()):
        found.append((row["what"], "ours", 1e3 * row["ours_s"]))
        found.append((row["what"], row["alternative"], 1e3 * row["alternative_s"]))
        found += [(row["what"], h, row["ratio"]) for h in ("ratio", f"{row['alternative']} / ours")]
    for row in record.get("batches", ()):
        head = f"{row['experiment']}: {row['way'].removesuffix(', eager')}"
        found.append((str(row["batch"]), head, 1e3 * row["iteration_s"]))
    for row in record["scaling"] if name == "bench_pairing" else ():
        found.append((f"{row['d']} {row['n']}", row["way"], row["cpu_s"]))
    which = _plain(which)
    return {h: number(value) for row, h, value in found if _plain(row) == which and h in heads}


def main() -> None:
    for page in PAGES:
        page.write_text(written(page.read_text()))


if __name__ == "__main__":
    main()
