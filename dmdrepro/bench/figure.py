"""The benchmark's curves, from its record and nothing else: every point is one measured row."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

Points = Sequence[tuple[float, float]]


def draw_scaling(record: dict, path: Path) -> None:
    """Write a PNG: Delta_E's processor seconds against N, one panel for each D.

    Raises ValueError for a record without such rows.
    """
    rows = record["scaling"]
    panels = {
        f"independent samples in R$^{{{d}}}$": _lines(rows, {"d": d}, "n", "cpu_s")
        for d in sorted({row["d"] for row in rows})
    }
    _draw(panels, path, record, "N", "processor seconds, one call", shared=True)


def draw_batches(record: dict, path: Path) -> None:
    """Write a PNG: milliseconds of a distillation iteration against the batch, by experiment.

    Raises ValueError for a record without such rows.
    """
    rows = [{**row, "ms": 1e3 * row["iteration_s"]} for row in record["batches"]]
    panels = {
        f"{name}, {size} size": _lines(rows, {"experiment": name, "size": size}, "batch", "ms")
        for name, size in dict.fromkeys((row["experiment"], row["size"]) for row in rows)
    }
    _draw(panels, path, record, "batch", "ms, one iteration", shared=False)


def _lines(rows: Sequence[Mapping], where: Mapping, x: str, y: str) -> dict[str, Points]:
    """Way -> its points, by x, of the rows that have all values of `where`."""
    mine = [row for row in rows if where.items() <= row.items()]
    ways = dict.fromkeys(row["way"] for row in mine)
    return {way: sorted((r[x], r[y]) for r in mine if r["way"] == way) for way in ways}


def _draw(
    panels: Mapping[str, dict[str, Points]],
    path: Path,
    record: dict,
    x: str,
    y: str,
    *,
    shared: bool,
) -> None:
    """`shared`: the panels have one vertical axis."""
    from dmdrepro.paper_figures.style import styled
    from dmdrepro.runs.files import write_bytes

    if not panels:
        raise ValueError(f"The record has no rows over {x}.")
    picture = io.BytesIO()
    figure = styled(_figure)(panels, record["provenance"], x, y, shared)
    about = {"Title": "dmdrepro bench", "Seed": "none"}  # as figures of ours are told from others
    figure.savefig(picture, format="png", dpi=220, metadata=about)
    write_bytes(path, picture.getvalue())


def _figure(
    panels: Mapping[str, Mapping[str, Points]], facts: Mapping, x: str, y: str, shared: bool
):
    from matplotlib.figure import Figure

    from dmdrepro.paper_figures.style import BLUE, INK, PAGE, RED, SOFT

    ways = dict.fromkeys(way for lines in panels.values() for way in lines)
    looks = dict(zip(ways, (BLUE, RED, SOFT, INK), strict=False))
    figure = Figure(figsize=(PAGE, 2.8), layout="constrained")
    grid = figure.subplots(1, len(panels), sharey=shared, squeeze=False)[0]
    for axes, (title, lines) in zip(grid, panels.items(), strict=True):
        for way, points in lines.items():
            xs, ys = zip(*points, strict=True)
            axes.loglog(xs, ys, "o-", ms=3, lw=1, color=looks[way], label=way)
        values = sorted({value for points in lines.values() for value, _ in points})
        axes.set_xticks(values, [f"{value:,}" for value in values], minor=False)
        axes.set_xticks([], minor=True)
        axes.set(title=title, xlabel=x)
        axes.legend()
    figure.axes[0].set_ylabel(y)
    commit = (facts["commit"] or "unknown")[:12]
    run = f"{facts['device']}, {facts['threads']} threads, torch {facts['torch']}, commit {commit}"
    figure.supxlabel(run, fontsize="small", color=SOFT)
    return figure
