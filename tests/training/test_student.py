"""The student loop: DMD2's order, the plain loop's numbers, resumable to the bit."""

import pytest
import torch
import torch.nn.functional as F
from steps import blocks, given, same_state

from dmdrepro.bench.plain import plain_iteration
from dmdrepro.diffusion import heun_sample
from dmdrepro.training.build import build_denoiser


def run(nets, draws, *, until: int, start: int = 0) -> list[dict]:
    """Blocks of five iterations; the losses of each iteration."""
    return [losses for block in blocks(draws, until, start) for losses in nets(block)]


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
def test_blocks_equal_the_plain_loop(name):
    """Batched images, the fused gradient and the direct backward change rounding only."""
    _, ours, draws = given(name)
    _, plain, _ = given(name)
    logged = run(ours, draws, until=15)
    for it in range(15):
        for key, value in plain_iteration(plain, draws, it).items():
            assert logged[it][key].item() == pytest.approx(value, rel=2e-4), (it, key)
    for a, b in zip(ours.student.parameters(), plain.student.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=2e-4)


def test_an_exact_start_is_the_exact_denoiser_at_the_students_one_level():
    experiment, nets, draws = given("chessboard", **{"distill.start": "exact"})
    _, again, _ = given("chessboard", **{"distill.start": "exact"})
    z, _ = draws.latent(99)
    exact = experiment.data.make().denoise(z, 80.0)
    spread = (exact - exact.mean(0)).square().mean()

    def error(network):
        return ((network(z, 80.0) - exact).square().mean() / spread).item()

    assert error(nets.student) < 0.2 < 1 < error(nets.fake)  # which starts as the teacher
    for a, b in zip(nets.student.parameters(), again.student.parameters(), strict=True):
        assert torch.equal(a, b)
        assert a.grad is None


