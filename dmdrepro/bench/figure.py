"""The cost of Delta_E over N, from a benchmark's record and nothing else."""

from __future__ import annotations

import io
from pathlib import Path


def draw_scaling(record: dict, path: Path) -> None:
    """Write a PNG: processor seconds against N, one panel for each D, one line for each way.

    Every point is one measured row. Raises ValueError for a record without such rows.
    """
    from dmdrepro.runs.files import write_bytes
    from paper_figures.style import styled

    if not record["scaling"]:
        raise ValueError("The record has no rows of Delta_E over N.")
    picture = io.BytesIO()
    styled(_figure)(record).savefig(picture, format="png", dpi=220)
    write_bytes(path, picture.getvalue())


def _figure(record: dict):
    from matplotlib.figure import Figure

    from paper_figures.style import BLUE, INK, PAGE, RED, SOFT

    rows, facts = record["scaling"], record["provenance"]
    dimensions = sorted({row["d"] for row in rows})
    looks = dict(zip(dict.fromkeys(r["way"] for r in rows), (BLUE, RED, SOFT, INK), strict=False))
    figure = Figure(figsize=(PAGE, 2.8), layout="constrained")
    for axes, d in zip(
        figure.subplots(1, len(dimensions), sharey=True, squeeze=False)[0], dimensions, strict=True
    ):
        for way, colour in looks.items():
            line = sorted((r["n"], r["cpu_s"]) for r in rows if (r["d"], r["way"]) == (d, way))
            if line:
                axes.loglog(*zip(*line, strict=True), "o-", ms=3, lw=1, color=colour, label=way)
        sizes = sorted({row["n"] for row in rows if row["d"] == d})
        axes.set_xticks(sizes, [f"{n:,}" for n in sizes], minor=False)
        axes.set_xticks([], minor=True)
        axes.set(title=f"independent samples in R$^{{{d}}}$", xlabel="N")
        axes.legend()
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].set_ylabel("processor seconds, one call")
    commit = (facts["commit"] or "unknown")[:12]
    figure.supxlabel(
        f"{facts['device']}, {facts['threads']} threads, torch {facts['torch']}, commit {commit}",
        fontsize="small",
        color=SOFT,
    )
    return figure
