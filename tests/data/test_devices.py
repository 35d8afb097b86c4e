"""Every data set samples, and every toy denoises, on a GPU as on the CPU."""

import pytest
import torch

from dmdrepro.data import Chessboard, MlpManifold, Mnist, MnistImages, Moons, Ring

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def mnist(conditional):
    images = torch.arange(3 * 784).reshape(3, 28, 28).remainder(256).byte()
    return MnistImages(images, torch.tensor([4, 0, 9]), Mnist(16, conditional))


@pytest.mark.parametrize(
    "data",
    [Chessboard(), Moons(), Ring(), MlpManifold(16).make(), mnist(True), mnist(False)],
    ids=lambda data: type(data).__name__,
)
def test_samples_come_on_the_generators_device(data):
    moved = data.to("cuda")
    x, labels = moved.sample(64, torch.Generator("cuda").manual_seed(0))
    assert x.device.type == "cuda"
    assert tuple(x.shape) == (64, *data.shape)
    assert (labels is None) == (data.classes == 0)
    assert labels is None or labels.device.type == "cuda"
    here, _ = data.sample(4, torch.Generator())  # moving left the first one where it was
    assert here.device.type == "cpu"


@pytest.mark.parametrize("toy", [Chessboard(), Moons(), Ring()], ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("sigma", [0.002, 0.3, 80.0])
def test_the_exact_denoiser_is_the_same_on_both(toy, sigma):
    x = 3 * torch.randn(50, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    torch.testing.assert_close(
        toy.denoise(x.cuda(), sigma).cpu(), toy.denoise(x, sigma), rtol=1e-9, atol=1e-9
    )
