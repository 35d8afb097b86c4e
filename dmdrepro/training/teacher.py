"""The teacher: EDM's denoising score matching, snapshots of the EMA weights from one run."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F

from dmdrepro.diffusion import denoising_loss, lognormal_sigmas
from dmdrepro.experiments.config import Experiment
from dmdrepro.runs.checkpoint import (
    optimiser_tensors,
    pack,
    restore_optimiser,
    save_tensors,
    unpack,
)
from dmdrepro.runs.stage import LOG, Stage
from dmdrepro.runs.streams import generator
from dmdrepro.training.build import build_denoiser
from dmdrepro.training.ema import ema_decay, update_ema
from dmdrepro.training.session import Loop, Session


def one_hot(labels: torch.Tensor | None, classes: int) -> torch.Tensor | None:
    """[B] class numbers as float [B, classes]; None stays None."""
    return None if labels is None else F.one_hot(labels, classes).float()


def train_teacher(experiment: Experiment, dataset, stage: Stage, session: Session) -> list[str]:
    """Train to the last snapshot, going on from a saved state; returns the files made.

    `stage` is open (its configuration recorded). Each snapshot holds the EMA weights after
    exactly that many iterations.
    """
    settings, seed, device = experiment.teacher, experiment.seed, session.device
    dataset = dataset.to(device)
    denoiser = build_denoiser(experiment, device).train()
    ema = copy.deepcopy(denoiser).requires_grad_(False)
    optimiser = torch.optim.AdamW(
        denoiser.parameters(),
        lr=settings.lr,
        betas=(settings.beta1, settings.beta2),
        weight_decay=settings.weight_decay,
        fused=True,
    )
    total, done = settings.snapshots[-1], 0
    if (state := stage.load_state()) is not None:
        done, tensors = state
        denoiser.load_state_dict(unpack(tensors, "model"))
        ema.load_state_dict(unpack(tensors, "ema"))
        restore_optimiser(optimiser, unpack(tensors, "optimiser"))

    def everything():
        return pack(
            model=denoiser.state_dict(),
            ema=ema.state_dict(),
            optimiser=optimiser_tensors(optimiser),
        )

    loop = Loop(stage, session, seed, total, done)
    for step in range(done, total):
        draw = generator(seed, "teacher", step, device)
        x, labels = dataset.sample(settings.batch, draw)
        sigma = lognormal_sigmas(settings.batch, settings.p_mean, settings.p_std, draw, device)
        eps = torch.randn(x.shape, generator=draw, device=device)

        optimiser.param_groups[0]["lr"] = settings.lr * min(
            1.0, (step + 1) / max(settings.warmup, 1)
        )
        classes = one_hot(labels, dataset.label_dim)
        loss = denoising_loss(denoiser, x, sigma, eps, classes).mean()
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(denoiser.parameters(), settings.grad_clip)
        optimiser.step()
        update_ema(ema, denoiser, ema_decay(step + 1, settings.ema_fraction))
        loop.losses.add(step, loss=loss, grad_norm=norm)

        if step + 1 in settings.snapshots:
            loop.losses.flush()
            save_tensors(stage.folder / snapshot_file(step + 1), ema.state_dict())
            stage.vouch(snapshot_file(step + 1))
        loop.checkpoint(step + 1, everything)
    loop.close()
    return [LOG, *(snapshot_file(n) for n in settings.snapshots)]


def snapshot_file(iterations: int) -> str:
    return f"snapshot-{iterations}.safetensors"
