"""U-Nets of diffusers, tiny and random, against diffusers' own schedulers and pipeline.

Without diffusers networks of the same signature stand in; then it is our formulas alone.
"""

import math

import pytest
import torch
from foreign_files import StandIn

import dmdrepro
from dmdrepro.pretrained.diffusers_models import ConsistencyDenoiser, LatentDenoiser, LatentStudent

try:
    import diffusers
except ImportError:
    diffusers = None
needs_diffusers = pytest.mark.skipif(diffusers is None, reason="diffusers is not installed")
N = 12


def pixel_unet():
    torch.manual_seed(0)
    if diffusers is None:
        return StandIn(sample_size=8, in_channels=3, num_class_embeds=4)
    return diffusers.UNet2DModel(
        sample_size=8, block_out_channels=(32, 64), layers_per_block=1, num_class_embeds=4,
        down_block_types=("ResnetDownsampleBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "ResnetUpsampleBlock2D"),
        resnet_time_scale_shift="scale_shift", attention_head_dim=8, norm_num_groups=8,
    )  # fmt: skip


def latent_unet(sdxl):
    torch.manual_seed(1)
    if diffusers is None:
        return StandIn(
            sample_size=8, in_channels=4, addition_embed_type="text_time" if sdxl else None
        )
    more = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8,
            "projection_class_embeddings_input_dim": 64} if sdxl else {}  # fmt: skip
    return diffusers.UNet2DConditionModel(
        sample_size=8, block_out_channels=(32, 64), layers_per_block=1, cross_attention_dim=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), norm_num_groups=8,
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), attention_head_dim=8, **more,
    )  # fmt: skip


def conditions(sdxl, seed=2):
    draw = torch.Generator().manual_seed(seed)
    added = {"text_embeds": torch.randn(1, 16, generator=draw), "time_ids": torch.ones(1, 6)}
    return torch.randn(1, 5, 16, generator=draw), added if sdxl else None


Z = torch.randn(N, 3, 8, 8, generator=torch.Generator().manual_seed(3))
LATENTS = torch.randn(N, 4, 8, 8, generator=torch.Generator().manual_seed(4))
LABELS = torch.nn.functional.one_hot(torch.arange(N) % 4, 4).float()


def test_a_consistency_model_is_compared_with_its_teacher():
    unet = pixel_unet()
    student, teacher = ConsistencyDenoiser(unet), ConsistencyDenoiser(unet, boundary=False)
    assert (student.shape, student.label_dim) == ((3, 8, 8), 4)
    with torch.no_grad():  # f(x; sigma_min) = x
        assert torch.allclose(student(Z, 0.002, LABELS), Z, atol=1e-6)
    found = dmdrepro.compare(teacher, student, LABELS, Z, steps=2)
    assert found.null == "second draw"
    assert any("a positive control" in words for words in found.warnings)


@needs_diffusers
def test_a_consistency_model_is_the_pipelines_one_step():
    unet = pixel_unet()
    scheduler = diffusers.CMStochasticIterativeScheduler()
    pipeline = diffusers.ConsistencyModelPipeline(unet, scheduler)
    pipeline.set_progress_bar_config(disable=True)
    labels = (torch.arange(N) % 4).tolist()
    truth = pipeline(N, labels, 1, latents=Z, output_type="pt").images
    with torch.no_grad():
        ours = ConsistencyDenoiser(unet)(80 * Z, 80.0, LABELS)
    assert torch.allclose((ours.clamp(-1, 1) + 1) / 2, truth, atol=1e-5)


@pytest.mark.parametrize("sdxl", [False, True])
def test_latent_students_are_compared_in_latent_space(sdxl):
    unet, (prompt, added) = latent_unet(sdxl), conditions(sdxl)
    teacher = LatentDenoiser(unet, prompt, added, 3.0, conditions(sdxl, 5))
    student = LatentStudent(unet, prompt, added)
    assert teacher.shape == student.shape == (4, 8, 8)
    assert teacher.sigma_max == pytest.approx(14.6, abs=0.05)
    found = dmdrepro.compare(
        teacher, student, noise=LATENTS, steps=2, sigma_max=teacher.sigma_max, batch_size=5
    )
    assert any("its pairing is imposed" in words for words in found.warnings) == sdxl
    again = dmdrepro.compare(teacher, student, noise=LATENTS, steps=2, student_sigma=1, sigma_max=3)
    assert torch.allclose(*map(torch.from_numpy, (again.student, found.student)), atol=1e-4)
    with pytest.raises(ValueError, match="guidance needs unprompted"):
        LatentDenoiser(unet, prompt, added, 3.0)


def test_guidance_and_prompt_move_the_teacher():
    unet, (prompt, _), other = latent_unet(False), conditions(False), conditions(False, 5)
    x = 10 * LATENTS
    with torch.no_grad():
        plain, without = (LatentDenoiser(unet, each)(x, 10.0) for each in (prompt, other[0]))
        guided = LatentDenoiser(unet, prompt, None, 3.0, other)(x, 10.0)
    assert torch.allclose(guided, without + 3 * (plain - without), atol=1e-3)
    assert not torch.allclose(plain, without, atol=1e-3)


@needs_diffusers
@pytest.mark.parametrize("sdxl", [False, True])
def test_latent_networks_are_the_schedulers(sdxl):
    unet, (prompt, added) = latent_unet(sdxl), conditions(sdxl)
    given = {} if added is None else {k: v.expand(N, -1) for k, v in added.items()}
    given = {"added_cond_kwargs": given} if given else {}
    betas = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    ddpm = diffusers.DDPMScheduler(**betas, clip_sample=False)
    teacher, student = LatentDenoiser(unet, prompt, added), LatentStudent(unet, prompt, added)
    with torch.no_grad():
        for time, ours, x in ((399, student(80 * LATENTS, 80.0), LATENTS), (700, None, LATENTS)):
            eps = unet(x, time, encoder_hidden_states=prompt.expand(N, -1, -1), **given)[0]
            truth = ddpm.step(eps, time, x).pred_original_sample
            if ours is None:  # the same latent in the teacher's terms: x0 + sigma eps
                sigma = float(teacher.sigmas[time])
                ours = teacher(x * math.sqrt(1 + sigma**2), sigma)
            assert torch.allclose(ours, truth, atol=2e-4)
