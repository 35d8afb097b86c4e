"""`dmdrepro.compare` of networks: called as the sampler calls them, from one noise of N(0, I)."""

import numpy as np
import pytest
import torch

import dmdrepro
from dmdrepro.diffusion import heun_sample

Z = torch.randn(60, 3, generator=torch.Generator().manual_seed(0))


def teacher(x, sigma):
    """The exact denoiser of N(0, 4 I)."""
    return x * 4 / (4 + sigma**2)


def student(x, sigma):
    return 2 * x / (4 + sigma**2).sqrt()


def test_the_teacher_takes_heun_steps_and_the_student_one_evaluation():
    found = dmdrepro.compare(teacher, student, noise=Z, steps=4, student_sigma=2.5, batch_size=7)
    truth = heun_sample(teacher, 80 * Z, 4)
    assert np.allclose(found.teacher, truth, atol=1e-6)
    assert np.array_equal(found.student, student(2.5 * Z, torch.tensor(2.5)))
    assert found.answer == "COPIES"


def test_arrays_and_networks_mix_and_noise_may_be_numpy():
    samples = heun_sample(teacher, 80 * Z, 8).numpy()
    assert dmdrepro.compare(samples, student, noise=Z.numpy()).answer == "COPIES"


def test_noise_of_another_scale_warns():
    with pytest.warns(UserWarning, match="root mean square is 7.*, not 1"):
        found = dmdrepro.compare(teacher, student, noise=80 * Z)
    assert any("not 1: pass z of N(0, I)" in words for words in found.warnings)


def labelled(x, sigma, labels):
    return teacher(x, sigma) + 100 * labels[:, :3]


@pytest.mark.parametrize("one_hot", [True, False])
def test_labels_reach_the_networks_and_the_null_is_a_second_draw(one_hot):
    numbers = torch.arange(60) % 4
    classes = torch.nn.functional.one_hot(numbers, 4).float() if one_hot else numbers.numpy()
    found = dmdrepro.compare(labelled, labelled, classes, Z, steps=1)
    assert found.null == "second draw"
    assert np.allclose(found.student[numbers == 1, 1], 100, atol=2)
    alone = dmdrepro.compare(teacher, student, numbers, Z)
    assert alone.null == "class"  # of networks that are told nothing


def test_a_network_of_ours_says_what_it_lacks():
    net = dmdrepro.adm_denoiser(
        8, 1, 3, width=32, channel_mult=(1,), num_blocks=1, attn_resolutions=()
    )
    z = torch.randn(12, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    found = dmdrepro.compare(net, net, torch.arange(12) % 3, z, steps=2)
    assert found.n == 12
    for given, words in (
        ({"noise": z}, "The teacher cannot be drawn from: .*3 classes"),
        ({"noise": z[:, :, :4], "classes": [0] * 12}, r"input has shape \(12, 1, 4, 8\)"),
        ({"noise": z, "classes": [3] * 12}, "classes has 3; the networks know 0 to 2"),
        ({"noise": z, "classes": [0] * 11}, "11 classes for 12 samples"),
        ({}, "A network needs noise"),
    ):
        with pytest.raises(ValueError, match=words):
            dmdrepro.compare(net, net, **given)


def test_values_that_are_not_finite_name_the_network():
    with pytest.raises(ValueError, match="The student cannot be drawn from: its samples have"):
        dmdrepro.compare(teacher, lambda x, sigma: x / 0, noise=Z)


@pytest.mark.parametrize("returned", [None, (Z,), Z.numpy(), Z.long()])
def test_a_network_that_returns_no_float_tensor_is_one_sentence(returned):
    with pytest.raises(ValueError, match=r"The student cannot be drawn from: .* a float tensor"):
        dmdrepro.compare(teacher, lambda x, sigma: returned, noise=Z)


@pytest.mark.parametrize(("classes", "words"), [(None, "pass classes"), ([0, 2] * 30, "3 classes")])
def test_labels_that_a_network_lacks_are_one_sentence(classes, words):
    """Neither a network that was told none, nor one that knows more than the largest number."""
    told = torch.nn.Linear(4, 3)
    with pytest.raises(ValueError, match=rf"The teacher cannot be drawn from: .*{words}"):
        dmdrepro.compare(lambda x, sigma, labels: x + told(labels), student, classes, Z)


def test_a_labelled_network_that_lacks_memory_says_so():
    def full(x, sigma, labels):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(torch.OutOfMemoryError):
        dmdrepro.compare(full, student, [0, 1] * 30, Z)


class Dropping(torch.nn.Module):
    def __init__(self, share):
        super().__init__()
        self.share = share

    def forward(self, x, sigma):
        return torch.nn.functional.dropout(student(x, sigma), self.share, self.training)


def test_a_training_mode_that_changes_the_samples_is_refused():
    with pytest.raises(ValueError, match="training mode, which changes its samples"):
        dmdrepro.compare(teacher, Dropping(0.3), noise=Z)
    for network in (Dropping(0.3).eval(), Dropping(0.0)):
        mode = network.training
        assert dmdrepro.compare(teacher, network, noise=Z).answer == "COPIES"
        assert network.training == mode


def test_a_network_with_noise_of_its_own_is_drawn_from_in_training_mode():
    class Noisy(torch.nn.Module):
        def forward(self, x, sigma):
            return student(x, sigma) + 0.05 * torch.randn_like(x)

    assert dmdrepro.compare(teacher, Noisy(), noise=Z).n == 60


def test_what_would_be_refused_after_the_drawing_is_refused_before_it():
    def never(x, sigma):
        pytest.fail("drawn from")

    for given in ({"real": Z[:, :2]}, {"solver": "foo"}, {"memory": 100}, {"real": "absent.npy"}):
        with pytest.raises(ValueError, match=r"^(real has|There is no|Holding|absent)"):
            dmdrepro.compare(never, never, noise=Z, **given)


def test_noise_beside_samples_is_refused():
    with pytest.raises(ValueError, match="noise= is for networks"):
        dmdrepro.compare(Z, Z + 1, noise=Z)
