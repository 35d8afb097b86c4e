"""Distribution Matching Distillation: DM gradient, fake-score loss, optional GAN loss."""

from dmdrepro.distillation.dm import draw_dm_levels, score_difference
from dmdrepro.distillation.fake import draw_fake_levels, fake_score_loss
from dmdrepro.distillation.gan import fake_gan_loss, student_gan_loss

__all__ = [
    "draw_dm_levels",
    "draw_fake_levels",
    "fake_gan_loss",
    "fake_score_loss",
    "score_difference",
    "student_gan_loss",
]
