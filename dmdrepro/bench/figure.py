"""The benchmark's curves, from its record and nothing else: every point is one measured row."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from dmdrepro.paper_figures.style import BLUE, INK, PAGE, RED, SOFT, styled
from dmdrepro.runs.files import write_bytes


def draw_scaling(record: dict, path: Path) -> None:
    """Write a PNG: Delta_E's processor seconds against N, one panel for each D.

    Raises ValueError for a record without such rows.
    """
    rows = record["scaling"]
    panels = {
        f"independent samples in R$^{{{d}}}$": [row for row in rows if row["d"] == d]
        for d in sorted({row["d"] for row in rows})
    }
    labels = {"n": "N", "cpu_s": "processor seconds, one call"}
    _draw(panels, path, record["provenance"], labels, shared=True)


def draw_batches(record: dict, path: Path) -> None:
    """Write a PNG: milliseconds of a distillation iteration against the batch, by experiment.

    Raises ValueError for a record without such rows.
    """
    panels: dict[str, list[dict]] = {}
    for row in record["batches"]:
        title = f"{row['experiment']}, {row['size']} size"
        panels.setdefault(title, []).append({**row, "ms": 1e3 * row["iteration_s"]})
    labels = {"batch": "batch", "ms": "ms, one iteration"}
    _draw(panels, path, record["provenance"], labels, shared=False)


@styled
def _draw(
    panels: Mapping[str, Sequence[Mapping]],
    path: Path,
    facts: Mapping,
    labels: Mapping[str, str],
    *,
    shared: bool,
) -> None:
    """`labels`: of a row's x and y; `shared`: the panels have one vertical axis."""
    (x, x_label), (y, y_label) = labels.items()
    if not panels:
        raise ValueError(f"The record has no rows over {x_label}.")
    ways = dict.fromkeys(row["way"] for rows in panels.values() for row in rows)
    figure = Figure(figsize=(PAGE, 2.8), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=shared, squeeze=False)[0]
    for axes, (title, rows) in zip(grid, panels.items(), strict=True):
        for way, colour in zip(ways, (BLUE, RED, SOFT, INK), strict=False):
            if points := sorted((row[x], row[y]) for row in rows if row["way"] == way):
                axes.loglog(*zip(*points, strict=True), "o-", ms=3, lw=1, color=colour, label=way)
        values = sorted({row[x] for row in rows})
        axes.set_xticks(values, [f"{value:,}" for value in values], minor=False)
        axes.set_xticks([], minor=True)
        axes.set(title=title, xlabel=x_label)
        axes.legend()
    grid[0].set_ylabel(y_label)
    commit = (facts["commit"] or "unknown")[:12]
    run = f"{facts['device']}, {facts['threads']} threads, torch {facts['torch']}, commit {commit}"
    figure.supxlabel(run, fontsize="small", color=SOFT)
    picture = io.BytesIO()
    about = {"Title": "dmdrepro bench", "Seed": "none"}  # as figures of ours are told from others
    figure.savefig(picture, format="png", dpi=220, metadata=about)
    write_bytes(path, picture.getvalue())
