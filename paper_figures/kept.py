"""A figure that was drawn before, for the report: only where it shows the results of now."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

from PIL import Image

from dmdrepro.paper_figures.run import Results, Unavailable
from dmdrepro.paper_figures.saving import CONFIGURATION, provenance, stem_of


def kept_png(module: ModuleType, results: Results, folder: Path) -> bytes:
    """The bytes of the figure's PNG in `folder`.

    Raises Unavailable if there is none, if it is no whole PNG, and if the runs that it
    was drawn from (as it says itself) are not these results.
    """
    path = Path(folder) / f"{stem_of(module)}.png"
    if not path.is_file():
        raise Unavailable("it has not been drawn")
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()
            drawn_from = image.text.get(CONFIGURATION)
    except (OSError, SyntaxError, ValueError):  # what PIL raises for broken files
        raise Unavailable(f"{path.name} is damaged") from None
    if drawn_from != json.dumps(provenance(module, results), sort_keys=True):
        raise Unavailable(f"{path.name} was drawn from other results than these")
    return path.read_bytes()
