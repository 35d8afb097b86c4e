"""The registry holds the paper's numbers, and refuses what it does not know."""

import json
from dataclasses import replace

import pytest

from dmdrepro.experiments import REGISTRY, SIZES, ConfigError, build, parse_overrides, register
from dmdrepro.models import AdmUnet, Mlp

TOYS = ("chessboard", "moons", "ring")
IMAGES = ("mnist", "mnist-conditional", "mlp-manifold")


def test_the_paper_sizes_are_the_papers_numbers():
    """Appendix D and section 3.1."""
    for name in TOYS:
        e = build(name, "paper")
        assert e.model == Mlp(hidden_layers=5, width=384, time_features=32)
        assert (e.data.ambient_dim, e.distill.batch, e.distill.iterations) == (4, 512, 50_000)
    for name in IMAGES:
        e = build(name, "paper")
        assert e.model == AdmUnet(64, (1, 2, 3, 4), 3, (32, 16, 8))
        assert (e.data.resolution, e.distill.batch, e.distill.iterations) == (32, 32, 50_000)
        assert (e.distill.lr, e.distill.warmup, e.distill.weight_decay) == (2e-6, 500, 0.01)
    for name in REGISTRY:
        e = build(name, "paper")
        assert (e.distill.student_every, e.distill.noise_levels) == (5, 1000)
        assert (e.distill.dm_min, e.distill.dm_max) == (0.02, 0.98)
        assert (e.distill.gan, e.distill.grad_clip) == (False, 10.0)
        assert (e.sampling.pairing, e.sampling.total, e.sampling.heatmap) == (1000, 10_000, 100)
    assert build("mnist", "paper").teacher.snapshots == (1024, 2048, 3072, 4096, 6144, 8192)
    assert build("imagenet64", "paper").model.width == 192


@pytest.mark.parametrize("name", REGISTRY)
@pytest.mark.parametrize("size", SIZES)
def test_every_experiment_resolves_at_every_size(name, size):
    e = build(name, size, seed=3)
    assert (e.name, e.size, e.seed) == (name, size, 3)
    assert json.loads(json.dumps(e.as_dict()))["teacher"]["snapshots"] == list(e.teacher.snapshots)


@pytest.mark.parametrize("name", REGISTRY)
def test_each_docstring_states_command_cost_place_and_number(name):
    text = REGISTRY[name].__doc__
    for word in ("Command:", "Cost:", "Paper:", "Figure", "Expected there:"):
        assert word in text


@pytest.mark.parametrize(
    ("setting", "place", "value"),
    [
        ("distill.lr=1e-4", lambda e: e.distill.lr, 1e-4),
        ("teacher.snapshots=5,10", lambda e: e.teacher.snapshots, (5, 10)),
        ("model.attn_resolutions=", lambda e: e.model.attn_resolutions, ()),
        ("distill.gan=true", lambda e: e.distill.gan, True),
        ("distill.iterations=2_000", lambda e: e.distill.iterations, 2000),
        ("precision=float32", lambda e: e.precision, "float32"),
        ("sigma_data=0.4", lambda e: e.sigma_data, 0.4),
    ],
)
def test_any_field_can_be_overridden(setting, place, value):
    assert place(build("mnist", "laptop", overrides=parse_overrides([setting]))) == value


def test_unknown_experiments_and_sizes_are_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'chessboard'"):
        build("chesboard", "laptop")
    with pytest.raises(ConfigError, match="did you mean 'laptop'"):
        build("chessboard", "labtop")


@pytest.mark.parametrize(
    "name", ["..", ".", "-x", "figures", "known", "report.html", "a/b", "", "a@b"]
)
def test_a_name_that_makes_no_folder_of_its_own_is_refused(name):
    plain = type(build("chessboard", "smoke"))
    with pytest.raises(ConfigError, match="cannot name an experiment"):
        register(lambda: replace(plain(), name=name))
