"""Thirty seeds in columns; in rows what teacher and student made of each."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from dmdrepro.paper_figures.missing import draw_missing
from dmdrepro.paper_figures.page import EDGE, Page
from dmdrepro.paper_figures.run import StudentRun, attempt
from dmdrepro.paper_figures.style import BODY
from dmdrepro.paper_figures.words import SYMBOLS
from dmdrepro.runs.results import Missing

COLUMNS = 30
LABELS = 0.62  # inches left of the images
_SHARPEN = 4  # each pixel is repeated, so that scaling to the paper keeps its edges


def to_bytes(images: ArrayLike) -> np.ndarray:
    """Images in [-1, 1] as 8-bit RGB, clipped: [N, C, H, W] with C = 1 or 3 -> [N, H, W, 3].

    Raises ValueError for another shape.
    """
    images = np.asarray(images, dtype=np.float64)
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"Images must be [N, 1 or 3, H, W]; got {list(images.shape)}.")
    levels = np.rint((np.clip(images, -1, 1) + 1) * 127.5).astype(np.uint8)
    return np.broadcast_to(levels, (len(levels), 3, *levels.shape[2:])).transpose(0, 2, 3, 1)


def gap(size: int) -> int:
    """White pixels between images of `size` pixels."""
    return max(1, size // 16)


def tile(rows: Sequence[ArrayLike], columns: int = COLUMNS) -> np.ndarray:
    """The first `columns` images of each row, on white: R x [N, C, H, W] -> [.., .., 3] uint8.

    The image of row r and column c starts at pixel (r (H + gap), c (W + gap)).
    """
    blocks = [to_bytes(np.asarray(row)[:columns]) for row in rows]
    height, width = blocks[0].shape[1:3]
    down, right = height + gap(height), width + gap(width)
    shape = (len(blocks) * down - gap(height), columns * right - gap(width), 3)
    canvas = np.full(shape, 255, dtype=np.uint8)
    for r, block in enumerate(blocks):
        for c, image in enumerate(block):
            canvas[r * down : r * down + height, c * right : c * right + width] = image
    return canvas


def draw_image_rows(page: Page, run: StudentRun | Missing, names: Sequence[str]) -> None:
    """A band of images, one row for each name; rows that were not kept say so in their place."""
    width = page.width - LABELS - EDGE
    step = width / COLUMNS
    drawn = {name: attempt(run, lambda run, name=name: _row(run, name)) for name in names}
    kept = [name for name in names if not isinstance(drawn[name], Missing)]
    absent = [name for name in names if name not in kept]
    if kept:
        draw_tiles(page, [drawn[name] for name in kept], [SYMBOLS[name] for name in kept])
    if absent:
        page.space(0.03 if kept else 0.0)
        height = max(step * len(absent), 0.45)
        axes = page.axes(LABELS, width, height)
        draw_missing(axes, drawn[absent[0]], named=False)
        axes.set_ylim(height, 0)
        _label_rows(axes, [SYMBOLS[name] for name in absent], height, frame=True)
        page.space(height)


def draw_grid(page: Page, run: StudentRun | Missing) -> None:
    """The teacher's 1-step, 8-step and 32-step samples and the student's."""
    draw_image_rows(page, run, ("teacher_1", "teacher_8", "teacher_32", "student"))


def draw_tiles(
    page: Page, rows: Sequence[ArrayLike], labels: Sequence[str], columns: int = COLUMNS
) -> None:
    """The first `columns` images of each row, [N, C, H, W], under one another with their labels."""
    width = page.width - LABELS - EDGE
    canvas = tile(rows, columns)
    height = width * canvas.shape[0] / canvas.shape[1]
    axes = page.axes(LABELS, width, height)
    sharp = canvas.repeat(_SHARPEN, axis=0).repeat(_SHARPEN, axis=1)
    axes.imshow(sharp, extent=(0, width, height, 0), aspect="auto")
    _label_rows(axes, labels, height)
    page.space(height)


def _row(run: StudentRun, name: str) -> np.ndarray:
    """[n, C, H, W]; the two nearest training images come in one array, [n, 2, C, H, W]."""
    if name in ("nearest", "second_nearest"):
        return run.array("nearest_images")[:COLUMNS, 0 if name == "nearest" else 1]
    return run.samples(name)[:COLUMNS]


def _label_rows(axes: object, labels: Sequence[str], height: float, frame: bool = False) -> None:
    centres = (np.arange(len(labels)) + 0.5) * height / len(labels)
    axes.set_xticks([])
    axes.set_yticks(centres, labels, fontsize=BODY)
    axes.tick_params(length=0, pad=3)
    axes.spines[:].set_visible(frame)
