"""Properties of the ADM U-Net that need no outside numbers."""

import pytest
import torch
import torch.nn.functional as F

from dmdrepro.models.adm import Block, adm_denoiser
from dmdrepro.models.adm_block import AdmBlock, Resample, ResampledConv
from dmdrepro.models.adm_network import positional_embedding


def random_weights(module, seed=0):
    """Every parameter drawn, so that the zero-initialised branches take part."""
    with torch.no_grad():
        draw = torch.Generator().manual_seed(seed)
        for p in module.parameters():
            std = p[0].numel() ** -0.5 if p.ndim > 1 else 0.3
            p.copy_(std * torch.randn(p.shape, generator=draw))
    return module.eval()


@pytest.fixture(scope="module")
def conditional():
    """imagenet64's form at a small size: three colours, classes, attention at two levels."""
    return random_weights(adm_denoiser(16, 3, 7, 64, (1, 2), 1, (16, 8)))


def inputs(batch=4, seed=1):
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, 3, 16, 16, generator=draw)
    labels = F.one_hot(torch.arange(batch) % 7, 7).float()
    return x, torch.logspace(-2, 1.9, batch), labels


def test_output_and_features_have_the_promised_shapes(conditional):
    x, sigma, labels = inputs()
    with torch.no_grad():
        raw, h = conditional.features(x, sigma, labels)
        assert conditional(x, sigma, labels).shape == x.shape
        assert torch.equal(raw, conditional.raw(x, sigma, labels))
    assert h.shape == (4, *conditional.feature_shape) == (4, 128, 8, 8)


def test_a_number_for_sigma_equals_a_batch_of_it(conditional):
    x, _, labels = inputs()
    with torch.no_grad():
        one = conditional(x, 2.5, labels)
        torch.testing.assert_close(
            one, conditional(x, torch.full((4,), 2.5), labels), rtol=1e-5, atol=1e-5
        )


def test_a_sample_does_not_see_the_rest_of_its_batch(conditional):
    x, sigma, labels = inputs()
    with torch.no_grad():
        whole = conditional(x, sigma, labels)
        alone = conditional(x[2:3], sigma[2:3], labels[2:3])
    torch.testing.assert_close(whole[2:3], alone, rtol=1e-5, atol=1e-5)


def test_every_parameter_takes_part(conditional):
    x, sigma, labels = inputs()
    conditional.zero_grad()
    conditional(x, sigma, labels).square().mean().backward()
    for name, p in conditional.named_parameters():
        assert p.grad is not None, name
        assert p.grad.abs().max() > 0, name
    conditional.zero_grad()


def test_the_same_input_gives_the_same_bits_and_gradients(conditional):
    x, sigma, labels = inputs()
    results = []
    for _ in range(2):
        conditional.zero_grad()
        out = conditional(x, sigma, labels)
        out.square().mean().backward()
        results.append([out.detach(), *(p.grad.clone() for p in conditional.parameters())])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))
    conditional.zero_grad()


def test_bfloat16_compute_stays_near_float32_and_returns_float32(conditional):
    x, sigma, labels = inputs()
    with torch.no_grad():
        exact = conditional.raw(x, sigma, labels)
        conditional.compute_dtype = torch.bfloat16
        try:
            rounded = conditional.raw(x, sigma, labels)
        finally:
            conditional.compute_dtype = None
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    assert (rounded - exact).norm() < 0.05 * exact.norm()


def test_attention_is_softmax_attention_over_heads_of_64_channels():
    """Channel (h, c, which) of `qkv` is channel c of head h of q, k or v."""
    block = random_weights(AdmBlock(Block("enc", "block0", 128, 128, 4, attention=True), 8))
    x = torch.randn(2, 128, 3, 5, generator=torch.Generator().manual_seed(2))
    qkv = F.conv2d(block.norm2(x), block.qkv.weight, block.qkv.bias).reshape(2, 2, 64, 3, 15)
    q, k, v = qkv.double().unbind(3)  # each [B, heads, 64, HW]
    weights = torch.softmax(torch.einsum("bhcq,bhck->bhqk", q, k) / 8, dim=-1)
    a = torch.einsum("bhqk,bhck->bhcq", weights, v).reshape(2, 128, 3, 5)
    expected = F.conv2d(a.float(), block.proj.weight, block.proj.bias)
    with torch.no_grad():
        torch.testing.assert_close(block._attention(x), expected, rtol=1e-4, atol=1e-4)


def test_a_level_narrower_than_a_head_has_no_attention():
    narrow = adm_denoiser(16, 1, 0, 32, (1, 2), 1, (16, 8)).state_dict()
    assert any("8x8_block0.qkv" in key for key in narrow)
    assert not any("16x16" in key and "qkv" in key for key in narrow)


def test_resampling_is_the_box_filter():
    x = torch.randn(2, 3, 6, 4, generator=torch.Generator().manual_seed(0))
    down, up = Resample("down"), Resample("up")
    box = down.resample_filter.expand(3, 1, 2, 2)
    torch.testing.assert_close(down(x), F.conv2d(x, box, stride=2, groups=3))
    torch.testing.assert_close(up(x), F.conv_transpose2d(x, 4 * box, stride=2, groups=3))


def test_the_resampled_convolution_resamples_first():
    conv = ResampledConv(3, 5, "up")
    x = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    doubled = x.repeat_interleave(2, 2).repeat_interleave(2, 3)
    expected = F.conv2d(doubled, conv.weight, conv.bias, padding=1)
    torch.testing.assert_close(conv(x), expected)


def test_positional_embedding_is_cosines_then_sines_of_falling_frequency():
    noise = torch.tensor([0.0, 1.0])
    emb = positional_embedding(noise, 8)
    assert torch.equal(emb[0], torch.tensor([1.0] * 4 + [0.0] * 4))
    frequencies = torch.tensor([1.0, 0.1, 0.01, 0.001])
    torch.testing.assert_close(emb[1], torch.cat([frequencies.cos(), frequencies.sin()]))


@pytest.mark.parametrize(
    ("sizes", "word"),
    [
        ((12, 1, 0, 16, (1, 2, 2, 2), 1, ()), "images of 12 pixels"),
        ((16, 1, 0, 16, (1, 9), 1, ()), "144 channels"),
        ((16, 0, 0, 16, (1, 2), 1, ()), "shape \\(0, 16, 16\\)"),
        ((16, 1, -1, 16, (1, 2), 1, ()), "classes is -1"),
    ],
)
def test_sizes_that_do_not_fit_are_named(sizes, word):
    with pytest.raises(ValueError, match=word):
        adm_denoiser(*sizes)


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (torch.arange(4), "one-hot floats"),
        (None, "conditional on 7 classes"),
        (torch.zeros(4, 6), "shape"),
        (torch.zeros(3, 7), "shape"),
    ],
)
def test_labels_that_are_not_one_hot_are_refused(conditional, labels, word):
    x, sigma, _ = inputs()
    with pytest.raises(ValueError, match=word):
        conditional(x, sigma, labels)
