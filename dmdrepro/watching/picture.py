"""Samples as a picture: a grid of images, or a scatter of points."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dmdrepro.paper_figures.colours import noise_colours
from dmdrepro.paper_figures.image_grid import tile
from dmdrepro.paper_figures.inset import scatter

SIDE = 8  # images in a row, and rows
POINTS = 1000


def most_samples(shape: tuple[int, ...]) -> int:
    """How many samples of this shape a picture shows."""
    return SIDE * SIDE if _are_images(shape) else POINTS


def draw_samples(samples: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3] of samples [N, ...] and the noise [N, ...] that they were drawn from.

    Points: their first two coordinates, in a colour of their noise.
    """
    if _are_images(samples.shape[1:]):
        return tile([samples[k : k + SIDE] for k in range(0, len(samples), SIDE)], SIDE)
    points, z = samples.reshape(len(samples), -1), noise.reshape(len(noise), -1)
    if points.shape[1] == 1:
        points = np.hstack([z, points])
    figure = Figure(figsize=(4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot(aspect="equal" if samples[0].size > 1 else "auto")
    scatter(axes, points[:, :2], noise_colours(z if z.shape[1] > 1 else np.hstack([z, z])))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def _are_images(shape: tuple[int, ...]) -> bool:
    return len(shape) == 3 and shape[0] in (1, 3)
