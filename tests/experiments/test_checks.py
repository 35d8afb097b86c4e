"""A configuration is refused before anything runs, exactly where the parts would refuse it."""

import itertools

import pytest
import torch

from dmdrepro.distillation import draw_levels
from dmdrepro.experiments import ConfigError, build, parse_overrides
from dmdrepro.experiments.config import Distill


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("chessboard", "teacher.beta1=2", r"teacher\.beta1 is 2\.0; it must be in \[0, 1\)"),
        ("chessboard", "distill.beta2=1", r"distill\.beta2 is 1\.0"),
        ("chessboard", "teacher.weight_decay=-1", r"weight_decay is -1\.0; .* not be negative"),
        ("chessboard", "teacher.batch=1000000000000", "at most 2,147,483,647"),
        ("chessboard", "teacher.batch=99999999999999999999", "at most"),
        ("chessboard", "distill.iterations=99999999999999999999", "at most"),
        ("chessboard", "sampling.total=99999999999999999999", "at most"),
        ("chessboard", "distill.gan_weight_fake=-1", "must not be negative"),
        ("chessboard", "data.ambient_dim=1", "at least 2"),
        ("chessboard", "data.cells=3", "must be even"),
        ("chessboard", "data.cells=0", "at least 2"),
        ("chessboard", "data.half_width=-1", "must be positive"),
        ("chessboard", "sigma_data=1e-300", "must be within"),
        ("chessboard", "sigma_data=1e300", "must be within"),
        ("chessboard", "model.width=10000000", "layer of 100,000,000,000,000 weights"),
        ("chessboard", "model.width=0", "at least 1"),
        ("chessboard", "model.time_features=3", "must be even"),
        ("chessboard", "model.hidden_layers=1000000", "at most 1,000"),
        ("chessboard", "distill.dm_min=0.9999 distill.dm_max=1", "leave none of the 1000 noise"),
        ("moons", "data.ambient_dim=1", "at least 2"),
        ("ring", "data.components=0", "at least 1"),
        ("ring", "data.sd=-1", "must be positive"),
        ("ring", "data.radius=0", "must be positive"),
        ("mlp-manifold", "data.resolution=7", "32, 16, 8, 4, 2 or 1"),
        ("mlp-manifold", "data.classes=0", "room for 1 to 32"),
        ("mlp-manifold", "data.classes=50", "room for 1 to 32"),
        ("mlp-manifold", "data.latent_dim=0", "at least 1"),
        ("mlp-manifold", "data.seed=-1", "must not be negative"),
        ("mlp-manifold", "data.seed=9223372036854775808", "below"),
        ("mlp-manifold", "model.channel_mult=1,2,2,2,2", "cannot be halved 4 times"),
        ("mlp-manifold", "model.channel_mult=0,1", "one positive number"),
        ("mlp-manifold", "model.channel_mult=-1", "one positive number"),
        ("mlp-manifold", "model.channel_mult=", "is empty"),
        ("mlp-manifold", "model.width=132", "layer of 132 channels"),
        ("mlp-manifold", "model.width=30", "multiple of 4"),
        ("mlp-manifold", "model.width=1000000", "cannot be normalised|weights"),
        ("mlp-manifold", "model.width=3200000", "weights"),
        ("mlp-manifold", "model.attn_resolutions=-3", "resolutions are positive"),
        ("mlp-manifold", "model.num_blocks=1000000", "at most 1,000"),
        ("mnist", "data.resolution=8 model.channel_mult=1,1,1,1,1", "cannot be halved 4 times"),
        ("imagenet64", "data.classes=0", "at least 1"),
        ("moons", "data.radius=0", "data.radius"),
        ("moons", "data.sd=-1", "data.sd"),
        ("mlp-manifold", "data.hidden=0", "at least 1"),
        ("mlp-manifold", "data.opacity=1.5", r"in \[0, 1\]"),
        ("mlp-manifold", "sampling.pairing=3 sampling.heatmap=2", "at least 4 images"),
        ("mnist", "sampling.pairing=3 sampling.heatmap=2", "at least 4 images"),
        ("mnist", "sampling.pairing=35001 sampling.total=40000", "70,000 in all"),
        ("mnist", "distil.lr=1", r"did you mean 'distill\.lr'"),
        ("mnist", "distill.lr=fast", "not a finite number"),
        ("mnist", "distill.lr=nan", "not a finite number"),
        ("mnist", "distill.lr=-1", "must be positive"),
        ("mnist", "distill.iterations=1.5", "not a whole number"),
        ("mnist", "distill.gan=maybe", "not true or false"),
        ("mnist", "teacher.snapshots=9,3", "ascending"),
        ("mnist", "data.resolution=28", "8, 16 or 32"),
        ("mnist", "precision=float16", "float32 or bfloat16"),
        ("mnist", "sampling.pairing=1", "heatmap <= pairing"),
        ("mnist", "sampling.sizes=200,100", "ascending"),
        ("mnist", "sampling.sizes=1,100", "at least 2"),
        ("mnist", "sampling.sets=0", "sampling.sets"),
        ("mnist", "distill.real_score=exact", "has no exact denoiser; of ours only chessboard"),
        ("mnist", "distill.start=exact", "has no exact denoiser; of ours only chessboard"),
        ("mnist", "distill.real_score=perfect", "use teacher or exact"),
        ("mnist", "distill.lr", "is not FIELD=VALUE"),
        ("mnist", "name=x", "no field 'name'"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(name, settings, message):
    with pytest.raises(ConfigError, match=message) as refused:
        build(name, "smoke", overrides=parse_overrides(settings.split()))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("chessboard", "teacher.beta1=0 teacher.weight_decay=0 data.cells=2 data.ambient_dim=2"),
        ("chessboard", "distill.dm_min=0.999 distill.dm_max=1 sigma_data=1e-6"),
        ("ring", "data.components=1"),
        ("ring", "sampling.pairing=2 sampling.heatmap=2"),
        ("mnist", "sampling.pairing=4 sampling.heatmap=2"),
        ("mnist", "sampling.pairing=35000 sampling.total=40000"),
        ("mlp-manifold", "data.opacity=0 data.bias_sd=0"),
        ("mlp-manifold", "data.resolution=1 model.channel_mult=1"),
        ("mlp-manifold", "data.classes=32 data.seed=9223372036854775807"),
        ("mlp-manifold", "model.attn_resolutions=4,8"),
        ("mlp-manifold", "model.width=128"),
    ],
)
def test_the_last_value_that_runs_is_not_refused(name, settings):
    build(name, "smoke", overrides=parse_overrides(settings.split()))


@pytest.mark.parametrize("levels", [2, 3, 10, 1000])
def test_an_interval_of_noise_levels_is_refused_where_nothing_could_be_drawn(levels):
    verdicts = set()
    for low, high in itertools.combinations([0, 0.02, 0.3, 0.5, 0.9, 0.98, 0.9996, 0.9999, 1], 2):
        try:
            Distill(noise_levels=levels, dm_min=low, dm_max=high)
            ours = True
        except ConfigError:
            ours = False
        try:
            drawn = draw_levels(64, levels, torch.Generator(), low, high)
            theirs = bool((drawn < levels).all())
        except RuntimeError:
            theirs = False
        assert ours == theirs, (levels, low, high)
        verdicts.add(ours)
    assert verdicts == {True, False}
