"""MNIST images: sizes, range and means by hand, and the real files where they are at hand."""

import numpy as np
import pytest
import small_mnist
import torch

from dmdrepro.data import MlpManifold, Mnist, MnistImages, load_mnist
from dmdrepro.data.manifold import ManifoldImages
from dmdrepro.data.mnist import parse_idx


def pictures():
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
    return torch.from_numpy(images), torch.arange(40) % 10


@pytest.mark.parametrize("resolution", [8, 16, 32])
def test_an_image_is_the_mean_of_blocks_of_the_padded_one(resolution):
    images, labels = pictures()
    padded = np.zeros((len(images), 32, 32))
    padded[:, 2:30, 2:30] = images
    block = 32 // resolution
    means = padded.reshape(-1, resolution, block, resolution, block).mean((2, 4))
    found = MnistImages(images, labels, Mnist(resolution))
    assert found.training_set.dtype == torch.float32
    assert found.shape == (1, resolution, resolution)
    np.testing.assert_allclose(found.training_set[:, 0], means / 127.5 - 1, atol=1e-7)


@pytest.mark.parametrize("resolution", [8, 16, 32])
def test_black_is_minus_one_and_white_is_one_to_the_bit(resolution):
    images = torch.zeros((2, 28, 28), dtype=torch.uint8)
    images[1] = 255
    x = MnistImages(images, torch.tensor([0, 1]), Mnist(resolution)).training_set
    assert (x[0] == -1).all()
    assert x[1].max() == 1
    assert x[1, 0, resolution // 2, resolution // 2] == 1


def test_samples_are_images_with_their_digits():
    images, labels = pictures()
    data = MnistImages(images, labels, Mnist(16, conditional=True))
    x, digits = data.sample(200, torch.Generator().manual_seed(0))
    assert (data.classes, digits.dtype) == (10, torch.int64)
    match = (x[:, None] == data.training_set[None]).flatten(2).all(2)  # [200, 40]
    assert (match.sum(1) == 1).all()
    assert torch.equal(labels[match.int().argmax(1)], digits)
    assert len(match.int().argmax(1).unique()) > 35  # all of them come up
    again, _ = data.sample(200, torch.Generator().manual_seed(0))
    assert torch.equal(x, again)


def test_the_same_images_are_drawn_with_and_without_digits():
    images, labels = pictures()
    plain = MnistImages(images, labels, Mnist(8))
    x, digits = plain.sample(30, torch.Generator().manual_seed(0))
    assert digits is None
    assert plain.classes == 0
    both = MnistImages(images, labels, Mnist(8, conditional=True))
    assert torch.equal(x, both.sample(30, torch.Generator().manual_seed(0))[0])


def test_a_batch_longer_than_a_chunk_is_scaled_alike(monkeypatch):
    images, labels = pictures()
    whole = MnistImages(images, labels, Mnist(16))
    monkeypatch.setattr("dmdrepro.data.mnist.CHUNK", 7)
    parts = MnistImages(images, labels, Mnist(16))
    assert torch.equal(whole.training_set, parts.training_set)
    truth = whole.training_set.double().square().mean().sqrt().item()
    assert parts.rms == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize(
    "data", [MnistImages(*pictures(), Mnist(8, conditional=True)), MlpManifold(8).make()]
)
def test_moving_makes_another_and_a_generator_elsewhere_is_refused(data):
    moved = data.to("meta")
    assert (moved.shape, moved.classes) == ((1, 8, 8), 10)
    assert (moved.training_set is None) == isinstance(data, ManifoldImages)
    data.sample(2, torch.Generator())
    with pytest.raises(ValueError, match=r"to\(generator\.device\)"):
        moved.sample(2, torch.Generator())


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"images": torch.zeros(40, 28, 28)}, "uint8"),
        ({"images": torch.zeros(40, 32, 32, dtype=torch.uint8)}, "28, 28"),
        ({"labels": torch.zeros(39, dtype=torch.int64)}, "one for each"),
        ({"labels": torch.full((40,), 10)}, "0..9"),
        ({"labels": torch.zeros(40)}, "int64"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(change, word):
    images, labels = pictures()
    with pytest.raises(ValueError, match=word):
        MnistImages(**{"images": images, "labels": labels, "settings": Mnist(), **change})


def test_training_images_come_before_test_images(tmp_path, monkeypatch):
    files = small_mnist.instead(monkeypatch)
    small_mnist.write(tmp_path, files)
    images, labels = load_mnist(tmp_path, offline=True, cache_dir=tmp_path / "cache")
    assert (images.dtype, tuple(images.shape)) == (torch.uint8, (17, 28, 28))
    assert labels.dtype == torch.int64
    assert labels.tolist() == [*(k % 10 for k in range(12)), *range(5)]
    assert images[12:].numpy().tobytes() == files["t10k-images-idx3-ubyte"][16:]


@pytest.mark.parametrize("data", [b"", b"\0\0", b"\0\0\x0d\x01\0\0\0\0", b"\0\0\x08\x01\0\0\0\5ab"])
def test_bytes_that_are_no_idx_file_are_refused(data):
    with pytest.raises(ValueError, match="IDX"):
        parse_idx(data)


def test_the_real_mnist_is_mnist(mnist_dir, tmp_path):
    images, labels = load_mnist(mnist_dir, offline=True, cache_dir=tmp_path)
    assert tuple(images.shape) == (70_000, 28, 28)
    # Facts of MNIST that many have published: mean 0.1307 and sd 0.3081 of the training set's
    # pixels, its first digits, and how often each digit occurs in it.
    pixels = images[:60_000].double() / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std().item() == pytest.approx(0.3081, abs=5e-5)
    assert labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert labels[60_000:60_005].tolist() == [7, 2, 1, 0, 4]
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert torch.bincount(labels[:60_000]).tolist() == counts
    for resolution, rms in ((16, 0.9447), (8, 0.9007)):  # the docstring's
        assert MnistImages(images, labels, Mnist(resolution)).rms == pytest.approx(rms, abs=5e-5)
