"""A figure's files: PNG and PDF that carry what they were made from, the same bytes each time."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

from dmdrepro.paper_figures.figure import PaperFigure, caption
from dmdrepro.paper_figures.run import Results, Unavailable
from dmdrepro.paper_figures.style import styled
from dmdrepro.runs.files import write_bytes
from dmdrepro.runs.results import Result

CONFIGURATION = "Configuration"  # the text chunk with the runs that a figure was drawn from
DPI = {"png": 220, "pdf": 300}  # of a PDF: its scatters and images


def provenance(figure: PaperFigure, results: Results) -> dict[str, dict]:
    """Each run that the figure reads, with the digests of its results, or why there is none."""
    origin = {}
    for name in figure.experiments:
        if isinstance(result := results.get(name), Result):
            digests = {str(snapshot): result.digest(snapshot) for snapshot in result.snapshots}
            about = {"size": result.size, "seed": result.seed, "config": result.config}
            origin[name] = {**about, "snapshots": digests}
        elif result is not None:
            origin[name] = {"missing": result.reason}
    return origin


def save(figure: PaperFigure, results: Results, folder: Path) -> list[Path]:
    """Draw one figure and write it as PNG and PDF into `folder`; returns the files.

    PNG text chunks: Title, Description, Configuration (JSON), Seed. PDF: Title,
    Subject, and all the rest as JSON in Keywords. No dates, so equal runs give equal bytes.
    """
    origin = provenance(figure, results)
    seeds = sorted({run["seed"] for run in origin.values() if "seed" in run})
    about = {
        "Title": f"Figure {figure.number}",
        "Description": caption(figure, results),
        CONFIGURATION: json.dumps(origin, sort_keys=True),
        "Seed": ", ".join(map(str, seeds)) or "none",
    }
    return write_figure(figure.draw(results), Path(folder) / figure.stem, about)


@styled
def write_figure(figure: Figure, stem: Path, about: Mapping[str, str]) -> list[Path]:
    """Write `stem`.png with `about` as its text chunks, and `stem`.pdf; the same bytes each time.

    `about` has a Title and may have a Description; a PDF keeps the rest as JSON in its Keywords.
    """
    rest = {key: words for key, words in about.items() if key not in ("Title", "Description")}
    pdf = {
        "Title": about["Title"],
        "Subject": about.get("Description", ""),
        "Keywords": json.dumps(rest, sort_keys=True),
        "CreationDate": None,
    }
    paths = []
    for kind, metadata in (("png", dict(about)), ("pdf", pdf)):
        buffer = io.BytesIO()
        figure.savefig(buffer, format=kind, dpi=DPI[kind], metadata=metadata)
        paths.append(stem.with_name(f"{stem.name}.{kind}"))
        write_bytes(paths[-1], buffer.getvalue())
    return paths


def kept_png(figure: PaperFigure, results: Results, folder: Path) -> bytes:
    """The bytes of the figure's PNG in `folder`.

    Raises Unavailable if there is none, if it is no whole PNG, and if the runs that it
    was drawn from (as it says itself) are not these results.
    """
    path = Path(folder) / f"{figure.stem}.png"
    if not path.is_file():
        raise Unavailable("it has not been drawn")
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            drawn_from = image.text.get(CONFIGURATION)
    except (OSError, SyntaxError, ValueError):  # what PIL raises for broken files
        raise Unavailable(f"{path.name} is damaged") from None
    if drawn_from != json.dumps(provenance(figure, results), sort_keys=True):
        raise Unavailable(f"{path.name} was drawn from other results than these")
    return path.read_bytes()