def test_the_exact_score_takes_the_teachers_place_and_the_student_still_starts_as_the_teacher():
    experiment, nets, draws = given("chessboard", **{"distill.real_score": "exact"})
    _, usual, _ = given("chessboard")
    for a, b in zip(nets.student.parameters(), usual.student.parameters(), strict=True):
        assert torch.equal(a, b)
    (inputs,) = draws.block(range(1))
    x = nets.student(inputs.z, 80.0).detach()
    sigma, eps = inputs.dm
    at = x + sigma[:, None] * eps
    d_real = experiment.data.make().denoise(at, sigma)
    d_fake = nets.fake(at, sigma).double()
    weight = (x - d_real).abs().mean(1, keepdim=True)
    expected = ((d_fake - d_real) / weight).square().mean() / 2
    found, _, _ = nets.student_gradients(inputs, None)
    assert found["loss_dm"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert expected > 0.01  # the trained teacher's own would be 0 here


@pytest.mark.parametrize("name", ["chessboard", "mlp-manifold"])
def test_the_regression_loss_pulls_to_the_teachers_own_samples(name):
    """At the start the DM gradient is 0, so the student's is that of the regression alone."""
    _, nets, draws = given(name, **{"distill.regression_weight": "0.25"})
    _, free, _ = given(name)
    (inputs,) = draws.block(range(1))
    target = heun_sample(nets.teacher, inputs.z, 8, inputs.classes)
    expected = F.mse_loss(free.student(inputs.z, 80.0, inputs.classes), target)
    (0.25 * expected).backward()
    found, x, gradients = nets.student_gradients(inputs, target)
    torch.testing.assert_close(x, nets.student(inputs.z, 80.0, inputs.classes))
    assert found["loss_regression"].item() == pytest.approx(expected.item(), rel=1e-5)
    norm = torch.stack([p.grad.norm() for p in free.student.parameters()]).norm()
    assert found["grad_norm_student"].item() == pytest.approx(norm.item(), rel=1e-4)
    assert norm > 1e-3
    (stepped,) = nets([inputs])  # which draws the target itself
    assert stepped["loss_regression"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert stepped["grad_norm_student"].item() == pytest.approx(norm.item(), rel=1e-4)
    scale = min(1.0, draws.settings.grad_clip / norm)
    for gradient, p in zip(gradients, free.student.parameters(), strict=True):
        torch.testing.assert_close(gradient, scale * p.grad, rtol=1e-3, atol=1e-6)


def test_student_and_fake_start_as_the_teacher_and_the_first_gradient_vanishes():
    """D_fake = D_real at the start: Figure 4's loss begins at zero and can only rise."""
    _, nets, draws = given("chessboard")
    (inputs,) = draws.block(range(1))
    losses, _, _ = nets.student_gradients(inputs, None)
    assert losses["loss_dm"].item() == 0.0
    assert losses["grad_norm_student"].item() == 0.0


def test_a_random_start_is_neither_the_teacher_nor_where_the_teacher_began():
    experiment, nets, _ = given("chessboard", **{"distill.start": "random"})
    _, again, _ = given("chessboard", **{"distill.start": "random"})
    began = build_denoiser(experiment)
    for teacher, fake, student, other, first in zip(
        *(n.parameters() for n in (nets.teacher, nets.fake, nets.student, again.student, began)),
        strict=True,
    ):
        assert torch.equal(teacher, fake)
        assert torch.equal(student, other)  # a function of the seed
        assert not torch.allclose(student, teacher)
        if first.count_nonzero():  # of fresh parameters some are zero
            assert not torch.allclose(student, first)


def test_the_teacher_never_changes():
    _, nets, draws = given("chessboard")
    before = [p.clone() for p in nets.teacher.parameters()]
    run(nets, draws, until=5)
    for a, b in zip(before, nets.teacher.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_fake_update_uses_the_images_from_before_the_student_update(monkeypatch):
    _, nets, draws = given("chessboard")
    run(nets, draws, until=5)  # away from the zero gradient
    z, classes = draws.latent(5)
    with torch.no_grad():
        before = nets.student(z, 80.0, classes)
    seen = []
    original = nets.fake_gradients

    def spy(inputs, x):
        seen.append(x)
        return original(inputs, x)

    monkeypatch.setattr(nets, "fake_gradients", spy)
    run(nets, draws, start=5, until=10)
    torch.testing.assert_close(seen[0], before)
    with torch.no_grad():
        after = nets.student(z, 80.0, classes)
    assert not torch.allclose(after, before)
    with torch.no_grad():
        torch.testing.assert_close(seen[1], nets.student(draws.latent(6)[0], 80.0))


def test_the_warm_up_counts_iterations_for_both_networks():
    experiment, nets, draws = given("chessboard", **{"distill.warmup": "20", "distill.lr": "1e-2"})
    run(nets, draws, until=10)
    assert nets.student_optimiser.param_groups[0]["lr"].item() == pytest.approx(1e-2 * 5 / 20)
    assert nets.fake_optimiser.param_groups[0]["lr"].item() == pytest.approx(1e-2 * 9 / 20)
    assert experiment.distill.warmup == 20


def test_a_step_whose_randomness_is_shared_by_resumed_runs():
    _, _, draws = given("chessboard")
    _, _, again = given("chessboard")
    for it in (0, 5, 11):
        for stream in ("latent", "dm", "fake"):
            a, b = getattr(draws, stream)(it), getattr(again, stream)(it)
            assert torch.equal(a[0], b[0])
    assert not torch.equal(draws.latent(1)[0], draws.latent(2)[0])


def test_the_gans_two_levels_are_independent_and_move_nothing_else():
    """Real and generated images have each their own; a run without the GAN draws what it did."""
    _, _, draws = given("chessboard", **{"distill.gan": "true"})
    _, _, without = given("chessboard")
    found = [draws.iteration(it, student=it % 5 == 0) for it in range(40)]
    ours = torch.cat([inputs.gan_fake[0] for inputs in found]).log()
    theirs = torch.cat([inputs.real.sigma for inputs in found]).log()
    assert abs(torch.corrcoef(torch.stack([ours, theirs]))[0, 1].item()) < 5 / len(ours) ** 0.5
    assert theirs.min() < -4  # the whole grid
    assert theirs.max() > 4
    for it, inputs in enumerate(found):
        plain = without.iteration(it, student=it % 5 == 0)
        assert torch.equal(inputs.z, plain.z)
        assert torch.equal(inputs.fake[0], plain.fake[0])
        assert torch.equal(inputs.fake[1], plain.fake[1])


def test_on_a_gpu_two_sittings_of_an_attention_unet_are_bit_equal(gpu):
    """Or a resumed run would not be an uninterrupted one."""
    settings = {"data.resolution": "16", "model.width": "64", "model.attn_resolutions": "16,8"}
    steps = []
    for _ in range(2):
        _, step, draws = given("mlp-manifold", gpu, precision="bfloat16", **settings)
        run(step, draws, until=15)
        steps.append(step)
    assert same_state(*steps)
