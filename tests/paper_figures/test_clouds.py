"""PCA is fitted on Phi_8 alone, and a seed keeps its colour in every panel."""

import numpy as np
import pytest
from fake_runs import made, make_agree, write_run

from dmdrepro.paper_figures import FIGURES
from dmdrepro.paper_figures.colours import noise_colours, plane_colours, wheel, wheel_oklab
from dmdrepro.paper_figures.pca import fit_plane
from dmdrepro.runs.results import open_results


def reference_pca(samples):
    """The two leading components by a singular value decomposition."""
    x = samples.reshape(len(samples), -1).astype(np.float64)
    _, lengths, rows = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    return rows[:2], lengths[:2] ** 2 / np.sum(lengths**2)


@pytest.mark.parametrize("shape", [(50, 7), (7, 50), (20, 1, 4, 4)])
def test_the_plane_is_that_of_a_singular_value_decomposition(shape):
    x = np.random.default_rng(0).standard_normal(shape) * 3 + 5
    rows, explained = reference_pca(x)
    plane = fit_plane(x)
    signs = np.sign(np.sum(rows * plane.directions, axis=1))
    np.testing.assert_allclose(plane.directions, rows * signs[:, None], atol=1e-10)
    np.testing.assert_allclose(plane.explained, explained, rtol=1e-10)
    np.testing.assert_allclose(plane.project(x).mean(axis=0), 0.0, atol=1e-10)
    largest = np.abs(plane.directions).argmax(axis=1)
    assert (plane.directions[[0, 1], largest] > 0).all()


def test_a_constant_teacher_projects_to_the_origin():
    plane = fit_plane(np.full((4, 9), 2.0))
    np.testing.assert_allclose(plane.project(np.full((4, 9), 2.0)), 0.0, atol=1e-12)
    np.testing.assert_array_equal(plane.explained, 0.0)


@pytest.mark.parametrize(("number", "experiment"), [(1, "mnist"), (7, "mlp-manifold")])
def test_pca_panels_show_phi_8_phi_1_and_g_in_the_plane_of_phi_8(tmp_path, number, experiment):
    results = made(tmp_path, experiment)
    clouds = [axes for axes in FIGURES[number].draw(results).axes if axes.collections]
    assert [axes.get_title() for axes in clouds] == [r"$\Phi_8(z)$", r"$\Phi_1(z)$", r"$G(z)$"]
    eight = results[experiment].samples(3072, "teacher_8")
    rows, _ = reference_pca(eight)
    mean = eight.reshape(len(eight), -1).astype(np.float64).mean(axis=0)
    for axes, name in zip(clouds, ("teacher_8", "teacher_1", "student"), strict=True):
        points = np.asarray(axes.collections[0].get_offsets())
        samples = results[experiment].samples(3072, name)
        expected = (samples.reshape(len(samples), -1) - mean) @ rows.T
        np.testing.assert_allclose(np.abs(points), np.abs(expected), atol=1e-5)
        np.testing.assert_array_equal(
            axes.collections[0].get_facecolors(), clouds[0].collections[0].get_facecolors()
        )
        assert axes.get_xlim() == clouds[0].get_xlim()
    shown = np.asarray(clouds[0].collections[0].get_offsets())
    colours = clouds[0].collections[0].get_facecolors()[:, :3]
    np.testing.assert_allclose(colours, plane_colours(shown))


@pytest.mark.parametrize(("number", "experiment"), [(2, "chessboard"), (5, "moons"), (5, "ring")])
def test_toy_panels_show_z_phi_8_phi_1_and_g_coloured_by_the_noise(tmp_path, number, experiment):
    results = made(tmp_path, experiment)
    clouds = [axes for axes in FIGURES[number].draw(results).axes if axes.collections]
    names = ("noise", "teacher_8", "teacher_1", "student")
    assert [axes.get_title() for axes in clouds] == [
        "$z$", r"$\Phi_8(z)$", r"$\Phi_1(z)$", r"$G(z)$",
    ]  # fmt: skip
    colours = noise_colours(results[experiment].samples(3072, "noise"))
    for axes, name in zip(clouds, names, strict=True):
        points = np.asarray(axes.collections[0].get_offsets())
        np.testing.assert_array_equal(points, results[experiment].samples(3072, name)[:, :2])
        np.testing.assert_allclose(axes.collections[0].get_facecolors()[:, :3], colours)
    limits = {axes.get_xlim() for axes in clouds[1:]} | {axes.get_ylim() for axes in clouds[1:]}
    assert len(limits) == 1  # teacher and student on one scale


def test_samples_outside_the_panel_are_counted(tmp_path):
    folder = write_run(tmp_path, "ring")
    path = folder / "sample-3072" / "student.npy"
    student = np.load(path)
    student[:3, 0] = 50.0
    np.save(path, student)
    make_agree(folder, 3072)
    results = open_results(tmp_path, "laptop", 0, ["ring"])
    texts = [t.get_text() for axes in FIGURES[5].draw(results).axes for t in axes.texts]
    assert "3 outside" in texts


def test_the_centre_is_grey_and_the_rim_is_coloured():
    centre = wheel([[0.0, 0.0]])[0]
    assert np.ptp(centre) < 1e-3
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rim = wheel(4 * np.stack([np.cos(angle), np.sin(angle)], axis=1))
    assert (np.ptp(rim, axis=1) > 0.15).all()
    assert ((rim >= 0) & (rim <= 1)).all()


def test_places_differ_without_the_red_green_axis():
    angle = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    places = np.concatenate([[[0, 0]], 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1)])
    left = wheel_oklab(places)[:, [0, 2]]  # lightness, blue-yellow
    apart = np.linalg.norm(left[:, None] - left, axis=-1)
    assert apart[~np.eye(len(left), dtype=bool)].min() > 0.04


def test_colours_depend_on_direction_and_relative_length_only():
    noise = np.random.default_rng(1).standard_normal((40, 4))
    np.testing.assert_allclose(noise_colours(noise), noise_colours(80 * noise))


def test_what_is_no_plane_is_refused():
    with pytest.raises(ValueError, match="two samples"):
        fit_plane(np.zeros((1, 5)))
    with pytest.raises(ValueError, match="plane coordinates"):
        wheel(np.zeros((3, 3)))
