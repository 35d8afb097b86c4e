"""The bands of images show the right arrays in the right rows."""

import numpy as np
import pytest
from fake_runs import made

from dmdrepro.paper_figures import FIGURES
from dmdrepro.paper_figures.image_grid import _SHARPEN, COLUMNS, gap, tile, to_bytes


def cell(canvas, row, column, size):
    """One image of a band, at its own resolution."""
    canvas = canvas[::_SHARPEN, ::_SHARPEN]
    top, left = row * (size + gap(size)), column * (size + gap(size))
    return canvas[top : top + size, left : left + size]


@pytest.mark.parametrize(("size", "n"), [(8, 64), (16, 31), (32, 30)])
def test_rows_are_phi_1_phi_8_phi_32_and_g_and_columns_are_seeds(tmp_path, size, n):
    results = made(tmp_path, "mnist", resolution=size, n=n)
    band = FIGURES[1].draw(results).axes[0]
    names = ("teacher_1", "teacher_8", "teacher_32", "student")
    labels = [label.get_text() for label in band.get_yticklabels()]
    assert labels == [r"$\Phi_1(z)$", r"$\Phi_8(z)$", r"$\Phi_{32}(z)$", r"$G(z)$"]
    canvas = band.images[0].get_array()
    for row, name in enumerate(names):
        expected = to_bytes(results["mnist"].samples(3072, name))
        for column in (0, 1, COLUMNS - 1):
            np.testing.assert_array_equal(cell(canvas, row, column, size), expected[column])


def test_quintuples_of_figure_9_end_with_the_two_nearest_training_images(tmp_path):
    results = made(tmp_path, "mnist")
    bands = [axes for axes in FIGURES[9].draw(results).axes if axes.images]
    assert len(bands) == 2
    for band, snapshot in zip(bands, (512, 3072), strict=True):
        canvas = band.images[0].get_array()
        run = results["mnist"]
        nearest = run.array(snapshot, "nearest_images")
        rows = [run.samples(snapshot, k) for k in ("teacher_1", "teacher_8", "student")]
        for row, images in enumerate([*rows, nearest[:, 0], nearest[:, 1]]):
            np.testing.assert_array_equal(cell(canvas, row, 7, 8), to_bytes(images)[7])


def test_colour_images_keep_their_channels(tmp_path):
    results = made(tmp_path, "imagenet64")
    (band,) = (axes for axes in FIGURES[6].draw(results).axes if axes.images)
    image = results["imagenet64"].samples(3072, "teacher_8")[3]
    shown = cell(band.images[0].get_array(), 1, 3, 8)
    np.testing.assert_array_equal(shown, to_bytes(image[None])[0])
    assert np.ptp(shown.astype(int), axis=-1).max() > 0


def test_minus_one_is_black_one_is_white_and_the_rest_is_clipped():
    values = np.array([-1.0, 0.0, 1.0, 3.0, -2.0]).reshape(1, 1, 1, 5)
    np.testing.assert_array_equal(to_bytes(values)[0, 0, :, 1], [0, 128, 255, 255, 0])


def test_fewer_seeds_than_columns_leave_white_space():
    canvas = tile([-np.ones((2, 1, 4, 4))], columns=5)
    assert canvas.shape == (4, 5 * 5 - 1, 3)
    assert (canvas[:, :4] == 0).all()
    assert (canvas[:, 10:] == 255).all()


def test_what_is_no_image_is_refused():
    with pytest.raises(ValueError, match=r"got \[3, 4\]"):
        to_bytes(np.zeros((3, 4)))
